//! What an input schema says of properties that were not given.

use serde_json::Value;

/// The input with the `default` of every property at its top that is not there. Deeper ones are the schema author's to
/// give whole: what a default inside a default means is not settled by JSON Schema.
pub fn filled(schema: Option<&Value>, input: Value) -> Value {
    let properties = schema
        .and_then(|schema| schema.get("properties"))
        .and_then(Value::as_object);
    let (properties, mut given) = match (properties, input) {
        (Some(properties), Value::Object(given)) => (properties, given),
        (_, input) => return input,
    };
    for (name, property) in properties {
        if let (Some(default), false) = (property.get("default"), given.contains_key(name)) {
            given.insert(name.clone(), default.clone());
        }
    }
    Value::Object(given)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_missing_is_filled_in() {
        let schema = json!({"properties": {
            "quarter": {"type": "string"},
            "issue": {"default": "ABC-1"},
            "attendees": {"default": []},
        }});
        let given = json!({"quarter": "2026-Q3", "attendees": null});
        let expected = json!({"quarter": "2026-Q3", "issue": "ABC-1", "attendees": null});
        assert_eq!(filled(Some(&schema), given), expected);
        for other in [json!([1]), json!("text"), Value::Null] {
            assert_eq!(filled(Some(&schema), other.clone()), other);
            assert_eq!(filled(None, other.clone()), other);
        }
    }
}
