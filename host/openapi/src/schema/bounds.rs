//! Values of keywords, read with some patience: numbers written as text, counts written as fractions.

use serde_json::{Map, Number, Value};

use super::{Converter, SchemaNote};
use crate::pointer::Place;

/// A number, however it is written.
pub(super) fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Number(number) => Some(number.clone()),
        Value::String(text) => {
            let text = text.trim();
            let whole = text.parse::<i64>().ok().map(Number::from);
            whole.or_else(|| Number::from_f64(text.parse().ok()?))
        }
        _ => None,
    }
}

/// A number above zero.
pub(super) fn positive(value: &Value) -> Option<Number> {
    number(value).filter(|number| number.as_f64().is_some_and(|number| number > 0.0))
}

/// A whole number of things.
pub(super) fn count(value: &Value) -> Option<Number> {
    let number = number(value)?;
    if number.is_u64() {
        return Some(number);
    }
    // 10.0 is a count; 9.3e18 and more is how some generators say "unlimited".
    let float = number.as_f64()?;
    let whole = float >= 0.0 && float.fract() == 0.0 && float < 9.0e15;
    whole.then(|| Number::from(float as u64))
}

/// Deepest default, constant or enumerated value, in levels of JSON.
const MAX_VALUE_LEVELS: usize = 8;

/// Roughly how many bytes a value takes as text; nothing when it is nested too deep to be shown.
pub(super) fn size(value: &Value) -> Option<usize> {
    size_within(value, MAX_VALUE_LEVELS)
}

fn size_within(value: &Value, levels: usize) -> Option<usize> {
    let levels = levels.checked_sub(1)?;
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => Some(8),
        Value::String(text) => Some(text.len() + 2),
        Value::Array(items) => items
            .iter()
            .try_fold(2, |sum, item| Some(sum + 1 + size_within(item, levels)?)),
        Value::Object(object) => object.iter().try_fold(2, |sum, (key, member)| {
            Some(sum + key.len() + 4 + size_within(member, levels)?)
        }),
    }
}

/// `minimum` with `exclusiveMinimum: true` is an `exclusiveMinimum` of that number.
pub(super) fn bound(
    converter: &mut Converter<'_>,
    schema: &Map<String, Value>,
    (inclusive, exclusive): (&str, &str),
    out: &mut Map<String, Value>,
    place: Place<'_>,
) {
    let is_exclusive = schema.get(exclusive) == Some(&Value::Bool(true));
    for (key, written) in [
        (inclusive, schema.get(inclusive)),
        (exclusive, schema.get(exclusive)),
    ] {
        let Some(value) = written.filter(|value| !value.is_boolean() && !value.is_null()) else {
            continue;
        };
        match number(value) {
            Some(number) if is_exclusive => out.insert(exclusive.to_owned(), number.into()),
            Some(number) => out.insert(key.to_owned(), number.into()),
            None => {
                converter.note(place.member(key), SchemaNote::Keyword(key.to_owned()));
                continue;
            }
        };
    }
}
