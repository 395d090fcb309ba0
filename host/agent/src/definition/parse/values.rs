//! The small values both files have.

use std::time::Duration;

use metier_core::{
    NanoDollars, Span,
    toml_text::{Item, TextError},
};
use serde_json::Value;

use super::Read;

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
    let amount = text.parse::<NanoDollars>().map_err(|_| {
        let found: String = text.chars().take(40).collect();
        item.error(format!(
            "{found:?} is no amount of money such as \"0.50 USD\""
        ))
    })?;
    Ok(amount.0)
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
