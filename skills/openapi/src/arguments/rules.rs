//! Fixed values and constraints: what a skill's author or operator decided, whatever the caller says.

use std::cmp::Ordering;

use metier_openapi_plan::{Constraint, Fixed, Operator, Step};
use serde_json::{Map, Number, Value as Json};

use super::{invalid, reach};
use crate::bindings::metier::skill::types::Error;

/// Sets every fixed value; what is in its way is replaced.
pub fn fix(fixed: &[Fixed], arguments: &mut Map<String, Json>) {
    for Fixed { path, value } in fixed {
        let names = path.steps().iter().filter_map(|step| match step {
            Step::Member(name) => Some(name.as_str()),
            Step::Each => None,
        });
        set(arguments, names, value);
    }
}

fn set<'n>(
    members: &mut Map<String, Json>,
    mut names: impl Iterator<Item = &'n str>,
    value: &Json,
) {
    let Some(mut name) = names.next() else { return };
    let mut members = members;
    for next in names {
        let member = members.entry(name).or_insert(Json::Null);
        if !member.is_object() {
            *member = Json::Object(Map::new());
        }
        let Json::Object(inner) = member else { return };
        members = inner;
        name = next;
    }
    members.insert(name.to_owned(), value.clone());
}

/// Refuses arguments that break a constraint, naming it.
pub fn check(constraints: &[Constraint], arguments: &Map<String, Json>) -> Result<(), Error> {
    if constraints.is_empty() {
        return Ok(());
    }
    let root = Json::Object(arguments.clone());
    for constraint in constraints {
        let mut found = Vec::new();
        reach(&root, constraint.path.steps(), &mut found);
        if let Some(wrong) = found.into_iter().find(|value| !holds(constraint, *value)) {
            return Err(broken(constraint, wrong));
        }
    }
    Ok(())
}

fn broken(constraint: &Constraint, found: Option<&Json>) -> Error {
    let Constraint { path, op, value } = constraint;
    let found = match found {
        None => "it is not given".to_owned(),
        Some(found) => format!("it is {}", super::shown(&found.to_string())),
    };
    invalid(format!(
        "`{path}` breaks a rule of this skill: `{path} {} {value}`, and {found}",
        op.as_str()
    ))
}

fn holds(constraint: &Constraint, found: Option<&Json>) -> bool {
    let Constraint { op, value, .. } = constraint;
    let listed = |equal: fn(&Json, &Json) -> bool, found: &Json| {
        value
            .as_array()
            .is_some_and(|list| list.iter().any(|one| equal(one, found)))
    };
    let Some(found) = found else {
        return matches!(op, Operator::NotEqual | Operator::NotIn);
    };
    match op {
        Operator::Equal => same(value, found),
        Operator::NotEqual => !alike(value, found),
        Operator::In => listed(same, found),
        Operator::NotIn => !listed(alike, found),
        Operator::Less => order(found, value).is_some_and(Ordering::is_lt),
        Operator::AtMost => order(found, value).is_some_and(Ordering::is_le),
        Operator::Greater => order(found, value).is_some_and(Ordering::is_gt),
        Operator::AtLeast => order(found, value).is_some_and(Ordering::is_ge),
        Operator::StartsWith => {
            matches!((found.as_str(), value.as_str()), (Some(text), Some(start)) if text.starts_with(start))
        }
    }
}

/// Equal, or of one spelling: 5 and `"5"` are the same query field, so neither passes where the other is forbidden.
fn alike(left: &Json, right: &Json) -> bool {
    let text = |value: &Json| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    same(left, right) || text(left) == text(right)
}

/// Equal as JSON: 5 and 5.0 are one number.
fn same(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Number(_), Json::Number(_)) => order(left, right) == Some(Ordering::Equal),
        (Json::Array(left), Json::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| same(left, right))
        }
        (Json::Object(left), Json::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(name, value)| right.get(name).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}

fn order(left: &Json, right: &Json) -> Option<Ordering> {
    let (left, right) = (left.as_number()?, right.as_number()?);
    match (whole(left), whole(right)) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

/// The number as an integer, exactly: as floating point, neighbours above 2^53 are one.
fn whole(number: &Number) -> Option<i128> {
    number.as_str().parse().ok()
}
