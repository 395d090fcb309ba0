//! The compiler targets guests need, added with rustup when they are missing.

use std::path::Path;

use anyhow::{Result, bail};

use crate::cmd::Cmd;
use crate::repo::Repo;
use crate::report;

/// What guests are compiled to: a component that imports WASI 0.2.
pub const GUEST_TARGET: &str = "wasm32-wasip2";

/// Makes sure that the toolchain in use can compile guests.
pub fn ensure_guest_target(repo: &Repo) -> Result<()> {
    if installed(repo)? {
        return Ok(());
    }
    report::note(&format!(
        "the Rust target {GUEST_TARGET} is missing: adding it"
    ));
    let added = Cmd::new("rustup")
        .args(["target", "add", GUEST_TARGET])
        .dir(repo.root())
        .step(&format!("add the target {GUEST_TARGET}"));
    match added {
        Ok(()) if installed(repo)? => Ok(()),
        Ok(()) => bail!(
            "rustup added {GUEST_TARGET} to a toolchain that `rustc` here does not belong to"
        ),
        Err(error) => Err(error.context(format!(
            "guests need the Rust target {GUEST_TARGET}; without rustup, install your system's package for it"
        ))),
    }
}

/// Asks the compiler rather than rustup: it may come from elsewhere.
fn installed(repo: &Repo) -> Result<bool> {
    let sysroot = Cmd::new("rustc")
        .args(["--print", "sysroot"])
        .dir(repo.root())
        .read()?;
    let libraries = Path::new(sysroot.trim()).join("lib/rustlib");
    Ok(libraries.join(GUEST_TARGET).join("lib").is_dir())
}
