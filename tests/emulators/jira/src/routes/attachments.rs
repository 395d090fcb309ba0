//! Files on issues.

use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use futures::stream;
use multer::Multipart;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{Answer, Shared, json as answer};
use crate::refused::Refused;
use crate::site::MAX_ATTACHMENT;

/// A form whose fields `file` are files; Jira takes it from a browser's forged request for another if it lacks the header.
pub(super) async fn add(
    State(shared): State<Shared>,
    Path((version, key)): Path<(String, String)>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let view = shared.view(&version, &headers)?;
    let token = headers
        .get("x-atlassian-token")
        .map(|token| token.as_bytes());
    if !matches!(token, Some(b"no-check" | b"nocheck")) {
        return Err(Refused::whole(403, "XSRF check failed"));
    }
    let files = files(&headers, bytes).await?;
    let attached = shared.site().attach(&key, files)?;
    let shown: Vec<Value> = attached.iter().map(|one| view.attachment(one)).collect();
    Ok(answer(200, Value::Array(shown)))
}

async fn files(headers: &HeaderMap, bytes: Bytes) -> Result<Vec<(String, String, Bytes)>, Refused> {
    let unreadable =
        |error: multer::Error| Refused::whole(400, format!("The form cannot be read: {error}"));
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let boundary = multer::parse_boundary(kind.unwrap_or_default())
        .map_err(|_| Refused::whole(415, "An attachment is sent as multipart/form-data."))?;
    let mut form = Multipart::new(stream::iter([Ok::<_, Infallible>(bytes)]), boundary);
    let mut files = Vec::new();
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        let name = field.file_name().map(file_name);
        let media_type = field.content_type().map(ToString::to_string);
        let (Some("file"), Some(name)) = (field.name(), name) else {
            continue;
        };
        let bytes = field.bytes().await.map_err(unreadable)?;
        if bytes.len() > MAX_ATTACHMENT {
            return Err(Refused::whole(
                413,
                "The file is larger than the site allows.",
            ));
        }
        let media_type = media_type.unwrap_or_else(|| "application/octet-stream".to_owned());
        files.push((name, media_type, bytes));
    }
    match files.is_empty() {
        true => Err(Refused::whole(
            400,
            "The form has no file in a field `file`.",
        )),
        false => Ok(files),
    }
}

/// As browsers write it: quotes and line breaks are percent-encoded.
fn file_name(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

pub(super) async fn read(
    State(shared): State<Shared>,
    Path((version, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    let view = shared.view(&version, &headers)?;
    Ok(answer(200, view.attachment(shared.site().attachment(&id)?)))
}

pub(super) async fn content(
    State(shared): State<Shared>,
    Path((_, id)): Path<(String, String)>,
) -> Answer {
    let attachment = shared.site().attachment(&id)?.clone();
    Ok((
        [(header::CONTENT_TYPE, attachment.media_type)],
        attachment.bytes,
    )
        .into_response())
}
