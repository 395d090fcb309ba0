//! One run: how it stands, what took time, what it was given and answered, and everything in its journal.

use std::sync::Arc;

use axum::{extract::State, response::Html};
use maud::{Markup, html};
use metier_agent::{
    driver::Timeline,
    journal::{Ending, Entry, Event, Outcome, Seq, Settlement},
    state::State as Stands,
};
use metier_core::Artifact;
use metier_service::{Right, runs::Open};
use metier_store::types::{RunId, RunRow};
use serde::Deserialize;

use super::{
    super::{
        approvals,
        failure::{Failure, Told},
        layout::{self, Place},
        session::Session,
        text,
    },
    spans, status,
    waterfall::{self, Clock},
};
use crate::{
    api,
    app::App,
    body::{Named, Params},
};

/// Events shown, the newest: the API has all.
const MAX_EVENTS: usize = 300;

#[derive(Deserialize)]
pub struct After {
    done: Option<String>,
}

pub async fn show(
    State(app): State<Arc<App>>,
    session: Session,
    Told(Named(id)): Told<Named<String>>,
    Told(Params(after)): Told<Params<After>>,
) -> Result<Html<String>, Failure> {
    let run = api::runs::id_of(&id)?;
    let row = app.service.run_row(&session.caller, run).await?;
    let told = app.service.run_timeline(&session.caller, run).await?;
    let now = super::now(&app).await?;
    let word = api::runs::status(&row.state, now);
    let agent = super::agent_of(&told.state);
    let clock = Clock {
        begin: told.state.began.0,
        end: match told.state.ended {
            Some(_) => told.state.now.0,
            None => super::millis(now).max(told.state.now.0),
        },
    };
    let is_live = told.state.ended.is_none();
    let follows = is_live.then(|| format!("/console/runs/{run}/events"));
    let body = html! {
        (layout::notice(after.done.as_deref()))
        (layout::heading(agent, html! { (ending(&session, run, &told.state)) }))
        div id="live" data-follow=[follows] data-seen=(told.entries.len()) {
            (facts(&row, &told, word, clock))
            (questions(&session, run, &told.state))
            section aria-labelledby="took" {
                h2 id="took" { "What took time" (legend()) }
                (waterfall::draw(&spans::of(&told.entries), clock))
            }
            div.columns {
                section aria-labelledby="given" { h2 id="given" { "Input" } pre { (text::json(&told.state.started.input)) } }
                section aria-labelledby="answer" { h2 id="answer" { "Output" } (output(&told.state)) }
            }
            (all_files(&told.entries))
            (journal(&told.entries))
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

fn facts(row: &RunRow, told: &Timeline, word: &str, clock: Clock) -> Markup {
    let state = &told.state;
    let (spent, about) = (
        &state.spent,
        if state.spent.estimated { "about " } else { "" },
    );
    let calls: u32 = spent.calls.values().sum();
    let terms = state.started.definition.terms();
    html! {
        dl.facts {
            div { dt { "Status" } dd { (status(word)) } }
            div { dt { "Took" } dd { (text::span(clock.end.saturating_sub(clock.begin))) } }
            div { dt { "Cost" } dd title=(text::exactly(spent.nano_dollars)) { (about) (text::money(spent.nano_dollars)) } }
            div { dt { "Tokens" } dd { (about) (text::count(spent.tokens)) } }
            div { dt { "Tool calls" } dd { (calls) } }
            div { dt { "Version" } dd { (text::line(&terms.version.to_string(), 40)) } }
            div { dt { "Started" } dd { (text::at(clock.begin)) } }
            div { dt { "By" } dd { (text::line(state.started.principal.as_str(), 80)) } }
            div { dt { "Run" } dd { code { (row.run) } } }
        }
    }
}

fn questions(session: &Session, run: RunId, state: &Stands) -> Markup {
    if state.questions.is_empty() || state.ended.is_some() {
        return html! {};
    }
    let state = Arc::new(state.clone());
    let open = state.questions.iter().map(|(number, question)| Open {
        run,
        number: *number,
        question: question.clone(),
        state: state.clone(),
    });
    html! {
        section aria-labelledby="waits" {
            h2 id="waits" { "Waiting for a person" }
            @for open in open { (approvals::card(session, &open)) }
        }
    }
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
        Some(Ending::Completed { output }) => html! { pre { (text::json(output)) } },
        Some(Ending::Failed { fault }) => html! {
            p.problem { (text::shown(&fault.message)) }
            p { (text::shown(fault.hint())) " " code { (fault.code.as_str()) } }
        },
        Some(Ending::Cancelled { by, why }) => html! {
            p { "Cancelled by " (text::line(by.as_str(), 80)) ": " (text::shown(why)) }
        },
    }
}

/// Links to files. What a skill calls one is only told; it is saved and never shown as a page.
pub fn files(files: &[Artifact]) -> Markup {
    html! {
        ul.plain {
            @for file in files {
                li {
                    a href={ "/console/artifacts/" (file.digest) } download=(text::plain(&file.name)) { (text::line(&file.name, 120)) }
                    span.muted { " " (text::line(&file.media_type, 60)) ", " (text::bytes(file.size)) }
                }
            }
        }
    }
}

fn all_files(entries: &[Entry]) -> Markup {
    let mut all: Vec<Artifact> = Vec::new();
    for entry in entries {
        let Event::Settled(Settlement {
            outcome: Outcome::Output { artifacts, .. },
            ..
        }) = &entry.event
        else {
            continue;
        };
        let is_new = |file: &&Artifact| !all.iter().any(|known| known.digest == file.digest);
        let new: Vec<Artifact> = artifacts.iter().filter(is_new).cloned().collect();
        all.extend(new);
    }
    if all.is_empty() {
        return html! {};
    }
    html! { section aria-labelledby="files" { h2 id="files" { "Files" } (files(&all)) } }
}

fn journal(entries: &[Entry]) -> Markup {
    let left_out = entries.len().saturating_sub(MAX_EVENTS);
    let numbered = (1..).map(Seq).zip(entries).skip(left_out);
    html! {
        details.journal id="journal" {
            summary { "Journal, " (text::many(entries.len(), "event", "events")) }
            @if left_out > 0 { p.muted { "The first " (left_out) " are left out here; the API tells all." } }
            ol {
                @for (number, entry) in numbered {
                    li {
                        details id={ "j" (number) } {
                            summary { span.number { (number) } " " (entry.event.kind()) " " span.muted { (text::at(entry.at.0)) } }
                            pre { (text::json(&serde_json::to_value(&entry.event).unwrap_or_default())) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use metier_core::{Artifact, Digest};

    #[test]
    fn a_files_name_is_text_wherever_it_stands() {
        let file = Artifact {
            digest: Digest::of(b"x"),
            name: "\"><script>a</script>\u{202e}.html".to_owned(),
            media_type: "text/html\"<b>".to_owned(),
            size: 3,
        };
        let page = super::files(&[file]).into_string();
        assert!(
            !page.contains("<script") && !page.contains("<b>") && !page.contains('\u{202e}'),
            "{page}"
        );
        assert!(
            page.contains("download=\"&quot;&gt;&lt;script&gt;"),
            "{page}"
        );
    }
}
