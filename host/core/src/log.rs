//! How important a log line is.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How important a log line is, least first; the levels of `wasi:logging`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    /// Every step.
    Trace,
    /// For whoever debugs the skill.
    Debug,
    /// What a reader of the log wants to know; the default least level kept.
    #[default]
    Info,
    /// Odd, but handled.
    Warn,
    /// Something failed.
    Error,
    /// The skill cannot go on.
    Critical,
}

impl LogLevel {
    /// Every level, least important first.
    pub const ALL: [LogLevel; 6] = [
        LogLevel::Trace,
        LogLevel::Debug,
        LogLevel::Info,
        LogLevel::Warn,
        LogLevel::Error,
        LogLevel::Critical,
    ];

    /// The word used in grants and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            LogLevel::Trace => "trace",
            LogLevel::Debug => "debug",
            LogLevel::Info => "info",
            LogLevel::Warn => "warn",
            LogLevel::Error => "error",
            LogLevel::Critical => "critical",
        }
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is no log level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no log level; it is one of trace, debug, info, warn, error, critical")]
pub struct UnknownLogLevel(String);

impl FromStr for LogLevel {
    type Err = UnknownLogLevel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = LogLevel::ALL
            .into_iter()
            .find(|level| level.as_str() == text);
        found.ok_or_else(|| UnknownLogLevel(crate::ids::shown(text)))
    }
}
