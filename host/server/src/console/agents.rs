//! Agents and chains with their versions.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    response::{Html, Redirect},
    routing::{get, post},
};
use maud::{Markup, html};
use metier_service::{Right, agents::Agent};
use serde::Deserialize;

use super::{
    failure::{Failure, Told},
    layout::{self, Place},
    overview::name,
    session::{Posted, Session},
    skills, text,
};
use crate::{
    app::App,
    body::{Named, Params},
};

pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/console/agents", get(list))
        .route("/console/agents/{name}/{version}", get(source))
        .route("/console/agents/{name}/current", post(make_current))
}

#[derive(Deserialize)]
struct After {
    done: Option<String>,
}

async fn list(
    State(app): State<Arc<App>>,
    session: Session,
    Told(Params(after)): Told<Params<After>>,
) -> Result<Html<String>, Failure> {
    let agents = app.service.agents(&session.caller)?;
    let body = html! {
        (layout::notice(after.done.as_deref()))
        (layout::heading("Agents", html! { @if !agents.is_empty() { span.muted { (text::many(agents.len(), "agent", "agents")) } } }))
        @if agents.is_empty() {
            (layout::empty_page("No agent is deployed.", html! {
                "Deploy one with " code { "metier admin agent deploy FILE.toml" } "."
            }))
        }
        @for (name, agent) in &agents { (card(&session, name, agent)) }
    };
    Ok(layout::page(&session, Place::Agents, "Agents", body))
}

fn card(session: &Session, name: &str, agent: &Agent) -> Markup {
    let current = agent.versions.get(&agent.current);
    let id = format!("a-{}", text::encoded(name));
    html! {
        article.panel aria-labelledby=(id) {
            div.panel-head {
                h2 id=(id) { (text::line(name, 60)) }
                span.tag.current { (text::line(&agent.current, 40)) }
                a.more href={ "/console/runs?agent=" (text::encoded(name)) } { "Runs" span.unseen { " of " (text::plain(name)) } }
            }
            @if let Some(current) = current { p.hint { (text::shown(&current.description)) } }
            table.stack {
                    caption.unseen { "Versions" }
                    thead {
                        tr {
                            th scope="col" { "Version" } th scope="col" { "Deployed" } th scope="col" { "By" } th scope="col" { "Definition" } th scope="col" { span.unseen { "Roll back" } }
                        }
                    }
                    tbody {
                        @for (version, deployed) in agent.versions.iter().rev() {
                            tr {
                                th scope="row" {
                                    (text::line(version, 40))
                                    @if *version == agent.current { " " span.tag.current { "current" } }
                                }
                                td { (text::at(deployed.deployed)) }
                                td data-label="by" { (text::line(deployed.by.as_str(), 80)) }
                                td {
                                    a href={ "/console/agents/" (text::encoded(name)) "/" (text::encoded(version)) } {
                                        code { (skills::short(&deployed.source)) }
                                    }
                                }
                                td.number { (current_button(session, name, version, *version == agent.current)) }
                            }
                        }
                    }
            }
        }
    }
}

fn current_button(session: &Session, name: &str, version: &str, is_current: bool) -> Markup {
    if is_current || !session.may(Right::Operate) {
        return html! {};
    }
    html! {
        form.inline method="post" action={ "/console/agents/" (text::encoded(name)) "/current" } {
            (layout::token(session))
            button type="submit" name="version" value=(version) { "Make current" span.unseen { " " (text::plain(version)) } }
        }
    }
}

async fn source(
    State(app): State<Arc<App>>,
    session: Session,
    Told(Named((agent, version))): Told<Named<(String, String)>>,
) -> Result<Html<String>, Failure> {
    let named = name(&agent, "agent")?;
    let source = app
        .service
        .source(&session.caller, &named, Some(&version))
        .await?;
    let title = format!("{} {version}", named.as_str());
    let body = html! {
        (layout::below(Some(("/console/agents", "Agents")), &title, html! {}, html! {}))
        section.panel aria-label="Definition" { div.panel-body { pre.whole tabindex="0" { (text::shown(&source.text)) } } }
        @for (path, file) in &source.files {
            section.panel {
                div.panel-head { h2 { code { (text::line(path, 200)) } } }
                div.panel-body { pre.whole tabindex="0" { (text::shown(file)) } }
            }
        }
    };
    Ok(layout::page(&session, Place::Agents, &title, body))
}

async fn make_current(
    State(app): State<Arc<App>>,
    Told(Named(agent)): Told<Named<String>>,
    posted: Posted,
) -> Result<Redirect, Failure> {
    let agent = name(&agent, "agent")?;
    let version = posted.fields.get("version");
    app.service
        .make_current(&posted.session.caller, &agent, version)
        .await?;
    Ok(Redirect::to("/console/agents?done=current"))
}
