//! What can be found wrong with a definition before it runs: names, arguments and expressions against the tools there are.
//!
//! Syntax was checked when the file was read, and that its skills, tools and routes exist when they were pinned; this is
//! the rest. Pure: a [`Started`] without an input is all it looks at.

use std::{collections::BTreeMap, fmt};

use metier_core::{
    nearest::nearest,
    toml_text::{Part, Position, locate},
};
use serde_json::Value;

use crate::{
    definition::{Chain, Definition, Step, Terms, Work},
    expression::{Expression, Path, Template},
    journal::{PinnedTool, Started},
};

mod arguments;
mod routes;
#[cfg(test)]
mod tests;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The keys that lead there.
    pub path: Vec<Part>,
    /// Where: `step deck`, `budget.calls`.
    pub place: String,
    /// What, in one sentence, with what was likely meant.
    pub what: String,
}

impl Finding {
    /// Where in the definition's text it stands.
    pub fn position(&self, text: &str) -> Option<Position> {
        locate(text, &self.path)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Everything that is wrong; nothing means that it can run.
pub fn check(started: &Started) -> Vec<Finding> {
    let mut findings = Findings(Vec::new());
    let terms = started.definition.terms();
    findings.terms(terms, started);
    match &started.definition {
        Definition::Agent(agent) => findings.agent(agent, started),
        Definition::Chain(chain) => findings.chain(chain, started),
    }
    findings.0
}

struct Findings(Vec<Finding>);

/// What an expression may name where it stands.
#[derive(Clone)]
struct Sight<'s> {
    place: String,
    path: Vec<Part>,
    input: Option<&'s Value>,
    steps: BTreeMap<&'s str, &'s Step>,
    tools: Option<&'s BTreeMap<String, PinnedTool>>,
    later: Vec<&'s str>,
    more: &'static [&'static str],
}

impl<'s> Sight<'s> {
    /// The same names, one key further.
    fn below(&self, key: &str) -> Sight<'s> {
        Sight {
            path: below(&self.path, key),
            ..self.clone()
        }
    }
}

fn below(path: &[Part], key: &str) -> Vec<Part> {
    let mut path = path.to_vec();
    path.push(key.into());
    path
}

impl Findings {
    fn add(&mut self, place: &str, path: &[Part], what: String) {
        self.0.push(Finding {
            place: place.to_owned(),
            path: path.to_vec(),
            what,
        });
    }

    fn terms(&mut self, terms: &Terms, started: &Started) {
        for (place, schema) in [
            ("input", &terms.input_schema),
            ("output", &terms.output_schema),
        ] {
            self.schema(place, &[place.into(), "schema".into()], schema.as_ref());
        }
        for tool in terms.budget.calls.keys() {
            if !started.tools.contains_key(tool) {
                let path = ["budget".into(), "calls".into(), tool.as_str().into()];
                self.add(
                    "budget.calls",
                    &path,
                    no_such("tool", tool, started.tools.keys()),
                );
            }
        }
        for (index, rule) in terms.approvals.rules.iter().enumerate() {
            let path = vec!["approvals".into(), "rule".into(), index.into()];
            let prefix = rule.tool.strip_suffix('*');
            let speaks = |tool: &String| match prefix {
                Some(prefix) => tool.starts_with(prefix),
                None => *tool == rule.tool,
            };
            if !started.tools.keys().any(speaks) {
                let what = no_such("tool", &rule.tool, started.tools.keys());
                self.add("approvals.rule", &below(&path, "tool"), what);
            }
            let sight = Sight {
                place: format!("approvals.rule for {}", rule.tool),
                path: below(&path, "when"),
                input: terms.input_schema.as_ref(),
                steps: BTreeMap::new(),
                tools: None,
                later: Vec::new(),
                more: &["args", "tool", "effect", "tainted", "spent"],
            };
            self.expression(&sight, rule.when.as_deref());
        }
    }

    fn schema(&mut self, place: &str, path: &[Part], schema: Option<&Value>) {
        if let Some(schema) = schema
            && let Err(error) = jsonschema::draft202012::new(schema)
        {
            self.add(place, path, format!("the schema is not valid: {error}"));
        }
    }

    fn chain(&mut self, chain: &Chain, started: &Started) {
        let mut sight = Sight {
            place: String::new(),
            path: Vec::new(),
            input: chain.terms.input_schema.as_ref(),
            steps: BTreeMap::new(),
            tools: Some(&started.tools),
            later: chain.steps.iter().map(|step| step.name.as_str()).collect(),
            more: &[],
        };
        for (index, step) in chain.steps.iter().enumerate() {
            let path: Vec<Part> = vec!["step".into(), index.into()];
            sight.place = format!("step {}", step.name.as_str());
            sight.more = &[];
            sight.path = below(&path, "when");
            self.expression(&sight, step.when.as_deref());
            sight.path = below(&path, "each");
            if let Some(each) = &step.each {
                self.expression(&sight, Some(&each.over));
                sight.more = &["item", "index"];
            }
            sight.path = path;
            self.work(&sight, step, started);
            sight.later.retain(|name| *name != step.name.as_str());
            sight.steps.insert(step.name.as_str(), step);
        }
        sight.place = "output".to_owned();
        sight.path = vec!["output".into(), "value".into()];
        sight.more = &[];
        if let Some(output) = &chain.output {
            self.template(&sight, output);
        }
    }

    fn work(&mut self, sight: &Sight<'_>, step: &Step, started: &Started) {
        match &step.work {
            Work::Tool { tool, args } => {
                let sight = sight.below("args");
                for (name, value) in args {
                    self.template(&sight.below(name), value);
                }
                match started.tools.get(tool) {
                    Some(pinned) => self.arguments(&sight, tool, args, pinned),
                    None => {
                        let path = below(&sight.path[..sight.path.len() - 1], "tool");
                        let what = no_such("tool", tool, started.tools.keys());
                        self.add(&sight.place, &path, what);
                    }
                }
            }
            Work::Model(asked) => {
                self.schema(
                    &sight.place,
                    &below(&sight.path, "schema"),
                    asked.schema.as_ref(),
                );
                let path = below(&sight.path, "model");
                let needed: Vec<_> = routes::shape(asked.schema.as_ref()).into_iter().collect();
                self.route(&sight.place, &path, &asked.model, &needed, started);
                for (key, text) in [
                    ("system", asked.system.as_ref()),
                    ("prompt", Some(&asked.prompt)),
                ] {
                    if let Some(text) = text {
                        self.template(&sight.below(key), &Value::String(text.clone()));
                    }
                }
            }
            Work::Approval { question, show } => {
                let text = Value::String(question.clone());
                self.template(&sight.below("approval"), &text);
                show.iter()
                    .for_each(|show| self.template(&sight.below("show"), show));
            }
            Work::Value { value } => self.template(&sight.below("value"), value),
            Work::Wait { .. } => {}
        }
    }

    fn template(&mut self, sight: &Sight<'_>, value: &Value) {
        match Template::parse(value) {
            Ok(template) => {
                let paths = template
                    .expressions()
                    .into_iter()
                    .flat_map(Expression::paths);
                paths.for_each(|path| self.path(sight, path));
            }
            Err(error) => self.add(&sight.place, &sight.path, error.to_string()),
        }
    }

    fn expression(&mut self, sight: &Sight<'_>, text: Option<&str>) {
        let Some(text) = text else { return };
        match Expression::parse(text) {
            Ok(expression) => expression
                .paths()
                .iter()
                .for_each(|path| self.path(sight, path)),
            Err(error) => self.add(&sight.place, &sight.path, error.to_string()),
        }
    }

    fn path(&mut self, sight: &Sight<'_>, path: &Path) {
        let mut names = path.iter().map(String::as_str);
        match (names.next(), names.next(), names.next()) {
            (Some("input"), Some(field), _) => self.input(sight, field),
            (Some("steps"), Some(step), field) => self.step(sight, step, field, names.next()),
            (Some("input" | "steps"), None, _) | (None, ..) => {}
            (Some(root), ..) if sight.more.contains(&root) => {}
            (Some(root), ..) => {
                let known = ["input", "steps"].iter().chain(sight.more);
                let known: Vec<String> = known.map(|name| (*name).to_owned()).collect();
                self.add(
                    &sight.place,
                    &sight.path,
                    no_such("name", root, known.iter()),
                );
            }
        }
    }

    fn input(&mut self, sight: &Sight<'_>, field: &str) {
        let Some(schema) = sight.input else { return };
        let known = schema["properties"].as_object();
        let is_known = known.is_none_or(|known| known.contains_key(field));
        if !is_known && schema["additionalProperties"] == Value::Bool(false) {
            let names = known.into_iter().flat_map(|known| known.keys());
            self.add(
                &sight.place,
                &sight.path,
                no_such("field of the input", field, names),
            );
        }
    }

    fn step(&mut self, sight: &Sight<'_>, step: &str, field: Option<&str>, inner: Option<&str>) {
        if sight.steps.contains_key(step) {
            if let Some(field) = field.filter(|field| !["output", "artifacts"].contains(field)) {
                let what = format!("a step has `output` and `artifacts`, and no {field}");
                self.add(&sight.place, &sight.path, what);
            } else if let (Some("output"), Some(inner)) = (field, inner) {
                self.answer(sight, step, inner);
            }
            return;
        }
        let what = match sight.later.contains(&step) {
            true => format!("the step {step} has not been done yet where this stands"),
            false => {
                let names: Vec<String> =
                    sight.steps.keys().map(|name| (*name).to_owned()).collect();
                no_such("earlier step", step, names.iter())
            }
        };
        self.add(&sight.place, &sight.path, what);
    }
}

impl Findings {
    /// A field of what an earlier step answers, where its schema lists them all.
    fn answer(&mut self, sight: &Sight<'_>, step: &str, field: &str) {
        let Some(schema) = sight.output_schema(step) else {
            return;
        };
        let known = schema["properties"].as_object();
        let is_known = known.is_none_or(|known| known.contains_key(field));
        if !is_known && schema["additionalProperties"] == Value::Bool(false) {
            let names = known.into_iter().flat_map(|known| known.keys());
            let what = no_such(&format!("field of the answer of {step}"), field, names);
            self.add(&sight.place, &sight.path, what);
        }
    }
}

fn no_such<'n>(kind: &str, name: &str, names: impl Iterator<Item = &'n String>) -> String {
    match nearest(name, names.map(String::as_str)) {
        Some(meant) => format!("there is no {kind} {name}; did you mean {meant}?"),
        None => format!("there is no {kind} {name}"),
    }
}
