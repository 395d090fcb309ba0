//! What people send to a run: decisions and the wish that it ends.

use metier_core::{Digest, PrincipalId};
use metier_store::types::{Signal, SignalKey};
use serde::{Deserialize, Serialize};

use crate::{
    journal::{Event, QuestionKind, Seq, Verdict},
    state::State,
};

/// Somebody decides one question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Decision {
    /// Which question.
    pub question: Seq,
    /// The hash of what was decided; the question's own.
    pub hash: Digest,
    /// What was decided.
    pub verdict: Verdict,
    /// By whom.
    pub by: PrincipalId,
}

/// Why a decision does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecisionError {
    /// There is no such open question.
    #[error("question {0} is not open: it was decided already, or never asked")]
    NotOpen(Seq),
    /// It is about something else.
    #[error("the decision is about something other than what question {0} asks")]
    Other(Seq),
    /// Only a call whose host died can be told its answer.
    #[error(
        "question {0} asks for consent; only a call that may already have been made can be told its answer"
    )]
    NotUncertain(Seq),
}

/// Something for a run's inbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "signal")]
pub(super) enum Letter {
    /// A decision.
    Decide(Decision),
    /// The wish that it ends.
    Cancel {
        /// Whose.
        by: PrincipalId,
        /// Why.
        why: String,
    },
}

impl Letter {
    /// The key under which it arrives once: the first decision of a question counts.
    pub(super) fn key(&self) -> String {
        match self {
            Letter::Decide(decision) => format!("decide/{}/{}", decision.question, decision.hash),
            Letter::Cancel { .. } => "cancel".to_owned(),
        }
    }
}

/// Whether a decision fits the question it names.
pub(super) fn fits(state: &State, decision: &Decision) -> Result<(), DecisionError> {
    let number = decision.question;
    let question = state
        .questions
        .get(&number)
        .ok_or(DecisionError::NotOpen(number))?;
    if question.hash != decision.hash {
        return Err(DecisionError::Other(number));
    }
    let is_uncertain = matches!(question.what, QuestionKind::Uncertain { .. });
    match decision.verdict {
        Verdict::Done { .. } if !is_uncertain => Err(DecisionError::NotUncertain(number)),
        _ => Ok(()),
    }
}

/// What a signal turns into. Whatever arrives is accounted for: nothing in an inbox can stop a run.
pub(super) fn event(state: &State, signal: &Signal) -> (Event, SignalKey) {
    let ignored = |why: String| Event::Ignored {
        signal: signal.key.to_string(),
        why,
    };
    let event = match serde_json::from_slice(&signal.body) {
        Err(_) => ignored("it is no letter this version can read".to_owned()),
        Ok(Letter::Cancel { by, why }) => Event::CancelAsked { by, why },
        Ok(Letter::Decide(decision)) => match fits(state, &decision) {
            Err(why) => ignored(why.to_string()),
            Ok(()) => Event::Decided {
                question: decision.question,
                verdict: decision.verdict,
                by: Some(decision.by),
            },
        },
    };
    (event, signal.key.clone())
}
