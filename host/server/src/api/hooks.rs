//! `/webhooks`: where events are sent to; and `/hooks/in`, where others send to.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use axum::{
    Json as Answer,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use metier_core::Code;
use metier_service::{
    Caller,
    directory::now,
    hooks::{
        event::Kind,
        manage::{EndpointChanges, NewEndpoint},
        record::{Delivery, Endpoint},
    },
    triggers::{
        receive::{Incoming, MAX_BODY, Receipt},
        signature::Message,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{List, moment};
use crate::{
    app::App,
    body::{Json, Named, Params, Raw},
    gate::Who,
    guard,
    problem::{Problem, ProblemDetails},
};

/// How long a secret signs still after another followed it, unless it is said.
const OVERLAP: u64 = 24 * 60 * 60;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list, make))
        .routes(routes!(show, change, remove))
        .routes(routes!(rotate))
        .routes(routes!(test))
        .routes(routes!(deliveries))
        .routes(routes!(redeliver))
}

/// What others send; outside of `/api/v1`, since it carries no key.
pub fn incoming() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(receive))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

/// An endpoint that is to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EndpointRequest {
    /// What it is called.
    name: String,
    /// Where events are sent to: `https`, at an address of the public internet.
    url: String,
    /// Which events: `run.started`, `run.needs-approval`, `run.completed`, `run.failed`, `run.cancelled`, `webhook.test`. All when empty.
    #[serde(default)]
    events: Vec<String>,
    /// What they are signed with, `whsec_…`; made when absent.
    #[serde(default)]
    secret: Option<String>,
}

/// What is to be otherwise; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EndpointChange {
    /// Where events are sent to.
    #[serde(default)]
    url: Option<String>,
    /// Which events; all when empty.
    #[serde(default)]
    events: Option<Vec<String>>,
    /// Whether anything is sent.
    #[serde(default)]
    enabled: Option<bool>,
}

/// Another secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EndpointRotation {
    /// The secret, `whsec_…`; made when absent.
    #[serde(default)]
    secret: Option<String>,
    /// How many seconds the one before signs still; a day when absent.
    #[serde(default)]
    overlap: Option<u64>,
}

/// Where events are sent to.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookEndpoint)]
struct EndpointBody {
    /// What it is called.
    name: String,
    /// Where.
    url: String,
    /// Which events; all when empty.
    events: Vec<String>,
    /// Whether anything is sent.
    enabled: bool,
    /// Why not, where nobody said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_why: Option<String>,
    /// Who made it.
    created_by: String,
    /// When.
    created: String,
    /// Events on their way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<usize>,
    /// Events that were given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    dead: Option<usize>,
}

/// An endpoint with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
struct EndpointMade {
    /// As it is.
    #[serde(flatten)]
    endpoint: EndpointBody,
    /// The secret, where it was made here.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// An event on its way, or given up.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
struct DeliveryBody {
    /// The event's id: `webhook-id` of every attempt.
    event: String,
    /// What sort of event.
    kind: String,
    /// When it was.
    at: String,
    /// Whether it was given up.
    dead: bool,
    /// How often it was tried.
    attempts: u32,
    /// When it is tried next.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// What the endpoint answered last.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// Why the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// An event that was written down to be sent.
#[derive(Serialize, ToSchema)]
struct TestEvent {
    /// Its id.
    event: String,
}

/// What became of a message.
#[derive(Serialize, ToSchema)]
struct MessageReceipt {
    /// The run it started; nothing where it starts none.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<String>,
}

/// Slack hears again what it said.
#[derive(Serialize, ToSchema)]
struct MessageChallenge {
    /// What it said.
    challenge: String,
}

/// Which deliveries.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhichDeliveries {
    dead: Option<bool>,
}

impl EndpointBody {
    fn of(name: &str, endpoint: &Endpoint) -> Self {
        EndpointBody {
            name: name.to_owned(),
            url: endpoint.url.clone(),
            events: endpoint.events.iter().map(Kind::to_string).collect(),
            enabled: endpoint.enabled,
            disabled_why: endpoint.disabled_why.clone(),
            created_by: endpoint.by.to_string(),
            created: moment::of_millis(endpoint.created),
            pending: None,
            dead: None,
        }
    }
}

impl DeliveryBody {
    fn of(delivery: &Delivery) -> Self {
        let is_waiting = !delivery.dead && delivery.next > 0;
        let last = delivery.last.as_ref();
        DeliveryBody {
            event: delivery.event.clone(),
            kind: delivery.kind.to_string(),
            at: moment::of_millis(delivery.at),
            dead: delivery.dead,
            attempts: delivery.attempts,
            next: is_waiting.then(|| moment::of_millis(delivery.next)),
            status: last.and_then(|last| last.status),
            why: last.map(|last| last.why.clone()),
        }
    }
}

fn kinds(names: &[String]) -> Result<BTreeSet<Kind>, Problem> {
    names.iter().map(|name| super::named(name)).collect()
}

async fn whole(
    app: &App,
    caller: &Caller,
    name: &str,
    endpoint: &Endpoint,
) -> Result<EndpointBody, Problem> {
    let standing = app.service.standing(caller, name).await?;
    Ok(EndpointBody {
        pending: Some(standing.pending),
        dead: Some(standing.dead),
        ..EndpointBody::of(name, endpoint)
    })
}

/// List endpoints
#[utoipa::path(get, path = "/webhooks", tag = "webhooks", responses(
    (status = 200, body = List<EndpointBody>),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<Arc<App>>,
    Who(caller): Who,
) -> Result<Answer<List<EndpointBody>>, Problem> {
    let all = app.service.all_endpoints(&caller)?;
    let all = all.iter();
    Ok(List::whole(
        all.map(|(name, endpoint)| EndpointBody::of(name, endpoint)),
    ))
}

/// Make an endpoint; it hears what happens from now on
#[utoipa::path(post, path = "/webhooks", tag = "webhooks", request_body = EndpointRequest, responses(
    (status = 201, body = EndpointMade),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn make(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Json(request): Json<EndpointRequest>,
) -> Result<(StatusCode, Answer<EndpointMade>), Problem> {
    let name = super::named(&request.name)?;
    let new = NewEndpoint {
        url: request.url,
        events: kinds(&request.events)?,
        secret: request.secret,
    };
    let (endpoint, secret) = app.service.make_endpoint(&caller, &name, new).await?;
    let endpoint = EndpointBody::of(name.as_str(), &endpoint);
    Ok((
        StatusCode::CREATED,
        Answer(EndpointMade { endpoint, secret }),
    ))
}

/// Show an endpoint, and how its outbox stands
#[utoipa::path(get, path = "/webhooks/{name}", tag = "webhooks", params(("name" = String, Path,)), responses(
    (status = 200, body = EndpointBody),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn show(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(name): Named<String>,
) -> Result<Answer<EndpointBody>, Problem> {
    let endpoint = app.service.endpoint(&caller, &name)?;
    Ok(Answer(whole(&app, &caller, &name, &endpoint).await?))
}

/// Change an endpoint, or switch it on or off
#[utoipa::path(patch, path = "/webhooks/{name}", tag = "webhooks", params(("name" = String, Path,)), request_body = EndpointChange, responses(
    (status = 200, body = EndpointBody),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn change(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(name): Named<String>,
    Json(change): Json<EndpointChange>,
) -> Result<Answer<EndpointBody>, Problem> {
    let changes = EndpointChanges {
        url: change.url,
        events: change.events.as_deref().map(kinds).transpose()?,
        enabled: change.enabled,
    };
    let endpoint = app.service.change_endpoint(&caller, &name, changes).await?;
    Ok(Answer(whole(&app, &caller, &name, &endpoint).await?))
}

/// Take an endpoint away, with what was on its way there
#[utoipa::path(delete, path = "/webhooks/{name}", tag = "webhooks", params(("name" = String, Path,)), responses(
    (status = 204),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn remove(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(name): Named<String>,
) -> Result<StatusCode, Problem> {
    app.service.remove_endpoint(&caller, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give an endpoint another secret; for a while events are signed with both
#[utoipa::path(post, path = "/webhooks/{name}/rotate", tag = "webhooks", params(("name" = String, Path,)), request_body = EndpointRotation, responses(
    (status = 200, body = EndpointMade),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn rotate(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(name): Named<String>,
    Json(rotation): Json<EndpointRotation>,
) -> Result<Answer<EndpointMade>, Problem> {
    let overlap = Duration::from_secs(rotation.overlap.unwrap_or(OVERLAP));
    let rotated = app
        .service
        .rotate_endpoint(&caller, &name, rotation.secret, overlap);
    let (endpoint, secret) = rotated.await?;
    let endpoint = EndpointBody::of(&name, &endpoint);
    Ok(Answer(EndpointMade { endpoint, secret }))
}

/// Send an endpoint something, to see whether it arrives
#[utoipa::path(post, path = "/webhooks/{name}/test", tag = "webhooks", params(("name" = String, Path,)), responses(
    (status = 202, body = TestEvent),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn test(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(name): Named<String>,
) -> Result<(StatusCode, Answer<TestEvent>), Problem> {
    let event = app.service.test_endpoint(&caller, &name).await?;
    Ok((StatusCode::ACCEPTED, Answer(TestEvent { event })))
}

/// List what is on its way to an endpoint and what was given up, the newest first
#[utoipa::path(get, path = "/webhooks/{name}/deliveries", tag = "webhooks", params(
    ("name" = String, Path,), ("dead" = Option<bool>, Query, description = "Only what was given up, or only what was not"),
), responses(
    (status = 200, body = List<DeliveryBody>),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn deliveries(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(name): Named<String>,
    Params(which): Params<WhichDeliveries>,
) -> Result<Answer<List<DeliveryBody>>, Problem> {
    let all = app.service.all_deliveries(&caller, &name).await?;
    let wanted = all.iter();
    let wanted = wanted.filter(|delivery| which.dead.is_none_or(|dead| dead == delivery.dead));
    Ok(List::whole(
        wanted.map(|delivery| DeliveryBody::of(delivery)),
    ))
}

/// Try an event again at once, also one that was given up
#[utoipa::path(post, path = "/webhooks/{name}/deliveries/{event}/redeliver", tag = "webhooks", params(("name" = String, Path,), ("event" = String, Path,)), responses(
    (status = 202),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn redeliver(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named((name, event)): Named<(String, String)>,
) -> Result<StatusCode, Problem> {
    app.service.redeliver(&caller, &name, &event).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Take a message that somebody signed, and start what it is for
#[utoipa::path(post, path = "/hooks/in/{tenant}/{name}", tag = "triggers", params(("tenant" = String, Path,), ("name" = String, Path,)),
    request_body(content = serde_json::Value, content_type = "application/json", description = "Whatever the sender has to say; 512 KiB at most"), security(()), responses(
    (status = 200, body = MessageChallenge),
    (status = 202, body = MessageReceipt),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn receive(
    State(app): State<Arc<App>>,
    Named((tenant, name)): Named<(String, String)>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let incoming = Incoming {
        tenant: &tenant,
        name: &name,
        message: Message {
            headers: &headers,
            body: &body,
        },
        is_json: guard::is_json(&headers),
        now: now(),
    };
    let receipt = app.service.receive(incoming).await;
    let receipt = receipt.map_err(|fault| match fault.code {
        Code::RequestRefused => Problem::of(StatusCode::UNSUPPORTED_MEDIA_TYPE, fault),
        _ => fault.into(),
    })?;
    let run = match receipt {
        Receipt::Challenge(challenge) => {
            return Ok(Answer(MessageChallenge { challenge }).into_response());
        }
        Receipt::Run(run) => Some(run.to_string()),
        Receipt::Nothing => None,
    };
    Ok((StatusCode::ACCEPTED, Answer(MessageReceipt { run })).into_response())
}
