//! `/runs/{id}/events`: what happened in a run, at once or while it happens.
//!
//! A stream is server-sent events: each durable event with its number as `id`, so that a client that was cut off goes on with
//! `Last-Event-ID` and misses nothing; what a model says meanwhile as `event: delta` without one. It ends with the run.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Json as Answer,
    extract::State,
    http::{HeaderMap, header},
    response::{
        IntoResponse, Response,
        sse::{Event as Message, KeepAlive, Sse},
    },
};
use futures::{Stream, StreamExt, stream};
use metier_agent::journal::{Entry, Event, Seq};
use metier_service::{Caller, Service, hub::News};
use metier_store::types::RunId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{List, moment, runs::id_of};
use crate::{
    app::App,
    body::{Named, Params},
    gate::Who,
    problem::{Problem, ProblemDetails},
};

/// How often it is looked whether another host did something, at first.
const LOOK: Duration = Duration::from_secs(1);

/// And at most that seldom, where nothing happens.
const SELDOM: Duration = Duration::from_secs(15);

/// Says now and then that the connection is alive.
const ALIVE: Duration = Duration::from_secs(20);

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(events))
}

/// An event of a run.
#[derive(Serialize, ToSchema)]
struct RunEvent {
    /// Its place, from 1.
    number: u64,
    /// When it was written.
    at: String,
    /// What happened: `started`, `intended`, `settled`, `asked`, `decided`, `ended`, …
    kind: String,
    /// Everything about it.
    event: Value,
}

impl RunEvent {
    fn of(number: Seq, entry: &Entry) -> Self {
        let event = serde_json::to_value(&entry.event).unwrap_or_default();
        RunEvent {
            number: number.0,
            at: moment::of_millis(entry.at.0),
            kind: event["kind"].as_str().unwrap_or_default().to_owned(),
            event,
        }
    }
}

/// Which events.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Behind {
    after: Option<u64>,
}

/// Show what happened in a run, or follow it
#[utoipa::path(get, path = "/runs/{id}/events", tag = "runs", params(
    ("id" = String, Path,), ("after" = Option<u64>, Query, description = "Only events behind this one"),
    ("last-event-id" = Option<String>, Header, description = "The same, as browsers send it"),
), responses(
    (status = 200, content((List<RunEvent> = "application/json"), (String = "text/event-stream"))),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn events(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(id): Named<String>,
    Params(behind): Params<Behind>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let run = id_of(&id)?;
    let last = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok());
    let after = Seq(last.or(behind.after).unwrap_or(0));
    if !wants_stream(&headers) {
        let events = app.service.run_events(&caller, run, after).await?;
        let items = events
            .iter()
            .map(|(number, entry)| RunEvent::of(*number, entry));
        return Ok(Answer(List {
            items: items.collect(),
            next: None,
        })
        .into_response());
    }
    follow(&app, &caller, run, after).await
}

/// What happens in a run behind `after`, as a stream that ends with it.
///
/// # Errors
/// `forbidden`; `not-found` also for another tenant's.
pub async fn follow(
    app: &App,
    caller: &Caller,
    run: RunId,
    after: Seq,
) -> Result<Response, Problem> {
    let news = app.service.hub().follow(run);
    // Also refuses before the stream begins, as an answer of its own.
    app.service.run_row(caller, run).await?;
    let follower = Follower {
        service: app.service.clone(),
        run,
        news,
        after,
        wait: LOOK,
        is_stale: true,
        is_over: false,
    };
    let stream = follower.stream().map(Ok::<_, Infallible>);
    Ok(Sse::new(stream)
        .keep_alive(KeepAlive::new().interval(ALIVE))
        .into_response())
}

fn wants_stream(headers: &HeaderMap) -> bool {
    let told = headers
        .get(header::ACCEPT)
        .and_then(|told| told.to_str().ok());
    told.is_some_and(|told| told.contains("text/event-stream"))
}

/// Somebody who follows a run.
struct Follower {
    service: Arc<Service>,
    run: RunId,
    news: Receiver<News>,
    after: Seq,
    wait: Duration,
    /// Whether the journal may have more than was told.
    is_stale: bool,
    is_over: bool,
}

impl Follower {
    fn stream(self) -> impl Stream<Item = Message> {
        let told = stream::unfold(self, |mut follower| async move {
            let messages = follower.next().await?;
            Some((stream::iter(messages), follower))
        });
        told.flatten()
    }

    /// The next messages; nothing when the run has ended and everything was told.
    async fn next(&mut self) -> Option<Vec<Message>> {
        if self.is_over {
            return None;
        }
        loop {
            if self.is_stale {
                let messages = self.read().await?;
                if !messages.is_empty() {
                    return Some(messages);
                }
            }
            if let Some(delta) = self.hear().await {
                return Some(vec![delta]);
            }
        }
    }

    async fn read(&mut self) -> Option<Vec<Message>> {
        let events = self.service.runs().events(&self.run, self.after).await;
        // The store cannot be read now: the client comes back with the number it has.
        let events = events.ok()?;
        self.is_stale = false;
        let mut messages = Vec::new();
        for (number, entry) in events {
            self.after = number;
            self.is_over |= matches!(entry.event, Event::Ended(_));
            messages.extend(message(number, &entry));
        }
        Some(messages)
    }

    /// Waits for news; a delta is told as it is.
    async fn hear(&mut self) -> Option<Message> {
        let heard = tokio::time::timeout(self.wait, self.news.recv()).await;
        match heard {
            Ok(Ok(News::Delta(effect, delta))) => {
                let data = serde_json::json!({"effect": effect.0, "delta": delta});
                return Message::default().event("delta").json_data(data).ok();
            }
            Ok(Ok(News::Event(number))) => self.is_stale = number > self.after,
            Ok(Err(RecvError::Lagged(_))) => self.is_stale = true,
            // Nothing here works on it: another host may.
            Ok(Err(RecvError::Closed)) | Err(_) => {
                if matches!(heard, Ok(Err(RecvError::Closed))) {
                    self.news = self.service.hub().follow(self.run);
                }
                self.wait = (self.wait * 2).min(SELDOM);
                self.is_stale = true;
            }
        }
        None
    }
}

fn message(number: Seq, entry: &Entry) -> Option<Message> {
    let event = RunEvent::of(number, entry);
    let message = Message::default()
        .id(number.0.to_string())
        .event(&event.kind);
    message.json_data(&event).ok()
}
