//! What runs, what waits, what today cost, and which skills there are.

use std::sync::Arc;

use axum::{Router, extract::State, response::Html, routing::get};
use maud::{Markup, html};
use metier_agent::definition::Name;
use metier_service::{
    Right,
    installs::Install,
    runs::{Open, Wanted},
};
use metier_store::types::{Page, StateFilter, UsageFilter};

use super::{
    approvals,
    failure::Failure,
    layout::{self, Place},
    runs::{self, Row},
    session::Session,
    text, usage,
};
use crate::app::App;

/// Runs that are shown of those that have not ended.
const RUNS: usize = 8;

/// Questions shown.
const QUESTIONS: usize = 5;

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/console", get(show))
}

async fn show(State(app): State<Arc<App>>, session: Session) -> Result<Html<String>, Failure> {
    let service = &app.service;
    let wanted = Wanted {
        state: Some(StateFilter::Live),
        ..Wanted::default()
    };
    let page = Page {
        after: None,
        max: RUNS,
    };
    let rows = service.list_runs(&session.caller, wanted, page).await?;
    let rows = runs::rows(&app, &session, rows).await?;
    let questions = service.approvals(&session.caller).await?;
    let now = runs::now(&app).await?;
    let today = UsageFilter {
        from: Some(usage::midnight(now)),
        ..UsageFilter::default()
    };
    let booked = service.usage(&session.caller, today).await?;
    let skills = service.skills(&session.caller)?;
    let body = html! {
        (layout::heading("Overview", tenants(&app, &session)?))
        div.columns {
            section aria-labelledby="runs" {
                h2 id="runs" { "Runs under way" a.more href="/console/runs" { "All runs" } }
                (under_way(&rows))
            }
            section aria-labelledby="waits" {
                h2 id="waits" {
                    "Waiting for a person" a.more href="/console/approvals" { "All approvals" }
                }
                (waiting(&questions))
            }
            section aria-labelledby="cost" {
                h2 id="cost" { "Cost today" a.more href="/console/usage" { "Usage" } }
                (usage::accounts(&booked, "Nothing was booked since midnight, UTC."))
            }
            section aria-labelledby="skills" {
                h2 id="skills" { "Skills" a.more href="/console/skills" { "All skills" } }
                (installed(&skills))
            }
        }
    };
    Ok(layout::page(&session, Place::Overview, "Overview", body))
}

fn under_way(rows: &[Row]) -> Markup {
    if rows.is_empty() {
        let next = html! { "Programs start them with " code { "POST /api/v1/runs" } "." };
        return layout::empty("Nothing runs now.", next);
    }
    runs::table(rows, "Runs that have not ended")
}

fn waiting(questions: &[Open]) -> Markup {
    if questions.is_empty() {
        let next =
            html! { "Agents ask here before they do what their rules say a person decides." };
        return layout::empty("Nobody waits for you.", next);
    }
    html! {
        ul.plain {
            @for open in questions.iter().take(QUESTIONS) {
                li {
                    a href={ "/console/approvals#" (approvals::anchor(open)) } { (approvals::asked(open)) }
                    span.muted { " by " (text::line(runs::agent_of(&open.state), 60)) }
                }
            }
        }
        @if questions.len() > QUESTIONS { p.muted { "and " (questions.len() - QUESTIONS) " more" } }
    }
}

fn installed(skills: &[(String, Arc<Install>)]) -> Markup {
    if skills.is_empty() {
        let next =
            html! { "Install one with " code { "metier admin skill install FILE.wasm" } "." };
        return layout::empty("No skill is installed.", next);
    }
    html! {
        ul.plain {
            @for (alias, skill) in skills {
                li {
                    a href={ "/console/skills/" (text::encoded(alias)) } { (text::line(alias, 60)) }
                    @if let Some(version) = &skill.version { span.muted { " " (text::line(version, 30)) } }
                    @if !skill.enabled { " " span.tag { "off" } }
                }
            }
        }
    }
}

/// For an administrator: whose console it is to be.
fn tenants(app: &App, session: &Session) -> Result<Markup, Failure> {
    if !session.may(Right::Administer) {
        return Ok(html! {});
    }
    let directory = app.service.directory();
    let tenants = directory.tenants(&session.caller)?;
    if tenants.len() < 2 {
        return Ok(html! {});
    }
    Ok(html! {
        form.inline method="post" action="/console/tenant" {
            (layout::token(session))
            label for="tenant" { "Tenant" }
            select id="tenant" name="tenant" {
                @for (id, tenant) in &tenants {
                    option value=(id) selected[*id == session.caller.tenant.as_str()] {
                        (text::plain(id)) @if !tenant.name.is_empty() { " · " (text::plain(&tenant.name)) }
                    }
                }
            }
            button type="submit" { "Act for it" }
        }
    })
}

/// Something's name in a path.
pub fn name(text: &str, what: &str) -> Result<Name, Failure> {
    text.parse().map_err(|_| super::named_wrongly(what))
}
