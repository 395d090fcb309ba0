//! What the earlier runs of a session said: where the next one begins.

use metier_core::{PrincipalId, TenantId};
use metier_store::types::{Labels, Page, RunFilter, StateFilter};

use super::runs::{RunError, Runs};
use crate::{
    definition::Name,
    journal::Ending,
    models::{Message, Role},
    state::{Progress, State},
};

/// Bytes of earlier words a run begins with, about 16,000 tokens: the latest count.
pub const HISTORY_BYTES: usize = 64 << 10;

/// Stands where words were cut.
const CUT: &str = " […]";

/// Runs of a session that are looked through for one that was completed.
const RUNS: usize = 50;

/// A session: nobody else's runs belong to it.
#[derive(Clone, Debug)]
pub struct Session {
    /// Of which tenant.
    pub tenant: TenantId,
    /// With which agent.
    pub agent: Name,
    /// Whose.
    pub principal: PrincipalId,
    /// What it is called.
    pub name: Name,
}

/// What was said before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// What was asked and what was answered, in turn.
    pub messages: Vec<Message>,
    /// Whether the runs that said it had read text from outside.
    pub tainted: bool,
}

impl Runs {
    /// What was asked and answered in the completed runs of a session. What happened in between, calls and their results, stays
    /// with the runs.
    ///
    /// # Errors
    /// The store's, and a damaged journal.
    pub async fn history(&self, session: &Session) -> Result<History, RunError> {
        let filter = RunFilter {
            tenant: Some(session.tenant.clone()),
            state: Some(StateFilter::Done),
            labels: labels(session)?,
        };
        let page = Page {
            after: None,
            max: RUNS,
        };
        for row in self.parts.store.runs(&filter, page).await? {
            let state = self.state(&row.run).await?;
            if let Some(Ending::Completed { .. }) = state.ended {
                return Ok(said(&state));
            }
        }
        Ok(History::default())
    }
}

fn labels(session: &Session) -> Result<Labels, RunError> {
    let pairs = [
        ("kind", "agent".to_owned()),
        ("name", session.agent.as_str().to_owned()),
        ("principal", session.principal.to_string()),
        ("session", session.name.as_str().to_owned()),
    ];
    pairs
        .into_iter()
        .map(|(key, value)| Ok((key.parse().map_err(RunError::id)?, value)))
        .collect()
}

/// The opening of the last run without its instructions, which has what was said before it, and what it answered.
fn said(state: &State) -> History {
    let Progress::Agent(conversation) = &state.progress else {
        return History::default();
    };
    let opening = &state.started.opening;
    let mut messages: Vec<Message> = opening
        .iter()
        .filter(|message| message.role != Role::System)
        .cloned()
        .collect();
    let answer = conversation.last_words().map(Message::words);
    messages.push(Message::text(Role::Assistant, answer.unwrap_or_default()));
    History {
        messages: latest(messages),
        tainted: state.tainted.is_some(),
    }
}

/// The latest questions with their answers that fit; of the very last, where even that does not, how each began.
fn latest(messages: Vec<Message>) -> Vec<Message> {
    let size = |pair: &[Message]| -> usize { pair.iter().map(|said| said.words().len()).sum() };
    let mut bytes = 0;
    let fitting = messages.rchunks(2).take_while(|pair| {
        bytes += size(pair);
        bytes <= HISTORY_BYTES
    });
    let kept: Vec<&[Message]> = fitting.collect();
    match (kept.is_empty(), messages.rchunks(2).next()) {
        (true, Some(last)) => last.iter().map(shortened).collect(),
        _ => kept.into_iter().rev().flatten().cloned().collect(),
    }
}

/// Half of what a session keeps, of one message.
fn shortened(message: &Message) -> Message {
    let words = message.words();
    let room = HISTORY_BYTES / 2 - CUT.len();
    match words.len() <= room {
        true => message.clone(),
        false => Message::text(
            message.role,
            words[..words.floor_char_boundary(room)].to_owned() + CUT,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{HISTORY_BYTES, latest};
    use crate::models::{Message, Role};

    #[test]
    fn the_latest_pairs_are_kept_whole() {
        let long = "x".repeat(HISTORY_BYTES / 3);
        let pair = |number: usize| {
            let question = Message::text(Role::User, format!("q{number}"));
            [question, Message::text(Role::Assistant, &long)]
        };
        let kept = latest((0..5).flat_map(pair).collect());
        let words: Vec<String> = kept.iter().step_by(2).map(Message::words).collect();
        assert_eq!(words, ["q3", "q4"]);
        assert_eq!(kept.len(), 4);
    }

    #[test]
    fn of_a_pair_that_is_too_long_its_beginnings_are_kept() {
        let long = "ä".repeat(HISTORY_BYTES);
        let kept = latest(vec![
            Message::text(Role::User, "before"),
            Message::text(Role::Assistant, "before"),
            Message::text(Role::User, "why?"),
            Message::text(Role::Assistant, &long),
        ]);
        let words: Vec<String> = kept.iter().map(Message::words).collect();
        assert_eq!(words.len(), 2);
        assert_eq!(words[0], "why?");
        assert!(words[1].ends_with("ä […]"));
        assert!(words[1].len() <= HISTORY_BYTES / 2);
    }
}
