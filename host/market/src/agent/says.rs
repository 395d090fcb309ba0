//! What an agent may do itself, in plain words. What its skills may is said for each of them, and elsewhere.

use metier_agent::definition::{
    Approvals, Budget, Consent, ConsentThen, Definition, Limits, Taint,
};
use metier_core::{Effect, NanoDollars, Span};

use super::{Package, terms};

/// Each thing it may do, by what it is about.
pub fn sentences(package: &Package) -> Vec<(&'static str, String)> {
    let definition = package.definition();
    let own = definition.terms();
    let mut said = vec![
        ("model", models(definition)),
        ("budget", budget(&own.budget)),
        ("approvals", approvals(&own.approvals)),
    ];
    said.extend(
        own.approvals
            .rules
            .iter()
            .map(|consent| ("approvals", rule(consent))),
    );
    said.extend(questions(definition).map(|words| ("approvals", words)));
    said.push(("outside", outside(&own.taint)));
    said.extend(memory(definition).map(|words| ("memory", words)));
    said.extend(limits(&own.limits).map(|words| ("limits", words)));
    if !package.triggers().is_empty() {
        let words = "its file says what should start it; nothing is started by installing it";
        said.push(("triggers", words.to_owned()));
    }
    said
}

fn models(definition: &Definition) -> String {
    let routes = terms::routes(definition);
    if routes.is_empty() {
        return "asks no model".to_owned();
    }
    let routes: Vec<String> = routes.iter().map(|route| format!("`{route}`")).collect();
    format!(
        "asks models by {}, up to {} tokens an answer",
        routes.join(", "),
        terms::max_tokens(definition)
    )
}

fn budget(budget: &Budget) -> String {
    let mut most: Vec<String> = [
        budget
            .nano_dollars
            .map(|nanos| NanoDollars(nanos).to_string()),
        budget.tokens.map(|tokens| format!("{tokens} tokens")),
        budget.steps.map(|steps| format!("{steps} steps")),
        budget.wall.map(|wall| Span::from(wall).to_string()),
    ]
    .into_iter()
    .flatten()
    .collect();
    let calls = budget.calls.iter();
    most.extend(calls.map(|(tool, calls)| format!("{calls} calls of {tool}")));
    match most.is_empty() {
        true => "says no limit of its own to what a run may spend".to_owned(),
        false => format!("spends in one run up to {}", most.join(", ")),
    }
}

fn from_effect(effect: Option<Effect>) -> Option<String> {
    effect.map(|effect| match effect {
        Effect::Read => "before any tool".to_owned(),
        Effect::Destructive => "before a tool that is destructive".to_owned(),
        effect => format!("before a tool that is {effect} or graver"),
    })
}

fn approvals(approvals: &Approvals) -> String {
    let money = approvals.from_nano_dollars;
    let money = money.map(|nanos| {
        let spent = NanoDollars(nanos);
        format!("before anything but reading once {spent} are spent")
    });
    let asks: Vec<String> = [from_effect(approvals.from_effect), money]
        .into_iter()
        .flatten()
        .collect();
    match asks.is_empty() {
        true => "asks nobody before a tool by what the tool does".to_owned(),
        false => format!("asks somebody {}", asks.join(", and ")),
    }
}

/// One rule about consent.
pub(super) fn rule(consent: &Consent) -> String {
    let then = match consent.then {
        ConsentThen::Ask => "asks somebody",
        ConsentThen::Allow => "asks NOBODY",
        ConsentThen::Deny => "refuses",
    };
    match &consent.when {
        Some(when) => format!("{then}: {} when {when}", consent.tool),
        None => format!("{then}: {}", consent.tool),
    }
}

fn questions(definition: &Definition) -> impl Iterator<Item = String> {
    terms::questions(definition)
        .into_iter()
        .map(|(step, when)| match when {
            Some(when) => format!("asks somebody in the step {step} when {when}"),
            None => format!("asks somebody in the step {step}"),
        })
}

fn outside(taint: &Taint) -> String {
    let mut said = match from_effect(taint.from_effect) {
        Some(when) => format!("asks somebody {when} once it has read text from outside"),
        None => "asks nobody because it has read text from outside".to_owned(),
    };
    if !taint.trusted.is_empty() {
        let trusted: Vec<&str> = taint.trusted.iter().map(|alias| alias.as_str()).collect();
        said.push_str(&format!("; trusts what {} answer", trusted.join(", ")));
    }
    said
}

fn memory(definition: &Definition) -> Option<String> {
    let memory = terms::memory(definition);
    match (memory.session, memory.notes) {
        (false, false) => None,
        (true, false) => Some("keeps conversations from one run to the next".to_owned()),
        (false, true) => Some("keeps notes".to_owned()),
        (true, true) => Some("keeps conversations and notes from one run to the next".to_owned()),
    }
}

/// Limits that are not the usual ones.
fn limits(limits: &Limits) -> Option<String> {
    let usual = terms::numbers(&Limits::default());
    let own = terms::numbers(limits).into_iter().zip(usual);
    let own: Vec<String> = own
        .filter(|(own, usual)| own != usual)
        .map(|((name, number), _)| format!("{name} {number}"))
        .collect();
    (!own.is_empty()).then(|| own.join(", "))
}
