//! Headers a selection adds: what a service wants to see in every request, and its description has no parameter for.

use metier_openapi_plan::{Fixed, Operation, Parameter, Path, Place, Step, Style, Type};
use serde_json::Value;

use super::apply;
use crate::operation::Made;

/// Sends a header with this value in every request. A described one is taken from the caller; another becomes an argument
/// that was never the caller's.
pub(super) fn fix(made: &mut Made, name: &str, value: &str) -> Result<(), String> {
    let shown = crate::text::line(name, 80);
    if !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(format!(
            "cannot send the header `{shown}` with this value: a header takes ASCII text on one line"
        ));
    }
    let described = |parameter: &&Parameter| {
        parameter.place == Place::Header && parameter.name.eq_ignore_ascii_case(name)
    };
    let known = made.operation.parameters.iter().find(described);
    let argument = match known.map(|parameter| parameter.argument.clone()) {
        Some(argument) => argument,
        None => add(&mut made.operation, name),
    };
    apply::forget(&mut made.operation.input_schema, &argument);
    let path = Path::new(vec![Step::Member(argument)])
        .ok_or_else(|| format!("cannot send the header `{shown}`: it has no name"))?;
    if made.operation.fixed.iter().any(|fixed| fixed.path == path) {
        return Err(format!("has a value for the header `{shown}` already"));
    }
    made.operation.fixed.push(Fixed {
        path,
        value: Value::from(value),
    });
    Ok(())
}

/// An argument for the header, under a name no caller's argument has.
fn add(operation: &mut Operation, name: &str) -> String {
    let name = name.to_ascii_lowercase();
    let mut argument = name.clone();
    while operation.arguments().any(|known| known == argument) {
        argument.push_str("_header");
    }
    operation.parameters.push(Parameter {
        argument: argument.clone(),
        name,
        place: Place::Header,
        types: vec![Type::String],
        style: Style::Simple,
        ..Parameter::default()
    });
    argument
}

#[cfg(test)]
mod tests;
