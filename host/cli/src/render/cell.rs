//! One value in a table or a list of fields.

use crate::{
    json::{Json, Kind},
    text,
};

/// Most characters of one value that are shown; the rest is for `--output json`.
const MAX_CHARACTERS: usize = 2_000;

/// One value as a single line that is safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What is shown.
    pub text: String,
    /// Numbers are aligned at their end and never cut.
    pub is_number: bool,
    /// Missing values do not decide what kind of column it is.
    pub is_null: bool,
}

impl Cell {
    /// A text.
    pub fn text(text: impl Into<String>) -> Cell {
        Cell {
            text: text.into(),
            is_number: false,
            is_null: false,
        }
    }

    /// A JSON value: strings without quotes, numbers as written, null as nothing, the rest as JSON on one line.
    pub fn of(json: Json<'_>) -> Cell {
        let kind = json.kind();
        let shown = match kind {
            Kind::Null => String::new(),
            Kind::String => text::one_line(&json.string().unwrap_or_default()),
            Kind::Bool | Kind::Number => json.text().to_owned(),
            Kind::Array | Kind::Object => text::one_line(&text::json(json.text())),
        };
        let is_number = kind == Kind::Number || (kind == Kind::String && reads_as_number(&shown));
        Cell {
            text: text::cut(&shown, MAX_CHARACTERS).into_owned(),
            is_number,
            is_null: kind == Kind::Null,
        }
    }
}

/// `1500.0` but not `007` or `1e5`: services that write every value as text have columns of numbers too.
fn reads_as_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(whole) && all_digits(fraction) && (whole == "0" || !whole.starts_with('0'))
}
