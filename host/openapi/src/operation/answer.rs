//! What an operation answers when it succeeds.

use serde_json::{Map, Value};

use super::{Listed, media};
use crate::document::{Dialect, Document};
use crate::pointer::Place;
use crate::problem::{Problem, Reason};
use crate::schema::{Converter, Direction};

/// The answer of an operation.
#[derive(Default)]
pub(super) struct Answer {
    pub accept: Option<String>,
    pub schema: Option<Value>,
    pub notes: Vec<Problem>,
}

/// Answers that mean success, in the order they are looked at.
const SUCCESS: [&str; 8] = ["200", "201", "202", "203", "206", "2XX", "2xx", "default"];

/// Reads the answer. It never stands in a tool's way: what cannot be told is left out with a note.
pub(super) fn read(document: &Document, listed: &Listed<'_>) -> Answer {
    let root = Place::At(&listed.pointer);
    let responses = root.member("responses");
    let written = listed.operation.get("responses").and_then(Value::as_object);
    let Some((status, response)) = written.and_then(successful) else {
        return Answer::default();
    };
    let here = responses.member(status);
    let note = |reason| vec![Problem::new(&listed.name(), here, reason)];
    let response = match document.follow(response) {
        Ok(response) => response,
        Err(error) => {
            return Answer {
                notes: note(Reason::Answer(error.to_string())),
                ..Answer::default()
            };
        }
    };
    let (accept, schema) = match document.dialect() {
        Dialect::Swagger2 => (produces(document, listed), response.get("schema")),
        Dialect::OpenApi30 | Dialect::OpenApi31 => content(response),
    };
    let is_json = accept.as_deref().is_none_or(media::is_json);
    let Some(schema) = schema.filter(|_| is_json) else {
        return Answer {
            accept,
            ..Answer::default()
        };
    };
    match described(document, schema, here) {
        Ok((schema, notes)) => Answer {
            accept,
            schema,
            notes: notes
                .into_iter()
                .map(|(place, note)| Problem::new(&listed.name(), Place::At(&place), note.into()))
                .collect(),
        },
        Err(error) => Answer {
            accept,
            schema: None,
            notes: note(Reason::Answer(error.to_string())),
        },
    }
}

fn successful(responses: &Map<String, Value>) -> Option<(&'static str, &Value)> {
    SUCCESS
        .iter()
        .find_map(|status| Some((*status, responses.get(*status)?)))
}

fn content(response: &Value) -> (Option<String>, Option<&Value>) {
    let Some(content) = response.get("content").and_then(Value::as_object) else {
        return (None, None);
    };
    let accept = media::accept(content.keys().map(String::as_str));
    let chosen = match &accept {
        Some(accept) => content.iter().find(|(kind, _)| kind.trim() == accept),
        None => content.iter().next(),
    };
    (accept, chosen.and_then(|(_, media)| media.get("schema")))
}

fn produces(document: &Document, listed: &Listed<'_>) -> Option<String> {
    let own = listed.operation.get("produces");
    let written = own
        .or_else(|| document.root().get("produces"))?
        .as_array()?;
    media::accept(written.iter().filter_map(Value::as_str))
}

type Noted = (Option<Value>, Vec<(String, crate::schema::SchemaNote)>);

fn described(
    document: &Document,
    schema: &Value,
    place: Place<'_>,
) -> Result<Noted, crate::document::RefError> {
    let mut converter = Converter::new(document, Direction::Output);
    let root = converter.part(schema, place)?;
    // `true` and `{}` say nothing.
    let Value::Object(root) = root else {
        return Ok((None, Vec::new()));
    };
    if root.is_empty() {
        return Ok((None, Vec::new()));
    }
    let finished = converter.finish(root)?;
    Ok((Some(finished.schema), finished.notes))
}
