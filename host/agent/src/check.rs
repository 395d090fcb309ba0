//! What can be found wrong with a definition before it runs: names, arguments and expressions against the tools there are.
//!
//! Syntax was checked when the file was read, and that its skills, tools and routes exist when they were pinned; this is
//! the rest. Pure: a [`Started`] without an input is all it looks at.

use std::{collections::BTreeMap, fmt};

use metier_core::nearest::nearest;
use serde_json::Value;

use crate::{
    definition::{Chain, Definition, Step, Terms, Work},
    expression::{Expression, Path, Template},
    journal::{PinnedTool, Started},
};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where: `step deck`, `budget.calls`.
    pub place: String,
    /// What, in one sentence, with what was likely meant.
    pub what: String,
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
    if let Definition::Chain(chain) = &started.definition {
        findings.chain(chain, started);
    }
    findings.0
}

struct Findings(Vec<Finding>);

/// What an expression may name where it stands.
struct Sight<'s> {
    place: String,
    input: Option<&'s Value>,
    steps: BTreeMap<&'s str, &'s Step>,
    later: Vec<&'s str>,
    more: &'static [&'static str],
}

impl Findings {
    fn add(&mut self, place: &str, what: String) {
        self.0.push(Finding {
            place: place.to_owned(),
            what,
        });
    }

    fn terms(&mut self, terms: &Terms, started: &Started) {
        for (place, schema) in [
            ("input", &terms.input_schema),
            ("output", &terms.output_schema),
        ] {
            self.schema(place, schema.as_ref());
        }
        for tool in terms.budget.calls.keys() {
            if !started.tools.contains_key(tool) {
                self.add("budget.calls", no_such("tool", tool, started.tools.keys()));
            }
        }
        for rule in &terms.approvals.rules {
            let prefix = rule.tool.strip_suffix('*');
            let speaks = |tool: &String| match prefix {
                Some(prefix) => tool.starts_with(prefix),
                None => *tool == rule.tool,
            };
            if !started.tools.keys().any(speaks) {
                let what = no_such("tool", &rule.tool, started.tools.keys());
                self.add("approvals.rule", what);
            }
            let sight = Sight {
                place: format!("approvals.rule for {}", rule.tool),
                input: terms.input_schema.as_ref(),
                steps: BTreeMap::new(),
                later: Vec::new(),
                more: &["args", "tool", "effect", "tainted", "spent"],
            };
            self.expression(&sight, rule.when.as_deref());
        }
    }

    fn schema(&mut self, place: &str, schema: Option<&Value>) {
        if let Some(schema) = schema
            && let Err(error) = jsonschema::draft202012::new(schema)
        {
            self.add(place, format!("the schema is not valid: {error}"));
        }
    }

    fn chain(&mut self, chain: &Chain, started: &Started) {
        let mut sight = Sight {
            place: String::new(),
            input: chain.terms.input_schema.as_ref(),
            steps: BTreeMap::new(),
            later: chain.steps.iter().map(|step| step.name.as_str()).collect(),
            more: &[],
        };
        for step in &chain.steps {
            sight.place = format!("step {}", step.name.as_str());
            sight.more = &[];
            self.expression(&sight, step.when.as_deref());
            if let Some(each) = &step.each {
                self.expression(&sight, Some(&each.over));
                sight.more = &["item", "index"];
            }
            self.work(&sight, step, started);
            sight.later.retain(|name| *name != step.name.as_str());
            sight.steps.insert(step.name.as_str(), step);
        }
        sight.place = "output".to_owned();
        sight.more = &[];
        if let Some(output) = &chain.output {
            self.template(&sight, output);
        }
    }

    fn work(&mut self, sight: &Sight<'_>, step: &Step, started: &Started) {
        match &step.work {
            Work::Tool { tool, args } => {
                args.values().for_each(|value| self.template(sight, value));
                match started.tools.get(tool) {
                    Some(pinned) => self.arguments(sight, tool, args, pinned),
                    None => self.add(&sight.place, no_such("tool", tool, started.tools.keys())),
                }
            }
            Work::Model(asked) => {
                self.schema(&sight.place, asked.schema.as_ref());
                let texts = asked.system.iter().chain([&asked.prompt]);
                texts.for_each(|text| self.template(sight, &Value::String(text.clone())));
            }
            Work::Approval { question, show } => {
                self.template(sight, &Value::String(question.clone()));
                show.iter().for_each(|show| self.template(sight, show));
            }
            Work::Value { value } => self.template(sight, value),
            Work::Wait { .. } => {}
        }
    }

    /// Arguments against the tool's schema: what is missing, what it does not know, and literals of another type.
    fn arguments(
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
                self.add(&sight.place, format!("{tool} needs the argument {name}"));
            }
        }
        for (name, value) in args {
            let property = known.and_then(|known| known.get(name));
            if property.is_none() && schema["additionalProperties"] == Value::Bool(false) {
                let names = known.into_iter().flat_map(|known| known.keys());
                let what = no_such(&format!("argument of {tool}"), name, names);
                self.add(&sight.place, what);
            }
            let is_literal = Template::parse(value).is_ok_and(|it| it.expressions().is_empty());
            if let (true, Some(property)) = (is_literal, property)
                && let Err(why) = crate::ask::fits(Some(property), value)
            {
                self.add(
                    &sight.place,
                    format!("the argument {name} of {tool}: {why}"),
                );
            }
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
            Err(error) => self.add(&sight.place, error.to_string()),
        }
    }

    fn expression(&mut self, sight: &Sight<'_>, text: Option<&str>) {
        let Some(text) = text else { return };
        match Expression::parse(text) {
            Ok(expression) => expression
                .paths()
                .iter()
                .for_each(|path| self.path(sight, path)),
            Err(error) => self.add(&sight.place, error.to_string()),
        }
    }

    fn path(&mut self, sight: &Sight<'_>, path: &Path) {
        let mut names = path.iter().map(String::as_str);
        match (names.next(), names.next(), names.next()) {
            (Some("input"), Some(field), _) => self.input(sight, field),
            (Some("steps"), Some(step), field) => self.step(sight, step, field),
            (Some("input" | "steps"), None, _) | (None, ..) => {}
            (Some(root), ..) if sight.more.contains(&root) => {}
            (Some(root), ..) => {
                let known = ["input", "steps"].iter().chain(sight.more);
                let known: Vec<String> = known.map(|name| (*name).to_owned()).collect();
                self.add(&sight.place, no_such("name", root, known.iter()));
            }
        }
    }

    fn input(&mut self, sight: &Sight<'_>, field: &str) {
        let Some(schema) = sight.input else { return };
        let known = schema["properties"].as_object();
        let is_known = known.is_none_or(|known| known.contains_key(field));
        if !is_known && schema["additionalProperties"] == Value::Bool(false) {
            let names = known.into_iter().flat_map(|known| known.keys());
            self.add(&sight.place, no_such("field of the input", field, names));
        }
    }

    fn step(&mut self, sight: &Sight<'_>, step: &str, field: Option<&str>) {
        if sight.steps.contains_key(step) {
            if let Some(field) = field.filter(|field| !["output", "artifacts"].contains(field)) {
                let what = format!("a step has `output` and `artifacts`, and no {field}");
                self.add(&sight.place, what);
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
        self.add(&sight.place, what);
    }
}

fn no_such<'n>(kind: &str, name: &str, names: impl Iterator<Item = &'n String>) -> String {
    match nearest(name, names.map(String::as_str)) {
        Some(meant) => format!("there is no {kind} {name}; did you mean {meant}?"),
        None => format!("there is no {kind} {name}"),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    use super::check;
    use crate::{definition::Definition, testing};

    fn findings(chain: &str) -> Vec<String> {
        let head = "[chain]\nname = \"c\"\n[input.schema]\ntype = \"object\"\nadditionalProperties = false\n\
                    [input.schema.properties]\nquarter = { type = \"string\" }\n";
        let none = |_: &str| Err("no file".to_owned());
        let definition = Definition::parse(&format!("{head}{chain}"), &none).unwrap();
        let mut started = testing::started(definition);
        let read = started.tools.get_mut("s.read").unwrap();
        read.input_schema = json!({
            "type": "object",
            "required": ["soql"],
            "properties": {"soql": {"type": "string"}, "limit": {"type": "integer"}},
            "additionalProperties": false,
        });
        check(&started).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_sound_chain_has_no_findings() {
        let chain = "[[step]]\nname = \"a\"\ntool = \"s.read\"\n[step.args]\nsoql = \"${input.quarter}\"\n\
                     [[step]]\nname = \"b\"\nvalue = \"${steps.a.output}\"\n";
        assert_eq!(findings(chain), Vec::<String>::new());
    }

    #[test]
    fn each_mistake_is_found_and_names_what_was_meant() {
        for (chain, told) in [
            (
                "tool = \"s.raed\"",
                "step a: there is no tool s.raed; did you mean s.read?",
            ),
            (
                "tool = \"s.read\"",
                "step a: s.read needs the argument soql",
            ),
            (
                "tool = \"s.read\"\nargs = { soql = \"x\", limt = 1 }",
                "step a: there is no argument of s.read limt; did you mean limit?",
            ),
            (
                "tool = \"s.read\"\nargs = { soql = \"x\", limit = \"many\" }",
                "step a: the argument limit of s.read: \"many\" is not of type \"integer\"",
            ),
            (
                "value = \"${input.quater}\"",
                "step a: there is no field of the input quater; did you mean quarter?",
            ),
            (
                "value = \"${imput.x}\"",
                "step a: there is no name imput; did you mean input?",
            ),
            (
                "value = \"${steps.b.output}\"\n[[step]]\nname = \"b\"\nvalue = 1",
                "step a: the step b has not been done yet where this stands",
            ),
            (
                "value = 1\n[[step]]\nname = \"b\"\nvalue = \"${steps.a.result}\"",
                "step b: a step has `output` and `artifacts`, and no result",
            ),
            (
                "value = 1\n[budget.calls]\n\"s.raed\" = 1",
                "budget.calls: there is no tool s.raed; did you mean s.read?",
            ),
            (
                "value = 1\n[[approvals.rule]]\ntool = \"x.*\"\nthen = \"ask\"",
                "approvals.rule: there is no tool x.*",
            ),
        ] {
            let found = findings(&format!("[[step]]\nname = \"a\"\n{chain}\n"));
            assert!(
                found.iter().any(|found| found.starts_with(told)),
                "{found:?}\n  lack\n{told}"
            );
        }
    }
}
