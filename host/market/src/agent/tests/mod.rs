//! What a package may hold, and what an update of one asks of people.
#![expect(clippy::unwrap_used, reason = "tests")]

mod changes;
mod files;
mod reviewed;

use std::collections::BTreeMap;

use metier_agent::definition::Name;
use metier_core::package::{self, Resources, Tool, section};
use serde_json::json;

use super::{Bundle, Package, Pin, pinned};
use crate::{consent::Contents, pack::sections::append};

pub const REVIEW: &str = r#"# What a person reads.
[agent]
name = "account-review"
version = "1.0.0"
description = "Reviews an account."
model = "main"
instructions = { file = "review.md" }

[skills.crm]
file = "../skills/salesforce.wasm"
version = "^1"
tools = ["query"]

[skills.mail]
file = "mail.wasm"
tools = ["*"]

[budget]
money = "0.50 USD"
calls = { "crm.query" = 5 }

[approvals]
from-effect = "write"

[[approvals.rule]]
tool = "mail.*"
then = "ask"
"#;

pub const WORDS: &str = "Look at the account and say what is wrong.\n";

/// A skill's file that asks for these capabilities.
pub fn skill(name: &str, version: &str, tools: &[&str], asks: &str) -> Vec<u8> {
    let own: String = tools
        .iter()
        .map(|tool| format!("[tools.{tool}]\neffect = \"write\"\n"))
        .collect();
    let manifest = format!(
        "[skill]\nname = \"{name}\"\nversion = \"{version}\"\ndescription = \"Does it.\"\n{own}{asks}"
    );
    let tools: Vec<Tool> = tools
        .iter()
        .map(|tool| Tool {
            name: tool.parse().unwrap(),
            title: None,
            description: "Does it.".into(),
            input_schema: json!({"type": "object"}),
            output_schema: None,
            effect: metier_core::Effect::Write,
        })
        .collect();
    let sections = [
        (section::MANIFEST, Some(manifest.into_bytes())),
        (section::TOOLS, Some(package::encode_tools(&tools).unwrap())),
        (section::SKILL_MD, Some(b"# Does it\n".to_vec())),
        (
            section::RESOURCES,
            Some(Resources::default().encode().unwrap()),
        ),
    ];
    append(b"\0asm\x0d\0\x01\0".to_vec(), &sections)
}

/// What two skills ask for that no one skill does.
pub const READS: &str =
    "[[capabilities.http]]\nhost = \"crm.example\"\nmethods = [\"GET\"]\npaths = [\"/**\"]\n";
pub const SENDS: &str =
    "[[capabilities.http]]\nhost = \"mail.example\"\nmethods = [\"POST\"]\npaths = [\"/send\"]\n";

pub fn crm(version: &str, asks: &str) -> Contents {
    Contents::of_file(&skill(
        "com.acme/salesforce",
        version,
        &["query", "edit"],
        asks,
    ))
    .unwrap()
}

pub fn mail() -> Contents {
    Contents::of_file(&skill("org.post/mail", "2.0.0", &["send"], SENDS)).unwrap()
}

pub fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub fn pin(skill: &Contents) -> Pin {
    Pin {
        name: skill.name().clone(),
        version: skill.version().clone(),
        digest: *skill.component(),
    }
}

pub fn files(words: &str) -> BTreeMap<String, String> {
    [("review.md".to_owned(), words.to_owned())].into()
}

/// The agent of this text with these skills.
pub fn made(text: &str, words: &str, skills: &[(&str, Contents)]) -> (Bundle, Vec<u8>) {
    let skills: BTreeMap<Name, Contents> = skills
        .iter()
        .map(|(alias, skill)| (name(alias), skill.clone()))
        .collect();
    let pins = skills
        .iter()
        .map(|(alias, skill)| (alias.clone(), pin(skill)));
    let text = pinned(text, "com.acme", &pins.collect()).unwrap();
    let (package, bytes) = Package::of_parts(text, files(words)).unwrap();
    (Bundle::new(package, skills).unwrap(), bytes)
}

pub fn usual() -> (Bundle, Vec<u8>) {
    made(
        REVIEW,
        WORDS,
        &[("crm", crm("1.0.0", READS)), ("mail", mail())],
    )
}
