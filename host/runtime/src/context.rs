//! What one call is and may do: shared by the store, the capabilities and the egress.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use metier_core::{Authority, Call, Denial, Grant, RunScope};

use crate::audit::Observer;
use crate::egress::{EgressCall, EgressError};
use crate::host::Services;
use crate::meter::Meter;
use crate::registry::Installed;
use crate::skill::Skill;

/// Refusals kept per call. The first ones tell the story; a skill that probes for thousands is not told more.
const MAX_DENIALS: usize = 32;

/// One call, from the moment it has a permit until its outcome is recorded.
pub struct CallContext {
    call: Call,
    installed: Arc<Installed>,
    run: Arc<RunScope>,
    services: Arc<Services>,
    observer: Arc<dyn Observer>,
    meter: Arc<Meter>,
    began: Instant,
    denials: Mutex<Vec<Denial>>,
}

impl CallContext {
    /// A context for `call` to `installed`, narrowed by `run`.
    pub(crate) fn new(
        call: Call,
        installed: Arc<Installed>,
        run: Arc<RunScope>,
        services: Arc<Services>,
        observer: Arc<dyn Observer>,
    ) -> CallContext {
        let meter = Arc::new(Meter::new(installed.limits().clone()));
        CallContext {
            call,
            installed,
            run,
            services,
            observer,
            meter,
            began: Instant::now(),
            denials: Mutex::default(),
        }
    }

    /// Manifest, grant and run: ask it what the skill may do.
    pub fn authority(&self) -> Authority<'_> {
        Authority::new(self.skill().manifest(), self.grant(), &self.run)
    }

    /// Ask, and remember a refusal for the caller and the audit trail.
    ///
    /// # Errors
    /// The refusal.
    pub fn allow<'a, T>(
        &'a self,
        ask: impl FnOnce(Authority<'a>) -> Result<T, Denial>,
    ) -> Result<T, Denial> {
        ask(self.authority()).inspect_err(|denial| self.refused(denial.clone()))
    }

    /// Remember a refusal made elsewhere (the egress, a limit).
    pub fn refused(&self, denial: Denial) {
        let mut denials = self.denials.lock().unwrap_or_else(PoisonError::into_inner);
        if denials.len() < MAX_DENIALS {
            denials.push(denial);
        }
    }

    /// Was the request refused, rather than failed? Then remember it: by a rule, a limit, or for want of a credential.
    pub(crate) fn refused_by(&self, error: &EgressError) -> Option<Denial> {
        let denial = match error {
            EgressError::Denied(denial) => denial.clone(),
            EgressError::Limit(_) | EgressError::Credential(_) | EgressError::Trust(_) => {
                let fault = error.fault();
                Denial::new(fault.code, fault.message.clone()).with_remedy(fault.hint())
            }
            _ => return None,
        };
        self.refused(denial.clone());
        Some(denial)
    }

    /// The last refusal.
    pub fn last_denial(&self) -> Option<Denial> {
        self.denials
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .last()
            .cloned()
    }

    /// Every refusal, in order, taken out.
    pub fn take_denials(&self) -> Vec<Denial> {
        std::mem::take(&mut self.denials.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What was asked.
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// The code that runs.
    pub fn skill(&self) -> &Arc<Skill> {
        self.installed.skill()
    }

    /// The skill together with its grant.
    pub fn installed(&self) -> &Arc<Installed> {
        &self.installed
    }

    /// What the operator allows.
    pub fn grant(&self) -> &Arc<Grant> {
        self.installed.grant()
    }

    /// What the run allows.
    pub fn run(&self) -> &Arc<RunScope> {
        &self.run
    }

    /// What the host offers to every call.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// The call as the egress sees it.
    pub(crate) fn egress_call(&self) -> EgressCall {
        EgressCall {
            manifest: self.skill().manifest().clone(),
            grant: self.grant().clone(),
            run: self.run.clone(),
            credentials: self.installed.credentials().clone(),
            meter: self.meter.clone(),
            audit: self.services.egress_audit().clone(),
            call: self.call.id.clone(),
            tenant: self.call.tenant.clone(),
            digest: self.call.skill,
            deadline: Some(self.began + self.installed.wall(&self.call)),
        }
    }

    /// Who waits for the call.
    pub fn observer(&self) -> &dyn Observer {
        &*self.observer
    }

    /// What the call has used.
    pub fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }
}
