//! Runs as a table, and each on a page of its own.

mod clock;
mod files;
mod journal;
mod page;
mod spans;
mod waterfall;

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::HeaderMap,
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use futures::future::try_join_all;
use maud::{Markup, html};
use metier_agent::{journal::Seq, state::State as Stands};
use metier_core::Fault;
use metier_service::{faults::of_store, runs::Wanted};
use metier_store::types::{Page, RunId, RunRow, RunState, StateFilter, Time, UsageFilter};
use serde::Deserialize;

use super::{
    failure::{Failure, Told},
    layout::{self, Place},
    session::{Posted, Session},
    text,
};
use crate::{
    api,
    app::App,
    body::{Named, Params},
};

/// Runs of a page.
const PAGE: usize = 25;

/// Longest name of an agent in a table, in characters.
const NAME: usize = 60;

pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/console/runs", get(list))
        .route("/console/runs/{id}", get(page::show))
        .route("/console/runs/{id}/events", get(follow))
        .route("/console/runs/{id}/cancel", post(cancel))
        .route("/console/runs/{id}/files/{digest}", get(files::show))
        .route(
            "/console/runs/{id}/files/{digest}/picture",
            get(files::serve),
        )
        .route("/console/artifacts/{digest}", get(artifact))
}

/// A run as a line of a table.
pub struct Row {
    id: RunId,
    agent: String,
    version: String,
    status: String,
    began: u64,
    took: u64,
    cost: u64,
}

/// The rows with what they cost.
pub async fn rows(app: &App, session: &Session, rows: Vec<RunRow>) -> Result<Vec<Row>, Failure> {
    let now = now(app).await?;
    let costs = rows.iter().map(|row| cost(app, session, row.run));
    let costs = try_join_all(costs).await?;
    let both = rows.iter().zip(costs);
    Ok(both.map(|(row, cost)| Row::of(row, now, cost)).collect())
}

async fn cost(app: &App, session: &Session, run: RunId) -> Result<u64, Fault> {
    let filter = UsageFilter {
        run: Some(run),
        ..UsageFilter::default()
    };
    let booked = app.service.usage(&session.caller, filter).await?;
    let all: i64 = booked.iter().map(|usage| usage.amount.0).sum();
    Ok(u64::try_from(all).unwrap_or(0))
}

/// The store's clock.
pub async fn now(app: &App) -> Result<Time, Fault> {
    let now = app.service.store().now().await;
    now.map_err(|error| of_store(&error))
}

/// The store's time in milliseconds since 1970.
pub fn millis(time: Time) -> u64 {
    u64::try_from(time.0 / 1000).unwrap_or(0)
}

/// Which agent or chain a run is of.
pub fn agent_of(state: &Stands) -> &str {
    state.started.definition.terms().name.as_str()
}

impl Row {
    fn of(row: &RunRow, now: Time, cost: u64) -> Row {
        let label = |name: &str| {
            let found = row.labels.iter().find(|(key, _)| key.as_str() == name);
            found.map_or(String::new(), |(_, value)| value.clone())
        };
        let is_over = matches!(row.state, RunState::Done { .. });
        let end = if is_over { row.updated } else { now };
        Row {
            id: row.run,
            agent: label("name"),
            version: label("version"),
            status: api::runs::status(&row.state, now).to_owned(),
            began: millis(row.created),
            took: millis(end).saturating_sub(millis(row.created)),
            cost,
        }
    }
}

/// How something stands, as a word with a mark.
pub fn status(word: &str) -> Markup {
    let class = match word {
        "completed" => "status good",
        "failed" => "status bad",
        "cancelled" | "queued" => "status still",
        "waiting" => "status waits",
        _ => "status runs",
    };
    html! { span class=(class) { (text::line(word, 20)) } }
}

/// A table of runs.
pub fn table(rows: &[Row], caption: &str) -> Markup {
    html! {
        table.stack {
            caption.unseen { (caption) }
            thead {
                tr {
                    th scope="col" { "Agent" } th scope="col" { "Status" } th scope="col" { "Started" }
                    th.number scope="col" { "Duration" } th.number scope="col" { "Cost" }
                }
            }
            tbody {
                @for row in rows {
                    tr {
                        th.with-status scope="row" {
                            a href={ "/console/runs/" (row.id) } { (text::line(&row.agent, NAME)) }
                            " " span.muted.small { (text::line(&row.version, 30)) }
                        }
                        td.status-cell { (status(&row.status)) }
                        td { (text::at(row.began)) }
                        td.number { (text::span(row.took)) }
                        td.number title=(text::exactly(row.cost)) { (text::money(row.cost)) }
                    }
                }
            }
        }
    }
}

/// Which runs; what is empty is not asked for.
#[derive(Deserialize, Default)]
struct Filter {
    agent: Option<String>,
    state: Option<String>,
    cursor: Option<String>,
}

const STATES: [(&str, &str, Option<StateFilter>); 5] = [
    ("", "All", None),
    ("live", "Not ended", Some(StateFilter::Live)),
    ("running", "Running", Some(StateFilter::Held)),
    ("parked", "Waiting", Some(StateFilter::Parked)),
    ("done", "Ended", Some(StateFilter::Done)),
];

impl Filter {
    fn agent(&self) -> Option<&str> {
        self.agent.as_deref().filter(|agent| !agent.is_empty())
    }

    fn state(&self) -> &str {
        self.state.as_deref().unwrap_or_default()
    }

    fn wanted(&self) -> Wanted {
        let state = STATES.iter().find(|(word, ..)| *word == self.state());
        Wanted {
            state: state.and_then(|(_, _, state)| *state),
            agent: self.agent().map(str::to_owned),
            ..Wanted::default()
        }
    }

    fn is_all(&self) -> bool {
        self.agent().is_none() && self.state().is_empty() && self.cursor.is_none()
    }

    fn link(&self, cursor: Option<&RunId>) -> String {
        let (agent, state) = (
            text::encoded(self.agent().unwrap_or_default()),
            text::encoded(self.state()),
        );
        let cursor = cursor.map_or(String::new(), |cursor| format!("&cursor={cursor}"));
        format!("/console/runs?agent={agent}&state={state}{cursor}")
    }
}

async fn list(
    State(app): State<Arc<App>>,
    session: Session,
    Told(Params(filter)): Told<Params<Filter>>,
) -> Result<Html<String>, Failure> {
    let after = match filter.cursor.as_deref() {
        None => None,
        Some(cursor) => Some(api::runs::id_of(cursor)?),
    };
    let page = Page { after, max: PAGE };
    let found = app
        .service
        .list_runs(&session.caller, filter.wanted(), page)
        .await?;
    let rows = rows(&app, &session, found).await?;
    let agents = app.service.agents(&session.caller)?;
    let agents: Vec<&str> = agents.iter().map(|(name, _)| name.as_str()).collect();
    let body = html! {
        (layout::heading("Runs", choice(&filter, &agents)))
        @if rows.is_empty() { (none(&filter)) } @else { section.panel aria-label="Runs" { (table(&rows, "Runs, newest first")) } }
        (pages(&filter, &rows))
    };
    Ok(layout::page(&session, Place::Runs, "Runs", body))
}

fn choice(filter: &Filter, agents: &[&str]) -> Markup {
    let wanted = filter.agent();
    let is_other = wanted.filter(|wanted| !agents.contains(wanted));
    html! {
        form.inline method="get" action="/console/runs" {
            label for="agent" { "Agent" }
            select id="agent" name="agent" {
                option value="" { "All" }
                @for agent in agents.iter().copied().chain(is_other) {
                    option value=(agent) selected[wanted == Some(agent)] { (text::plain(agent)) }
                }
            }
            label for="state" { "State" }
            select id="state" name="state" {
                @for (word, name, _) in STATES {
                    option value=(word) selected[filter.state() == word] { (name) }
                }
            }
            button type="submit" { "Show" }
        }
    }
}

fn none(filter: &Filter) -> Markup {
    match filter.is_all() {
        true => layout::empty_page(
            "There are no runs yet.",
            html! { "Deploy an agent with " code { "metier admin agent deploy FILE.toml" } ", then start it with "
            code { "POST /api/v1/runs" } "." },
        ),
        false => layout::empty_page(
            "No run is like that.",
            html! { a href="/console/runs" { "Show all runs" } "." },
        ),
    }
}

fn pages(filter: &Filter, rows: &[Row]) -> Markup {
    let last = rows.last().filter(|_| rows.len() == PAGE);
    html! {
        nav.pages aria-label="Pages" {
            @if filter.cursor.is_some() { a href=(filter.link(None)) { "Newest" } }
            @if let Some(last) = last { a rel="next" href=(filter.link(Some(&last.id))) { "Older" } }
        }
    }
}

async fn follow(
    State(app): State<Arc<App>>,
    session: Session,
    Told(Named(id)): Told<Named<String>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let run = api::runs::id_of(&id)?;
    let last = headers.get("last-event-id");
    let last = last.and_then(|last| last.to_str().ok()?.parse().ok());
    Ok(api::events::follow(&app, &session.caller, run, Seq(last.unwrap_or(0))).await?)
}

async fn cancel(
    State(app): State<Arc<App>>,
    Told(Named(id)): Told<Named<String>>,
    posted: Posted,
) -> Result<Redirect, Failure> {
    let run = api::runs::id_of(&id)?;
    let why = match posted.fields.get("why").trim() {
        "" => "no reason given",
        why => why,
    };
    app.service.cancel(&posted.session.caller, run, why).await?;
    Ok(Redirect::to(&format!("/console/runs/{run}?done=cancelled")))
}

async fn artifact(
    State(app): State<Arc<App>>,
    session: Session,
    Told(Named(digest)): Told<Named<String>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let file = api::artifacts::whole_or_part(&app, &session.caller, &digest, &headers).await?;
    Ok(file.into_response())
}
