//! Which events runs had, found in their journals.
//!
//! A run is written down as followed before it begins, where its tenant has an endpoint. Whoever has the duty looks which followed runs have
//! got further, whatever host works on them, and puts what happened into the outboxes before it writes down how far it has looked. So an
//! event is never lost, whenever a host dies; it may be put there twice, under the same id.

use std::collections::{BTreeMap, HashMap};

use metier_core::{Code, Fault, TenantId};
use metier_store::types::{
    Event as Stored, Expect, Page, RunFilter, RunId, RunRow, Seq, StateFilter, Time,
};

use super::{
    event::{Event, Kind, ending},
    record::{Followed, endpoint_key, run_key},
};
use crate::{directory::now, faults::of_store, service::Service};

/// Rows and events read at a time.
const PAGE: usize = 500;

/// Live runs of a tenant that are looked at: the newest. Older ones are looked at one by one.
const MAX_LIVE: usize = 10_000;

/// How long a run may be followed that never began, in milliseconds: its host died in between.
const NEVER_BEGAN: u64 = 10 * 60 * 1000;

impl Service {
    /// Follows a run that is about to begin, where anybody wants to hear of it.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn follow(&self, tenant: &TenantId, run: RunId) -> Result<(), Fault> {
        match self.is_heard(tenant) {
            true => self.follow_from(tenant, run, 0).await,
            false => Ok(()),
        }
    }

    fn is_heard(&self, tenant: &TenantId) -> bool {
        let endpoints = self.hooks().endpoints.below(&endpoint_key(tenant, ""));
        endpoints.iter().any(|(_, kept)| kept.value.enabled)
    }

    async fn follow_from(&self, tenant: &TenantId, run: RunId, seq: u64) -> Result<(), Fault> {
        let followed = Followed { seq, since: now() };
        let entry = run_key(tenant, run);
        let put = self.hooks().followed.put(&entry, Expect::Absent, &followed);
        // It is followed already.
        let is_there = |fault: Fault| (fault.code == Code::Conflict).then_some(()).ok_or(fault);
        put.await.or_else(is_there)
    }

    /// Follows the runs of a tenant that are under way, from here on.
    pub(super) async fn follow_live(&self, tenant: &TenantId) -> Result<(), Fault> {
        for (run, row) in self.live(tenant).await? {
            self.follow_from(tenant, run, row.head.0).await?;
        }
        Ok(())
    }

    /// Looks what happened in followed runs, and puts it into outboxes.
    ///
    /// # Errors
    /// The store's; what was not dealt with is the next time.
    pub(super) async fn look_at_runs(&self) -> Result<(), Fault> {
        let hooks = self.hooks();
        // An endpoint is there before what is followed for it: whoever sees the second sees the first.
        hooks.followed.look().await?;
        hooks.endpoints.look().await?;
        let mut tenants: BTreeMap<TenantId, Vec<(RunId, Followed)>> = BTreeMap::new();
        for (key, kept) in hooks.followed.below("") {
            let parts = key.split_once('/');
            let parts =
                parts.and_then(|(tenant, run)| Some((tenant.parse().ok()?, run.parse().ok()?)));
            if let Some((tenant, run)) = parts {
                let theirs = tenants.entry(tenant).or_default();
                theirs.push((run, (*kept.value).clone()));
            }
        }
        for (tenant, runs) in tenants {
            // What one tenant's runs have is no reason to tell nobody anything.
            if let Err(fault) = self.look_at(&tenant, runs).await {
                tracing::warn!(%tenant, code = %fault.code, "what happened in its runs is not known now");
            }
        }
        Ok(())
    }

    async fn look_at(&self, tenant: &TenantId, runs: Vec<(RunId, Followed)>) -> Result<(), Fault> {
        if !self.is_heard(tenant) {
            for (run, _) in runs {
                self.unfollow(tenant, run).await?;
            }
            return Ok(());
        }
        let mut live = self.live(tenant).await?;
        for (run, followed) in runs {
            let seen = self.hooks().seen(run).max(followed.seq);
            let row = match live.remove(&run) {
                Some(row) if row.head.0 <= seen => continue,
                Some(row) => Some(row),
                None => self
                    .store()
                    .run(&run)
                    .await
                    .map_err(|error| of_store(&error))?,
            };
            match row {
                Some(row) => {
                    if let Err(fault) = self.go_on(tenant, &row, &followed, seen).await {
                        tracing::warn!(%tenant, %run, code = %fault.code, "what happened in a run is not known now");
                    }
                }
                None if now().saturating_sub(followed.since) > NEVER_BEGAN => {
                    self.unfollow(tenant, run).await?;
                }
                None => {}
            }
        }
        Ok(())
    }

    async fn live(&self, tenant: &TenantId) -> Result<HashMap<RunId, RunRow>, Fault> {
        let filter = RunFilter {
            tenant: Some(tenant.clone()),
            state: Some(StateFilter::Live),
            ..RunFilter::default()
        };
        let (mut all, mut after) = (HashMap::new(), None);
        loop {
            let page = self.store().runs(&filter, Page { after, max: PAGE }).await;
            let page = page.map_err(|error| of_store(&error))?;
            let is_last = page.len() < PAGE;
            after = page.last().map(|row| row.run);
            all.extend(page.into_iter().map(|row| (row.run, row)));
            if is_last || all.len() >= MAX_LIVE {
                return Ok(all);
            }
        }
    }

    /// Tells what happened in a run after `seen`.
    async fn go_on(
        &self,
        tenant: &TenantId,
        row: &RunRow,
        followed: &Followed,
        seen: u64,
    ) -> Result<(), Fault> {
        let told = self.happened(row, seen).await?;
        for (kind, event) in &told {
            let event = Event::of_run(*kind, row, event.seq.0, millis(event.at));
            self.enqueue(tenant, &event).await?;
        }
        if ending(row).is_some() {
            return self.unfollow(tenant, row.run).await;
        }
        self.hooks().saw(row.run, row.head.0);
        if told.is_empty() {
            return Ok(());
        }
        let followed = Followed {
            seq: row.head.0,
            since: followed.since,
        };
        let entry = run_key(tenant, row.run);
        self.hooks()
            .followed
            .put(&entry, Expect::Any, &followed)
            .await
    }

    /// What there is to tell of a run after `seen`, as far as its row goes.
    async fn happened(&self, row: &RunRow, seen: u64) -> Result<Vec<(Kind, Stored)>, Fault> {
        let (mut told, mut from) = (Vec::new(), seen + 1);
        while from <= row.head.0 {
            let page = self.store().read(&row.run, Seq(from), PAGE).await;
            let page = page.map_err(|error| of_store(&error))?;
            let Some(last) = page.last() else {
                break;
            };
            from = last.seq.0 + 1;
            // The row was read before: what is not in it yet is for the next time.
            for event in page.into_iter().filter(|event| event.seq.0 <= row.head.0) {
                match event.kind.as_str() {
                    "started" => told.push((Kind::Started, event)),
                    "asked" => told.push((Kind::NeedsApproval, event)),
                    "ended" => told.extend(ending(row).map(|kind| (kind, event))),
                    // The past of a fork is another run's.
                    "forked" => told = vec![(Kind::Started, event)],
                    _ => {}
                }
            }
        }
        Ok(told)
    }

    async fn unfollow(&self, tenant: &TenantId, run: RunId) -> Result<(), Fault> {
        self.hooks().forget(run);
        let entry = run_key(tenant, run);
        self.hooks().followed.remove(&entry, Expect::Any).await
    }
}

fn millis(at: Time) -> u64 {
    u64::try_from(at.0 / 1000).unwrap_or(0)
}
