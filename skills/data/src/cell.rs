//! One value of a table.

/// What a cell holds. Numbers are numbers only where nothing is lost by it: codes with leading zeros and numbers of more than 64
/// bits stay text, digit for digit.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing: NULL.
    Empty,
    /// A whole number.
    Integer(i64),
    /// A number with a fraction; always finite.
    Number(f64),
    /// Yes or no.
    Boolean(bool),
    /// Anything else, dates included.
    Text(String),
}

impl Cell {
    /// As a person writes it; none for an empty cell.
    pub fn words(&self) -> Option<String> {
        match self {
            Cell::Empty => None,
            Cell::Integer(number) => Some(number.to_string()),
            Cell::Number(number) => Some(number_words(*number)),
            Cell::Boolean(yes) => Some(yes.to_string()),
            Cell::Text(text) => Some(text.clone()),
        }
    }
}

/// A number in the fewest digits that give it back; with an exponent where it would be longer than a reader counts zeros.
pub fn number_words(number: f64) -> String {
    let size = number.abs();
    match number {
        0.0 => "0".to_owned(),
        _ if (1e-6..1e16).contains(&size) => number.to_string(),
        _ => format!("{number:e}"),
    }
}

/// Longest text that can be a number of 64 bits: a sign and 19 digits.
const INTEGER_DIGITS: usize = 20;

/// Longest text that is read as a fraction: what a float prints has 17 significant digits; more would be lost.
const SIGNIFICANT_DIGITS: usize = 17;

/// Reads a whole number that is written as a program would write it: no leading zeros or plus sign, at most 64 bits.
pub fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits == "0" && digits == text || !digits.starts_with('0');
    let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    (plain && all && text.len() <= INTEGER_DIGITS)
        .then(|| text.parse().ok())
        .flatten()
}

/// Reads a number with a fraction or an exponent, where its digits fit a float.
pub fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits_only = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    let written = (!whole.is_empty() || fraction.is_some_and(|fraction| !fraction.is_empty()))
        && digits_only(whole)
        && fraction.is_none_or(digits_only)
        && !leading_zero;
    let exponent = exponent.is_none_or(|exponent| {
        let digits = exponent.trim_start_matches(['+', '-']);
        !digits.is_empty() && exponent.len() - digits.len() <= 1 && digits_only(digits)
    });
    let significant = whole.len() + fraction.map_or(0, str::len);
    if !written || !exponent || significant > SIGNIFICANT_DIGITS + 1 {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests;
