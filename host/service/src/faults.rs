//! The errors of stores and runs as faults a client can act on.

use metier_agent::{driver::RunError, journal::CodecError};
pub use metier_core::fault::sentence;
use metier_core::{Code, Fault, toml_text::TextError};
use metier_store::{Refusal, StoreError};

/// A run error as a fault.
pub fn of_run(error: &RunError) -> Fault {
    let (code, hint) = match error {
        RunError::Store(error) => return of_store(error),
        RunError::Decision(_) => (
            Code::Conflict,
            "`metier approvals list` shows what is open.",
        ),
        RunError::Codec(CodecError::Newer(_)) => (Code::JournalNewer, Code::JournalNewer.hint()),
        RunError::Codec(_) | RunError::Impossible(_) => {
            (Code::JournalDamaged, Code::JournalDamaged.hint())
        }
        RunError::NoSuchEvent { .. } | RunError::TooLate { .. } | RunError::Name(_) => (
            Code::InvalidArguments,
            "`metier runs show` shows the events.",
        ),
    };
    Fault::new(code, sentence(&error.to_string())).with_hint(hint)
}

/// A store error as a fault.
pub fn of_store(error: &StoreError) -> Fault {
    let code = match error {
        StoreError::NotFound { .. } => Code::NotFound,
        StoreError::Corrupt { .. }
        | StoreError::CorruptBlob { .. }
        | StoreError::Rewound { .. } => Code::JournalDamaged,
        StoreError::OverBudget { .. } => Code::RunBudgetExceeded,
        StoreError::Fenced { .. } | StoreError::Conflict { .. } | StoreError::Exists => {
            Code::Conflict
        }
        StoreError::Mismatch { .. } => Code::Conflict,
        StoreError::Refused(Refusal::InUse { .. }) => Code::Busy,
        _ => Code::StorageUnavailable,
    };
    Fault::new(code, sentence(&error.to_string()))
}

/// A mistake in the text of an agent or a chain, which `what` names.
pub fn of_definition(what: &str, error: &TextError) -> Fault {
    let fault = Fault::new(Code::InvalidArguments, format!("{what}, {error}."));
    match error.hint() {
        Some(hint) => fault.with_hint(sentence(hint)),
        None => fault.with_hint("docs/guides/agents.md explains the file."),
    }
}
