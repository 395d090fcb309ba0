//! Pictures and documents, as formats carry them.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::Unfit;
use crate::models::{Media, MediaSource, ResultPart};

/// Base64, or a URL.
pub enum Carried<'m> {
    /// Base64 that was checked.
    Base64(&'m str),
    /// Where it is.
    Url(&'m str),
}

/// What the form holds, if it can be sent.
pub fn carried(media: &Media) -> Result<Carried<'_>, Unfit> {
    match &media.source {
        MediaSource::Base64(data) if is_base64(data) => Ok(Carried::Base64(data)),
        MediaSource::Base64(_) => Err(Unfit::NotBase64),
        MediaSource::Url(url) => Ok(Carried::Url(url)),
        MediaSource::Blob(_) => Err(Unfit::Blob),
    }
}

/// `data:image/png;base64,…`, or the URL.
pub fn data_url(media: &Media) -> Result<String, Unfit> {
    Ok(match carried(media)? {
        Carried::Base64(data) => format!("data:{};base64,{data}", media.media_type),
        Carried::Url(url) => url.to_owned(),
    })
}

/// The words of a document that is text.
pub fn as_text(media: &Media) -> Option<String> {
    let is_text = media.media_type.starts_with("text/") || media.media_type == "application/json";
    match &media.source {
        MediaSource::Base64(data) if is_text => String::from_utf8(STANDARD.decode(data).ok()?).ok(),
        _ => None,
    }
}

/// Checked without holding the decoded bytes.
fn is_base64(data: &str) -> bool {
    let alphabet = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let bytes = data.as_bytes();
    let padding = bytes.iter().rev().take_while(|byte| **byte == b'=').count();
    bytes.len().is_multiple_of(4)
        && padding <= 2
        && bytes[..bytes.len() - padding].iter().all(alphabet)
}

/// A tool's answer as text, for formats that know nothing else.
pub fn result_text(content: &[ResultPart], is_error: bool) -> String {
    let piece = |part: &ResultPart| match part {
        ResultPart::Text { text } => text.clone(),
        ResultPart::Json { value } => value.to_string(),
        ResultPart::Image(media) | ResultPart::Document(media) => {
            as_text(media).unwrap_or_else(|| {
                format!(
                    "[{} left out: this model takes text from tools only]",
                    media.media_type
                )
            })
        }
    };
    let text = content.iter().map(piece).collect::<Vec<_>>().join("\n");
    match is_error {
        true if text.is_empty() => "Error.".to_owned(),
        true => format!("Error: {text}"),
        false => text,
    }
}
