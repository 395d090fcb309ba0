//! Bodies whose members can be arguments of their own: objects that are nothing but their properties.

use serde_json::{Map, Value};

use crate::document::Document;

/// Keywords that can stand beside `properties` without saying anything a list of arguments could not say.
const PLAIN: [&str; 18] = [
    "type",
    "properties",
    "required",
    "description",
    "title",
    "example",
    "examples",
    "xml",
    "externalDocs",
    "deprecated",
    "default",
    "allOf",
    "additionalProperties",
    "readOnly",
    "writeOnly",
    "discriminator",
    "$schema",
    "format",
];

/// Deepest `allOf` in `allOf`.
const MAX_DEPTH: usize = 8;

/// Most members a body may have as arguments: beyond, one `body` is clearer.
const MAX_MEMBERS: usize = 64;

/// The members of a body.
#[derive(Default)]
pub(super) struct Flat<'d> {
    pub members: Vec<(&'d str, &'d Value)>,
    pub required: Vec<&'d str>,
}

impl<'d> Flat<'d> {
    /// The members of the schema, when it is an object of known members and nothing else.
    pub(super) fn of(document: &'d Document, schema: &'d Value) -> Option<Self> {
        let mut flat = Flat::default();
        flat.add(document, schema, MAX_DEPTH)?;
        let plain = !flat.members.is_empty() && flat.members.len() <= MAX_MEMBERS;
        plain.then_some(flat)
    }

    pub(super) fn is_required(&self, name: &str) -> bool {
        self.required.contains(&name)
    }

    fn add(&mut self, document: &'d Document, schema: &'d Value, left: usize) -> Option<()> {
        let left = left.checked_sub(1)?;
        let schema = document.follow(schema).ok()?.as_object()?;
        let plain = |key: &String| PLAIN.contains(&key.as_str()) || key.starts_with("x-");
        let is_object = schema.get("type").is_none_or(|kind| kind == "object");
        if !is_object || !schema.keys().all(plain) || !is_closed(schema) {
            return None;
        }
        for part in list(schema, "allOf") {
            self.add(document, part, left)?;
        }
        if let Some(properties) = schema.get("properties") {
            for (name, member) in properties.as_object()? {
                // The same member described twice would have to be both.
                if self.members.iter().any(|(known, _)| known == name) {
                    return None;
                }
                self.members.push((name, member));
            }
        }
        let required = list(schema, "required").filter_map(Value::as_str);
        self.required.extend(required);
        Some(())
    }
}

fn list<'d>(
    schema: &'d Map<String, Value>,
    key: &str,
) -> impl Iterator<Item = &'d Value> + use<'d> {
    schema
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// Members nobody listed cannot be arguments; left open by default is not the same as wanted.
fn is_closed(schema: &Map<String, Value>) -> bool {
    schema
        .get("additionalProperties")
        .is_none_or(|more| more == &Value::Bool(false))
}
