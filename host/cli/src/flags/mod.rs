//! Command-line flags from a tool's input schema.
//!
//! Each property of the schema becomes `--its-name`: texts, numbers, one-of-a-list, `--flag`/`--no-flag`, and lists by repeating the
//! flag; whatever is richer is given as JSON text. What the flags say becomes one JSON object, laid over the one
//! given with `--json`. The flags only save typing: the host checks the arguments against the tool's type all the same.

mod arguments;
mod kind;
mod parse;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

pub use arguments::{Arguments, ArgumentsError};
pub use kind::Kind;
pub use parse::{UnfitFlag, add, collect, tool_only};

use crate::text;

/// Most flags one tool gets; the rest of a larger schema is given with `--json`.
const MAX_FLAGS: usize = 200;

/// Longest description shown beside a flag, in characters.
const MAX_ABOUT: usize = 600;

/// One flag.
#[derive(Clone, Debug, PartialEq)]
pub struct Flag {
    /// The property it sets.
    pub property: String,
    /// The flag without its dashes.
    pub name: String,
    /// `--no-…`, for switches where it is free.
    pub negation: Option<String>,
    /// What it takes.
    pub kind: Kind,
    /// Whether the tool insists on it.
    pub required: bool,
    /// The schema's description, cleaned.
    pub about: String,
}

impl Flag {
    /// Whether the flag itself must be given when there is no `--json`.
    pub fn is_needed(&self) -> bool {
        self.required && self.kind.when_absent().is_none()
    }
}

/// The flags of one tool.
///
/// Properties whose names make no usable or no unique flag have none and are left to `--json`.
pub fn of_schema(schema: &Value) -> Vec<Flag> {
    let nothing = Map::new();
    let properties = schema
        .get("properties")
        .and_then(Value::as_object)
        .unwrap_or(&nothing);
    let required = required(schema);
    let mut flags: Vec<Flag> = Vec::new();
    for (property, part) in properties {
        let Some(name) = kebab(property).filter(|name| flags.iter().all(|flag| flag.name != *name))
        else {
            continue;
        };
        if flags.len() == MAX_FLAGS {
            break;
        }
        flags.push(Flag {
            property: property.clone(),
            name,
            negation: None,
            kind: kind::of(part, schema),
            required: required.contains(&property.as_str()),
            about: about(part),
        });
    }
    flags.sort_by_key(|flag| {
        required
            .iter()
            .position(|name| *name == flag.property)
            .unwrap_or(usize::MAX)
    });
    add_negations(&mut flags);
    flags
}

/// What the schema insists on, in its order: parameters keep the order they were declared in.
pub fn required(schema: &Value) -> Vec<&str> {
    schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn add_negations(flags: &mut [Flag]) {
    let taken: BTreeSet<String> = flags.iter().map(|flag| flag.name.clone()).collect();
    for flag in flags.iter_mut().filter(|flag| flag.kind == Kind::Switch) {
        let negation = format!("no-{}", flag.name);
        flag.negation = (!taken.contains(&negation)).then_some(negation);
    }
}

fn about(part: &Value) -> String {
    let text = part
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let text = text::one_line(text);
    match text.char_indices().nth(MAX_ABOUT) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// `nextRecordsUrl`, `next_records_url` → `next-records-url`; nothing when no letter or digit is left.
fn kebab(property: &str) -> Option<String> {
    let mut name = String::new();
    let mut after_lower = false;
    for character in property.chars() {
        if character.is_ascii_uppercase() && after_lower {
            name.push('-');
        }
        after_lower = character.is_ascii_lowercase() || character.is_ascii_digit();
        match character {
            _ if character.is_ascii_alphanumeric() => name.push(character.to_ascii_lowercase()),
            '-' | '_' | '.' | ' ' | '/' if !name.is_empty() && !name.ends_with('-') => {
                name.push('-')
            }
            '-' | '_' | '.' | ' ' | '/' | '$' | '@' => {}
            _ => return None,
        }
    }
    let name = name.trim_end_matches('-').to_owned();
    (!name.is_empty()).then_some(name)
}
