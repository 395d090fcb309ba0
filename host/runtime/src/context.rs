//! What one call is and may do: shared by the store, the capabilities and the egress.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use metier_core::{Authority, Call, Denial, Grant, RunScope, policy::Request, units::ByteSize};

use crate::audit::Observer;
use crate::bindings::types;
use crate::capabilities::artifacts::ArtifactStore;
use crate::capabilities::kv::KvStore;
use crate::egress::{EgressCall, EgressError, RequestKeys};
use crate::host::Services;
use crate::meter::Meter;
use crate::registry::Installed;
use crate::skill::Skill;
use crate::within::{Unfulfilled, Within};
use crate::world::World;

/// How long after a call its last request would end. The call's own end comes first and is what is told; were both the same
/// moment, a guest could hear of its request's end and answer before it is stopped.
const AFTER: Duration = Duration::from_millis(500);

/// Different refusals kept per call. The first ones tell the story of a skill that probes for thousands.
const MAX_DENIALS: usize = 32;

/// What surrounds a call.
#[derive(Clone)]
pub struct Around {
    /// What the run allows.
    pub run: Arc<RunScope>,
    /// Who waits for it.
    pub observer: Arc<dyn Observer>,
    /// What its guest can ask of the run it belongs to.
    pub within: Arc<dyn Within>,
}

/// One call, from the moment it has a permit until its outcome is recorded.
pub struct CallContext {
    call: Call,
    installed: Arc<Installed>,
    run: Arc<RunScope>,
    services: Arc<Services>,
    observer: Arc<dyn Observer>,
    within: Arc<dyn Within>,
    meter: Arc<Meter>,
    keys: Option<Arc<RequestKeys>>,
    began: Instant,
    denials: Mutex<Denials>,
}

/// What a call was refused.
#[derive(Default)]
struct Denials {
    all: Vec<Denial>,
    last: Option<Denial>,
}

impl CallContext {
    /// A context for `call` to `installed`, as `around` has it.
    pub(crate) fn new(
        call: Call,
        installed: Arc<Installed>,
        around: Around,
        services: Arc<Services>,
    ) -> CallContext {
        let Around {
            run,
            observer,
            within,
        } = around;
        let meter = Arc::new(Meter::new(installed.limits().clone()));
        let keys = RequestKeys::of(&call).map(Arc::new);
        CallContext {
            call,
            installed,
            run,
            services,
            observer,
            within,
            meter,
            keys,
            began: Instant::now(),
            denials: Mutex::default(),
        }
    }

    /// Manifest, grant and run: ask it what the skill may do.
    pub fn authority(&self) -> Authority<'_> {
        Authority::new(self.installed.manifest(), self.grant(), &self.run)
    }

    /// Let whoever watches this world know what is asked for.
    pub(crate) fn asks(&self, request: &Request<'_>) {
        if let Some(witness) = &self.world().witness {
            witness.asked(request);
        }
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

    /// Remember a refusal: the same one once, so that repeating it hides no other.
    pub fn refused(&self, denial: Denial) {
        let mut denials = self.denials();
        if denials.all.len() < MAX_DENIALS && !denials.all.contains(&denial) {
            denials.all.push(denial.clone());
        }
        denials.last = Some(denial);
    }

    /// Was the request refused, rather than failed? Then remember it: by a rule, a limit, or for want of a credential.
    pub(crate) fn refused_by(&self, error: &EgressError) -> Option<Denial> {
        let denial = match error {
            EgressError::Denied(denial) => denial.clone(),
            EgressError::Limit(fault) => Denial::new(fault.code, fault.message.clone()),
            // What is wrong with a secret or a certificate names the host's files and variables: the operator's to read.
            EgressError::Credential(_) | EgressError::Trust(_) => {
                let fault = error.fault();
                Denial::new(
                    fault.code,
                    "The host could not attach the credential this request needs.",
                )
                .with_remedy(format!("{} {}", fault.message, fault.hint()))
            }
            _ => return None,
        };
        self.refused(denial.clone());
        Some(denial)
    }

    /// A wish the run did not fulfil: as a denial, which is remembered, or as a failure.
    pub(crate) fn unfulfilled(&self, error: Unfulfilled) -> Result<types::Denial, types::Failure> {
        match error {
            Unfulfilled::Denied(denial) => {
                self.refused(denial.clone());
                Ok(denial.into())
            }
            Unfulfilled::Failed(fault) => Err(types::Failure {
                code: fault.code.to_string(),
                retry_after_seconds: fault
                    .retry_after
                    .map(|wait| u32::try_from(wait.as_secs()).unwrap_or(u32::MAX)),
                message: fault.message,
            }),
        }
    }

    /// Whether something the guest hands to somebody else is no larger than arguments may be.
    pub(crate) fn fits(&self, bytes: usize) -> Result<(), String> {
        let most = self.meter.limits().arguments_bytes;
        match bytes as u64 <= most {
            true => Ok(()),
            false => Err(format!(
                "it has {bytes} bytes, and at most {} are taken",
                ByteSize(most)
            )),
        }
    }

    /// What is left of the time the call may take.
    pub(crate) fn left(&self) -> Duration {
        let wall = self.installed.wall(&self.call);
        wall.saturating_sub(self.began.elapsed())
    }

    /// The run around the call.
    pub(crate) fn within(&self) -> &dyn Within {
        &*self.within
    }

    /// The last refusal.
    pub fn last_denial(&self) -> Option<Denial> {
        self.denials().last.clone()
    }

    /// Every different refusal, in order, taken out.
    pub fn take_denials(&self) -> Vec<Denial> {
        std::mem::take(&mut self.denials().all)
    }

    fn denials(&self) -> MutexGuard<'_, Denials> {
        self.denials.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// What the call finds around it.
    pub fn world(&self) -> &World {
        self.installed.world()
    }

    /// Key-value data: the world's own, or the host's.
    pub(crate) fn kv(&self) -> &Arc<dyn KvStore> {
        self.world().kv.as_ref().unwrap_or(self.services.kv())
    }

    /// Artifacts: the world's own, or the host's.
    pub(crate) fn artifacts(&self) -> &Arc<dyn ArtifactStore> {
        self.world()
            .artifacts
            .as_ref()
            .unwrap_or(self.services.artifacts())
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
            manifest: self.installed.manifest().clone(),
            grant: self.grant().clone(),
            run: self.run.clone(),
            credentials: self.installed.credentials().clone(),
            upstream: self.world().upstream.clone(),
            meter: self.meter.clone(),
            keys: self.keys.clone(),
            audit: self.services.egress_audit().clone(),
            call: self.call.id.clone(),
            tenant: self.call.tenant.clone(),
            principal: self.call.principal.clone(),
            digest: self.call.skill,
            deadline: Some(self.began + self.installed.wall(&self.call) + AFTER),
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
