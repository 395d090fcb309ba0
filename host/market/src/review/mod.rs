//! The gate of a market: what is looked at before a version is published, and again whenever the rules change.
//!
//! [`review`] looks at a file as it is, at the names there are already, and at how its recorded calls go in a sandbox. It gives a
//! [`Report`]: what was found, by rules with stable ids ([`RULES`]), each with its place, its evidence and what to do about it. A finding
//! either refuses the file, asks for a person, or is a note; the worst decides. What the linter knows ([`crate::lint`]) is
//! not said again here: its errors refuse, its warnings are notes, and some of them ask for a person.
//!
//! A report is a value: the review attestation carries its digest and the version of the rules, so that everybody can see by which rules
//! a file passed, and a rescan by newer ones can be told from it.
//!
//! Nothing here is a proof of innocence. The sandbox bounds what a skill can do; review is about what a person is made to
//! allow and a model is made to want.

mod agent;
mod authority;
mod file;
mod fold;
mod names;
mod packed;
mod quota;
mod replay;
mod report;
mod rules;
#[cfg(test)]
mod tests;
mod words;

pub use agent::{PinnedSkill, review_agent};
pub use names::{Names, Neighbour};
pub use quota::{Full, NEW_PUBLISHER, Quota, Standing, quota};
pub use replay::{HostReplay, NoReplay, Replay, Replayed};
pub use report::{Finding, Outcome, Report, Severity};
pub use rules::{RULES, RULES_VERSION, Rule, markdown};

use report::Findings;

use crate::{consent::Contents, lint};

/// Looks at a file that somebody wants to publish. `names` are those that other publishers have.
///
/// The file is run, in the sandbox of `replay`, only when nothing else refused it.
pub async fn review(bytes: &[u8], names: &Names, replay: &impl Replay) -> Report {
    let mut findings = Findings::default();
    file::check(bytes, &mut findings);
    if findings.refused() {
        // A bomb is not unpacked to see what else is wrong with it.
        return findings.report(bytes, None);
    }
    linted(bytes, &mut findings);
    let contents = match Contents::of_file(bytes) {
        Ok(contents) => contents,
        Err(error) => {
            findings.add("file/unreadable", "component", &error.to_string());
            return findings.report(bytes, None);
        }
    };
    names::check(contents.name(), names, &mut findings);
    authority::check(&contents, &mut findings);
    words::check(&contents, &mut findings);
    packed::check(&contents, &mut findings);
    file::secrets(bytes, &mut findings);
    if !findings.refused() {
        replay::check(replay.replay(bytes).await, &mut findings);
    }
    findings.report(bytes, Some((contents.name(), contents.version())))
}

/// What the linter found, by its own ids.
fn linted(bytes: &[u8], findings: &mut Findings) {
    for found in lint::file(bytes).findings {
        findings.add(found.rule, &found.place, &found.message);
    }
}
