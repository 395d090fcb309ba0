//! The HTTP API: `/api/v1`.
//!
//! Bodies and answers are JSON with names in snake case; moments are RFC 3339 in UTC. Every request carries a key,
//! `Authorization: Bearer mtr_…`; an administrator acts for a tenant with `Metier-Tenant: NAME`. Whatever fails is a
//! [`ProblemDetails`](crate::problem::ProblemDetails), and every answer has an `x-request-id`, which is that of logs and audits.

pub mod health;

mod accounts;
mod agents;
mod approvals;
pub(crate) mod artifacts;
mod audit;
mod describe;
pub(crate) mod events;
mod hooks;
mod keys;
pub(crate) mod moment;
mod policy;
mod revocations;
pub(crate) mod runs;
mod secrets;
mod skill_body;
mod skills;
mod tenants;
mod tools;
mod triggers;
mod usage;

use std::{str::FromStr, sync::Arc};

use axum::{Json, Router, http::StatusCode, routing::get};
use metier_core::{Blame, Code, Fault, fault::sentence};
use metier_service::faults::of_store;
use metier_store::types::Time;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{app::App, problem::Problem};

/// All routes below `/api/v1`, with their description.
pub fn router() -> Router<Arc<App>> {
    let (router, described) = described();
    let text: Arc<str> = described.to_json().unwrap_or_default().into();
    let description = get(move || {
        let text = text.clone();
        async move { ([("content-type", "application/json")], text.to_string()) }
    });
    router.route("/api/v1/openapi.json", description)
}

/// The description of the API, as it is served.
pub fn description() -> utoipa::openapi::OpenApi {
    described().1
}

fn described() -> (Router<Arc<App>>, utoipa::openapi::OpenApi) {
    let (router, mut described) = OpenApiRouter::with_openapi(describe::Description::openapi())
        .nest(
            "/api/v1",
            OpenApiRouter::new()
                .merge(tenants::routes())
                .merge(keys::routes())
                .merge(skills::routes())
                .merge(revocations::routes())
                .merge(tools::routes())
                .merge(secrets::routes())
                .merge(accounts::routes())
                .merge(policy::routes())
                .merge(agents::routes())
                .merge(runs::routes())
                .merge(triggers::routes())
                .merge(hooks::routes())
                .merge(events::routes())
                .merge(approvals::routes())
                .merge(artifacts::routes())
                .merge(usage::routes())
                .merge(audit::routes()),
        )
        .merge(hooks::incoming())
        .split_for_parts();
    describe::keyed(&mut described);
    (router, described)
}

/// A list: one page, and where the next begins.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub struct List<T: utoipa::ToSchema> {
    /// This page.
    pub items: Vec<T>,
    /// Give it as `cursor` to get the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<T: utoipa::ToSchema> List<T> {
    /// All there is.
    pub fn whole(items: impl IntoIterator<Item = T>) -> Json<List<T>> {
        Json(List {
            items: items.into_iter().collect(),
            next: None,
        })
    }
}

/// A name in a path, of its own type.
fn named<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error: T::Err| {
        Fault::new(Code::InvalidArguments, sentence(&error.to_string())).into()
    })
}

/// The store's clock.
async fn now(app: &App) -> Result<Time, Problem> {
    let now = app.service.store().now().await;
    now.map_err(|error| of_store(&error).into())
}

fn nothing_there() -> Problem {
    Fault::new(Code::NotFound, "There is no such thing.").into()
}

fn unreadable_answer() -> Problem {
    Fault::new(Code::SkillInvalidResult, "The skill's answer is no JSON.").into()
}

/// A file or a grant that was sent and is at fault: whoever sent it hears it as a mistake of the request.
fn of_file(fault: Fault) -> Problem {
    match (fault.blame(), fault.code) {
        (Blame::Skill, _) | (_, Code::GrantInvalid) => {
            Problem::of(StatusCode::UNPROCESSABLE_ENTITY, fault)
        }
        _ => fault.into(),
    }
}
