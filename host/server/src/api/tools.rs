//! `/tools`: what a caller may call.

use std::{sync::Arc, time::Duration};

use axum::{Json as Answer, extract::State};
use metier_core::{Artifact, NanoDollars, Usage};
use metier_runtime::audit::NoObserver;
use metier_service::{CallRequest, Listed, policy::Surface};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::List;
use crate::{
    app::App,
    body::{JsonText, Named, Params},
    gate::{Idempotency, RequestId, Who},
    problem::{Problem, ProblemDetails},
};

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(call))
}

/// A tool.
#[derive(Serialize, ToSchema)]
struct Tool {
    /// `alias.tool`.
    name: String,
    /// A short title.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// What it does, as a model reads it.
    description: String,
    /// What calling it does to the world: `read`, `idempotent`, `write` or `destructive`.
    effect: String,
    /// JSON Schema of the arguments.
    input_schema: Value,
    /// JSON Schema of the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    output_schema: Option<Value>,
}

impl From<Listed> for Tool {
    fn from(listed: Listed) -> Self {
        Tool {
            name: listed.name,
            title: listed.info.title,
            description: listed.info.description,
            effect: listed.info.effect.to_string(),
            input_schema: listed.info.input_schema,
            output_schema: listed.info.output_schema,
        }
    }
}

/// How a call is made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallParams {
    /// How long the client waits, in milliseconds; the limits of the skill apply as well.
    timeout_ms: Option<u64>,
}

/// What came of a call.
#[derive(Serialize, ToSchema)]
struct Called {
    /// What the tool answered.
    #[schema(value_type = Value)]
    result: Box<RawValue>,
    /// Files it handed back: `/artifacts/DIGEST`.
    artifacts: Vec<File>,
    /// What it used.
    usage: Used,
}

/// A file a tool handed back.
#[derive(Serialize, ToSchema)]
struct File {
    /// Its SHA-256: where it is kept.
    digest: String,
    /// What the skill calls it.
    name: String,
    /// What the skill says it is.
    media_type: String,
    /// In bytes.
    size: u64,
}

impl From<Artifact> for File {
    fn from(file: Artifact) -> Self {
        File {
            digest: file.digest.to_string(),
            name: file.name,
            media_type: file.media_type,
            size: file.size,
        }
    }
}

/// What a call used.
#[derive(Serialize, ToSchema)]
struct Used {
    /// Microseconds from the question to the answer.
    wall_us: u64,
    /// Microseconds on a processor.
    cpu_us: u64,
    /// Most memory at once, in bytes.
    memory_bytes: u64,
    /// Requests that left.
    requests: u32,
    /// What its publisher asks for it, in 10⁻⁹ US dollars, before trial and monthly cap.
    price_nano_dollars: u64,
}

impl Used {
    fn of(usage: &Usage, price: NanoDollars) -> Self {
        let micros = |span: Duration| u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        Used {
            wall_us: micros(usage.wall),
            cpu_us: micros(usage.cpu),
            memory_bytes: usage.memory_peak_bytes,
            requests: usage.requests,
            price_nano_dollars: price.0,
        }
    }
}

/// List the tools the key may call
#[utoipa::path(get, path = "/tools", tag = "tools", responses(
    (status = 200, body = List<Tool>),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<Arc<App>>,
    Who(caller): Who,
) -> Result<Answer<List<Tool>>, Problem> {
    let tools = app.service.tools(&caller).await?;
    Ok(List::whole(tools.into_iter().map(Tool::from)))
}

/// Call a tool; the body is its arguments
#[utoipa::path(post, path = "/tools/{tool}", tag = "tools", params(("tool" = String, Path, description = "`alias.tool`"), ("timeout_ms" = Option<u64>, Query, description = "How long the client waits; the limits of the skill apply as well")), request_body(content = Value, content_type = "application/json"), responses(
    (status = 200, body = Called),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json", description = "The skill's fault, the service's behind it, or the host's: `blame` says whose"),
))]
async fn call(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    RequestId(id): RequestId,
    Idempotency(key): Idempotency,
    Named(tool): Named<String>,
    Params(params): Params<CallParams>,
    JsonText(arguments): JsonText,
) -> Result<Answer<Called>, Problem> {
    let request = CallRequest {
        id: Some(id),
        tool,
        arguments,
        deadline: params.timeout_ms.map(Duration::from_millis),
        idempotency_key: key,
        surface: Surface::Http,
        observer: Arc::new(NoObserver),
    };
    let outcome = app.service.call(&caller, request).await;
    let result = RawValue::from_string(outcome.result?).map_err(|_| super::unreadable_answer())?;
    Ok(Answer(Called {
        result,
        artifacts: outcome.artifacts.into_iter().map(File::from).collect(),
        usage: Used::of(&outcome.usage, outcome.price),
    }))
}
