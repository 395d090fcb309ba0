//! A grant, as it is written, edited and looked at before it is saved.

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use metier_agent::definition::Name;
use metier_core::{Code, Digest, Fault, Grant, grant::ToolSet, hidden};
use metier_service::{Right, installs};

use super::{
    super::{
        difference,
        failure::{Failure, Told},
        layout::{self, Place, panel},
        overview::name,
        session::{Posted, Session},
        text,
    },
    authority, reach, read,
};
use crate::{app::App, body::Named};

/// The text in a form that shows first what would change.
pub fn editor(session: &Session, alias: &Name, grant: &str, wrong: Option<&Fault>) -> Markup {
    if !session.may(Right::Operate) {
        return match grant.is_empty() {
            true => html! { p.muted { "There is none: it may reach nothing." } },
            false => html! { pre tabindex="0" { (text::shown(grant)) } },
        };
    }
    let link = text::encoded(alias.as_str());
    html! {
        @if let Some(wrong) = wrong {
            div.problem role="alert" id="wrong" { p { (text::shown(&wrong.message)) } p { (text::shown(wrong.hint())) } }
        }
        @if let Some(hidden) = hidden::find(grant) {
            p.problem { "Line " (hidden.line) " has " (hidden.to_string()) ", which the field below does not show." }
        }
        form.grant method="post" action={ "/console/skills/" (link) "/preview" } {
            (layout::token(session))
            label for="text" { "The grant file, TOML. An empty one lets it compute, and reach nothing." }
            textarea id="text" name="text" rows="18" spellcheck="false" autocomplete="off"
                aria-describedby=[wrong.map(|_| "wrong")] { "\n" (grant) }
            button.primary type="submit" { "Show what would change" }
        }
    }
}

/// What would change; nothing is saved.
pub async fn preview(
    State(app): State<Arc<App>>,
    Told(Named(alias)): Told<Named<String>>,
    posted: Posted,
) -> Result<Response, Failure> {
    let (session, alias) = (&posted.session, name(&alias, "skill")?);
    let skill = app.service.skill(&session.caller, &alias)?;
    let (before, after) = (
        skill.grant.clone().unwrap_or_default(),
        posted.fields.lines("text"),
    );
    let checked = read(session, &after).and_then(|grant| {
        installs::may_give(&session.caller, &grant)?;
        Ok(grant)
    });
    let title = format!("Grant of {}", alias.as_str());
    let parent = format!("/console/skills/{}", text::encoded(alias.as_str()));
    let (status, body) = match checked {
        Err(fault) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            panel(
                "grant",
                "Grant",
                html! {},
                html! { div.panel-body { (editor(session, &alias, &after, Some(&fault))) } },
            ),
        ),
        Ok(grant) => {
            let had = read(session, &before)
                .map(|grant| offered(&grant))
                .unwrap_or_default();
            let words = words(&had, &offered(&grant));
            let whole =
                html! { (authority(&grant, usize::MAX)) (editor(session, &alias, &after, None)) };
            let would = html! {
                (panel("words", "In words", html! {}, html! { div.panel-body { (words) } }))
                (panel("lines", "Line by line", html! {}, html! { div.panel-body { (changed(&before, &after)) (confirm(session, &alias, &before, &after)) } }))
                section.panel aria-label="The whole" { details.journal { summary { "The whole, as it would be" } div.panel-body { (whole) } } }
            };
            (StatusCode::OK, would)
        }
    };
    let page = layout::page(
        session,
        Place::Skills,
        &title,
        html! { (layout::below(Some((parent.as_str(), alias.as_str())), &title, html! {}, html! {})) (body) },
    );
    Ok((status, page).into_response())
}

/// What it may do, and which tools are there at all.
fn offered(grant: &Grant) -> Vec<String> {
    let mut said = reach::sentences(grant);
    match &grant.tools {
        ToolSet::All => said.push("offer all its tools".to_owned()),
        ToolSet::Listed(tools) => {
            said.extend(tools.iter().map(|tool| format!("offer its tool `{tool}`")))
        }
    }
    said
}

fn words(had: &[String], has: &[String]) -> Markup {
    let gone: Vec<&String> = had
        .iter()
        .filter(|sentence| !has.contains(sentence))
        .collect();
    let new: Vec<&String> = has
        .iter()
        .filter(|sentence| !had.contains(sentence))
        .collect();
    html! {
        @if gone.is_empty() && new.is_empty() {
            p { "What it may do stays the same." }
        } @else {
            ul.authority {
                @for sentence in &new { li.new { "may from now on " (text::prose(sentence)) } }
                @for sentence in &gone { li.gone { "may no longer " (text::prose(sentence)) } }
            }
        }
    }
}

fn changed(before: &str, after: &str) -> Markup {
    if before == after {
        return html! { p.muted { "Nothing changes." } };
    }
    difference::drawn(before, after)
}

fn confirm(session: &Session, alias: &Name, before: &str, after: &str) -> Markup {
    let link = text::encoded(alias.as_str());
    html! {
        form.decide method="post" action={ "/console/skills/" (link) "/grant" } {
            (layout::token(session))
            input type="hidden" name="before" value=(Digest::of(before.as_bytes()));
            input type="hidden" name="text" value=(after);
            button.primary type="submit" disabled[before == after] { "Save the grant" }
            a.button href={ "/console/skills/" (link) } { "Leave it as it is" }
        }
    }
}

/// Saves what was looked at, if nobody changed the grant since.
pub async fn save(
    State(app): State<Arc<App>>,
    Told(Named(alias)): Told<Named<String>>,
    posted: Posted,
) -> Result<Redirect, Failure> {
    let (caller, fields) = (&posted.session.caller, &posted.fields);
    let alias = name(&alias, "skill")?;
    let skill = app.service.skill(caller, &alias)?;
    let before = Digest::of(skill.grant.as_deref().unwrap_or_default().as_bytes());
    if fields.get("before") != before.to_string() {
        let fault = Fault::new(
            Code::Conflict,
            "The grant was changed since you looked at it.",
        );
        return Err(fault
            .with_hint("Load the skill's page again, and see what is there now.")
            .into());
    }
    let text = fields.lines("text");
    let grant = Some(text).filter(|text| !text.trim().is_empty());
    app.service.grant(caller, &alias, grant).await?;
    Ok(Redirect::to(&format!(
        "/console/skills/{}?done=granted",
        text::encoded(alias.as_str())
    )))
}
