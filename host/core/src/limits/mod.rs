//! How much one call may use.
//!
//! Everything a call can use up has a limit, always. A skill may ask for less than the default, or for more; it gets more
//! only where an operator says so. See [`Limits::effective`].

mod ask;
mod defaults;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use ask::LimitsAsk;
pub(crate) use ask::read_limits;
use serde::{Deserialize, Serialize};

use crate::{
    call::micros,
    units::{ByteSize, Span},
};

/// What one call may use. Every field is a ceiling; what would pass it fails with its own code: time and memory end the
/// call, a request or an artifact is refused, a log line is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Limits {
    /// Linear memory of all instances together, in bytes. `skill-memory-exceeded`.
    pub memory_bytes: u64,
    /// Elements of all tables together. `skill-table-exceeded`.
    pub table_elements: u64,
    /// Time on a processor. `skill-cpu-exceeded`.
    #[serde(with = "micros", rename = "cpu-us")]
    pub cpu: Duration,
    /// Time on the wall, waiting included. `skill-wall-exceeded`.
    #[serde(with = "micros", rename = "wall-us")]
    pub wall: Duration,
    /// Bytes of log text kept. `skill-log-bytes-exceeded`.
    pub log_bytes: u64,
    /// Bytes of all artifacts together. `skill-artifact-bytes-exceeded`.
    pub artifact_bytes: u64,
    /// Outbound requests, redirects included. `skill-requests-exceeded`.
    pub requests: u32,
    /// Bytes of all request bodies together. `skill-request-bytes-exceeded`.
    pub request_bytes: u64,
    /// Bytes of all response bodies together. `skill-response-bytes-exceeded`.
    pub response_bytes: u64,
    /// Bytes of the answer as JSON. `skill-result-too-large`.
    pub result_bytes: u64,
    /// Bytes of the arguments as JSON; checked before the call. `invalid-arguments`.
    pub arguments_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        defaults::LIMITS
    }
}

impl Limits {
    /// What a host refuses to go beyond unless it is set up differently.
    pub const HOST_CEILING: Limits = defaults::HOST_CEILING;

    /// What this skill's calls may use.
    ///
    /// For each limit: the operator's number is the ceiling, or the default where the grant says nothing; what the skill
    /// asks for is what it gets, up to that ceiling, and the ceiling where it asks for nothing; the host's own ceiling
    /// is above both. So a skill alone can lower a limit and never raise one, and an operator who raises one raises it
    /// also for a skill that never asked.
    pub fn effective(host: &Limits, ask: &LimitsAsk, grant: &LimitsAsk) -> Limits {
        let default = Limits::default();
        let bytes = |ask: Option<ByteSize>, grant: Option<ByteSize>, default: u64, host: u64| {
            least(
                ask.map(ByteSize::bytes),
                grant.map(ByteSize::bytes),
                default,
                host,
            )
        };
        let time = |ask: Option<Span>, grant: Option<Span>, default: Duration, host: Duration| {
            least(
                ask.map(Span::duration),
                grant.map(Span::duration),
                default,
                host,
            )
        };
        Limits {
            memory_bytes: bytes(
                ask.memory,
                grant.memory,
                default.memory_bytes,
                host.memory_bytes,
            ),
            table_elements: least(
                ask.table_elements,
                grant.table_elements,
                default.table_elements,
                host.table_elements,
            ),
            cpu: time(ask.cpu, grant.cpu, default.cpu, host.cpu),
            wall: time(ask.wall, grant.wall, default.wall, host.wall),
            log_bytes: bytes(
                ask.log_bytes,
                grant.log_bytes,
                default.log_bytes,
                host.log_bytes,
            ),
            artifact_bytes: bytes(
                ask.artifact_bytes,
                grant.artifact_bytes,
                default.artifact_bytes,
                host.artifact_bytes,
            ),
            requests: least(
                ask.requests,
                grant.requests,
                default.requests,
                host.requests,
            ),
            request_bytes: bytes(
                ask.request_bytes,
                grant.request_bytes,
                default.request_bytes,
                host.request_bytes,
            ),
            response_bytes: bytes(
                ask.response_bytes,
                grant.response_bytes,
                default.response_bytes,
                host.response_bytes,
            ),
            result_bytes: bytes(
                ask.result_bytes,
                grant.result_bytes,
                default.result_bytes,
                host.result_bytes,
            ),
            arguments_bytes: default.arguments_bytes.min(host.arguments_bytes),
        }
    }
}

/// The rule for one limit.
fn least<T: Ord + Copy>(ask: Option<T>, grant: Option<T>, default: T, host: T) -> T {
    let ceiling = grant.unwrap_or(default).min(host);
    ask.unwrap_or(ceiling).min(ceiling)
}
