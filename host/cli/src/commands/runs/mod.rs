//! `metier run`, `runs`, `approvals` and `check`: durable runs from the command line.

pub mod approvals;
pub mod begin;
pub mod check;
mod live;
pub mod manage;
pub mod models;
mod session;
mod timeline;
mod watch;

use std::path::Path;

use metier_agent::driver::RunError;
use metier_core::toml_text::TextError;
use metier_service::faults;
use metier_store::StoreError;

use crate::errors::Failure;

/// A run error as the shell hears it.
fn failed(error: RunError) -> Failure {
    faults::of_run(&error).into()
}

/// A store error as the shell hears it.
fn stored(error: StoreError) -> Failure {
    faults::of_store(&error).into()
}

/// A mistake in an agent's or chain's file.
fn mistaken(file: &Path, error: &TextError) -> Failure {
    faults::of_definition(&file.display().to_string(), error).into()
}
