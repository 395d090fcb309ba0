//! Keeps one credential fresh: one renewal at a time, early where possible.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use metier_core::{
    grant::Credential,
    ids::{CredentialName, PrincipalId},
};
use tokio::sync::watch;

use super::{
    Attached, CredentialError, SecretSources, TokenTransport,
    issuer::{Issued, Issuer},
};
use crate::egress::{Clock, EgressCall};

/// An error is not asked for again within this time: long enough to spare an issuer a storm, short enough that whoever
/// mends the cause need not wait.
const ERROR_KEPT: Duration = Duration::from_secs(1);

/// Renewals after a 401 are at least this far apart: a service that answers 401 whatever it gets must not make us storm the
/// issuer.
const BETWEEN_FORCED: Duration = Duration::from_secs(1);

type Outcome = Result<Attached, CredentialError>;
type Watch = watch::Receiver<Option<Outcome>>;

/// One credential and what is known of it.
pub struct Keeper {
    name: CredentialName,
    issuer: Issuer,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<Current>,
    renewing: Option<Watch>,
    failed: Option<(SystemTime, CredentialError)>,
    forced: Option<SystemTime>,
    generation: u64,
}

struct Current {
    attached: Attached,
    renew_from: SystemTime,
    good_until: Option<SystemTime>,
}

impl Keeper {
    /// Reads and asks nothing yet.
    pub fn new(
        name: &CredentialName,
        credential: &Credential,
        user: Option<PrincipalId>,
        sources: &Arc<SecretSources>,
        transport: &Arc<dyn TokenTransport>,
        clock: &Clock,
    ) -> Self {
        let issuer = Issuer::new(
            name.clone(),
            credential.clone(),
            user,
            sources.clone(),
            transport.clone(),
        );
        Keeper {
            name: name.clone(),
            issuer,
            clock: clock.clone(),
            state: Mutex::default(),
        }
    }

    /// The credential as it is, or as it is about to be.
    pub async fn get(self: &Arc<Self>, call: &Arc<EgressCall>) -> Outcome {
        let renewal = {
            let (now, mut state) = ((self.clock)(), self.lock());
            match state
                .current
                .as_ref()
                .filter(|current| current.is_good(now))
            {
                Some(current) => {
                    let (attached, early) = (current.attached.clone(), now >= current.renew_from);
                    if early && state.may_renew(now) {
                        self.renewal(&mut state, call);
                    }
                    return Ok(attached);
                }
                None => {
                    if let Some(error) = state.recent_failure(now) {
                        return Err(error);
                    }
                    self.renewal(&mut state, call)
                }
            }
        };
        self.wait(renewal).await
    }

    /// Another credential than `old`, which was refused; none when there is none to be had.
    pub async fn renew(
        self: &Arc<Self>,
        old: &Attached,
        call: &Arc<EgressCall>,
    ) -> Option<Attached> {
        let renewal = {
            let (now, mut state) = ((self.clock)(), self.lock());
            if let Some(current) = state
                .current
                .as_ref()
                .filter(|current| current.attached.generation != old.generation)
            {
                return Some(current.attached.clone());
            }
            if state.renewing.is_none()
                && state
                    .forced
                    .is_some_and(|at| is_within(now, at, BETWEEN_FORCED))
            {
                return None;
            }
            state.forced = Some(now);
            self.renewal(&mut state, call)
        };
        self.wait(renewal)
            .await
            .ok()
            .filter(|new| new.attach != old.attach)
    }

    /// The renewal under way, begun now if there is none. It belongs to no call: it goes on when its caller goes away.
    fn renewal(self: &Arc<Self>, state: &mut State, call: &Arc<EgressCall>) -> Watch {
        if let Some(renewing) = &state.renewing {
            return renewing.clone();
        }
        let (tell, told) = watch::channel(None);
        state.renewing = Some(told.clone());
        let (keeper, call) = (self.clone(), call.clone());
        tokio::spawn(async move {
            let unfinished = Unfinished(&keeper);
            let issued = keeper.issuer.issue(&call, (keeper.clock)()).await;
            std::mem::forget(unfinished);
            let _nobody_waits = tell.send(Some(keeper.settle(issued)));
        });
        told
    }

    fn settle(&self, issued: Result<Issued, CredentialError>) -> Outcome {
        let (now, mut state) = ((self.clock)(), self.lock());
        state.renewing = None;
        match issued {
            Ok(issued) => Ok(state.keep(issued)),
            Err(error) => {
                tracing::warn!(credential = %self.name, code = %error.code(), "a credential could not be renewed");
                state.failed = Some((now, error.clone()));
                Err(error)
            }
        }
    }

    async fn wait(&self, mut renewal: Watch) -> Outcome {
        let told = renewal
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|told| told.clone());
        told.unwrap_or_else(|| Err(CredentialError::Interrupted(self.name.clone())))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Clears the way for the next renewal when this one panics or its runtime stops.
struct Unfinished<'k>(&'k Keeper);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        self.0.lock().renewing = None;
    }
}

impl State {
    /// The same secret again keeps its generation: a 401 for it was a 401 for this one.
    fn keep(&mut self, issued: Issued) -> Attached {
        self.failed = None;
        let same = self
            .current
            .as_ref()
            .is_some_and(|current| current.attached.attach == issued.attach);
        self.generation += u64::from(!same);
        let attached = Attached {
            attach: issued.attach,
            echoes: Arc::new(issued.echoes),
            generation: self.generation,
        };
        self.current = Some(Current {
            attached: attached.clone(),
            renew_from: issued.renew_from,
            good_until: issued.good_until,
        });
        attached
    }

    fn may_renew(&self, now: SystemTime) -> bool {
        self.renewing.is_none() && self.recent_failure(now).is_none()
    }

    fn recent_failure(&self, now: SystemTime) -> Option<CredentialError> {
        let (at, error) = self.failed.as_ref()?;
        is_within(now, *at, ERROR_KEPT).then(|| error.clone())
    }
}

impl Current {
    fn is_good(&self, now: SystemTime) -> bool {
        self.good_until.is_none_or(|until| now < until)
    }
}

/// A clock that was set back counts as "long ago".
fn is_within(now: SystemTime, at: SystemTime, span: Duration) -> bool {
    now.duration_since(at).is_ok_and(|passed| passed < span)
}
