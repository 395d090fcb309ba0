//! What one call has used up so far, and the ceilings it may not pass.
//!
//! One [`Meter`] per call, shared by everything the call does; plain atomics, so that counting costs nothing. Each `take_*`
//! counts first and then says whether that was too much: a call that has passed a ceiling stays past it. The first
//! ceiling passed is remembered, whatever the guest makes of the error it gets.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
};

use metier_core::{call::Usage, code::Code, fault::Fault, limits::Limits, units::ByteSize};

/// Counts one call's requests and bytes against its limits.
#[derive(Debug)]
pub struct Meter {
    limits: Limits,
    requests: AtomicU64,
    request_bytes: AtomicU64,
    response_bytes: AtomicU64,
    log_bytes: AtomicU64,
    artifact_bytes: AtomicU64,
    exceeded: OnceLock<Code>,
}

impl Meter {
    /// Nothing used yet.
    pub fn new(limits: Limits) -> Self {
        Meter {
            limits,
            requests: AtomicU64::new(0),
            request_bytes: AtomicU64::new(0),
            response_bytes: AtomicU64::new(0),
            log_bytes: AtomicU64::new(0),
            artifact_bytes: AtomicU64::new(0),
            exceeded: OnceLock::new(),
        }
    }

    /// The ceilings.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Whether more requests were made than may be.
    pub fn requests_exceeded(&self) -> bool {
        self.requests.load(Ordering::Relaxed) > u64::from(self.limits.requests)
    }

    /// Counts one outbound request.
    ///
    /// # Errors
    /// `skill-requests-exceeded`.
    pub fn take_request(&self) -> Result<(), Fault> {
        let limit = u64::from(self.limits.requests);
        self.take(&self.requests, 1, limit, Code::SkillRequestsExceeded)
    }

    /// Counts bytes of a request body.
    ///
    /// # Errors
    /// `skill-request-bytes-exceeded`.
    pub fn take_request_bytes(&self, bytes: u64) -> Result<(), Fault> {
        let limit = self.limits.request_bytes;
        self.take(
            &self.request_bytes,
            bytes,
            limit,
            Code::SkillRequestBytesExceeded,
        )
    }

    /// Counts bytes of a response body.
    ///
    /// # Errors
    /// `skill-response-bytes-exceeded`.
    pub fn take_response_bytes(&self, bytes: u64) -> Result<(), Fault> {
        let limit = self.limits.response_bytes;
        self.take(
            &self.response_bytes,
            bytes,
            limit,
            Code::SkillResponseBytesExceeded,
        )
    }

    /// Counts bytes of log text.
    ///
    /// # Errors
    /// `skill-log-bytes-exceeded`; the line is dropped, the call goes on.
    pub fn take_log_bytes(&self, bytes: u64) -> Result<(), Fault> {
        let limit = self.limits.log_bytes;
        self.take(&self.log_bytes, bytes, limit, Code::SkillLogBytesExceeded)
    }

    /// Counts bytes of an artifact.
    ///
    /// # Errors
    /// `skill-artifact-bytes-exceeded`.
    pub fn take_artifact_bytes(&self, bytes: u64) -> Result<(), Fault> {
        let limit = self.limits.artifact_bytes;
        self.take(
            &self.artifact_bytes,
            bytes,
            limit,
            Code::SkillArtifactBytesExceeded,
        )
    }

    /// Bytes of artifacts so far, what was refused included.
    pub fn artifact_bytes(&self) -> u64 {
        self.artifact_bytes.load(Ordering::Relaxed)
    }

    /// The first ceiling passed.
    pub fn exceeded(&self) -> Option<Code> {
        self.exceeded.get().copied()
    }

    /// What was used so far; time and memory are somebody else's to fill in.
    pub fn usage(&self) -> Usage {
        Usage {
            requests: u32::try_from(self.requests.load(Ordering::Relaxed)).unwrap_or(u32::MAX),
            request_bytes: self.request_bytes.load(Ordering::Relaxed),
            response_bytes: self.response_bytes.load(Ordering::Relaxed),
            log_bytes: self.log_bytes.load(Ordering::Relaxed),
            artifact_bytes: self.artifact_bytes.load(Ordering::Relaxed),
            ..Usage::default()
        }
    }

    fn take(&self, used: &AtomicU64, amount: u64, limit: u64, code: Code) -> Result<(), Fault> {
        // Wrapping would take 2^64 bytes of one call.
        let now = used
            .fetch_add(amount, Ordering::Relaxed)
            .saturating_add(amount);
        if now <= limit {
            return Ok(());
        }
        let _already = self.exceeded.set(code);
        Err(exceeded(code, limit))
    }
}

#[cold]
fn exceeded(code: Code, limit: u64) -> Fault {
    let size = ByteSize(limit);
    let message = match code {
        Code::SkillRequestsExceeded => {
            format!("The call made more than the {limit} requests it may make.")
        }
        Code::SkillRequestBytesExceeded => {
            format!("The call sent more than the {size} it may send.")
        }
        Code::SkillResponseBytesExceeded => {
            format!("The call received more than the {size} it may receive.")
        }
        Code::SkillLogBytesExceeded => format!("The call logged more than the {size} it may log."),
        _ => format!("The call handed back more than the {size} it may hand back."),
    };
    Fault::new(code, message).with_detail("limit", limit)
}

#[cfg(test)]
mod tests {
    use metier_core::{code::Code, limits::Limits};

    use super::Meter;

    #[test]
    fn a_ceiling_may_be_reached_and_not_passed_and_the_first_is_remembered() {
        let meter = Meter::new(Limits {
            requests: 2,
            request_bytes: 10,
            ..Limits::default()
        });
        assert!(meter.take_request().is_ok() && meter.take_request().is_ok());
        assert_eq!(meter.exceeded(), None);
        assert!(meter.take_request_bytes(10).is_ok());
        assert_eq!(
            meter.take_request_bytes(1).map_err(|fault| fault.code),
            Err(Code::SkillRequestBytesExceeded)
        );
        assert_eq!(
            meter.take_request().map_err(|fault| fault.code),
            Err(Code::SkillRequestsExceeded)
        );
        assert!(
            meter.take_request_bytes(0).is_err(),
            "past a ceiling is past it"
        );
        assert_eq!(meter.exceeded(), Some(Code::SkillRequestBytesExceeded));
        assert_eq!(
            (meter.usage().requests, meter.usage().request_bytes),
            (3, 11)
        );
    }

    #[test]
    fn each_kind_of_bytes_has_its_own_ceiling() {
        let limits = Limits {
            response_bytes: 1,
            log_bytes: 2,
            artifact_bytes: 3,
            ..Limits::default()
        };
        let meter = Meter::new(limits);
        assert!(meter.take_response_bytes(2).is_err());
        assert!(meter.take_log_bytes(2).is_ok() && meter.take_log_bytes(1).is_err());
        assert!(meter.take_artifact_bytes(3).is_ok() && meter.take_artifact_bytes(1).is_err());
    }
}
