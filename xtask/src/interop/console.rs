//! The console as people see it: Chromium, driven by puppeteer, does everything that can be done there, and axe looks at every page in
//! both themes. What the pages look like is in `target/interop/console/shots` afterwards.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Deserialize;

use super::Tools;
use crate::cmd::Cmd;
use crate::emulator::Emulator;
use crate::guests;
use crate::repo::Repo;
use crate::skills;

/// Scripts, and the models' routes.
const CONSOLE: &str = "tests/interop/console";

/// A browser, and letters for it to draw.
pub(super) const DEBIAN: &[&str] = &["chromium", "fonts-inter", "fonts-jetbrains-mono"];

/// Where Debian's browser is.
pub(super) const CHROMIUM: &str = "/usr/bin/chromium";

/// What `metier serve --output json` says first.
#[derive(Deserialize)]
struct Serving {
    address: String,
    admin_key: String,
}

/// What the emulator of providers says first.
#[derive(Deserialize)]
struct Providers {
    address: String,
    key: String,
}

/// Starts a service in an empty home, and a browser at it.
pub fn run(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    tools.debian(DEBIAN)?;
    let modules = tools.npm("tests/interop/console/npm", "interop/console")?;
    let folder = repo.target("interop/console");
    let skills = skills_of(repo, tools)?;
    let providers: Emulator<Providers> =
        Emulator::start(&Cmd::new(repo.program("metier-emulator-models")?))?;
    let service = serve(repo, &folder.join("home"), &providers.ready)?;
    // A module finds its packages beside itself.
    for script in ["agents", "browser", "drive", "stage", "tour"] {
        let name = format!("{script}.mjs");
        std::fs::copy(repo.path(CONSOLE).join(&name), folder.join(&name))?;
    }
    Cmd::new(modules.join("node/bin/node"))
        .arg(folder.join("drive.mjs"))
        .arg(&service.ready.address)
        .arg(&service.ready.admin_key)
        .arg(&providers.ready.address)
        .arg(skills)
        .arg(CHROMIUM)
        .arg(folder.join("shots"))
        .step("the console in a browser")
}

/// The skills that the stage has, packed.
fn skills_of(repo: &Repo, tools: &Tools<'_>) -> Result<PathBuf> {
    let only = Some("data".to_owned());
    guests::run(repo, &guests::Args { only })?;
    skills::described(repo)?;
    let packed = repo.target("skills");
    Cmd::new(tools.node_modules()?.join(".bin/jco"))
        .arg("parse")
        .arg(repo.path("tests/interop/service/math.wat"))
        .arg("-o")
        .arg(packed.join("math.wasm"))
        .read()?;
    Ok(packed)
}

fn serve(repo: &Repo, home: &Path, providers: &Providers) -> Result<Emulator<Serving>> {
    if home.exists() {
        std::fs::remove_dir_all(home)?;
    }
    std::fs::create_dir_all(home)?;
    let routes = std::fs::read_to_string(repo.path(CONSOLE).join("routes.toml"))?;
    let file = home.join("routes.toml");
    std::fs::write(&file, routes.replace("EMULATOR", &providers.address))?;
    let serve = Cmd::new(repo.program("metier")?)
        .args(["serve", "--listen", "127.0.0.1:0", "--output", "json"])
        .arg("--routes")
        .arg(file)
        .env("HOME", home.to_string_lossy().as_ref())
        .env("PROVIDERS_KEY", &providers.key);
    Emulator::start(&serve)
}
