//! One run in the hands of this host, from its claim until it rests.

use std::{collections::BTreeMap, time::Duration};

use metier_core::{Code, Fault, NanoDollars, TenantId};
use metier_store::{
    StoreError,
    types::{Claim, Due, Head, Lease, Next as Then, RunId, SignalKey, Time},
};
use tokio::task::{AbortHandle, JoinSet};
use tracing::Instrument;

use super::{
    batch::Pages,
    inbox,
    journal::{self, Standing},
    patience::Patience,
    perform::Effect,
    runs::{Parts, RunError},
    snapshot,
    within::Desk,
};
use crate::{
    decide::{Next, decide},
    journal::{Cost, Ending, Entry, Event, Millis, Outcome, Seq, Settlement},
    state::State,
};

/// How often the inbox is looked into while effects are under way.
const LOOK: Duration = Duration::from_millis(250);

/// A run that was woken a moment too early is waited for rather than parked again.
const MOMENT: Duration = Duration::from_secs(2);

/// Where a run stands when this host lets go of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Rest {
    /// It has ended.
    Ended(Box<Ending>),
    /// Somebody has to decide these questions.
    Asks(Vec<Seq>),
    /// It goes on by itself, at this time.
    Waits(Millis),
    /// It waits for nothing that can come; only a signal wakes it.
    Stuck,
}

impl Rest {
    /// In one word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Rest::Ended(ending) => ending.as_str(),
            Rest::Asks(_) => "asks",
            Rest::Waits(_) => "waits",
            Rest::Stuck => "stuck",
        }
    }
}

/// A run in the hands of this host.
pub(super) struct Held {
    parts: Parts,
    lease: Lease,
    tenant: TenantId,
    head: Head,
    state: State,
    /// Effects under way here.
    flying: JoinSet<Settlement>,
    begun: BTreeMap<Seq, AbortHandle>,
    /// Where their skills ask for more.
    desk: Desk,
    /// What is decided and not yet durable; the state is ahead of the journal by it.
    pages: Pages,
    /// The event its last snapshot stands at.
    snapshot: u64,
    /// The store's clock at the claim, and this host's.
    claimed: (Millis, Millis),
}

impl Held {
    /// Takes up a run that was claimed: reads its journal, and notes when effects of another host are open.
    pub(super) async fn take(parts: Parts, claim: Claim) -> Result<Held, RunError> {
        let run = claim.lease.run;
        let claimed = (millis(claim.now), (parts.clock)());
        let Standing { state, snapshot } = standing(&parts, &run).await?;
        let is_open = !state.pending.is_empty();
        let mut held = Held {
            parts,
            lease: claim.lease,
            tenant: claim.tenant,
            head: claim.head,
            state,
            flying: JoinSet::new(),
            begun: BTreeMap::new(),
            desk: Desk::new(),
            pages: Pages::of(run),
            snapshot,
            claimed,
        };
        if is_open {
            let epoch = held.lease.epoch.0;
            held.write(Event::Resumed { epoch })?;
        }
        Ok(held)
    }

    /// Does what there is to do until the run rests.
    pub(super) async fn go(mut self) -> Result<Rest, RunError> {
        loop {
            self.read_inbox().await?;
            let next = self.decide()?;
            let rest = next.as_ref().and_then(|next| self.rest(next));
            if let Some(rest) = self.let_go(rest).await? {
                return Ok(rest);
            }
            // It was cut short: what was decided before that is not done any more.
            if self.state.ended.is_some() {
                continue;
            }
            if let Some(Next::Act { perform, until }) = next {
                self.begin(&perform);
                self.wait(until).await?;
            }
        }
    }

    fn run(&self) -> RunId {
        self.lease.run
    }

    /// The store's time, as far as this host can tell: of its own clock only what has passed counts. Hosts whose clocks differ would
    /// otherwise wait for each other's.
    fn now(&self) -> Millis {
        let (store, here) = self.claimed;
        let passed = (self.parts.clock)().since(here);
        store.after(passed).max(self.state.now)
    }

    /// Puts one event behind the others; it counts from here on, and is durable after the next flush.
    fn write(&mut self, event: Event) -> Result<(), RunError> {
        self.write_for(event, None)
    }

    /// The same of an event that accounts for a signal.
    fn write_for(&mut self, event: Event, signal: Option<SignalKey>) -> Result<(), RunError> {
        let at = self.now();
        self.put(Entry { at, event }, signal)
    }

    fn put(&mut self, entry: Entry, signal: Option<SignalKey>) -> Result<(), RunError> {
        self.pages.add(&self.state, &entry, signal)?;
        self.state.apply(entry)?;
        Ok(())
    }

    async fn read_inbox(&mut self) -> Result<(), RunError> {
        // Nothing follows the end, which may still have to be written down.
        if self.state.ended.is_some() {
            return Ok(());
        }
        let mut patience = Patience::with(self.run());
        let signals = loop {
            match self.parts.store.inbox(&self.run()).await {
                Ok(signals) => break signals,
                Err(error) => patience.after(error.into()).await?,
            }
        };
        for signal in signals {
            let (event, key) = inbox::event(&self.state, &signal);
            self.write_for(event, Some(key))?;
        }
        Ok(())
    }

    /// Writes what the reducer wants written; nothing when the batch is full before it is done.
    fn decide(&mut self) -> Result<Option<Next>, RunError> {
        loop {
            match decide(&self.state, self.now()) {
                Next::Write(_) if self.pages.is_full() => return Ok(None),
                // Money is set aside and given back in two transactions.
                Next::Write(event) if self.pages.reserves() && event.ends() => return Ok(None),
                Next::Write(event) => self.write(*event)?,
                next => return Ok(Some(next)),
            }
        }
    }

    /// How the run rests, if it does.
    fn rest(&self, next: &Next) -> Option<Rest> {
        match next {
            Next::Over => self.state.ended.clone().map(Box::new).map(Rest::Ended),
            Next::Act { perform, until } if perform.is_empty() && self.flying.is_empty() => {
                let questions: Vec<Seq> = self.state.questions.keys().copied().collect();
                Some(match (questions.is_empty(), until) {
                    (false, _) => Rest::Asks(questions),
                    (true, Some(until)) => Rest::Waits(*until),
                    (true, None) => Rest::Stuck,
                })
            }
            Next::Act { .. } | Next::Write(_) => None,
        }
    }

    /// Makes what was decided durable and, where the run rests, gives it back in the same transaction.
    async fn let_go(&mut self, rest: Option<Rest>) -> Result<Option<Rest>, RunError> {
        let Some(rest) = rest else {
            if !self.pages.is_empty() {
                self.flush(Then::Hold).await?;
            }
            return Ok(None);
        };
        if self.pages.is_empty() {
            if let Some(wait) = self.a_moment() {
                tokio::time::sleep(wait).await;
                return Ok(None);
            }
            let why = "nothing has changed for it".to_owned();
            self.write(Event::Ignored {
                signal: "woken".to_owned(),
                why,
            })?;
        }
        let then = self.then(&rest)?;
        match self.flush(then).await? {
            true => Ok(Some(rest)),
            false => Ok(None),
        }
    }

    fn a_moment(&self) -> Option<Duration> {
        let now = self.now();
        match decide(&self.state, now) {
            Next::Act {
                until: Some(until), ..
            } if until.since(now) <= MOMENT => Some(until.since(now)),
            _ => None,
        }
    }

    fn then(&self, rest: &Rest) -> Result<Then, RunError> {
        let due = |until: Option<Millis>| match until {
            Some(until) => Due::After(until.since(self.now())),
            None => Due::OnSignal,
        };
        Ok(match rest {
            Rest::Ended(ending) => Then::Done {
                outcome: ending.as_str().parse().map_err(RunError::id)?,
            },
            Rest::Waits(until) => Then::Park {
                due: due(Some(*until)),
            },
            Rest::Asks(_) => match decide(&self.state, self.now()) {
                Next::Act { until, .. } => Then::Park { due: due(until) },
                Next::Write(_) | Next::Over => Then::Park { due: Due::Now },
            },
            Rest::Stuck => Then::Park { due: due(None) },
        })
    }

    /// Appends the batch, as often as it takes: while the store cannot be reached or its disk is full, the run waits here with all
    /// that it knows. `false` when it had to be cut short for lack of budget and the run does not rest after all.
    async fn flush(&mut self, then: Then) -> Result<bool, RunError> {
        let op = metier_store::types::OpId::new((self.parts.ids)());
        let store = self.parts.store.clone();
        let mut patience = Patience::with(self.run());
        let batch = loop {
            match self.pages.batch(&*store, op, then.clone()).await {
                Ok(batch) => break batch,
                Err(error) => patience.after(error).await?,
            }
        };
        loop {
            match store.append(&self.lease, &self.head, &batch).await {
                Ok(head) => {
                    self.written(head);
                    self.keep_a_snapshot(&then).await;
                    return Ok(true);
                }
                Err(StoreError::OverBudget { account, available }) => {
                    let message = format!(
                        "The next question to a model does not fit the budget {account}, which has {available} left."
                    );
                    self.cut_short(message).await?;
                    return Ok(false);
                }
                Err(error) => patience.after(error.into()).await?,
            }
        }
    }

    /// What it is needed for is speed: a failure is no reason to stop.
    async fn keep_a_snapshot(&mut self, then: &Then) {
        let (run, store) = (self.run(), &*self.parts.store);
        let kept = match then {
            // One that was passed over when the run was taken up, too.
            Then::Done { .. } if self.head.seq.0 >= snapshot::EVERY => {
                snapshot::forget(store, &run).await
            }
            Then::Done { .. } => return,
            _ if self.head.seq.0 < self.snapshot + snapshot::EVERY => return,
            _ => snapshot::keep(store, &run, &self.head, &self.state).await,
        };
        match kept {
            Ok(()) => self.snapshot = self.head.seq.0,
            Err(error) => tracing::warn!(%run, %error, "a snapshot was not kept; the run goes on"),
        }
    }

    fn written(&mut self, head: Head) {
        let first = self.head.seq.0 + 1;
        self.head = head;
        let run = self.run();
        for (seq, entry) in (first..).zip(self.pages.take()) {
            self.parts.watch.event(run, Seq(seq), &entry);
            self.desk.durable(&entry);
        }
    }

    /// A budget shared with other runs is used up: what is known is kept, what was only intended is not, and the run ends.
    async fn cut_short(&mut self, message: String) -> Result<(), RunError> {
        let kept = self.pages.take_before_intents();
        self.state = standing(&self.parts, &self.run()).await?.state;
        for (entry, signal) in kept {
            self.put(entry, signal)?;
        }
        self.write(Event::Ended(Ending::Failed {
            fault: Box::new(Fault::new(Code::RunBudgetExceeded, message)),
        }))
    }

    fn begin(&mut self, perform: &[Seq]) {
        let (pending, run) = (&self.state.pending, self.lease.run);
        // What a skill asked for ends with the call that asked.
        self.begun.retain(|seq, task| {
            let is_pending = pending.contains_key(seq);
            if !is_pending {
                task.abort();
            }
            is_pending
        });
        for seq in perform {
            if self.begun.contains_key(seq) || !self.desk.is_wanted(&self.state, *seq) {
                continue;
            }
            let effect = Effect::of(
                &self.parts,
                &self.tenant,
                run,
                *seq,
                &self.state,
                &self.desk,
            );
            let span = effect.span();
            let task = self.flying.spawn(effect.perform().instrument(span));
            self.begun.insert(*seq, task);
        }
    }

    /// Waits for the first effect to end, and takes those that have ended as well; or for a time to come.
    async fn wait(&mut self, until: Option<Millis>) -> Result<(), RunError> {
        let timer = until.map_or(LOOK, |until| until.since(self.now()).min(LOOK));
        let first = tokio::select! {
            biased;
            ended = self.flying.join_next_with_id() => ended,
            asked = self.desk.next() => {
                let intent = asked.and_then(|asked| self.desk.hear(&self.state, asked));
                return intent.map_or(Ok(()), |intent| self.write(Event::Intended(intent)));
            }
            () = tokio::time::sleep(timer) => None,
        };
        let mut next = first;
        while let Some(ended) = next {
            let settlement = match ended {
                Ok((_, settlement)) => settlement,
                Err(error) => self.crashed(error.id()),
            };
            self.begun.remove(&settlement.effect);
            if self.state.pending.contains_key(&settlement.effect) {
                self.write(Event::Settled(settlement))?;
            }
            next = match self.pages.is_full() {
                true => None,
                false => self.flying.try_join_next_with_id(),
            };
        }
        Ok(())
    }

    /// An effect's task panicked: a fault of the host's, told like any other.
    fn crashed(&self, task: tokio::task::Id) -> Settlement {
        let effect = self.begun.iter().find(|(_, begun)| begun.id() == task);
        let message = "The host failed while it made the call; its log has the reason.";
        Settlement {
            effect: effect.map_or(Seq(0), |(seq, _)| *seq),
            outcome: Outcome::Fault {
                fault: Box::new(Fault::new(Code::HostInternal, message)),
            },
            cost: Cost::default(),
            price: NanoDollars::default(),
            took_ms: 0,
        }
    }
}

/// The store's time as the journal has it.
pub(super) fn millis(time: Time) -> Millis {
    Millis(u64::try_from(time.0 / 1_000).unwrap_or_default())
}

/// Where a run stands, as soon as the store says.
async fn standing(parts: &Parts, run: &RunId) -> Result<Standing, RunError> {
    let mut patience = Patience::with(*run);
    loop {
        match journal::state(&*parts.store, run).await {
            Ok(standing) => return Ok(standing),
            Err(error) => patience.after(error).await?,
        }
    }
}
