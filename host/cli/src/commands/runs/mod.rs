//! `metier run`, `runs`, `approvals` and `check`: durable runs from the command line.

pub mod approvals;
pub mod begin;
pub mod check;
mod live;
pub mod manage;
pub mod models;
pub mod session;
mod timeline;
mod watch;

use std::path::Path;

use metier_agent::driver::RunError;
use metier_core::{Code, Fault, toml_text::TextError};
use metier_service::faults;
use metier_store::{StoreError, types::HostId};

use crate::errors::Failure;

/// This process, to the store: no other has its name.
pub fn host_id() -> Result<HostId, Failure> {
    let name = format!("{}-{:x}", std::process::id(), session::ids()() >> 64);
    name.parse()
        .map_err(|error| Fault::new(Code::HostInternal, format!("{error}")).into())
}

/// A run error as the shell hears it.
fn failed(error: RunError) -> Failure {
    faults::of_run(&error).into()
}

/// A store error as the shell hears it.
fn stored(error: StoreError) -> Failure {
    faults::of_store(&error).into()
}

/// A mistake in an agent's or chain's file.
pub fn mistaken(file: &Path, error: &TextError) -> Failure {
    faults::of_definition(&file.display().to_string(), error).into()
}
