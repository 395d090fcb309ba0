//! Puts a schema together: what is used once stands where it is used, the rest under `$defs`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{MAX_DEPTH, defs::Defs};

/// Levels of JSON a schema may have once its parts are in place: two to a part.
const MAX_LEVELS: usize = 2 * MAX_DEPTH;

/// What every reference of ours begins with.
pub(super) const PREFIX: &str = "#/$defs/";

/// What may stand beside a reference and still be moved into what it refers to.
const ANNOTATIONS: [&str; 5] = ["$ref", "description", "title", "deprecated", "default"];

pub(super) fn assemble(root: Map<String, Value>, defs: Defs<'_>) -> Value {
    let mut uses = BTreeMap::new();
    let mut parts = BTreeMap::new();
    let mut order = Vec::new();
    let mut root = Value::Object(root);
    count(&root, &mut uses);
    for def in defs.into_all() {
        count(&def.schema, &mut uses);
        order.push(def.name.clone());
        parts.insert(def.name, def.schema);
    }
    let mut assembly = Assembly { uses, parts };
    assembly.place(&mut root, 0);
    let mut kept = Map::new();
    for name in order {
        // What was moved is no longer there.
        if let Some(mut schema) = assembly.parts.remove(&name) {
            if assembly.uses.get(&name).is_none_or(|uses| *uses == 0) {
                continue;
            }
            assembly.place(&mut schema, 1);
            kept.insert(name, schema);
        }
    }
    if let (Some(object), false) = (root.as_object_mut(), kept.is_empty()) {
        object.insert("$defs".to_owned(), Value::Object(kept));
    }
    root
}

struct Assembly {
    uses: BTreeMap<String, usize>,
    parts: BTreeMap<String, Value>,
}

impl Assembly {
    /// Replaces each reference below `value` to something used once by that something.
    fn place(&mut self, value: &mut Value, level: usize) {
        match value {
            Value::Object(object) => {
                while let Some(part) = self.sole(object, level) {
                    merge(object, part);
                }
                for member in object.values_mut() {
                    self.place(member, level + 1);
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.place(item, level + 1);
                }
            }
            _ => {}
        }
    }

    /// The part an object refers to, when nobody else does and there is room for it here.
    fn sole(&mut self, object: &Map<String, Value>, level: usize) -> Option<Map<String, Value>> {
        let name = object.get("$ref")?.as_str()?.strip_prefix(PREFIX)?;
        let only_annotations = object.keys().all(|key| ANNOTATIONS.contains(&key.as_str()));
        let fits = |part: &Value| part.is_object() && level + levels(part) <= MAX_LEVELS;
        let movable = only_annotations
            && self.uses.get(name) == Some(&1)
            && self.parts.get(name).is_some_and(fits);
        if !movable {
            return None;
        }
        match self.parts.remove(name)? {
            Value::Object(part) => Some(part),
            _ => None,
        }
    }
}

/// The part, with what stood beside the reference to it: that was written for this place.
fn merge(object: &mut Map<String, Value>, part: Map<String, Value>) {
    object.shift_remove("$ref");
    for (key, value) in part {
        object.entry(key).or_insert(value);
    }
}

fn count(value: &Value, uses: &mut BTreeMap<String, usize>) {
    match value {
        Value::Object(object) => {
            let reference = object.get("$ref").and_then(Value::as_str);
            if let Some(name) = reference.and_then(|reference| reference.strip_prefix(PREFIX)) {
                *uses.entry(name.to_owned()).or_default() += 1;
            }
            object.values().for_each(|member| count(member, uses));
        }
        Value::Array(items) => items.iter().for_each(|item| count(item, uses)),
        _ => {}
    }
}

fn levels(value: &Value) -> usize {
    match value {
        Value::Object(object) => 1 + object.values().map(levels).max().unwrap_or(0),
        Value::Array(items) => 1 + items.iter().map(levels).max().unwrap_or(0),
        _ => 0,
    }
}
