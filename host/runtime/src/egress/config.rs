//! How egress behaves for every tenant alike.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{Resolve, SystemResolver, Traceparent};

/// Tells the time: for records and for the life of tokens.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// How egress behaves for every tenant alike.
#[derive(Clone)]
pub struct EgressConfig {
    /// Names to addresses.
    pub resolver: Arc<dyn Resolve>,
    /// The time.
    pub clock: Clock,
    /// For TCP and TLS together, per address.
    pub connect_timeout: Duration,
    /// From the last byte sent to the first byte of the answer.
    pub first_byte_timeout: Duration,
    /// Between bytes of the answer.
    pub idle_timeout: Duration,
    /// Open connections of the whole host; more requests wait for `connect_timeout`.
    pub max_connections: usize,
    /// What hosts hear of traces; nothing by default.
    pub traceparent: Option<Traceparent>,
}

impl Default for EgressConfig {
    /// The system's resolver and clock; 10 s to connect (a far host with a lost packet needs 3), 60 s for the first byte
    /// (slow reports; the call's own limit is usually lower), 30 s between bytes, 16,384 connections (about 400 MiB if all
    /// of them are busy).
    fn default() -> Self {
        EgressConfig {
            resolver: Arc::new(SystemResolver),
            clock: Arc::new(SystemTime::now),
            connect_timeout: Duration::from_secs(10),
            first_byte_timeout: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(30),
            max_connections: 16_384,
            traceparent: None,
        }
    }
}
