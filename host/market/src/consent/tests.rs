//! What an update asks of people: attacks that must not pass as less, and the law that they stand on.
#![expect(clippy::unwrap_used, reason = "tests")]

mod authority;
mod files;
mod laws;
mod prices;
mod texts;

use std::collections::BTreeMap;

use metier_core::{Manifest, package::Tool};
use serde_json::json;

use super::{Change, Class, Contents, Part, compare};

const MANIFEST: &str = r#"[skill]
name = "com.acme/weather"
version = "1.0.0"
description = "Tells the weather."

[tools.forecast]
effect = "read"

[tools.order]
effect = "write"

[[capabilities.http]]
host = "*.acme.example"
methods = ["GET", "POST"]
paths = ["/v1/forecast", "/v1/maps/**"]
credential = "acme"

[[capabilities.http]]
host = "open.example"
methods = ["GET"]
paths = ["/data/*"]

[capabilities.kv]
buckets = ["cache", "homes"]

[[capabilities.files]]
path = "/maps"
access = "read"

[capabilities.config]
keys = ["units"]

[capabilities.model]
routes = ["drafting"]

[capabilities.calls]
tools = ["com.acme/maps#find"]

[limits]
memory = "32MiB"
requests = 10

[pricing]
per-call = "0.002 USD"
trial = { calls = 100 }
monthly-cap = "20 USD"
"#;

const SKILL_MD: &str =
    "---\nname: weather\ndescription: Tells the weather.\n---\n\n# Weather\n\nAsk for a city.\n";

/// A skill, and a way to change a copy of it.
#[derive(Clone)]
struct Skill {
    manifest: String,
    skill_md: String,
    tools: Vec<Tool>,
    files: BTreeMap<String, Vec<u8>>,
}

fn skill() -> Skill {
    let manifest = Manifest::parse(MANIFEST).unwrap();
    let tool = |(name, ask): (
        &metier_core::ToolName,
        &metier_core::manifest::Located<metier_core::manifest::ToolAsk>,
    )| Tool {
        name: name.clone(),
        title: None,
        description: format!("Does {name}."),
        input_schema: json!({"type": "object", "properties": {"city": {"type": "string", "description": "Which."}}}),
        output_schema: None,
        effect: ask.effect,
    };
    Skill {
        tools: manifest.tools.iter().map(tool).collect(),
        manifest: MANIFEST.to_owned(),
        skill_md: SKILL_MD.to_owned(),
        files: BTreeMap::from([
            ("fixtures/a.json".to_owned(), b"{}".to_vec()),
            ("references/fields.md".to_owned(), b"Fields.\n".to_vec()),
            ("assets/logo.png".to_owned(), b"\x89PNG\xff".to_vec()),
        ]),
    }
}

impl Skill {
    fn contents(self) -> Contents {
        let manifest = Manifest::parse(&self.manifest).unwrap();
        Contents::of_parts(manifest, self.skill_md, self.tools, self.files).unwrap()
    }

    /// With another text in its manifest, which must be there.
    fn with(mut self, from: &str, to: &str) -> Skill {
        assert!(self.manifest.contains(from), "{from}");
        self.manifest = self.manifest.replacen(from, to, 1);
        self
    }
}

/// The update from the skill to one that was changed.
fn update(change: impl FnOnce(Skill) -> Skill) -> Change {
    compare(&skill().contents(), &change(skill()).contents())
}

/// The class of replacing a text in the manifest.
fn class(from: &str, to: &str) -> Class {
    update(|skill| skill.with(from, to)).class
}

#[test]
fn nothing_changed_is_nothing_to_ask() {
    let change = update(|skill| skill);
    assert_eq!((change.class, change.why.len()), (Class::Auto, 0));
}

#[test]
fn the_class_is_the_highest_and_every_reason_is_told() {
    let change = update(|mut skill| {
        skill.skill_md.push_str("More.\n");
        skill
            .with("0.002 USD", "0.003 USD")
            .with("\"GET\", \"POST\"", "\"GET\", \"POST\", \"DELETE\"")
    });
    assert_eq!(change.class, Class::Reconsent);
    let told: Vec<_> = change
        .why
        .iter()
        .map(|reason| (reason.class, reason.part))
        .collect();
    assert_eq!(
        told,
        [
            (Class::Reconsent, Part::Authority),
            (Class::ReconsentPrice, Part::Price),
            (Class::ReviewText, Part::Words),
        ]
    );
    let json = serde_json::to_value(&change).unwrap();
    assert_eq!(json["class"], "RECONSENT");
    assert_eq!(serde_json::from_value::<Change>(json).unwrap(), change);
}
