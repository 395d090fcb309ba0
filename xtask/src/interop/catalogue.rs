//! A market's catalogue as people see it: Chromium, driven by puppeteer, looks at every page in both themes with axe, and decides what waits
//! for a person. What the pages look like is in `target/interop/catalogue/shots` afterwards.

use std::path::Path;

use anyhow::Result;
use serde::Deserialize;

use super::{
    Tools,
    console::{CHROMIUM, DEBIAN},
};
use crate::cmd::Cmd;
use crate::emulator::Emulator;
use crate::guests;
use crate::repo::Repo;
use crate::skills;

/// What `metier market serve --output json` says first.
#[derive(Deserialize)]
struct Serving {
    address: String,
    token: String,
}

/// Starts a market in an empty home, and a browser at it.
pub fn run(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    tools.debian(DEBIAN)?;
    let modules = tools.npm("tests/interop/console/npm", "interop/catalogue")?;
    let folder = repo.target("interop/catalogue");
    let only = Some("salesforce".to_owned());
    guests::run(repo, &guests::Args { only })?;
    skills::described(repo)?;
    let home = folder.join("home");
    if home.exists() {
        std::fs::remove_dir_all(&home)?;
    }
    std::fs::create_dir_all(&home)?;
    let metier = repo.program("metier")?;
    let market = serve(&metier, &home.join("market"))?;
    // A module finds its packages beside itself.
    for script in ["console/browser.mjs", "market/catalogue.mjs"] {
        let from = repo.path("tests/interop").join(script);
        let name = from.file_name().unwrap_or_default();
        std::fs::copy(&from, folder.join(name))?;
    }
    Cmd::new(modules.join("node/bin/node"))
        .arg(folder.join("catalogue.mjs"))
        .arg(&metier)
        .arg(&market.ready.address)
        .arg(&market.ready.token)
        .arg(repo.target("skills"))
        .arg(repo.target("guests"))
        .arg(repo.path("skills"))
        .arg(home)
        .arg(CHROMIUM)
        .arg(folder.join("shots"))
        .step("the catalogue in a browser")
}

fn serve(metier: &Path, data: &Path) -> Result<Emulator<Serving>> {
    let serve = Cmd::new(metier)
        .args(["market", "serve", "--listen", "127.0.0.1:0"])
        .args(["--allow-any-namespace", "--output", "json", "--data"])
        .arg(data);
    Emulator::start(&serve)
}
