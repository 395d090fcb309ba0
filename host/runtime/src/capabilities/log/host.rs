//! The WIT side of logging.

use metier_core::LogLevel;
use metier_core::policy::Request;

use super::{LogCtx, LogLine};
use crate::bindings::logging::logging::{Host, Level};
use crate::text;

/// Longest context that is kept, in characters.
const MAX_CONTEXT: usize = 100;
/// Longest message that is kept, in characters: longer ones are data, which belongs in an artifact.
const MAX_MESSAGE: usize = 4_000;
/// What a line costs beside its text, in bytes, so that endless empty lines run out too.
const LINE_OVERHEAD: u64 = 32;

impl Host for LogCtx {
    /// Never an error: the interface has none, and logging must not change what a skill does.
    fn log(&mut self, level: Level, context: String, message: String) -> wasmtime::Result<()> {
        let level = least(level);
        self.call.asks(&Request::Log { level });
        match self.call.allow(|authority| authority.log(level)) {
            Ok(true) => {}
            Ok(false) | Err(_) => return Ok(()),
        }
        let line = LogLine {
            level,
            context: text::one_line(&context, MAX_CONTEXT),
            message: text::one_line(&message, MAX_MESSAGE),
        };
        let size = LINE_OVERHEAD + (line.context.len() + line.message.len()) as u64;
        if self.call.meter().take_log_bytes(size).is_ok() {
            self.call.observer().log(&line);
            self.lines.push(line);
        }
        Ok(())
    }
}

fn least(level: Level) -> LogLevel {
    match level {
        Level::Trace => LogLevel::Trace,
        Level::Debug => LogLevel::Debug,
        Level::Info => LogLevel::Info,
        Level::Warn => LogLevel::Warn,
        Level::Error => LogLevel::Error,
        Level::Critical => LogLevel::Critical,
    }
}
