//! What is shown of a skill where many are.

use std::collections::BTreeSet;

use metier_core::{Digest, Effect, SkillName};
use semver::Version;
use serde::{Deserialize, Serialize};

use super::registry::Record;
use crate::kind::Kind;

/// Tools that are named.
const MAX_TOOLS: usize = 12;

/// Its newest version in short.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Summary {
    /// Its name.
    pub name: SkillName,
    /// What it is.
    #[serde(default)]
    pub kind: Kind,
    /// Its newest version.
    pub version: Version,
    /// One or two sentences.
    pub description: String,
    /// What it was written in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Whether something is to be paid.
    pub paid: bool,
    /// Kinds of reach it asks for.
    pub capabilities: Vec<String>,
    /// Hosts it asks to speak to.
    pub services: Vec<String>,
    /// What its tools do to the world.
    pub effects: BTreeSet<Effect>,
    /// The first of its tools.
    pub tools: Vec<String>,
    /// How many tools there are.
    pub tool_count: usize,
    /// The digest of its component.
    pub component: Digest,
    /// Bytes of it.
    pub size: u64,
    /// When it was published: microseconds since 1970-01-01 UTC.
    pub at: i64,
}

impl Summary {
    /// Of a version.
    pub fn of(record: &Record) -> Summary {
        let facts = &record.facts;
        let tools = facts.tools.iter();
        Summary {
            name: facts.name.clone(),
            kind: facts.kind,
            version: facts.version.clone(),
            description: facts.description.clone().unwrap_or_default(),
            language: facts.language.clone(),
            paid: facts.paid,
            capabilities: facts.capabilities.clone(),
            services: facts.services.clone(),
            effects: tools.clone().map(|tool| tool.effect).collect(),
            tools: tools
                .take(MAX_TOOLS)
                .map(|tool| tool.name.clone())
                .collect(),
            tool_count: facts.tools.len(),
            component: record.component,
            size: record.size,
            at: record.at,
        }
    }

    /// As the index keeps it.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// As the index kept it.
    pub fn read(text: &str) -> Option<Summary> {
        serde_json::from_str(text).ok()
    }
}
