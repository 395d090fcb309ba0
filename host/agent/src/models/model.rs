//! The one thing a run needs of models: ask a route.

use std::sync::Arc;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::{Message, ModelFailure, ModelRequest, Sink, StopReason, Usage};
use crate::routes::{NanoDollars, Needs, PriceTable, Route};

/// Something that answers: providers over the network, or a recording.
///
/// The future is cancelled by dropping it; the request to the provider ends with it.
pub trait Model: Send + Sync {
    /// Asks, and tells the sink what comes while it comes.
    fn ask<'a>(
        &'a self,
        question: &'a Question,
        sink: &'a dyn Sink,
    ) -> BoxFuture<'a, Result<Answer, ModelFailure>>;
}

/// What is asked, of whom, at which prices. Everything a run pins at its start is shared.
#[derive(Clone, Debug)]
pub struct Question {
    /// Which step of which run asks; names the answer in a recording. Unique within the run.
    pub step: String,
    /// Who may be asked.
    pub route: Arc<Route>,
    /// What it costs, as pinned when the run began.
    pub prices: Arc<PriceTable>,
    /// How the run narrows the route.
    pub needs: Needs,
    /// The question itself.
    pub request: ModelRequest,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Answer {
    /// What the model said.
    pub message: Message,
    /// Why it stopped.
    pub stop: StopReason,
    /// What it used.
    pub usage: Usage,
    /// Who answered.
    pub candidate: String,
    /// The model that answered, in the provider's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What all attempts cost together, at the question's prices. Never more than the worst case.
    pub cost: NanoDollars,
    /// From the first attempt to the last byte, in milliseconds.
    pub latency_ms: u64,
    /// From the first attempt to the first piece of the answer, in milliseconds.
    pub first_token_ms: u64,
    /// Requests sent; more than one when some failed.
    pub attempts: u32,
}
