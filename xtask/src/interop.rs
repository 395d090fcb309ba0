//! `cargo xtask interop`: unmodified public clients against our emulators.
//!
//! An emulator we wrote and a skill we wrote could agree on the same mistake. A client that
//! others wrote, installed from PyPI at pinned versions, cannot.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::cmd::Cmd;
use crate::emulator::Salesforce;
use crate::repo::Repo;
use crate::report;

/// The public clients and everything they pull in, each pinned.
const REQUIREMENTS: &str = "tests/interop/requirements.txt";

/// Sets the clients up and runs every script.
pub fn run(repo: &Repo) -> Result<()> {
    let python = environment(repo)?;
    let script = Cmd::new(python)
        .dir(repo.root())
        .arg("tests/interop/simple_salesforce.py");
    simple_salesforce_over_http(repo, script.clone())?;
    simple_salesforce_over_https(repo, script)
}

fn simple_salesforce_over_http(repo: &Repo, script: Cmd) -> Result<()> {
    let emulator = Salesforce::default().start(repo)?;
    script
        .arg(&emulator.ready.address)
        .step("simple-salesforce against the emulator, over http")
}

fn simple_salesforce_over_https(repo: &Repo, script: Cmd) -> Result<()> {
    let authority = repo.target("interop").join("authority.pem");
    let https = Salesforce {
        authority: Some(&authority),
        ..Salesforce::default()
    };
    let emulator = https.start(repo)?;
    script
        .arg(&emulator.ready.address)
        .arg("--ca")
        .arg(&authority)
        .step("simple-salesforce against the emulator, over https")
}

/// A virtual environment with the pinned clients; returns its Python.
fn environment(repo: &Repo) -> Result<PathBuf> {
    let wanted = std::fs::read_to_string(repo.path(REQUIREMENTS))
        .with_context(|| format!("read {REQUIREMENTS}"))?;
    let folder = repo.target("interop");
    let python = folder.join("venv/bin/python");
    let installed = folder.join("installed.txt");
    if python.exists() && std::fs::read_to_string(&installed).is_ok_and(|is| is == wanted) {
        report::note("the public clients are installed");
        return Ok(python);
    }
    std::fs::create_dir_all(&folder)?;
    create_venv(&folder.join("venv"))?;
    Cmd::new(&python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
        ])
        .arg(repo.path(REQUIREMENTS))
        .step("install the public clients from PyPI")?;
    std::fs::write(installed, wanted)?;
    Ok(python)
}

/// Debian's Python comes without `venv`: as root that is mended here, otherwise it is said.
fn create_venv(venv: &Path) -> Result<()> {
    let create = Cmd::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(venv);
    let title = "make a Python environment";
    if has_venv() {
        return create.step(title);
    }
    let install = Cmd::new("apt-get")
        .args(["install", "--yes", "--quiet", "python3-venv"])
        .env("DEBIAN_FRONTEND", "noninteractive");
    if !is_root() {
        anyhow::bail!("python3 is missing, or has no venv module; as root run\n  {install}");
    }
    report::note("python3 or its venv module is missing: installing it");
    Cmd::new("apt-get")
        .args(["update", "--quiet"])
        .step("update the package lists")?;
    install.step("install python3-venv")?;
    create.step(title)
}

fn has_venv() -> bool {
    Cmd::new("python3")
        .args(["-c", "import venv, ensurepip"])
        .read()
        .is_ok()
}

fn is_root() -> bool {
    let id = Cmd::new("id").arg("-u").read();
    id.is_ok_and(|id| id.trim() == "0")
}
