//! `cargo xtask guests`: builds the guest components and packs those that are skills.
//!
//! Each package of a guest [`Workspace`] becomes one component. A package with a `skill.toml`
//! beside its `Cargo.toml` is packed into `target/skills/FOLDER.wasm`: with a `SKILL.md` by `metier build`, as its author
//! would, and without by `metier pack`, with the manifest and the `wit` folder beside it. The component of every
//! other package stays where cargo put it: `target/guests/WORKSPACE/wasm32-wasip2/release/`. A component that is kept in the
//! repository, because `metier` carries it, is compared with what was built.

mod committed;
mod pack;
mod replay;
mod workspace;

use std::path::PathBuf;

use anyhow::{Result, bail};

pub use self::pack::up_to_date;
pub use self::replay::replay;
pub use self::workspace::BENCH;
use self::workspace::{Package, ROOTS};
pub use self::workspace::{Workspace, workspaces};
use crate::repo::Repo;

/// Arguments of `cargo xtask guests`.
#[derive(clap::Args, Default)]
pub struct Args {
    /// Build this guest workspace or package only; the benchmark's are built in no other way
    #[arg(long, value_name = "NAME")]
    pub only: Option<String>,
}

/// Builds those of the tests and what we ship, and packs nothing.
pub fn build(repo: &Repo) -> Result<()> {
    let workspaces = workspaces(repo)?;
    let mut wanted = workspaces.iter().filter(|it| it.name() != BENCH);
    wanted.try_for_each(|workspace| workspace.build(repo, None))
}

/// Builds and packs; returns the packed skills.
pub fn run(repo: &Repo, args: &Args) -> Result<Vec<PathBuf>> {
    let only = args.only.as_deref();
    let mut built = Vec::new();
    for workspace in workspaces(repo)? {
        let mut packages = workspace.packages(repo)?;
        if only.map_or(workspace.name() != BENCH, |name| name == workspace.name()) {
            workspace.build(repo, None)?;
        } else if only.is_none() {
            packages.clear();
        } else {
            packages.retain(|package| only == Some(&package.name));
            let Some(package) = packages.first() else {
                continue;
            };
            workspace.build(repo, Some(&package.name))?;
        }
        built.append(&mut packages);
    }
    committed::check(&built)?;
    if let (Some(name), true) = (only, built.is_empty()) {
        bail!("no guest is called `{name}` under {}", ROOTS.join(", "));
    }
    pack::all(repo, &built)
}
