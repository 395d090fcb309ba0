//! The audit trail of `metier call`: what happened, kept for the cost line and, where asked for, in a file.
//!
//! The file gets one JSON object per line: `{"kind":"call",…}` once, `{"kind":"egress",…}` for each request.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::{Mutex, PoisonError},
};

use metier_core::{AuditRecord, EgressRecord, Usage};
use metier_runtime::audit::Audit;
use serde::Serialize;

/// Where the records of one call go.
#[derive(Default)]
pub struct Trail(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    file: Option<File>,
    failed: Option<io::Error>,
    last: Option<Usage>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Line<'r> {
    Call(&'r AuditRecord),
    Egress(&'r EgressRecord),
}

impl Trail {
    /// Appends to `path` as well, from now on.
    ///
    /// # Errors
    /// When the file cannot be opened: before anything is called.
    pub fn append_to(&self, path: &Path) -> io::Result<()> {
        self.inner().file = Some(OpenOptions::new().create(true).append(true).open(path)?);
        Ok(())
    }

    /// What the last call used; it is there even when the call was given up.
    pub fn last_usage(&self) -> Option<Usage> {
        self.inner().last.clone()
    }

    /// The first error of writing the file, once.
    pub fn take_failure(&self) -> Option<io::Error> {
        self.inner().failed.take()
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append(&self, line: &Line<'_>) {
        let mut inner = self.inner();
        let Some(file) = &mut inner.file else { return };
        let written = serde_json::to_vec(line)
            .map_err(io::Error::from)
            .and_then(|mut bytes| {
                bytes.push(b'\n');
                // One write, so that lines of several processes do not mix.
                file.write_all(&bytes)
            });
        if let Err(error) = written {
            inner.failed.get_or_insert(error);
        }
    }
}

impl Audit for Trail {
    fn call(&self, record: &AuditRecord) {
        self.append(&Line::Call(record));
        self.inner().last = Some(record.usage.clone());
    }

    fn egress(&self, record: &EgressRecord) {
        self.append(&Line::Egress(record));
    }
}
