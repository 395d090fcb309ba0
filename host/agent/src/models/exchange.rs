//! One request to one candidate: sent, decoded while it comes, bounded in time.

use std::time::Duration;

use futures::{
    StreamExt,
    future::{BoxFuture, Either, FutureExt, select},
};

use super::{
    Completion, Delta, FailureKind, ModelEvent, ModelFailure, ModelRequest, Pace, Sink, Transport,
    TransportFailure, WireResponse,
    wire::{self, Decoder},
};
use crate::routes::Candidate;

/// What a request came to.
pub(super) struct Exchanged {
    /// The answer.
    pub completion: Completion,
    /// From the request to the first piece of the answer, in milliseconds.
    pub first_token_ms: u64,
    /// Bytes of content, which bound the tokens of an answer whose provider does not count them.
    pub content_bytes: usize,
}

/// A request that failed.
pub(super) struct Failed {
    /// Why.
    pub failure: ModelFailure,
    /// The provider may have begun to answer, and so to count.
    pub may_cost: bool,
}

/// What one request needs.
pub(super) struct Exchange<'a> {
    pub candidate: &'a Candidate,
    pub request: &'a ModelRequest,
    pub transport: &'a dyn Transport,
    pub pace: &'a dyn Pace,
    pub sink: &'a dyn Sink,
}

impl Exchange<'_> {
    /// Asks once. Dropping the future ends the request.
    pub async fn run(&self) -> Result<Exchanged, Failed> {
        let began = self.pace.now_ms();
        let encoded = wire::encode(self.request, self.candidate);
        let request = encoded.map_err(|unfit| free(self.named(unfit.into())))?;
        let bytes = request.body.len();
        let mut over = self.pace.sleep(self.candidate.whole_answer());
        let sending = self.transport.send(request);
        let response = self
            .in_time(sending, self.pace.sleep(self.candidate.first_byte()))
            .await?;
        let mut decoder = Decoder::new(
            self.candidate,
            self.request,
            bytes,
            response.status,
            &response.headers,
        );
        self.read(response, &mut decoder, &mut over, began).await
    }

    /// The head of the answer. What does not come in time may still be counted.
    async fn in_time(
        &self,
        sending: BoxFuture<'_, Result<WireResponse, TransportFailure>>,
        limit: BoxFuture<'static, ()>,
    ) -> Result<WireResponse, Failed> {
        match select(sending, limit).await {
            Either::Left((Ok(response), _)) => Ok(response),
            Either::Left((Err(failure), _)) => {
                let may_cost =
                    matches!(failure.kind, FailureKind::Timeout | FailureKind::BrokenOff);
                Err(Failed {
                    failure: self.carried(failure),
                    may_cost,
                })
            }
            Either::Right(_) => Err(Failed {
                failure: self.timeout(self.candidate.first_byte(), "did not begin to answer"),
                may_cost: true,
            }),
        }
    }

    async fn read(
        &self,
        mut response: WireResponse,
        decoder: &mut Decoder,
        over: &mut BoxFuture<'static, ()>,
        began: u64,
    ) -> Result<Exchanged, Failed> {
        let may_cost = response.status < 300;
        let failed = |failure: ModelFailure| Failed {
            failure: self.named(failure),
            may_cost,
        };
        let mut first: Option<u64> = None;
        loop {
            let mut events = Vec::new();
            let piece = match select(response.body.next(), &mut *over).await {
                Either::Left((piece, _)) => piece,
                Either::Right(_) => {
                    let late =
                        self.timeout(self.candidate.whole_answer(), "did not finish its answer");
                    return Err(failed(late));
                }
            };
            let is_over = piece.is_none();
            let decoded = match piece {
                Some(Ok(bytes)) => decoder.push(&bytes, &mut events),
                Some(Err(failure)) => Err(self.carried(failure)),
                None => decoder.finish(&mut events),
            };
            for event in events {
                let first_token_ms =
                    *first.get_or_insert_with(|| self.pace.now_ms().saturating_sub(began));
                match self.tell(event) {
                    None => {}
                    Some(completion) => {
                        // The end of the body is usually there already: a connection read to its end is used again.
                        if !is_over {
                            response.body.next().now_or_never();
                        }
                        let content_bytes = decoder.content_bytes();
                        return Ok(Exchanged {
                            completion,
                            first_token_ms,
                            content_bytes,
                        });
                    }
                }
            }
            decoded.map_err(failed)?;
        }
    }

    /// Gives back the answer when it is whole.
    fn tell(&self, event: ModelEvent) -> Option<Completion> {
        let delta = match event {
            ModelEvent::Text { text } => Delta::Text { text },
            ModelEvent::Reasoning { text } => Delta::Reasoning { text },
            ModelEvent::ToolCallBegun { index, id, name } => {
                Delta::ToolCallBegun { index, id, name }
            }
            ModelEvent::Done(completion) => return Some(*completion),
        };
        self.sink.delta(delta);
        None
    }

    fn carried(&self, failure: TransportFailure) -> ModelFailure {
        self.named(ModelFailure::new(failure.kind, failure.message))
    }

    fn timeout(&self, limit: Duration, what: &str) -> ModelFailure {
        let words = format!("The provider {what} within {} s.", limit.as_secs());
        self.named(ModelFailure::new(FailureKind::Timeout, words))
    }

    fn named(&self, failure: ModelFailure) -> ModelFailure {
        ModelFailure {
            candidate: Some(self.candidate.name.clone()),
            ..failure
        }
    }
}

fn free(failure: ModelFailure) -> Failed {
    Failed {
        failure,
        may_cost: false,
    }
}
