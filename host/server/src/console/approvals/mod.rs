//! What waits for a person, with exactly what they decide.

mod earlier;

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    response::{Html, Redirect},
    routing::{get, post},
};
use maud::{Markup, html};
use metier_agent::journal::{QuestionKind, Seq, Verdict};
use metier_core::{Code, Digest, Fault};
use metier_service::{Right, runs::Open};
use serde::Deserialize;
use serde_json::Value;

pub use self::earlier::Earlier;
use super::{
    difference,
    failure::{Failure, Told},
    layout::{self, Place},
    runs,
    session::{Posted, Session},
    text,
};
use crate::{
    api,
    app::App,
    body::{Named, Params},
};

/// Questions of a page.
const SHOWN: usize = 25;

pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/console/approvals", get(list))
        .route("/console/approvals/{run}/{number}", post(decide))
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
    let questions = app.service.approvals(&session.caller).await?;
    let shown = questions.get(..SHOWN).unwrap_or(&questions);
    let earlier = Earlier::of(&app, &session, shown).await?;
    let body = html! {
        (layout::notice(after.done.as_deref()))
        (layout::heading("Approvals", html! { @if !questions.is_empty() { span.muted { (questions.len()) " open" } } }))
        @if questions.is_empty() {
            (layout::empty_page("Nobody waits for you.", html! {
                "When an agent wants to do what its " code { "[[approvals.rule]]" } " leaves to a person, the call with its exact arguments stands here."
            }))
        }
        @for open in shown { (card(&session, open, &earlier)) }
        @if questions.len() > SHOWN { p.muted { "Decide these, and the next come: " (questions.len() - SHOWN) " more." } }
    };
    Ok(layout::page(&session, Place::Approvals, "Approvals", body))
}

/// Where on a page a question is.
pub fn anchor(open: &Open) -> String {
    format!("q{}-{}", open.run, open.number)
}

/// What is asked, in a few words.
pub fn asked(open: &Open) -> Markup {
    match &open.question.what {
        QuestionKind::Call { tool, .. } => {
            html! { "May " code { (text::line(tool, 100)) } " be called?" }
        }
        QuestionKind::Uncertain { tool, .. } => {
            html! { "Was " code { (text::line(tool, 100)) } " called before its host stopped?" }
        }
        QuestionKind::Step { text, .. } => text::line(text, 200),
    }
}

/// A question with the forms that decide it.
pub fn card(session: &Session, open: &Open, earlier: &Earlier) -> Markup {
    let question = &open.question;
    let (effect, why, arguments) = match &question.what {
        QuestionKind::Call {
            effect,
            why,
            arguments,
            ..
        } => (Some(effect), Some(why.as_str()), Some(arguments)),
        QuestionKind::Uncertain { arguments, .. } => (
            None,
            Some("Nobody knows whether it was done."),
            Some(arguments),
        ),
        QuestionKind::Step { show, .. } => (None, None, show.as_ref()),
    };
    let id = anchor(open);
    html! {
        article.card id=(id) aria-labelledby={ (id) "-title" } {
            div.titled {
                h2 id={ (id) "-title" } { (asked(open)) }
                @if let Some(effect) = effect { span class={ "tag " (effect) } { (effect) } }
            }
            dl.facts.small-facts {
                div { dt { "Agent" } dd { (text::line(runs::agent_of(&open.state), 60)) } }
                div { dt { "Run" } dd { a href={ "/console/runs/" (open.run) } { code { (open.run) } } } }
                div { dt { "Decides itself" } dd { (text::at(question.expires.0)) } }
                @if let Some(why) = why { div { dt { "Why you are asked" } dd { (text::shown(why)) } } }
            }
            @if let Some(arguments) = arguments { (sent(open, arguments, earlier)) }
            (forms(session, open, &id))
        }
    }
}

/// What would be sent, against what was approved before.
fn sent(open: &Open, arguments: &Value, earlier: &Earlier) -> Markup {
    let exact =
        html! { h3.small { "Exact arguments" } pre tabindex="0" { (text::json(arguments)) } };
    let Some(before) = earlier.before(open) else {
        return exact;
    };
    let (then, now) = (
        difference::of_json(&before.arguments),
        difference::of_json(arguments),
    );
    let place = html! { a href={ "/console/runs/" (before.run) } { "on " (text::at(before.at)) } };
    if then.len() + now.len() > difference::MAX_BYTES {
        return exact;
    }
    html! {
        @if then == now {
            (exact)
            p.muted.small { "The same as was approved " (place) "." }
        } @else {
            h3.small { "Exact arguments, against those that were approved " (place) }
            (difference::drawn(&then, &now))
        }
    }
}

fn forms(session: &Session, open: &Open, id: &str) -> Markup {
    if !session.may(Right::Decide) {
        return html! { p.muted { "Your key, with the role " (session.caller.role) ", may look and not decide." } };
    }
    let is_uncertain = matches!(open.question.what, QuestionKind::Uncertain { .. });
    let (yes, no) = match is_uncertain {
        true => ("Do it again", "Count it as not done"),
        false => ("Approve", "Deny"),
    };
    html! {
        form.decide method="post" action={ "/console/approvals/" (open.run) "/" (open.number) } {
            (layout::token(session))
            input type="hidden" name="hash" value=(open.question.hash);
            button.primary type="submit" name="decision" value="approve" { (yes) }
            @if is_uncertain {
                span.against {
                    label for={ (id) "-answer" } { "Its answer, as JSON" }
                    input id={ (id) "-answer" } name="answer" autocomplete="off";
                    button type="submit" name="decision" value="done" { "It was done" }
                }
            }
            span.against {
                label for={ (id) "-why" } { "Reason" }
                input id={ (id) "-why" } name="why" maxlength="1000" autocomplete="off" placeholder="for the model";
                button.danger type="submit" name="decision" value="deny" { (no) }
            }
        }
    }
}

async fn decide(
    State(app): State<Arc<App>>,
    Told(Named((run, number))): Told<Named<(String, u64)>>,
    posted: Posted,
) -> Result<Redirect, Failure> {
    let (run, fields) = (api::runs::id_of(&run)?, &posted.fields);
    let hash: Digest = fields
        .get("hash")
        .parse()
        .map_err(|_| unclear("The form names no question."))?;
    let (verdict, done) = match fields.get("decision") {
        "approve" => (Verdict::Approved, "approved"),
        "deny" => {
            let why = match fields.get("why").trim() {
                "" => "no reason given",
                why => why,
            };
            (
                Verdict::Denied {
                    why: why.to_owned(),
                },
                "denied",
            )
        }
        "done" => (
            Verdict::Done {
                value: answer(fields.get("answer"))?,
            },
            "approved",
        ),
        _ => return Err(unclear("The form decides nothing.").into()),
    };
    let caller = &posted.session.caller;
    app.service
        .decide(caller, run, Seq(number), hash, verdict)
        .await?;
    Ok(Redirect::to(&format!("/console/approvals?done={done}")))
}

fn answer(text: &str) -> Result<String, Fault> {
    if text.trim().is_empty() {
        return Ok("null".to_owned());
    }
    let value: Result<Value, _> = serde_json::from_str(text);
    match value {
        Ok(value) => Ok(value.to_string()),
        Err(error) => Err(unclear(&format!("The answer is no JSON: {error}."))),
    }
}

fn unclear(message: &str) -> Fault {
    Fault::new(Code::InvalidArguments, message)
}
