//! What was consented to: the agent's own parts, and the record of each skill apart.

use std::collections::BTreeMap;

use metier_agent::definition::{Definition, Work};
use metier_core::{Digest, SkillName, canonical};
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Bundle, Package, terms};
use crate::consent;

/// The form of records written here.
const FORM: u64 = 1;

/// What was consented to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Record {
    /// The record's form: 1.
    pub v: u64,
    /// The agent.
    pub name: SkillName,
    /// The version.
    pub version: Version,
    /// The whole file.
    pub component: Digest,
    /// The definition's text, with the files it reads.
    pub definition: Digest,
    /// What a model or a person reads of it.
    pub words: Digest,
    /// What it may do itself: models, budget, approvals, taint, limits, memory, triggers, tools.
    pub terms: Digest,
    /// The digest of each skill's own record ([`consent::Record`]), by alias.
    pub skills: BTreeMap<String, Digest>,
}

impl Record {
    /// The record of an agent with its skills.
    pub fn of(bundle: &Bundle) -> Self {
        let package = &bundle.package;
        let skills = bundle.skills.iter();
        Record {
            v: FORM,
            name: package.name().clone(),
            version: package.version().clone(),
            component: *package.digest(),
            definition: digest(&json!([package.text(), package.files()])),
            words: package.published_words(),
            terms: digest(&terms::value(package)),
            skills: skills
                .map(|(alias, skill)| {
                    let record = consent::Record::of(skill).digest();
                    (alias.as_str().to_owned(), record)
                })
                .collect(),
        }
    }

    /// The digest of the whole record: what `metier.lock` keeps.
    pub fn digest(&self) -> Digest {
        digest(&json!(self))
    }
}

impl Package {
    /// The `authority` of a publication and of its line in the index: the agent's own terms, and what it pins.
    pub fn published_authority(&self) -> Digest {
        let pins: BTreeMap<_, _> = self
            .pins()
            .iter()
            .map(|(alias, pin)| (alias.as_str(), pin))
            .collect();
        digest(&json!([terms::value(self), pins]))
    }

    /// The `words` of a publication and of its line in the index: everything a model or a person reads.
    pub fn published_words(&self) -> Digest {
        let words: Vec<_> = words(self);
        digest(&json!(words))
    }
}

fn digest(value: &Value) -> Digest {
    Digest::of(canonical::text(value).as_bytes())
}

/// Every text a model or a person reads, and every step between them, by where it stands.
pub(crate) fn words(package: &Package) -> Vec<(String, String)> {
    let terms = package.definition().terms();
    let mut words = vec![("description".to_owned(), terms.description.clone())];
    let schemas = [
        ("input.schema", &terms.input_schema),
        ("output.schema", &terms.output_schema),
    ];
    let schemas = schemas
        .into_iter()
        .filter_map(|(place, schema)| Some((place.to_owned(), pretty(schema.as_ref()?))));
    words.extend(schemas);
    match package.definition() {
        Definition::Agent(agent) => {
            words.push(("instructions".to_owned(), agent.instructions.clone()));
            words.extend(agent.prompt.clone().map(|text| ("prompt".to_owned(), text)));
        }
        Definition::Chain(chain) => {
            for step in &chain.steps {
                let place = |what: &str| format!("step {}{what}", step.name.as_str());
                match &step.work {
                    Work::Model(ask) => {
                        words.extend(ask.system.clone().map(|text| (place(": system"), text)));
                        words.push((place(": prompt"), ask.prompt.clone()));
                        let schema = ask.schema.as_ref().map(|schema| pretty(Some(schema)));
                        words.extend(schema.map(|text| (place(": schema"), text)));
                    }
                    Work::Approval { question, show } => {
                        words.push((place(": question"), question.clone()));
                        let show = show.as_ref().map(|show| pretty(Some(show)));
                        words.extend(show.map(|text| (place(": show"), text)));
                    }
                    work => words.push((place(""), pretty(json!(work)))),
                }
                let rest = json!({"when": step.when, "each": step.each, "retry": step.retry});
                words.push((place(": when"), pretty(rest)));
            }
            let output = chain.output.as_ref().map(|output| pretty(Some(output)));
            words.extend(output.map(|text| ("output".to_owned(), text)));
        }
    }
    words
}

/// One spelling: the order of fields is no change.
fn pretty(value: impl Serialize) -> String {
    let mut value = json!(value);
    value.sort_all_objects();
    match value {
        Value::String(text) => text,
        value => serde_json::to_string_pretty(&value).unwrap_or_default(),
    }
}
