//! The smallest value that a schema takes, as far as questions have schemas.

use serde_json::{Map, Value, json};

/// Schemas nested deeper are taken to be recursive.
const DEEPEST: usize = 16;

pub(super) fn of(schema: &Value) -> Value {
    at(schema, 0)
}

fn at(schema: &Value, depth: usize) -> Value {
    if depth > DEEPEST {
        return Value::Null;
    }
    if let Some(first) = schema["enum"].as_array().and_then(|values| values.first()) {
        return first.clone();
    }
    let named = |schema: &Value| schema["type"].as_str().map(str::to_owned);
    let kind = named(schema).or_else(|| schema.pointer("/type/0")?.as_str().map(str::to_owned));
    match kind.as_deref() {
        Some("object") => Value::Object(object(schema, depth)),
        Some("array") => match schema["minItems"].as_u64().unwrap_or(0) {
            0 => json!([]),
            _ => json!([at(&schema["items"], depth + 1)]),
        },
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(0)),
        Some("boolean") => json!(false),
        Some("null") => Value::Null,
        _ => json!("text"),
    }
}

fn object(schema: &Value, depth: usize) -> Map<String, Value> {
    let required = schema["required"].as_array().into_iter().flatten();
    let names = required.filter_map(Value::as_str);
    let field = |name: &str| (name.to_owned(), at(&schema["properties"][name], depth + 1));
    names.map(field).collect()
}
