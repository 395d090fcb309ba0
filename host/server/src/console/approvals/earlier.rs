//! The last calls of the same tools by the same agents that somebody approved: what a new one is compared with.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use metier_agent::journal::{Entry, Event, QuestionKind, Seq, Verdict};
use metier_service::runs::{Open, Wanted};
use metier_store::types::{Page, RunId};
use serde_json::Value;

use super::super::{failure::Failure, runs, session::Session};
use crate::app::App;

/// Agents whose runs are looked through: questions of others are shown without anything to compare with.
const MAX_AGENTS: usize = 4;

/// Runs of each that are looked through, the newest: each is a journal to be read.
const MAX_RUNS: usize = 12;

/// A call that was approved.
#[derive(Debug, PartialEq)]
pub struct Before {
    /// In which run.
    pub run: RunId,
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// With which arguments.
    pub arguments: Value,
}

/// By agent and tool.
#[derive(Default)]
pub struct Earlier(BTreeMap<(String, String), Before>);

impl Earlier {
    /// What was approved before these questions.
    ///
    /// # Errors
    /// `forbidden`, or the store's.
    pub async fn of(app: &Arc<App>, session: &Session, open: &[Open]) -> Result<Earlier, Failure> {
        let mut tools: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for open in open {
            if let Some(tool) = tool(open) {
                let agent = runs::agent_of(&open.state);
                tools.entry(agent).or_default().insert(tool);
            }
        }
        let mut earlier = Earlier::default();
        for (agent, tools) in tools.into_iter().take(MAX_AGENTS) {
            earlier.look(app, session, agent, tools).await?;
        }
        Ok(earlier)
    }

    async fn look(
        &mut self,
        app: &Arc<App>,
        session: &Session,
        agent: &str,
        mut tools: BTreeSet<&str>,
    ) -> Result<(), Failure> {
        let wanted = Wanted {
            agent: Some(agent.to_owned()),
            ..Wanted::default()
        };
        let page = Page {
            after: None,
            max: MAX_RUNS,
        };
        for row in app.service.list_runs(&session.caller, wanted, page).await? {
            // A journal that cannot be read is a matter of that run's.
            let Ok(told) = app.service.run_timeline(&session.caller, row.run).await else {
                continue;
            };
            for (tool, before) in approved(row.run, &told.entries) {
                if tools.remove(tool.as_str()) {
                    self.0.insert((agent.to_owned(), tool), before);
                }
            }
            if tools.is_empty() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// What was approved before this question.
    pub fn before(&self, open: &Open) -> Option<&Before> {
        let agent = runs::agent_of(&open.state).to_owned();
        self.0.get(&(agent, tool(open)?.to_owned()))
    }
}

fn tool(open: &Open) -> Option<&str> {
    match &open.question.what {
        QuestionKind::Call { tool, .. } => Some(tool),
        QuestionKind::Uncertain { .. } | QuestionKind::Step { .. } => None,
    }
}

/// Of each tool the call that was approved last.
fn approved(run: RunId, entries: &[Entry]) -> BTreeMap<String, Before> {
    let mut asked: BTreeMap<Seq, (&String, &Value)> = BTreeMap::new();
    let mut approved = BTreeMap::new();
    for (number, entry) in (1..).map(Seq).zip(entries) {
        match &entry.event {
            Event::Asked(question) => {
                if let QuestionKind::Call {
                    tool, arguments, ..
                } = &question.what
                {
                    asked.insert(number, (tool, arguments));
                }
            }
            Event::Decided {
                question,
                verdict: Verdict::Approved,
                ..
            } => {
                if let Some((tool, arguments)) = asked.get(question) {
                    let before = Before {
                        run,
                        at: entry.at.0,
                        arguments: (*arguments).clone(),
                    };
                    approved.insert((*tool).clone(), before);
                }
            }
            _ => {}
        }
    }
    approved
}
