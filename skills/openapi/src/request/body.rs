//! Bodies: JSON, forms, multipart, text and bytes.

use std::borrow::Cow;

use metier_openapi_plan::{Body, BodyKind, Field, Operation, Style};
use serde_json::{Map, Value as Json};

use super::file::Artifacts;
use super::multipart::{self, Part};
use super::style::{self, Writing};
use super::{encode, file};
use crate::arguments::{Arguments, invalid};
use crate::bindings::metier::skill::types::Error;

/// A body and what it is.
pub struct Built {
    /// The `Content-Type`.
    pub media_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// The body of a call; none for an operation without, or when it is optional and nothing of it is given.
pub fn build(
    operation: &Operation,
    arguments: &mut Arguments,
    artifacts: Artifacts<'_>,
) -> Result<Option<Built>, Error> {
    let Some(body) = &operation.body else {
        return Ok(None);
    };
    let Some((argument, value)) = value(body, arguments) else {
        return Ok(None);
    };
    let plain = |bytes: Vec<u8>| Built {
        media_type: body.media_type.clone(),
        bytes,
    };
    Ok(Some(match body.kind {
        BodyKind::Json => plain(value.to_string().into_bytes()),
        BodyKind::Text => plain(style::text(&value).into_bytes()),
        BodyKind::Binary => binary(body, argument, &value, artifacts)?,
        BodyKind::Form => plain(form(body, argument, value)?.into_bytes()),
        BodyKind::Multipart => {
            let parts = multipart_of(body, argument, value, artifacts)?;
            multipart::built(&body.media_type, &parts)
        }
    }))
}

/// The value of the body, and the argument it came from when it is one.
fn value<'b>(body: &'b Body, arguments: &mut Arguments) -> Option<(&'b str, Json)> {
    if let Some(argument) = &body.whole {
        return Some((argument, arguments.take(argument)?));
    }
    let mut members = Map::new();
    for field in &body.fields {
        if let Some(value) = arguments.take(&field.argument) {
            members.insert(field.name.clone(), value);
        }
    }
    let is_sent = body.required || !members.is_empty();
    is_sent.then_some(("", Json::Object(members)))
}

fn binary(
    body: &Body,
    argument: &str,
    value: &Json,
    artifacts: Artifacts<'_>,
) -> Result<Built, Error> {
    let file = file::read(argument, value, artifacts)?;
    // A range such as `image/*` leaves it to the caller; a definite type is what the service takes.
    let media_type = match body.media_type.contains('*') {
        true => file.media_type.unwrap_or_else(|| file::UNKNOWN.to_owned()),
        false => body.media_type.clone(),
    };
    Ok(Built {
        media_type,
        bytes: file.bytes,
    })
}

/// The members of a form or multipart body, each with how it is written and the argument it is known by.
fn members<'b>(
    body: &'b Body,
    argument: &str,
    value: Json,
) -> Result<Vec<(Cow<'b, Field>, Json)>, Error> {
    let Json::Object(members) = value else {
        return Err(invalid(format!(
            "the argument `{argument}` must be an object"
        )));
    };
    let described =
        |name: String, value: Json| match body.fields.iter().find(|field| field.name == name) {
            Some(field) => (Cow::Borrowed(field), value),
            None => (Cow::Owned(undescribed(name, &value)), value),
        };
    Ok(members
        .into_iter()
        .map(|(name, value)| described(name, value))
        .collect())
}

/// A member the plan says nothing of: lists are repeated, objects are JSON.
fn undescribed(name: String, value: &Json) -> Field {
    Field {
        argument: name.clone(),
        name,
        style: Style::Form,
        explode: true,
        content_type: value.is_object().then(|| "application/json".to_owned()),
        ..Field::default()
    }
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json" || essence.ends_with("+json")
}

fn form(body: &Body, argument: &str, value: Json) -> Result<String, Error> {
    let mut pairs = Vec::new();
    let members = members(body, argument, value)?;
    let named = members.iter().map(|(field, _)| field.name.clone());
    let taken: Vec<String> = body
        .fields
        .iter()
        .map(|field| field.name.clone())
        .chain(named)
        .collect();
    let taken: Vec<&str> = taken.iter().map(String::as_str).collect();
    for (field, value) in members {
        let encode = match field.allow_reserved {
            true => encode::form_reserved,
            false => encode::form,
        };
        if field.content_type.as_deref().is_some_and(is_json) && !is_scalar(&value) {
            pairs.push((encode::form(&field.name), encode(&value.to_string())));
            continue;
        }
        let writing = Writing {
            argument: &field.argument,
            name: &field.name,
            style: field.style,
            explode: field.explode,
        };
        pairs.extend(style::pairs(&writing, &value, encode, &taken)?);
    }
    Ok(encode::joined(&pairs, "&"))
}

fn is_scalar(value: &Json) -> bool {
    !value.is_array() && !value.is_object()
}

/// One part for each member, and for each element of a list.
fn multipart_of(
    body: &Body,
    argument: &str,
    value: Json,
    artifacts: Artifacts<'_>,
) -> Result<Vec<Part>, Error> {
    let mut parts = Vec::new();
    for (field, value) in members(body, argument, value)? {
        let whole = field.content_type.as_deref().is_some_and(is_json);
        match value {
            Json::Array(elements) if !whole || field.file => {
                for element in elements {
                    parts.push(part(&field, &element, artifacts)?);
                }
            }
            value => parts.push(part(&field, &value, artifacts)?),
        }
    }
    Ok(parts)
}

fn part(field: &Field, value: &Json, artifacts: Artifacts<'_>) -> Result<Part, Error> {
    if field.file {
        let file = file::read(&field.argument, value, artifacts)?;
        let described = field
            .content_type
            .clone()
            .filter(|media_type| !media_type.contains(['*', ',']));
        return Ok(Part {
            name: field.name.clone(),
            file_name: Some(file.name.unwrap_or_else(|| field.name.clone())),
            media_type: file
                .media_type
                .or(described)
                .or(Some(file::UNKNOWN.to_owned())),
            bytes: file.bytes,
        });
    }
    let json = match &field.content_type {
        Some(media_type) => is_json(media_type),
        None => !is_scalar(value),
    };
    let default = json.then(|| "application/json".to_owned());
    Ok(Part {
        name: field.name.clone(),
        file_name: None,
        media_type: field.content_type.clone().or(default),
        bytes: match json {
            true => value.to_string().into_bytes(),
            false => style::text(value).into_bytes(),
        },
    })
}
