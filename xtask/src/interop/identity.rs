//! Tokens of an OpenID provider that others wrote, oidc-provider, at a host service: on every surface, and by keys it rotates.

use anyhow::Result;

use super::Tools;
use crate::cmd::Cmd;
use crate::repo::Repo;

/// The script.
const IDENTITY: &str = "tests/interop/identity";

/// Starts the provider and a service in an empty home.
pub fn run(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    let modules = tools.npm("tests/interop/identity/npm", "interop/identity")?;
    let folder = repo.target("interop/identity");
    let home = folder.join("home");
    if home.exists() {
        std::fs::remove_dir_all(&home)?;
    }
    // A module finds its packages beside itself.
    std::fs::copy(
        repo.path(IDENTITY).join("drive.mjs"),
        folder.join("drive.mjs"),
    )?;
    Cmd::new(modules.join("node/bin/node"))
        .arg(folder.join("drive.mjs"))
        .arg(repo.program("metier")?)
        .arg(home)
        .step("tokens of oidc-provider")
}
