//! Effects, one by one: a model asked, a tool called, a note kept.

use std::sync::Arc;

use metier_core::{Code, Fault, NanoDollars, TenantId};
use metier_store::{
    Store,
    types::{Key, Memo, RunId, Time},
};
use serde_json::{Value, json};
use tracing::Span;

use super::{oversize, ports::ToolCall, runs::Parts, within::Desk};
use crate::{
    ask,
    definition::{Ask, Definition, Work},
    journal::{Act, Cost, Intent, Outcome, Seq, Settlement, Slot},
    models::{Answer, Delta, FailureKind, ModelFailure, ModelRequest, Question, Sink},
    naming::builtin,
    routes::Needs,
    state::{Pending, State},
    trace,
};

/// Notes one search gives back.
const NOTES: usize = 10;

/// Everything an effect needs, taken from the state when it begins.
pub(super) struct Effect {
    parts: Parts,
    tenant: TenantId,
    run: RunId,
    seq: Seq,
    job: Job,
}

enum Job {
    Model(Box<Question>, Option<Value>),
    Tool(Box<ToolCall>, String, Option<usize>),
    Note(Box<Note>),
    Impossible(String),
}

/// What is done about notes.
struct Note {
    tool: String,
    arguments: Value,
    scope: String,
    /// Whether the run has read text from outside, so that what it keeps counts as such.
    tainted: bool,
}

impl Effect {
    pub(super) fn of(
        parts: &Parts,
        tenant: &TenantId,
        run: RunId,
        seq: Seq,
        state: &State,
        desk: &Desk,
    ) -> Effect {
        let job = match state.pending.get(&seq) {
            Some(pending) => job(state, tenant, run, seq, pending, desk),
            None => Job::Impossible("the effect is not under way".to_owned()),
        };
        Effect {
            parts: parts.clone(),
            tenant: tenant.clone(),
            run,
            seq,
            job,
        }
    }

    /// A call's own; a question's is that of each candidate, below the run's.
    pub(super) fn span(&self) -> Span {
        match &self.job {
            Job::Tool(call, name, _) => {
                let span = trace::tool(name);
                trace::called(&span, &call.idempotency_key, &call.arguments);
                span
            }
            Job::Note(note) => trace::tool(&note.tool),
            Job::Model(..) | Job::Impossible(_) => Span::current(),
        }
    }

    /// Causes the effect and says what came of it.
    pub(super) async fn perform(self) -> Settlement {
        let began = (self.parts.clock)();
        let mut price = NanoDollars::default();
        let (outcome, cost) = match self.job {
            Job::Model(question, schema) => {
                let sink = Told {
                    parts: &self.parts,
                    run: self.run,
                    effect: self.seq,
                };
                let asked = self.parts.models.ask(&question, &sink).await;
                answered(asked, schema.as_ref())
            }
            Job::Tool(call, name, limit) => {
                let end = self.parts.tools.call(*call).await;
                let result = end.result.as_deref().map_err(|fault| fault.code);
                trace::returned(&Span::current(), result);
                price = end.price;
                let end = match limit {
                    Some(limit) => {
                        oversize::cut(&*self.parts.tools, &self.tenant, &name, limit, end).await
                    }
                    None => end,
                };
                let outcome = match end.result {
                    Ok(value) => Outcome::Output {
                        value,
                        artifacts: end.artifacts,
                    },
                    Err(fault) => fault_of(fault),
                };
                (outcome, Cost::default())
            }
            Job::Note(wanted) => {
                let id = format!("{}/{}", self.run, self.seq);
                let noted = note(&*self.parts.store, &self.tenant, &id, &wanted);
                (noted.await.unwrap_or_else(fault_of), Cost::default())
            }
            Job::Impossible(why) => (
                fault_of(Fault::new(Code::HostInternal, why)),
                Cost::default(),
            ),
        };
        let took = (self.parts.clock)().since(began);
        Settlement {
            effect: self.seq,
            outcome,
            cost,
            price,
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

fn job(
    state: &State,
    tenant: &TenantId,
    run: RunId,
    seq: Seq,
    pending: &Pending,
    desk: &Desk,
) -> Job {
    let started = &state.started;
    match &pending.intent.act {
        Act::Model {
            route, max_tokens, ..
        } => match started.routes.get(route) {
            None => Job::Impossible(format!("the run has no route {route}")),
            Some(found) => {
                let (request, schema) = request(state, &pending.intent, *max_tokens);
                let question = Question {
                    step: step_name(state, &pending.intent),
                    route: Arc::new(found.clone()),
                    prices: Arc::new(started.prices.clone()),
                    needs: Needs::default(),
                    request,
                };
                Job::Model(Box::new(question), schema)
            }
        },
        Act::Tool { tool, arguments } => {
            let pinned = started.tools.get(tool);
            let skill = pinned.and_then(|pinned| started.skills.get(&pinned.skill));
            let (Some(pinned), Some(skill)) = (pinned, skill) else {
                return Job::Impossible(format!("the run has no tool {tool}"));
            };
            let from = desk.asker(seq);
            let call = ToolCall {
                tenant: tenant.clone(),
                principal: started.principal.clone(),
                run,
                skill: skill.clone(),
                tool: pinned.clone(),
                arguments: arguments.to_string(),
                tainted: state.tainted.is_some(),
                idempotency_key: format!("{run}/{seq}"),
                caller: from.caller,
                depth: u16::try_from(state.depth(seq)).unwrap_or(u16::MAX),
                deadline: from.deadline,
                asks: desk.asks(seq),
            };
            // A chain's later steps and other skills need the whole answer; a conversation has to bear it.
            let limit = match &started.definition {
                _ if matches!(pending.intent.slot, Slot::Within { .. }) => None,
                Definition::Agent(agent) => Some(agent.terms.limits.answer_bytes as usize),
                Definition::Chain(_) => None,
            };
            Job::Tool(Box::new(call), tool.clone(), limit)
        }
        Act::Builtin { tool, arguments } => {
            let name = started.definition.terms().name.as_str();
            let scope = format!("{name}/{}", started.principal);
            Job::Note(Box::new(Note {
                tool: tool.clone(),
                arguments: arguments.clone(),
                scope,
                tainted: state.tainted.is_some(),
            }))
        }
    }
}

/// What a model is asked, and the schema its answer has to fit where the host checks it.
fn request(state: &State, intent: &Intent, max_tokens: u32) -> (ModelRequest, Option<Value>) {
    if let (
        Slot::Within { .. },
        Act::Model {
            words: Some(words), ..
        },
    ) = (intent.slot, &intent.act)
    {
        return (ask::of_skill(words, max_tokens), words.schema.clone());
    }
    match (&intent.act, step_ask(state, intent.slot)) {
        (
            Act::Model {
                words: Some(words), ..
            },
            Some(asked),
        ) => (ask::of_step(words, asked, max_tokens), asked.schema.clone()),
        _ => (ask::request(state, intent.slot, max_tokens), None),
    }
}

fn step_ask(state: &State, slot: Slot) -> Option<&Ask> {
    let (Slot::Step { step, .. }, Definition::Chain(chain)) = (slot, &state.started.definition)
    else {
        return None;
    };
    match &chain.steps.get(usize::from(step))?.work {
        Work::Model(asked) => Some(asked),
        _ => None,
    }
}

/// The name of a question in a recording: the same in every run of the same definition.
fn step_name(state: &State, intent: &Intent) -> String {
    let name = match (intent.slot, &state.started.definition) {
        (Slot::Step { step, item }, Definition::Chain(chain)) => {
            let step = chain.steps.get(usize::from(step));
            let name = step.map_or("step", |step| step.name.as_str());
            match step.is_some_and(|step| step.each.is_some()) {
                true => format!("{name}-{item}"),
                false => name.to_owned(),
            }
        }
        (Slot::Within { of, index }, _) => inner_name(state, of, index),
        (Slot::Summary, _) => format!("summary-{}", state.spent.steps),
        _ => format!("turn-{}", state.spent.steps),
    };
    match intent.attempt {
        0 | 1 => name,
        attempt => format!("{name}-again-{attempt}"),
    }
}

/// After the call that asks, and which of its questions it is.
fn inner_name(state: &State, of: Seq, index: u16) -> String {
    let asker = match state.pending.get(&of) {
        Some(pending) => match pending.intent.slot {
            Slot::Call { index } => format!("turn-{}-call-{index}", state.spent.steps),
            _ => step_name(state, &pending.intent),
        },
        None => "call".to_owned(),
    };
    format!("{asker}-asks-{index}")
}

struct Told<'p> {
    parts: &'p Parts,
    run: RunId,
    effect: Seq,
}

impl Sink for Told<'_> {
    fn delta(&self, delta: Delta) {
        self.parts.watch.delta(self.run, self.effect, delta);
    }
}

fn answered(asked: Result<Answer, ModelFailure>, schema: Option<&Value>) -> (Outcome, Cost) {
    let answer = match asked {
        Ok(answer) => answer,
        // Answers that broke off may have to be paid.
        Err(failure) => {
            let cost = Cost {
                nano_dollars: failure.spent.0,
                estimated: failure.spent.0 > 0,
                ..Cost::default()
            };
            return (Outcome::NoAnswer(Box::new(failure)), cost);
        }
    };
    let cost = Cost {
        nano_dollars: answer.cost.0,
        tokens: answer.usage.input.saturating_add(answer.usage.output),
        estimated: answer.usage.estimated,
    };
    match schema.map(|schema| ask::output(Some(schema), &answer.message.words())) {
        Some(Err(why)) => {
            let failure = ModelFailure::new(FailureKind::Malformed, why);
            (Outcome::NoAnswer(Box::new(failure)), cost)
        }
        _ => (Outcome::Answer(Box::new(answer)), cost),
    }
}

fn fault_of(fault: Fault) -> Outcome {
    Outcome::Fault {
        fault: Box::new(fault),
    }
}

/// The notes an agent keeps from one run to the next. A note's id is its call's, so keeping it twice keeps it once.
async fn note(
    store: &dyn Store,
    tenant: &TenantId,
    id: &str,
    note: &Note,
) -> Result<Outcome, Fault> {
    let Note {
        tool,
        arguments,
        scope,
        tainted,
    } = note;
    let scope: Key = scope.parse().map_err(|error| storage(&error))?;
    let text = |name: &str| arguments[name].as_str().unwrap_or_default().to_owned();
    let value = match tool.as_str() {
        builtin::SAVE_NOTE => {
            let memo = Memo {
                id: id.parse().map_err(|error| storage(&error))?,
                text: text("text"),
                tags: tainted
                    .then(|| builtin::OUTSIDE.to_owned())
                    .into_iter()
                    .collect(),
                at: Time(0),
            };
            let saved = store.save(tenant, &scope, &memo).await;
            saved.map_err(|error| storage(&error))?;
            json!({ "id": id })
        }
        builtin::SEARCH_NOTES => {
            let found = store.search(tenant, &scope, &text("query"), NOTES).await;
            let found = found.map_err(|error| storage(&error))?;
            let notes = found.into_iter().map(|memo| {
                let mut note = json!({"id": memo.id.to_string(), "text": memo.text});
                if memo.tags.iter().any(|tag| tag == builtin::OUTSIDE) {
                    note[builtin::OUTSIDE] = json!(true);
                }
                note
            });
            Value::Array(notes.collect())
        }
        builtin::FORGET_NOTE => {
            let id: Key = text("id").parse().map_err(|error| storage(&error))?;
            let forgotten = store.forget(tenant, &scope, &id).await;
            json!({ "forgotten": forgotten.map_err(|error| storage(&error))? })
        }
        other => {
            let message = format!("The host offers no tool {other}.");
            return Err(Fault::new(Code::UnknownTool, message));
        }
    };
    Ok(Outcome::Output {
        value: value.to_string(),
        artifacts: Vec::new(),
    })
}

fn storage(error: &dyn std::fmt::Display) -> Fault {
    Fault::new(
        Code::StorageUnavailable,
        format!("The note was not kept: {error}."),
    )
}
