//! Round numbers for an axis, and how they are written.

/// An axis of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// Its ends.
    pub low: f64,
    /// The other.
    pub high: f64,
    /// Between two marks.
    pub step: f64,
}

impl Scale {
    /// Around these values with about so many marks; from zero on where the marks stand for lengths.
    pub fn around(values: impl Iterator<Item = f64>, marks: f64, from_zero: bool) -> Scale {
        let (mut low, mut high) = values
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        // A course that stays high above zero is not seen from there.
        let near = low >= 0.0 && low < high * 0.6;
        if from_zero || near {
            low = low.min(0.0);
            high = high.max(0.0);
        }
        if low == high {
            let half = if low == 0.0 { 1.0 } else { low.abs() / 2.0 };
            (low, high) = if from_zero {
                (low, high + half)
            } else {
                (low - half, high + half)
            };
        }
        let step = round((high - low) / marks.max(2.0));
        Scale {
            low: (low / step + 1e-9).floor() * step,
            high: (high / step - 1e-9).ceil() * step,
            step,
        }
    }

    /// Where the marks are.
    pub fn marks(&self) -> Vec<f64> {
        let count = ((self.high - self.low) / self.step).round();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some tens at most"
        )]
        let count = count.clamp(0.0, 100.0) as u32;
        (0..=count)
            .map(|at| self.low + f64::from(at) * self.step)
            .collect()
    }

    /// Where a value is, from 0 to 1.
    pub fn at(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// A mark, with as many decimals as the step has.
    pub fn words(&self, value: f64) -> String {
        let unit = unit(self.high.abs().max(self.low.abs()));
        let step = self.step / unit.0;
        let decimals = (0..6).find(|decimals| {
            let shifted = step * 10_f64.powi(*decimals);
            (shifted - shifted.round()).abs() < 1e-6
        });
        decimal(value, unit, decimals.unwrap_or(6))
    }
}

/// The next of 1, 2, 2.5, 5 times a power of ten.
fn round(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let times = [1.0, 2.0, 2.5, 5.0]
        .into_iter()
        .find(|times| times * power >= step * 0.999_999);
    times.unwrap_or(10.0) * power
}

/// What large numbers are counted in.
fn unit(size: f64) -> (f64, &'static str) {
    match size {
        _ if size >= 1e15 => (1e15, "Q"),
        _ if size >= 1e12 => (1e12, "T"),
        _ if size >= 1e9 => (1e9, "B"),
        _ if size >= 1e6 => (1e6, "M"),
        _ => (1.0, ""),
    }
}

/// A value beside its bar: three digits that count, or all before the point.
pub fn short(value: f64) -> String {
    let unit = unit(value.abs());
    let size = (value / unit.0).abs();
    let decimals = match size {
        _ if size.fract() == 0.0 => 0,
        _ if size >= 100.0 => 0,
        _ if size >= 10.0 => 1,
        _ if size >= 1.0 => 2,
        _ => 3,
    };
    let words = decimal(value, unit, decimals);
    match words.contains('.') && unit.1.is_empty() {
        true => words.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => words,
    }
}

fn decimal(value: f64, unit: (f64, &str), decimals: i32) -> String {
    let decimals = usize::try_from(decimals).unwrap_or(0);
    let words = format!("{:.decimals$}", value / unit.0);
    let (sign, digits) = match words.strip_prefix('-') {
        Some(digits) if digits.bytes().any(|digit| (b'1'..=b'9').contains(&digit)) => {
            ("\u{2212}", digits)
        }
        Some(digits) => ("", digits),
        None => ("", words.as_str()),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{grouped}{point}{fraction}{}", unit.1)
}

#[cfg(test)]
mod tests {
    use super::{Scale, short};

    fn scale(values: &[f64], from_zero: bool) -> Vec<String> {
        let scale = Scale::around(values.iter().copied(), 5.0, from_zero);
        scale
            .marks()
            .into_iter()
            .map(|mark| scale.words(mark))
            .collect()
    }

    #[test]
    fn marks_are_round_numbers_around_all_values() {
        assert_eq!(
            scale(&[3.0, 97.0], true),
            ["0", "20", "40", "60", "80", "100"]
        );
        assert_eq!(
            scale(&[-0.4, 0.7], true),
            [
                "\u{2212}0.50",
                "\u{2212}0.25",
                "0.00",
                "0.25",
                "0.50",
                "0.75"
            ]
        );
        assert_eq!(
            scale(&[980.0, 1010.0], false),
            ["980", "990", "1,000", "1,010"]
        );
        assert_eq!(
            scale(&[2.1e6, 4.4e6], true),
            ["0M", "1M", "2M", "3M", "4M", "5M"]
        );
        assert_eq!(
            scale(&[0.0], true),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert!(scale(&[7.0], false).len() > 2);
    }

    #[test]
    fn values_are_short() {
        for (value, words) in [
            (0.0, "0"),
            (1234.56, "1,235"),
            (12.345, "12.3"),
            (1.5, "1.5"),
            (0.1234, "0.123"),
            (2_500_000.0, "2.50M"),
            (-1_000.0, "\u{2212}1,000"),
            (-0.000_01, "0"),
        ] {
            assert_eq!(short(value), words);
        }
    }
}
