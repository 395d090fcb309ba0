//! What a schema refers to, each under a name of its own.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

/// Longest name of a definition, in bytes: some generators spell out generic types.
const MAX_NAME: usize = 80;

/// The definitions of one schema, in the order they were first referred to.
#[derive(Default)]
pub(super) struct Defs<'d> {
    by_reference: BTreeMap<&'d str, usize>,
    names: BTreeSet<String>,
    all: Vec<Def>,
    waiting: VecDeque<(usize, &'d Value)>,
}

/// One definition.
pub(super) struct Def {
    pub name: String,
    pointer: String,
    pub schema: Value,
}

impl<'d> Defs<'d> {
    /// The name under which `reference` will be defined; `target` is what it points at.
    pub(super) fn name(&mut self, reference: &'d str, target: &'d Value) -> &str {
        let index = match self.by_reference.get(reference) {
            Some(index) => *index,
            None => self.add(reference, target),
        };
        &self.all[index].name
    }

    fn add(&mut self, reference: &'d str, target: &'d Value) -> usize {
        let index = self.all.len();
        let name = self.unused(&clean(reference));
        self.by_reference.insert(reference, index);
        self.names.insert(name.clone());
        self.all.push(Def {
            name,
            pointer: reference.trim_start_matches('#').to_owned(),
            schema: super::anything(),
        });
        self.waiting.push_back((index, target));
        index
    }

    fn unused(&self, name: &str) -> String {
        if !self.names.contains(name) {
            return name.to_owned();
        }
        let mut numbered = (2..).map(|number| format!("{name}_{number}"));
        numbered
            .find(|name| !self.names.contains(name))
            .unwrap_or_default()
    }

    /// The definition to translate next.
    pub(super) fn next(&mut self) -> Option<(usize, &'d Value)> {
        self.waiting.pop_front()
    }

    pub(super) fn pointer(&self, index: usize) -> &str {
        &self.all[index].pointer
    }

    pub(super) fn set(&mut self, index: usize, schema: Value) {
        self.all[index].schema = schema;
    }

    pub(super) fn into_all(self) -> Vec<Def> {
        self.all
    }
}

/// The last step of a reference as a plain name.
fn clean(reference: &str) -> String {
    let last = reference.rsplit('/').next().unwrap_or("");
    let plain = |character: char| {
        if character.is_ascii_alphanumeric() || "._-".contains(character) {
            character
        } else {
            '_'
        }
    };
    let name: String = last.chars().map(plain).take(MAX_NAME).collect();
    if name.is_empty() {
        "part".to_owned()
    } else {
        name
    }
}
