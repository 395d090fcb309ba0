//! Constraints and fixed values, as far as a schema can say them.

use metier_openapi_plan::{Constraint, Operator, Step};
use serde_json::{Map, Value, json};

/// Says a constraint in the schema; whether it could be said.
pub(super) fn constraint(schema: &mut Value, constraint: &Constraint) -> bool {
    let steps = constraint.path.steps();
    let needed = !matches!(constraint.op, Operator::NotEqual | Operator::NotIn);
    let Some(place) = descend(schema, steps) else {
        return false;
    };
    let Some(place) = place.as_object_mut() else {
        return false;
    };
    restrict(place, constraint);
    if needed {
        require(schema, steps);
    }
    true
}

/// The schema of the value at a path, where the path leads through nothing but members and elements.
fn descend<'s>(schema: &'s mut Value, steps: &[Step]) -> Option<&'s mut Value> {
    steps.iter().try_fold(schema, |here, step| match step {
        Step::Member(name) => here.get_mut("properties")?.get_mut(name),
        Step::Each => here.get_mut("items"),
    })
}

fn restrict(place: &mut Map<String, Value>, constraint: &Constraint) {
    let value = constraint.value.clone();
    let (key, value) = match constraint.op {
        Operator::Equal => ("const", value),
        Operator::In => ("enum", value),
        Operator::NotEqual => ("not", json!({"const": value})),
        Operator::NotIn => ("not", json!({"enum": value})),
        Operator::Less => ("exclusiveMaximum", value),
        Operator::AtMost => ("maximum", value),
        Operator::Greater => ("exclusiveMinimum", value),
        Operator::AtLeast => ("minimum", value),
        Operator::StartsWith => (
            "pattern",
            format!("^{}", escaped(value.as_str().unwrap_or(""))).into(),
        ),
    };
    match (key, place.contains_key(key)) {
        // The author's list is a choice among what the description allows.
        ("enum", true) | (_, false) => drop(place.insert(key.to_owned(), value)),
        (_, true) => {
            let all = place.entry("allOf").or_insert_with(|| json!([]));
            if let Some(all) = all.as_array_mut() {
                all.push(json!({key: value}));
            }
        }
    }
}

/// A value that must be so must be there.
fn require(schema: &mut Value, steps: &[Step]) {
    let mut here = schema;
    for step in steps {
        let Step::Member(name) = step else { return };
        let Some(object) = here.as_object_mut() else {
            return;
        };
        let required = object.entry("required").or_insert_with(|| json!([]));
        if let Some(required) = required.as_array_mut()
            && !required.iter().any(|known| known == name)
        {
            required.push(name.as_str().into());
        }
        match here
            .get_mut("properties")
            .and_then(|properties| properties.get_mut(name))
        {
            Some(next) => here = next,
            None => return,
        }
    }
}

/// Takes the member at a path out of the schema: its value is fixed.
pub(super) fn remove(schema: &mut Value, steps: &[Step]) {
    let Some((Step::Member(name), parents)) = steps.split_last() else {
        return;
    };
    let Some(parent) = descend(schema, parents).and_then(Value::as_object_mut) else {
        return;
    };
    if let Some(properties) = parent.get_mut("properties").and_then(Value::as_object_mut) {
        properties.shift_remove(name);
    }
    unrequire(parent, name);
}

/// Takes a name off the list of required ones; whether it was there.
pub(super) fn unrequire(object: &mut Map<String, Value>, name: &str) -> bool {
    let Some(required) = object.get_mut("required").and_then(Value::as_array_mut) else {
        return false;
    };
    let before = required.len();
    required.retain(|known| known != name);
    let found = required.len() < before;
    if required.is_empty() {
        object.shift_remove("required");
    }
    found
}

/// The text as a pattern of itself (ECMA-262).
fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if "\\^$.*+?()[]{}|/".contains(character) {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}
