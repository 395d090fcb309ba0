//! The runs of a tenant: looked at, decided, ended, forked.

use std::{sync::Arc, time::Duration};

use metier_agent::{
    driver::{Decision, Timeline},
    journal::{Entry, Question, Seq, Verdict},
    state::State,
};
use metier_core::{Code, Digest, Fault};
use metier_store::types::{
    Labels, Page, RunFilter, RunId, RunRow, Spending, StateFilter, Usage, UsageFilter,
};

use crate::{
    agents::{self, POOL},
    audit::RunChange,
    faults::{of_run, of_store},
    identity::{Caller, Right},
    service::Service,
};

/// Parked runs that are looked through for open questions, at a time.
const LOOKED_THROUGH: usize = 200;

/// Which runs to list.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// In this state.
    pub state: Option<StateFilter>,
    /// Of this agent or chain.
    pub agent: Option<String>,
    /// Started by whom.
    pub principal: Option<String>,
    /// Of this session.
    pub session: Option<String>,
}

/// A question that waits for a person.
#[derive(Clone, Debug)]
pub struct Open {
    /// In which run.
    pub run: RunId,
    /// Its place there.
    pub number: Seq,
    /// The question.
    pub question: Question,
    /// Where the run stands.
    pub state: Arc<State>,
}

impl Service {
    /// The tenant's runs, newest first.
    ///
    /// # Errors
    /// `forbidden`, or the store's.
    pub async fn list_runs(
        &self,
        caller: &Caller,
        wanted: Wanted,
        page: Page,
    ) -> Result<Vec<RunRow>, Fault> {
        self.needs(caller, Right::See)?;
        let pairs = [
            ("name", wanted.agent),
            ("principal", wanted.principal),
            ("session", wanted.session),
        ];
        let labels = pairs
            .into_iter()
            .filter_map(|(key, value)| Some((key.parse().ok()?, value?)))
            .collect::<Labels>();
        let filter = RunFilter {
            tenant: Some(caller.tenant.clone()),
            state: wanted.state,
            labels,
        };
        let rows = self.store().runs(&filter, page).await;
        rows.map_err(|error| of_store(&error))
    }

    /// One run of the tenant's.
    ///
    /// # Errors
    /// `forbidden`; `not-found` also for another tenant's.
    pub async fn run_row(&self, caller: &Caller, run: RunId) -> Result<RunRow, Fault> {
        self.needs(caller, Right::See)?;
        let row = self.store().run(&run).await;
        let row = row.map_err(|error| of_store(&error))?;
        let theirs = row.filter(|row| row.tenant == caller.tenant);
        theirs.ok_or_else(|| Fault::new(Code::NotFound, format!("There is no run {run}.")))
    }

    /// Where it stands.
    ///
    /// # Errors
    /// As [`Service::run_row`], or a damaged journal.
    pub async fn run_state(&self, caller: &Caller, run: RunId) -> Result<(RunRow, State), Fault> {
        let row = self.run_row(caller, run).await?;
        let state = self.runs().state(&run).await;
        Ok((row, state.map_err(|error| of_run(&error))?))
    }

    /// Everything that happened in it.
    ///
    /// # Errors
    /// As [`Service::run_state`].
    pub async fn run_timeline(&self, caller: &Caller, run: RunId) -> Result<Timeline, Fault> {
        self.run_row(caller, run).await?;
        let told = self.runs().timeline(&run).await;
        told.map_err(|error| of_run(&error))
    }

    /// What happened in it behind `after`.
    ///
    /// # Errors
    /// As [`Service::run_state`].
    pub async fn run_events(
        &self,
        caller: &Caller,
        run: RunId,
        after: Seq,
    ) -> Result<Vec<(Seq, Entry)>, Fault> {
        self.run_row(caller, run).await?;
        let events = self.runs().events(&run, after).await;
        events.map_err(|error| of_run(&error))
    }

    /// Asks it to end.
    ///
    /// # Errors
    /// As [`Service::run_row`]; `conflict` when it has ended.
    pub async fn cancel(&self, caller: &Caller, run: RunId, why: &str) -> Result<(), Fault> {
        self.needs(caller, Right::Call)?;
        let (_, state) = self.run_state(caller, run).await?;
        if state.ended.is_some() {
            return Err(Fault::new(
                Code::Conflict,
                format!("The run {run} has ended."),
            ));
        }
        let cancelled = self
            .runs()
            .cancel(&run, caller.principal.clone(), why)
            .await;
        cancelled.map_err(|error| of_run(&error))?;
        self.note_run(caller, RunChange::Cancelled, run);
        Ok(())
    }

    /// A new run that begins with the events of another, up to `at`; all of them when absent.
    ///
    /// # Errors
    /// As [`Service::run_row`]; `invalid-arguments` when there is no such event; `forbidden` for a run of somebody else's.
    pub async fn fork(&self, caller: &Caller, run: RunId, at: Option<Seq>) -> Result<RunId, Fault> {
        self.needs(caller, Right::Call)?;
        let _permit = self.admit(caller)?;
        let row = self.run_row(caller, run).await?;
        let label = |name: &str| {
            let mut labels = row.labels.iter();
            labels.find_map(|(key, value)| (key.as_str() == name).then_some(value.as_str()))
        };
        if let Some(agent) = label("name").and_then(|name| name.parse().ok()) {
            agents::is_for(caller, &agent)?;
        }
        // It would go on in the name of whoever started the first, with their accounts and what is remembered of them.
        if label("principal") != Some(caller.principal.as_str()) {
            let message = "The run was started by somebody else, in whose name a fork would go on.";
            return Err(Fault::new(Code::Forbidden, message)
                .with_hint("Start the agent anew with the same input."));
        }
        let at = at.unwrap_or(Seq(row.head.0));
        let pool = POOL
            .parse()
            .map_err(|_| Fault::new(Code::HostInternal, "The pool has no name."))?;
        let fork = RunId::new((self.ids())());
        self.follow(&caller.tenant, fork).await?;
        let forked = self.runs().fork(&run, fork, at, pool).await;
        let forked = forked.map_err(|error| of_run(&error))?;
        self.note_run(caller, RunChange::Forked, forked);
        Ok(forked)
    }

    /// Questions of the tenant's runs that wait for a person, newest run first.
    ///
    /// # Errors
    /// `forbidden`, or the store's.
    pub async fn approvals(&self, caller: &Caller) -> Result<Vec<Open>, Fault> {
        let wanted = Wanted {
            state: Some(StateFilter::Parked),
            ..Wanted::default()
        };
        let page = Page {
            after: None,
            max: LOOKED_THROUGH,
        };
        let mut open = Vec::new();
        for row in self.list_runs(caller, wanted, page).await? {
            let state = self.runs().state(&row.run).await;
            // A journal that cannot be read is a matter of that run's.
            let Ok(state) = state.map(Arc::new) else {
                continue;
            };
            open.extend(state.questions.iter().map(|(number, question)| Open {
                run: row.run,
                number: *number,
                question: question.clone(),
                state: state.clone(),
            }));
        }
        Ok(open)
    }

    /// What the tenant's ledger adds up to, by account.
    ///
    /// # Errors
    /// `forbidden`, or the store's.
    pub async fn usage(&self, caller: &Caller, filter: UsageFilter) -> Result<Vec<Usage>, Fault> {
        self.needs(caller, Right::See)?;
        let filter = UsageFilter {
            tenant: Some(caller.tenant.clone()),
            ..filter
        };
        let usage = self.store().usage(&filter).await;
        usage.map_err(|error| of_store(&error))
    }

    /// The same by spans of time so long, and by agent, the newest first; of all tenants where `everywhere`.
    ///
    /// # Errors
    /// `forbidden`, also for who wants to see all tenants and does not administer them; or the store's.
    pub async fn spending(
        &self,
        caller: &Caller,
        filter: UsageFilter,
        every: Duration,
        everywhere: bool,
    ) -> Result<Vec<Spending>, Fault> {
        self.needs(caller, Right::See)?;
        if everywhere {
            self.needs(caller, Right::Administer)?;
        }
        let filter = UsageFilter {
            tenant: (!everywhere).then(|| caller.tenant.clone()),
            ..filter
        };
        let spending = self.store().spending(&filter, every).await;
        spending.map_err(|error| of_store(&error))
    }

    /// Decides a question. What was decided has to be named by its hash, so that nobody decides something they did not see.
    ///
    /// # Errors
    /// `forbidden`, `not-found`; `conflict` when the question is not open, or another.
    pub async fn decide(
        &self,
        caller: &Caller,
        run: RunId,
        question: Seq,
        hash: Digest,
        verdict: Verdict,
    ) -> Result<(), Fault> {
        self.needs(caller, Right::Decide)?;
        self.run_row(caller, run).await?;
        let decision = Decision {
            question,
            hash,
            verdict: verdict.clone(),
            by: caller.principal.clone(),
        };
        let decided = self.runs().decide(&run, decision).await;
        decided.map_err(|error| of_run(&error))?;
        self.note_verdict(caller, run, question, &verdict);
        Ok(())
    }
}
