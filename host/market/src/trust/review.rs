//! What the market says about a skill it has looked at.

use metier_core::SkillName;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::fixtures::Moment;

/// The review of one version: what was looked at, by which rules, and what they found. It does not say that a skill is good; it says that
/// no rule of that version held it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reviewed {
    /// Which skill: nobody reads a review of one as a review of another.
    pub skill: SkillName,
    /// Which version of it.
    pub version: Version,
    /// The version of the rules.
    pub rules: String,
    /// When.
    pub at: Moment,
    /// What was found and let through, in the order of places.
    pub findings: Vec<ReviewedFinding>,
}

/// One finding that did not hold the skill back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewedFinding {
    /// The rule's id.
    pub rule: String,
    /// How bad: `error`, `warning`, `note`.
    pub severity: String,
    /// Where.
    pub place: String,
    /// What, as a sentence.
    pub message: String,
}
