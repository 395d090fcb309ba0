//! Ticks become runs.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use futures::StreamExt;
use metier_core::{Code, Fault, TenantId};
use metier_store::types::{Expect, RunId, RunState};

use super::{
    Planned,
    due::{Due, due},
    record::{Cron, Overlap, TickOutcome, Ticked, Trigger, When, parts},
    schedule::{Schedule, written},
};
use crate::{
    agents::StartRequest,
    audit::{Event, What},
    faults::of_store,
    records::Kept,
    service::Service,
};

/// How often it is looked for ticks that have come.
const EVERY: Duration = Duration::from_secs(1);

/// How long a tick whose run cannot be started just now is left alone, in milliseconds.
const LATER: u64 = 5_000;

/// Triggers that are handled at once.
const AT_ONCE: usize = 16;

/// How a tick ended.
enum Ended {
    Started(RunId),
    Overlapped,
    Failed(Fault),
    /// It is tried again.
    Later,
}

impl Service {
    /// Starts what is due, on one host at a time, until `shutdown` is ready. The time is the store's, which is the same for all hosts.
    pub async fn tick_on(&self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                () = tokio::time::sleep(EVERY) => {}
            }
            if let Err(fault) = self.tick_if_ours().await {
                tracing::warn!(%fault, "no schedule is looked at now; it is tried again");
            }
        }
        self.triggers().duty.give_up().await;
    }

    async fn tick_if_ours(&self) -> Result<(), Fault> {
        if !self.triggers().duty.is_ours().await? {
            return Ok(());
        }
        let now = self.store().now().await;
        let now = now.map_err(|error| of_store(&error))?;
        self.tick(u64::try_from(now.0 / 1000).unwrap_or(0)).await
    }

    /// Starts what is due at `now`, in milliseconds since 1970.
    ///
    /// # Errors
    /// The store's; what could not be started for now is tried again.
    pub async fn tick(&self, now: u64) -> Result<(), Fault> {
        let triggers = self.triggers();
        triggers.look().await?;
        triggers.ticked.look().await?;
        let all = triggers.all.below("");
        self.forget_gone();
        let come: Vec<_> = all
            .iter()
            .filter_map(|(key, kept)| Some((key, kept, self.planned(key, kept, now)?)))
            .collect();
        let handled = futures::stream::iter(come);
        let handled = handled.for_each_concurrent(AT_ONCE, |(key, kept, planned)| async move {
            let handled = self.handle(key, &kept.value, &planned.schedule, now).await;
            let next = match handled {
                Ok(true) => planned.schedule.next(now),
                Ok(false) => Some(now + LATER),
                Err(fault) => {
                    tracing::warn!(trigger = %key, %fault, "a tick is tried again");
                    Some(now + LATER)
                }
            };
            self.plan(key, Planned { next, ..planned });
        });
        handled.await;
        Ok(())
    }

    fn forget_gone(&self) {
        let all = self.triggers().planned.lock();
        let mut all = all.unwrap_or_else(PoisonError::into_inner);
        all.retain(|key, _| self.triggers().all.get(key).is_some());
    }

    /// What is known of a schedule that has come; nothing of one that has not.
    fn planned(&self, key: &str, kept: &Kept<Trigger>, now: u64) -> Option<Planned> {
        let trigger = &kept.value;
        let When::Cron(cron) = &trigger.when else {
            return None;
        };
        let known = self.triggers().planned.lock();
        let known = known
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned();
        let planned = match known.filter(|known| known.rev == kept.rev) {
            Some(known) => known,
            None => {
                let schedule = Schedule::read(&cron.schedule, &cron.zone, now).ok()?;
                let planned = Planned {
                    rev: kept.rev,
                    next: schedule.next(self.last(key, trigger)),
                    schedule: Arc::new(schedule),
                };
                self.plan(key, planned.clone());
                planned
            }
        };
        let is_open = || parts(key).is_some_and(|(tenant, _)| self.directory().is_open(&tenant));
        let has_come = planned.next.is_some_and(|next| next <= now);
        (trigger.enabled && has_come && is_open()).then_some(planned)
    }

    fn plan(&self, key: &str, planned: Planned) {
        let all = self.triggers().planned.lock();
        let mut all = all.unwrap_or_else(PoisonError::into_inner);
        all.insert(key.to_owned(), planned);
    }

    /// The last tick that was handled, or since when there are any.
    fn last(&self, key: &str, trigger: &Trigger) -> u64 {
        let ticked = self.triggers().ticked.get(key);
        let ticked = ticked.filter(|ticked| ticked.value.trigger == trigger.id);
        ticked.map_or(trigger.since, |ticked| ticked.value.last.max(trigger.since))
    }

    /// Whether everything that has come is done with.
    async fn handle(
        &self,
        key: &str,
        trigger: &Trigger,
        schedule: &Schedule,
        now: u64,
    ) -> Result<bool, Fault> {
        let (Some((tenant, name)), When::Cron(cron)) = (parts(key), &trigger.when) else {
            return Ok(true);
        };
        let after = self.last(key, trigger);
        let Some(due) = due(schedule, cron.missed, cron.missed_limit, after, now) else {
            return Ok(true);
        };
        for tick in &due.start {
            let ended = self.start_tick(&tenant, name, trigger, cron, *tick).await?;
            if let Ended::Later = ended {
                return Ok(false);
            }
            self.note_tick(&tenant, name, trigger, *tick, &ended);
            self.keep_tick(key, trigger, *tick, ended).await?;
        }
        self.pass_missed(key, &tenant, name, trigger, &due).await?;
        Ok(true)
    }

    async fn start_tick(
        &self,
        tenant: &TenantId,
        name: &str,
        trigger: &Trigger,
        cron: &Cron,
        tick: u64,
    ) -> Result<Ended, Fault> {
        if cron.overlap == Overlap::Skip && self.goes_on(tenant, name, trigger).await? {
            return Ok(Ended::Overlapped);
        }
        let Some(caller) = trigger.caller(tenant, name) else {
            return Ok(Ended::Failed(Fault::new(
                Code::HostInternal,
                "The trigger has no name.",
            )));
        };
        let time = written(tick);
        let mut input = trigger.start.input.clone();
        if let (Some(key), Some(input)) = (&cron.time_key, input.as_object_mut()) {
            input.insert(key.clone(), time.clone().into());
        }
        let request = StartRequest {
            agent: trigger.start.agent.clone(),
            version: trigger.start.version.clone(),
            input,
            session: trigger.start.session.clone(),
            idempotency_key: Some(format!("{}/{time}", trigger.id)),
        };
        Ok(match self.start_once(&caller, &request, false).await {
            Ok(run) => Ended::Started(run),
            Err(fault) if passes(fault.code) => {
                tracing::warn!(%tenant, trigger = name, %fault, "a tick starts nothing now; it is tried again");
                Ended::Later
            }
            Err(fault) => Ended::Failed(fault),
        })
    }

    /// Whether the last run that the trigger started has not ended.
    async fn goes_on(
        &self,
        tenant: &TenantId,
        name: &str,
        trigger: &Trigger,
    ) -> Result<bool, Fault> {
        let ticked = self
            .triggers()
            .ticked
            .get(&super::record::key(tenant, name));
        let ticked = ticked.filter(|ticked| ticked.value.trigger == trigger.id);
        let run = ticked.and_then(|ticked| ticked.value.run.as_ref()?.parse::<RunId>().ok());
        let Some(run) = run else {
            return Ok(false);
        };
        let row = self.store().run(&run).await;
        let row = row.map_err(|error| of_store(&error))?;
        Ok(row.is_some_and(|row| !matches!(row.state, RunState::Done { .. })))
    }

    /// Missed ticks that start nothing are done with when the others are.
    async fn pass_missed(
        &self,
        key: &str,
        tenant: &TenantId,
        name: &str,
        trigger: &Trigger,
        due: &Due,
    ) -> Result<(), Fault> {
        if due.missed > 0 {
            tracing::info!(%tenant, trigger = name, missed = due.missed, "ticks were missed");
            self.note_fired(
                tenant,
                name,
                trigger,
                TickOutcome::Missed.as_str(),
                Some(due.through),
                None,
            );
        }
        if due.start.last() == Some(&due.through) {
            return Ok(());
        }
        let before = self.ticked_run(key, trigger);
        let ticked = Ticked {
            trigger: trigger.id.clone(),
            last: due.through,
            outcome: TickOutcome::Missed,
            run: before,
            why: None,
        };
        self.put_ticked(key, ticked).await
    }

    async fn keep_tick(
        &self,
        key: &str,
        trigger: &Trigger,
        tick: u64,
        ended: Ended,
    ) -> Result<(), Fault> {
        let (outcome, run, why) = match ended {
            Ended::Started(run) => (TickOutcome::Started, Some(run.to_string()), None),
            Ended::Overlapped => (TickOutcome::Overlapped, None, None),
            Ended::Failed(fault) => {
                let why = format!("{}: {}", fault.code, fault.message);
                (TickOutcome::Failed, None, Some(why))
            }
            Ended::Later => return Ok(()),
        };
        let ticked = Ticked {
            trigger: trigger.id.clone(),
            last: tick,
            outcome,
            run: run.or_else(|| self.ticked_run(key, trigger)),
            why,
        };
        self.put_ticked(key, ticked).await
    }

    fn ticked_run(&self, key: &str, trigger: &Trigger) -> Option<String> {
        let ticked = self.triggers().ticked.get(key)?;
        (ticked.value.trigger == trigger.id).then(|| ticked.value.run.clone())?
    }

    /// Another host that was quicker has done the same.
    async fn put_ticked(&self, key: &str, ticked: Ticked) -> Result<(), Fault> {
        let all = &self.triggers().ticked;
        let before = all.get(key);
        let expect = before.map_or(Expect::Absent, |before| Expect::Rev(before.rev));
        match all.put(key, expect, &ticked).await {
            Err(fault) if fault.code == Code::Conflict => Ok(()),
            put => put,
        }
    }

    fn note_tick(
        &self,
        tenant: &TenantId,
        name: &str,
        trigger: &Trigger,
        tick: u64,
        ended: &Ended,
    ) {
        match ended {
            Ended::Started(run) => {
                let run = run.to_string();
                let outcome = TickOutcome::Started.as_str();
                self.note_fired(tenant, name, trigger, outcome, Some(tick), Some(Ok(&run)));
            }
            Ended::Overlapped => {
                let outcome = TickOutcome::Overlapped.as_str();
                self.note_fired(tenant, name, trigger, outcome, Some(tick), None);
            }
            Ended::Failed(fault) => {
                tracing::warn!(%tenant, trigger = name, code = %fault.code, "a tick starts nothing");
                let outcome = TickOutcome::Failed.as_str();
                self.note_fired(tenant, name, trigger, outcome, Some(tick), Some(Err(fault)));
            }
            Ended::Later => {}
        }
    }

    /// Writes down what a trigger did.
    pub(super) fn note_fired(
        &self,
        tenant: &TenantId,
        name: &str,
        trigger: &Trigger,
        outcome: &str,
        tick: Option<u64>,
        run: Option<Result<&str, &Fault>>,
    ) {
        let tick = tick.map(written);
        let caller = trigger.caller(tenant, name);
        let what = What::Fired {
            trigger: name,
            outcome,
            tick: tick.as_deref(),
            run: run.and_then(Result::ok),
            code: run.and_then(Result::err).map(|fault| fault.code),
            left_out: 0,
        };
        self.notes().note(&Event {
            what,
            tenant: Some(tenant),
            principal: caller.as_ref().map(|caller| &caller.principal),
            request: None,
        });
    }
}

/// Whether what went wrong may be over in a moment.
pub(super) fn passes(code: Code) -> bool {
    matches!(
        code,
        Code::Busy
            | Code::RateLimited
            | Code::StorageUnavailable
            | Code::StorageFull
            | Code::DeadlineExceeded
    )
}
