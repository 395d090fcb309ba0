//! The store's checks that need a PostgreSQL: run where its programs are, counted where they are not.
//!
//! The tests start a private server on loopback by themselves and throw it away; here it is only found out whether they can.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::cmd::Cmd;
use crate::repo::Repo;
use crate::report;

/// The folder with `postgres` and `initdb`, where Debian puts them or on the PATH.
pub fn programs() -> Option<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = debian
        .map(|version| version.path().join("bin"))
        .chain(std::env::split_paths(&path));
    let is_complete = |folder: &PathBuf| {
        ["postgres", "initdb"]
            .iter()
            .all(|name| folder.join(name).exists())
    };
    folders.filter(is_complete).find_map(|folder| real(&folder))
}

/// `pg_isready` is beside the real `postgres`, not always beside a link to it.
fn real(folder: &Path) -> Option<PathBuf> {
    let folder = folder
        .join("postgres")
        .canonicalize()
        .ok()?
        .parent()?
        .to_owned();
    folder.join("pg_isready").exists().then_some(folder)
}

/// Runs the conformance suite on a server of its own, or says how much of it was not run and why.
pub fn test(repo: &Repo) -> Result<()> {
    if programs().is_some() {
        return conformance(repo)?.last_step("test the store on PostgreSQL");
    }
    let list = tests(repo)?
        .args(["--ignored", "--list", "postgres"])
        .read()?;
    let count = list.lines().filter(|line| line.ends_with(": test")).count();
    report::note(&format!(
        "NOT RUN: {count} tests of the store on PostgreSQL, whose programs are not installed here"
    ));
    report::note("`cargo xtask interop store` installs them and runs these tests");
    Ok(())
}

/// Every check that wants a server.
pub fn conformance(repo: &Repo) -> Result<Cmd> {
    Ok(tests(repo)?.args(["--ignored", "postgres"]))
}

/// The store's integration tests.
pub fn tests(repo: &Repo) -> Result<Cmd> {
    repo.tests("metier-store")
}
