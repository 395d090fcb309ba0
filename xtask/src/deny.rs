//! Licences, bans, duplicates and sources of every dependency, by `cargo deny` and `deny.toml`.
//!
//! Advisories need a database that lives on GitHub: they are checked where it can be reached, and where it cannot a line
//! says that they were not.

use std::path::Path;

use anyhow::Result;

use crate::cmd::Cmd;
use crate::repo::Repo;
use crate::report;
use crate::tools::Program;

/// The release `deny.toml` is written for.
const CARGO_DENY: Program = Program {
    package: "cargo-deny",
    name: "cargo-deny",
    version: "0.20.2",
    args: &[],
};

/// Where the advisories come from.
const ADVISORY_DB: &str = "https://github.com/RustSec/advisory-db";

/// Checks everything that can be checked here.
pub fn run(repo: &Repo) -> Result<()> {
    let deny = CARGO_DENY.installed()?;
    check(repo, &deny, &["licenses", "bans", "sources"])
        .step("dependencies: licences, bans, duplicates, sources")?;
    if advisories_reachable() {
        check(repo, &deny, &["advisories"]).step("dependencies: advisories")
    } else {
        report::note(&format!(
            "NOT CHECKED: security advisories, since {ADVISORY_DB} cannot be reached from here"
        ));
        Ok(())
    }
}

fn check(repo: &Repo, deny: &Path, what: &[&str]) -> Cmd {
    Cmd::new(deny)
        .dir(repo.root())
        .args([
            "--workspace",
            "--all-features",
            "check",
            "--hide-inclusion-graph",
        ])
        .args(what)
}

/// Asks with a short timeout: an unreachable host must not hold the check up.
fn advisories_reachable() -> bool {
    Cmd::new("git")
        .args(["-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=5"])
        .args(["ls-remote", "--exit-code", ADVISORY_DB, "HEAD"])
        .env("GIT_TERMINAL_PROMPT", "0")
        .capture()
        .is_ok_and(|output| output.status.success())
}
