//! What a skill may ask of models and other skills while its own call is under way.
//!
//! Manifest and grant of the skill that asks have said yes before a wish comes here. What is decided here is the run's:
//! whether it has the route or the tool, whether its budget bears it, whether it goes too deep or too wide, and whether
//! somebody would have to consent. Nobody can be asked while a guest waits, so what would need consent is refused.

use std::collections::BTreeSet;

use metier_core::{Code, Effect, Fault, NanoDollars, RouteName, ToolRef};
use serde_json::Value;

use super::{
    budget::{afford, out_of_calls},
    consent::{Ruling, ruling_after},
    terms,
};
use crate::{
    ask,
    journal::{
        Act, Cost, Event, Intent, Millis, Outcome, PinnedTool, Seq, Settlement, Slot, Words, Worst,
    },
    state::{State, digest},
};

/// Most tokens of an answer a skill did not bound.
const MAX_TOKENS: u32 = 4096;

/// What a skill asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// An answer of a model.
    Model {
        /// The route.
        route: RouteName,
        /// The question.
        words: Words,
        /// Most tokens of the answer.
        max_tokens: Option<u32>,
    },
    /// An answer of another skill's tool.
    Tool {
        /// Which.
        tool: ToolRef,
        /// JSON, an object.
        arguments: Value,
    },
}

/// How a wish is fulfilled.
#[derive(Clone, Debug, PartialEq)]
pub enum Granted {
    /// By a new effect: this is written first.
    New(Box<Intent>),
    /// By an effect that an earlier attempt at the call began and whose end is not known.
    Again(Seq),
    /// By what came of it in an earlier attempt at the call.
    Known(Seq, Outcome),
}

/// How a wish of the effect `of` is fulfilled, or why it is not. `handed` is what this attempt at `of` has been given already.
///
/// # Errors
/// A refusal: nothing happened.
pub fn grant(
    state: &State,
    of: Seq,
    wish: &Wish,
    handed: &BTreeSet<Seq>,
) -> Result<Granted, Fault> {
    let act = act(state, wish)?;
    let earlier = state.inner.get(&of).map_or(&[][..], Vec::as_slice);
    let wanted = digest(&act);
    let same = earlier
        .iter()
        .find(|inner| inner.wish == wanted && !handed.contains(&inner.seq));
    if let Some(same) = same {
        return Ok(match &same.outcome {
            Some(outcome) => Granted::Known(same.seq, outcome.clone()),
            None => Granted::Again(same.seq),
        });
    }
    let most = terms(state).limits.calls_per_call;
    let index = u16::try_from(earlier.len()).unwrap_or(u16::MAX);
    if index >= most {
        let message = format!(
            "One call of a skill may ask models and other skills for {most} things in this run, and it has."
        );
        return Err(Fault::new(Code::CallsExceeded, message));
    }
    let (act, worst) = match act {
        Act::Model {
            route,
            max_tokens,
            words: Some(words),
        } => priced(state, route, max_tokens, words)?,
        Act::Tool { tool, arguments } => {
            allowed(state, of, &tool, &arguments)?;
            (Act::Tool { tool, arguments }, Worst::default())
        }
        other => (other, Worst::default()),
    };
    Ok(Granted::New(Box::new(Intent {
        slot: Slot::Within { of, index },
        act,
        attempt: 1,
        worst,
    })))
}

/// The wish in the words of this run.
fn act(state: &State, wish: &Wish) -> Result<Act, Fault> {
    match wish {
        Wish::Model {
            route,
            words,
            max_tokens,
        } => Ok(Act::Model {
            route: route.to_string(),
            max_tokens: max_tokens.unwrap_or(MAX_TOKENS),
            words: Some(words.clone()),
        }),
        Wish::Tool { tool, arguments } => Ok(Act::Tool {
            tool: named(state, tool)?,
            arguments: arguments.clone(),
        }),
    }
}

/// The tool by the name this run has for it: it has the skill, and uses this tool of it.
fn named(state: &State, tool: &ToolRef) -> Result<String, Fault> {
    let skills = state.started.skills.iter();
    let aliases = skills.filter(|(_, skill)| skill.name.as_ref() == Some(&tool.skill));
    let names: Vec<String> = aliases
        .map(|(alias, _)| format!("{}.{}", alias.as_str(), tool.tool))
        .filter(|name| state.started.tools.contains_key(name))
        .collect();
    match names.as_slice() {
        [name] => Ok(name.clone()),
        [] => Err(outside_run(format!(
            "A skill called the tool `{tool}`, which manifest and grant allow but this run does not have; its file can name it under [skills]."
        ))),
        several => Err(outside_run(format!(
            "A skill called the tool `{tool}`, which this run has more than once: {}.",
            several.join(", ")
        ))),
    }
}

fn outside_run(message: String) -> Fault {
    Fault::new(Code::RunNarrowed, message)
}

fn priced(state: &State, route: String, wanted: u32, words: Words) -> Result<(Act, Worst), Fault> {
    let Some(found) = state.started.routes.get(&route) else {
        return Err(outside_run(format!(
            "A skill asked a model by the route `{route}`, which manifest and grant allow but this run does not have; the routes file can name it."
        )));
    };
    let request = ask::of_skill(&words, wanted);
    let (max_tokens, worst) = afford(state, found, request, wanted)?;
    let act = Act::Model {
        route,
        max_tokens,
        words: Some(words),
    };
    Ok((act, worst))
}

fn allowed(state: &State, of: Seq, tool: &str, arguments: &Value) -> Result<(), Fault> {
    let most = terms(state).limits.call_depth;
    if state.depth(of) >= usize::from(most) {
        let message = format!(
            "Skills may call each other {most} deep in this run, and {tool} would be deeper."
        );
        return Err(Fault::new(Code::CallTooDeep, message));
    }
    let own = pinned(state, of).map_or(Effect::Read, |own| own.effect);
    let theirs = pinned_effect(state, tool);
    if theirs > own {
        let message = format!(
            "{tool} has the effect `{theirs}`, and the tool that called it declares no more than `{own}`."
        );
        return Err(Fault::new(Code::CallEffectExceeded, message));
    }
    if let Some(cap) = out_of_calls(state, tool) {
        let message = format!("The run may call {tool} {cap} times, and it has.");
        return Err(Fault::new(Code::RunBudgetExceeded, message));
    }
    match ruling_after(state, tool, arguments, read_outside(state, of)) {
        Ruling::Go => Ok(()),
        Ruling::Refuse(why) => Err(Fault::new(
            Code::ApprovalDenied,
            format!("A skill may not call {tool}: {why}."),
        )),
        Ruling::Ask(why) => Err(Fault::new(
            Code::CallNeedsApproval,
            format!("Somebody would have to consent before a skill calls {tool}: {why}."),
        )),
    }
}

/// Since when text from outside may speak in what a call asks for: the conversation's, or what the call and those that asked
/// for it may have read themselves. Theirs taints the conversation only when they end.
fn read_outside(state: &State, of: Seq) -> Option<Seq> {
    let chain = std::iter::successors(Some(of), |call| state.asker(*call));
    let read = chain.filter(|call| {
        let mut inner = state.inner.get(call).into_iter().flatten();
        pinned(state, *call).is_some_and(|tool| tool.outside) || inner.any(|inner| inner.outside)
    });
    state.tainted.or(read.last())
}

/// The tool of a call under way.
fn pinned(state: &State, effect: Seq) -> Option<&PinnedTool> {
    match &state.pending.get(&effect)?.intent.act {
        Act::Tool { tool, .. } => state.started.tools.get(tool),
        _ => None,
    }
}

fn pinned_effect(state: &State, tool: &str) -> Effect {
    let pinned = state.started.tools.get(tool);
    pinned.map(|pinned| pinned.effect).unwrap_or_default()
}

/// What a call asked for has no use once the call has ended, however it did. What a model may have been paid for it is not
/// known any more: it counts as the worst.
pub(super) fn orphaned(state: &State, now: Millis) -> Option<Event> {
    let is_orphan = |effect: &Seq| {
        let asker = state.asker(*effect);
        asker.is_some_and(|asker| !state.pending.contains_key(&asker))
    };
    let (effect, pending) = state.pending.iter().find(|(effect, _)| is_orphan(effect))?;
    let Worst {
        nano_dollars,
        tokens,
    } = pending.intent.worst;
    let message = "The call that asked for this ended before it was done.";
    let took = now.since(pending.since).as_millis();
    Some(Event::Settled(Settlement {
        effect: *effect,
        outcome: Outcome::Fault {
            fault: Box::new(Fault::new(Code::Cancelled, message)),
        },
        cost: Cost {
            nano_dollars,
            tokens,
            estimated: tokens > 0,
        },
        price: NanoDollars::default(),
        took_ms: u64::try_from(took).unwrap_or(u64::MAX),
    }))
}
