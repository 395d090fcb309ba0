//! Keys are the operator's: which credential a skill asks for, when a description is not clear about it.

use metier_openapi::Selection;
use metier_openapi::skill::Files;
use serde_json::{Value, json};

use crate::support::{converted, described, written};

/// One operation with one header, in a description with these members too.
fn with_header(name: &str, required: bool, more: Value) -> (Files, Vec<String>) {
    let header =
        json!({"name": name, "in": "header", "required": required, "schema": {"type": "string"}});
    let mut root =
        json!({"paths": {"/orders": {"get": {"parameters": [header], "responses": {}}}}});
    if let (Some(root), Value::Object(more)) = (root.as_object_mut(), more) {
        root.extend(more);
    }
    let document = described(root);
    let conversion = converted(&document);
    let arguments = conversion.operations.iter().flat_map(|made| {
        let properties = made.operation.input_schema["properties"].as_object();
        properties
            .into_iter()
            .flat_map(|names| names.keys().cloned())
    });
    let arguments = arguments.collect();
    (written(&document, &Selection::default()), arguments)
}

#[test]
fn a_required_key_is_a_credential_where_nothing_is_said_of_security() {
    let schemes = json!({"components": {"securitySchemes": {
        "other": {"type": "apiKey", "in": "query", "name": "k"},
        "shop": {"type": "apiKey", "in": "header", "name": "Shop-Key"},
    }}});
    let (files, arguments) = with_header("shop-key", true, schemes);
    assert!(arguments.is_empty(), "{arguments:?}");
    assert!(
        files.manifest.contains("credential = \"test\""),
        "{}",
        files.manifest
    );
    assert!(
        files.grant.contains("header = \"Shop-Key\""),
        "{}",
        files.grant
    );
}

#[test]
fn a_required_authorization_header_is_a_credential_even_without_a_scheme() {
    let (files, arguments) = with_header("Authorization", true, json!({}));
    assert!(arguments.is_empty(), "{arguments:?}");
    assert!(
        files.manifest.contains("credential = \"test\""),
        "{}",
        files.manifest
    );
    assert!(
        files.grant.contains("header = \"Authorization\""),
        "{}",
        files.grant
    );
}

#[test]
fn nothing_is_guessed_where_the_header_is_optional_or_anybody_may_call() {
    let anybody = json!({"security": []});
    for (required, more) in [(false, json!({})), (true, anybody)] {
        let (files, _) = with_header("Authorization", required, more);
        assert!(
            !files.manifest.contains("credential ="),
            "{}",
            files.manifest
        );
        assert_eq!(files.grant, "");
    }
}
