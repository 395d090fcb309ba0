//! Changes to one operation.

use std::collections::BTreeSet;

use metier_core::nearest::nearest;
use metier_openapi_plan::{Fixed, Path, Step, check};
use serde_json::{Map, Value};

use super::{Pick, SelectError, headers, prune, reflect};
use crate::operation::Made;

/// Makes the changes of `pick`.
pub(super) fn pick(made: &mut Made, pick: &Pick) -> Result<(), SelectError> {
    let error = |tool: &str, why: String| SelectError::Change {
        line: pick.line,
        tool: tool.to_owned(),
        why,
    };
    let tool = made.operation.tool.clone();
    if let Some(description) = &pick.description {
        made.operation.description.clone_from(description);
    }
    made.effect = pick.effect.unwrap_or(made.effect);
    change(made, pick).map_err(|why| error(&tool, why))?;
    check::operation(&made.operation).map_err(|why| error(&tool, why.to_string()))
}

fn change(made: &mut Made, pick: &Pick) -> Result<(), String> {
    for argument in &pick.hide {
        hide(made, argument)?;
    }
    for (path, value) in &pick.fixed {
        let argument = known(made, path)?;
        match path.steps() {
            [_] => drop(forget(&mut made.operation.input_schema, &argument)),
            steps => reflect::remove(&mut made.operation.input_schema, steps),
        }
        made.operation.fixed.push(Fixed {
            path: path.clone(),
            value: value.clone(),
        });
    }
    for (name, value) in &pick.headers {
        headers::fix(made, name, value)?;
    }
    for constraint in &pick.constraints {
        known(made, &constraint.path)?;
        if !reflect::constraint(&mut made.operation.input_schema, constraint) {
            let told = format!(
                "\n\nOnly calls with `{} {} {}` are allowed.",
                constraint.path,
                constraint.op.as_str(),
                constraint.value
            );
            made.operation.description.push_str(&told);
        }
        made.operation.constraints.push(constraint.clone());
    }
    if !pick.keep.is_empty() {
        made.operation.keep.clone_from(&pick.keep);
        let whole = made.operation.output_schema.take();
        made.operation.output_schema = whole.and_then(|schema| prune::kept(&schema, &pick.keep));
    }
    Ok(())
}

/// The argument a path begins with.
fn known(made: &Made, path: &Path) -> Result<String, String> {
    match path.steps().first() {
        Some(Step::Member(name)) => argument(made, name).map(|()| name.clone()),
        _ => Err(format!(
            "has no argument at `{path}`: a path begins with an argument's name"
        )),
    }
}

fn argument(made: &Made, name: &str) -> Result<(), String> {
    if made.operation.arguments().any(|known| known == name) {
        return Ok(());
    }
    let shown = crate::text::line(name, 80);
    Err(match nearest(name, made.operation.arguments()) {
        Some(meant) => format!("has no argument `{shown}`; did you mean `{meant}`?"),
        None => {
            let known: Vec<&str> = made.operation.arguments().collect();
            let known = crate::text::line(&known.join(", "), 300);
            format!("has no argument `{shown}`; it has {known}")
        }
    })
}

/// Takes an argument away, from the caller and from the request.
fn hide(made: &mut Made, name: &str) -> Result<(), String> {
    argument(made, name)?;
    if forget(&mut made.operation.input_schema, name) {
        return Err(format!(
            "needs its argument `{name}`: fix its value instead of hiding it"
        ));
    }
    made.operation
        .parameters
        .retain(|parameter| parameter.argument != name);
    if let Some(body) = &mut made.operation.body {
        if body.whole.as_deref() == Some(name) {
            made.operation.body = None;
        } else if body.whole.is_none() {
            body.fields.retain(|field| field.argument != name);
        }
    }
    Ok(())
}

/// Removes an argument from the schema; says whether it was required.
pub(super) fn forget(schema: &mut Value, name: &str) -> bool {
    let Some(root) = schema.as_object_mut() else {
        return false;
    };
    if let Some(properties) = root.get_mut("properties").and_then(Value::as_object_mut) {
        properties.shift_remove(name);
    }
    let was_required = reflect::unrequire(root, name);
    tidy(root);
    was_required
}

/// Definitions nobody refers to any more are not shown to a model.
fn tidy(root: &mut Map<String, Value>) {
    let Some(Value::Object(mut defs)) = root.shift_remove("$defs") else {
        return;
    };
    let mut used = BTreeSet::new();
    let mut waiting = Vec::new();
    root.values()
        .for_each(|value| references(value, &mut waiting));
    while let Some(name) = waiting.pop() {
        if let Some(def) = defs.get(&name).filter(|_| !used.contains(&name)) {
            references(def, &mut waiting);
            used.insert(name);
        }
    }
    defs.retain(|name, _| used.contains(name));
    if !defs.is_empty() {
        root.insert("$defs".to_owned(), Value::Object(defs));
    }
}

/// The definitions a part refers to.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            let reference = object.get("$ref").and_then(Value::as_str);
            found.extend(
                reference
                    .and_then(|text| text.strip_prefix("#/$defs/"))
                    .map(str::to_owned),
            );
            object.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}
