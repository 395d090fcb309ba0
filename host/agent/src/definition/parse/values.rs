//! The small values both files have.

use std::time::Duration;

use metier_core::{
    Span,
    toml_text::{Item, TextError},
};
use serde_json::Value;

use super::Read;

/// Nano-dollars of one dollar.
const NANO_DIGITS: usize = 9;

/// TOML as JSON. Dates become texts; a number JSON has no word for (`nan`) becomes null.
pub(super) fn json(item: &Item<'_>) -> Value {
    plain(item.verbatim())
}

fn plain(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(answer) => answer.into(),
        toml::Value::Datetime(date) => Value::String(date.to_string()),
        toml::Value::Array(items) => items.into_iter().map(plain).collect(),
        toml::Value::Table(table) => table
            .into_iter()
            .map(|(name, value)| (name, plain(value)))
            .collect(),
    }
}

/// `0.50 USD` as nano-dollars.
pub(super) fn money(item: &Item<'_>) -> Result<u64, TextError> {
    let text = item.string()?;
    text.strip_suffix("USD")
        .map(str::trim_end)
        .and_then(nano_dollars)
        .ok_or_else(|| {
            let found: String = text.chars().take(40).collect();
            item.error(format!(
                "{found:?} is no amount of money such as \"0.50 USD\""
            ))
        })
}

fn nano_dollars(amount: &str) -> Option<u64> {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > NANO_DIGITS {
        return None;
    }
    format!("{whole}{fraction:0<NANO_DIGITS$}").parse().ok()
}

/// A span such as `15m`.
pub(super) fn span(item: &Item<'_>) -> Result<Duration, TextError> {
    item.parsed::<Span>().map(|span| span.0)
}

/// A text, or `{ file = "…" }`.
pub(super) fn text_or_file(
    item: Item<'_>,
    max: usize,
    read: Read<'_>,
) -> Result<String, TextError> {
    if !item.is_table() {
        return item.text(max);
    }
    let text = item.table(|section| {
        file(
            &section.require("file", "file = \"instructions.md\"")?,
            read,
        )
    })?;
    Ok(text.value)
}

/// The text of a file named by an item.
pub(super) fn file(item: &Item<'_>, read: Read<'_>) -> Result<String, TextError> {
    read(item.string()?).map_err(|reason| item.error(reason))
}
