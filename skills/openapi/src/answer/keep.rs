//! The fields of an answer that are kept: `issues[].key`.

use std::collections::BTreeMap;

use metier_openapi_plan::{Path, Step};
use serde_json::Value as Json;

/// What of a value is kept.
#[derive(Default)]
struct Wanted<'p> {
    all: bool,
    members: BTreeMap<&'p str, Wanted<'p>>,
}

/// Only what `paths` name; everything when there are none. A list is gone through whether a path says `[]` or not.
pub fn filter(mut value: Json, paths: &[Path]) -> Json {
    if paths.is_empty() {
        return value;
    }
    let mut root = Wanted::default();
    for path in paths {
        let mut at = &mut root;
        for step in path.steps() {
            if let Step::Member(name) = step {
                at = at.members.entry(name).or_default();
            }
        }
        at.all = true;
    }
    prune(&mut value, &root);
    value
}

fn prune(value: &mut Json, wanted: &Wanted<'_>) {
    if wanted.all {
        return;
    }
    match value {
        Json::Array(elements) => {
            elements.retain(is_structured);
            elements
                .iter_mut()
                .for_each(|element| prune(element, wanted));
        }
        Json::Object(members) => {
            members.retain(|name, value| {
                let inner = wanted.members.get(name.as_str());
                inner.is_some_and(|inner| inner.all || is_structured(value))
            });
            for (name, value) in members.iter_mut() {
                if let Some(inner) = wanted.members.get(name.as_str()) {
                    prune(value, inner);
                }
            }
        }
        // A path led further down than this goes.
        scalar => *scalar = Json::Null,
    }
}

/// Whether something wanted can be inside.
fn is_structured(value: &Json) -> bool {
    value.is_array() || value.is_object()
}
