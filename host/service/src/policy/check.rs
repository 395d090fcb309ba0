//! Whether policies speak of what there is.
//!
//! Cedar checks policies against a schema, and a schema has to say what everything is. What is in `context.arguments` differs from tool
//! to tool. So for checking, every comparison that mentions the arguments is replaced by a boolean of which nothing is known, and the
//! names in it are looked at here.

use cedar_policy::{
    ParseErrors, Policy, PolicySet, Schema, ValidationMode, ValidationWarning, Validator,
};
use miette::Diagnostic;
use serde_json::{Value, json};

use super::compiled::{MAX_DEPTH, MAX_MARKS, Mistake};

const SCHEMA: &str = include_str!("metier.cedarschema");

/// What each variable has, as the schema says.
const KNOWN: [(&str, &[&str]); 3] = [
    ("principal", &["role", "tenant"]),
    (
        "resource",
        &["tool", "effect", "skill", "version", "digest"],
    ),
    (
        "context",
        &[
            "arguments",
            "effect",
            "tainted",
            "cost_nano_dollars",
            "surface",
            "within_run",
        ],
    ),
];

const TYPES: [&str; 4] = [
    "Metier::Principal",
    "Metier::Skill",
    "Metier::Tool",
    "Metier::Action",
];

/// A text that is no Cedar.
pub fn unread(text: &str, errors: &ParseErrors) -> Vec<Mistake> {
    let mistakes = errors.iter().map(|error| told(text, error, 1));
    mistakes.collect()
}

/// Checks all of them, and says whether any looks at arguments.
pub fn whole(text: &str, set: &PolicySet) -> Result<bool, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let mut checked = PolicySet::new();
    let mut reads_arguments = false;
    for policy in set.policies() {
        let line = line_of(text, policy);
        let mut wrong = |what: String| mistakes.push(Mistake { line, what });
        match simplified(policy, &mut wrong) {
            Ok((policy, reads)) => {
                reads_arguments |= reads;
                if let Err(error) = checked.add(policy) {
                    wrong(error.to_string());
                }
            }
            Err(what) => wrong(what),
        }
    }
    mistakes.extend(against_schema(text, set, &checked));
    mistakes.sort();
    mistakes.dedup();
    match mistakes.is_empty() {
        true => Ok(reads_arguments),
        false => Err(mistakes),
    }
}

fn against_schema(text: &str, set: &PolicySet, checked: &PolicySet) -> Vec<Mistake> {
    let schema = match Schema::from_cedarschema_str(SCHEMA) {
        Ok((schema, _)) => schema,
        Err(error) => {
            let what = error.to_string();
            return vec![Mistake { line: 1, what }];
        }
    };
    let found = Validator::new(schema).validate(checked, ValidationMode::Strict);
    let line = |id| set.policy(id).map_or(1, |policy| line_of(text, policy));
    let errors = found.validation_errors();
    let errors = errors.map(|error| told(text, error, line(error.policy_id())));
    let warnings = found
        .validation_warnings()
        .filter(|warning| is_grave(warning));
    let warnings = warnings.map(|warning| told(text, warning, line(warning.policy_id())));
    errors.chain(warnings).collect()
}

/// A policy that can never apply is one whose writer meant something else; so is one that reads otherwise than it looks.
fn is_grave(warning: &ValidationWarning) -> bool {
    !matches!(
        warning,
        ValidationWarning::MixedScriptString(_) | ValidationWarning::ConfusableIdentifier(_)
    )
}

fn told(text: &str, error: &(impl Diagnostic + ?Sized), otherwise: usize) -> Mistake {
    let place = error.labels().and_then(|mut labels| labels.next());
    let line = place.map_or(otherwise, |place| line_at(text, place.offset()));
    let mut what = error.to_string();
    if let Some(help) = error.help() {
        what = format!("{what} ({help})");
    }
    Mistake { line, what }
}

/// Looks at how deep a text is nested and how long its policies are before anything else reads it: what is nested takes stack.
pub fn bounded(text: &str) -> Result<(), Mistake> {
    let (mut depth, mut marks) = (0_usize, 0_usize);
    let mut bytes = text.bytes().enumerate().peekable();
    let mut before = b' ';
    while let Some((at, byte)) = bytes.next() {
        let next = bytes.peek().map(|(_, next)| *next);
        match byte {
            b'"' => {
                while let Some((_, inner)) = bytes.next() {
                    match inner {
                        b'\\' => drop(bytes.next()),
                        b'"' => break,
                        _ => {}
                    }
                }
            }
            b'/' if next == Some(b'/') => {
                while bytes.next_if(|(_, inner)| *inner != b'\n').is_some() {}
            }
            b'(' | b'[' | b'{' => (depth, marks) = (depth + 1, marks + 1),
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            // Whose end is not seen, so it counts to the end of the policy.
            b'f' if before == b'i' => (depth, marks) = (depth + 1, marks + 1),
            b';' => (depth, marks) = (0, 0),
            byte if b".&|+-*!<>=".contains(&byte) => marks += 1,
            _ => {}
        }
        before = byte;
        if depth > MAX_DEPTH || marks > MAX_MARKS {
            let line = line_at(text, at);
            let what = format!(
                "a policy has at most {MAX_MARKS} operators, points and brackets, {MAX_DEPTH} deep: write several"
            );
            return Err(Mistake { line, what });
        }
    }
    Ok(())
}

/// Where a policy begins.
pub fn line_of(text: &str, policy: &Policy) -> usize {
    let own = policy.to_cedar();
    let found = own.and_then(|own| text.find(own.trim()));
    found.map_or(1, |offset| line_at(text, offset))
}

fn line_at(text: &str, offset: usize) -> usize {
    let before = text.bytes().take(offset);
    1 + before.filter(|byte| *byte == b'\n').count()
}

/// The policy without what it says of arguments, and whether it said something.
fn simplified(policy: &Policy, wrong: &mut dyn FnMut(String)) -> Result<(Policy, bool), String> {
    let mut json = policy.to_json().map_err(|error| error.to_string())?;
    let reads = json["conditions"].to_string().contains("arguments");
    let conditions = json["conditions"].as_array_mut().into_iter().flatten();
    let mut is_changed = false;
    for condition in conditions {
        is_changed |= without_arguments(&mut condition["body"], wrong);
    }
    if !is_changed {
        return Ok((policy.clone(), reads));
    }
    let simple = Policy::from_json(Some(policy.id().clone()), json);
    Ok((simple.map_err(|error| error.to_string())?, true))
}

/// Whether the expression mentions arguments. What does is replaced.
fn without_arguments(node: &mut Value, wrong: &mut dyn FnMut(String)) -> bool {
    let operator = node
        .as_object()
        .and_then(|node| node.keys().next())
        .cloned();
    let parts: &[&str] = match operator.as_deref() {
        Some("&&" | "||") => &["left", "right"],
        Some("!") => &["arg"],
        Some("if-then-else") => &["if", "then", "else"],
        _ if mentions(node) => {
            names(node, wrong);
            *node = json!({".": {"left": {"Var": "context"}, "attr": "within_run"}});
            return true;
        }
        _ => return false,
    };
    let inner = &mut node[operator.unwrap_or_default().as_str()];
    let mut reads = false;
    for part in parts {
        reads |= without_arguments(&mut inner[*part], wrong);
    }
    reads
}

fn mentions(node: &Value) -> bool {
    let access = &node["."];
    let is_it = access["attr"] == "arguments" && access["left"]["Var"] == "context";
    is_it || parts(node).any(mentions)
}

/// Looks at the names in an expression that Cedar does not get to see.
fn names(node: &Value, wrong: &mut dyn FnMut(String)) {
    for access in [&node["."], &node["has"]] {
        let known = KNOWN.iter().find(|(var, _)| access["left"]["Var"] == *var);
        if let (Some((var, known)), Some(attr)) = (known, access["attr"].as_str())
            && !known.contains(&attr)
        {
            wrong(format!(
                "{var} has no `{attr}`: it has {}",
                known.join(", ")
            ));
        }
    }
    let kind = node["__entity"]["type"].as_str();
    let kind = kind.or_else(|| node["is"]["entity_type"].as_str());
    if let Some(kind) = kind.filter(|kind| !TYPES.contains(kind)) {
        wrong(format!(
            "there is no entity type {kind}: there are {}",
            TYPES.join(", ")
        ));
    }
    parts(node).for_each(|part| names(part, wrong));
}

fn parts(node: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match node {
        Value::Object(parts) => Box::new(parts.values()),
        Value::Array(parts) => Box::new(parts.iter()),
        _ => Box::new(std::iter::empty()),
    }
}
