//! What a chain does next: open a step, do its pieces of work, or end.

use metier_core::{Code, Digest, Fault};
use serde_json::{Value, json};

use super::{
    budget::{afford, out_of_calls, out_of_steps},
    consent::{Ruling, ruling},
    eval, failed_with, hash_of_call, hash_of_step, terms,
};
use crate::{
    ask,
    definition::{Ask, Chain, Definition, Step, Work},
    expression::{ExpressionError, Scope},
    journal::{
        Act, Ending, Event, Intent, Millis, Question, QuestionKind, Slot, StepPassed, Words, Worst,
    },
    state::{Item, ItemState, State, Steps},
};

/// Most items of one list: more are a mistake, or work for many runs.
const MAX_ITEMS: usize = 10_000;

/// Where a decision about one piece of work stands.
struct Place<'s> {
    state: &'s State,
    step: &'s Step,
    index: u16,
    item: u32,
    now: Millis,
}

pub(super) fn next(state: &State, steps: &Steps, now: Millis) -> Option<Event> {
    let Definition::Chain(chain) = &state.started.definition else {
        return None;
    };
    let Some(step) = chain.steps.get(usize::from(steps.current)) else {
        return Some(finish(state, chain, steps));
    };
    let Some(items) = &steps.items else {
        return Some(open(state, steps, step).unwrap_or_else(|fault| broken(step, fault)));
    };
    let own = terms(state).limits.parallel;
    let at_once = step
        .each
        .as_ref()
        .map_or(own, |each| each.parallel.min(own));
    let is_free = state.under_way() < usize::from(at_once.max(1));
    (0u32..).zip(items).find_map(|(place, item)| {
        let place = Place {
            state,
            step,
            index: steps.current,
            item: place,
            now,
        };
        place.next(steps, item, is_free)
    })
}

/// The times at which something waits to go on.
pub(super) fn waits(steps: &Steps) -> Vec<Millis> {
    let items = steps.items.iter().flatten();
    let waits = items.filter_map(|item| match item.state {
        ItemState::Waiting(until) => Some(until),
        _ => None,
    });
    waits.collect()
}

/// What expressions see: the input, the steps before, and in a list its item.
fn scope(state: &State, steps: &Steps, item: Option<(u32, &Value)>) -> Scope {
    let scope = Scope::new()
        .with("input", state.started.input.clone())
        .with("steps", json!(steps.done));
    match item {
        Some((index, value)) => scope
            .with("item", value.clone())
            .with("index", json!(index)),
        None => scope,
    }
}

/// A step begins, or is skipped.
fn open(state: &State, steps: &Steps, step: &Step) -> Result<Event, Fault> {
    let scope = scope(state, steps, None);
    let index = steps.current;
    if let Some(when) = &step.when
        && !eval::holds(when, &scope).map_err(unclear)?
    {
        return Ok(Event::Passed(StepPassed {
            step: index,
            item: None,
            output: Value::Null,
        }));
    }
    let items = match &step.each {
        None => None,
        Some(each) => match eval::evaluate(&each.over, &scope).map_err(unclear)? {
            Value::Array(items) if items.len() <= MAX_ITEMS => Some(items),
            Value::Array(items) => {
                let message = format!(
                    "its list has {} items; at most {MAX_ITEMS} are done",
                    items.len()
                );
                return Err(Fault::new(Code::ExpressionFailed, message));
            }
            _ => {
                let message = format!("`{}` is not a list", each.over);
                return Err(Fault::new(Code::ExpressionFailed, message));
            }
        },
    };
    Ok(Event::Opened { step: index, items })
}

impl Place<'_> {
    fn slot(&self) -> Slot {
        Slot::Step {
            step: self.index,
            item: self.item,
        }
    }

    fn next(&self, steps: &Steps, item: &Item, is_free: bool) -> Option<Event> {
        match &item.state {
            ItemState::Running | ItemState::Asked | ItemState::Done(..) => None,
            ItemState::Waiting(until) if self.now < *until => None,
            ItemState::Waiting(_) if matches!(self.step.work, Work::Wait { .. }) => {
                Some(self.passed(Value::Null))
            }
            ItemState::Failed(fault, since) => Some(self.retry(item, fault, *since)),
            ItemState::Denied(why) => {
                let fault = Fault::new(Code::ApprovalDenied, format!("a person refused it: {why}"));
                Some(broken(self.step, fault))
            }
            ItemState::Ready | ItemState::Waiting(_) => {
                let begun = self.begin(steps, item, is_free);
                begun.unwrap_or_else(|fault| Some(broken(self.step, fault)))
            }
        }
    }

    /// A failure is tried again after a pause, where trying again can help.
    fn retry(&self, item: &Item, fault: &Fault, since: Millis) -> Event {
        let retry = &self.step.retry;
        if item.attempts >= retry.attempts || !may_pass(fault.code) {
            return broken(self.step, fault.clone());
        }
        let doubled =
            retry.pause * 2u32.saturating_pow(u32::from(item.attempts.saturating_sub(1)).min(16));
        let pause = fault.retry_after.unwrap_or_default().max(doubled);
        Event::Waiting {
            slot: self.slot(),
            until: since.after(pause),
        }
    }

    fn begin(&self, steps: &Steps, item: &Item, is_free: bool) -> Result<Option<Event>, Fault> {
        // Evaluating every item that waits for its turn, each time one ends, is work in proportion to the square of the list.
        if !is_free && matches!(self.step.work, Work::Tool { .. } | Work::Model(_)) {
            return Ok(None);
        }
        let in_list = steps.is_list.then_some((self.item, &item.value));
        let scope = scope(self.state, steps, in_list);
        match &self.step.work {
            Work::Value { value } => {
                let value = eval::fill(value, &scope).map_err(unclear)?;
                Ok(Some(self.passed(value)))
            }
            Work::Wait { span } => Ok(Some(Event::Waiting {
                slot: self.slot(),
                until: self.now.after(*span),
            })),
            Work::Approval { question, show } => {
                self.ask(item, question, show.as_ref(), &scope).map(Some)
            }
            Work::Tool { tool, args } => self.call(item, tool, args, &scope).map(Some),
            Work::Model(asked) => self.model(item, asked, &scope).map(Some),
        }
    }

    fn passed(&self, output: Value) -> Event {
        Event::Passed(StepPassed {
            step: self.index,
            item: Some(self.item),
            output,
        })
    }

    fn ask(
        &self,
        item: &Item,
        question: &str,
        show: Option<&Value>,
        scope: &Scope,
    ) -> Result<Event, Fault> {
        let text = eval::text(question, scope).map_err(unclear)?;
        let show = show
            .map(|show| eval::fill(show, scope))
            .transpose()
            .map_err(unclear)?;
        let hash = hash_of_step(&text, show.as_ref());
        if item.approved == Some(hash) {
            return Ok(self.passed(json!(true)));
        }
        Ok(self.question(QuestionKind::Step { text, show }, hash))
    }

    fn question(&self, what: QuestionKind, hash: Digest) -> Event {
        Event::Asked(Question {
            slot: self.slot(),
            what,
            hash,
            expires: self.now.after(terms(self.state).approvals.timeout),
        })
    }

    fn call(
        &self,
        item: &Item,
        tool: &str,
        args: &std::collections::BTreeMap<String, Value>,
        scope: &Scope,
    ) -> Result<Event, Fault> {
        let filled = args.iter().map(|(name, value)| {
            let value = eval::fill(value, scope).map_err(unclear)?;
            Ok((name.clone(), value))
        });
        let arguments = Value::Object(filled.collect::<Result<_, Fault>>()?);
        if let Some(cap) = out_of_calls(self.state, tool) {
            let message = format!("the run may call {tool} {cap} times, and it has");
            return Err(Fault::new(Code::RunBudgetExceeded, message));
        }
        let is_approved =
            item.approved == Some(hash_of_call(&self.state.started, tool, &arguments));
        match ruling(self.state, tool, &arguments) {
            Ruling::Refuse(why) => Err(Fault::new(Code::ApprovalDenied, why)),
            Ruling::Ask(why) if !is_approved => Ok(self.consent(tool, arguments, why)),
            Ruling::Ask(_) | Ruling::Go => {
                let tool = tool.to_owned();
                self.intend(item, Act::Tool { tool, arguments }, Worst::default())
            }
        }
    }

    fn consent(&self, tool: &str, arguments: Value, why: String) -> Event {
        let started = &self.state.started;
        let pinned = started.tools.get(tool);
        let skill = pinned.and_then(|pinned| started.skills.get(&pinned.skill));
        let hash = hash_of_call(started, tool, &arguments);
        let what = QuestionKind::Call {
            tool: tool.to_owned(),
            skill: skill.map_or_else(|| Digest::of(&[]), |skill| skill.digest),
            arguments,
            effect: pinned.map(|pinned| pinned.effect).unwrap_or_default(),
            why,
        };
        self.question(what, hash)
    }

    fn model(&self, item: &Item, asked: &Ask, scope: &Scope) -> Result<Event, Fault> {
        let route = self.state.started.routes.get(&asked.model).ok_or_else(|| {
            let message = format!("the run has no route {}", asked.model);
            Fault::new(Code::ModelNoCandidate, message)
        })?;
        let system = asked.system.as_deref();
        let words = Words {
            system: system
                .map(|system| eval::text(system, scope))
                .transpose()
                .map_err(unclear)?,
            prompt: eval::text(&asked.prompt, scope).map_err(unclear)?,
            structured: asked.schema.is_some(),
            schema: None,
        };
        let request = ask::of_step(&words, asked, asked.max_tokens);
        let (max_tokens, worst) = afford(self.state, route, request, asked.max_tokens)?;
        let act = Act::Model {
            route: asked.model.clone(),
            max_tokens,
            words: Some(words),
        };
        self.intend(item, act, worst)
    }

    fn intend(&self, item: &Item, act: Act, worst: Worst) -> Result<Event, Fault> {
        if let Some(fault) = out_of_steps(self.state) {
            return Err(fault);
        }
        Ok(Event::Intended(Intent {
            slot: self.slot(),
            act,
            attempt: item.attempts.saturating_add(1),
            worst,
        }))
    }
}

/// Whether the same again, later, may go well.
fn may_pass(code: Code) -> bool {
    matches!(
        code,
        Code::Busy
            | Code::UpstreamRateLimited
            | Code::UpstreamUnavailable
            | Code::UpstreamUnreachable
            | Code::UpstreamTimeout
            | Code::UpstreamInvalidAnswer
            | Code::DeadlineExceeded
            | Code::SkillWallExceeded
            | Code::ModelAnswerUnusable
    )
}

fn finish(state: &State, chain: &Chain, steps: &Steps) -> Event {
    let output = match &chain.output {
        Some(output) => eval::fill(output, &scope(state, steps, None)).map_err(unclear),
        None => {
            let last = steps.names.last().and_then(|name| steps.done.get(name));
            Ok(last.map(|last| last["output"].clone()).unwrap_or_default())
        }
    };
    let checked = output.and_then(|output| {
        ask::fits(terms(state).output_schema.as_ref(), &output)
            .map(|()| output)
            .map_err(|why| {
                Fault::new(
                    Code::ExpressionFailed,
                    format!("the output does not fit its schema: {why}"),
                )
            })
    });
    match checked {
        Ok(output) => Event::Ended(Ending::Completed { output }),
        Err(mut fault) => {
            fault.message = format!("The output of the run cannot be made: {}.", fault.message);
            failed_with(fault)
        }
    }
}

fn broken(step: &Step, mut fault: Fault) -> Event {
    let message = fault.message.trim_end_matches('.');
    fault.message = format!("The step {} failed: {message}.", step.name.as_str());
    failed_with(fault.with_detail("step", step.name.as_str()))
}

fn unclear(error: ExpressionError) -> Fault {
    Fault::new(Code::ExpressionFailed, error.to_string())
}
