//! Logging in and out, and acting for another tenant.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use maud::html;
use serde::Deserialize;

use super::{
    failure::{Failure, Told, is_page},
    layout,
    session::{self, Fields, Posted, Session, cookies, is_secure, is_token, not_ours},
};
use crate::{app::App, body::Params, gate::RequestId};

/// A login form is one of this browser's: its token is in this cookie too.
const COOKIE: &str = "metier_login";

/// How long a login page may be left open, in seconds.
const OPEN_FOR: u64 = 60 * 60;

pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/console/login", get(show).post(log_in))
        .route("/console/logout", post(log_out))
        .route("/console/tenant", post(act_for))
}

#[derive(Deserialize)]
struct Asked {
    next: Option<String>,
}

async fn show(
    State(app): State<Arc<App>>,
    Told(Params(asked)): Told<Params<Asked>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    form(&app, &headers, StatusCode::OK, asked.next.as_deref(), None)
}

fn form(
    app: &App,
    headers: &HeaderMap,
    status: StatusCode,
    next: Option<&str>,
    wrong: Option<&str>,
) -> Result<Response, Failure> {
    let token = session::token(app)?;
    let body = html! {
        section.login {
            h1 { "Log in" }
            p { "Give an API key of this service. You may do here what the key may do anywhere." }
            @if let Some(wrong) = wrong { p.problem role="alert" id="wrong" { (wrong) } }
            form method="post" action="/console/login" {
                input type="hidden" name="csrf" value=(token);
                @if let Some(next) = next.filter(|next| is_page(next)) {
                    input type="hidden" name="next" value=(next);
                }
                label for="key" { "API key" }
                input id="key" name="key" type="password" required autofocus autocomplete="current-password"
                    spellcheck="false" placeholder="mtr_…" aria-describedby=[wrong.map(|_| "wrong")];
                button.primary type="submit" { "Log in" }
            }
            p.aside {
                "The first start of " code { "metier serve" } " prints an administrator's key once; "
                code { "metier admin key" } " makes others."
            }
        }
    };
    let cookie = session::set(COOKIE, &token, OPEN_FOR, is_secure(headers));
    let page = layout::bare("Log in", body);
    Ok((status, [(header::SET_COOKIE, cookie)], page).into_response())
}

async fn log_in(
    State(app): State<Arc<App>>,
    RequestId(request): RequestId,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Failure> {
    let token = fields.get("csrf");
    if !cookies(&headers, COOKIE).any(|cookie| is_token(token, cookie)) {
        return Err(not_ours().into());
    }
    let next = Some(fields.get("next")).filter(|next| is_page(next));
    let Ok(session) = Session::begin(&app, fields.get("key").trim(), Some(&request)) else {
        let wrong = "This key opens nothing: it is mistyped, was revoked or has run out.";
        return form(&app, &headers, StatusCode::UNAUTHORIZED, next, Some(wrong));
    };
    entered(&app, &session, &headers, next.unwrap_or("/console"))
}

async fn log_out(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, Failure> {
    posted.session.end(&app).await?;
    let cookie = session::forgotten(is_secure(&headers));
    let to = Redirect::to("/console/login");
    Ok(([(header::SET_COOKIE, cookie)], to).into_response())
}

async fn act_for(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, Failure> {
    let tenant = posted.fields.get("tenant").parse();
    let tenant = tenant.map_err(|_| super::named_wrongly("tenant"))?;
    let session = posted.session.acting_for(&app, tenant)?;
    entered(&app, &session, &headers, "/console")
}

fn entered(
    app: &App,
    session: &Session,
    headers: &HeaderMap,
    to: &str,
) -> Result<Response, Failure> {
    let cookie = session.cookie(app, is_secure(headers))?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(to)).into_response())
}
