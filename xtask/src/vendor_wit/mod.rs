//! `cargo xtask vendor-wit`: the WASI interfaces in `wit/deps`, from the pinned wasmtime release.
//!
//! What the host links and what skills are written against must be the same text, so the files
//! are copies out of the crates.io packages of the wasmtime version in `Cargo.lock`. One
//! package has no crate (`wasi:logging`): its file is kept by hand. `wit/deps.lock` names the
//! source of every folder and pins every file by SHA-256; `--check` needs nothing else, so it
//! works offline. It fails when a file changed, appeared or went, and when wasmtime moved on.

mod lock;
mod source;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};

use self::lock::{Lock, digests};
use crate::repo::Repo;
use crate::report;

/// Arguments of `cargo xtask vendor-wit`.
#[derive(clap::Args)]
pub struct Args {
    /// Change nothing; fail when `wit/deps` is not what `wit/deps.lock` says
    #[arg(long)]
    check: bool,
}

/// Where the copies lie, and the file that pins them.
const DEPS: &str = "wit/deps";
const LOCK: &str = "wit/deps.lock";

/// Refreshes, or checks.
pub fn run(repo: &Repo, args: &Args) -> Result<()> {
    if args.check {
        check(repo)
    } else {
        refresh(repo)
    }
}

/// Compares `wit/deps` with its lock, and the lock with the wasmtime release in use.
pub fn check(repo: &Repo) -> Result<()> {
    report::step("vendored WIT: no drift", "cargo xtask vendor-wit --check");
    let found = verify(
        &Lock::read(&repo.path(LOCK))?,
        &digests(&repo.path(DEPS))?,
        &source::wasmtime_version(repo)?,
    );
    found.with_context(|| {
        format!("{DEPS} has drifted; `cargo xtask vendor-wit` restores it from its sources")
    })
}

/// What `--check` compares, with nothing read from anywhere.
fn verify(lock: &Lock, found: &BTreeMap<String, String>, wasmtime: &str) -> Result<()> {
    if lock.wasmtime != wasmtime {
        bail!(
            "{LOCK} was made from wasmtime {}, the workspace uses {wasmtime}",
            lock.wasmtime
        );
    }
    let pinned = lock.files();
    for (file, digest) in found {
        match pinned.get(file) {
            None => bail!("{DEPS}/{file} is not in {LOCK}"),
            Some(pin) if *pin != digest => bail!("{DEPS}/{file} is not the pinned text"),
            Some(_) => {}
        }
    }
    match pinned.keys().find(|file| !found.contains_key(*file)) {
        Some(file) => bail!("{DEPS}/{file} is missing"),
        None => Ok(()),
    }
}

/// Copies every file anew and writes the lock.
fn refresh(repo: &Repo) -> Result<()> {
    let deps = repo.path(DEPS);
    let wasmtime = source::wasmtime_version(repo)?;
    if repo.path(LOCK).exists() {
        keep_by_hand(&Lock::read(&repo.path(LOCK))?, &digests(&deps)?)?;
    }
    for (folder, files) in source::fetch(repo, &wasmtime)? {
        replace(&deps.join(folder), &files)?;
    }
    let lock = Lock::new(&wasmtime, &digests(&deps)?)?;
    lock.write(&repo.path(LOCK))?;
    report::note(&format!(
        "{DEPS} and {LOCK} are those of wasmtime {wasmtime}"
    ));
    Ok(())
}

/// A refresh must not bless a change to what it cannot fetch anew.
fn keep_by_hand(lock: &Lock, found: &BTreeMap<String, String>) -> Result<()> {
    for (folder, _) in source::BY_HAND {
        for (file, pin) in lock.files() {
            if Path::new(&file).starts_with(folder) && found.get(&file).is_none_or(|is| is != pin) {
                bail!(
                    "{DEPS}/{file} is kept by hand and is not the pinned text; restore it with `git checkout {DEPS}/{file}`, or pin the new text in {LOCK}"
                );
            }
        }
    }
    Ok(())
}

/// Makes `files` the only `.wit` files directly in `folder`.
fn replace(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wit") {
            std::fs::remove_file(&path)?;
        }
    }
    for (name, text) in files {
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
