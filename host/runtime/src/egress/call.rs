//! What a request needs to know about the call it is part of.

use std::{sync::Arc, time::Instant};

use metier_core::{
    audit::EgressRecord,
    grant::Grant,
    ids::{CallId, Digest, PrincipalId, TenantId},
    manifest::Manifest,
    run::RunScope,
};

use super::{Upstream, repeat::RequestKeys};
use crate::{credentials::Credentials, meter::Meter};

/// Where records of requests go. Called once per request, from async code: take the record and return.
pub trait EgressAudit: Send + Sync {
    /// One request, allowed or denied, has come to its end.
    fn record(&self, record: EgressRecord);
}

/// One call as egress sees it. All fields are shared, so making one costs a few reference counts.
#[derive(Clone)]
pub struct EgressCall {
    /// What the skill asks for.
    pub manifest: Arc<Manifest>,
    /// What the operator allows it.
    pub grant: Arc<Grant>,
    /// How the run narrows that.
    pub run: Arc<RunScope>,
    /// The grant's credentials, with their tokens.
    pub credentials: Arc<Credentials>,
    /// Who answers its requests.
    pub upstream: Upstream,
    /// What the call has used and may use.
    pub meter: Arc<Meter>,
    /// What its requests that change something are known by when the call is repeated, if it may be.
    pub keys: Option<Arc<RequestKeys>>,
    /// Where its requests are written down.
    pub audit: Arc<dyn EgressAudit>,
    /// Its identity.
    pub call: CallId,
    /// For whom.
    pub tenant: TenantId,
    /// In whose name.
    pub principal: PrincipalId,
    /// By which skill.
    pub digest: Digest,
    /// When its time is over.
    pub deadline: Option<Instant>,
}

impl std::fmt::Debug for EgressCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EgressCall")
            .field("call", &self.call)
            .field("tenant", &self.tenant)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}
