//! Components kept in the repository: what is there is what its source builds.
//!
//! `metier` carries the component of `skills/openapi`, so that whoever installs it needs no compiler. The file lies beside its
//! source under the name of its folder; skills are built to the same bytes wherever the checkout is.

use std::path::Path;

use anyhow::{Context, Result, bail};

use super::Package;
use crate::report;

/// Set to write the built components into the repository instead of comparing them.
const UPDATE: &str = "METIER_UPDATE_COMPONENTS";

/// Compares every built package with the component beside its `Cargo.toml`, where there is one.
pub fn check(built: &[Package]) -> Result<()> {
    let update = std::env::var_os(UPDATE).is_some();
    for package in built {
        let kept = package.dir.join(package.skill_file());
        if kept.is_file() {
            compare(&package.name, &package.component, &kept, update)?;
        }
    }
    Ok(())
}

fn compare(name: &str, built: &Path, kept: &Path, update: bool) -> Result<()> {
    let read =
        |path: &Path| std::fs::read(path).with_context(|| format!("read {}", path.display()));
    let bytes = read(built)?;
    if bytes == read(kept)? {
        report::note(&format!("{} is what its source builds", kept.display()));
        return Ok(());
    }
    if !update {
        bail!(
            "{} is not what its source builds ({}); write it anew with\n  {UPDATE}=1 cargo xtask guests --only {name}",
            kept.display(),
            built.display(),
        );
    }
    std::fs::write(kept, bytes).with_context(|| format!("write {}", kept.display()))?;
    report::note(&format!("wrote {}", kept.display()));
    Ok(())
}

#[cfg(test)]
mod tests;
