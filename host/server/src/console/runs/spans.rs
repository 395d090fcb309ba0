//! What took time in a run: questions to models, calls of tools, waiting for people and moments.

use std::collections::BTreeMap;

use metier_agent::{
    journal::{Act, Entry, Event, Intent, Outcome, QuestionKind, Seq, Settlement, Slot, Verdict},
    models::Answer,
};
use metier_core::Artifact;
use serde_json::Value;

/// Most levels that are told apart.
const DEEPEST: u8 = 3;

/// What sort of thing took the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A model was asked.
    Model,
    /// A tool was called.
    Tool,
    /// A person was asked.
    Person,
    /// A moment was waited for.
    Pause,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Came {
    /// It is under way.
    Open,
    /// What it should.
    Well(String),
    /// Something else, and why.
    Badly(String),
}

/// Something with a beginning and an end.
#[derive(Debug)]
pub struct Span {
    /// The event that began it.
    pub number: Seq,
    /// How many calls it is within.
    pub depth: u8,
    /// What sort.
    pub kind: Kind,
    /// The route, the tool, or who is waited for.
    pub name: String,
    /// What it was given.
    pub given: Option<Value>,
    /// Which attempt.
    pub attempt: u16,
    /// Milliseconds since 1970.
    pub begin: u64,
    /// Milliseconds since 1970; nothing while it is under way.
    pub end: Option<u64>,
    /// When the first piece of a model's answer was there.
    pub first: Option<u64>,
    /// In and out.
    pub tokens: Option<(u64, u64)>,
    /// Nano-dollars.
    pub cost: u64,
    /// What came of it.
    pub came: Came,
    /// Files it handed back.
    pub files: Vec<Artifact>,
}

impl Span {
    fn new(number: Seq, entry: &Entry, kind: Kind, name: impl Into<String>) -> Span {
        Span {
            number,
            depth: 0,
            kind,
            name: name.into(),
            given: None,
            attempt: 1,
            begin: entry.at.0,
            end: None,
            first: None,
            tokens: None,
            cost: 0,
            came: Came::Open,
            files: Vec::new(),
        }
    }

    fn over(&mut self, at: u64, came: Came) {
        self.end = Some(at.max(self.begin));
        self.came = came;
    }
}

/// What took time, in the order it began.
#[derive(Default)]
struct Told {
    spans: Vec<Span>,
    by_number: BTreeMap<Seq, usize>,
}

/// Reads a journal whose first event has number 1.
pub fn of(entries: &[Entry]) -> Vec<Span> {
    let mut told = Told::default();
    for (number, entry) in (1..).map(Seq).zip(entries) {
        told.hear(number, entry);
    }
    told.spans
}

impl Told {
    fn hear(&mut self, number: Seq, entry: &Entry) {
        let at = entry.at.0;
        match &entry.event {
            Event::Intended(intent) => self.intended(number, entry, intent),
            Event::Settled(settlement) => self.settled(at, settlement),
            Event::Asked(question) => {
                let mut span = Span::new(number, entry, Kind::Person, asked(&question.what));
                span.given = given(&question.what);
                self.push(span);
            }
            Event::Decided {
                question,
                verdict,
                by,
            } => {
                let by = by.as_ref().map_or("nobody".to_owned(), ToString::to_string);
                let came = decided(verdict, &by);
                if let Some(span) = self.span(*question) {
                    span.over(at, came);
                }
            }
            Event::Waiting { until, .. } => {
                let mut span = Span::new(number, entry, Kind::Pause, "waits for a moment");
                span.over(until.0, Came::Well(String::new()));
                self.push(span);
            }
            // What was under way is under way no more; an answer that was found after all says so later.
            Event::Resumed { .. } => {
                self.all_over(at, "Its host stopped.", |span| span.kind != Kind::Person)
            }
            Event::Ended(_) => self.all_over(at, "The run ended before.", |_| true),
            _ => {}
        }
    }

    fn push(&mut self, span: Span) {
        self.by_number.insert(span.number, self.spans.len());
        self.spans.push(span);
    }

    fn span(&mut self, number: Seq) -> Option<&mut Span> {
        self.spans.get_mut(*self.by_number.get(&number)?)
    }

    fn intended(&mut self, number: Seq, entry: &Entry, intent: &Intent) {
        let (kind, name, given) = match &intent.act {
            Act::Model { route, words, .. } => {
                let given = words
                    .as_ref()
                    .map(|words| Value::String(words.prompt.clone()));
                (Kind::Model, route, given)
            }
            Act::Tool { tool, arguments } | Act::Builtin { tool, arguments } => {
                (Kind::Tool, tool, Some(arguments.clone()))
            }
        };
        let depth = match intent.slot {
            Slot::Within { of, .. } => self.span(of).map_or(1, |span| span.depth + 1),
            _ => 0,
        };
        let mut span = Span::new(number, entry, kind, name);
        span.given = given;
        span.attempt = intent.attempt;
        span.depth = depth.min(DEEPEST);
        self.push(span);
    }

    fn settled(&mut self, at: u64, settlement: &Settlement) {
        let Some(span) = self.span(settlement.effect) else {
            return;
        };
        let end = match settlement.took_ms {
            0 => at,
            took => span.begin.saturating_add(took),
        };
        span.cost = settlement.cost.nano_dollars;
        let came = match &settlement.outcome {
            Outcome::Answer(answer) => {
                span.tokens = Some((answer.usage.input, answer.usage.output));
                span.first = Some(span.begin.saturating_add(answer.first_token_ms).min(end));
                Came::Well(said(answer))
            }
            Outcome::NoAnswer(failure) => Came::Badly(failure.message.clone()),
            Outcome::Output { value, artifacts } => {
                span.files.clone_from(artifacts);
                Came::Well(value.clone())
            }
            Outcome::Fault { fault } => Came::Badly(format!("{} ({})", fault.message, fault.code)),
        };
        span.over(end, came);
    }

    fn all_over(&mut self, at: u64, why: &str, is_meant: impl Fn(&Span) -> bool) {
        for span in &mut self.spans {
            if span.end.is_none() && is_meant(span) {
                span.over(at, Came::Badly(why.to_owned()));
            }
        }
    }
}

/// A model's words, then the calls it wants.
fn said(answer: &Answer) -> String {
    let calls = answer.message.tool_calls();
    let calls = calls.map(|call| serde_json::to_string_pretty(call).unwrap_or_default());
    let words = Some(answer.message.words()).filter(|words| !words.is_empty());
    words
        .into_iter()
        .chain(calls)
        .collect::<Vec<_>>()
        .join("\n\n")
}

fn asked(what: &QuestionKind) -> String {
    match what {
        QuestionKind::Call { tool, .. } => format!("may {tool} be called?"),
        QuestionKind::Uncertain { tool, .. } => format!("was {tool} called?"),
        QuestionKind::Step { text, .. } => text.clone(),
    }
}

fn given(what: &QuestionKind) -> Option<Value> {
    match what {
        QuestionKind::Call { arguments, .. } | QuestionKind::Uncertain { arguments, .. } => {
            Some(arguments.clone())
        }
        QuestionKind::Step { show, .. } => show.clone(),
    }
}

fn decided(verdict: &Verdict, by: &str) -> Came {
    match verdict {
        Verdict::Approved => Came::Well(format!("Approved by {by}.")),
        Verdict::Done { value } => Came::Well(format!("Done already, says {by}: {value}")),
        Verdict::Denied { why } => Came::Badly(format!("Denied by {by}: {why}")),
        Verdict::TimedOut => Came::Badly("Nobody decided in time.".to_owned()),
    }
}
