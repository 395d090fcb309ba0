//! Models that may be replaced by others while they are asked.

use std::sync::{Arc, PoisonError, RwLock};

use futures::future::BoxFuture;
use metier_agent::models::{Answer, Model, ModelFailure, Question, Sink};

/// Asks whoever is set now; a question that is under way is answered by whom it was put to.
pub struct LiveModel(RwLock<Arc<dyn Model>>);

impl LiveModel {
    /// Asks this one, at first.
    pub fn new(model: Arc<dyn Model>) -> Self {
        LiveModel(RwLock::new(model))
    }

    /// Asks another from now on.
    pub fn set(&self, model: Arc<dyn Model>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = model;
    }
}

impl Model for LiveModel {
    fn ask<'a>(
        &'a self,
        question: &'a Question,
        sink: &'a dyn Sink,
    ) -> BoxFuture<'a, Result<Answer, ModelFailure>> {
        let model = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let model = model.clone();
        Box::pin(async move { model.ask(question, sink).await })
    }
}
