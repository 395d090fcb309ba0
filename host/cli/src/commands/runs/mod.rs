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

use metier_agent::{driver::RunError, journal::CodecError};
use metier_core::{Code, Fault, toml_text::TextError};
use metier_store::{Refusal, StoreError};

use crate::errors::{Failure, sentence};

/// A run error as the shell hears it.
fn failed(error: RunError) -> Failure {
    match error {
        RunError::Store(error) => stored(error),
        RunError::Decision(error) => {
            let hint = "`metier approvals list` shows what is open.";
            fault(Code::Conflict, &error.to_string(), hint)
        }
        RunError::Codec(error @ CodecError::Newer(_)) => fault(
            Code::JournalNewer,
            &error.to_string(),
            Code::JournalNewer.hint(),
        ),
        RunError::Codec(error) => fault(
            Code::JournalDamaged,
            &error.to_string(),
            Code::JournalDamaged.hint(),
        ),
        RunError::Impossible(error) => fault(
            Code::JournalDamaged,
            &error.to_string(),
            Code::JournalDamaged.hint(),
        ),
        error @ (RunError::NoSuchEvent { .. } | RunError::TooLate { .. } | RunError::Name(_)) => {
            fault(
                Code::InvalidArguments,
                &error.to_string(),
                "`metier runs show` shows the events.",
            )
        }
    }
}

/// A store error as the shell hears it.
fn stored(error: StoreError) -> Failure {
    let code = match &error {
        StoreError::NotFound { .. } => Code::NotFound,
        StoreError::Corrupt { .. }
        | StoreError::CorruptBlob { .. }
        | StoreError::Rewound { .. } => Code::JournalDamaged,
        StoreError::OverBudget { .. } => Code::RunBudgetExceeded,
        StoreError::Fenced { .. } | StoreError::Conflict { .. } | StoreError::Exists => {
            Code::Conflict
        }
        StoreError::Refused(Refusal::InUse { .. }) => Code::Busy,
        _ => Code::StorageUnavailable,
    };
    fault(code, &error.to_string(), code.hint())
}

fn fault(code: Code, message: &str, hint: &str) -> Failure {
    Fault::new(code, sentence(message)).with_hint(hint).into()
}

/// A mistake in an agent's or chain's file.
fn mistaken(file: &std::path::Path, error: &TextError) -> Failure {
    let message = format!("{}, {error}.", file.display());
    let found = Fault::new(Code::InvalidArguments, message);
    match error.hint() {
        Some(hint) => found.with_hint(sentence(hint)).into(),
        None => found
            .with_hint("docs/guides/agents.md explains the file.")
            .into(),
    }
}
