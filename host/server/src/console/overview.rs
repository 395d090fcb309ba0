//! What runs, what waits, what it cost, and which skills there are.

use std::sync::Arc;

use axum::{Router, extract::State, response::Html, routing::get};
use maud::{Markup, html};
use metier_agent::definition::Name;
use metier_service::{
    Right,
    installs::Install,
    runs::{Open, Wanted},
};
use metier_store::types::{Page, RunRow, StateFilter};

use super::{
    approvals,
    failure::Failure,
    icons::{Icon, icon},
    layout::{self, Place, panel},
    runs::{self, Row},
    session::Session,
    text,
    usage::{
        self,
        plot::{self, DAY},
        spent::{By, Part, parts, sums},
    },
};
use crate::app::App;

/// Runs that are shown, the newest.
const RUNS: usize = 15;

/// Runs that have not ended and are counted: of more it is said that there are more.
const COUNTED: usize = 100;

/// Questions shown.
const QUESTIONS: usize = 5;

/// Days whose cost is drawn.
const DAYS: usize = 14;

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/console", get(show))
}

async fn show(State(app): State<Arc<App>>, session: Session) -> Result<Html<String>, Failure> {
    let service = &app.service;
    let newest = listed(&app, &session, None, RUNS).await?;
    let rows = runs::rows(&app, &session, newest).await?;
    let live = listed(&app, &session, Some(StateFilter::Live), COUNTED)
        .await?
        .len();
    let questions = service.approvals(&session.caller).await?;
    let days = usage::last(runs::now(&app).await?, DAY, DAYS);
    let booked = usage::booked(&app, &session, days, false).await?;
    let models = parts(&booked, By::Model, days);
    let skills = service.skills(&session.caller)?;
    let body = html! {
        (layout::heading("Overview", tenants(&app, &session)?))
        (tiles(live, questions.len(), &sums(&models, DAYS), &skills))
        div.columns.main-aside {
            (panel("runs", "Latest runs", more("/console/runs", "All runs"), latest(&rows)))
            div {
                (panel("waits", "Waiting for a person", more("/console/approvals", "All"), waiting(&questions)))
                (panel("cost", "Models, 14 days", more("/console/usage", "Usage"), dearest(&models)))
                (panel("skills", "Skills", more("/console/skills", "All"), installed(&skills)))
            }
        }
    };
    Ok(layout::page(&session, Place::Overview, "Overview", body))
}

async fn listed(
    app: &App,
    session: &Session,
    state: Option<StateFilter>,
    max: usize,
) -> Result<Vec<RunRow>, Failure> {
    let wanted = Wanted {
        state,
        ..Wanted::default()
    };
    let page = Page { after: None, max };
    Ok(app.service.list_runs(&session.caller, wanted, page).await?)
}

fn more(path: &str, words: &str) -> Markup {
    html! { a.more href=(path) { (words) } }
}

fn tiles(live: usize, questions: usize, days: &[u64], skills: &[(String, Arc<Install>)]) -> Markup {
    let on = skills.iter().filter(|(_, skill)| skill.enabled).count();
    let today = days.last().copied().unwrap_or(0);
    let before = days
        .len()
        .checked_sub(2)
        .and_then(|place| days.get(place))
        .copied()
        .unwrap_or(0);
    let calls = if questions > 0 { "tile calls" } else { "tile" };
    html! {
        ul.tiles {
            li {
                a.tile href="/console/runs?state=live" {
                    span.what { (icon(Icon::Runs)) "Under way" }
                    span.value { (live) @if live == COUNTED { "+" } }
                    span.note { "runs that have not ended" }
                }
            }
            li {
                a class=(calls) href="/console/approvals" {
                    span.what { (icon(Icon::Approvals)) "Waiting for a person" }
                    span.value { (questions) }
                    span.note { @if questions == 0 { "nothing to decide" } @else { "to decide" } }
                }
            }
            li {
                a.tile href="/console/usage?days=1" {
                    span.what { (icon(Icon::Usage)) "Cost today" }
                    span.value title=(text::exactly(today)) { (text::money(today)) }
                    span.note { (text::money(before)) " yesterday" }
                }
            }
            li {
                a.tile href="/console/skills" {
                    span.what { (icon(Icon::Skills)) "Skills" }
                    span.value { (on) }
                    span.note { @if on == skills.len() { "all switched on" } @else { "of " (skills.len()) " switched on" } }
                }
            }
        }
    }
}

fn latest(rows: &[Row]) -> Markup {
    if rows.is_empty() {
        let next = html! { "Programs start them with " code { "POST /api/v1/runs" } "." };
        return layout::empty("There are no runs yet.", next);
    }
    runs::table(rows, "The newest runs")
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
                    br;
                    span.muted.small { (text::line(runs::agent_of(&open.state), 60)) ", decides itself " (text::at(open.question.expires.0)) }
                }
            }
        }
        @if questions.len() > QUESTIONS { p.hint { "and " (questions.len() - QUESTIONS) " more" } }
    }
}

fn dearest(models: &[Part]) -> Markup {
    if models.iter().all(|model| model.total == 0) {
        let next =
            html! { "Answers of models, and tools that have a price, are booked when they end." };
        return layout::empty("Nothing was booked.", next);
    }
    html! {
        div.panel-body { (plot::spark(&sums(models, DAYS))) }
        ul.plain {
            @for (place, model) in (1..).zip(models) {
                li.across {
                    span { (plot::key(place)) (text::line(&plot::named(model), 60)) }
                    span title=(text::exactly(model.total)) { (text::money(model.total)) }
                }
            }
        }
    }
}

fn installed(skills: &[(String, Arc<Install>)]) -> Markup {
    if skills.is_empty() {
        let next = html! { "Install one with " code { "metier admin skill install --allow-unsigned FILE.wasm" } "." };
        return layout::empty("No skill is installed.", next);
    }
    html! {
        ul.plain {
            @for (alias, skill) in skills {
                li.across {
                    a href={ "/console/skills/" (text::encoded(alias)) } { (text::line(alias, 60)) }
                    span.muted {
                        @if let Some(version) = &skill.version { (text::line(version, 30)) }
                        @if !skill.enabled { " " span.tag { "off" } }
                    }
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
