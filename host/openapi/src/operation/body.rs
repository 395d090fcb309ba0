//! Bodies: of several media types the best, its members as arguments where that is unambiguous.

use metier_openapi_plan::{Body, BodyKind, Field, Style, Type};
use serde_json::{Map, Value, json};

use super::arguments::{Arguments, with_words};
use super::file::{bytes_schema, file_schema, is_file};
use super::flat::Flat;
use super::form::form_data;
use super::parameter::Inputs;
use super::{Listed, media, names, parameter};
use crate::document::{Dialect, Document, RefError};
use crate::pointer::Place;
use crate::problem::{Problem, Reason};
use crate::schema::{allowed, hidden_from_input};

/// The body as described, before it is made of arguments.
struct Written<'d> {
    kind: BodyKind,
    media_type: String,
    required: bool,
    description: &'d str,
    schema: Option<&'d Value>,
    encoding: Option<&'d Map<String, Value>>,
    pointer: String,
}

/// Adds the arguments of the operation's body, if it has one.
pub(super) fn read<'d>(
    document: &'d Document,
    listed: &Listed<'d>,
    inputs: &Inputs<'d>,
    arguments: &mut Arguments<'d>,
) -> Result<Option<Body>, Problem> {
    if document.dialect() == Dialect::Swagger2 && inputs.body.is_none() {
        return form_data(document, listed, inputs, arguments);
    }
    let written = match document.dialect() {
        Dialect::Swagger2 => old_body(document, listed, inputs)?,
        Dialect::OpenApi30 | Dialect::OpenApi31 => new_body(document, listed)?,
    };
    let Some(written) = written else {
        return Ok(None);
    };
    let made = make(document, &written, arguments);
    made.map(Some).map_err(|error| {
        let place = Place::At(&written.pointer);
        Problem::new(&listed.name(), place, Reason::Reference(error))
    })
}

fn new_body<'d>(
    document: &'d Document,
    listed: &Listed<'d>,
) -> Result<Option<Written<'d>>, Problem> {
    let Some(body) = listed.operation.get("requestBody") else {
        return Ok(None);
    };
    let root = Place::At(&listed.pointer);
    let place = root.member("requestBody");
    let problem = |reason| Problem::new(&listed.name(), place, reason);
    let body = document
        .follow(body)
        .map_err(|error| problem(error.into()))?;
    let content = body.get("content").and_then(Value::as_object);
    let Some(content) = content.filter(|content| !content.is_empty()) else {
        return Ok(None); // A body without content is none.
    };
    let Some((kind, media_type, described)) = media::choose(content.keys().map(String::as_str))
    else {
        return Err(problem(Reason::Body(types_of(content.keys()))));
    };
    let media = content.get(described);
    Ok(Some(Written {
        kind,
        media_type,
        required: body.get("required") == Some(&Value::Bool(true)),
        description: body
            .get("description")
            .and_then(Value::as_str)
            .unwrap_or(""),
        schema: media.and_then(|media| media.get("schema")),
        encoding: media.and_then(|media| media.get("encoding")?.as_object()),
        pointer: place
            .member("content")
            .member(described)
            .member("schema")
            .to_string(),
    }))
}

fn old_body<'d>(
    document: &'d Document,
    listed: &Listed<'d>,
    inputs: &Inputs<'d>,
) -> Result<Option<Written<'d>>, Problem> {
    let Some(body) = inputs.body else {
        return Ok(None);
    };
    let root = Place::At(&listed.pointer);
    let place = root.member("parameters");
    let consumes = consumes(document, listed);
    let types = consumes.iter().copied().filter(|kind| !is_form(kind));
    let chosen = media::choose(types).or_else(|| media::choose(["application/json"].into_iter()));
    let Some((kind, media_type, _)) = chosen else {
        return Err(Problem::new(
            &listed.name(),
            place,
            Reason::Body(consumes.join(", ")),
        ));
    };
    Ok(Some(Written {
        kind,
        media_type,
        required: body.get("required") == Some(&Value::Bool(true)),
        description: body
            .get("description")
            .and_then(Value::as_str)
            .unwrap_or(""),
        schema: body.get("schema"),
        encoding: None,
        pointer: place.to_string(),
    }))
}

/// Swagger 2's `consumes`, the operation's or the description's.
pub(super) fn consumes<'d>(document: &'d Document, listed: &Listed<'d>) -> Vec<&'d str> {
    let own = listed.operation.get("consumes");
    let written = own
        .or_else(|| document.root().get("consumes"))
        .and_then(Value::as_array);
    written
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn is_form(media_type: &str) -> bool {
    matches!(
        media::essence(media_type).as_str(),
        "application/x-www-form-urlencoded" | "multipart/form-data"
    )
}

fn types_of<'k>(types: impl Iterator<Item = &'k String>) -> String {
    let types: Vec<&str> = types.map(String::as_str).collect();
    crate::text::line(&types.join(", "), 200)
}

fn make<'d>(
    document: &'d Document,
    written: &Written<'d>,
    arguments: &mut Arguments<'d>,
) -> Result<Body, RefError> {
    if let Some(flat) = flattened(document, written, arguments) {
        return members(document, written, &flat, arguments);
    }
    whole(document, written, arguments)
}

/// The members that become arguments: when no name is in doubt and "no body" cannot be mistaken for "an empty one".
fn flattened<'d>(
    document: &'d Document,
    written: &Written<'d>,
    arguments: &Arguments<'d>,
) -> Option<Flat<'d>> {
    let splittable = !matches!(written.kind, BodyKind::Text | BodyKind::Binary);
    let mut flat = Flat::of(document, written.schema.filter(|_| splittable)?)?;
    flat.members
        .retain(|(_, member)| !hidden_from_input(document, member));
    flat.required
        .retain(|name| flat.members.iter().any(|(member, _)| member == name));
    let mut named: Vec<String> = flat
        .members
        .iter()
        .map(|(name, _)| names::argument(name))
        .collect();
    let free = named.iter().all(|name| arguments.is_free(name));
    named.sort();
    named.dedup();
    let distinct = named.len() == flat.members.len() && !named.is_empty();
    let unmistakable = written.required || flat.required.is_empty();
    (free && distinct && unmistakable).then_some(flat)
}

fn members<'d>(
    document: &'d Document,
    written: &Written<'d>,
    flat: &Flat<'d>,
    arguments: &mut Arguments<'d>,
) -> Result<Body, RefError> {
    let root = Place::At(&written.pointer);
    let here = root.member("properties");
    let mut fields = Vec::with_capacity(flat.members.len());
    for (name, member) in &flat.members {
        let argument = names::argument(name);
        let mut field = field(document, written, name, member);
        let schema = if field.file {
            file_schema(document, member)
        } else {
            arguments.converter.part(member, here.member(name))?
        };
        let required = flat.is_required(name);
        arguments.insert(argument.clone(), schema, required);
        field.argument = argument;
        field.required = required;
        fields.push(field);
    }
    Ok(Body {
        kind: written.kind,
        media_type: written.media_type.clone(),
        required: written.required,
        fields,
        ..Body::default()
    })
}

fn whole<'d>(
    document: &'d Document,
    written: &Written<'d>,
    arguments: &mut Arguments<'d>,
) -> Result<Body, RefError> {
    let argument = arguments.unused("body", "request");
    let schema = match (written.kind, written.schema) {
        (BodyKind::Binary, _) => bytes_schema(),
        (BodyKind::Text, _) => json!({"type": "string"}),
        (_, Some(schema)) => arguments
            .converter
            .part(schema, Place::At(&written.pointer))?,
        (BodyKind::Json, None) => json!({}),
        (BodyKind::Form | BodyKind::Multipart, None) => json!({"type": "object"}),
    };
    let description = match written.kind {
        BodyKind::Text => format!(
            "The body, as `{}`. {}",
            written.media_type, written.description
        ),
        _ => written.description.to_owned(),
    };
    arguments.insert(
        argument.clone(),
        with_words(schema, &description, false),
        written.required,
    );
    let encoded = matches!(written.kind, BodyKind::Form | BodyKind::Multipart);
    let types = match (written.kind, written.schema) {
        (BodyKind::Text | BodyKind::Binary, _) | (_, None) => Vec::new(),
        (_, Some(schema)) => allowed(document, schema),
    };
    Ok(Body {
        kind: written.kind,
        media_type: written.media_type.clone(),
        required: written.required,
        whole: Some(argument),
        fields: if encoded {
            encodings(document, written)
        } else {
            Vec::new()
        },
        types,
    })
}

/// How members of a whole form are written that are not written the usual way.
fn encodings(document: &Document, written: &Written<'_>) -> Vec<Field> {
    let schema = written
        .schema
        .and_then(|schema| document.follow(schema).ok());
    let properties = schema.and_then(|schema| schema.get("properties")?.as_object());
    let members = properties.into_iter().flatten();
    let described = members.map(|(name, member)| Field {
        argument: name.clone(),
        ..field(document, written, name, member)
    });
    described
        .take(metier_openapi_plan::check::MAX_PARTS)
        .collect()
}

/// How one member of a body is written.
fn field(document: &Document, written: &Written<'_>, name: &str, member: &Value) -> Field {
    let types = allowed(document, member);
    let mut field = Field {
        name: name.to_owned(),
        types,
        style: Style::Form,
        ..Field::default()
    };
    if written.kind == BodyKind::Json {
        return field;
    }
    field.explode = true;
    let encoding = written
        .encoding
        .and_then(|encoding| encoding.get(name)?.as_object());
    if let Some(encoding) = encoding {
        (field.style, field.explode) =
            parameter::style(encoding, metier_openapi_plan::Place::Query);
        field.allow_reserved = encoding.get("allowReserved") == Some(&Value::Bool(true));
        let content_type = encoding.get("contentType").and_then(Value::as_str);
        let one = content_type.map(|types| types.split(',').next().unwrap_or("").trim().to_owned());
        field.content_type = one.filter(|kind| kind.contains('/') && !kind.contains('*'));
    }
    if written.kind == BodyKind::Multipart {
        field.file = is_file(document, member);
        let is_complex = |kind: &Type| matches!(kind, Type::Object);
        let complex = field.types.iter().any(is_complex) || has_objects(document, member);
        if complex && !field.file && field.content_type.is_none() {
            field.content_type = Some("application/json".to_owned());
        }
    }
    field
}

/// A list whose elements are objects.
fn has_objects(document: &Document, member: &Value) -> bool {
    let items = document
        .follow(member)
        .ok()
        .and_then(|schema| schema.get("items"));
    items.is_some_and(|items| allowed(document, items).contains(&Type::Object))
}
