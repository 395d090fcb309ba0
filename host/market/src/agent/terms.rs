//! What an agent may do itself, beside what its skills may: models, money, questions to people. Whether one such thing is wider than
//! another is decided on what it means.

use std::collections::{BTreeMap, BTreeSet};

use metier_agent::definition::{
    Approvals, Budget, Consent, ConsentThen, Definition, Limits, MemoryUse, Step, Taint, Work,
};
use metier_core::{Effect, NanoDollars, Span};
use serde_json::{Value, json};

use super::{Package, says};
use crate::consent::{Class, Part, Reason};

/// All of it, as it is hashed.
pub(super) fn value(package: &Package) -> Value {
    let terms = package.definition().terms();
    let tools: BTreeMap<_, _> = terms
        .skills
        .iter()
        .map(|(alias, using)| (alias.as_str(), json!(using.tools)))
        .collect();
    json!({
        "routes": routes(package.definition()),
        "max-tokens": max_tokens(package.definition()),
        "tools": tools,
        "budget": terms.budget,
        "approvals": terms.approvals,
        "questions": questions(package.definition()),
        "taint": terms.taint,
        "limits": terms.limits,
        "memory": memory(package.definition()),
        "triggers": package.triggers(),
    })
}

/// The routes its own questions take.
pub(super) fn routes(definition: &Definition) -> BTreeSet<&str> {
    match definition {
        Definition::Agent(agent) => BTreeSet::from([agent.model.as_str()]),
        Definition::Chain(chain) => {
            let asks = chain.steps.iter().filter_map(|step| match &step.work {
                Work::Model(ask) => Some(ask.model.as_str()),
                _ => None,
            });
            asks.collect()
        }
    }
}

/// Most tokens of one answer.
pub(super) fn max_tokens(definition: &Definition) -> u32 {
    match definition {
        Definition::Agent(agent) => agent.max_tokens,
        Definition::Chain(chain) => {
            let asks = chain.steps.iter().filter_map(|step| match &step.work {
                Work::Model(ask) => Some(ask.max_tokens),
                _ => None,
            });
            asks.max().unwrap_or(0)
        }
    }
}

/// The steps that wait for a person, with when they do.
pub(super) fn questions(definition: &Definition) -> BTreeMap<&str, Option<&str>> {
    let steps: &[Step] = match definition {
        Definition::Agent(_) => &[],
        Definition::Chain(chain) => &chain.steps,
    };
    let asking = steps
        .iter()
        .filter(|step| matches!(step.work, Work::Approval { .. }));
    asking
        .map(|step| (step.name.as_str(), step.when.as_deref()))
        .collect()
}

pub(super) fn memory(definition: &Definition) -> MemoryUse {
    match definition {
        Definition::Agent(agent) => agent.memory.clone(),
        Definition::Chain(_) => MemoryUse::default(),
    }
}

/// What changes of the agent's own terms.
pub(super) fn compare(old: &Package, new: &Package) -> Vec<Reason> {
    let mut said = Said(Vec::new());
    let [before, after] = [old, new].map(|package| package.definition().terms());
    said.routes(old, new);
    said.budget(&before.budget, &after.budget);
    said.approvals(&before.approvals, &after.approvals);
    said.questions(old, new);
    said.taint(&before.taint, &after.taint);
    said.limits(&before.limits, &after.limits);
    said.memory(&memory(old.definition()), &memory(new.definition()));
    said.triggers(old, new);
    said.0
}

struct Said(Vec<Reason>);

impl Said {
    fn wider(&mut self, part: Part, words: String) {
        self.0.push(Reason::wider(Class::Reconsent, part, words));
    }

    fn narrower(&mut self, part: Part, words: String) {
        self.0.push(Reason::narrower(part, words));
    }

    /// Something that can be counted; nothing written is without an end.
    fn most<T: PartialOrd>(
        &mut self,
        what: &str,
        old: Option<T>,
        new: Option<T>,
        say: impl Fn(&T) -> String,
    ) {
        let wider = match (&old, &new) {
            (Some(old), Some(new)) => new > old,
            (Some(_), None) => true,
            (None, _) => false,
        };
        if old == new {
            return;
        }
        let told = |most: &Option<T>| most.as_ref().map_or("no limit".to_owned(), &say);
        let words = format!("{what} was {}, and is {}", told(&old), told(&new));
        match wider {
            true => self.wider(Part::Limits, words),
            false => self.narrower(Part::Limits, words),
        }
    }

    fn routes(&mut self, old: &Package, new: &Package) {
        let [before, after] = [old, new].map(|package| routes(package.definition()));
        for route in after.difference(&before) {
            self.wider(
                Part::Authority,
                format!("the agent asks models by another route: `{route}`"),
            );
        }
        for route in before.difference(&after) {
            self.narrower(
                Part::Authority,
                format!("the agent asks no model by the route `{route}` any more"),
            );
        }
        let [before, after] = [old, new].map(|package| max_tokens(package.definition()));
        self.most(
            "the longest answer of a model",
            Some(before),
            Some(after),
            |tokens| format!("{tokens} tokens"),
        );
    }

    fn budget(&mut self, old: &Budget, new: &Budget) {
        self.most(
            "the budget of a run",
            old.nano_dollars,
            new.nano_dollars,
            |nanos| NanoDollars(*nanos).to_string(),
        );
        self.most(
            "the tokens of a run",
            old.tokens,
            new.tokens,
            u64::to_string,
        );
        self.most("the steps of a run", old.steps, new.steps, u32::to_string);
        self.most("the time of a run", old.wall, new.wall, |wall| {
            Span::from(*wall).to_string()
        });
        let tools: BTreeSet<_> = old.calls.keys().chain(new.calls.keys()).collect();
        for tool in tools {
            self.most(
                &format!("the calls of `{tool}` in a run"),
                old.calls.get(tool),
                new.calls.get(tool),
                |calls| calls.to_string(),
            );
        }
    }

    fn approvals(&mut self, old: &Approvals, new: &Approvals) {
        let which = "which tools somebody is asked about";
        self.effect(which, old.from_effect, new.from_effect);
        self.most(
            "the money after which somebody is asked",
            old.from_nano_dollars,
            new.from_nano_dollars,
            |nanos| NanoDollars(*nanos).to_string(),
        );
        if old.rules != new.rules {
            let rules =
                |rules: &[Consent]| -> Vec<String> { rules.iter().map(says::rule).collect() };
            let diff =
                crate::consent::lines(&rules(&old.rules).join("\n"), &rules(&new.rules).join("\n"));
            let reason = match is_tightened(&old.rules, &new.rules) {
                true => Reason::narrower(
                    Part::Authority,
                    "more of its calls are asked about or refused".to_owned(),
                ),
                false => Reason::wider(
                    Class::Reconsent,
                    Part::Authority,
                    "the rules about approvals changed: calls that were asked about may pass"
                        .to_owned(),
                ),
            };
            self.0.push(reason.with(diff));
        }
        if (old.timeout, old.on_timeout) != (new.timeout, new.on_timeout) {
            self.narrower(
                Part::Authority,
                "how long a question stays open, or what happens then, changed".to_owned(),
            );
        }
    }

    /// A graver effect, or none, lets more pass.
    fn effect(&mut self, what: &str, old: Option<Effect>, new: Option<Effect>) {
        let say = |effect: Option<Effect>| match effect {
            Some(effect) => format!("those from `{effect}` on"),
            None => "none by what they do".to_owned(),
        };
        let wider = match (old, new) {
            (Some(old), Some(new)) => new > old,
            (Some(_), None) => true,
            (None, _) => false,
        };
        let words = format!("{what}: it was {}, and is {}", say(old), say(new));
        match () {
            () if old == new => {}
            () if wider => self.wider(Part::Authority, words),
            () => self.narrower(Part::Authority, words),
        }
    }

    fn questions(&mut self, old: &Package, new: &Package) {
        let [before, after] = [old, new].map(|package| questions(package.definition()));
        for (step, when) in &before {
            match after.get(step) {
                None => self.wider(
                    Part::Authority,
                    format!("the step `{step}` asked a person, and does not any more"),
                ),
                // Without a condition it always asks.
                Some(None) => {}
                Some(now) if now == when => {}
                Some(_) => self.wider(
                    Part::Authority,
                    format!("the step `{step}` asks a person under another condition"),
                ),
            }
        }
        for step in after.keys().filter(|step| !before.contains_key(*step)) {
            self.narrower(Part::Authority, format!("the step `{step}` asks a person"));
        }
    }

    fn taint(&mut self, old: &Taint, new: &Taint) {
        let what = "which tools somebody is asked about once text from outside was read";
        self.effect(what, old.from_effect, new.from_effect);
        for alias in new
            .trusted
            .iter()
            .filter(|alias| !old.trusted.contains(alias))
        {
            self.wider(
                Part::Authority,
                format!("the answers of `{}` are trusted", alias.as_str()),
            );
        }
        for alias in old
            .trusted
            .iter()
            .filter(|alias| !new.trusted.contains(alias))
        {
            self.narrower(
                Part::Authority,
                format!(
                    "the answers of `{}` are not trusted any more",
                    alias.as_str()
                ),
            );
        }
    }

    fn limits(&mut self, old: &Limits, new: &Limits) {
        for ((name, before), (_, after)) in numbers(old).into_iter().zip(numbers(new)) {
            self.most(
                &format!("the limit `{name}`"),
                Some(before),
                Some(after),
                u32::to_string,
            );
        }
    }

    fn memory(&mut self, old: &MemoryUse, new: &MemoryUse) {
        for (what, before, after) in [
            (
                "conversations from one run to the next",
                old.session,
                new.session,
            ),
            ("notes", old.notes, new.notes),
        ] {
            match (before, after) {
                (false, true) => self.wider(Part::Authority, format!("the agent keeps {what}")),
                (true, false) => self.narrower(
                    Part::Authority,
                    format!("the agent keeps no {what} any more"),
                ),
                _ => {}
            }
        }
    }

    fn triggers(&mut self, old: &Package, new: &Package) {
        if old.triggers() == new.triggers() {
            return;
        }
        let words = "what its file says should start it changed".to_owned();
        match new.triggers().is_empty() {
            true => self.narrower(Part::Authority, words),
            false => self.wider(Part::Authority, words),
        }
    }
}

/// Limits by the names they have in the file.
pub(super) fn numbers(limits: &Limits) -> [(&'static str, u32); 7] {
    [
        ("parallel", limits.parallel.into()),
        ("calls-per-turn", limits.calls_per_turn.into()),
        ("same-call", limits.same_call.into()),
        ("answer-bytes", limits.answer_bytes),
        ("listed-tools", limits.listed_tools.into()),
        ("call-depth", limits.call_depth.into()),
        ("calls-per-call", limits.calls_per_call.into()),
    ]
}

/// Whether no call passes that was asked about or refused before. The first rule that matches decides, so the old ones are there in their
/// order, and between them only refusals came; a further question may stand behind them all, where a call would have passed.
fn is_tightened(old: &[Consent], new: &[Consent]) -> bool {
    let mut left = old.iter().peekable();
    for rule in new {
        match left.peek() {
            Some(known) if *known == rule => {
                left.next();
            }
            _ if rule.then == ConsentThen::Deny => {}
            None if rule.then == ConsentThen::Ask => {}
            _ => return false,
        }
    }
    left.next().is_none()
}

#[cfg(test)]
mod tests {
    use metier_agent::definition::{Consent, ConsentThen};

    use super::is_tightened;

    fn rules(text: &str) -> Vec<Consent> {
        let then = |letter: char| match letter.to_ascii_lowercase() {
            'a' => ConsentThen::Ask,
            'd' => ConsentThen::Deny,
            _ => ConsentThen::Allow,
        };
        let rule = |letter: char| Consent {
            tool: match letter.is_uppercase() {
                true => "crm.*".into(),
                false => "mail.*".into(),
            },
            when: None,
            then: then(letter),
        };
        text.chars().map(rule).collect()
    }

    #[test]
    fn only_refusals_between_and_questions_behind_tighten() {
        for (old, new) in [
            ("a", "a"),
            ("a", "da"),
            ("pa", "dpdad"),
            ("p", "pa"),
            ("", "aD"),
        ] {
            assert!(is_tightened(&rules(old), &rules(new)), "{old} {new}");
        }
        for (old, new) in [
            ("a", ""),
            ("a", "p"),
            ("d", "a"),
            // A question before a refusal takes its place.
            ("d", "Ad"),
            ("ad", "da"),
            ("a", "Pa"),
            ("a", "aP"),
        ] {
            assert!(!is_tightened(&rules(old), &rules(new)), "{old} {new}");
        }
    }
}
