//! One run: how it stands, what took time, what it was given and answered, and everything in its journal.

use std::sync::Arc;

use axum::{extract::State, response::Html};
use maud::{Markup, html};
use metier_agent::{driver::Timeline, journal::Ending, state::State as Stands};
use metier_service::{Right, runs::Open};
use metier_store::types::{RunId, RunRow};
use serde::Deserialize;

use super::{
    super::{
        approvals::{self, Earlier},
        failure::{Failure, Told},
        layout::{self, Place, panel},
        session::Session,
        text,
    },
    clock::Clock,
    files, journal, spans, status, waterfall,
};
use crate::{
    api,
    app::App,
    body::{Named, Params},
};

#[derive(Deserialize)]
pub struct Wish {
    done: Option<String>,
    /// The last event of the journal that is shown.
    events: Option<u64>,
}

pub async fn show(
    State(app): State<Arc<App>>,
    session: Session,
    Told(Named(id)): Told<Named<String>>,
    Told(Params(wish)): Told<Params<Wish>>,
) -> Result<Html<String>, Failure> {
    let run = api::runs::id_of(&id)?;
    let row = app.service.run_row(&session.caller, run).await?;
    let told = app.service.run_timeline(&session.caller, run).await?;
    let now = super::now(&app).await?;
    let word = api::runs::status(&row.state, now);
    let agent = super::agent_of(&told.state);
    let spans = spans::of(&told.entries);
    let end = match told.state.ended {
        Some(_) => told.state.now.0,
        None => super::millis(now).max(told.state.now.0),
    };
    let clock = Clock::of(told.state.began.0, end, &spans);
    let is_live = told.state.ended.is_none();
    let open = open(run, &told.state);
    let earlier = Earlier::of(&app, &session, &open).await?;
    let follows = is_live.then(|| format!("/console/runs/{run}/events"));
    let beside = html! { (status(word)) };
    let body = html! {
        (layout::notice(wish.done.as_deref()))
        div id="live" data-follow=[follows] data-seen=(told.entries.len()) {
            (layout::below(Some(("/console/runs", "Runs")), agent, beside, ending(&session, run, &told.state)))
            (facts(&row, &told, &clock))
            @for open in &open { (approvals::card(&session, open, &earlier)) }
            (panel("took", "What took time", legend(), waterfall::draw(run, &spans, &clock)))
            div.columns {
                (panel("given", "Input", html! {}, html! { div.panel-body { pre tabindex="0" { (text::json(&told.state.started.input)) } } }))
                (panel("answer", "Output", html! {}, html! { div.panel-body { (output(&told.state)) } }))
            }
            (files::all(run, &told.entries))
            (journal::page(run, &told.entries, wish.events))
        }
        @if is_live { noscript { p { a href={ "/console/runs/" (run) } { "Load the page again" } " to see what happened since." } } }
    };
    Ok(layout::page(&session, Place::Runs, agent, body))
}

fn ending(session: &Session, run: RunId, state: &Stands) -> Markup {
    if state.ended.is_some() || !session.may(Right::Call) {
        return html! {};
    }
    html! {
        form.inline method="post" action={ "/console/runs/" (run) "/cancel" } {
            (layout::token(session))
            label for="why" { "Reason" }
            input id="why" name="why" maxlength="500" autocomplete="off";
            button.danger type="submit" { "Cancel the run" }
        }
    }
}

fn facts(row: &RunRow, told: &Timeline, clock: &Clock) -> Markup {
    let state = &told.state;
    let (spent, about) = (
        &state.spent,
        if state.spent.estimated { "about " } else { "" },
    );
    let calls: u32 = spent.calls.values().sum();
    let terms = state.started.definition.terms();
    html! {
        dl.facts.panel {
            div { dt { "Took" } dd { (text::span(clock.end.saturating_sub(clock.begin))) } }
            div { dt { "Cost" } dd title=(text::exactly(spent.nano_dollars)) { (about) (text::money(spent.nano_dollars)) } }
            div { dt { "Tokens" } dd { (about) (text::count(spent.tokens)) } }
            div { dt { "Tool calls" } dd { (calls) } }
            div { dt { "Started" } dd { (text::at(clock.begin)) } }
            div { dt { "Version" } dd { (text::line(&terms.version.to_string(), 40)) } }
            div { dt { "By" } dd { (text::line(state.started.principal.as_str(), 80)) } }
            div.wide-fact { dt { "Run" } dd { code { (row.run) } } }
        }
    }
}

/// What waits for a person.
fn open(run: RunId, state: &Stands) -> Vec<Open> {
    if state.ended.is_some() {
        return Vec::new();
    }
    let shared = Arc::new(state.clone());
    let open = state.questions.iter().map(|(number, question)| Open {
        run,
        number: *number,
        question: question.clone(),
        state: shared.clone(),
    });
    open.collect()
}

fn legend() -> Markup {
    html! {
        span.legend {
            span.key-model { "model" } span.key-tool { "tool" } span.key-wait { "waiting" } span.key-bad { "failed" }
        }
    }
}

fn output(state: &Stands) -> Markup {
    match &state.ended {
        None => html! { p.muted { "It has not ended." } },
        Some(Ending::Completed { output }) => html! { pre tabindex="0" { (text::json(output)) } },
        Some(Ending::Failed { fault }) => html! {
            p.problem { (text::shown(&fault.message)) }
            p { (text::shown(fault.hint())) }
            p.muted.small { "Code " code { (fault.code.as_str()) } }
        },
        Some(Ending::Cancelled { by, why }) => html! {
            p { "Cancelled by " (text::line(by.as_str(), 80)) ": " (text::shown(why)) }
        },
    }
}
