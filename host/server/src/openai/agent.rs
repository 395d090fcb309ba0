//! An agent's answer: a run is begun and followed.
//!
//! The journal is the truth and the hub's news are hints: words are told as they come, always a beginning of what the journal will have,
//! and the rest when the journal has it. So an answer is whole whoever drives the run, and however slow the client is.
//!
//! An agent without an output schema is heard word by word, each of its turns after a blank line. What has a shape, and a chain, is told when it
//! is there.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use axum::http::StatusCode;
use futures::{StreamExt, stream};
use metier_agent::{
    definition::{Definition, Name},
    journal::{Ending, Entry, Event, Intent, Outcome, Question, QuestionKind, Seq, Slot},
    models::{Delta, Message, Role, StopReason, Usage},
};
use metier_core::{Code, PrincipalId};
use metier_service::{
    agents::{Begun, StartRequest},
    faults::of_run,
    hub::News,
};
use metier_store::types::RunId;
use serde_json::Value;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Interval, MissedTickBehavior, interval},
};

use super::{
    asked::Answering,
    call::Posted,
    failure::Failure,
    said::{End, Said},
};
use crate::app::App;

/// How often the journal is looked at when nothing is heard: another host may drive the run.
const LOOK: Duration = Duration::from_secs(1);

/// Longest arguments shown to whoever has to decide, in characters.
const SHOWN: usize = 500;

/// Begins a run and gives what it says.
///
/// # Errors
/// As [`Service::start`](metier_service::Service::start), in OpenAI's words.
pub async fn saying(
    app: &Arc<App>,
    posted: &Posted,
    agent: Name,
    text: String,
    session: Option<&str>,
    is_live: bool,
) -> Result<Answering, Failure> {
    let session = session.map(str::parse::<Name>).transpose();
    let session =
        session.map_err(|error| Failure::invalid("metadata.session", error.to_string()))?;
    let caller = &posted.caller;
    let source = app.service.source(caller, &agent, None).await;
    let source = source.map_err(|fault| Failure::from(fault).no_model())?;
    let definition = source.read()?;
    let request = StartRequest {
        agent,
        version: None,
        input: input(&definition, text),
        session,
        idempotency_key: posted.key.clone(),
    };
    let Begun { run, news } = app.service.start_heard(caller, request).await?;
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let following = Following {
        app: app.clone(),
        by: caller.principal.clone(),
        run,
        news,
        looks,
        after: Seq(0),
        is_live: is_live && speaks(&definition),
        is_kept: posted.key.is_some(),
        is_over: false,
        turns: BTreeSet::new(),
        turn: None,
        has_spoken: false,
        last: String::new(),
        usage: Usage::default(),
        has_begun: false,
        waiting: VecDeque::new(),
    };
    let saying = stream::unfold(following, |mut following| async move {
        let said = following.next().await?;
        Some((said, following))
    });
    Ok(Answering {
        saying: saying.boxed(),
        run: Some(run),
    })
}

/// An object where one is wanted and given, else the text.
fn input(definition: &Definition, text: String) -> Value {
    if definition.terms().input_schema.is_none() {
        return Value::String(text);
    }
    match serde_json::from_str(&text) {
        Ok(object @ Value::Object(_)) => object,
        _ => Value::String(text),
    }
}

/// Whether its last words are its output.
fn speaks(definition: &Definition) -> bool {
    matches!(definition, Definition::Agent(agent) if agent.terms.output_schema.is_none())
}

/// A run that is listened to.
struct Following {
    app: Arc<App>,
    by: PrincipalId,
    run: RunId,
    news: Receiver<News>,
    looks: Interval,
    /// The last event that was seen.
    after: Seq,
    /// Whether words are told as they come.
    is_live: bool,
    /// Whether whoever asked can come back for the end.
    is_kept: bool,
    is_over: bool,
    /// Effects that are turns of the agent and not over.
    turns: BTreeSet<Seq>,
    turn: Option<Turn>,
    /// Whether any words were told.
    has_spoken: bool,
    /// The words of the last turn that is over.
    last: String,
    usage: Usage,
    /// Whether anything came of it: what fails before is an error without an answer.
    has_begun: bool,
    waiting: VecDeque<Said>,
}

/// A turn that is heard.
struct Turn {
    effect: Seq,
    /// The words that were told: a beginning of all of them.
    told: String,
    /// Some were missed, or begin anew: no more are told before the turn is over.
    is_broken: bool,
}

impl Following {
    async fn next(&mut self) -> Option<Said> {
        loop {
            if let Some(said) = self.waiting.pop_front() {
                return Some(said);
            }
            if self.is_over {
                return None;
            }
            let news = tokio::select! {
                news = self.news.recv() => news,
                _ = self.looks.tick() => {
                    self.look().await;
                    continue;
                }
            };
            match news {
                Ok(News::Event(_)) => self.look().await,
                Ok(News::Delta(effect, delta)) => self.heard(effect, delta).await,
                Err(RecvError::Lagged(_)) => {
                    if let Some(turn) = &mut self.turn {
                        turn.is_broken = true;
                    }
                    self.look().await;
                }
                // Nobody works on it here any more: the journal is looked at.
                Err(RecvError::Closed) => self.news = self.app.service.hub().follow(self.run),
            }
        }
    }

    /// Reads what the journal has more.
    async fn look(&mut self) {
        let events = self.app.service.runs().events(&self.run, self.after).await;
        match events {
            Ok(events) => {
                for (seq, entry) in events {
                    self.after = seq;
                    if !self.is_over {
                        self.saw(seq, entry);
                    }
                }
            }
            Err(error) => self.fail(Failure::from(of_run(&error))),
        }
    }

    fn saw(&mut self, seq: Seq, entry: Entry) {
        match entry.event {
            Event::Intended(Intent {
                slot: Slot::Turn, ..
            }) => {
                self.turns.insert(seq);
            }
            Event::Settled(settled) => {
                self.begin(&settled.outcome);
                // The journal may be read before the last words are heard: they were told with the whole then.
                let was_turn = self.turns.remove(&settled.effect);
                if let Outcome::Answer(answer) = settled.outcome {
                    add(&mut self.usage, &answer.usage);
                    if was_turn {
                        self.said(settled.effect, answer.message.words());
                    }
                }
            }
            Event::Asked(question) => self.asked(seq, &question),
            Event::Ended(ending) => self.ended(ending),
            _ => {}
        }
    }

    fn begin(&mut self, outcome: &Outcome) {
        let is_something = matches!(outcome, Outcome::Answer(_) | Outcome::Output { .. });
        if is_something && !self.has_begun {
            self.has_begun = true;
            self.waiting.push_back(Said::Begun);
        }
    }

    /// A model says something.
    async fn heard(&mut self, effect: Seq, delta: Delta) {
        if !self.is_live {
            return;
        }
        if !self.turns.contains(&effect) && effect > self.after {
            self.look().await;
        }
        if !self.turns.contains(&effect) || self.is_over {
            return;
        }
        let is_this = self.turn.as_ref().is_some_and(|turn| turn.effect == effect);
        if !is_this {
            self.turn = Some(Turn {
                effect,
                told: String::new(),
                // Whoever did not hear it begin may have missed more.
                is_broken: !matches!(delta, Delta::Begun { .. }),
            });
        }
        let Some(turn) = &mut self.turn else { return };
        match delta {
            Delta::Text { text } if !turn.is_broken => {
                let begins = turn.told.is_empty();
                turn.told.push_str(&text);
                self.tell(text, begins);
            }
            // Another attempt: what it says may be something else.
            Delta::Begun { .. } => turn.is_broken |= !turn.told.is_empty(),
            _ => {}
        }
    }

    /// A turn is over: what was not told of it is.
    fn said(&mut self, effect: Seq, words: String) {
        if self.is_live {
            let turn = self.turn.take().filter(|turn| turn.effect == effect);
            let told = turn.map(|turn| turn.told).unwrap_or_default();
            match words.strip_prefix(&told) {
                Some(rest) => self.tell(rest.to_owned(), told.is_empty()),
                None => self.tell(words.clone(), true),
            }
        }
        self.last = words;
    }

    fn tell(&mut self, words: String, begins: bool) {
        if words.is_empty() {
            return;
        }
        if begins && self.has_spoken {
            self.waiting.push_back(Said::Words("\n\n".to_owned()));
        }
        self.has_spoken = true;
        self.waiting.push_back(Said::Words(words));
    }

    fn ended(&mut self, ending: Ending) {
        match ending {
            Ending::Completed { output } => {
                let output = match output {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                let is_told = self.is_live && self.last == output;
                self.end(output, is_told);
            }
            Ending::Failed { fault } => self.fail(Failure::from(*fault)),
            Ending::Cancelled { by, why } => {
                let message = format!("The run was cancelled by {by}: {why}");
                let failure = Failure::request(StatusCode::CONFLICT, message);
                self.fail(failure.coded(Code::Cancelled.as_str()));
            }
        }
    }

    /// Somebody has to decide, which may take days: the answer says so, and the run waits.
    fn asked(&mut self, seq: Seq, question: &Question) {
        let run = self.run;
        let what = what(&question.what);
        let message = format!(
            "The run {run} waits for a decision. {what}\n\nDecide it with `metier approvals approve {run}/{seq}` or `metier approvals deny {run}/{seq}`, or in the console; the run goes on by itself then."
        );
        self.end(message, false);
    }

    fn end(&mut self, words: String, is_told: bool) {
        if !is_told {
            self.tell(words.clone(), true);
        }
        let end = End {
            message: Message::text(Role::Assistant, words),
            stop: StopReason::End,
            usage: std::mem::take(&mut self.usage),
            run: Some(self.run),
        };
        self.waiting.push_back(Said::End(Box::new(end)));
        self.is_over = true;
    }

    fn fail(&mut self, failure: Failure) {
        let failure = failure.of_run(self.run);
        self.waiting.push_back(Said::Failed(failure));
        self.is_over = true;
    }
}

/// Whoever asked is gone.
impl Drop for Following {
    fn drop(&mut self) {
        if self.is_over || self.is_kept {
            return;
        }
        let (app, run, by) = (self.app.clone(), self.run, self.by.clone());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let cancelled = app.service.runs().cancel(&run, by, "the client went away");
                if let Err(error) = cancelled.await {
                    tracing::warn!(%run, %error, "a run whose client went away goes on");
                }
            });
        }
    }
}

fn add(sum: &mut Usage, usage: &Usage) {
    sum.input += usage.input;
    sum.cached_read += usage.cached_read;
    sum.cache_write += usage.cache_write;
    sum.output += usage.output;
    sum.reasoning += usage.reasoning;
    sum.estimated |= usage.estimated;
}

fn what(question: &QuestionKind) -> String {
    let shown = |arguments: &Value| {
        let text = arguments.to_string();
        match text.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    };
    match question {
        QuestionKind::Call {
            tool,
            arguments,
            why,
            ..
        } => format!("May it call `{tool}` with {}? ({why})", shown(arguments)),
        QuestionKind::Uncertain {
            tool, arguments, ..
        } => format!(
            "The host stopped while it called `{tool}` with {}: was that done?",
            shown(arguments)
        ),
        QuestionKind::Step { text, .. } => text.clone(),
    }
}
