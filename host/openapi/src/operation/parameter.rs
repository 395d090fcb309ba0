//! Parameters: those of the path item and the operation's own, of either version, in one form.

use std::collections::BTreeMap;

use metier_openapi_plan::{Place as In, Style, check};
use serde_json::{Map, Value};

use super::{Listed, media};
use crate::document::{Dialect, Document};
use crate::pointer::Place;
use crate::problem::{Problem, Reason};
use crate::security::AUTHORIZATION;

/// One parameter, as described.
#[derive(Clone, Debug)]
pub(super) struct Described<'d> {
    pub name: &'d str,
    pub place: In,
    pub required: bool,
    pub deprecated: bool,
    pub description: &'d str,
    pub style: Style,
    pub explode: bool,
    pub allow_reserved: bool,
    pub allow_empty: bool,
    pub json: bool,
    /// The schema; in Swagger 2 the parameter itself.
    pub schema: Option<&'d Value>,
    /// Where it is described.
    pub pointer: String,
}

/// What an operation is called with, its body aside.
#[derive(Default)]
pub(super) struct Inputs<'d> {
    pub parameters: Vec<Described<'d>>,
    /// Swagger 2: the parameter `in: body`.
    pub body: Option<&'d Map<String, Value>>,
    /// Swagger 2: parameters `in: formData`.
    pub form: Vec<&'d Value>,
    /// The header `Authorization`, as it is written, when it is a parameter that is required.
    pub authorization: Option<&'d str>,
    pub notes: Vec<Problem>,
}

/// Reads the parameters of an operation.
pub(super) fn read<'d>(document: &'d Document, listed: &Listed<'d>) -> Result<Inputs<'d>, Problem> {
    let mut found: BTreeMap<(String, String), (&'d Value, String)> = BTreeMap::new();
    let mut order = Vec::new();
    let item = listed
        .pointer
        .rsplit_once('/')
        .map_or("", |(item, _)| item)
        .to_owned();
    for (holder, at) in [(listed.item, &item), (listed.operation, &listed.pointer)] {
        let written = holder.get("parameters").and_then(Value::as_array);
        let root = Place::At(at);
        let list = root.member("parameters");
        for (index, parameter) in written.into_iter().flatten().enumerate() {
            let here = list.item(index);
            let problem = |reason| Problem::new(&listed.name(), here, reason);
            let parameter = document
                .follow(parameter)
                .map_err(|error| problem(error.into()))?;
            let text = |key: &str| {
                parameter
                    .get(key)
                    .and_then(Value::as_str)
                    .unwrap_or("")
                    .to_owned()
            };
            let name = text("name");
            // Names of headers are equal whatever their case.
            let name = if text("in") == "header" {
                name.to_ascii_lowercase()
            } else {
                name
            };
            let key = (text("in"), name);
            if found
                .insert(key.clone(), (parameter, here.to_string()))
                .is_none()
            {
                order.push(key);
            }
        }
    }
    let mut inputs = Inputs::default();
    for key in order {
        if let Some((parameter, pointer)) = found.remove(&key) {
            inputs.sort(document, listed, parameter, pointer)?;
        }
    }
    Ok(inputs)
}

impl<'d> Inputs<'d> {
    fn sort(
        &mut self,
        document: &'d Document,
        listed: &Listed<'d>,
        parameter: &'d Value,
        pointer: String,
    ) -> Result<(), Problem> {
        let problem = |reason| Problem::new(&listed.name(), Place::At(&pointer), reason);
        let Some(object) = parameter.as_object() else {
            return Err(problem(Reason::NotAnObject));
        };
        let text = |key: &str| object.get(key).and_then(Value::as_str);
        let name = text("name").unwrap_or("");
        let place = match text("in").unwrap_or("") {
            "path" => In::Path,
            "query" | "querystring" => In::Query,
            "header" => In::Header,
            "cookie" => In::Cookie,
            "body" if document.dialect() == Dialect::Swagger2 => {
                self.body = Some(object);
                return Ok(());
            }
            "formData" | "form" if document.dialect() == Dialect::Swagger2 => {
                self.form.push(parameter);
                return Ok(());
            }
            other => {
                let why = format!("it is `in: {}`", crate::text::line(other, 40));
                return Err(problem(Reason::Parameter {
                    name: crate::text::line(name, 80),
                    why,
                }));
            }
        };
        if let Some(why) = unsendable(name, place) {
            let required = object.get("required") == Some(&Value::Bool(true));
            if required && place == In::Header && name.eq_ignore_ascii_case(AUTHORIZATION) {
                self.authorization = Some(name);
            }
            self.notes
                .push(problem(Reason::Ignored(crate::text::line(name, 80), why)));
            return Ok(());
        }
        self.parameters
            .push(described(document, object, parameter, name, place, pointer));
        Ok(())
    }
}

/// Why a parameter of this name is none of the caller's; OpenAPI says so of three headers, HTTP of the rest.
fn unsendable(name: &str, place: In) -> Option<&'static str> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    match place {
        _ if name.is_empty() => Some("it has no name"),
        _ if name.len() > check::MAX_NAME_BYTES => Some("its name is too long"),
        In::Header | In::Cookie if !name.bytes().all(token) => {
            Some("its name is no name of a header or cookie")
        }
        In::Header if check::is_reserved_header(name) => {
            Some("the host and the component set this header")
        }
        _ => None,
    }
}

fn described<'d>(
    document: &Document,
    object: &'d Map<String, Value>,
    parameter: &'d Value,
    name: &'d str,
    place: In,
    pointer: String,
) -> Described<'d> {
    let flag = |key: &str| object.get(key) == Some(&Value::Bool(true));
    let old = document.dialect() == Dialect::Swagger2;
    let content = object.get("content").and_then(Value::as_object);
    let media = content.and_then(|content| content.iter().next());
    let schema = match media {
        _ if old => Some(parameter),
        Some((_, media)) => media.get("schema"),
        None => object.get("schema"),
    };
    let (style, explode) = if old {
        collection(object, place)
    } else {
        style(object, place)
    };
    Described {
        name,
        place,
        required: place == In::Path || flag("required"),
        deprecated: flag("deprecated"),
        description: object
            .get("description")
            .and_then(Value::as_str)
            .unwrap_or(""),
        style,
        explode,
        allow_reserved: flag("allowReserved"),
        allow_empty: flag("allowEmptyValue"),
        json: media.is_some_and(|(kind, _)| media::is_json(kind)),
        schema,
        pointer,
    }
}

/// `style` and `explode`, where they are missing or impossible the place's own.
pub(super) fn style(object: &Map<String, Value>, place: In) -> (Style, bool) {
    let written = object.get("style").and_then(Value::as_str).unwrap_or("");
    let style = match (place, written) {
        (In::Path, "label") => Style::Label,
        (In::Path, "matrix") => Style::Matrix,
        (In::Path | In::Header, _) => Style::Simple,
        (In::Query, "spaceDelimited") => Style::SpaceDelimited,
        (In::Query, "pipeDelimited") => Style::PipeDelimited,
        (In::Query, "deepObject") => Style::DeepObject,
        (In::Query | In::Cookie, _) => Style::Form,
    };
    let explode = object.get("explode").and_then(Value::as_bool);
    (
        style,
        explode.unwrap_or(matches!(style, Style::Form | Style::DeepObject)),
    )
}

/// Swagger 2's `collectionFormat`.
pub(super) fn collection(object: &Map<String, Value>, place: In) -> (Style, bool) {
    let plain = match place {
        In::Path | In::Header => Style::Simple,
        In::Query | In::Cookie => Style::Form,
    };
    let format = object
        .get("collectionFormat")
        .and_then(Value::as_str)
        .unwrap_or("csv");
    match (plain, format) {
        (Style::Form, "multi") => (Style::Form, true),
        (Style::Form, "ssv") => (Style::SpaceDelimited, false),
        (Style::Form, "tsv") => (Style::TabDelimited, false),
        (Style::Form, "pipes") => (Style::PipeDelimited, false),
        _ => (plain, false),
    }
}
