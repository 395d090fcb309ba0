//! The last step, counting and audit: one record per request, whatever becomes of it.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use metier_core::{
    audit::{EgressOutcome, EgressRecord},
    code::Code,
    ids::CredentialName,
};

use super::{EgressCall, EgressError, upload::Upload};

/// A record being filled in. Dropping it writes it: a request that is given up is written down as cancelled.
pub struct Record {
    call: Arc<EgressCall>,
    began: Instant,
    /// As [`EgressRecord::started_unix_ms`].
    started_unix_ms: u64,
    /// As asked for.
    pub method: String,
    /// Without its query.
    pub target: String,
    /// The pinned address.
    pub address: Option<IpAddr>,
    /// The credential attached.
    pub credential: Option<CredentialName>,
    /// The request's body, once there is one.
    pub upload: Option<Arc<Upload>>,
    /// Bytes of the answer's body so far.
    pub response_bytes: u64,
    outcome: EgressOutcome,
    allowed: bool,
    discarded: bool,
}

impl Record {
    /// Begins with what the skill asked for.
    pub fn begin(call: &Arc<EgressCall>, now: SystemTime, method: &str) -> Self {
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        Record {
            call: call.clone(),
            began: Instant::now(),
            started_unix_ms: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
            method: method.chars().take(32).collect(),
            target: String::new(),
            address: None,
            credential: None,
            upload: None,
            response_bytes: 0,
            outcome: EgressOutcome::Failed {
                code: Code::Cancelled,
            },
            allowed: false,
            discarded: false,
        }
    }

    /// From here on a failure is a failure, no refusal.
    pub fn allowed(&mut self) {
        self.allowed = true;
    }

    /// Another of these was written already.
    pub fn discard(&mut self) {
        self.discarded = true;
    }

    /// A status came back.
    pub fn answered(&mut self, status: u16) {
        self.outcome = EgressOutcome::Answered { status };
    }

    /// It came to nothing.
    pub fn failed(&mut self, error: &EgressError) {
        let code = error.code();
        let refused = !self.allowed || matches!(error, EgressError::Denied(_));
        self.outcome = if refused {
            EgressOutcome::Denied { code }
        } else {
            EgressOutcome::Failed { code }
        };
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if self.discarded {
            return;
        }
        let record = EgressRecord {
            started_unix_ms: self.started_unix_ms,
            call: self.call.call.clone(),
            tenant: self.call.tenant.clone(),
            digest: self.call.digest,
            method: std::mem::take(&mut self.method),
            target: std::mem::take(&mut self.target),
            address: self.address,
            credential: self.credential.take(),
            outcome: self.outcome,
            request_bytes: self.upload.as_ref().map_or(0, |upload| upload.bytes()),
            response_bytes: self.response_bytes,
            wall: self.began.elapsed(),
        };
        self.call.audit.record(record);
    }
}
