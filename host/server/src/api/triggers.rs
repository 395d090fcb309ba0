//! `/triggers`: what starts runs by itself.

mod wire;

use std::{sync::Arc, time::Duration};

use axum::{Json as Answer, extract::State, http::StatusCode};
use metier_service::triggers::manage::{NewTrigger, NewWhen, TriggerChanges};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::List;
use crate::{
    app::App,
    body::{Json, Named},
    gate::Who,
    problem::{Problem, ProblemDetails},
};
use wire::{
    CronBody, MessageShape, RunStart, SecretRotation, TriggerBody, TriggerChange, TriggerMade,
    TriggerRequest, WebhookRequest,
};

/// How long a secret counts after another followed it, unless it is said.
const OVERLAP: u64 = 24 * 60 * 60;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list, make))
        .routes(routes!(show, change, remove))
        .routes(routes!(rotate))
}

/// List triggers
#[utoipa::path(get, path = "/triggers", tag = "triggers", responses(
    (status = 200, body = List<TriggerBody>),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<Arc<App>>,
    Who(caller): Who,
) -> Result<Answer<List<TriggerBody>>, Problem> {
    let all = app.service.all_triggers(&caller)?;
    Ok(List::whole(all.iter().map(|(name, trigger)| {
        TriggerBody::of(&caller, name, trigger, None)
    })))
}

/// Make a trigger, at times or for what is sent
#[utoipa::path(post, path = "/triggers", tag = "triggers", request_body = TriggerRequest, responses(
    (status = 201, body = TriggerMade),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn make(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Json(request): Json<TriggerRequest>,
) -> Result<(StatusCode, Answer<TriggerMade>), Problem> {
    let when = match (request.cron, request.webhook) {
        (Some(cron), None) => NewWhen::Cron(cron.meant()),
        (None, Some(hook)) => NewWhen::Webhook(WebhookRequest::meant(hook)),
        _ => {
            return Err(Problem::unreadable(
                StatusCode::BAD_REQUEST,
                "A trigger has either `cron` or `webhook`.",
                "Make two triggers for both.",
            ));
        }
    };
    let start = RunStart {
        agent: request.agent,
        version: request.version,
        session: request.session,
        input: request.input,
    };
    let new = NewTrigger {
        start: start.meant()?,
        when,
        enabled: request.enabled,
    };
    let name = super::named(&request.name)?;
    let made = app.service.make_trigger(&caller, &name, new).await?;
    let made = TriggerMade {
        trigger: TriggerBody::of(&caller, name.as_str(), &made.trigger, None),
        secret: made.secret,
    };
    Ok((StatusCode::CREATED, Answer(made)))
}

/// Show a trigger, when it is next due and what became of the last tick
#[utoipa::path(get, path = "/triggers/{name}", tag = "triggers", params(("name" = String, Path,)), responses(
    (status = 200, body = TriggerBody),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn show(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(name): Named<String>,
) -> Result<Answer<TriggerBody>, Problem> {
    let trigger = app.service.trigger(&caller, &name)?;
    let ticked = app.service.ticked(&caller, &name, &trigger).await?;
    let shown = TriggerBody::of(&caller, &name, &trigger, ticked.as_deref());
    Ok(Answer(shown))
}

/// Change a trigger, or switch it on or off
#[utoipa::path(patch, path = "/triggers/{name}", tag = "triggers", params(("name" = String, Path,)), request_body = TriggerChange, responses(
    (status = 200, body = TriggerBody),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn change(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(name): Named<String>,
    Json(change): Json<TriggerChange>,
) -> Result<Answer<TriggerBody>, Problem> {
    let changes = TriggerChanges {
        enabled: change.enabled,
        start: change.start.map(RunStart::meant).transpose()?,
        cron: change.cron.map(CronBody::meant),
        shape: change.shape.map(MessageShape::meant),
        per_second: change.per_second,
    };
    let trigger = app.service.change_trigger(&caller, &name, changes).await?;
    Ok(Answer(TriggerBody::of(&caller, &name, &trigger, None)))
}

/// Take a trigger away; its runs go on
#[utoipa::path(delete, path = "/triggers/{name}", tag = "triggers", params(("name" = String, Path,)), responses(
    (status = 204),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn remove(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(name): Named<String>,
) -> Result<StatusCode, Problem> {
    app.service.remove_trigger(&caller, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give a webhook another secret; the one it has counts for a while
#[utoipa::path(post, path = "/triggers/{name}/rotate", tag = "triggers", params(("name" = String, Path,)), request_body = SecretRotation, responses(
    (status = 200, body = TriggerMade),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn rotate(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named(name): Named<String>,
    Json(rotation): Json<SecretRotation>,
) -> Result<Answer<TriggerMade>, Problem> {
    let overlap = Duration::from_secs(rotation.overlap.unwrap_or(OVERLAP));
    let rotated = app
        .service
        .rotate_trigger(&caller, &name, rotation.secret, overlap)
        .await?;
    Ok(Answer(TriggerMade {
        trigger: TriggerBody::of(&caller, &name, &rotated.trigger, None),
        secret: rotated.secret,
    }))
}
