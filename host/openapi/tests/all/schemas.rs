//! Schemas of older drafts in today's words.

use serde_json::{Value, json};

use crate::support::{described, input};

/// The schema of an argument described so, in this version.
fn argument(version: &str, schema: Value) -> Value {
    let parameter = json!({"name": "q", "in": "query", "schema": schema});
    let document = described(json!({
        "openapi": version,
        "paths": {"/a": {"get": {"parameters": [parameter]}}},
        "components": {"schemas": {"Name": {"type": "string", "description": "A name"}, "Other": {"$ref": "#/components/schemas/Name"}}},
    }));
    input(&document)["properties"]["q"].clone()
}

#[test]
fn openapi_3_0_is_said_in_2020_12() {
    for (old, new) in [
        (
            json!({"type": "string", "nullable": true}),
            json!({"type": ["string", "null"]}),
        ),
        (
            json!({"type": "string", "nullable": true, "enum": ["a"]}),
            json!({"type": ["string", "null"], "enum": ["a", null]}),
        ),
        (
            json!({"allOf": [{"$ref": "#/components/schemas/Name"}], "nullable": true}),
            json!({"anyOf": [{"description": "A name", "type": "string"}, {"type": "null"}], }),
        ),
        (
            json!({"type": "integer", "minimum": 0, "exclusiveMinimum": true}),
            json!({"type": "integer", "exclusiveMinimum": 0}),
        ),
        (
            json!({"type": "integer", "maximum": 9, "exclusiveMaximum": false}),
            json!({"type": "integer", "maximum": 9}),
        ),
        (
            json!({"$ref": "#/components/schemas/Other", "type": "integer"}),
            json!({"description": "A name", "type": "string"}),
        ),
        (
            json!({"$ref": "#/components/schemas/Name", "description": "This one"}),
            json!({"description": "This one", "type": "string"}),
        ),
        (
            json!({"type": "array", "items": [{"type": "string"}]}),
            json!({"type": "array", "prefixItems": [{"type": "string"}]}),
        ),
        (
            json!({"type": "file"}),
            json!({"type": "string", "format": "binary"}),
        ),
        (json!({"type": "any"}), json!({})),
    ] {
        assert_eq!(argument("3.0.0", old.clone()), new, "{old}");
    }
}

#[test]
fn openapi_3_1_is_kept() {
    for schema in [
        json!({"type": ["string", "null"], "format": "date"}),
        json!({"type": "integer", "exclusiveMinimum": 0}),
        json!({"const": "a"}),
        json!({"if": {"type": "string"}, "then": {"minLength": 1}}),
        json!({"type": "object", "patternProperties": {"^x": {"type": "string"}}, "unevaluatedProperties": false}),
    ] {
        assert_eq!(argument("3.1.0", schema.clone()), schema);
    }
    let beside = argument(
        "3.1.0",
        json!({"$ref": "#/components/schemas/Name", "minLength": 2}),
    );
    assert_eq!(
        beside["minLength"], 2,
        "what stands beside a reference counts"
    );
}

#[test]
fn what_only_decorates_and_what_is_wrong_is_left_out() {
    for (written, kept) in [
        (
            json!({"type": "string", "example": "x", "xml": {}, "discriminator": {}, "x-foo": 1, "externalDocs": {}}),
            json!({"type": "string"}),
        ),
        (
            json!({"type": "string", "minLength": -1, "maxLength": "10", "pattern": "["}),
            json!({"type": "string", "maxLength": 10}),
        ),
        (
            json!({"type": "string", "required": true, "enum": []}),
            json!({"type": "string"}),
        ),
        (json!({"type": "nonsense", "description": 7}), json!({})),
        (
            json!({"type": "object", "properties": [], "required": "a"}),
            json!({"type": "object"}),
        ),
        (
            json!({"type": "integer", "multipleOf": 0, "minimum": "1.5"}),
            json!({"type": "integer", "minimum": 1.5}),
        ),
        (
            json!({"type": "array", "items": null, "uniqueItems": "yes"}),
            json!({"type": "array"}),
        ),
        (
            json!({"allOf": [], "oneOf": {}, "anyOf": [null]}),
            json!({"anyOf": [{}]}),
        ),
        (
            json!({"type": "string", "enum": ["a", "a", "b"]}),
            json!({"type": "string", "enum": ["a", "b"]}),
        ),
        (json!({"$ref": "#/components/schemas/Nowhere"}), json!({})),
        (json!("string"), json!({})),
    ] {
        assert_eq!(argument("3.0.0", written.clone()), kept, "{written}");
    }
}

#[test]
fn what_travels_one_way_is_asked_for_in_that_way_only() {
    let pet = json!({"type": "object", "required": ["id", "name", "secret"], "properties": {
        "id": {"type": "integer", "readOnly": true}, "name": {"type": "string"}, "secret": {"type": "string", "writeOnly": true},
    }});
    let document = described(json!({
        "paths": {"/pets": {"post": {
            "requestBody": {"required": true, "content": {"application/json": {"schema": pet}}},
            "responses": {"201": {"content": {"application/json": {"schema": pet}}}},
        }}},
    }));
    let schema = input(&document);
    assert_eq!(schema["required"], json!(["name", "secret"]));
    assert_eq!(schema["properties"].get("id"), None);
    let conversion = crate::support::converted(&document);
    let answer = conversion.operations[0]
        .operation
        .output_schema
        .clone()
        .unwrap_or_default();
    assert_eq!(answer["required"], json!(["id", "name"]));
    assert_eq!(answer["properties"].get("secret"), None);
}

#[test]
fn a_secret_is_no_argument_however_it_is_described() {
    let parameter = |name: &str, description: &str| json!({"name": name, "in": "query", "required": true, "description": description, "schema": {"type": "string"}});
    let document = described(json!({
        "paths": {"/a": {"get": {"parameters": [
            parameter("api_token", "Listed as a security scheme"),
            parameter("token", "Authentication token. Requires scope: read"),
            parameter("key", "The API key"),
            parameter("pageToken", "Where the next page begins, for authorized callers"),
            parameter("key_id", "The key of an author"),
        ]}}},
        "security": [{"key": []}],
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "api_token"}}},
    }));
    assert_eq!(input(&document)["required"], json!(["pageToken", "key_id"]));
}
