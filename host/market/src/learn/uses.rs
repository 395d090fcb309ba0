//! What calls used, and the witness that sees it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use metier_core::{
    BucketName, CanonicalUrl, ConfigKey, CredentialName, Method, RouteName, ToolName, ToolRef,
    policy::Request,
};
use metier_runtime::world::Witness;

/// What calls used.
#[derive(Clone, Debug, Default)]
pub struct Used {
    /// Tools called.
    pub tools: BTreeSet<ToolName>,
    /// Requests answered, in order.
    pub http: Vec<UsedHttp>,
    /// Buckets opened.
    pub buckets: BTreeSet<BucketName>,
    /// Settings looked up.
    pub keys: BTreeSet<ConfigKey>,
    /// The values they had.
    pub config_values: BTreeMap<ConfigKey, String>,
    /// Whether files were handed back.
    pub artifacts: bool,
    /// Whether something was logged.
    pub log: bool,
    /// Routes by which models were asked.
    pub routes: BTreeSet<RouteName>,
    /// Tools of other skills called.
    pub calls: BTreeSet<ToolRef>,
}

/// One request.
#[derive(Clone, Debug)]
pub struct UsedHttp {
    /// With this method.
    pub method: Method,
    /// To this URL.
    pub url: CanonicalUrl,
    /// The credential of the rule that allowed it.
    pub credential: Option<CredentialName>,
}

impl Used {
    /// And what another call used; requests apart.
    pub fn add(&mut self, other: &Used) {
        self.buckets.extend(other.buckets.iter().cloned());
        self.keys.extend(other.keys.iter().cloned());
        self.artifacts |= other.artifacts;
        self.log |= other.log;
        self.routes.extend(other.routes.iter().cloned());
        self.calls.extend(other.calls.iter().cloned());
    }
}

/// Writes down what is asked for, allowed or not.
#[derive(Default)]
pub struct Watch(Mutex<Used>);

impl Watch {
    /// What was asked for so far.
    pub fn used(&self) -> Used {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Witness for Watch {
    fn asked(&self, request: &Request<'_>) {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match request {
            Request::Kv { bucket } => drop(used.buckets.insert((*bucket).clone())),
            Request::Config { key } => drop(used.keys.insert((*key).clone())),
            Request::Artifacts { .. } => used.artifacts = true,
            Request::Log { .. } => used.log = true,
            Request::Model { route } => drop(used.routes.insert((*route).clone())),
            Request::Call { tool } => drop(used.calls.insert((*tool).clone())),
            // Requests are known from the recording; tools from the call; directories are not asked about one by one.
            Request::Tool { .. } | Request::Http { .. } | Request::Files { .. } => {}
        }
    }
}
