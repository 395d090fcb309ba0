//! One block of a tool's content as a value.

use serde_json::{Map, Value as Json, json};

use super::{Keep, file::Files};

/// Members of a link that are handed on, and what they are called here.
const LINK: [(&str, &str); 6] = [
    ("uri", "uri"),
    ("name", "name"),
    ("title", "title"),
    ("description", "description"),
    ("mimeType", "media_type"),
    ("size", "size"),
];

/// The text of a block that is one.
pub fn text(block: &Json) -> Option<&str> {
    match kind(block) {
        "text" => block.get("text")?.as_str(),
        _ => None,
    }
}

/// Whether a block has bytes.
pub fn is_file(block: &Json) -> bool {
    match kind(block) {
        "image" | "audio" => true,
        "resource" => block.pointer("/resource/blob").is_some(),
        _ => false,
    }
}

/// What a caller reads of a block; its bytes are kept.
pub fn value(block: Json, files: &mut Files<'_, impl Keep>) -> Json {
    if let Some(text) = text(&block) {
        return Json::from(text);
    }
    let member = |name: &str| block.get(name).and_then(Json::as_str);
    match kind(&block) {
        kind @ ("image" | "audio") => {
            let mut value = Map::from_iter([("type".to_owned(), Json::from(kind))]);
            let media_type = member("mimeType").unwrap_or_default();
            files.keep(&mut value, media_type, member("data").unwrap_or_default());
            Json::Object(value)
        }
        "resource_link" => {
            let mut value = Map::from_iter([("type".to_owned(), Json::from("resource_link"))]);
            for (theirs, ours) in LINK {
                if let Some(it) = block.get(theirs).filter(|it| it.is_string() || it.is_u64()) {
                    value.insert(ours.to_owned(), it.clone());
                }
            }
            Json::Object(value)
        }
        "resource" => resource(block.get("resource").unwrap_or(&Json::Null), files),
        other => json!({"type": other, "left-out": "this kind of content is not known"}),
    }
}

fn resource(resource: &Json, files: &mut Files<'_, impl Keep>) -> Json {
    let member = |name: &str| resource.get(name).and_then(Json::as_str);
    let mut value = Map::from_iter([("type".to_owned(), Json::from("resource"))]);
    if let Some(uri) = member("uri") {
        value.insert("uri".to_owned(), Json::from(uri));
    }
    match (member("text"), member("blob")) {
        (Some(text), _) => {
            value.insert("text".to_owned(), Json::from(text));
        }
        (None, Some(blob)) => {
            files.keep(&mut value, member("mimeType").unwrap_or_default(), blob);
        }
        (None, None) => {}
    }
    Json::Object(value)
}

fn kind(block: &Json) -> &str {
    block.get("type").and_then(Json::as_str).unwrap_or_default()
}
