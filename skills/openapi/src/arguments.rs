//! What the caller gave: known, of the right type, with the fixed values, complete and within the constraints.

mod coerce;
mod nearest;
mod rules;

use std::collections::BTreeSet;

use metier_openapi_plan::{Body, Operation, Place, Step, Type};
use serde_json::{Map, Value as Json};

use crate::bindings::metier::skill::types::Error;

/// Most names listed when an argument is not known.
const MAX_LISTED: usize = 20;

/// The arguments of a call, checked against its operation.
#[derive(Debug, PartialEq)]
pub struct Arguments(Map<String, Json>);

impl Arguments {
    /// Reads the JSON text of a call.
    pub fn read(operation: &Operation, text: &str) -> Result<Self, Error> {
        let given: Map<String, Json> = serde_json::from_str(text)
            .map_err(|error| invalid(format!("the arguments are no JSON object: {error}")))?;
        check_known(operation, &given)?;
        let mut arguments = coerced(operation, given)?;
        rules::fix(&operation.fixed, &mut arguments);
        check_complete(operation, &arguments)?;
        rules::check(&operation.constraints, &arguments)?;
        Ok(Self(arguments))
    }

    /// The value of an argument.
    pub fn get(&self, argument: &str) -> Option<&Json> {
        self.0.get(argument)
    }

    /// Takes the value of an argument out.
    pub fn take(&mut self, argument: &str) -> Option<Json> {
        self.0.remove(argument)
    }
}

/// The caller's mistake.
pub fn invalid(why: impl Into<String>) -> Error {
    Error::InvalidInput(why.into())
}

/// The start of text from outside, safe to show.
pub fn shown(text: &str) -> String {
    let plain = |char: char| if char.is_control() { '\u{FFFD}' } else { char };
    text.chars().take(60).map(plain).collect()
}

fn check_known(operation: &Operation, given: &Map<String, Json>) -> Result<(), Error> {
    let fixed: BTreeSet<&str> = operation
        .fixed
        .iter()
        .filter(|fixed| fixed.path.steps().len() == 1)
        .filter_map(|fixed| fixed.path.first())
        .collect();
    let open: Vec<&str> = operation
        .arguments()
        .filter(|name| !fixed.contains(name))
        .collect();
    let Some(unknown) = given.keys().find(|name| !open.contains(&name.as_str())) else {
        return Ok(());
    };
    if fixed.contains(unknown.as_str()) {
        return Err(invalid(format!(
            "the argument `{unknown}` is set by this skill; leave it out"
        )));
    }
    let hint = match nearest::nearest(unknown, open.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if open.is_empty() => "this tool takes none".to_owned(),
        None => {
            let more = if open.len() > MAX_LISTED { " …" } else { "" };
            let listed = open.get(..MAX_LISTED).unwrap_or(&open);
            format!("this tool takes {}{more}", listed.join(", "))
        }
    };
    Err(invalid(format!(
        "there is no argument `{}`; {hint}",
        shown(unknown)
    )))
}

/// Every given argument with its declared type. A null that no type asks for is an argument left out.
fn coerced(
    operation: &Operation,
    mut given: Map<String, Json>,
) -> Result<Map<String, Json>, Error> {
    let mut arguments = Map::new();
    for Declared {
        argument,
        types,
        in_body,
    } in declared(operation)
    {
        let Some(value) = given.remove(argument) else {
            continue;
        };
        let nullable = types.contains(&Type::Null) || (in_body && types.is_empty());
        if value.is_null() && !nullable {
            continue;
        }
        let value = coerce::to(value, types).map_err(|found| {
            invalid(format!(
                "the argument `{argument}` must be {}, not {found}",
                coerce::names(types)
            ))
        })?;
        arguments.insert(argument.to_owned(), value);
    }
    Ok(arguments)
}

struct Declared<'o> {
    argument: &'o str,
    types: &'o [Type],
    in_body: bool,
}

fn declared(operation: &Operation) -> impl Iterator<Item = Declared<'_>> {
    let parameters = operation.parameters.iter().map(|parameter| Declared {
        argument: &parameter.argument,
        types: &parameter.types,
        in_body: false,
    });
    parameters.chain(operation.body.iter().flat_map(in_body))
}

fn in_body(body: &Body) -> Vec<Declared<'_>> {
    let declared = |argument, types| Declared {
        argument,
        types,
        in_body: true,
    };
    match &body.whole {
        Some(argument) => vec![declared(argument.as_str(), &body.types)],
        None => {
            let fields = body.fields.iter();
            // A file is an object whatever its schema says.
            let types = |file: bool| if file { &[] } else { &[][..] };
            fields
                .map(|field| match field.file {
                    true => declared(field.argument.as_str(), types(true)),
                    false => declared(field.argument.as_str(), &field.types),
                })
                .collect()
        }
    }
}

fn check_complete(operation: &Operation, arguments: &Map<String, Json>) -> Result<(), Error> {
    let mut missing: Vec<&str> = operation
        .parameters
        .iter()
        .filter(|parameter| parameter.required || parameter.place == Place::Path)
        .map(|parameter| parameter.argument.as_str())
        .collect();
    if let Some(body) = &operation.body {
        missing.extend(needed_of_body(body, arguments));
    }
    missing.retain(|argument| !arguments.contains_key(*argument));
    match missing.as_slice() {
        [] => Ok(()),
        [one] => Err(invalid(format!("the argument `{one}` is required"))),
        many => Err(invalid(format!(
            "the arguments {} are required",
            many.join(", ")
        ))),
    }
}

/// A body that is optional and of which nothing is given needs nothing.
fn needed_of_body<'o>(body: &'o Body, arguments: &Map<String, Json>) -> Vec<&'o str> {
    match &body.whole {
        Some(argument) if body.required => vec![argument],
        Some(_) => Vec::new(),
        None => {
            let is_given = body
                .fields
                .iter()
                .any(|field| arguments.contains_key(&field.argument));
            let needed = body
                .fields
                .iter()
                .filter(|field| field.required && (body.required || is_given));
            needed.map(|field| field.argument.as_str()).collect()
        }
    }
}

/// Every value a path leads to; `None` where it leads to nothing.
///
/// A list in the way is gone through whether the path says so or not: an API may take it for what it has in it.
fn reach<'v>(value: &'v Json, steps: &[Step], found: &mut Vec<Option<&'v Json>>) {
    let Some((step, rest)) = steps.split_first() else {
        found.push(Some(value));
        return;
    };
    match (step, value) {
        (Step::Each, Json::Array(elements)) => elements
            .iter()
            .for_each(|element| reach(element, rest, found)),
        (Step::Each, other) => reach(other, rest, found),
        (Step::Member(_), Json::Array(elements)) => {
            elements
                .iter()
                .for_each(|element| reach(element, steps, found));
            if elements.is_empty() {
                found.push(None);
            }
        }
        (Step::Member(name), Json::Object(members)) => match members.get(name) {
            Some(member) => reach(member, rest, found),
            None => found.push(None),
        },
        (Step::Member(_), _) => found.push(None),
    }
}

#[cfg(test)]
mod tests;
