//! What can be said of a JSON Schema before it is sent.

use serde_json::Value;

/// Whether OpenAI's strict mode accepts it: every object lists all its properties as required and allows no others.
/// Others are sent without strict mode, where the schema is advice.
pub fn is_strict(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => {
            let is_object =
                map.contains_key("properties") || map.get("type") == Some(&Value::from("object"));
            (!is_object || is_closed(schema)) && map.values().all(is_strict)
        }
        Value::Array(items) => items.iter().all(is_strict),
        _ => true,
    }
}

fn is_closed(schema: &Value) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    let names = |name: &String| required.is_some_and(|list| list.iter().any(|item| item == name));
    let properties = schema.get("properties").and_then(Value::as_object);
    schema.get("additionalProperties") == Some(&Value::Bool(false))
        && properties.is_some_and(|properties| properties.keys().all(names))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::is_strict;

    #[test]
    fn only_closed_objects_are_strict() {
        let closed = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": false});
        assert!(is_strict(&closed));
        assert!(is_strict(&json!({"type": "array", "items": closed})));
        assert!(!is_strict(
            &json!({"type": "object", "properties": {"a": {}}, "additionalProperties": false})
        ));
        assert!(!is_strict(
            &json!({"type": "object", "properties": {"a": {}}, "required": ["a"]})
        ));
        assert!(!is_strict(&json!({"type": "object"})));
    }
}
