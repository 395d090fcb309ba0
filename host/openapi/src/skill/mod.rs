//! The files of a skill: `skill.toml`, `SKILL.md` and the plan.

mod credentials;
mod manifest;
mod skill_md;

use metier_core::ids::SkillName;
use metier_core::package::{MAX_TOOLS, MAX_TOOLS_BYTES};
use metier_openapi_plan::{Plan, PlanError};

use crate::convert::Conversion;
use crate::document::Document;
use crate::server::ServerError;

/// What the author says about the skill.
#[derive(Clone, Debug)]
pub struct About {
    /// Its name.
    pub name: SkillName,
    /// Its version.
    pub version: semver::Version,
}

/// The files of a skill, each whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// `skill.toml`.
    pub manifest: String,
    /// `SKILL.md`.
    pub skill_md: String,
    /// `assets/operations.json`.
    pub plan: String,
    /// A grant for an operator to start from: the credentials the skill needs.
    pub grant: String,
}

/// Operations that make no skill.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SkillError {
    /// None of them can be called.
    #[error("none of the chosen operations can be a tool")]
    Nothing,
    /// More than one skill may have.
    #[error(
        "{0} operations are chosen and a skill has at most {MAX_TOOLS} tools: name those it needs with `--tools a,b,c` or `--select FILE`; `--list` prints them all"
    )]
    TooMany(usize),
    /// It cannot be told where the API is.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// Their schemas are more than a skill carries.
    #[error(
        "the schemas of the {0} chosen operations are larger than the {MAX_TOOLS_BYTES} bytes a skill's tools may have: choose fewer with `--tools a,b,c` or `--select FILE`"
    )]
    TooLarge(usize),
    /// The plan is refused.
    #[error("{0}")]
    Plan(String),
    /// What was written would be refused.
    #[error("the skill.toml made from the description would be refused: {0}")]
    Manifest(String),
}

impl From<PlanError> for SkillError {
    fn from(error: PlanError) -> Self {
        SkillError::Plan(error.to_string())
    }
}

/// Writes the files of a skill with these operations.
///
/// # Errors
/// [`SkillError`].
pub fn write(
    document: &Document,
    about: &About,
    conversion: &Conversion,
) -> Result<Files, SkillError> {
    let made = &conversion.operations;
    if made.len() > MAX_TOOLS {
        return Err(SkillError::TooMany(made.len()));
    }
    let Some(first) = made.first() else {
        return Err(match &conversion.server {
            Err(error) if !conversion.left_out.is_empty() => error.clone().into(),
            _ => SkillError::Nothing,
        });
    };
    let size = |schema: &serde_json::Value| schema.to_string().len();
    let schemas = made.iter().map(|made| &made.operation);
    let bytes: usize = schemas
        .map(|one| size(&one.input_schema) + one.output_schema.as_ref().map_or(0, size))
        .sum();
    // What is beside the schemas is bounded, and a fraction of them.
    if bytes > MAX_TOOLS_BYTES / 4 * 3 {
        return Err(SkillError::TooLarge(made.len()));
    }
    // Without a server of the description every operation has one of its own.
    let server = conversion.server.as_ref().unwrap_or(&first.server);
    let plan = Plan {
        base_url: server.base_url.clone(),
        base_url_config: server.config,
        operations: made.iter().map(|made| made.operation.clone()).collect(),
    };
    let credentials = credentials::Credentials::of(made, about.name.short());
    let manifest = manifest::write(document, about, conversion, &credentials);
    metier_core::Manifest::parse(&manifest)
        .map_err(|error| SkillError::Manifest(error.to_string()))?;
    Ok(Files {
        skill_md: skill_md::write(document, about, conversion, server),
        plan: plan.to_json()?,
        grant: credentials.grant(made),
        manifest,
    })
}
