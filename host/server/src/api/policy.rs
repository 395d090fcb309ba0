//! `/policy`: which tools may be called by whom with what, in Cedar.

use std::sync::Arc;

use axum::{Json as Answer, extract::State, http::StatusCode};
use metier_service::policy::{Mode, Policy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::moment;
use crate::{
    app::App,
    body::{Params, Text},
    gate::Who,
    problem::{Problem, ProblemDetails},
};

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(get, put, remove))
}

/// What a decision is worth.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = PolicyMode)]
enum ModeBody {
    /// It is written down, and nothing is denied.
    LogOnly,
    /// It holds.
    Enforce,
}

impl From<Mode> for ModeBody {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::LogOnly => ModeBody::LogOnly,
            Mode::Enforce => ModeBody::Enforce,
        }
    }
}

impl From<ModeBody> for Mode {
    fn from(mode: ModeBody) -> Self {
        match mode {
            ModeBody::LogOnly => Mode::LogOnly,
            ModeBody::Enforce => Mode::Enforce,
        }
    }
}

/// A tenant's policies.
#[derive(Serialize, ToSchema)]
#[schema(as = Policy)]
struct PolicyBody {
    /// Cedar.
    text: String,
    /// What their decisions are worth.
    mode: ModeBody,
    /// Who changed them last.
    by: String,
    /// When.
    changed: String,
}

impl PolicyBody {
    fn of(policy: &Policy) -> Self {
        PolicyBody {
            text: policy.text.clone(),
            mode: policy.mode.into(),
            by: policy.by.to_string(),
            changed: moment::of_millis(policy.changed),
        }
    }
}

/// How policies are put.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PutParams {
    /// What their decisions are to be worth. It is asked for, so that nobody enforces or stops to by leaving it out.
    #[param(inline)]
    mode: ModeBody,
}

/// Get the tenant's policies
#[utoipa::path(get, path = "/policy", tag = "policy", responses(
    (status = 200, body = PolicyBody),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn get(State(app): State<Arc<App>>, Who(caller): Who) -> Result<Answer<PolicyBody>, Problem> {
    let policy = app.service.policy(&caller)?;
    Ok(Answer(PolicyBody::of(&policy)))
}

/// Put policies, instead of those that are there; the body is Cedar
#[utoipa::path(put, path = "/policy", tag = "policy", params(PutParams), request_body(content = String, content_type = "text/plain"), responses(
    (status = 200, body = PolicyBody),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn put(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Params(params): Params<PutParams>,
    Text(text): Text,
) -> Result<Answer<PolicyBody>, Problem> {
    let put = app.service.put_policy(&caller, text, params.mode.into());
    Ok(Answer(PolicyBody::of(&put.await?)))
}

/// Take the tenant's policies away, so that roles and grants decide alone
#[utoipa::path(delete, path = "/policy", tag = "policy", responses(
    (status = 204),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn remove(State(app): State<Arc<App>>, Who(caller): Who) -> Result<StatusCode, Problem> {
    app.service.remove_policy(&caller).await?;
    Ok(StatusCode::NO_CONTENT)
}
