//! Names for calls: unique without a system call for each.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::rand;
use metier_core::{CallId, Code, Fault};

/// A random prefix for this process, and a number.
pub(crate) struct CallIds {
    prefix: u64,
    next: AtomicU64,
}

impl CallIds {
    pub(crate) fn new() -> Result<CallIds, Fault> {
        let mut prefix = [0; 8];
        rand::fill(&mut prefix).map_err(|_| {
            Fault::new(
                Code::HostInternal,
                "The system has no source of randomness.",
            )
        })?;
        Ok(CallIds {
            prefix: u64::from_le_bytes(prefix),
            next: AtomicU64::new(0),
        })
    }

    pub(crate) fn next(&self) -> Result<CallId, Fault> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let text = format!("{:016x}-{number}", self.prefix);
        text.parse()
            .map_err(|error| Fault::new(Code::HostInternal, format!("{error}")))
    }
}
