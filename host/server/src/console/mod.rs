//! `/console`: what people see of the service in a browser.
//!
//! Pages are made here, whole, and work without a script; the one there is follows a run and nothing else depends on it. Who asks is
//! known by a cookie that holds a sealed API key ([`session`]): everything goes through the
//! [`Service`](metier_service::Service) with that key's caller, who may do here what the key may do anywhere.
//!
//! - Every page forbids inline scripts and styles, frames, and whatever comes from elsewhere.
//! - Every form carries the token of its session; gate.rs refuses other origins before.
//! - Text from skills, models and people is escaped by maud, and characters nobody sees are named ([`text`]).

pub(crate) mod session;

mod difference;
mod failure;
pub(crate) mod icons;
mod layout;
mod pretty;
pub(crate) mod text;

pub(crate) mod assets;
mod login;

mod overview;

mod accounts;
mod agents;
mod approvals;
mod audit;
mod runs;
mod skills;
mod usage;

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderValue, StatusCode, header},
    middleware,
    response::{Redirect, Response},
    routing::{any, get},
};

use self::failure::Failure;
use crate::{app::App, problem::Problem};

/// What a page may load: its own style, script and pictures.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// All routes of the console.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/console") }))
        .route("/console/{*rest}", any(nothing_there))
        .merge(assets::routes())
        .merge(login::routes())
        .merge(overview::routes())
        .merge(runs::routes())
        .merge(approvals::routes())
        .merge(agents::routes())
        .merge(skills::routes())
        .merge(accounts::routes())
        .merge(usage::routes())
        .merge(audit::routes())
        .layer(middleware::map_response(fenced))
}

async fn nothing_there() -> Failure {
    let there_is = "Go to the overview, and choose there.";
    Problem::http(StatusCode::NOT_FOUND, "There is no such page.", there_is).into()
}

/// The headers every answer of the console has.
async fn fenced(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        // Not `no-referrer`: browsers then say `Origin: null` with a form, which the gate refuses.
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        // What allows less already stays.
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

/// What a name that cannot be one is answered.
fn named_wrongly(what: &str) -> Failure {
    let message = format!("There is no such {what}.");
    metier_core::Fault::new(metier_core::Code::NotFound, message).into()
}
