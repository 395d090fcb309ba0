//! `cargo xtask check`: everything but the tests.
//!
//! Format, lints, licences and bans, documentation links, vendored WIT. Quick ones first.

use anyhow::Result;

use crate::repo::Repo;
use crate::toolchain::{self, GUEST_TARGET};
use crate::{deny, guests, vendor_wit};

/// Runs every check; stops at the first that fails.
pub fn run(repo: &Repo) -> Result<()> {
    vendor_wit::check(repo)?;
    format(repo)?;
    lints(repo)?;
    docs(repo)?;
    deny::run(repo)
}

fn format(repo: &Repo) -> Result<()> {
    repo.cargo()
        .args(["fmt", "--all", "--check"])
        .step("format: the workspace")?;
    repo.cargo()
        .args(["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"])
        .step("format: the fuzz targets")?;
    for guest in guests::workspaces(repo)? {
        guest
            .cargo(repo)
            .args(["fmt", "--all", "--check"])
            .step(&format!("format: the guest {}", guest.name()))?;
    }
    Ok(())
}

fn lints(repo: &Repo) -> Result<()> {
    repo.cargo()
        .args(["clippy", "--workspace", "--all-targets"])
        .args(["--", "-D", "warnings"])
        .step("lints: the workspace")?;
    let guests = guests::workspaces(repo)?;
    if !guests.is_empty() {
        toolchain::ensure_guest_target(repo)?;
    }
    for guest in guests {
        guest
            .cargo_together(repo)
            .args(["clippy", "--workspace", "--target", GUEST_TARGET])
            .args(["--", "-D", "warnings"])
            .step(&format!("lints: the guest {}", guest.name()))?;
    }
    Ok(())
}

fn docs(repo: &Repo) -> Result<()> {
    repo.cargo()
        .args(["doc", "--workspace", "--no-deps"])
        .env("RUSTDOCFLAGS", "-D rustdoc::broken_intra_doc_links")
        .step("docs: no broken links")
}
