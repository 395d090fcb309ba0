//! What a market would refuse, and what it would ask about: findings with stable rule ids.
//!
//! Linting reads; it runs nothing and needs no network. A folder is looked at as it is, wrong parts and all, so that one run
//! lists everything; rules about tools need the built file, or `tools.json`. [`RULES`] is the whole list, and
//! [`markdown`] is `docs/lint.md`.

mod component;
mod fixtures;
mod inside;
mod manifest;
mod rules;
mod secret;
mod skill_md;
mod subject;
mod tools;

use std::path::Path;

pub use rules::{RULES, Rule, Severity, markdown};
pub use subject::Subject;

/// One thing that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Where: `SKILL.md:3`, `skill.toml`, `tools.json`, `fixtures/zen.json`.
    pub place: String,
    /// The rule's id.
    pub rule: &'static str,
    /// What is wrong there, as a sentence.
    pub message: String,
}

impl Finding {
    /// How bad it is: what its rule says, or an error when the rule is unknown.
    pub fn severity(&self) -> Severity {
        rules::find(self.rule).map_or(Severity::Error, |rule| rule.severity)
    }
}

/// Everything that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// In the order of places.
    pub findings: Vec<Finding>,
    /// Whether the rules about tools and the component could be checked.
    pub saw_tools: bool,
}

impl Report {
    /// Findings of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        let of = |finding: &&Finding| finding.severity() == severity;
        self.findings.iter().filter(of).count()
    }
}

/// Checks every rule on a folder.
pub fn folder(folder: &Path) -> Report {
    let mut findings = Findings::default();
    let subject = Subject::of_folder(folder, &mut findings);
    check(&subject, findings)
}

/// Checks every rule on a packed skill; the rules about a folder's names have nothing to say there.
pub fn file(bytes: &[u8]) -> Report {
    let mut findings = Findings::default();
    let subject = Subject::of_file(bytes, &mut findings);
    check(&subject, findings)
}

/// Whether the words a person approves are the words a model gets: the rules that `metier build` and `metier pack` hold.
pub fn words(manifest: &str, tools: &[metier_core::package::Tool]) -> Vec<Finding> {
    let mut findings = Findings::default();
    manifest::hidden(manifest, &mut findings);
    tools::hidden(tools, &mut findings);
    findings.0
}

fn check(subject: &Subject, mut findings: Findings) -> Report {
    skill_md::check(subject, &mut findings);
    manifest::check(subject, &mut findings);
    tools::check(subject, &mut findings);
    fixtures::check(subject, &mut findings);
    component::check(subject, &mut findings);
    let mut findings = findings.0;
    findings.sort();
    findings.dedup();
    Report {
        findings,
        saw_tools: subject.tools.is_some(),
    }
}

/// Where findings are put.
#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, rule: &'static str, place: impl Into<String>, message: impl Into<String>) {
        self.0.push(Finding {
            place: place.into(),
            rule,
            message: message.into(),
        });
    }
}

#[cfg(test)]
mod tests;
