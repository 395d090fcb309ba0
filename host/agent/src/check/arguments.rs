//! Arguments of a step against the schema of the tool it calls.

use std::collections::BTreeMap;

use metier_core::toml_text::Part;
use serde_json::Value;

use super::{Findings, Sight, below, no_such};
use crate::{
    definition::{Step, Work},
    expression::Template,
    journal::PinnedTool,
};

impl Findings {
    /// What is missing, what the tool does not know, literals of another type, and answers of earlier steps and fields of the input
    /// that can never be of the right one.
    pub(super) fn arguments(
        &mut self,
        sight: &Sight<'_>,
        tool: &str,
        args: &BTreeMap<String, Value>,
        pinned: &PinnedTool,
    ) {
        let schema = &pinned.input_schema;
        let known = schema["properties"].as_object();
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().unwrap_or_default();
            if !args.contains_key(name) {
                let what = format!("{tool} needs the argument {name}");
                self.add(&sight.place, &sight.path, what);
            }
        }
        for (name, value) in args {
            let path = below(&sight.path, name);
            let property = known.and_then(|known| known.get(name));
            if property.is_none() && schema["additionalProperties"] == Value::Bool(false) {
                let names = known.into_iter().flat_map(|known| known.keys());
                let what = no_such(&format!("argument of {tool}"), name, names);
                self.add(&sight.place, &path, what);
            }
            if let Some(property) = property {
                self.argument(
                    sight,
                    &path,
                    &format!("the argument {name} of {tool}"),
                    value,
                    property,
                );
            }
        }
    }

    fn argument(
        &mut self,
        sight: &Sight<'_>,
        path: &[Part],
        what: &str,
        value: &Value,
        property: &Value,
    ) {
        let Ok(template) = Template::parse(value) else {
            return;
        };
        if template.expressions().is_empty() {
            if let Err(why) = crate::ask::fits(Some(property), value) {
                self.add(&sight.place, path, format!("{what}: {why}"));
            }
            return;
        }
        let wanted = types(property);
        let is = match template {
            Template::Whole(_) => whole_path(value).and_then(|names| sight.types_of(&names)),
            // A text with something in it is a text.
            Template::Text(_) => Some(vec!["string"]),
            Template::List(_) => Some(vec!["array"]),
            Template::Object(_) => Some(vec!["object"]),
            Template::Plain(_) => None,
        };
        if let (Some(wanted), Some(is)) = (wanted, is)
            && !is.iter().any(|is| fits_type(is, &wanted))
        {
            let said = format!(
                "{what} is {}, and this is {}",
                wanted.join(" or "),
                is.join(" or ")
            );
            self.add(&sight.place, path, said);
        }
    }
}

impl Sight<'_> {
    /// The types a value that is named so can have, where its schema says.
    fn types_of(&self, names: &[String]) -> Option<Vec<&'static str>> {
        match names {
            [root, rest @ ..] if root == "input" => types(descend(self.input?, rest)?),
            [root, step, field, rest @ ..] if root == "steps" && field == "output" => {
                match (self.output_schema(step), self.steps.get(step.as_str())?) {
                    (Some(schema), _) => types(descend(schema, rest)?),
                    (None, step) if rest.is_empty() => plain_type(step),
                    (None, _) => None,
                }
            }
            _ => None,
        }
    }

    /// The schema of what an earlier step answered; nothing where it may have been skipped, or was done for each item.
    pub(super) fn output_schema(&self, step: &str) -> Option<&Value> {
        let step = self.steps.get(step)?;
        match &step.work {
            _ if step.each.is_some() || step.when.is_some() => None,
            Work::Tool { tool, .. } => self.tools?.get(tool)?.output_schema.as_ref(),
            Work::Model(asked) => asked.schema.as_ref(),
            _ => None,
        }
    }
}

/// What a step without a schema answers.
fn plain_type(step: &Step) -> Option<Vec<&'static str>> {
    match &step.work {
        _ if step.each.is_some() || step.when.is_some() => None,
        Work::Model(_) => Some(vec!["string"]),
        Work::Approval { .. } => Some(vec!["boolean"]),
        _ => None,
    }
}

/// The names of `${a.b.c}` and nothing else: a value passed on as it is.
fn whole_path(value: &Value) -> Option<Vec<String>> {
    let inner = value.as_str()?.strip_prefix("${")?.strip_suffix('}')?;
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let names: Vec<&str> = inner.trim().split('.').collect();
    names
        .iter()
        .all(|name| is_name(name))
        .then(|| names.into_iter().map(str::to_owned).collect())
}

/// The schema of a field, where every step on the way is described plainly.
fn descend<'s>(schema: &'s Value, names: &[String]) -> Option<&'s Value> {
    names
        .iter()
        .try_fold(schema, |schema, name| schema.get("properties")?.get(name))
}

const TYPES: [&str; 7] = [
    "string", "number", "integer", "boolean", "array", "object", "null",
];

/// The types a schema allows; nothing where it does not say plainly.
fn types(schema: &Value) -> Option<Vec<&'static str>> {
    let named = |word: &Value| {
        TYPES
            .into_iter()
            .find(|known| Some(*known) == word.as_str())
    };
    match schema.get("type")? {
        Value::Array(words) => words.iter().map(named).collect(),
        word => Some(vec![named(word)?]),
    }
}

/// Whether a value of this type can be one of those. A whole number is a number; a number may be whole.
fn fits_type(is: &str, wanted: &[&str]) -> bool {
    let is_number = |word: &str| matches!(word, "number" | "integer");
    wanted
        .iter()
        .any(|wanted| *wanted == is || is_number(wanted) && is_number(is))
}
