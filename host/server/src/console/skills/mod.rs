//! Skills: what each may do in plain words, and its grant.

mod grant;
mod reach;

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    response::{Html, Redirect},
    routing::{get, post},
};
use maud::{Markup, html};
use metier_agent::definition::Name;
use metier_core::{Digest, Fault, Grant};
use metier_runtime::registry::Installed;
use metier_service::{
    Right,
    installs::{self, Install},
};
use serde::Deserialize;

use super::{
    failure::{Failure, Told},
    layout::{self, Place, panel},
    overview::name,
    session::{Posted, Session},
    text,
};
use crate::{
    app::App,
    body::{Named, Params},
};

/// Tools that are named on a card.
const MAX_TOOLS: usize = 6;

/// Characters of what a tool does.
const MAX_WORDS: usize = 240;

/// Sentences about what a skill may do on a card.
const MAX_SENTENCES: usize = 5;

pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/console/skills", get(list))
        .route("/console/skills/{alias}", get(show))
        .route("/console/skills/{alias}/enabled", post(enable))
        .route("/console/skills/{alias}/preview", post(grant::preview))
        .route("/console/skills/{alias}/grant", post(grant::save))
}

#[derive(Deserialize)]
struct After {
    done: Option<String>,
}

async fn list(State(app): State<Arc<App>>, session: Session) -> Result<Html<String>, Failure> {
    let mut cards = Vec::new();
    for (alias, skill) in app.service.skills(&session.caller)? {
        let bound = bound(&app, &session, &alias).await;
        cards.push(card(&session, &alias, &skill, bound));
    }
    let body = html! {
        (layout::heading("Skills", html! { @if !cards.is_empty() { span.muted { (text::many(cards.len(), "skill", "skills")) } } }))
        @if cards.is_empty() {
            (layout::empty_page("No skill is installed.", html! {
                "Install one with " code { "metier admin skill install --allow-unsigned FILE.wasm" } ". It may reach nothing before you grant it something."
            }))
        }
        div.cards { @for card in &cards { (card) } }
    };
    Ok(layout::page(&session, Place::Skills, "Skills", body))
}

async fn bound(app: &App, session: &Session, alias: &str) -> Result<Arc<Installed>, Fault> {
    let alias: Result<Name, _> = alias.parse();
    let alias = alias.map_err(|_| Fault::new(metier_core::Code::NotFound, "Its alias is none."))?;
    app.service.bound(&session.caller, &alias).await
}

fn card(
    session: &Session,
    alias: &str,
    skill: &Install,
    bound: Result<Arc<Installed>, Fault>,
) -> Markup {
    let link = format!("/console/skills/{}", text::encoded(alias));
    html! {
        article.card aria-labelledby={ "s-" (text::encoded(alias)) } {
            div.heading {
                h2 id={ "s-" (text::encoded(alias)) } {
                    a href=(link) { (text::line(alias, 60)) }
                    @if !skill.enabled { " " span.tag { "off" } }
                }
                (switch(session, alias, skill.enabled))
            }
            (origin(skill))
            @match bound {
                Err(fault) => { p.problem { (text::shown(&fault.message)) } }
                Ok(bound) => {
                    (authority(bound.grant(), MAX_SENTENCES))
                    p.bottom.muted.small { (few(&bound)) " " a href=(link) { "Tools and grant" span.unseen { " of " (text::plain(alias)) } } }
                }
            }
        }
    }
}

/// The tools by name, as far as they fit on a card.
fn few(bound: &Installed) -> Markup {
    let tools = bound.skill().tools();
    let more = tools.len().saturating_sub(MAX_TOOLS);
    html! {
        @for (place, tool) in tools.take(MAX_TOOLS).enumerate() {
            @if place > 0 { ", " }
            code { (text::line(tool.info.name.as_str(), 60)) }
        }
        @if more > 0 { " and " (more) " more" }
        "."
    }
}

/// What is known of where a skill comes from.
fn origin(skill: &Install) -> Markup {
    html! {
        p.muted.small {
            @if let Some(name) = &skill.name { (text::line(&name.to_string(), 120)) " " }
            @if let Some(version) = &skill.version { (text::line(version, 40)) }
        }
    }
}

fn facts(skill: &Install) -> Markup {
    html! {
        dl.facts.panel {
            @if let Some(name) = &skill.name { div { dt { "Name" } dd { (text::line(&name.to_string(), 120)) } } }
            @if let Some(version) = &skill.version { div { dt { "Version" } dd { (text::line(version, 40)) } } }
            div { dt { "Changed" } dd { (text::at(skill.changed)) } }
            div { dt { "By" } dd { (text::line(skill.by.as_str(), 80)) } }
            div.wide-fact { dt { "SHA-256" } dd { code { (skill.digest) } } }
        }
    }
}

/// The beginning of a digest, enough to tell two apart.
pub fn short(digest: &Digest) -> String {
    digest.to_string().chars().take(19).collect()
}

/// What a grant lets a skill do, in so many sentences at most.
pub fn authority(grant: &Grant, max: usize) -> Markup {
    let may = reach::sentences(grant);
    let more = may.len().saturating_sub(max);
    html! {
        @if may.is_empty() {
            p.authority { "May compute, and reach nothing." }
        } @else {
            ul.authority {
                @for sentence in may.iter().take(max) { li { "may " (text::prose(sentence)) } }
                li.rest { @if more > 0 { "and " (more) " more things" } @else { "and nothing else" } }
            }
        }
    }
}

fn tools(bound: &Installed) -> Markup {
    let granted = &bound.grant().tools;
    let mut tools: Vec<_> = bound.skill().tools().collect();
    tools.sort_by_key(|tool| !granted.contains(&tool.info.name));
    html! {
        table.stack {
            caption.unseen { "Tools" }
            thead { tr { th scope="col" { "Tool" } th scope="col" { "Effect" } th scope="col" { "What it does" } } }
            tbody {
                @for tool in tools {
                    tr {
                        th.with-status scope="row" {
                            code { (text::line(tool.info.name.as_str(), 128)) }
                            @if !granted.contains(&tool.info.name) { " " span.tag { "not granted" } }
                        }
                        td.status-cell { span class={ "tag " (tool.info.effect) } { (tool.info.effect) } }
                        td { (text::prose(first_line(&tool.info.description))) }
                    }
                }
            }
        }
    }
}

/// What a card or a table has room for.
fn first_line(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    let end = line.char_indices().nth(MAX_WORDS).map(|(end, _)| end);
    line.get(..end.unwrap_or(line.len())).unwrap_or_default()
}

fn switch(session: &Session, alias: &str, enabled: bool) -> Markup {
    if !session.may(Right::Operate) {
        return html! {};
    }
    let (word, to) = if enabled {
        ("Switch off", "false")
    } else {
        ("Switch on", "true")
    };
    html! {
        form.inline method="post" action={ "/console/skills/" (text::encoded(alias)) "/enabled" } {
            (layout::token(session))
            button type="submit" name="enabled" value=(to) { (word) span.unseen { " " (text::plain(alias)) } }
        }
    }
}

async fn show(
    State(app): State<Arc<App>>,
    session: Session,
    Told(Named(alias)): Told<Named<String>>,
    Told(Params(after)): Told<Params<After>>,
) -> Result<Html<String>, Failure> {
    let alias = name(&alias, "skill")?;
    let skill = app.service.skill(&session.caller, &alias)?;
    let bound = app.service.bound(&session.caller, &alias).await;
    let title = alias.as_str();
    let body = html! {
        (layout::notice(after.done.as_deref()))
        (layout::below(
            Some(("/console/skills", "Skills")),
            title,
            html! { @if !skill.enabled { span.tag { "off" } } },
            switch(&session, title, skill.enabled),
        ))
        (facts(&skill))
        (panel("may", "What it may do", html! {}, html! {
            div.panel-body {
                @match &bound {
                    Err(fault) => { p.problem { (text::shown(&fault.message)) } }
                    Ok(bound) => { (authority(bound.grant(), usize::MAX)) }
                }
            }
        }))
        @if let Ok(bound) = &bound { (panel("tools", "Tools", html! {}, tools(bound))) }
        (panel("grant", "Grant", html! {}, html! {
            div.panel-body { (grant::editor(&session, &alias, skill.grant.as_deref().unwrap_or_default(), None)) }
        }))
    };
    Ok(layout::page(&session, Place::Skills, title, body))
}

async fn enable(
    State(app): State<Arc<App>>,
    Told(Named(alias)): Told<Named<String>>,
    posted: Posted,
) -> Result<Redirect, Failure> {
    let alias = name(&alias, "skill")?;
    let enabled = match posted.fields.get("enabled") {
        "true" => true,
        "false" => false,
        _ => return Err(super::named_wrongly("state")),
    };
    app.service
        .enable(&posted.session.caller, &alias, enabled)
        .await?;
    let done = if enabled { "enabled" } else { "disabled" };
    Ok(Redirect::to(&format!(
        "/console/skills/{}?done={done}",
        text::encoded(alias.as_str())
    )))
}

/// The grant a text is, for the tenant.
fn read(session: &Session, text: &str) -> Result<Grant, Fault> {
    let tenant = &session.caller.tenant;
    match text.trim().is_empty() {
        true => Ok(Grant::compute_only(tenant.clone())),
        false => installs::grant(tenant, text),
    }
}
