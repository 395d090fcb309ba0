//! Accounts: whoever is logged in connects their own, for skills that work with one.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use maud::{Markup, html};
use metier_core::{Code, Fault};
use metier_service::accounts::Account;
use serde::Deserialize;

use super::{
    failure::{Failure, Told},
    layout::{self, Place, panel},
    named_wrongly,
    session::{Posted, Session, is_secure},
    text,
};
use crate::{app::App, body::Params, guard, tls::OverTls};

/// Where an issuer sends people back to.
const BACK: &str = "/console/accounts/connected";

pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/console/accounts", get(show))
        .route("/console/accounts/connect", get(connect))
        .route(BACK, get(connected))
        .route("/console/accounts/disconnect", post(disconnect))
}

#[derive(Deserialize)]
struct Shown {
    done: Option<String>,
}

async fn show(
    State(app): State<Arc<App>>,
    session: Session,
    Told(Params(shown)): Told<Params<Shown>>,
) -> Result<Html<String>, Failure> {
    let accounts = app.service.accounts(&session.caller).await?;
    let body = html! {
        (layout::heading("Accounts", html! {}))
        (layout::notice(shown.done.as_deref()))
        @if accounts.is_empty() {
            (layout::empty_page(
                "No skill works with an account of yours.",
                html! { "An operator gives a skill one with a credential of the kind " code { "oauth2-user" } " in its grant." },
            ))
        } @else {
            (panel("accounts", "Yours alone", html! {}, listed(&session, &accounts)))
        }
    };
    Ok(layout::page(&session, Place::Accounts, "Accounts", body))
}

fn listed(session: &Session, accounts: &[Account]) -> Markup {
    html! {
        div.panel-body {
            p.muted { "What skills do for you, and runs that you start, is done with these. Nobody else's calls are." }
        }
        div.scroll {
            table {
                thead { tr { th { "Skill" } th { "Account at" } th { "What is asked for" } th { "Sent only to" } th { "" } } }
                tbody {
                    @for account in accounts { (row(session, account)) }
                }
            }
        }
    }
}

fn row(session: &Session, account: &Account) -> Markup {
    let (alias, name) = (account.alias.as_str(), account.credential.as_str());
    html! {
        tr {
            td { (alias) }
            td { (text::shown(&account.issuer)) }
            td { (text::shown(account.scope.as_deref().unwrap_or("what the issuer gives by itself"))) }
            td { (text::shown(&account.hosts.join(", "))) }
            td {
                @if account.connected {
                    form method="post" action="/console/accounts/disconnect" {
                        (layout::token(session))
                        input type="hidden" name="skill" value=(alias);
                        input type="hidden" name="credential" value=(name);
                        button type="submit" aria-label={ "Disconnect the account at " (account.issuer) " from " (alias) } { "Disconnect" }
                    }
                } @else {
                    a.button href={ "/console/accounts/connect?skill=" (text::encoded(alias)) "&credential=" (text::encoded(name)) }
                        aria-label={ "Connect an account at " (account.issuer) " to " (alias) } { "Connect" }
                }
            }
        }
    }
}

#[derive(Deserialize)]
struct Which {
    skill: String,
    credential: String,
}

async fn connect(
    State(app): State<Arc<App>>,
    session: Session,
    Told(Params(which)): Told<Params<Which>>,
    over_tls: Option<Extension<OverTls>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let alias = which.skill.parse().map_err(|_| named_wrongly("skill"))?;
    let credential = which.credential.parse();
    let credential = credential.map_err(|_| named_wrongly("account"))?;
    let back = format!("{}{BACK}", origin(&uri, &headers, over_tls.is_some())?);
    let to = app
        .service
        .connecting(&session.caller, &alias, &credential, &back)
        .await?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response())
}

/// Where this service is for the browser. Beyond this machine issuers send nobody back but by `https`.
fn origin(uri: &Uri, headers: &HeaderMap, over_tls: bool) -> Result<String, Failure> {
    let authority = guard::authority(uri, headers);
    let authority = authority.ok_or_else(|| named_wrongly("page"))?;
    let is_plain = guard::is_loopback(&authority) && !over_tls && !is_secure(headers);
    let scheme = match is_plain {
        true => "http",
        false => "https",
    };
    Ok(format!("{scheme}://{authority}"))
}

#[derive(Deserialize)]
struct Answer {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
    again: Option<String>,
}

/// The issuer sends people back from another site, and with that request browsers do not send a session's cookie: the page asks for itself
/// once more, from here.
async fn connected(
    State(app): State<Arc<App>>,
    session: Result<Session, Failure>,
    Told(Params(answer)): Told<Params<Answer>>,
    uri: Uri,
) -> Result<Response, Failure> {
    let session = match session {
        Ok(session) => session,
        Err(_) if answer.again.is_none() => return Ok(once_more(&uri).into_response()),
        Err(failure) => return Err(failure),
    };
    if let Some(error) = answer.error {
        let why: String = error.chars().take(60).collect();
        let fault = Fault::new(
            Code::Forbidden,
            format!("The account was not connected: the issuer answered `{why}`."),
        );
        return Err(fault
            .with_hint("If you did not agree, nothing has changed. Otherwise tell whoever wrote the grant.")
            .into());
    }
    let (state, code) = (
        answer.state.unwrap_or_default(),
        answer.code.unwrap_or_default(),
    );
    // To its end, whether the browser waits for it or not: a code is good once.
    let connecting = tokio::spawn(async move {
        let issuer = answer.iss.as_deref();
        app.service
            .connected(&session.caller, &state, &code, issuer)
            .await
    });
    connecting.await.map_err(broken_off)??;
    Ok(Redirect::to("/console/accounts?done=connected").into_response())
}

fn once_more(uri: &Uri) -> Html<String> {
    let query = uri.query().unwrap_or_default();
    let to = format!("{BACK}?{query}&again=1");
    let body = html! {
        meta http-equiv="refresh" content={ "0; url=" (to) };
        section.login {
            h1 { "Almost there" }
            p { a.button.primary href=(to) { "Go on" } }
        }
    };
    layout::bare("Accounts", body)
}

async fn disconnect(State(app): State<Arc<App>>, posted: Posted) -> Result<Redirect, Failure> {
    let fields = &posted.fields;
    let alias = fields.get("skill").parse();
    let alias = alias.map_err(|_| named_wrongly("skill"))?;
    let credential = fields.get("credential").parse();
    let credential = credential.map_err(|_| named_wrongly("account"))?;
    let caller = posted.session.caller;
    let forgetting =
        tokio::spawn(async move { app.service.disconnect(&caller, &alias, &credential).await });
    let done = match forgetting.await.map_err(broken_off)?? {
        true => "revoked",
        false => "disconnected",
    };
    Ok(Redirect::to(&format!("/console/accounts?done={done}")))
}

fn broken_off(error: tokio::task::JoinError) -> Fault {
    Fault::new(Code::HostInternal, error.to_string())
}
