//! `metier approvals`: what waits for a person, and the person's word.

mod changed;

use std::sync::Arc;

use metier_agent::{
    driver::{Decision, Runs, Timeline},
    journal::{Question, QuestionKind, Seq, Verdict},
};
use metier_core::{Code, Fault, PrincipalId, TenantId};
use metier_store::{
    Store,
    types::{Page, RunFilter, StateFilter},
};
use serde_json::{Value, json};

use super::{failed, manage, session, stored};
use crate::{
    args::runs::{Approvals, ApprovalsAction, QuestionId},
    commands::App,
    errors::Failure,
    exit::Exit,
    printer::Format,
};

/// Live runs that are looked through at once.
const RUNS: usize = 200;

/// Lists, shows or decides.
pub fn run(app: &App, args: &Approvals) -> Result<Exit, Failure> {
    crate::commands::runtime()?.block_on(async {
        match &args.action {
            ApprovalsAction::List => list(app, args).await,
            ApprovalsAction::Show { id } => show(app, args, id).await,
            ApprovalsAction::Approve { id } => decide(app, args, id, Verdict::Approved).await,
            ApprovalsAction::Deny { id, why } => {
                decide(app, args, id, Verdict::Denied { why: why.clone() }).await
            }
            ApprovalsAction::Done { id, answer } => {
                if let Err(error) = serde_json::from_str::<Value>(answer) {
                    let message = format!("The answer is no JSON: {error}.");
                    return Err(Failure::usage(
                        message,
                        "Give what the tool would have answered.",
                    ));
                }
                let value = answer.clone();
                decide(app, args, id, Verdict::Done { value }).await
            }
        }
    })
}

async fn list(app: &App, args: &Approvals) -> Result<Exit, Failure> {
    let store = session::to_look(app, &args.store).await?;
    let filter = RunFilter {
        tenant: Some(TenantId::local()),
        state: Some(StateFilter::Live),
        ..RunFilter::default()
    };
    let page = Page {
        after: None,
        max: RUNS,
    };
    let rows = store.runs(&filter, page).await.map_err(stored)?;
    let runs = manage::over(store);
    let mut open = Vec::new();
    for row in rows {
        let told = runs.timeline(&row.run).await.map_err(failed)?;
        let questions = told.state.questions.into_iter();
        open.extend(questions.map(|(seq, question)| (format!("{}/{seq}", row.run), question)));
    }
    if app.printer.format == Format::Json {
        let listed = open.iter().map(|(id, question)| {
            json!({"id": id, "head": head(question), "what": question.what, "hash": question.hash})
        });
        app.print(&format!("{}\n", Value::from_iter(listed)))?;
        return Ok(Exit::Ok);
    }
    for (id, question) in &open {
        app.print(&format!("{id}  {}\n", head(question)))?;
    }
    if open.is_empty() {
        app.printer.note("Nothing waits for a decision.");
    }
    Ok(Exit::Ok)
}

fn head(question: &Question) -> String {
    let words = match &question.what {
        QuestionKind::Call {
            tool, effect, why, ..
        } => format!("call {tool} ({effect}): {why}"),
        QuestionKind::Uncertain { tool, .. } => {
            format!("was {tool} called before its host stopped?")
        }
        QuestionKind::Step { text, .. } => text.clone(),
    };
    crate::text::one_line(&words)
}

async fn show(app: &App, args: &Approvals, id: &QuestionId) -> Result<Exit, Failure> {
    let Found {
        store,
        runs,
        told,
        question,
    } = find(session::to_look(app, &args.store).await?, id).await?;
    let mut lines = vec![head(&question)];
    match &question.what {
        QuestionKind::Call {
            tool,
            skill,
            arguments,
            ..
        } => {
            lines.push(format!("skill: {skill}"));
            lines.push(format!("arguments: {arguments:#}"));
            let call = (tool.as_str(), skill, arguments);
            lines.extend(changed::since_last(&runs, &*store, &told, &id.run, call).await?);
        }
        QuestionKind::Uncertain {
            arguments, effect, ..
        } => {
            lines.push(format!("idempotency key: {}/{effect}", id.run));
            lines.push(format!("arguments: {arguments:#}"));
            lines.push("Look at the service. `approve` makes the call again with the same key; `done` says that it was made; `deny` that it was not.".to_owned());
        }
        QuestionKind::Step { show, .. } => {
            lines.extend(show.as_ref().map(|show| format!("{show:#}")));
        }
    }
    lines.push(format!("binds to: {}", question.hash));
    app.print(&format!("{}\n", crate::text::lines(&lines.join("\n"))))?;
    Ok(Exit::Ok)
}

async fn decide(
    app: &App,
    args: &Approvals,
    id: &QuestionId,
    verdict: Verdict,
) -> Result<Exit, Failure> {
    let store = session::store(app, &args.store).await?;
    let Found { runs, question, .. } = find(store, id).await?;
    let decision = Decision {
        question: Seq(id.question),
        hash: question.hash,
        verdict,
        by: PrincipalId::local(),
    };
    runs.decide(&id.run, decision).await.map_err(failed)?;
    app.printer.note(&format!(
        "Decided. `metier runs resume {}` goes on.",
        id.run
    ));
    Ok(Exit::Ok)
}

/// An open question, and where it was found.
struct Found {
    store: Arc<dyn Store>,
    runs: Runs,
    told: Timeline,
    question: Question,
}

async fn find(store: Arc<dyn Store>, id: &QuestionId) -> Result<Found, Failure> {
    let runs = manage::over(store.clone());
    let told = runs.timeline(&id.run).await.map_err(failed)?;
    let question = told.state.questions.get(&Seq(id.question)).cloned();
    let question = question.ok_or_else(|| {
        let open = json!(told.state.questions.keys().collect::<Vec<_>>());
        let message = format!(
            "Question {} of the run is not open; open are {open}.",
            id.question
        );
        Fault::new(Code::Conflict, message).with_hint("`metier approvals list` shows what is open.")
    })?;
    Ok(Found {
        store,
        runs,
        told,
        question,
    })
}
