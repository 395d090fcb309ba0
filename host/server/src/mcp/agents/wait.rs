//! Until a run is over, or asks something that its client can answer.

use std::time::Duration;

use metier_agent::journal::{Ending, Seq};
use metier_core::{Code, Fault};
use metier_service::{faults::of_run, hub::News};
use metier_store::types::RunId;
use rmcp::{
    RoleServer,
    model::{InputRequests, InputResponses, ProgressNotificationParam},
    service::RequestContext,
};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, sleep},
};

use super::questions;
use crate::mcp::handler::Asked;

/// How often a run is looked at that another host may be working on: of what happens here the hub tells at once.
const POLL: Duration = Duration::from_secs(1);

/// Least time between two looks.
const PACE: Duration = Duration::from_millis(20);

/// How long a call waits for its run. The run goes on.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

/// What a run came to.
pub enum Rest {
    /// It is over.
    Ended(Ending),
    /// It asks what its client can answer.
    Asks(InputRequests),
}

/// What it comes to. What the client answered already, and its host has not heard of yet, is asked no second time.
///
/// # Errors
/// The store's, and `deadline-exceeded` after [`PATIENCE`].
pub async fn until_it_rests(
    asked: &Asked,
    run: &RunId,
    answered: &InputResponses,
    context: &RequestContext<RoleServer>,
) -> Result<Rest, Fault> {
    let mut news = asked.service.hub().follow(*run);
    let began = Instant::now();
    let mut seen = Seq(0);
    while began.elapsed() < PATIENCE {
        let runs = asked.service.runs();
        let head = runs.head(run).await.map_err(|error| of_run(&error))?;
        if head > seen {
            seen = head;
            let state = runs.state(run).await.map_err(|error| of_run(&error))?;
            let mut asks = questions::asked_through(asked, context, &state)?;
            asks.retain(|key, _| !answered.contains_key(key));
            if let Some(ending) = state.ended {
                return Ok(Rest::Ended(ending));
            }
            if !asks.is_empty() {
                return Ok(Rest::Asks(asks));
            }
            tell(context, head).await;
        }
        sleep(PACE).await;
        tokio::select! {
            () = heard_of(&mut news) => {}
            () = sleep(POLL) => {}
        }
    }
    let message = "The run takes longer than a call may wait; it goes on.";
    Err(Fault::new(Code::DeadlineExceeded, message)
        .with_hint("Call with the tasks extension, or with an idempotency key again later."))
}

/// Until something durable happened in the run, or it cannot be known.
async fn heard_of(news: &mut Receiver<News>) {
    loop {
        match news.recv().await {
            Ok(News::Event(_)) => return,
            Ok(News::Delta(..)) => {}
            // Too slow: there may have been one.
            Err(RecvError::Lagged(_)) => return,
            Err(RecvError::Closed) => return std::future::pending().await,
        }
    }
}

/// How far the run is, in events, to whoever wants to hear it.
async fn tell(context: &RequestContext<RoleServer>, head: Seq) {
    if let Some(token) = context.meta.get_progress_token() {
        // A float counts exactly to 2^53.
        #[expect(clippy::cast_precision_loss, reason = "no run has that many events")]
        let told = ProgressNotificationParam::new(token, head.0 as f64);
        drop(context.peer.notify_progress(told).await);
    }
}
