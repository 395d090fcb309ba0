//! The `type` of a schema, as written and as meant.

use metier_openapi_plan::Type;
use serde_json::Value;

/// JSON types a schema allows; any when empty.
pub type Types = Vec<Type>;

/// Words descriptions use for types, with the type and the format meant.
const MEANT: [(&str, Type, Option<&str>); 29] = [
    ("string", Type::String, None),
    ("integer", Type::Integer, None),
    ("number", Type::Number, None),
    ("boolean", Type::Boolean, None),
    ("array", Type::Array, None),
    ("object", Type::Object, None),
    ("null", Type::Null, None),
    ("str", Type::String, None),
    ("text", Type::String, None),
    ("char", Type::String, None),
    ("enum", Type::String, None),
    ("date", Type::String, Some("date")),
    ("datetime", Type::String, Some("date-time")),
    ("date-time", Type::String, Some("date-time")),
    ("timestamp", Type::String, None),
    ("uuid", Type::String, Some("uuid")),
    ("uri", Type::String, Some("uri")),
    ("url", Type::String, Some("uri")),
    ("file", Type::String, Some("binary")),
    ("binary", Type::String, Some("binary")),
    ("int", Type::Integer, None),
    ("int32", Type::Integer, None),
    ("int64", Type::Integer, None),
    ("long", Type::Integer, None),
    ("float", Type::Number, None),
    ("double", Type::Number, None),
    ("decimal", Type::Number, None),
    ("bool", Type::Boolean, None),
    ("list", Type::Array, None),
];

/// The word for a type in a schema.
pub(crate) fn word(kind: Type) -> &'static str {
    match kind {
        Type::String => "string",
        Type::Integer => "integer",
        Type::Number => "number",
        Type::Boolean => "boolean",
        Type::Array => "array",
        Type::Object => "object",
        Type::Null => "null",
    }
}

/// What a `type` means; the format comes with words that are no types. Nothing for a word nobody knows.
pub(super) fn read(written: &Value) -> Option<(Types, Option<&'static str>)> {
    let words: Vec<&str> = match written {
        Value::String(text) => text.split(['|', ',']).map(str::trim).collect(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let mut types = Types::new();
    let mut format = None;
    for word in words {
        let word = word.to_ascii_lowercase();
        let (_, kind, implied) = MEANT.iter().find(|(meant, ..)| *meant == word)?;
        format = format.or(*implied);
        if !types.contains(kind) {
            types.push(*kind);
        }
    }
    (!types.is_empty()).then_some((types, format))
}

/// The types written in a schema of ours.
pub(crate) fn written(schema: &Value) -> Types {
    schema
        .get("type")
        .and_then(read)
        .map_or_else(Types::new, |(types, _)| types)
}

/// As the value of a `type` keyword.
pub(super) fn value(types: &[Type]) -> Value {
    match types {
        [only] => word(*only).into(),
        several => several.iter().map(|kind| word(*kind)).collect(),
    }
}

/// Deepest combination looked through for types.
const MAX_LOOK: usize = 8;

/// The types a schema of the description allows, as far as it can be told; any when empty.
pub(crate) fn allowed(document: &crate::document::Document, schema: &Value) -> Types {
    look(document, schema, MAX_LOOK)
}

fn look(document: &crate::document::Document, schema: &Value, left: usize) -> Types {
    let Ok(schema) = document.follow(schema) else {
        return Types::new();
    };
    let Some(left) = left.checked_sub(1) else {
        return Types::new();
    };
    let flag = |key: &str| schema.get(key) == Some(&Value::Bool(true));
    let mut types = if schema.get("type").is_some() {
        written(schema)
    } else if schema.get("properties").is_some() {
        vec![Type::Object]
    } else if schema.get("items").is_some() {
        vec![Type::Array]
    } else {
        combined(document, schema, left)
    };
    let nullable = flag("nullable") || flag("x-nullable");
    if nullable && !types.is_empty() && !types.contains(&Type::Null) {
        types.push(Type::Null);
    }
    types
}

/// Of alternatives all, of parts the first that says.
fn combined(document: &crate::document::Document, schema: &Value, left: usize) -> Types {
    let list = |key: &str| schema.get(key).and_then(Value::as_array);
    if let Some(parts) = list("allOf") {
        let mut said = parts.iter().map(|part| look(document, part, left));
        return said.find(|types| !types.is_empty()).unwrap_or_default();
    }
    let Some(choices) = list("oneOf").or_else(|| list("anyOf")) else {
        return Types::new();
    };
    let mut all = Types::new();
    for choice in choices {
        let types = look(document, choice, left);
        if types.is_empty() {
            return Types::new();
        }
        all.extend(
            types
                .into_iter()
                .filter(|kind| !all.contains(kind))
                .collect::<Vec<_>>(),
        );
    }
    all
}
