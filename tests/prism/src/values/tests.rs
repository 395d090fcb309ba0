#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::*;

#[test]
fn what_is_made_fits_the_schema() {
    for schema in [
        json!({"type": "object", "required": ["a", "b", "c", "d", "e"], "properties": {
            "a": {"type": "integer", "minimum": 10, "multipleOf": 4},
            "b": {"type": "string", "pattern": "^[A-Z]{3}-\\d+$", "maxLength": 6},
            "c": {"type": "array", "minItems": 3, "uniqueItems": true, "items": {"type": "string"}},
            "d": {"enum": ["x"]},
            "e": {"type": ["null", "string"], "minLength": 9, "maxLength": 9},
        }}),
        json!({"type": "object", "allOf": [
            {"required": ["a"], "properties": {"a": {"type": "number", "exclusiveMinimum": 1, "maximum": 2}}},
            {"$ref": "#/$defs/B"},
        ], "$defs": {"B": {"required": ["b"], "properties": {"b": {"anyOf": [{"type": "null"}, {"type": "boolean"}]}}}}}),
        json!({"type": "object", "required": ["tree"], "properties": {"tree": {"$ref": "#/$defs/T"}}, "$defs": {"T": {
            "type": "object", "required": ["name"], "properties": {"name": {"format": "date", "type": "string"}, "child": {"$ref": "#/$defs/T"}},
        }}}),
    ] {
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        for seed in 0..20 {
            let made = arguments(&schema, &[], &mut Random::of(seed, "schema"));
            assert!(validator.is_valid(&made), "{made} for {schema}");
        }
    }
}

#[test]
fn examples_are_taken_unless_they_lie() {
    let schema = |example: Value| json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "integer", "examples": [example]}}});
    let made = |example| arguments(&schema(example), &[], &mut Random::of(1, ""));
    assert_eq!(made(json!(42)), json!({"a": 42}));
    assert_eq!(made(json!("many")), json!({"a": 1}));
    let email = json!({"type": "object", "required": ["a"], "properties": {"a": {
        "type": "string", "format": "email", "pattern": "^(.+)@(.+)$", "default": "{generated}",
    }}});
    assert_eq!(
        arguments(&email, &[], &mut Random::of(1, "")),
        json!({"a": "somebody@example.com"})
    );
}
