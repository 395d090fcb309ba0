//! Bytes of an answer, kept as artifacts.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value as Json, json};

use super::Keep;
use crate::bindings::metier::skill::artifacts::{Artifact, ArtifactError};

/// Most files of one answer.
const MAX_FILES: usize = 32;

/// Longest media type, in bytes; RFC 6838 has 127 for each half.
const MAX_MEDIA_TYPE: usize = 255;

/// Media types with an ending that says the same.
const ENDINGS: [(&str, &str); 14] = [
    ("image/png", "png"),
    ("image/jpeg", "jpg"),
    ("image/gif", "gif"),
    ("image/webp", "webp"),
    ("image/svg+xml", "svg"),
    ("audio/wav", "wav"),
    ("audio/mpeg", "mp3"),
    ("audio/ogg", "ogg"),
    ("application/pdf", "pdf"),
    ("application/json", "json"),
    ("application/zip", "zip"),
    ("text/plain", "txt"),
    ("text/csv", "csv"),
    ("text/html", "html"),
];

/// The files of one answer.
pub struct Files<'k, K> {
    tool: &'k str,
    put: &'k K,
    seen: usize,
}

impl<'k, K: Keep> Files<'k, K> {
    /// None yet; they are called after the tool.
    pub fn new(tool: &'k str, put: &'k K) -> Self {
        Files { tool, put, seen: 0 }
    }

    /// Keeps what is base64, and says in `value` where it is or why it is not.
    pub fn keep(&mut self, value: &mut Map<String, Json>, media_type: &str, base64: &str) {
        let media_type = plain(media_type);
        let kept = match BASE64_STANDARD.decode(base64) {
            Ok(bytes) => self.keep_as_is(media_type, &bytes),
            Err(_) => Err("it is not base64".to_owned()),
        };
        match kept {
            Ok(artifact) => value.insert("artifact".to_owned(), artifact),
            Err(why) => {
                value.insert("media_type".to_owned(), Json::from(media_type));
                value.insert("left-out".to_owned(), Json::from(why))
            }
        };
    }

    /// Keeps bytes; what is known of them then, or why they are not kept.
    pub fn keep_as_is(&mut self, media_type: &str, bytes: &[u8]) -> Result<Json, String> {
        self.seen += 1;
        if self.seen > MAX_FILES {
            return Err(format!("an answer has at most {MAX_FILES} files"));
        }
        let number = match self.seen {
            1 => String::new(),
            number => format!("-{number}"),
        };
        let mut endings = ENDINGS.iter();
        let ending = endings.find(|(known, _)| *known == media_type);
        let ending = ending.map_or("bin", |(_, ending)| ending);
        let name = format!("{}{number}.{ending}", self.tool);
        let kept = (self.put)(&name, media_type, bytes);
        kept.map(|artifact| described(&artifact))
            .map_err(|error| why(&error))
    }
}

/// The media type where it is a plain one.
fn plain(media_type: &str) -> &str {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let is_token = |text: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
        !text.is_empty() && text.bytes().all(allowed)
    };
    match essence.split_once('/') {
        Some((kind, sub)) if is_token(kind) && is_token(sub) && essence.len() <= MAX_MEDIA_TYPE => {
            essence
        }
        _ => "application/octet-stream",
    }
}

fn described(artifact: &Artifact) -> Json {
    json!({
        "name": artifact.name,
        "digest": artifact.digest,
        "size": artifact.size,
        "media_type": artifact.media_type,
    })
}

fn why(error: &ArtifactError) -> String {
    match error {
        ArtifactError::Denied(why)
        | ArtifactError::Invalid(why)
        | ArtifactError::Unavailable(why) => why.clone(),
        ArtifactError::TooLarge(limit) => {
            format!("it is larger than the {limit} bytes a call may hand back")
        }
    }
}
