//! Names for calls: unique without a system call for each.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use metier_core::{CallId, Code, Fault};

/// A random prefix for this process, and a number.
pub(crate) struct CallIds {
    prefix: u64,
    next: AtomicU64,
}

impl CallIds {
    /// Unique is enough here, secret is not needed, and the keys of the standard library's hashes come from the system's
    /// randomness. The cryptographic generator would cost a short-lived process more than its call: it seeds itself
    /// from the jitter of the processor, for a dozen milliseconds.
    pub(crate) fn new() -> CallIds {
        CallIds {
            prefix: RandomState::new().build_hasher().finish(),
            next: AtomicU64::new(0),
        }
    }

    pub(crate) fn next(&self) -> Result<CallId, Fault> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let text = format!("{:016x}-{number}", self.prefix);
        text.parse()
            .map_err(|error| Fault::new(Code::HostInternal, format!("{error}")))
    }
}
