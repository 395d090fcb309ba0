//! JSON text that is the same for equal values.
//!
//! Everywhere else an object keeps its fields in the order they came in: a schema reads as its author wrote it, and a model is asked for
//! its fields in that order. What a digest stands on must not depend on it.

use serde_json::Value;

/// The shortest text of the value, the fields of every object sorted by name.
pub fn text(value: &Value) -> String {
    let mut value = value.clone();
    value.sort_all_objects();
    value.to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::text;

    #[test]
    fn the_order_of_fields_does_not_matter() {
        let one = json!({"b": [{"d": 1, "c": 2}], "a": null});
        let other = json!({"a": null, "b": [{"c": 2, "d": 1}]});
        assert_ne!(one.to_string(), other.to_string());
        assert_eq!(text(&one), r#"{"a":null,"b":[{"c":2,"d":1}]}"#);
        assert_eq!(text(&one), text(&other));
    }
}
