//! What a review found.

use std::collections::BTreeSet;

use metier_core::{Digest, SkillName, canonical};
use semver::Version;
use serde::{Deserialize, Serialize};

use super::rules::{self, RULES_VERSION};
use crate::consent::visible;

/// Most findings in a report; beyond it nobody needs more.
const MAX_FINDINGS: usize = 200;

/// Most findings of one rule: a text with a thousand addresses is one mistake.
const MAX_OF_RULE: usize = 20;

/// Longest evidence, in characters.
const MAX_EVIDENCE: usize = 400;

/// What a finding leads to, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It is told, and nothing more.
    Note,
    /// A person decides.
    Human,
    /// The file is not published.
    Refuse,
}

impl Severity {
    /// As the rest of a sentence that begins with a finding.
    pub const fn words(self) -> &'static str {
        match self {
            Severity::Note => "is a note",
            Severity::Human => "asks for a person",
            Severity::Refuse => "refuses the file",
        }
    }
}

/// What comes of a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It may be published.
    Passed,
    /// A person decides.
    NeedsAPerson,
    /// It is not published.
    Refused,
}

/// One thing that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// The rule's id.
    pub rule: String,
    /// What it leads to.
    pub severity: Severity,
    /// Where: `SKILL.md:3`, `tools.json: forecast`, `assets/a.zip`.
    pub place: String,
    /// What is there; nothing in it is invisible.
    pub evidence: String,
    /// What the publisher does about it.
    pub mend: String,
}

/// What a review found in one file by one version of the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// The version of the rules.
    pub rules: String,
    /// The file.
    pub component: Digest,
    /// Who it says it is; nothing when that could not be read.
    pub name: Option<SkillName>,
    /// And its version.
    pub version: Option<Version>,
    /// What comes of it.
    pub outcome: Outcome,
    /// The findings, what leads to most first.
    pub findings: Vec<Finding>,
}

impl Report {
    /// The digest of the report, for the attestation.
    pub fn digest(&self) -> Digest {
        // A struct of texts is always JSON.
        let value = serde_json::to_value(self).unwrap_or_default();
        Digest::of(canonical::text(&value).as_bytes())
    }
}

/// Where findings are put.
#[derive(Debug, Default)]
pub(super) struct Findings {
    all: Vec<Finding>,
    seen: BTreeSet<(String, String, String)>,
}

impl Findings {
    pub(super) fn add(&mut self, rule: &str, place: &str, evidence: &str) {
        let of_rule = self
            .all
            .iter()
            .filter(|finding| finding.rule == rule)
            .count();
        if of_rule >= MAX_OF_RULE {
            return;
        }
        let evidence = cut(evidence);
        let key = (rule.to_owned(), place.to_owned(), evidence.clone());
        if !self.seen.insert(key) {
            return;
        }
        self.all.push(Finding {
            rule: rule.to_owned(),
            severity: rules::severity(rule),
            place: cut(place),
            evidence,
            mend: rules::mend(rule),
        });
    }

    pub(super) fn refused(&self) -> bool {
        self.all
            .iter()
            .any(|finding| finding.severity == Severity::Refuse)
    }

    pub(super) fn report(self, bytes: &[u8], of: Option<(&SkillName, &Version)>) -> Report {
        let mut findings = self.all;
        findings.sort_by(|a, b| {
            let key = |finding: &Finding| {
                (
                    finding.rule.clone(),
                    finding.place.clone(),
                    finding.evidence.clone(),
                )
            };
            b.severity
                .cmp(&a.severity)
                .then_with(|| key(a).cmp(&key(b)))
        });
        // The worst come first, so what is cut off changes no outcome.
        findings.truncate(MAX_FINDINGS);
        let outcome = match findings.first().map(|finding| finding.severity) {
            None | Some(Severity::Note) => Outcome::Passed,
            Some(Severity::Human) => Outcome::NeedsAPerson,
            Some(Severity::Refuse) => Outcome::Refused,
        };
        Report {
            rules: RULES_VERSION.to_owned(),
            component: Digest::of(bytes),
            name: of.map(|(name, _)| name.clone()),
            version: of.map(|(_, version)| version.clone()),
            outcome,
            findings,
        }
    }
}

fn cut(text: &str) -> String {
    let text = visible(text).replace('\n', " ");
    match text.char_indices().nth(MAX_EVIDENCE) {
        None => text,
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}
