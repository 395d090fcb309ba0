//! Making, changing and taking away triggers.

use std::{sync::Arc, time::Duration};

use metier_agent::definition::Name;
use metier_core::{Code, Fault};
use metier_store::types::Expect;

use super::{
    due::MAX_MISSED,
    input::{check_fixed, no_longer},
    record::{Cron, Hook, Shape, Start, Ticked, Trigger, When, key},
    schedule::Schedule,
    secret::{self, Sealed},
    signature::Scheme,
};
use crate::{
    agents::is_for,
    audit::{TriggerChange, What},
    directory::now,
    identity::{Caller, Right},
    random,
    records::Kept,
    service::Service,
};

/// Most triggers of a tenant.
pub const MAX_TRIGGERS: usize = 500;

/// Most messages a second that a webhook may take.
const MAX_PER_SECOND: u32 = 1_000;

/// How many of the next ticks are told.
pub const TOLD: usize = 5;

/// A trigger that is to be made.
#[derive(Clone, Debug)]
pub struct NewTrigger {
    /// What it starts.
    pub start: Start,
    /// When.
    pub when: NewWhen,
    /// Whether it starts anything yet.
    pub enabled: bool,
}

/// When a new trigger starts something.
#[derive(Clone, Debug)]
pub enum NewWhen {
    /// At times.
    Cron(Cron),
    /// When something is sent.
    Webhook(NewHook),
}

/// A webhook that is to be made.
#[derive(Clone, Debug)]
pub struct NewHook {
    /// How it is signed.
    pub scheme: Scheme,
    /// With what, where the other side says so.
    pub secret: Option<String>,
    /// How it becomes input.
    pub shape: Shape,
    /// Messages a second.
    pub per_second: u32,
}

/// What is to be otherwise; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct TriggerChanges {
    /// Whether it starts anything.
    pub enabled: Option<bool>,
    /// What it starts.
    pub start: Option<Start>,
    /// At which times, for one that has some.
    pub cron: Option<Cron>,
    /// What is made of what comes, for one to which something comes.
    pub shape: Option<Shape>,
    /// Messages a second, for the same.
    pub per_second: Option<u32>,
}

/// A trigger that was made, or given another secret.
#[derive(Clone, Debug)]
pub struct Made {
    /// As it is.
    pub trigger: Arc<Trigger>,
    /// The secret's text, where we made it: it is shown this once.
    pub secret: Option<String>,
}

impl Service {
    /// The tenant's triggers, by name.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn all_triggers(&self, caller: &Caller) -> Result<Vec<(String, Arc<Trigger>)>, Fault> {
        self.needs(caller, Right::See)?;
        let below = self.triggers().all.below(&key(&caller.tenant, ""));
        let all = below.into_iter().map(|(name, kept)| (name, kept.value));
        Ok(all.collect())
    }

    /// One of them.
    ///
    /// # Errors
    /// `forbidden`, `not-found`.
    pub fn trigger(&self, caller: &Caller, name: &str) -> Result<Arc<Trigger>, Fault> {
        self.needs(caller, Right::See)?;
        Ok(self.kept_trigger(caller, name)?.value)
    }

    /// How far one has come, by schedule; nothing where it has started nothing yet.
    ///
    /// # Errors
    /// The store's.
    pub async fn ticked(
        &self,
        caller: &Caller,
        name: &str,
        trigger: &Trigger,
    ) -> Result<Option<Arc<Ticked>>, Fault> {
        self.needs(caller, Right::See)?;
        let ticked = &self.triggers().ticked;
        ticked.look().await?;
        let found = ticked.get(&key(&caller.tenant, name));
        let theirs = found.filter(|found| found.value.trigger == trigger.id);
        Ok(theirs.map(|found| found.value))
    }

    /// Makes one.
    ///
    /// # Errors
    /// `forbidden`, also for an agent the key is not for; `not-found` without such an agent; `invalid-arguments`; `conflict` when there is
    /// one of that name.
    pub async fn make_trigger(
        &self,
        caller: &Caller,
        name: &Name,
        new: NewTrigger,
    ) -> Result<Made, Fault> {
        self.needs(caller, Right::Operate)?;
        self.check_start(caller, &new.start)?;
        if self.triggers().all.below(&key(&caller.tenant, "")).len() >= MAX_TRIGGERS {
            let message = format!("A tenant has at most {MAX_TRIGGERS} triggers.");
            return Err(Fault::new(Code::InvalidArguments, message));
        }
        let (id, now) = (random::name()?, now());
        let (when, secret) = self.checked_when(caller, &id, new.when, now)?;
        let trigger = Trigger {
            id,
            start: new.start,
            when,
            enabled: new.enabled,
            by: caller.principal.clone(),
            created: now,
            since: now,
            tools: caller.tools.to_vec(),
        };
        let entry = key(&caller.tenant, name.as_str());
        let all = &self.triggers().all;
        all.put(&entry, Expect::Absent, &trigger).await?;
        self.note_trigger(caller, TriggerChange::Made, name.as_str(), &trigger);
        let trigger = Arc::new(trigger);
        Ok(Made { trigger, secret })
    }

    /// Changes one. What would have come while it was off, or under the schedule it had, counts as not missed.
    ///
    /// # Errors
    /// As [`Service::make_trigger`].
    pub async fn change_trigger(
        &self,
        caller: &Caller,
        name: &str,
        changes: TriggerChanges,
    ) -> Result<Arc<Trigger>, Fault> {
        self.needs(caller, Right::Operate)?;
        let kept = self.kept_trigger(caller, name)?;
        is_for(caller, &kept.value.start.agent)?;
        let (before, now) = (&*kept.value, now());
        let mut after = before.clone();
        if let Some(start) = changes.start {
            self.check_start(caller, &start)?;
            // Whoever says what is started answers for it with their own key.
            after.start = start;
            after.tools = caller.tools.to_vec();
        }
        after.enabled = changes.enabled.unwrap_or(before.enabled);
        match (
            &mut after.when,
            changes.cron,
            changes.shape,
            changes.per_second,
        ) {
            (_, None, None, None) => {}
            (When::Cron(cron), Some(next), None, None) => {
                check_cron(&next, now)?;
                *cron = next;
            }
            (When::Webhook(hook), None, shape, per_second) => {
                hook.shape = shape.unwrap_or_else(|| hook.shape.clone());
                hook.per_second = per_second.unwrap_or(hook.per_second);
                check_hook(&hook.shape, hook.per_second)?;
            }
            _ => {
                let message = "A schedule stays a schedule, and a webhook a webhook.";
                return Err(Fault::new(Code::InvalidArguments, message)
                    .with_hint("Make another trigger, and take this one away."));
            }
        }
        if after.enabled != before.enabled || after.when != before.when {
            after.since = now;
        }
        let change = match (before.enabled, after.enabled) {
            (false, true) => TriggerChange::Enabled,
            (true, false) => TriggerChange::Disabled,
            _ => TriggerChange::Replaced,
        };
        self.put_trigger(caller, name, kept, after, change).await
    }

    /// Gives a webhook another secret; the one it has counts for `overlap` longer.
    ///
    /// # Errors
    /// As [`Service::make_trigger`].
    pub async fn rotate_trigger(
        &self,
        caller: &Caller,
        name: &str,
        given: Option<String>,
        overlap: Duration,
    ) -> Result<Made, Fault> {
        self.needs(caller, Right::Operate)?;
        let kept = self.kept_trigger(caller, name)?;
        is_for(caller, &kept.value.start.agent)?;
        let mut after = (*kept.value).clone();
        let When::Webhook(hook) = &mut after.when else {
            let message = format!("`{name}` is a schedule, and has no secret.");
            return Err(Fault::new(Code::InvalidArguments, message));
        };
        let (text, shown) = secret_of(hook.scheme, given)?;
        let sealed = Sealed::of(self.seal(), &caller.tenant, &after.id, &text)?;
        let overlap = u64::try_from(overlap.as_millis()).unwrap_or(u64::MAX);
        let until = now().saturating_add(overlap);
        hook.secret = hook.secret.clone().followed(sealed, until);
        let change = TriggerChange::Rotated;
        let trigger = self.put_trigger(caller, name, kept, after, change).await?;
        Ok(Made {
            trigger,
            secret: shown,
        })
    }

    /// Takes one away. Its runs go on.
    ///
    /// # Errors
    /// `forbidden`, `not-found`.
    pub async fn remove_trigger(&self, caller: &Caller, name: &str) -> Result<(), Fault> {
        self.needs(caller, Right::Operate)?;
        let kept = self.kept_trigger(caller, name)?;
        let entry = key(&caller.tenant, name);
        let triggers = self.triggers();
        triggers.all.remove(&entry, Expect::Rev(kept.rev)).await?;
        self.note_trigger(caller, TriggerChange::Removed, name, &kept.value);
        triggers.ticked.look().await?;
        if triggers.ticked.get(&entry).is_some() {
            triggers.ticked.remove(&entry, Expect::Any).await?;
        }
        Ok(())
    }

    fn kept_trigger(&self, caller: &Caller, name: &str) -> Result<Kept<Trigger>, Fault> {
        let found = self.triggers().all.get(&key(&caller.tenant, name));
        found.ok_or_else(|| {
            let message = format!("There is no trigger `{}`.", metier_core::ids::shown(name));
            Fault::new(Code::NotFound, message)
        })
    }

    async fn put_trigger(
        &self,
        caller: &Caller,
        name: &str,
        before: Kept<Trigger>,
        after: Trigger,
        change: TriggerChange,
    ) -> Result<Arc<Trigger>, Fault> {
        let entry = key(&caller.tenant, name);
        let expect = Expect::Rev(before.rev);
        self.triggers().all.put(&entry, expect, &after).await?;
        self.note_trigger(caller, change, name, &after);
        Ok(Arc::new(after))
    }

    fn check_start(&self, caller: &Caller, start: &Start) -> Result<(), Fault> {
        let agent = self.agent(caller, &start.agent)?;
        is_for(caller, &start.agent)?;
        check_fixed(&start.input)?;
        match &start.version {
            Some(version) if !agent.versions.contains_key(version) => {
                let message = format!(
                    "There is no version `{}` of `{}`.",
                    metier_core::ids::shown(version),
                    start.agent.as_str()
                );
                Err(Fault::new(Code::NotFound, message))
            }
            _ => Ok(()),
        }
    }

    fn checked_when(
        &self,
        caller: &Caller,
        id: &str,
        when: NewWhen,
        now: u64,
    ) -> Result<(When, Option<String>), Fault> {
        match when {
            NewWhen::Cron(cron) => {
                check_cron(&cron, now)?;
                Ok((When::Cron(cron), None))
            }
            NewWhen::Webhook(new) => {
                check_hook(&new.shape, new.per_second)?;
                let (text, shown) = secret_of(new.scheme, new.secret)?;
                let hook = Hook {
                    scheme: new.scheme,
                    secret: Sealed::of(self.seal(), &caller.tenant, id, &text)?,
                    shape: new.shape,
                    per_second: new.per_second,
                };
                Ok((When::Webhook(hook), shown))
            }
        }
    }

    fn note_trigger(&self, caller: &Caller, change: TriggerChange, name: &str, trigger: &Trigger) {
        let what = What::Trigger {
            change,
            trigger: name,
            agent: trigger.start.agent.as_str(),
        };
        self.note(caller, what);
    }
}

/// The next ticks of a trigger that is on and has any, in milliseconds since 1970.
pub fn upcoming(trigger: &Trigger, now: u64) -> Vec<u64> {
    match &trigger.when {
        When::Cron(cron) if trigger.enabled => Schedule::read(&cron.schedule, &cron.zone, now)
            .map(|schedule| schedule.upcoming(now, TOLD))
            .unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn check_cron(cron: &Cron, now: u64) -> Result<(), Fault> {
    Schedule::read(&cron.schedule, &cron.zone, now)?;
    no_longer(cron.time_key.iter())?;
    match (1..=MAX_MISSED).contains(&cron.missed_limit) {
        true => Ok(()),
        false => {
            let message = format!("Of missed ticks 1 to {MAX_MISSED} can be made up for.");
            Err(Fault::new(Code::InvalidArguments, message))
        }
    }
}

fn check_hook(shape: &Shape, per_second: u32) -> Result<(), Fault> {
    shape.check()?;
    match (1..=MAX_PER_SECOND).contains(&per_second) {
        true => Ok(()),
        false => {
            let message = format!("A webhook takes 1 to {MAX_PER_SECOND} messages a second.");
            Err(Fault::new(Code::InvalidArguments, message))
        }
    }
}

/// The secret's text, and the same to be shown where we made it.
fn secret_of(scheme: Scheme, given: Option<String>) -> Result<(String, Option<String>), Fault> {
    let is_standard = scheme == Scheme::Standard;
    match (given, scheme) {
        (Some(text), _) => {
            secret::check(&text, is_standard)?;
            Ok((text, None))
        }
        (None, Scheme::Standard | Scheme::Github) => {
            let text = match is_standard {
                true => secret::new()?,
                false => random::secret()?,
            };
            Ok((text.clone(), Some(text)))
        }
        (None, Scheme::Slack | Scheme::Stripe) => Err(Fault::new(
            Code::InvalidArguments,
            "Slack and Stripe make the secret themselves.",
        )
        .with_hint("Send the signing secret they show as `secret`.")),
    }
}
