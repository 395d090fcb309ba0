//! An audit that keeps every record, and can be waited for.

use std::sync::{Mutex, MutexGuard, PoisonError};

use metier_core::ids::CallId;
use metier_core::{AuditRecord, EgressRecord};
use metier_runtime::audit::Audit;
use tokio::sync::watch;

/// Every record of one host.
pub struct Records {
    calls: Mutex<Vec<AuditRecord>>,
    egress: Mutex<Vec<EgressRecord>>,
    written: watch::Sender<usize>,
}

impl Default for Records {
    fn default() -> Self {
        Records {
            calls: Mutex::default(),
            egress: Mutex::default(),
            written: watch::Sender::new(0),
        }
    }
}

impl Records {
    /// Every request of every call so far.
    pub fn egress_all(&self) -> Vec<EgressRecord> {
        lock(&self.egress).clone()
    }

    /// The records of all calls, in the order in which they ended.
    pub fn all(&self) -> Vec<AuditRecord> {
        lock(&self.calls).clone()
    }

    /// The records of one call: there must be one.
    pub fn of(&self, id: &CallId) -> Vec<AuditRecord> {
        lock(&self.calls)
            .iter()
            .filter(|record| record.call == *id)
            .cloned()
            .collect()
    }

    /// The requests of one call, in the order they ended.
    pub fn egress_of(&self, id: &CallId) -> Vec<EgressRecord> {
        lock(&self.egress)
            .iter()
            .filter(|record| record.call == *id)
            .cloned()
            .collect()
    }

    /// Wait until the call was written down.
    pub async fn written(&self, id: &CallId) -> AuditRecord {
        let mut written = self.written.subscribe();
        loop {
            if let Some(record) = self.of(id).pop() {
                return record;
            }
            written
                .changed()
                .await
                .expect("the audit outlives its waiters");
        }
    }
}

impl Audit for Records {
    fn call(&self, record: &AuditRecord) {
        lock(&self.calls).push(record.clone());
        self.written.send_modify(|written| *written += 1);
    }

    fn egress(&self, record: &EgressRecord) {
        lock(&self.egress).push(record.clone());
        self.written.send_modify(|written| *written += 1);
    }
}

fn lock<T>(records: &Mutex<Vec<T>>) -> MutexGuard<'_, Vec<T>> {
    records.lock().unwrap_or_else(PoisonError::into_inner)
}
