//! `/approvals`: what waits for a person, and the person's word.

use std::sync::Arc;

use axum::{Json as Answer, extract::State, http::StatusCode};
use metier_agent::{
    journal::{Question, QuestionKind, Seq, Verdict},
    state::State as Told,
};
use metier_core::Digest;
use metier_store::types::RunId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{List, moment, runs::id_of};
use crate::{
    app::App,
    body::{Json, Named},
    gate::Who,
    problem::{Problem, ProblemDetails},
};

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(decide))
}

/// A question that waits for a person.
#[derive(Serialize, ToSchema)]
pub struct Approval {
    /// In which run.
    run: String,
    /// Its place there; the two name it.
    number: u64,
    /// What a decision has to name, so that nothing else can be decided.
    hash: String,
    /// `call`: may it be made? `uncertain`: was it made before its host stopped? `step`: a chain asks.
    kind: &'static str,
    /// Of which agent or chain.
    agent: String,
    /// The tool, `alias.tool`.
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<String>,
    /// What calling it does to the world.
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<String>,
    /// The exact arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments: Option<Value>,
    /// Why somebody is asked, or the question itself.
    why: String,
    /// When it decides itself.
    expires: String,
}

impl Approval {
    /// A question of a run that stands so.
    pub fn of(run: RunId, number: Seq, question: &Question, told: &Told) -> Self {
        let (kind, tool, effect, arguments, why) = match &question.what {
            QuestionKind::Call {
                tool,
                arguments,
                effect,
                why,
                ..
            } => (
                "call",
                Some(tool),
                Some(effect),
                Some(arguments),
                why.as_str(),
            ),
            QuestionKind::Uncertain {
                tool, arguments, ..
            } => (
                "uncertain",
                Some(tool),
                None,
                Some(arguments),
                "Its host stopped while the call was under way.",
            ),
            QuestionKind::Step { text, show } => ("step", None, None, show.as_ref(), text.as_str()),
        };
        Approval {
            run: run.to_string(),
            number: number.0,
            hash: question.hash.to_string(),
            kind,
            agent: told.started.definition.terms().name.as_str().to_owned(),
            tool: tool.cloned(),
            effect: effect.map(ToString::to_string),
            arguments: arguments.cloned(),
            why: why.to_owned(),
            expires: moment::of_millis(question.expires.0),
        }
    }
}

/// A person's word.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Word {
    /// `approve`, `deny`, or `done` for a call that was made and whose answer is known.
    decision: Choice,
    /// The hash of the question.
    hash: String,
    /// Why not, for the model.
    #[serde(default)]
    why: Option<String>,
    /// What the call answered.
    #[serde(default)]
    answer: Option<Value>,
}

/// What can be decided.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Choice {
    /// Yes.
    Approve,
    /// No.
    Deny,
    /// It was done already.
    Done,
}

/// List what waits for a person
#[utoipa::path(get, path = "/approvals", tag = "approvals", responses(
    (status = 200, body = List<Approval>),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn list(
    State(app): State<Arc<App>>,
    Who(caller): Who,
) -> Result<Answer<List<Approval>>, Problem> {
    let open = app.service.approvals(&caller).await?;
    Ok(List::whole(open.iter().map(|open| {
        Approval::of(open.run, open.number, &open.question, &open.state)
    })))
}

/// Decide a question
#[utoipa::path(post, path = "/runs/{run}/approvals/{number}", tag = "approvals", params(("run" = String, Path,), ("number" = u64, Path,)), request_body = Word, responses(
    (status = 204),
    (status = "4XX", body = ProblemDetails, content_type = "application/problem+json"),
))]
async fn decide(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    Named((run, number)): Named<(String, u64)>,
    Json(word): Json<Word>,
) -> Result<StatusCode, Problem> {
    let hash: Digest = super::named(&word.hash)?;
    let verdict = match word.decision {
        Choice::Approve => Verdict::Approved,
        Choice::Deny => Verdict::Denied {
            why: word.why.unwrap_or_else(|| "no reason given".into()),
        },
        Choice::Done => Verdict::Done {
            value: word.answer.unwrap_or(Value::Null).to_string(),
        },
    };
    let decided = app
        .service
        .decide(&caller, id_of(&run)?, Seq(number), hash, verdict);
    decided.await?;
    Ok(StatusCode::NO_CONTENT)
}
