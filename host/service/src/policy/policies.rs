//! The policy sets of all tenants, and what they decide.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use metier_core::{Code, Fault, PrincipalId, TenantId};
use metier_store::{
    Store,
    types::{Expect, Rev},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    asked::Asked,
    compiled::{Compiled, Mistake, Verdict},
};
use crate::{
    audit::{Decision, Event, Notes, What},
    records::{Kept, Mirror, Record},
};

/// Most mistakes that are told at once.
const MAX_TOLD: usize = 20;

/// What a decision is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// It is written down, and nothing is denied.
    LogOnly,
    /// It holds.
    Enforce,
}

impl Mode {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Mode::LogOnly => "log-only",
            Mode::Enforce => "enforce",
        }
    }
}

/// A tenant's policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", from = "Value")]
pub struct Policy {
    /// Cedar.
    pub text: String,
    /// What its decisions are worth.
    pub mode: Mode,
    /// Who changed it last.
    pub by: PrincipalId,
    /// When, in milliseconds since 1970.
    pub changed: u64,
}

impl Record for Policy {
    const KIND: &'static str = "policy";
}

/// As it is in the catalog.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Written {
    text: String,
    mode: Mode,
    by: PrincipalId,
    changed: u64,
}

impl From<Value> for Policy {
    /// An entry of a newer release that cannot be read would otherwise not be there, and that would allow everything: it is a set in which
    /// nothing is permitted.
    fn from(value: Value) -> Policy {
        match serde_json::from_value(value) {
            Ok(Written {
                text,
                mode,
                by,
                changed,
            }) => Policy {
                text,
                mode,
                by,
                changed,
            },
            Err(error) => {
                tracing::error!(%error, "a policy set cannot be read, so it denies everything");
                Policy {
                    text: String::new(),
                    mode: Mode::Enforce,
                    by: PrincipalId::local(),
                    changed: 0,
                }
            }
        }
    }
}

/// What a text was made into, and of which revision it is.
type Ready = (Rev, Arc<Result<Compiled, Vec<Mistake>>>);

/// The policy sets of all tenants.
pub struct Policies {
    kept: Mirror<Policy>,
    ready: RwLock<HashMap<TenantId, Ready>>,
    notes: Arc<dyn Notes>,
}

impl Policies {
    /// Those of `store`, whose decisions are written down.
    ///
    /// # Errors
    /// The store's.
    pub async fn open(store: Arc<dyn Store>, notes: Arc<dyn Notes>) -> Result<Self, Fault> {
        Ok(Policies {
            kept: Mirror::open(store).await?,
            ready: RwLock::default(),
            notes,
        })
    }

    /// Learns what other hosts changed.
    ///
    /// # Errors
    /// The store's.
    pub async fn look(&self) -> Result<(), Fault> {
        self.kept.look().await
    }

    /// A tenant's set.
    pub fn of(&self, tenant: &TenantId) -> Option<Kept<Policy>> {
        self.kept.get(tenant.as_str())
    }

    /// Gives a tenant a set, or another one.
    ///
    /// # Errors
    /// `invalid-arguments` with every mistake by its line; `conflict`; the store's.
    pub async fn put(&self, tenant: &TenantId, policy: &Policy) -> Result<(), Fault> {
        Compiled::read(&policy.text).map_err(|mistakes| wrong(&mistakes))?;
        let before = self.of(tenant);
        let expect = before.map_or(Expect::Absent, |before| Expect::Rev(before.rev));
        self.kept.put(tenant.as_str(), expect, policy).await
    }

    /// Takes a tenant's set away: grants and roles decide alone.
    ///
    /// # Errors
    /// `not-found`, `conflict`, the store's.
    pub async fn remove(&self, tenant: &TenantId) -> Result<(), Fault> {
        let before = self.of(tenant).ok_or_else(no_policy)?;
        let expect = Expect::Rev(before.rev);
        self.kept.remove(tenant.as_str(), expect).await?;
        let mut ready = self.ready.write().unwrap_or_else(PoisonError::into_inner);
        ready.remove(tenant);
        Ok(())
    }

    /// Goes on only when the tenant's policies, if it has any, let it. The decision is written down.
    ///
    /// # Errors
    /// `policy-denied`, naming the policies.
    pub fn permit(&self, asked: &Asked<'_>) -> Result<(), Fault> {
        let Some(kept) = self.of(asked.tenant) else {
            return Ok(());
        };
        let verdict = match &*self.ready(asked.tenant, &kept) {
            Ok(compiled) => compiled.decide(asked),
            Err(mistakes) => Arc::new(Verdict {
                allowed: false,
                policies: Vec::new(),
                errors: mistakes.iter().map(ToString::to_string).collect(),
            }),
        };
        let name = asked.name();
        let decision = match (verdict.allowed, kept.value.mode) {
            (true, _) => Decision::Allowed,
            (false, Mode::Enforce) => Decision::Denied,
            (false, Mode::LogOnly) => Decision::WouldDeny,
        };
        for error in &verdict.errors {
            tracing::warn!(tenant = %asked.tenant, tool = name, error, "a policy cannot be evaluated");
        }
        self.notes.note(&Event {
            what: What::Policy {
                decision,
                tool: &name,
                policies: &verdict.policies,
            },
            tenant: Some(asked.tenant),
            principal: Some(asked.principal),
            request: asked.request,
        });
        match decision {
            Decision::Denied => Err(denied(&name, &verdict)),
            Decision::Allowed | Decision::WouldDeny => Ok(()),
        }
    }

    fn ready(&self, tenant: &TenantId, kept: &Kept<Policy>) -> Arc<Result<Compiled, Vec<Mistake>>> {
        let known = self.ready.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((rev, compiled)) = known.get(tenant)
            && *rev == kept.rev
        {
            return compiled.clone();
        }
        drop(known);
        let compiled = Arc::new(Compiled::read(&kept.value.text));
        let mut ready = self.ready.write().unwrap_or_else(PoisonError::into_inner);
        ready.insert(tenant.clone(), (kept.rev, compiled.clone()));
        compiled
    }
}

/// What whoever asks for a set that is not there is told.
pub(super) fn no_policy() -> Fault {
    Fault::new(Code::NotFound, "The tenant has no policies.")
        .with_hint("Roles and grants decide alone until some are put.")
}

fn wrong(mistakes: &[Mistake]) -> Fault {
    let told: Vec<String> = mistakes
        .iter()
        .take(MAX_TOLD)
        .map(|mistake| format!("in {mistake}"))
        .collect();
    let message = format!("The policies cannot be used: {}.", told.join("; "));
    Fault::new(Code::InvalidArguments, message)
        .with_hint("docs/policy.md says what policies can speak of.")
}

fn denied(tool: &str, verdict: &Verdict) -> Fault {
    let message = format!("The tenant's policies do not allow this call of `{tool}`.");
    let hint = match (&verdict.errors[..], &verdict.policies[..]) {
        ([_, ..], _) => "A policy could not be evaluated, which denies: the host's log says which.",
        (_, []) => "No policy permits it: the operator adds one that does.",
        _ => "The policies named under `policies` forbid it: ask the operator.",
    };
    let policies = verdict.policies.join(", ");
    Fault::new(Code::PolicyDenied, message)
        .with_hint(hint)
        .with_detail("policies", policies)
}
