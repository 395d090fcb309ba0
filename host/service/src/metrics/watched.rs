//! Who stands between those that work and those that are told, and counts.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::BoxFuture;
use metier_agent::{
    definition::Definition,
    driver::Watch,
    journal::{Entry, Event, Seq},
    models::{Answer, Delta, Model, ModelFailure, Question, Sink},
    trace::provider,
};
use metier_store::types::RunId;

use super::{Metrics, Question as Counted};

/// Counts the runs that begin and end here.
pub struct Followed {
    next: Arc<dyn Watch>,
    metrics: Arc<Metrics>,
}

impl Followed {
    /// Tells `next` everything.
    pub fn new(next: Arc<dyn Watch>, metrics: Arc<Metrics>) -> Self {
        Followed { next, metrics }
    }
}

impl Watch for Followed {
    fn event(&self, run: RunId, seq: Seq, entry: &Entry) {
        match &entry.event {
            Event::Started(started) => self.metrics.run_started(match started.definition {
                Definition::Agent(_) => "agent",
                Definition::Chain(_) => "chain",
            }),
            Event::Ended(ending) => self.metrics.run_ended(ending.as_str()),
            _ => {}
        }
        self.next.event(run, seq, entry);
    }

    fn delta(&self, run: RunId, effect: Seq, delta: Delta) {
        self.next.delta(run, effect, delta);
    }
}

/// Counts the questions to models.
pub struct Asked {
    next: Arc<dyn Model>,
    metrics: Arc<Metrics>,
}

impl Asked {
    /// Asks `next`.
    pub fn new(next: Arc<dyn Model>, metrics: Arc<Metrics>) -> Self {
        Asked { next, metrics }
    }

    fn count(&self, question: &Question, answered: &Result<Answer, ModelFailure>, took: Duration) {
        let (candidate, nano_dollars) = match answered {
            Ok(answer) => (Some(answer.candidate.as_str()), answer.cost.0),
            Err(failure) => (failure.candidate.as_deref(), failure.spent.0),
        };
        let mut candidates = question.route.candidates.iter();
        let found = candidates.find(|known| Some(known.name.as_str()) == candidate);
        self.metrics.question(&Counted {
            provider: found.map_or("", |found| provider(found.format)),
            model: found.map_or("", |found| found.model.as_str()),
            took,
            result: answered
                .as_ref()
                .map(|answer| (answer.usage.input, answer.usage.output))
                .map_err(|failure| failure.kind.code()),
            nano_dollars,
        });
    }
}

impl Model for Asked {
    fn ask<'a>(
        &'a self,
        question: &'a Question,
        sink: &'a dyn Sink,
    ) -> BoxFuture<'a, Result<Answer, ModelFailure>> {
        Box::pin(async move {
            let began = Instant::now();
            let answered = self.next.ask(question, sink).await;
            self.count(question, &answered, began.elapsed());
            answered
        })
    }
}
