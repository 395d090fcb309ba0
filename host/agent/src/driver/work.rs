//! A host at work: claims runs that are due, drives them, keeps its leases.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use metier_store::{
    StoreError,
    types::{Claim, HostId, Lease, PoolId, RunId},
};
use tokio::task::JoinSet;
use tracing::{Instrument, Span};

use super::{
    run::{Held, Rest},
    runs::{RunError, Runs},
};
use crate::{
    journal::Ending,
    trace::{self, TRACEPARENT},
};

/// How long a lease lasts. A dead host's runs go on elsewhere after that; shorter, and a stalled disk costs leases.
pub const LEASE: Duration = Duration::from_secs(10);

/// A lease is renewed three times while it lasts.
const RENEW: Duration = Duration::from_millis(3_300);

/// How often due runs are looked for when nothing hints at one.
const POLL: Duration = Duration::from_secs(1);

/// The runs a host holds, and the tasks that drive them.
type Leases = BTreeMap<RunId, (Lease, tokio::task::AbortHandle)>;

/// Counted as long as it is held.
struct AtWork(Arc<AtomicUsize>);

impl AtWork {
    fn begin(count: &Arc<AtomicUsize>) -> AtWork {
        count.fetch_add(1, Relaxed);
        AtWork(count.clone())
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// How a host works.
#[derive(Clone, Debug)]
pub struct Shift {
    /// Who it is: unique among all processes at all times.
    pub host: HostId,
    /// The pools it serves, and how long it leaves each one's runs to others first.
    pub pools: Vec<(PoolId, Duration)>,
    /// Runs at once.
    pub at_once: usize,
    /// How long a lease lasts.
    pub lease: Duration,
}

impl Shift {
    /// One host that serves one pool at once.
    pub fn of(host: HostId, pool: PoolId) -> Shift {
        Shift {
            host,
            pools: vec![(pool, Duration::ZERO)],
            at_once: 64,
            lease: LEASE,
        }
    }
}

impl Runs {
    /// Works until `shutdown` is ready; runs under way are then left as they are, and their leases given back.
    ///
    /// # Errors
    /// Only when the store refuses for good; what can pass is waited out.
    pub async fn work(
        &self,
        shift: Shift,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), RunError> {
        let mut shutdown = std::pin::pin!(shutdown);
        let mut hints = self.parts.store.hints();
        let mut at_work: JoinSet<(Lease, Result<Rest, RunError>)> = JoinSet::new();
        let mut leases = Leases::new();
        let mut renewal = tokio::time::interval(RENEW.min(shift.lease / 3));
        loop {
            let room = shift.at_once.saturating_sub(leases.len());
            if room > 0 {
                for claim in self.claim(&shift, room).await? {
                    let lease = claim.lease;
                    let runs = self.clone();
                    let task = at_work.spawn(async move { (lease, runs.drive(claim).await) });
                    // A lease of ours that ran out unnoticed: what was done under it has no say any more.
                    if let Some((_, before)) = leases.insert(lease.run, (lease, task)) {
                        before.abort();
                    }
                }
            }
            // In this order: however many runs come to an end, leases are renewed in time.
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                _ = renewal.tick() => self.renew(&shift, &mut leases).await,
                Some(ended) = at_work.join_next() => {
                    match ended {
                        Ok((lease, result)) => {
                            if leases.get(&lease.run).is_some_and(|(held, _)| *held == lease) {
                                leases.remove(&lease.run);
                            }
                            report(&lease.run, &result);
                        }
                        // It panicked: its lease is let run out, and another host takes the run up.
                        Err(error) => {
                            tracing::error!(%error, "the work on a run broke off");
                            leases.retain(|_, (_, task)| task.id() != error.id());
                        }
                    }
                }
                _ = hints.next() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
        at_work.abort_all();
        while at_work.join_next().await.is_some() {}
        for (lease, _) in leases.into_values() {
            self.parts.store.release(&lease).await?;
        }
        Ok(())
    }

    /// Drives the runs of one pool until none of them has anything left to do by itself at once, and says where the last
    /// one rests. For a command line, where a pool has one run.
    ///
    /// # Errors
    /// The store's, and a damaged journal.
    pub async fn rest(&self, host: &HostId, pool: &PoolId) -> Result<Option<Rest>, RunError> {
        let shift = Shift::of(host.clone(), pool.clone());
        let mut last = None;
        loop {
            let Some(claim) = self.claim(&shift, 1).await?.pop() else {
                return Ok(last);
            };
            last = Some(self.hold(&shift, claim).await?);
        }
    }

    /// Drives one run and keeps its lease meanwhile.
    async fn hold(&self, shift: &Shift, claim: Claim) -> Result<Rest, RunError> {
        let lease = claim.lease;
        let keep = async {
            loop {
                tokio::time::sleep(RENEW.min(shift.lease / 3)).await;
                let held = self
                    .parts
                    .store
                    .renew(&shift.host, &[lease], shift.lease)
                    .await;
                if held.is_ok_and(|held| held.is_empty()) {
                    return;
                }
            }
        };
        tokio::select! {
            biased;
            rest = self.drive(claim) => rest,
            () = keep => Err(StoreError::Fenced { epoch: lease.epoch }.into()),
        }
    }

    async fn drive(&self, claim: Claim) -> Result<Rest, RunError> {
        let _at_work = AtWork::begin(&self.at_work);
        let span = self.span(&claim);
        let parts = self.parts.clone();
        let driven = async move { Held::take(parts, claim).await?.go().await };
        let rest = driven.instrument(span.clone()).await;
        if let Ok(rest) = &rest {
            span.record("metier.run.state", rest.as_str());
        }
        if let Ok(Rest::Ended(ending)) = &rest
            && let Ending::Failed { fault } = &**ending
        {
            trace::failed(&span, fault.code);
        }
        rest
    }

    /// Of the work on a run, below what began the run.
    fn span(&self, claim: &Claim) -> Span {
        let label = |name: &str| {
            let mut labels = claim.labels.iter();
            let found = labels.find(|(key, _)| key.as_str() == name);
            found.map_or("", |(_, value)| value.as_str())
        };
        let run = &claim.lease.run;
        let span = trace::run(label("kind"), label("name"), label("version"), run);
        let began = label(TRACEPARENT);
        if !span.is_disabled() && !began.is_empty() {
            self.traces.join(&span, began);
        }
        span
    }

    /// Due runs; none when the store cannot be reached just now.
    async fn claim(&self, shift: &Shift, room: usize) -> Result<Vec<Claim>, RunError> {
        let claimed = self
            .parts
            .store
            .claim(&shift.host, &shift.pools, room, shift.lease)
            .await;
        match claimed {
            Err(error) if error.is_worth_retrying() => {
                tracing::warn!(%error, "no runs can be claimed; it is tried again");
                Ok(Vec::new())
            }
            claimed => Ok(claimed?),
        }
    }

    /// Renews every lease; the work on a run whose lease is lost ends at once.
    async fn renew(&self, shift: &Shift, leases: &mut Leases) {
        let all: Vec<Lease> = leases.values().map(|(lease, _)| *lease).collect();
        if all.is_empty() {
            return;
        }
        match self.parts.store.renew(&shift.host, &all, shift.lease).await {
            Ok(held) => leases.retain(|run, (_, task)| {
                let is_held = held.contains(run);
                if !is_held {
                    task.abort();
                }
                is_held
            }),
            Err(error) => tracing::warn!(%error, "leases cannot be renewed; it is tried again"),
        }
    }
}

fn report(run: &RunId, result: &Result<Rest, RunError>) {
    match result {
        Ok(_) => {}
        Err(RunError::Store(StoreError::Fenced { epoch })) => {
            tracing::info!(%run, %epoch, "another host has the run now");
        }
        Err(error) => tracing::error!(%run, %error, "the run is halted"),
    }
}
