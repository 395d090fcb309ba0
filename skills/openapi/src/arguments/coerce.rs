//! Small slips of type that have one meaning: `"5"` for 5, a list of one, JSON written as text.

use metier_openapi_plan::Type;
use serde_json::{Number, Value as Json};

/// `value` as one of `types`; what it is, in words, when it is none and cannot be read as one.
pub fn to(value: Json, types: &[Type]) -> Result<Json, &'static str> {
    if types.is_empty() || types.iter().any(|wanted| is(&value, *wanted)) {
        return Ok(value);
    }
    let found = name_of(&value);
    let read = match &value {
        Json::String(text) => types.iter().find_map(|wanted| of_text(text, *wanted)),
        Json::Number(number) if types.contains(&Type::String) => {
            Some(Json::String(number.to_string()))
        }
        Json::Bool(flag) if types.contains(&Type::String) => Some(Json::String(flag.to_string())),
        _ => None,
    };
    match read {
        Some(read) => Ok(read),
        None if types.contains(&Type::Array) && !value.is_null() => Ok(Json::Array(vec![value])),
        None => Err(found),
    }
}

fn is(value: &Json, wanted: Type) -> bool {
    match wanted {
        Type::String => value.is_string(),
        Type::Number => value.is_number(),
        Type::Integer => value.as_number().is_some_and(is_integer),
        Type::Boolean => value.is_boolean(),
        Type::Array => value.is_array(),
        Type::Object => value.is_object(),
        Type::Null => value.is_null(),
    }
}

/// As JSON Schema has it, 5.0 is an integer.
fn is_integer(number: &Number) -> bool {
    let text = number.as_str();
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-');
    plain || number.as_f64().is_some_and(|float| float.fract() == 0.0)
}

fn of_text(text: &str, wanted: Type) -> Option<Json> {
    let text = text.trim();
    let fits = match wanted {
        Type::String | Type::Null => return None,
        Type::Integer | Type::Number => {
            text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        }
        Type::Boolean => text == "true" || text == "false",
        Type::Array => text.starts_with('['),
        Type::Object => text.starts_with('{'),
    };
    let value: Json = fits.then(|| serde_json::from_str(text).ok()).flatten()?;
    is(&value, wanted).then_some(value)
}

fn name_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

/// The types in words: `an integer or text`.
pub fn names(types: &[Type]) -> String {
    let name = |wanted: &Type| match wanted {
        Type::String => "text",
        Type::Number => "a number",
        Type::Integer => "an integer",
        Type::Boolean => "true or false",
        Type::Array => "a list",
        Type::Object => "an object",
        Type::Null => "null",
    };
    types.iter().map(name).collect::<Vec<_>>().join(" or ")
}
