//! A schema whose keywords are translated, taken as a whole.

use serde_json::{Map, Value, json};

use super::anything;
use super::keywords::ANNOTATIONS;

/// Keywords that say what `null` would have to pass as well.
const APPLICATORS: [&str; 7] = ["$ref", "allOf", "anyOf", "oneOf", "not", "if", "const"];

/// `allOf` of one, with nothing but words beside it, is that one.
pub(super) fn simplified(mut out: Map<String, Value>) -> Map<String, Value> {
    let is_wrapper = out
        .keys()
        .all(|key| key == "allOf" || ANNOTATIONS.contains(&key.as_str()));
    let Some(Value::Array(all)) = out.get_mut("allOf").filter(|_| is_wrapper) else {
        return out;
    };
    if let [Value::Object(only)] = all.as_mut_slice() {
        let only = std::mem::take(only);
        out.shift_remove("allOf");
        for (key, value) in only {
            out.entry(key).or_insert(value);
        }
    }
    out
}

/// The same, or `null`.
pub(super) fn nullable(mut out: Map<String, Value>) -> Map<String, Value> {
    let applied = APPLICATORS.iter().any(|key| out.contains_key(*key));
    if !applied && let Some(kind) = out.get_mut("type") {
        match kind {
            Value::Array(types) if types.iter().any(|kind| kind == "null") => {}
            Value::Array(types) => types.push("null".into()),
            only => *only = json!([only.take(), "null"]),
        }
        if let Some(Value::Array(values)) = out.get_mut("enum")
            && !values.contains(&Value::Null)
        {
            values.push(Value::Null);
        }
        return out;
    }
    if !applied && !out.contains_key("enum") {
        return out; // Whatever has no type may be null already.
    }
    let mut outer = Map::new();
    for key in ANNOTATIONS {
        if let Some(value) = out.shift_remove(key) {
            outer.insert(key.to_owned(), value);
        }
    }
    let inner = if out.is_empty() {
        anything()
    } else {
        Value::Object(out)
    };
    outer.insert("anyOf".to_owned(), json!([inner, {"type": "null"}]));
    outer
}
