//! `/runs`: durable runs of agents and chains.

use std::sync::Arc;

use axum::{Json as Answer, extract::State, http::StatusCode};
use metier_agent::{
    journal::{Ending, Seq},
    state::State as Told,
};
use metier_service::{agents::StartRequest, runs::Wanted};
use metier_store::types::{Page, RunId, RunRow, RunState, StateFilter, Time};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{List, approvals::Approval, moment};
use crate::{
    app::App,
    body::{Json, Named, Params},
    gate::{Idempotency, Who},
    problem::{Problem, ProblemDetails},
};

/// Runs of a page unless told otherwise.
const PAGE: usize = 50;

/// Most runs of a page.
const MAX_PAGE: usize = 500;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list, start))
        .routes(routes!(show))
        .routes(routes!(cancel))
        .routes(routes!(fork))
}

/// A run, as listings show it.
#[derive(Serialize, ToSchema)]
pub struct Run {
    /// Which.
    id: String,
    /// Of which agent or chain.
    agent: String,
    /// Of which version.
    version: String,
    /// `agent` or `chain`.
    kind: String,
    /// `queued`, `running`, `waiting` (for a time or a person), `completed`, `failed` or `cancelled`.
    status: String,
    /// Who started it.
    principal: String,
    /// The conversation it continues.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    /// How many events its journal has.
    events: u64,
    /// When it was started.
    created: String,
    /// When something last happened.
    updated: String,
}

/// A run with what came of it.
#[derive(Serialize, ToSchema)]
pub struct RunDetails {
    /// As listings show it.
    #[serde(flatten)]
    run: Run,
    /// What it was given.
    input: Value,
    /// What it answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Value>,
    /// Why it failed or was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<RunError>,
    /// What it has used so far.
    usage: RunUsage,
    /// What waits for a person.
    approvals: Vec<Approval>,
}

/// Why a run has no output.
#[derive(Serialize, ToSchema)]
struct RunError {
    /// The stable code.
    code: String,
    /// What happened, in one sentence.
    message: String,
}

/// What a run has used.
#[derive(Serialize, ToSchema)]
struct RunUsage {
    /// 10⁻⁹ US dollars.
    nano_dollars: u64,
    /// Tokens of models, in and out.
    tokens: u64,
    /// Whether a provider did not say what it used, so that a part of this is an estimate.
    estimated: bool,
    /// Turns of an agent, pieces of work of a chain.
    steps: u32,
    /// Tool calls, by tool.
    calls: std::collections::BTreeMap<String, u32>,
}

impl Run {
    /// As it stood when the row was read, at `now`.
    pub fn of(row: &RunRow, now: Time) -> Self {
        let label = |name: &str| {
            let found = row.labels.iter().find(|(key, _)| key.as_str() == name);
            found.map(|(_, value)| value.clone())
        };
        Run {
            id: row.run.to_string(),
            agent: label("name").unwrap_or_default(),
            version: label("version").unwrap_or_default(),
            kind: label("kind").unwrap_or_default(),
            status: status(&row.state, now).to_owned(),
            principal: label("principal").unwrap_or_default(),
            session: label("session"),
            events: row.head.0,
            created: moment::of_time(row.created),
            updated: moment::of_time(row.updated),
        }
    }
}

/// How a run stood when its row was read, at `now`.
pub fn status(state: &RunState, now: Time) -> &str {
    match state {
        RunState::Held { until, .. } if *until > now => "running",
        // Its host is gone, and whoever comes next may have it.
        RunState::Held { .. } => "queued",
        RunState::Due { at } if *at <= now => "queued",
        RunState::Due { .. } | RunState::Waiting => "waiting",
        RunState::Done { outcome } => outcome.as_str(),
    }
}

impl RunDetails {
    fn of(row: &RunRow, now: Time, told: &Told) -> Self {
        let (output, error) = match &told.ended {
            Some(Ending::Completed { output }) => (Some(output.clone()), None),
            Some(Ending::Failed { fault }) => (
                None,
                Some(RunError {
                    code: fault.code.to_string(),
                    message: fault.message.clone(),
                }),
            ),
            Some(Ending::Cancelled { by, why }) => (
                None,
                Some(RunError {
                    code: "cancelled".into(),
                    message: format!("The run was cancelled by {by}: {why}"),
                }),
            ),
            None => (None, None),
        };
        let spent = &told.spent;
        RunDetails {
            run: Run::of(row, now),
            input: told.started.input.clone(),
            output,
            error,
            usage: RunUsage {
                nano_dollars: spent.nano_dollars,
                tokens: spent.tokens,
                estimated: spent.estimated,
                steps: spent.steps,
                calls: spent.calls.clone(),
            },
            approvals: told
                .questions
                .iter()
                .map(|(number, question)| Approval::of(row.run, *number, question, told))
                .collect(),
        }
    }
}

/// Which runs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    agent: Option<String>,
    principal: Option<String>,
    session: Option<String>,
    state: Option<Wish>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// A state runs are listed by.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wish {
    /// Not ended.
    Live,
    /// Worked on.
    Running,
    /// Waiting for a time, a host or a person.
    Parked,
    /// Ended.
    Done,
}

impl From<Wish> for StateFilter {
    fn from(wish: Wish) -> Self {
        match wish {
            Wish::Live => StateFilter::Live,
            Wish::Running => StateFilter::Held,
            Wish::Parked => StateFilter::Parked,
            Wish::Done => StateFilter::Done,
        }
    }
}

/// A run to be started.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RunRequest {
    /// The agent or chain.
    agent: String,
    /// Its version; the current one when absent.
    #[serde(default)]
    version: Option<String>,
    /// What it is given; has to fit its input schema.
    #[serde(default)]
    input: Option<Value>,
    /// The conversation it continues, where the agent keeps sessions.
    #[serde(default)]
    session: Option<String>,
}

/// Why a run is to end.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Cancellation {
    /// For the journal.
    #[serde(default)]
    why: Option<String>,
}

/// Where a run is forked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Fork {
    /// The last event that both have; the last there is when absent.
    #[serde(default)]
    at: Option<u64>,
}

/// List runs, newest first
#[utoipa::path(get, path = "/runs", tag = "runs", params(
    ("agent" = Option<String>, Query,), ("principal" = Option<String>, Query,), ("session" = Option<String>, Query,),
    ("state" = Option<String>, Query, description = "`live`, `running`, `parked` or `done`"), ("limit" = Option<usize>, Query, minimum = 1, maximum = 500), ("cursor" = Option<String>, Query,),
), responses(
    (status = 200, body = List<Run>),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Params(filter): Params<Filter>,
) -> Result<Answer<List<Run>>, Problem> {
    let max = filter.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE);
    let after = filter.cursor.as_deref().map(super::named).transpose()?;
    let wanted = Wanted {
        state: filter.state.map(StateFilter::from),
        agent: filter.agent,
        principal: filter.principal,
        session: filter.session,
    };
    let rows = app
        .service
        .list_runs(&caller, wanted, Page { after, max })
        .await?;
    let now = super::now(&app).await?;
    let next = (rows.len() == max).then(|| rows.last().map(|row| row.run.to_string()));
    Ok(Answer(List {
        items: rows.iter().map(|row| Run::of(row, now)).collect(),
        next: next.flatten(),
    }))
}

/// Start a run; it is durable when this answers
#[utoipa::path(post, path = "/runs", tag = "runs", params(
    ("idempotency-key" = Option<String>, Header, description = "The same key with the same request again is the same run"),
), request_body = RunRequest, responses(
    (status = 201, body = RunDetails),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn start(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Idempotency(key): Idempotency,
    Json(request): Json<RunRequest>,
) -> Result<(StatusCode, Answer<RunDetails>), Problem> {
    let request = StartRequest {
        agent: super::named(&request.agent)?,
        version: request.version,
        input: request
            .input
            .unwrap_or_else(|| Value::Object(Default::default())),
        session: request.session.as_deref().map(super::named).transpose()?,
        idempotency_key: key,
    };
    let run = app.service.start(&caller, request).await?;
    let (row, told) = app.service.run_state(&caller, run).await?;
    let now = super::now(&app).await?;
    Ok((
        StatusCode::CREATED,
        Answer(RunDetails::of(&row, now, &told)),
    ))
}

/// Show a run
#[utoipa::path(get, path = "/runs/{id}", tag = "runs", params(("id" = String, Path,)), responses(
    (status = 200, body = RunDetails),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn show(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(id): Named<String>,
) -> Result<Answer<RunDetails>, Problem> {
    let (row, told) = app.service.run_state(&caller, id_of(&id)?).await?;
    let now = super::now(&app).await?;
    Ok(Answer(RunDetails::of(&row, now, &told)))
}

/// Ask a run to end
#[utoipa::path(post, path = "/runs/{id}/cancel", tag = "runs", params(("id" = String, Path,)), request_body = Cancellation, responses(
    (status = 202),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn cancel(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(id): Named<String>,
    Json(cancellation): Json<Cancellation>,
) -> Result<StatusCode, Problem> {
    let why = cancellation.why.unwrap_or_else(|| "no reason given".into());
    app.service.cancel(&caller, id_of(&id)?, &why).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Start a run that begins with the events of another
#[utoipa::path(post, path = "/runs/{id}/fork", tag = "runs", params(("id" = String, Path,)), request_body = Fork, responses(
    (status = 201, body = RunDetails),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn fork(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(id): Named<String>,
    Json(fork): Json<Fork>,
) -> Result<(StatusCode, Answer<RunDetails>), Problem> {
    let forked = app
        .service
        .fork(&caller, id_of(&id)?, fork.at.map(Seq))
        .await?;
    let (row, told) = app.service.run_state(&caller, forked).await?;
    let now = super::now(&app).await?;
    Ok((
        StatusCode::CREATED,
        Answer(RunDetails::of(&row, now, &told)),
    ))
}

/// A run's id in a path; what cannot be one is not there.
pub fn id_of(text: &str) -> Result<RunId, Problem> {
    text.parse().map_err(|_| super::nothing_there())
}
