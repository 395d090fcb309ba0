//! What an agent remembers: sessions, notes, and its own conversation when that grows too long.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use async_trait::async_trait;
use futures::future::BoxFuture;
use metier_agent::{
    ask,
    definition::Definition,
    driver::{
        History, NewRun, NoWatch, Parts, Rest, Runs, Session, Timeline, ToolCall, ToolEnd, Tools,
    },
    journal::{Act, Ending, Event, Intent, Millis, Slot},
    models::{
        Answer, Arguments, Message, Model, ModelFailure, Part, Question, Role, Sink, StopReason,
        ToolCall as Asked, Usage,
    },
    routes::NanoDollars,
};
use metier_core::{Artifact, Code, Fault, PrincipalId, TenantId};
use metier_store::{
    Store,
    sqlite::{Options, SqliteStore},
    types::RunId,
};
use serde_json::{Value, json};

use crate::world;

const AGENT: &str = r#"
[agent]
name = "helper"
model = "main"
instructions = "Help."
prompt = "${input.say}"
[memory]
session = true
notes = true
"#;

/// What the model says next, and everything it was asked.
#[derive(Default)]
struct Script {
    next: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<Vec<Message>>>,
}

impl Model for Script {
    fn ask<'a>(
        &'a self,
        question: &'a Question,
        _: &'a dyn Sink,
    ) -> BoxFuture<'a, Result<Answer, ModelFailure>> {
        Box::pin(async move {
            let messages = question.request.messages.clone();
            self.asked.lock().unwrap().push(messages);
            Ok(self
                .next
                .lock()
                .unwrap()
                .pop_front()
                .expect("an answer is left"))
        })
    }
}

struct Reads;

#[async_trait]
impl Tools for Reads {
    async fn call(&self, _: ToolCall) -> ToolEnd {
        ToolEnd {
            result: Ok(json!("from outside").to_string()),
            artifacts: Vec::new(),
            price: NanoDollars::default(),
        }
    }

    async fn keep(&self, _: &TenantId, _: &str, _: &str, _: Vec<u8>) -> Result<Artifact, Fault> {
        Err(Fault::new(
            Code::StorageUnavailable,
            "Nothing is kept here.",
        ))
    }
}

struct Place {
    runs: Runs,
    script: Arc<Script>,
    next: AtomicU64,
}

impl Place {
    fn new() -> Place {
        let script = Arc::new(Script::default());
        let store: Arc<dyn Store> = Arc::new(SqliteStore::in_memory(Options::default()).unwrap());
        let ids = AtomicU64::new(10_000);
        let time = AtomicU64::new(1_000);
        let runs = Runs::new(Parts {
            store,
            tools: Arc::new(Reads),
            models: script.clone(),
            watch: Arc::new(NoWatch),
            clock: Arc::new(move || Millis(time.fetch_add(1, SeqCst))),
            ids: Arc::new(move || u128::from(ids.fetch_add(1, SeqCst))),
        });
        Place {
            runs,
            script,
            next: AtomicU64::new(1),
        }
    }

    /// One run of the agent, in which the model says this; how it went.
    async fn run(
        &self,
        (agent, principal, session): (&str, &str, Option<&str>),
        say: &str,
        answers: Vec<Answer>,
    ) -> Timeline {
        self.script.next.lock().unwrap().extend(answers);
        let none = |_: &str| Err("no file".to_owned());
        let definition = Definition::parse(agent, &none).unwrap();
        let Definition::Agent(parsed) = &definition else {
            panic!("an agent")
        };
        let earlier = match session {
            Some(name) => self.history(agent, principal, name).await,
            None => History::default(),
        };
        let mut started =
            world::started("[chain]\nname = \"x\"\n[[step]]\nname = \"a\"\nvalue = 1\n");
        started.input = json!({ "say": say });
        started.opening = ask::opening(parsed, &started.input, earlier.messages).unwrap();
        started.tainted = earlier.tainted;
        started.session = session.map(str::to_owned);
        started.principal = principal.parse().unwrap();
        started.tools.get_mut("s.read").unwrap().outside = true;
        started.definition = definition;
        let id = RunId::new(u128::from(self.next.fetch_add(1, SeqCst)));
        let pool: metier_store::types::PoolId = format!("p/{id}").parse().unwrap();
        let new = NewRun {
            id: Some(id),
            tenant: TenantId::local(),
            pool: pool.clone(),
            started,
        };
        self.runs.start(new).await.unwrap();
        let host = format!("host-{id}").parse().unwrap();
        let rest = self.runs.rest(&host, &pool).await.unwrap();
        assert!(
            matches!(&rest, Some(Rest::Ended(ending)) if matches!(**ending, Ending::Completed { .. })),
            "{rest:?}"
        );
        self.runs.timeline(&id).await.unwrap()
    }

    async fn history(&self, agent: &str, principal: &str, name: &str) -> History {
        let none = |_: &str| Err("no file".to_owned());
        let session = Session {
            tenant: TenantId::local(),
            agent: Definition::parse(agent, &none)
                .unwrap()
                .terms()
                .name
                .clone(),
            principal: principal.parse::<PrincipalId>().unwrap(),
            name: name.parse().unwrap(),
        };
        self.runs.history(&session).await.unwrap()
    }

    /// The last thing the model was told before it answered last.
    fn told_last(&self) -> String {
        let asked = self.script.asked.lock().unwrap();
        format!("{:?}", asked.last().unwrap().last().unwrap())
    }
}

fn answer(parts: Vec<Part>, stop: StopReason, input: u64) -> Answer {
    Answer {
        message: Message {
            role: Role::Assistant,
            parts,
        },
        stop,
        usage: Usage {
            input,
            output: 10,
            ..Usage::default()
        },
        candidate: "one".to_owned(),
        model: None,
        cost: NanoDollars(1_000),
        latency_ms: 1,
        first_token_ms: 1,
        attempts: 1,
    }
}

fn says(words: &str) -> Answer {
    let text = words.to_owned();
    answer(vec![Part::Text { text }], StopReason::End, 20)
}

fn calls(tool: &str, arguments: Value) -> Answer {
    let Value::Object(arguments) = arguments else {
        panic!("arguments are an object")
    };
    let call = Asked {
        id: "1".to_owned(),
        name: tool.to_owned(),
        arguments: Arguments::Parsed(arguments),
        cut_off: false,
    };
    answer(vec![Part::ToolCall(call)], StopReason::ToolUse, 20)
}

const ADA: (&str, &str, Option<&str>) = (AGENT, "ada", None);

#[tokio::test]
async fn notes_are_found_by_words_and_belong_to_one_agent_and_person() {
    let place = Place::new();
    let save = calls("save_note", json!({ "text": "Ada drinks green tea." }));
    place.run(ADA, "x", vec![save, says("ok")]).await;
    let search = || {
        vec![
            calls("search_notes", json!({ "query": "green tea" })),
            says("ok"),
        ]
    };
    let told = place.run(ADA, "x", search()).await;
    assert!(place.told_last().contains("Ada drinks green tea."));
    assert_eq!(
        told.state.tainted, None,
        "a note of a run that read nothing from outside"
    );

    place.run((AGENT, "bob", None), "x", search()).await;
    assert!(!place.told_last().contains("tea"), "another person");
    let other = AGENT.replace("helper", "other");
    place.run((&other, "ada", None), "x", search()).await;
    assert!(!place.told_last().contains("tea"), "another agent");

    let id = format!("{}/4", RunId::new(1));
    place
        .run(
            ADA,
            "x",
            vec![calls("forget_note", json!({ "id": id })), says("ok")],
        )
        .await;
    assert!(place.told_last().contains("true"), "{}", place.told_last());
    place.run(ADA, "x", search()).await;
    assert!(!place.told_last().contains("tea"), "forgotten");
}

#[tokio::test]
async fn a_note_of_a_run_that_read_from_outside_is_from_outside() {
    let place = Place::new();
    let save = calls("save_note", json!({ "text": "Pay the invoice." }));
    let read = calls("s__read", json!({}));
    let told = place.run(ADA, "x", vec![read, save, says("ok")]).await;
    assert!(told.state.tainted.is_some());
    let search = calls("search_notes", json!({ "query": "invoice" }));
    let told = place.run(ADA, "x", vec![search, says("ok")]).await;
    assert!(told.state.tainted.is_some(), "{}", place.told_last());
}

#[tokio::test]
async fn a_session_goes_on_where_its_last_run_ended() {
    let place = Place::new();
    let session = (AGENT, "ada", Some("plans"));
    place.run(session, "first", vec![says("one")]).await;
    place.run(session, "second", vec![says("two")]).await;
    place.run(session, "third", vec![says("three")]).await;
    let words: Vec<String> = {
        let asked = place.script.asked.lock().unwrap();
        asked.last().unwrap().iter().map(Message::words).collect()
    };
    assert_eq!(words, ["Help.", "first", "one", "second", "two", "third"]);

    let nothing = History::default();
    assert_eq!(place.history(AGENT, "bob", "plans").await, nothing);
    assert_eq!(place.history(AGENT, "ada", "other").await, nothing);
    let other = AGENT.replace("helper", "other");
    assert_eq!(place.history(&other, "ada", "plans").await, nothing);
    place.run(ADA, "alone", vec![says("x")]).await;
    let history = place.history(AGENT, "ada", "plans").await;
    assert_eq!(
        history.messages.len(),
        6,
        "a run without a session is none of it"
    );
    assert!(!history.tainted);
}

#[tokio::test]
async fn what_a_session_read_from_outside_taints_the_runs_after_it() {
    let place = Place::new();
    let session = (AGENT, "ada", Some("mail"));
    place
        .run(session, "x", vec![calls("s__read", json!({})), says("one")])
        .await;
    let told = place.run(session, "y", vec![says("two")]).await;
    assert!(told.state.tainted.is_some());
}

#[tokio::test]
async fn a_conversation_that_is_too_long_is_shortened_by_a_question_that_is_paid_and_kept() {
    let place = Place::new();
    let agent = AGENT.replace("[memory]", "compact-from = 1000\n[memory]");
    let mut long = calls("s__read", json!({}));
    long.usage.input = 2_000;
    let answers = vec![long, says("so far: nothing"), says("done")];
    let told = place.run((&agent, "ada", None), "go", answers).await;
    let summary = |entry: &&metier_agent::journal::Entry| {
        matches!(
            &entry.event,
            Event::Intended(Intent {
                slot: Slot::Summary,
                act: Act::Model { .. },
                ..
            })
        )
    };
    assert_eq!(told.entries.iter().filter(summary).count(), 1);
    assert_eq!(told.state.spent.nano_dollars, 3 * 1_000);
    let asked = place.script.asked.lock().unwrap();
    let words: Vec<String> = asked.last().unwrap().iter().map(Message::words).collect();
    assert_eq!(words[..2], ["Help.", "go"]);
    assert!(
        words[2].contains("so far: nothing") && words.len() == 3,
        "{words:?}"
    );
}
