//! A run's events as lines for people.

use metier_agent::{
    journal::{Act, Ending, Entry, Event, Outcome, QuestionKind, Seq, Settlement, Slot, Verdict},
    models::StopReason,
    routes::NanoDollars,
    state::State,
};
use metier_core::Artifact;
use serde_json::Value;

use crate::{render::duration, text};

/// Characters of arguments and answers on one line.
const SHOWN: usize = 96;

/// One event on one line; nothing for what says nothing to a person.
pub fn line(seq: Seq, entry: &Entry) -> Option<String> {
    let words = match &entry.event {
        Event::Started(started) => {
            let terms = started.definition.terms();
            format!("started    {} {}", terms.name.as_str(), terms.version)
        }
        Event::Intended(intent) => {
            let within = match intent.slot {
                Slot::Within { of, .. } => format!("  by #{of}: "),
                _ => String::new(),
            };
            match &intent.act {
                Act::Model { route, .. } => format!("ask        {within}{route}"),
                Act::Tool { tool, arguments } | Act::Builtin { tool, arguments } => {
                    format!("call       {within}{tool} {}", short(arguments))
                }
            }
        }
        Event::Settled(settlement) => settled(settlement),
        Event::Answered(reply) => format!("answered   {}", cut(&reply.text)),
        Event::Told { text } => format!("told       {}", cut(text)),
        Event::Asked(question) => format!("asked      {}", asked(&question.what)),
        Event::Decided {
            question,
            verdict,
            by,
        } => {
            let by = by.as_ref().map_or("nobody".to_owned(), ToString::to_string);
            format!("decided    #{question} {} by {by}", decided(verdict))
        }
        Event::Opened { step, items } => match items {
            Some(items) => format!("step       {step}, {} items", items.len()),
            None => return None,
        },
        Event::Passed(passed) if passed.item.is_none() => {
            format!("skipped    step {}", passed.step)
        }
        Event::Passed(_) => return None,
        Event::Waiting { until, .. } => {
            format!("waiting    {}", duration(until.since(entry.at)))
        }
        Event::Resumed { epoch } => format!("resumed    by another host, the {epoch}. to hold it"),
        Event::Forked { from, at } => format!("forked     from {from} at {at}"),
        Event::Ignored { signal, why } => format!("ignored    {signal}: {why}"),
        Event::CancelAsked { by, why } => format!("cancel     by {by}: {}", cut(why)),
        Event::Ended(ending) => format!("ended      {}", ended(ending)),
    };
    Some(format!("{seq:>4}  {words}"))
}

fn settled(settlement: &Settlement) -> String {
    let took = duration(std::time::Duration::from_millis(settlement.took_ms));
    let effect = settlement.effect;
    match &settlement.outcome {
        Outcome::Answer(answer) => {
            let what = match answer.stop {
                StopReason::ToolUse => {
                    let calls = answer.message.tool_calls().count();
                    match calls {
                        1 => "wants a call".to_owned(),
                        calls => format!("wants {calls} calls"),
                    }
                }
                _ => cut(&answer.message.words()),
            };
            format!(
                "  #{effect:<3} ✓ {took} · {} in, {} out · {} · {what}",
                answer.usage.input,
                answer.usage.output,
                NanoDollars(settlement.cost.nano_dollars),
            )
        }
        Outcome::NoAnswer(failure) => {
            format!("  #{effect:<3} ✗ {took} · {}", cut(&failure.message))
        }
        Outcome::Output { value, artifacts } => {
            let files: Vec<&str> = artifacts.iter().map(|file| file.name.as_str()).collect();
            let files = match files.is_empty() {
                true => String::new(),
                false => format!(" · {}", files.join(", ")),
            };
            format!("  #{effect:<3} ✓ {took} · {}{files}", cut(value))
        }
        Outcome::Fault { fault } => {
            format!(
                "  #{effect:<3} ✗ {took} · {} ({})",
                cut(&fault.message),
                fault.code
            )
        }
    }
}

fn asked(what: &QuestionKind) -> String {
    match what {
        QuestionKind::Call {
            tool,
            arguments,
            why,
            ..
        } => format!("may {tool} be called with {}? {why}", short(arguments)),
        QuestionKind::Uncertain {
            tool, arguments, ..
        } => format!(
            "was {tool} called with {} before the host stopped?",
            short(arguments)
        ),
        QuestionKind::Step { text, .. } => cut(text),
    }
}

fn decided(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Approved => "approved".to_owned(),
        Verdict::Denied { why } => format!("denied ({})", cut(why)),
        Verdict::Done { .. } => "as done".to_owned(),
        Verdict::TimedOut => "by time".to_owned(),
    }
}

fn ended(ending: &Ending) -> String {
    match ending {
        Ending::Completed { output } => format!("completed: {}", short(output)),
        Ending::Failed { fault } => format!("failed: {} ({})", cut(&fault.message), fault.code),
        Ending::Cancelled { by, why } => format!("cancelled by {by}: {}", cut(why)),
    }
}

/// What a run used, on one line.
pub fn summary(state: &State) -> String {
    let spent = &state.spent;
    let calls: u32 = spent.calls.values().sum();
    let about = if spent.estimated { "about " } else { "" };
    format!(
        "{} · {calls} calls · {about}{} tokens · {about}{}",
        duration(state.now.since(state.began)),
        spent.tokens,
        NanoDollars(spent.nano_dollars)
    )
}

/// The files a run's tools handed back, each once.
pub fn files(entries: &[Entry]) -> Vec<Artifact> {
    let mut files: Vec<Artifact> = Vec::new();
    for entry in entries {
        let Event::Settled(Settlement {
            outcome: Outcome::Output { artifacts, .. },
            ..
        }) = &entry.event
        else {
            continue;
        };
        for file in artifacts {
            if !files.iter().any(|known| known.digest == file.digest) {
                files.push(file.clone());
            }
        }
    }
    files
}

fn short(value: &Value) -> String {
    cut(&value.to_string())
}

fn cut(words: &str) -> String {
    text::cut(&text::one_line(words), SHOWN).into_owned()
}
