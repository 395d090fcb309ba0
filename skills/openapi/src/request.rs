//! From arguments to a request: address, headers and body.

mod body;
mod encode;
mod file;
mod multipart;
mod style;

use metier_openapi_plan::check::{Piece, is_dots, template};
use metier_openapi_plan::{Operation, Parameter, Place};
use serde_json::Value as Json;

use crate::arguments::{Arguments, invalid};
use crate::bindings::metier::skill::fetch::Request;
use crate::bindings::metier::skill::types::Error;
pub use file::Artifacts;
use style::Writing;

/// The longest URL the host sends, in bytes.
const MAX_URL: usize = 16 * 1024;

/// How many redirects of a read are followed: a renamed thing, then a canonical address. Each passes the host's rules.
const REDIRECTS: u8 = 3;

/// The request of a call.
pub fn build(
    operation: &Operation,
    base: &str,
    mut arguments: Arguments,
    artifacts: Artifacts<'_>,
) -> Result<Request, Error> {
    let mut url = format!("{base}{}", path(operation, &arguments)?);
    let query = query(operation, &arguments)?;
    if !query.is_empty() {
        url.push('?');
        url.push_str(&query);
    }
    if url.len() > MAX_URL {
        return Err(invalid(format!(
            "the arguments are too long: the request's address would have {} bytes and {MAX_URL} are possible",
            url.len()
        )));
    }
    let mut headers = headers(operation, &arguments)?;
    let body = body::build(operation, &mut arguments, artifacts)?;
    let body = body.map(|body| {
        headers.push(("content-type".to_owned(), body.media_type));
        body.bytes
    });
    let reads = matches!(operation.method.as_str(), "GET" | "HEAD");
    Ok(Request {
        method: operation.method.clone(),
        url,
        headers,
        body,
        timeout_ms: None,
        follow_redirects: if reads { REDIRECTS } else { 0 },
    })
}

fn path(operation: &Operation, arguments: &Arguments) -> Result<String, Error> {
    let pieces = template(&operation.path)
        .ok_or_else(|| Error::Internal(format!("`{}` is no path", operation.path)))?;
    let mut path = String::new();
    for piece in pieces {
        match piece {
            Piece::Literal(text) => path.push_str(text),
            Piece::Name(name) => {
                let mut parameters = operation.parameters.iter();
                let parameter = parameters
                    .find(|parameter| parameter.place == Place::Path && parameter.name == name)
                    .ok_or_else(|| Error::Internal(format!("{{{name}}} has no parameter")))?;
                path.push_str(&in_path(parameter, arguments)?);
            }
        }
    }
    // What a value makes together with its neighbours: `{a}{b}` of two dots.
    match path.split('/').any(is_dots) {
        true => Err(invalid(
            "the arguments make a path with a `.` or `..` segment",
        )),
        false => Ok(path),
    }
}

fn in_path(parameter: &Parameter, arguments: &Arguments) -> Result<String, Error> {
    let argument = &parameter.argument;
    let value = arguments
        .get(argument)
        .ok_or_else(|| invalid(format!("the argument `{argument}` is required")))?;
    let written = match parameter.json {
        true => encode::strict(&value.to_string()),
        false => style::in_path(&writing(parameter), value, |text| segment(parameter, text))?,
    };
    match written.is_empty() {
        true => Err(invalid(format!(
            "the argument `{argument}` is empty, and it is a part of the path"
        ))),
        false => Ok(written),
    }
}

/// A text as one segment of the path, or as several where the plan allows it. What the host would refuse, because some
/// server could read it as another path, is refused here in the words of the argument.
fn segment(parameter: &Parameter, text: &str) -> Result<String, Error> {
    let argument = &parameter.argument;
    let refused = |why: &str| {
        invalid(format!(
            "the argument `{argument}` {why}, which a path cannot carry"
        ))
    };
    let segments: Vec<&str> = match parameter.allow_reserved {
        true => text.split('/').collect(),
        false => vec![text],
    };
    for segment in &segments {
        if segment.contains(['/', '\\']) {
            return Err(refused("has a `/` or `\\`"));
        }
        if segment.contains(char::is_control) {
            return Err(refused("has a control character"));
        }
        if matches!(segment.split(';').next(), Some("." | "..")) {
            return Err(refused("is `.` or `..`"));
        }
        if segment.is_empty() {
            return Err(refused("has an empty segment"));
        }
        if encode::has_escape(segment) {
            return Err(refused("has a `%` followed by two hexadecimal digits"));
        }
    }
    let encoded: Vec<String> = segments.into_iter().map(encode::strict).collect();
    Ok(encoded.join("/"))
}

fn writing(parameter: &Parameter) -> Writing<'_> {
    Writing {
        argument: &parameter.argument,
        name: &parameter.name,
        style: parameter.style,
        explode: parameter.explode,
    }
}

fn query(operation: &Operation, arguments: &Arguments) -> Result<String, Error> {
    let fixed = operation.query.iter();
    let mut pairs: Vec<(String, String)> = fixed
        .map(|(name, value)| (encode::strict(name), encode::strict(value)))
        .collect();
    let taken = taken(operation, Place::Query);
    for (parameter, value) in given(operation, arguments, Place::Query) {
        let encode = match parameter.allow_reserved {
            true => encode::reserved,
            false => encode::strict,
        };
        if parameter.json {
            pairs.push((encode::strict(&parameter.name), encode(&value.to_string())));
        } else {
            pairs.extend(style::pairs(&writing(parameter), value, encode, &taken)?);
        }
    }
    Ok(encode::joined(&pairs, "&"))
}

/// The names an exploded object may not write: each has its own argument, which may be fixed or constrained.
fn taken(operation: &Operation, place: Place) -> Vec<&str> {
    let parameters = operation
        .parameters
        .iter()
        .filter(|parameter| parameter.place == place);
    let fixed = operation.query.iter().filter(|_| place == Place::Query);
    let fixed = fixed.map(|(name, _)| name.as_str());
    parameters
        .map(|parameter| parameter.name.as_str())
        .chain(fixed)
        .collect()
}

fn given<'o>(
    operation: &'o Operation,
    arguments: &'o Arguments,
    place: Place,
) -> impl Iterator<Item = (&'o Parameter, &'o Json)> {
    let parameters = operation
        .parameters
        .iter()
        .filter(move |parameter| parameter.place == place);
    parameters.filter_map(|parameter| Some((parameter, arguments.get(&parameter.argument)?)))
}

fn headers(operation: &Operation, arguments: &Arguments) -> Result<Vec<(String, String)>, Error> {
    let accept = operation.accept.as_deref().unwrap_or("*/*").to_owned();
    let mut headers = vec![("accept".to_owned(), accept)];
    for (parameter, value) in given(operation, arguments, Place::Header) {
        let text = match parameter.json {
            true => value.to_string(),
            // A header is text as it stands: nothing decodes it on the other side.
            false => style::in_path(&writing(parameter), value, |text| Ok(text.to_owned()))?,
        };
        if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(invalid(format!(
                "the argument `{}` is sent as a header, which takes ASCII text on one line",
                parameter.argument
            )));
        }
        headers.push((parameter.name.to_ascii_lowercase(), text));
    }
    let mut cookies = Vec::new();
    let taken = taken(operation, Place::Cookie);
    for (parameter, value) in given(operation, arguments, Place::Cookie) {
        match parameter.json {
            true => cookies.push((parameter.name.clone(), encode::strict(&value.to_string()))),
            false => cookies.extend(style::pairs(
                &writing(parameter),
                value,
                encode::strict,
                &taken,
            )?),
        }
    }
    if !cookies.is_empty() {
        headers.push(("cookie".to_owned(), encode::joined(&cookies, "; ")));
    }
    Ok(headers)
}

#[cfg(test)]
mod tests;
