//! Recorded calls, run again in a sandbox that whoever reviews has.

use std::future::Future;

use metier_runtime::host::Host;

use super::report::Findings;
use crate::fixtures;

/// A sandbox for a file that is not trusted.
pub trait Replay {
    /// Loads the file as a host would, and replays its fixtures.
    fn replay(&self, skill: &[u8]) -> impl Future<Output = Replayed> + Send;
}

/// What came of it.
#[derive(Clone, Debug)]
pub enum Replayed {
    /// The fixtures went like this.
    Went(fixtures::Report),
    /// A host does not load the file, for this reason.
    NotLoaded(String),
    /// There was no sandbox, for this reason.
    Unavailable(String),
}

/// No sandbox: a person has to look.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoReplay;

impl Replay for NoReplay {
    async fn replay(&self, _: &[u8]) -> Replayed {
        Replayed::Unavailable("this market has no sandbox".to_owned())
    }
}

/// The sandbox of a host, without network: see [`fixtures::replay`].
#[derive(Clone, Copy)]
pub struct HostReplay<'h>(pub &'h Host);

impl Replay for HostReplay<'_> {
    async fn replay(&self, skill: &[u8]) -> Replayed {
        match self.0.load(skill.to_vec()).await {
            Err(fault) => Replayed::NotLoaded(fault.to_string()),
            Ok(skill) => {
                Replayed::Went(fixtures::replay(self.0, &skill, &fixtures::of_skill(&skill)).await)
            }
        }
    }
}

pub(super) fn check(replayed: Replayed, findings: &mut Findings) {
    match replayed {
        Replayed::Unavailable(why) => findings.add("fixture/not-replayed", fixtures::FOLDER, &why),
        Replayed::NotLoaded(why) => findings.add(
            "file/unreadable",
            "component",
            &format!("no host loads it: {why}"),
        ),
        Replayed::Went(report) if report.fixtures.is_empty() => {
            findings.add(
                "fixture/not-replayed",
                fixtures::FOLDER,
                "there is no recorded call",
            );
        }
        Replayed::Went(report) => {
            for one in report.fixtures.iter().filter(|one| !one.passed()) {
                let place = format!("{}/{}.json", fixtures::FOLDER, one.name);
                let first = one.mismatches.first();
                let evidence = first.and_then(|mismatch| serde_json::to_string(mismatch).ok());
                findings.add("fixture/failed", &place, &evidence.unwrap_or_default());
            }
        }
    }
}
