//! Files in arguments: `{"name": "a.png", "media_type": "image/png", "base64": "…"}`, or `text` or `artifact` instead of `base64`.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value as Json;

use crate::arguments::{invalid, shown};
use crate::bindings::metier::skill::types::Error;

/// The media type of bytes nobody described.
pub const UNKNOWN: &str = "application/octet-stream";

/// With or without `=` at the end: what it means is the same.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A file as the caller gave it.
#[derive(Debug, PartialEq)]
pub struct File {
    /// Its name, if given: without quotes, line breaks or folders.
    pub name: Option<String>,
    /// Its media type, if given.
    pub media_type: Option<String>,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Reads the artifact of a digest.
pub type Artifacts<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>, Error>;

/// Reads a file, or says how one is written.
pub fn read(argument: &str, value: &Json, artifacts: Artifacts<'_>) -> Result<File, Error> {
    let wrong = |why: &str| {
        invalid(format!(
            "the argument `{argument}` is a file and {why}: give {{\"base64\": \"…\"}}, {{\"text\": \"…\"}} or {{\"artifact\": \"sha256:…\"}}, and \"name\" and \"media_type\" if they matter"
        ))
    };
    let members = value
        .as_object()
        .ok_or_else(|| wrong("must be an object"))?;
    let known = ["name", "media_type", "base64", "text", "artifact"];
    if let Some(unknown) = members.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(wrong(&format!("has no `{}`", shown(unknown))));
    }
    let text = |name: &str| match members.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(wrong(&format!("has text as `{name}`"))),
    };
    let bytes = match (text("base64")?, text("text")?, text("artifact")?) {
        (Some(encoded), None, None) => {
            decoded(encoded).ok_or_else(|| wrong("its `base64` is not base64"))?
        }
        (None, Some(text), None) => text.as_bytes().to_vec(),
        (None, None, Some(digest)) => artifacts(digest)?,
        _ => return Err(wrong("has one of `base64`, `text` and `artifact`")),
    };
    let media_type = text("media_type")?;
    if media_type.is_some_and(|media_type| !metier_openapi_plan::check::is_media_type(media_type)) {
        return Err(wrong("its `media_type` is none"));
    }
    let name = text("name")?;
    if name.is_some_and(|name| {
        name.is_empty() || name.contains(['/', '\\']) || name.contains(char::is_control)
    }) {
        return Err(wrong("its `name` is no file name"));
    }
    Ok(File {
        name: name.map(str::to_owned),
        media_type: media_type.map(str::to_owned),
        bytes,
    })
}

/// White space is nothing, as it always was in base64.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let compact: String = text
        .chars()
        .filter(|char| !char.is_ascii_whitespace())
        .collect();
    BASE64.decode(compact).ok()
}
