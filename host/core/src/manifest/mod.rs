//! What a skill asks for: the `skill.toml` its author writes and its file carries.
//!
//! A manifest is a wish list, never a permission: [`crate::policy::authorize`] intersects it with the grant and the run.
//! A file without a manifest has the empty one; it can compute and reach nothing, unless a grant for its very bytes stands
//! in for it ([`Manifest::or_grant`]).
//!
//! ```
//! use metier_core::{effect::Effect, manifest::Manifest};
//! let manifest = Manifest::parse(r#"
//! [skill]
//! name = "com.acme/weather"
//! version = "1.2.0"
//!
//! [tools.forecast]
//! effect = "read"
//!
//! [[capabilities.http]]
//! host = "api.weather.example"
//! methods = ["GET"]
//! paths = ["/v1/forecast"]
//! "#)?;
//! assert_eq!(manifest.effect_of(&"forecast".parse().unwrap()), Effect::Read);
//! assert_eq!(manifest.effect_of(&"other".parse().unwrap()), Effect::Destructive);
//! # Ok::<(), metier_core::manifest::ManifestError>(())
//! ```

mod capabilities;
mod parse;
pub mod price;
mod stand_in;
#[cfg(test)]
mod tests;
pub mod words;

use std::collections::BTreeMap;

pub use capabilities::{CallsAsk, Capabilities, ConfigAsk, FilesAsk, HttpAsk, KvAsk, ModelAsk};
pub(crate) use capabilities::{read_access, read_calls, read_routes};
pub use price::Price;

pub use crate::toml_text::{Located, TextError as ManifestError};
use crate::{
    effect::Effect,
    ids::{SkillName, ToolName},
    limits::LimitsAsk,
};

/// What a skill asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    /// Who the skill says it is; nothing for a file without a manifest.
    pub skill: Option<SkillInfo>,
    /// What is said about each tool, by the name it is exported under.
    pub tools: BTreeMap<ToolName, Located<ToolAsk>>,
    /// The reach it asks for.
    pub capabilities: Capabilities,
    /// The resources it asks for.
    pub limits: LimitsAsk,
    /// What it costs; nothing where it does not say.
    pub pricing: Located<Price>,
    /// Whether the grant stands in for a manifest that is not there; see [`Manifest::or_grant`].
    pub stands_in: bool,
}

/// The `[skill]` section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkillInfo {
    /// Its name, as it claims; only a digest or a signature proves it.
    pub name: SkillName,
    /// Its version.
    pub version: semver::Version,
    /// One or two sentences.
    pub description: Option<String>,
    /// An SPDX expression or a file name.
    pub license: Option<String>,
    /// Where to read more.
    pub homepage: Option<String>,
}

/// One `[tools.<name>]` section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolAsk {
    /// What calling it does to the world.
    pub effect: Effect,
    /// A short title for people.
    pub title: Option<String>,
}

impl Manifest {
    /// Reads a `skill.toml`.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        parse::manifest(text)
    }

    /// The manifest of a file that has none: nothing asked for.
    pub fn empty() -> Self {
        Manifest::default()
    }

    /// The name, when the manifest has one.
    pub fn name(&self) -> Option<&SkillName> {
        self.skill.as_ref().map(|skill| &skill.name)
    }

    /// The name for a sentence: `com.acme/weather`, or `the skill`.
    pub fn display_name(&self) -> &str {
        self.name().map_or("the skill", SkillName::as_str)
    }

    /// What calling the tool does to the world; the worst when the manifest does not say.
    pub fn effect_of(&self, tool: &ToolName) -> Effect {
        self.tools
            .get(tool)
            .map_or(Effect::default(), |ask| ask.effect)
    }
}
