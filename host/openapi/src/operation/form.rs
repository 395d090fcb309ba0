//! Swagger 2's forms: parameters that are fields.

use metier_openapi_plan::{Body, BodyKind, Field};
use serde_json::{Map, Value};

use super::arguments::{Arguments, with_words};
use super::body::consumes;
use super::file::{file_schema, is_file};
use super::parameter::Inputs;
use super::{Listed, media, names, parameter};
use crate::document::{Document, RefError};
use crate::pointer::Place;
use crate::problem::{Problem, Reason};
use crate::schema::allowed;

/// Swagger 2's parameters `in: formData`, each a field.
pub(super) fn form_data<'d>(
    document: &'d Document,
    listed: &Listed<'d>,
    inputs: &Inputs<'d>,
    arguments: &mut Arguments<'d>,
) -> Result<Option<Body>, Problem> {
    if inputs.form.is_empty() {
        return Ok(None);
    }
    let files = inputs
        .form
        .iter()
        .any(|parameter| is_file(document, parameter));
    let said = consumes(document, listed);
    let multipart = files
        || said
            .iter()
            .any(|kind| media::essence(kind) == "multipart/form-data");
    let (kind, media_type) = match multipart {
        true => (BodyKind::Multipart, "multipart/form-data"),
        false => (BodyKind::Form, "application/x-www-form-urlencoded"),
    };
    let mut fields: Vec<Field> = Vec::new();
    for parameter in &inputs.form {
        let Some(object) = parameter.as_object() else {
            continue;
        };
        let name = object.get("name").and_then(Value::as_str).unwrap_or("");
        if name.is_empty() || fields.iter().any(|field| field.name == name) {
            continue;
        }
        let made = form_field(document, parameter, object, name, arguments);
        fields.push(made.map_err(|error| {
            Problem::new(
                &listed.name(),
                Place::At(&listed.pointer),
                Reason::Reference(error),
            )
        })?);
    }
    Ok(Some(Body {
        kind,
        media_type: media_type.to_owned(),
        required: fields.iter().any(|field| field.required),
        fields,
        ..Body::default()
    }))
}

fn form_field<'d>(
    document: &'d Document,
    parameter: &'d Value,
    object: &'d Map<String, Value>,
    name: &str,
    arguments: &mut Arguments<'d>,
) -> Result<Field, RefError> {
    let argument = arguments.unused(&names::argument(name), "form");
    let file = is_file(document, parameter);
    let schema = if file {
        file_schema(document, parameter)
    } else {
        arguments
            .converter
            .part(parameter, Place::At("/parameters"))?
    };
    let required = object.get("required") == Some(&Value::Bool(true));
    let description = object
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or("");
    arguments.insert(
        argument.clone(),
        with_words(schema, description, false),
        required,
    );
    let (style, explode) = parameter::collection(object, metier_openapi_plan::Place::Query);
    Ok(Field {
        argument,
        name: name.to_owned(),
        required,
        types: allowed(document, parameter),
        style,
        explode,
        file,
        ..Field::default()
    })
}
