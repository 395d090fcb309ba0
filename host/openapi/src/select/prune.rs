//! The schema of an answer of which only some fields are kept.

use metier_openapi_plan::{Path, Step};
use serde_json::{Map, Value, json};

/// Longest chain of references followed at one place.
const MAX_HOPS: usize = 16;

/// The schema with the kept fields only; nothing when one of them cannot be found in it.
pub(super) fn kept(schema: &Value, keep: &[Path]) -> Option<Value> {
    let steps: Vec<&[Step]> = keep.iter().map(Path::steps).collect();
    let mut kept = part(schema, schema, &steps)?;
    // A field kept whole may still refer to definitions.
    if let (Some(object), Some(defs)) = (kept.as_object_mut(), schema.get("$defs")) {
        object.insert("$defs".to_owned(), defs.clone());
    }
    Some(kept)
}

fn part(root: &Value, schema: &Value, paths: &[&[Step]]) -> Option<Value> {
    if paths.iter().any(|path| path.is_empty()) {
        return Some(schema.clone());
    }
    let schema = followed(root, schema)?;
    let after = |step: &Step| -> Vec<&[Step]> {
        let matching = paths.iter().filter(|path| path.first() == Some(step));
        matching.filter_map(|path| path.get(1..)).collect()
    };
    let elements = after(&Step::Each);
    if !elements.is_empty() {
        let items = part(root, schema.get("items")?, &elements)?;
        return Some(json!({"type": "array", "items": items}));
    }
    let mut properties = Map::new();
    for path in paths {
        let Some(step @ Step::Member(name)) = path.first() else {
            continue;
        };
        if !properties.contains_key(name) {
            let member = schema.get("properties")?.get(name)?;
            properties.insert(name.clone(), part(root, member, &after(step))?);
        }
    }
    Some(json!({"type": "object", "properties": properties}))
}

fn followed<'s>(root: &'s Value, schema: &'s Value) -> Option<&'s Value> {
    let mut here = schema;
    for _ in 0..MAX_HOPS {
        let Some(reference) = here.get("$ref").and_then(Value::as_str) else {
            return Some(here);
        };
        here = root.pointer(reference.strip_prefix('#')?)?;
    }
    None
}
