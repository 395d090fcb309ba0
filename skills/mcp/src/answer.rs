//! What a tool answered, as JSON of a size a model can read.
//!
//! Structured content is handed on as it is. Without it: nothing is `null`, one block is its value, several are a list of theirs.
//!
//! | block | value |
//! |---|---|
//! | text | the text |
//! | image, audio, a resource's bytes | `{"type", "artifact"}`: the file is kept and handed back |
//! | a resource's text | `{"type", "uri", "text"}` |
//! | a link | `{"type", "uri", "name"…}`: nothing is fetched |
//!
//! What has more than [`MAX_ANSWER`] bytes is kept whole as an artifact, and answered with its beginning:
//! `{"body", "truncated", "artifact"}`.

mod block;
mod file;

use serde_json::{Map, Value as Json, json};

use crate::bindings::exports::metier::skill::tools::Error;
use crate::bindings::metier::skill::artifacts::{Artifact, ArtifactError};
use crate::failure;

/// The most of an answer that is handed on, in bytes of JSON text: some sixteen thousand tokens, as much as a model reads
/// with attention.
pub const MAX_ANSWER: usize = 64 << 10;

/// Most blocks that are looked at; what is more is counted.
const MAX_BLOCKS: usize = 1_000;

/// Keeps bytes under a name and with a media type.
pub trait Keep: Fn(&str, &str, &[u8]) -> Result<Artifact, ArtifactError> {}

impl<F: Fn(&str, &str, &[u8]) -> Result<Artifact, ArtifactError>> Keep for F {}

/// The JSON text a call answers with; `tool` names files.
pub fn read(tool: &str, mut result: Map<String, Json>, keep: impl Keep) -> Result<String, Error> {
    let kind = result.get("resultType").and_then(Json::as_str);
    if let Some(kind) = kind.filter(|kind| *kind != "complete") {
        return Err(failure::unfinished(kind, &result));
    }
    let blocks = match result.remove("content") {
        Some(Json::Array(blocks)) => blocks,
        _ => Vec::new(),
    };
    if result.get("isError").and_then(Json::as_bool) == Some(true) {
        return Err(failure::of_tool(&said(&blocks, &result), &result));
    }
    let structured = result
        .remove("structuredContent")
        .filter(|value| !value.is_null());
    let mut files = file::Files::new(tool, &keep);
    let more = blocks.len().saturating_sub(MAX_BLOCKS);
    let mut values: Vec<Json> = blocks
        .into_iter()
        .take(MAX_BLOCKS)
        // The text beside structured content is the same again.
        .filter(|block| structured.is_none() || block::is_file(block))
        .map(|block| block::value(block, &mut files))
        .collect();
    if more > 0 {
        values.push(Json::from(format!("… and {more} more")));
    }
    let value = match structured {
        Some(structured) => structured,
        None if values.len() == 1 => values.swap_remove(0),
        None if values.is_empty() => Json::Null,
        None => Json::Array(values),
    };
    Ok(fitted(value, &mut files))
}

/// The words of a tool that failed.
fn said(blocks: &[Json], result: &Map<String, Json>) -> String {
    let texts = blocks.iter().take(MAX_BLOCKS).filter_map(block::text);
    let said = texts.collect::<Vec<_>>().join("; ");
    match result.get("structuredContent") {
        Some(value) if said.trim().is_empty() => value.to_string(),
        _ => said,
    }
}

/// The value whole, or cut and kept.
fn fitted(value: Json, files: &mut file::Files<'_, impl Keep>) -> String {
    let text = value.to_string();
    if text.len() <= MAX_ANSWER {
        return text;
    }
    let (media_type, whole) = match &value {
        Json::String(text) => ("text/plain", text.as_str()),
        _ => ("application/json", text.as_str()),
    };
    let kept = files.keep_as_is(media_type, whole.as_bytes());
    let (body, shown) = beginning(whole);
    let whole_is = match &kept {
        Ok(_) => "the whole answer is kept as the artifact".to_owned(),
        Err(why) => format!("the whole answer is not kept: {why}"),
    };
    let truncated = format!(
        "the answer has {} characters and these are the first {shown}; {whole_is}. Ask for less to see all of it here.",
        whole.chars().count()
    );
    let mut answer = Map::from_iter([
        ("body".to_owned(), Json::from(body)),
        ("truncated".to_owned(), Json::from(truncated)),
    ]);
    if let Ok(artifact) = kept {
        answer.insert("artifact".to_owned(), artifact);
    }
    Json::Object(answer).to_string()
}

/// As much of a text as takes [`MAX_ANSWER`] bytes in JSON, and how many characters that is.
fn beginning(text: &str) -> (&str, usize) {
    // A character takes up to six bytes when it is escaped; the quotes take two.
    let mut bytes = 2;
    let mut shown = 0;
    for (at, char) in text.char_indices() {
        bytes += match char {
            '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{C}' => 2,
            control if u32::from(control) < 0x20 => 6,
            other => other.len_utf8(),
        };
        if bytes > MAX_ANSWER {
            return (text.get(..at).unwrap_or_default(), shown);
        }
        shown += 1;
    }
    (text, shown)
}

/// The schema of the server's structured answer, widened by what may stand in its place.
///
/// Definitions stay at the root, where references to them look.
pub fn widened(mut schema: Json) -> Json {
    let definitions = schema
        .as_object_mut()
        .and_then(|members| members.remove("$defs"));
    let is_object = schema.get("type").and_then(Json::as_str) == Some("object");
    let mut widened = json!({"anyOf": [schema, around()]});
    if let Some(members) = widened.as_object_mut() {
        // Clients want the root of an answer's schema to say that it is an object.
        if is_object {
            members.insert("type".to_owned(), json!("object"));
        }
        if let Some(definitions) = definitions {
            members.insert("$defs".to_owned(), definitions);
        }
    }
    widened
}

fn around() -> Json {
    json!({
        "type": "object",
        "description": "What stands in place of a large answer.",
        "properties": {
            "body": {"type": "string", "description": "The beginning of the answer."},
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
        },
        "required": ["body", "truncated"],
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests;
