//! What an agent does next: answer the model's calls, ask the model, or end.

use std::time::Duration;

use metier_core::{Code, nearest::nearest};
use serde_json::Value;

use super::{
    budget::{afford, out_of_calls, out_of_steps},
    consent::{Ruling, ruling},
    failed, failed_with, hash_of_call, terms,
};
use crate::{
    ask,
    definition::{Agent, Definition, MemoryUse},
    journal::{Act, Ending, Event, Intent, Millis, Question, QuestionKind, Reply, Slot, Worst},
    models::{Part, StopReason},
    naming::{builtin, tool_of, wire_name},
    state::{CallState, Conversation, OpenCall, State},
};

/// Questions in a row that no model answers before the run fails: each has gone through the whole route already.
pub const MAX_FAILURES: u16 = 5;

/// The wait after the first of them, doubled with each further one: 15 s, 30 s, 1 min, 2 min.
const FIRST_PAUSE: Duration = Duration::from_secs(15);

/// Answers in a row that do not do before the run fails.
const MAX_TOLD: u16 = 3;

/// How much of the shortest context of its route a conversation may fill before it is shortened.
const FULL: f64 = 0.75;

pub(super) fn next(state: &State, conversation: &Conversation, now: Millis) -> Option<Event> {
    let Definition::Agent(agent) = &state.started.definition else {
        return None;
    };
    if !conversation.open.is_empty() {
        return next_call(state, agent, conversation, now);
    }
    if conversation.awaits_model() {
        return next_turn(state, agent, conversation, now);
    }
    Some(finish(state, conversation))
}

/// The first call that something can be decided about.
fn next_call(
    state: &State,
    agent: &Agent,
    conversation: &Conversation,
    now: Millis,
) -> Option<Event> {
    let limits = &terms(state).limits;
    let is_free = state.under_way() < usize::from(limits.parallel);
    let mut open = (0u16..).zip(&conversation.open);
    open.find_map(|(index, open)| match open.state {
        CallState::New if index >= limits.calls_per_turn => Some(refuse(
            index,
            format!(
                "Not called: at most {} calls are made in one turn. Make this one in the next.",
                limits.calls_per_turn
            ),
        )),
        CallState::New => judge(state, agent, index, open, is_free, now),
        CallState::Approved if is_free => Some(intend(state, index, open)),
        CallState::Approved | CallState::Asked | CallState::Running | CallState::Answered(_) => {
            None
        }
    })
}

/// A call nobody has looked at: refused, asked about, or made.
fn judge(
    state: &State,
    agent: &Agent,
    index: u16,
    open: &OpenCall,
    is_free: bool,
    now: Millis,
) -> Option<Event> {
    let arguments = match open.call.runnable() {
        Ok(arguments) => Value::Object(arguments.clone()),
        Err(why) => return Some(refuse(index, why.to_string())),
    };
    if let Some(event) = looping(state, index, open) {
        return Some(event);
    }
    let name = open.call.name.as_str();
    if name == builtin::SEARCH_TOOLS {
        return Some(Event::Answered(ask::found_tools(state, index, &arguments)));
    }
    if agent.memory.notes && builtin::NOTES.contains(&name) {
        return is_free.then(|| intend(state, index, open));
    }
    let Some(tool) = tool_of(&state.started, name) else {
        return Some(refuse(index, unknown(state, &agent.memory, name)));
    };
    if let Some(cap) = out_of_calls(state, tool) {
        let text = format!("Not called: this run may call {tool} {cap} times, and it has.");
        return Some(refuse(index, text));
    }
    match ruling(state, tool, &arguments) {
        Ruling::Refuse(why) => Some(refuse(index, format!("Not called: {why}."))),
        Ruling::Ask(why) => Some(asked(state, index, tool, arguments, why, now)),
        Ruling::Go => is_free.then(|| intend(state, index, open)),
    }
}

/// The same call over and over: first refused, then the end.
fn looping(state: &State, index: u16, open: &OpenCall) -> Option<Event> {
    let most = terms(state).limits.same_call;
    if open.repeated > most.saturating_mul(2) {
        let message = format!(
            "The model made the same call of {} {} times in a row.",
            open.call.name, open.repeated
        );
        return Some(failed(Code::ModelLooping, message));
    }
    (open.repeated > most).then(|| {
        let text = format!(
            "Not called: you made exactly this call {} times in a row. Its answer will not change; do something else.",
            open.repeated
        );
        refuse(index, text)
    })
}

fn unknown(state: &State, memory: &MemoryUse, name: &str) -> String {
    let mut known: Vec<String> = state
        .started
        .tools
        .keys()
        .map(|tool| wire_name(tool))
        .collect();
    if memory.notes {
        known.extend(builtin::NOTES.map(str::to_owned));
    }
    match nearest(name, known.iter().map(String::as_str)) {
        Some(meant) => format!("Not called: there is no tool {name}; did you mean {meant}?"),
        None => format!(
            "Not called: there is no tool {name}. There are: {}.",
            known.join(", ")
        ),
    }
}

fn asked(
    state: &State,
    index: u16,
    tool: &str,
    arguments: Value,
    why: String,
    now: Millis,
) -> Event {
    let pinned = state.started.tools.get(tool);
    let skill = pinned.and_then(|pinned| state.started.skills.get(&pinned.skill));
    Event::Asked(Question {
        slot: Slot::Call { index },
        hash: hash_of_call(&state.started, tool, &arguments),
        what: QuestionKind::Call {
            tool: tool.to_owned(),
            skill: skill.map_or_else(|| metier_core::Digest::of(&[]), |skill| skill.digest),
            arguments,
            effect: pinned.map(|pinned| pinned.effect).unwrap_or_default(),
            why,
        },
        expires: now.after(terms(state).approvals.timeout),
    })
}

fn intend(state: &State, index: u16, open: &OpenCall) -> Event {
    let arguments = match open.call.runnable() {
        Ok(arguments) => Value::Object(arguments.clone()),
        Err(why) => return refuse(index, why.to_string()),
    };
    let act = match tool_of(&state.started, &open.call.name) {
        Some(tool) => Act::Tool {
            tool: tool.to_owned(),
            arguments,
        },
        None => Act::Builtin {
            tool: open.call.name.clone(),
            arguments,
        },
    };
    Event::Intended(Intent {
        slot: Slot::Call { index },
        act,
        attempt: 1,
        worst: Worst::default(),
    })
}

fn refuse(index: u16, text: String) -> Event {
    Event::Answered(Reply {
        index,
        text,
        is_error: true,
        found: Vec::new(),
    })
}

/// It is the model's turn, unless it is under way, has to wait, or cannot be paid.
fn next_turn(
    state: &State,
    agent: &Agent,
    conversation: &Conversation,
    now: Millis,
) -> Option<Event> {
    if !state.pending.is_empty() || conversation.wait.is_some_and(|until| now < until) {
        return None;
    }
    if let Some(failure) = conversation
        .failure
        .as_ref()
        .filter(|_| conversation.wait.is_none())
    {
        let is_hopeless = !failure.may_pass() || conversation.failures >= MAX_FAILURES;
        if is_hopeless {
            return Some(failed_with(failure.fault()));
        }
        let doubled = FIRST_PAUSE * 2u32.pow(u32::from(conversation.failures.saturating_sub(1)));
        let pause = failure.retry_after().unwrap_or_default().max(doubled);
        return Some(Event::Waiting {
            slot: Slot::Turn,
            until: now.after(pause),
        });
    }
    if let Some(fault) = out_of_steps(state) {
        return Some(failed_with(fault));
    }
    let slot = match is_full(state, agent, conversation) {
        true => Slot::Summary,
        false => Slot::Turn,
    };
    Some(ask_model(state, agent, slot, conversation.failures))
}

fn ask_model(state: &State, agent: &Agent, slot: Slot, failures: u16) -> Event {
    let Some(route) = state.started.routes.get(&agent.model) else {
        let message = format!("The run has no route {}.", agent.model);
        return failed(Code::ModelNoCandidate, message);
    };
    let request = ask::request(state, slot, agent.max_tokens);
    match afford(state, route, request, agent.max_tokens) {
        Err(fault) => failed_with(fault),
        Ok((max_tokens, worst)) => Event::Intended(Intent {
            slot,
            act: Act::Model {
                route: agent.model.clone(),
                max_tokens,
                words: None,
            },
            attempt: failures.saturating_add(1),
            worst,
        }),
    }
}

/// Whether the conversation has grown so long that it has to be shortened first.
fn is_full(state: &State, agent: &Agent, conversation: &Conversation) -> bool {
    if conversation.messages.len() <= conversation.opening {
        return false;
    }
    let contexts = state.started.routes.get(&agent.model);
    let shortest = contexts
        .into_iter()
        .flat_map(|route| &route.candidates)
        .map(|candidate| candidate.context)
        .min();
    let limit = match (agent.compact_from, shortest) {
        (Some(tokens), _) => u64::from(tokens),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a context is millions of tokens at most"
        )]
        (None, Some(context)) => (context as f64 * FULL) as u64,
        (None, None) => return false,
    };
    conversation.length >= limit
}

/// The model is done: its words are the output, unless they do not do.
fn finish(state: &State, conversation: &Conversation) -> Event {
    let Some(last) = conversation.last_words() else {
        return failed(
            Code::HostInternal,
            "The conversation has no end.".to_owned(),
        );
    };
    let words = last.words();
    let refusal = last.parts.iter().find_map(|part| match part {
        Part::Refusal { text } => Some(text),
        _ => None,
    });
    if let Some(text) = refusal {
        return failed(Code::ModelRefused, format!("The model refused: {text}"));
    }
    let complaint = match &conversation.stop {
        Some(StopReason::ContentFilter) => {
            let message = "The provider's filter cut the answer off.".to_owned();
            return failed(Code::ModelContentFiltered, message);
        }
        Some(StopReason::MaxTokens) => Some(
            "Your answer reached its length limit. Give the whole answer again, shorter."
                .to_owned(),
        ),
        _ if words.trim().is_empty() => {
            Some("You answered nothing. Give your answer, or call a tool.".to_owned())
        }
        _ => None,
    };
    let output = match complaint {
        Some(text) => Err(text),
        None => ask::output(terms(state).output_schema.as_ref(), &words),
    };
    match output {
        Ok(output) => Event::Ended(Ending::Completed { output }),
        Err(text) if conversation.told < MAX_TOLD => Event::Told { text },
        Err(text) => failed(
            Code::ModelAnswerUnusable,
            format!("The model was told {MAX_TOLD} times and its answer still does not do: {text}"),
        ),
    }
}
