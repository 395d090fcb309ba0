//! What every surface calls.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use metier_core::{PrincipalId, TenantId};
use metier_store::{
    Store, StoreError,
    limits::MAX_FIRST_EVENTS,
    types::{AccountName, Due, InvalidId, Labels, NanoDollars, NewRun as StoredRun, PoolId, RunId},
};

use super::{
    inbox::{self, Decision, DecisionError, Letter},
    journal,
    ports::{Clock, Ids, Tools, Watch},
    run::millis,
};
use crate::{
    definition::Definition,
    journal::{CodecError, Entry, Event, Millis, Seq, Started},
    models::Model,
    state::{Impossible, State},
    trace::{NoTraces, TRACEPARENT, Traces},
};

/// What runs are made of.
#[derive(Clone)]
pub struct Parts {
    /// What must not be lost.
    pub store: Arc<dyn Store>,
    /// The tools.
    pub tools: Arc<dyn Tools>,
    /// The models.
    pub models: Arc<dyn Model>,
    /// Who hears what happens.
    pub watch: Arc<dyn Watch>,
    /// The time.
    pub clock: Clock,
    /// New ids.
    pub ids: Ids,
}

/// Durable runs. Cheap to clone.
#[derive(Clone)]
pub struct Runs {
    pub(super) parts: Parts,
    pub(super) traces: Arc<dyn Traces>,
    /// Runs in the hands of this host.
    pub(super) at_work: Arc<AtomicUsize>,
}

/// A run that is about to begin.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// Its id, where the caller wants the same request twice to be one run.
    pub id: Option<RunId>,
    /// For whom.
    pub tenant: TenantId,
    /// Where it waits for a host.
    pub pool: PoolId,
    /// Everything it depends on.
    pub started: Started,
}

/// Why something about a run was not done.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal cannot be read.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// The journal makes no sense.
    #[error(transparent)]
    Impossible(#[from] Impossible),
    /// The decision does not count.
    #[error(transparent)]
    Decision(#[from] DecisionError),
    /// The run cannot be forked there.
    #[error("the run has events 1 to {last}; fork it at one of them")]
    NoSuchEvent {
        /// The last there is.
        last: Seq,
    },
    /// More events than a new run can begin with.
    #[error("a run can be forked at one of its first {most} events, and not at {at}")]
    TooLate {
        /// Where it was to be forked.
        at: Seq,
        /// The last event at which it can.
        most: usize,
    },
    /// A name that the store does not take.
    #[error("{0}")]
    Name(String),
}

impl RunError {
    pub(super) fn id(error: InvalidId) -> RunError {
        RunError::Name(error.to_string())
    }
}

/// A run as its journal tells it.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// The events, in order; the first has number 1.
    pub entries: Vec<Entry>,
    /// Where they lead.
    pub state: State,
}

/// The account of a run's own money.
pub(super) fn account_of(run: &RunId) -> Result<AccountName, RunError> {
    format!("run/{run}").parse().map_err(RunError::id)
}

impl Runs {
    /// Runs made of these parts.
    pub fn new(parts: Parts) -> Runs {
        Runs {
            parts,
            traces: Arc::new(NoTraces),
            at_work: Arc::default(),
        }
    }

    /// The same, whose spans belong to what began the run.
    #[must_use]
    pub fn traced(self, traces: Arc<dyn Traces>) -> Runs {
        Runs { traces, ..self }
    }

    /// What traces are here.
    pub fn traces(&self) -> &dyn Traces {
        &*self.traces
    }

    /// How many runs this host works on now.
    pub fn at_work(&self) -> usize {
        self.at_work.load(Relaxed)
    }

    /// Writes down a new run; a host will take it up. The same id with the same content again is the same run.
    ///
    /// # Errors
    /// [`RunError::Store`].
    pub async fn start(&self, new: NewRun) -> Result<RunId, RunError> {
        let run = new.id.unwrap_or_else(|| RunId::new((self.parts.ids)()));
        let cap = new.started.definition.terms().budget.nano_dollars;
        let caps = match cap {
            Some(cap) => vec![(account_of(&run)?, NanoDollars(cap.cast_signed().max(0)))],
            None => Vec::new(),
        };
        let mut labels = labels(&new.started)?;
        self.mark(&mut labels)?;
        let entry = Entry {
            at: self.now().await?,
            event: Event::Started(Box::new(new.started)),
        };
        let first = journal::prepare(&*self.parts.store, &entry).await?;
        let created = StoredRun {
            run,
            tenant: new.tenant,
            pool: new.pool,
            labels,
            events: vec![first],
            caps,
            due: Due::Now,
        };
        self.parts.store.create(&created).await?;
        self.parts.watch.event(run, Seq(1), &entry);
        Ok(run)
    }

    /// Says in a run's labels which trace it belongs to.
    fn mark(&self, labels: &mut Labels) -> Result<(), RunError> {
        let key = TRACEPARENT.parse().map_err(RunError::id)?;
        match self.traces.here() {
            Some(here) => labels.insert(key, here),
            None => labels.remove(&key),
        };
        Ok(())
    }

    /// The store's clock: a journal knows no other.
    async fn now(&self) -> Result<Millis, RunError> {
        Ok(millis(self.parts.store.now().await?))
    }

    /// A run as its journal tells it.
    ///
    /// # Errors
    /// [`RunError::Store`] with `NotFound`, or a damaged journal.
    pub async fn timeline(&self, run: &RunId) -> Result<Timeline, RunError> {
        let entries = journal::read(&*self.parts.store, run, Seq(1)).await?;
        let entries: Vec<Entry> = entries.into_iter().map(|(_, entry)| entry).collect();
        let state = journal::fold(&entries)?.ok_or_else(|| no_such(run))?;
        Ok(Timeline { entries, state })
    }

    /// The events of a run behind `after`.
    ///
    /// # Errors
    /// As [`Runs::timeline`].
    pub async fn events(&self, run: &RunId, after: Seq) -> Result<Vec<(Seq, Entry)>, RunError> {
        journal::read(&*self.parts.store, run, Seq(after.0 + 1)).await
    }

    /// Where a run stands: what [`Runs::timeline`] says of it, in the time it takes to read the end of its journal.
    ///
    /// # Errors
    /// As [`Runs::timeline`].
    pub async fn state(&self, run: &RunId) -> Result<State, RunError> {
        Ok(journal::state(&*self.parts.store, run).await?.state)
    }

    /// The last event of a run, which is all it takes to see whether anything has happened.
    ///
    /// # Errors
    /// [`RunError::Store`] with `NotFound`.
    pub async fn head(&self, run: &RunId) -> Result<Seq, RunError> {
        let row = self.parts.store.run(run).await?;
        Ok(Seq(row.ok_or_else(|| no_such(run))?.head.0))
    }

    /// Decides a question. The decision is durable when this returns; the run goes on when a host takes it up.
    ///
    /// # Errors
    /// [`RunError::Decision`] when the question is not open or is another one.
    pub async fn decide(&self, run: &RunId, decision: Decision) -> Result<(), RunError> {
        let state = self.state(run).await?;
        inbox::fits(&state, &decision)?;
        self.post(run, &Letter::Decide(decision)).await
    }

    /// Asks a run to end. It does when its host hears of it, or the next one takes it up.
    ///
    /// # Errors
    /// [`RunError::Store`].
    pub async fn cancel(&self, run: &RunId, by: PrincipalId, why: &str) -> Result<(), RunError> {
        let why = why.to_owned();
        self.post(run, &Letter::Cancel { by, why }).await
    }

    async fn post(&self, run: &RunId, letter: &Letter) -> Result<(), RunError> {
        let key = letter.key().parse().map_err(RunError::id)?;
        let body = serde_json::to_vec(letter).map_err(|error| RunError::Name(error.to_string()))?;
        self.parts.store.signal(run, &key, &body).await?;
        Ok(())
    }

    /// A new run that begins with the events of another, up to `at`: what was done then counts as done, what was under way
    /// is done again or asked about.
    ///
    /// # Errors
    /// [`RunError::NoSuchEvent`], or the store's.
    pub async fn fork(
        &self,
        run: &RunId,
        fork: RunId,
        at: Seq,
        pool: PoolId,
    ) -> Result<RunId, RunError> {
        let store = &*self.parts.store;
        let mut row = store.run(run).await?.ok_or_else(|| no_such(run))?;
        self.mark(&mut row.labels)?;
        if at.0 == 0 || at.0 > row.head.0 {
            let last = Seq(row.head.0);
            return Err(RunError::NoSuchEvent { last });
        }
        // One event more says where they come from.
        let most = MAX_FIRST_EVENTS - 1;
        if at.0 > most as u64 {
            return Err(RunError::TooLate { at, most });
        }
        let mut events = journal::copy(store, run, at).await?;
        let forked = Entry {
            at: self.now().await?,
            event: Event::Forked {
                from: run.to_string(),
                at,
            },
        };
        events.push(journal::prepare(store, &forked).await?);
        store
            .create(&StoredRun {
                run: fork,
                tenant: row.tenant,
                pool,
                labels: row.labels,
                events,
                caps: Vec::new(),
                due: Due::Now,
            })
            .await?;
        Ok(fork)
    }
}

fn no_such(run: &RunId) -> StoreError {
    let what = format!("run {run}");
    StoreError::NotFound { what }
}

/// What a listing shows and filters by.
fn labels(started: &Started) -> Result<Labels, RunError> {
    let terms = started.definition.terms();
    let kind = match started.definition {
        Definition::Agent(_) => "agent",
        Definition::Chain(_) => "chain",
    };
    let pairs = [
        ("name", terms.name.as_str().to_owned()),
        ("version", terms.version.clone()),
        ("kind", kind.to_owned()),
        ("principal", started.principal.to_string()),
    ];
    let session = started.session.clone().map(|name| ("session", name));
    pairs
        .into_iter()
        .chain(session)
        .map(|(key, value)| Ok((key.parse().map_err(RunError::id)?, value)))
        .collect()
}
