//! `wasi:logging` and the guest's standard streams: text for the operator, never for the model.
//!
//! `wasi:logging` needs the `log` capability. Standard output and error are always there, because every language's
//! panics end in them; all three share the call's log limit. What is beyond it is dropped and counted.

mod host;
mod stdio;

use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::StoreContextMut;
use wasmtime::component::{HasData, Linker};

use crate::bindings;
use crate::bindings::logging::logging::{Host as _, Level};
use crate::context::CallContext;
use crate::store::CallState;

pub use stdio::Stdio;

/// One line a guest logged.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LogLine {
    /// How important it is.
    pub level: metier_core::LogLevel,
    /// What the guest called the place, possibly empty.
    pub context: String,
    /// The text, on one line.
    pub message: String,
}

/// What a call logged, and what it wrote to its standard streams.
pub struct LogCtx {
    call: Arc<CallContext>,
    lines: Vec<LogLine>,
    stdio: Stdio,
}

impl LogCtx {
    /// Nothing logged yet.
    pub fn new(call: Arc<CallContext>) -> LogCtx {
        LogCtx {
            stdio: Stdio::new(call.clone()),
            call,
            lines: Vec::new(),
        }
    }

    /// The stream both `stdout` and `stderr` write to.
    pub fn stdio(&self) -> Stdio {
        self.stdio.clone()
    }

    /// The lines and the text of the standard streams, taken out.
    pub fn take(&mut self) -> (Vec<LogLine>, String) {
        (std::mem::take(&mut self.lines), self.stdio.take())
    }
}

struct Has;

impl HasData for Has {
    type Data<'a> = &'a mut LogCtx;
}

pub(super) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    bindings::logging::logging::add_to_linker::<_, Has>(linker, |state| {
        &mut state.capabilities.log
    })?;
    linker.instance(UNVERSIONED)?.func_wrap(
        "log",
        |mut state: StoreContextMut<'_, CallState>, (level, context, message): Line| {
            let log = &mut state.data_mut().capabilities.log;
            log.log(level, context, message)
        },
    )
}

/// The interface as components name it that were built before its draft had a version; published ones still do.
const UNVERSIONED: &str = "wasi:logging/logging";

type Line = (Level, String, String);

/// A poisoned buffer still holds whole bytes.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
