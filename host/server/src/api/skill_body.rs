//! The body of an install: a component, or a form with what vouches for it.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Request},
    http::{StatusCode, header},
};
use metier_market::receipt::MAX_RECEIPT;
use metier_runtime::skill::MAX_FILE;
use metier_service::{NewSkill, installs::MAX_GRANT, market::Vouches};
use multer::{Constraints, Multipart, SizeLimit};

use crate::{
    app::App,
    body::{Params, Raw},
    problem::Problem,
};

/// A file and who says that it is what it is said to be.
pub struct SkillBody(pub NewSkill);

/// How an install is meant.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct InstallParams {
    /// The file needs nobody's word.
    #[serde(default)]
    allow_unsigned: bool,
    /// Keys of a publisher are taken that no known one vouches for.
    #[serde(default)]
    new_publisher: bool,
}

impl FromRequest<Arc<App>> for SkillBody {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let params = Params::<InstallParams>::from_request_parts(&mut parts, app).await?;
        let media = parts.headers.get(header::CONTENT_TYPE);
        let media = media
            .and_then(|media| media.to_str().ok())
            .unwrap_or_default();
        let mut new = match multer::parse_boundary(media) {
            Ok(boundary) => form(body, boundary).await?,
            Err(_) => {
                let request = Request::from_parts(parts, body);
                let Raw(bytes) = Raw::from_request(request, app).await?;
                NewSkill {
                    bytes: bytes.into(),
                    ..NewSkill::default()
                }
            }
        };
        let InstallParams {
            allow_unsigned,
            new_publisher: is_meant,
        } = params.0;
        match &mut new.vouches {
            Vouches::Receipt { new_publisher, .. } => *new_publisher = is_meant,
            vouches if allow_unsigned => *vouches = Vouches::Nobody,
            _ => {}
        }
        Ok(SkillBody(new))
    }
}

async fn form(body: Body, boundary: String) -> Result<NewSkill, Problem> {
    let limits = SizeLimit::new()
        .whole_stream((MAX_FILE + MAX_RECEIPT + MAX_GRANT + (64 << 10)) as u64)
        .for_field("component", MAX_FILE as u64)
        .for_field("receipt", MAX_RECEIPT as u64)
        .for_field("grant", MAX_GRANT as u64);
    let constraints = Constraints::new()
        .allowed_fields(vec!["component", "receipt", "grant"])
        .size_limit(limits);
    let stream = body.into_data_stream();
    let mut form = Multipart::with_constraints(stream, boundary, constraints);
    let mut new = NewSkill::default();
    let mut has_component = false;
    while let Some(field) = form
        .next_field()
        .await
        .map_err(|error| unreadable(&error))?
    {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(|error| unreadable(&error))?;
        match name.as_str() {
            "component" => {
                has_component = true;
                new.bytes = bytes.into();
            }
            "receipt" => {
                new.vouches = Vouches::Receipt {
                    receipt: bytes.into(),
                    new_publisher: false,
                };
            }
            _ => {
                let text = String::from_utf8(bytes.into());
                let text = text.map_err(|_| wrong("The part `grant` is not UTF-8 text."))?;
                new.grant = Some(text);
            }
        }
    }
    match has_component {
        true => Ok(new),
        false => Err(wrong("The form has no part `component`.")),
    }
}

fn unreadable(error: &multer::Error) -> Problem {
    let is_large = matches!(
        error,
        multer::Error::FieldSizeExceeded { .. } | multer::Error::StreamSizeExceeded { .. }
    );
    match is_large {
        true => Problem::unreadable(
            StatusCode::PAYLOAD_TOO_LARGE,
            "A part of the form is larger than it may be.",
            "Send less.",
        ),
        false => wrong("The form cannot be read."),
    }
}

fn wrong(message: &str) -> Problem {
    Problem::unreadable(
        StatusCode::BAD_REQUEST,
        message,
        "Send `multipart/form-data` with the parts `component`, `receipt` and, where it is to have one, `grant`.",
    )
}
