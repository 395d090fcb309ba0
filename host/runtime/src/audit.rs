//! Who is told what happened.

use metier_core::{AuditRecord, EgressRecord};

use crate::capabilities::log::LogLine;

/// Receives one record per call and one per request that left, or was refused.
///
/// Called on the call's own path: an implementation must not block. Batch, or hand over to a thread.
pub trait Audit: Send + Sync {
    /// A call ended, however it ended.
    fn call(&self, record: &AuditRecord);
    /// A request was sent, refused or given up.
    fn egress(&self, record: &EgressRecord);
}

/// Keeps nothing: for the bench, and for callers who only want the outcome.
pub struct NoAudit;

impl Audit for NoAudit {
    fn call(&self, _: &AuditRecord) {}
    fn egress(&self, _: &EgressRecord) {}
}

/// Whoever waits for one call and wants to see it happen.
pub trait Observer: Send + Sync {
    /// The skill reports how far it is; `fraction` lies between 0 and 1.
    fn progress(&self, _message: &str, _fraction: Option<f64>) {}
    /// The skill logged a line that its grant keeps.
    fn log(&self, _line: &LogLine) {}
}

/// Nobody watches.
pub struct NoObserver;

impl Observer for NoObserver {}
