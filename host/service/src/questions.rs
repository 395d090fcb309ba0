//! Questions to models outside runs: who may ask, and what is booked about them.
//!
//! An answer is booked as that of a run is: on `model/CANDIDATE`, in whole nano-dollars, rounded up once by the price. The key of the
//! line is the request's id, so nothing is booked twice.
//!
//! How it is written is [`Books`](crate::books::Books)' part. A process that is killed also loses what providers count for questions
//! it had not heard the end of: there is no way to book those. What must be accounted for to the last cent is asked in a run, whose
//! money is set aside before.
//!
//! Who goes away in the middle of an answer has begun to cost something: what it can have cost at most, by what was heard, is booked.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use metier_agent::{
    models::{Answer, Delta, Model, ModelFailure, ModelRequest, Question, Sink},
    routes::{FRAME_TOKENS, NanoDollars, Needs, PriceTable, Route},
};
use metier_core::{CallId, Code, Fault, TenantId, nearest::nearest};
use metier_store::types::{AccountName, Key, LedgerLine};

use crate::{
    agents::Models,
    books::{Place, amount},
    identity::{Caller, Right},
    limits::Permit,
    service::Service,
};

/// The routes, ready to be asked.
pub struct Questions {
    ready: RwLock<Arc<Ready>>,
}

/// What may be asked, and what it costs.
struct Ready {
    routes: BTreeMap<String, Arc<Route>>,
    prices: Arc<PriceTable>,
}

impl Questions {
    pub(crate) fn new(models: &Models) -> Self {
        Questions {
            ready: RwLock::new(Arc::new(Ready::of(models))),
        }
    }

    pub(crate) fn use_models(&self, models: &Models) {
        let held = self.ready.write();
        *held.unwrap_or_else(PoisonError::into_inner) = Arc::new(Ready::of(models));
    }

    fn ready(&self) -> Arc<Ready> {
        let ready = self.ready.read().unwrap_or_else(PoisonError::into_inner);
        ready.clone()
    }
}

impl Ready {
    fn of(models: &Models) -> Self {
        let ready = models.routes.routes.keys().filter_map(|name| {
            let route = models.routes.route(name);
            let route = route.inspect_err(|error| tracing::warn!(%error, "a route is left out"));
            Some((name.clone(), Arc::new(route.ok()?)))
        });
        Ready {
            routes: ready.collect(),
            prices: Arc::new(models.prices.clone()),
        }
    }
}

impl Service {
    /// Has questions and new runs answered by these models. What is under way goes on as it began.
    pub fn use_models(&self, models: Models) {
        self.questions().use_models(&models);
        self.deployments().use_models(models);
    }

    /// The names of the routes a caller may ask, in order.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn routes(&self, caller: &Caller) -> Result<Vec<String>, Fault> {
        self.needs(caller, Right::See)?;
        let ready = self.questions().ready();
        let names = ready.routes.keys();
        Ok(names
            .filter(|name| caller.is_for(&named(name)))
            .cloned()
            .collect())
    }

    /// A question to a route, about to be asked. Nothing is sent before [`Asking::answer`].
    ///
    /// # Errors
    /// `forbidden`, `not-found`; `busy` when too many are under way; as [`Service::admit`].
    pub fn ask(
        &self,
        caller: &Caller,
        id: &CallId,
        route: &str,
        request: ModelRequest,
    ) -> Result<Asking, Fault> {
        self.needs(caller, Right::Call)?;
        let permit = self.admit(caller)?;
        is_for(caller, route)?;
        let ready = self.questions().ready();
        let found = ready.routes.get(route).cloned();
        let found = found.ok_or_else(|| no_route(route, &ready.routes))?;
        let place = self.books().place("questions to models")?;
        Ok(Asking {
            question: Question {
                step: id.as_str().to_owned(),
                route: found,
                prices: ready.prices.clone(),
                needs: Needs::default(),
                request,
            },
            model: self.model().clone(),
            tenant: caller.tenant.clone(),
            heard: Heard::default(),
            place: Some(place),
            _permit: permit,
        })
    }

    /// Waits until everything is answered and booked: at the end of the process.
    pub async fn booked(&self) {
        self.books().written().await;
    }
}

/// What a key that is for some tools only has to name to ask a route: a skill's tools are not all that costs money.
fn named(route: &str) -> String {
    format!("model.{route}")
}

fn is_for(caller: &Caller, route: &str) -> Result<(), Fault> {
    let shown = metier_core::ids::shown(route);
    caller.needs_tool(&named(route), &format!("model `{shown}`"))
}

fn no_route(name: &str, routes: &BTreeMap<String, Arc<Route>>) -> Fault {
    let message = format!("There is no model `{}`.", metier_core::ids::shown(name));
    let fault = Fault::new(Code::NotFound, message);
    match nearest(name, routes.keys().map(String::as_str)) {
        Some(meant) => fault.with_hint(format!("Did you mean `{meant}`?")),
        None => fault.with_hint("`GET /v1/models` lists what may be asked."),
    }
}

/// A question that has its place. Dropping it, or the future of its answer, gives it up.
pub struct Asking {
    question: Question,
    model: Arc<dyn Model>,
    tenant: TenantId,
    heard: Heard,
    /// Until it is booked.
    place: Option<Place>,
    /// Of the caller's key and tenant.
    _permit: Permit,
}

/// What was heard of an answer so far.
#[derive(Default)]
struct Heard {
    candidate: Mutex<Option<String>>,
    bytes: AtomicUsize,
}

impl Heard {
    /// The candidate that answers.
    fn begun(&self) -> MutexGuard<'_, Option<String>> {
        self.candidate
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asking {
    /// Asks, and books what it cost. Dropping the future ends the request to the provider.
    ///
    /// # Errors
    /// The model's.
    pub async fn answer(mut self, sink: &dyn Sink) -> Result<Answer, ModelFailure> {
        let told = Told {
            sink,
            heard: &self.heard,
        };
        let answered = self.model.ask(&self.question, &told).await;
        match &answered {
            Ok(answer) => {
                let usage = &answer.usage;
                let words = format!("{} tokens in, {} out", usage.input, usage.output);
                self.book(Some(&answer.candidate), answer.cost, &words);
            }
            Err(failure) => {
                let candidate = failure.candidate.as_deref();
                self.book(candidate, failure.spent, "no answer, at most");
            }
        }
        self.place = None;
        answered
    }

    /// Has a line written. What cost nothing and was not answered has none.
    fn book(&mut self, candidate: Option<&str>, cost: NanoDollars, words: &str) {
        let Some(place) = self.place.take() else {
            return;
        };
        let line = self.line(candidate, cost, words);
        let key: Result<Key, _> = format!("question/{}", self.question.step).parse();
        let (Ok(key), Some(line)) = (key, line) else {
            return;
        };
        place.book(self.tenant.clone(), key, line);
    }

    fn line(&self, candidate: Option<&str>, cost: NanoDollars, words: &str) -> Option<LedgerLine> {
        if cost.is_zero() && candidate.is_none() {
            return None;
        }
        let named = |name: &str| format!("model/{name}").parse::<AccountName>().ok();
        let account = candidate.and_then(named).or_else(|| named("unknown"))?;
        let route = metier_core::ids::shown(&self.question.route.name);
        Some(LedgerLine {
            account,
            amount: amount(cost),
            memo: format!("{route}: {words}"),
        })
    }

    /// The most that an answer can have cost of which so much was heard.
    fn at_most(&self, candidate: &str, bytes: usize) -> NanoDollars {
        let question = &self.question;
        let mut candidates = question.route.candidates.iter();
        let found = candidates.find(|known| known.name == candidate);
        let cost = found.and_then(|candidate| {
            let output = candidate.most_output(&question.request);
            let output = output.min(bytes as u64 + FRAME_TOKENS);
            let input = candidate.most_input(&question.request);
            Some(question.prices.of(candidate)?.worst_case(input, output))
        });
        cost.unwrap_or_default()
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        let candidate = self.heard.begun().take();
        let Some(candidate) = candidate.filter(|_| self.place.is_some()) else {
            return;
        };
        let cost = self.at_most(&candidate, self.heard.bytes.load(Relaxed));
        self.book(Some(&candidate), cost, "given up, at most");
    }
}

/// Passes on what is heard, and notes how much it was.
struct Told<'a> {
    sink: &'a dyn Sink,
    heard: &'a Heard,
}

impl Sink for Told<'_> {
    fn delta(&self, delta: Delta) {
        match &delta {
            Delta::Begun { candidate } => {
                *self.heard.begun() = Some(candidate.clone());
                self.heard.bytes.store(0, Relaxed);
            }
            Delta::Text { text } | Delta::Reasoning { text } => {
                self.heard.bytes.fetch_add(text.len(), Relaxed);
            }
            Delta::ToolCallBegun { .. } | Delta::Retrying { .. } => {}
        }
        self.sink.delta(delta);
    }
}
