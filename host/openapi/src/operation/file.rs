//! Files: of multipart bodies, and bodies that are bytes.

use serde_json::{Value, json};

use super::arguments::with_words;
use crate::document::Document;

/// Bytes, or a list of them.
pub(super) fn is_file(document: &Document, member: &Value) -> bool {
    let Ok(schema) = document.follow(member) else {
        return false;
    };
    let is = |key: &str, value: &str| schema.get(key).and_then(Value::as_str) == Some(value);
    let bytes = is("type", "file")
        || is("format", "binary")
        || is("contentMediaType", "application/octet-stream")
        || is("contentEncoding", "binary");
    let list = is("type", "array")
        && schema
            .get("items")
            .is_some_and(|items| is_file_once(document, items));
    bytes || list
}

fn is_file_once(document: &Document, items: &Value) -> bool {
    let Ok(schema) = document.follow(items) else {
        return false;
    };
    let is = |key: &str, value: &str| schema.get(key).and_then(Value::as_str) == Some(value);
    is("type", "file") || is("format", "binary")
}

/// What a caller writes for a file of a multipart body.
pub(super) fn file_schema(document: &Document, member: &Value) -> Value {
    let described = member
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or("");
    let one = json!({
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "File name"},
            "media_type": {"type": "string"},
            "base64": {"type": "string", "description": "Its bytes in base64"},
            "text": {"type": "string", "description": "Its text, instead of base64"},
            "artifact": {"type": "string", "description": "Digest of an artifact (sha256:…), instead of base64"},
        },
        "additionalProperties": false,
    });
    let is_list = document
        .follow(member)
        .is_ok_and(|schema| schema.get("items").is_some());
    let schema = if is_list {
        json!({"type": "array", "items": one})
    } else {
        one
    };
    with_words(schema, described, false)
}

/// What a caller writes for a body of bytes.
pub(super) fn bytes_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "base64": {"type": "string", "description": "The bytes in base64"},
            "text": {"type": "string", "description": "Text, instead of base64"},
            "artifact": {"type": "string", "description": "Digest of an artifact (sha256:…), instead of base64"},
        },
        "additionalProperties": false,
    })
}
