//! Whether a call may be made without asking anybody.

use metier_core::Effect;
use serde_json::{Value, json};

use crate::{
    definition::{Consent, ConsentThen},
    expression::{ExpressionError, Scope},
    journal::Seq,
    routes::NanoDollars,
    state::State,
};

use super::{eval, terms};

/// Whether a call may be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ruling {
    /// Now.
    Go,
    /// Once somebody consents; why.
    Ask(String),
    /// Never; why.
    Refuse(String),
}

/// The first rule that matches decides; then what the conversation has read; then the tool's effect; then money. A rule
/// that lets a call pass does not overrule the taint of text from outside: that text may have written the arguments.
pub(super) fn ruling(state: &State, tool: &str, arguments: &Value) -> Ruling {
    ruling_after(state, tool, arguments, state.tainted)
}

/// The same where text from outside was read at this event.
pub(super) fn ruling_after(
    state: &State,
    tool: &str,
    arguments: &Value,
    since: Option<Seq>,
) -> Ruling {
    let Some(pinned) = state.started.tools.get(tool) else {
        return Ruling::Refuse(format!("this run has no tool {tool}"));
    };
    let terms = terms(state);
    let tainted = taints(state, pinned.effect, since);
    match rule(state, tool, pinned.effect, arguments, since) {
        Some((ConsentThen::Deny, why)) => return Ruling::Refuse(why),
        Some((ConsentThen::Ask, why)) => return Ruling::Ask(why),
        Some((ConsentThen::Allow, _)) if tainted.is_none() => return Ruling::Go,
        Some((ConsentThen::Allow, _)) | None => {}
    }
    if let Some(why) = tainted {
        return Ruling::Ask(why);
    }
    if terms
        .approvals
        .from_effect
        .is_some_and(|from| pinned.effect >= from)
    {
        return Ruling::Ask(format!("{tool} is {}", described(pinned.effect)));
    }
    let spent = state.spent.nano_dollars;
    match terms.approvals.from_nano_dollars {
        Some(from) if spent >= from => Ruling::Ask(format!(
            "the run has spent {} and asks from {} on",
            NanoDollars(spent),
            NanoDollars(from)
        )),
        _ => Ruling::Go,
    }
}

fn taints(state: &State, effect: Effect, since: Option<Seq>) -> Option<String> {
    let since = since?;
    let from = terms(state).taint.from_effect?;
    (effect >= from).then(|| {
        format!(
            "the run has read text from outside (event {since}), which may be what asks for this"
        )
    })
}

fn rule(
    state: &State,
    tool: &str,
    effect: Effect,
    arguments: &Value,
    since: Option<Seq>,
) -> Option<(ConsentThen, String)> {
    let rules = terms(state).approvals.rules.iter();
    for rule in rules.filter(|rule| rule.names(tool)) {
        match applies(state, rule, tool, effect, arguments, since) {
            Ok(false) => {}
            Ok(true) => return Some((rule.then, reason(rule))),
            // A rule that cannot be evaluated must not let anything pass.
            Err(error) => {
                let why = format!("the rule for {} cannot be evaluated: {error}", rule.tool);
                return Some((ConsentThen::Ask, why));
            }
        }
    }
    None
}

fn applies(
    state: &State,
    rule: &Consent,
    tool: &str,
    effect: Effect,
    arguments: &Value,
    since: Option<Seq>,
) -> Result<bool, ExpressionError> {
    let Some(when) = &rule.when else {
        return Ok(true);
    };
    let scope = Scope::new()
        .with("args", arguments.clone())
        .with("tool", json!(tool))
        .with("effect", json!(effect.as_str()))
        .with("tainted", json!(since.is_some()))
        .with("spent", json!(state.spent.nano_dollars))
        .with("input", state.started.input.clone());
    eval::holds(when, &scope)
}

fn reason(rule: &Consent) -> String {
    match &rule.when {
        Some(when) => format!("the rule for {} says so where {when}", rule.tool),
        None => format!("the rule for {} says so", rule.tool),
    }
}

const fn described(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "a tool that reads",
        Effect::Idempotent => "a tool that changes things",
        Effect::Write => "a tool that changes things, each time anew",
        Effect::Destructive => "a tool that may destroy things",
    }
}
