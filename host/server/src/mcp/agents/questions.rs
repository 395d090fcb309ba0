//! What a run asks a person, put to them by their client.
//!
//! Only somebody who may decide is asked, and only what can be shown whole: exact arguments, without hidden characters. Each
//! question's key has its number and the hash of what is asked, so that an answer counts for nothing else.

use metier_agent::{
    journal::{Question, QuestionKind, Seq, Verdict},
    state::State,
};
use metier_core::{Code, Fault, hidden};
use metier_service::Right;
use metier_store::types::RunId;
use rmcp::{
    RoleServer,
    model::{
        ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction, InputRequest,
        InputRequests, InputResponses,
    },
    service::RequestContext,
};
use serde_json::{Value, json};

use crate::mcp::handler::Asked;

/// Longest question, in bytes: nobody reads more in a dialogue.
const MAX_QUESTION: usize = 4 << 10;

/// Most questions at once.
const MAX_QUESTIONS: usize = 16;

/// Longest reason, in bytes.
const MAX_WHY: usize = 1 << 10;

/// The questions of a run that go through this client.
pub fn asked_through(
    asked: &Asked,
    context: &RequestContext<RoleServer>,
    state: &State,
) -> Result<InputRequests, Fault> {
    if state.ended.is_some() || !shows_forms(context) || asked.caller.needs(Right::Decide).is_err()
    {
        return Ok(InputRequests::new());
    }
    let questions = state.questions.iter().take(MAX_QUESTIONS);
    let worded = questions.filter_map(|(seq, question)| {
        let words = words(question).filter(|words| is_plain(words))?;
        Some((key(*seq, question), words))
    });
    worded.map(|(key, words)| Ok((key, form(words)?))).collect()
}

/// Whether the client said that it can show a person a form.
fn shows_forms(context: &RequestContext<RoleServer>) -> bool {
    let client = context.client_capabilities();
    let elicitation = client.and_then(|client| client.elicitation);
    elicitation.is_some_and(|can| can.form.is_some() || can.url.is_none())
}

fn is_plain(words: &str) -> bool {
    words.len() <= MAX_QUESTION && hidden::find(words).is_none()
}

fn key(seq: Seq, question: &Question) -> String {
    format!("{}/{}", seq.0, question.hash.to_hex())
}

fn words(question: &Question) -> Option<String> {
    match &question.what {
        QuestionKind::Call {
            tool,
            arguments,
            effect,
            why,
            ..
        } => {
            let arguments = serde_json::to_string_pretty(arguments).ok()?;
            Some(format!(
                "May `{tool}` ({effect}) be called with these arguments?\n{arguments}\n\n{why}"
            ))
        }
        QuestionKind::Uncertain {
            tool, arguments, ..
        } => {
            let arguments = serde_json::to_string_pretty(arguments).ok()?;
            Some(format!(
                "The host stopped while `{tool}` was called with these arguments, and nobody knows whether it was done.\n{arguments}\n\nMay it be done again?"
            ))
        }
        QuestionKind::Step { text, show: None } => Some(text.clone()),
        QuestionKind::Step {
            text,
            show: Some(show),
        } => {
            let shown = serde_json::to_string_pretty(show).ok()?;
            Some(format!("{text}\n{shown}"))
        }
    }
}

fn form(message: String) -> Result<InputRequest, Fault> {
    let schema = json!({
        "type": "object",
        "required": ["approve"],
        "properties": {
            "approve": {"type": "boolean", "title": "Approve", "description": "Whether it may be done"},
            "why": {"type": "string", "title": "Why", "description": "What the agent is told when it may not", "maxLength": MAX_WHY},
        },
    });
    let schema = serde_json::from_value(schema);
    let requested_schema =
        schema.map_err(|error| Fault::new(Code::HostInternal, error.to_string()))?;
    let params = ElicitRequestParams::FormElicitationParams {
        meta: None,
        message,
        requested_schema,
    };
    Ok(InputRequest::Elicitation(ElicitRequest::new(params)))
}

/// Decides what a person answered. What is not open any more is let be, as the protocol wants; what they put off stays open.
///
/// # Errors
/// `forbidden` for somebody who may not decide, `invalid-arguments` for what is no answer.
pub async fn answered(asked: &Asked, run: &RunId, responses: &InputResponses) -> Result<(), Fault> {
    if responses.is_empty() {
        return Ok(());
    }
    asked.service.needs(&asked.caller, Right::Decide)?;
    let (_, state) = asked.service.run_state(&asked.caller, *run).await?;
    for (seq, question) in &state.questions {
        let Some(response) = responses.get(&key(*seq, question)) else {
            continue;
        };
        let Some(verdict) = verdict(response)? else {
            continue;
        };
        let decided = asked
            .service
            .decide(&asked.caller, *run, *seq, question.hash, verdict);
        match decided.await {
            // Somebody else was quicker.
            Err(fault) if fault.code == Code::Conflict => {}
            decided => decided?,
        }
    }
    Ok(())
}

/// What an answer decides; nothing when the person did neither.
fn verdict(response: &Value) -> Result<Option<Verdict>, Fault> {
    let unreadable = || {
        let message =
            "An answer is no result of `elicitation/create` with `approve`, true or false.";
        Fault::new(Code::InvalidArguments, message)
    };
    let result: ElicitResult =
        serde_json::from_value(response.clone()).map_err(|_| unreadable())?;
    match result.action {
        ElicitationAction::Accept => {}
        ElicitationAction::Decline => return Ok(Some(denied(None))),
        _ => return Ok(None),
    }
    let content = result.content.unwrap_or_default();
    let why = content["why"].as_str();
    if why.is_some_and(|why| why.len() > MAX_WHY) {
        return Err(unreadable());
    }
    match content["approve"].as_bool() {
        Some(true) => Ok(Some(Verdict::Approved)),
        Some(false) => Ok(Some(denied(why))),
        None => Err(unreadable()),
    }
}

fn denied(why: Option<&str>) -> Verdict {
    let why = why
        .filter(|why| !why.is_empty())
        .unwrap_or("Somebody said no.");
    Verdict::Denied {
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use metier_agent::journal::Verdict;
    use serde_json::json;

    use super::{MAX_WHY, is_plain, verdict};

    #[test]
    fn only_a_plain_yes_is_a_yes() {
        let yes = json!({"action": "accept", "content": {"approve": true}});
        assert_eq!(verdict(&yes), Ok(Some(Verdict::Approved)));
        for no in [
            json!({"action": "accept", "content": {"approve": false}}),
            json!({"action": "decline"}),
            json!({"action": "decline", "content": {"approve": true}}),
        ] {
            assert!(
                matches!(verdict(&no), Ok(Some(Verdict::Denied { .. }))),
                "{no}"
            );
        }
        assert_eq!(
            verdict(&json!({"action": "cancel", "content": {"approve": true}})),
            Ok(None)
        );
        for neither in [
            json!({"action": "accept"}),
            json!({"action": "accept", "content": {"approve": "true"}}),
            json!({"action": "accept", "content": [true]}),
            json!({"action": "accept", "content": {"approve": false, "why": "x".repeat(MAX_WHY + 1)}}),
            json!({"action": "yes"}),
            json!(true),
            json!(null),
        ] {
            assert!(verdict(&neither).is_err(), "{neither}");
        }
    }

    #[test]
    fn what_a_person_cannot_see_whole_is_not_asked_through_a_client() {
        assert!(is_plain("May `jira.add` be called?\n{\n  \"a\": \"ä\"\n}"));
        assert!(!is_plain("May it\u{202e} be called?"));
        assert!(!is_plain(&"x".repeat(5_000)));
    }
}
