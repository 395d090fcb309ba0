//! The schema of what a tool answers with: the service's own, or the object around it.

use serde_json::{Value as Json, json};

/// `body`, the schema of the service's answer, widened by what [`super`] may answer with instead.
///
/// Definitions stay at the root, where references to them look.
pub fn widened(mut body: Json) -> Json {
    let definitions = body
        .as_object_mut()
        .and_then(|members| members.remove("$defs"));
    let is_object = body.get("type").and_then(Json::as_str) == Some("object");
    let mut schema = json!({"anyOf": [body, around()]});
    if let Some(members) = schema.as_object_mut() {
        // Clients want the root of an answer's schema to say that it is an object.
        if is_object {
            members.insert("type".to_owned(), json!("object"));
        }
        if let Some(definitions) = definitions {
            members.insert("$defs".to_owned(), definitions);
        }
    }
    schema
}

fn around() -> Json {
    json!({
        "type": "object",
        "description": "What stands in place of a large, paged, binary or empty answer.",
        "properties": {
            "body": {"description": "The answer, or what is left of it."},
            "next": {"type": "string", "description": "The URL of the next page: its query says what to ask for."},
            "truncated": {"type": "string", "description": "What was left out."},
            "artifact": {
                "type": "object",
                "description": "The whole answer, kept as a file.",
                "properties": {
                    "name": {"type": "string"},
                    "digest": {"type": "string"},
                    "size": {"type": "integer"},
                    "media_type": {"type": "string"},
                },
            },
            "status": {"type": "integer"},
            "headers": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "additionalProperties": false,
    })
}
