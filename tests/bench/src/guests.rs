//! Where `cargo xtask guests` put the bench's components.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

/// The typed skill.
pub const TYPED: &str = "bench_typed";
/// The dynamic skill.
pub const DYNAMIC: &str = "bench_dynamic";

/// The component as cargo built it, without any section of ours.
pub fn component(name: &str) -> Result<Vec<u8>> {
    let path = target()
        .join("guests/bench-guests/wasm32-wasip2/release")
        .join(format!("{name}.wasm"));
    ensure!(
        path.is_file(),
        "{} is missing; run `cargo xtask guests`",
        path.display()
    );
    std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// The build's target folder.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from)
}
