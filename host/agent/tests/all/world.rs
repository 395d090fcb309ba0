//! A world for runs: a store in memory with a held clock, services that remember what was done to them, and a place where
//! the host can be made to die.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use futures::future::BoxFuture;
use metier_agent::{
    definition::Definition,
    driver::{Clock, NewRun, Parts, Rest, Runs, ToolCall, ToolEnd, Tools, Watch},
    journal::{Entry, Millis, PinnedSkill, PinnedTool, Seq, Started},
    models::{
        Answer, Delta, Message, Model, ModelFailure, Part, Question, Role, Sink, StopReason, Usage,
    },
    routes::{NanoDollars, PriceTable, Routes},
};
use metier_core::{Artifact, Code, Digest, Effect, Fault, PrincipalId, TenantId};
use metier_store::{
    HeldClock, Store,
    sqlite::{Options, SqliteStore},
    types::{RunId, Time},
};
use serde_json::json;
use tokio::sync::Notify;

/// A host that lives.
pub const NEVER: u64 = u64::MAX;

/// What the world outside remembers.
#[derive(Default)]
pub struct Outside {
    /// What each idempotency key applied, in order of application.
    pub applied: Mutex<Vec<(String, String)>>,
    /// Calls that arrived, repeated ones included.
    pub seen: AtomicU64,
    /// Questions to models that will never be answered.
    pub hanging: AtomicU64,
    /// Questions to models that were given up before they were answered.
    pub given_up: Arc<AtomicU64>,
    /// A call that has ended may ask now.
    pub late: Arc<Notify>,
    /// What it was told.
    pub told_late: Arc<Mutex<Option<serde_json::Value>>>,
}

impl Outside {
    /// Does something once per key.
    fn apply(&self, key: &str, what: &str) {
        self.seen.fetch_add(1, SeqCst);
        let mut applied = self.applied.lock().unwrap();
        if !applied.iter().any(|(known, _)| known == key) {
            applied.push((key.to_owned(), what.to_owned()));
        }
    }

    /// What was done, without the keys.
    pub fn done(&self) -> Vec<String> {
        let applied = self.applied.lock().unwrap();
        let mut done: Vec<String> = applied.iter().map(|(_, what)| what.clone()).collect();
        done.sort();
        done
    }
}

/// The host dies at its `dies_at`-th point.
pub struct Fate {
    passed: AtomicU64,
    dies_at: u64,
    died: Notify,
}

impl Fate {
    fn at(dies_at: u64) -> Arc<Fate> {
        Arc::new(Fate {
            passed: AtomicU64::new(0),
            dies_at,
            died: Notify::new(),
        })
    }

    fn pass(&self) -> bool {
        let passed = self.passed.fetch_add(1, SeqCst) + 1;
        if passed == self.dies_at {
            self.died.notify_one();
        }
        passed < self.dies_at
    }

    /// A point at which the host can die. A dead host's code goes no further.
    async fn point(&self) {
        if !self.pass() {
            std::future::pending::<()>().await;
        }
    }
}

/// Everything outside the host under test.
pub struct World {
    pub store: Arc<dyn Store>,
    /// Where the store is SQLite's, in memory and on a held clock.
    pub sqlite: Option<(Arc<SqliteStore>, Arc<HeldClock>)>,
    pub outside: Arc<Outside>,
    ids: Arc<AtomicU64>,
}

impl World {
    pub fn new() -> World {
        let clock = Arc::new(HeldClock::at(Time(1_000_000_000)));
        let options = Options {
            clock: clock.clone(),
            max_pages: None,
        };
        let sqlite = Arc::new(SqliteStore::in_memory(options).unwrap());
        World {
            sqlite: Some((sqlite.clone(), clock)),
            ids: Arc::new(AtomicU64::new(1)),
            ..World::on(sqlite)
        }
    }

    /// A world around a store that has a clock of its own.
    pub fn on(store: Arc<dyn Store>) -> World {
        // Several of one test may share a store, and no ids.
        static WORLDS: AtomicU64 = AtomicU64::new(0);
        let first = 1 + 1_000_000 * WORLDS.fetch_add(1, SeqCst);
        World {
            store,
            sqlite: None,
            outside: Arc::default(),
            ids: Arc::new(AtomicU64::new(first)),
        }
    }

    pub async fn advance(&self, by: Duration) {
        match &self.sqlite {
            Some((_, clock)) => clock.advance(by),
            None => tokio::time::sleep(by).await,
        }
    }

    fn clock(&self) -> Clock {
        match &self.sqlite {
            Some((_, held)) => {
                let held = held.clone();
                Arc::new(move || {
                    let now = metier_store::Clock::now(&*held);
                    Millis(u64::try_from(now.0 / 1_000).unwrap())
                })
            }
            None => Arc::new(|| {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
                Millis(u64::try_from(since.as_millis()).unwrap())
            }),
        }
    }

    /// A host that dies at its `dies_at`-th point.
    pub fn runs(&self, dies_at: u64) -> (Runs, Arc<Fate>) {
        let fate = Fate::at(dies_at);
        let service = self.service(&fate);
        (self.host(service.clone(), service), fate)
    }

    /// A host that lives, and who watches it.
    pub fn watched(&self, watch: Arc<dyn Watch>) -> Runs {
        self.host(self.service(&Fate::at(NEVER)), watch)
    }

    fn service(&self, fate: &Arc<Fate>) -> Arc<Service> {
        Arc::new(Service {
            outside: self.outside.clone(),
            fate: fate.clone(),
        })
    }

    fn host(&self, service: Arc<Service>, watch: Arc<dyn Watch>) -> Runs {
        let (clock, ids) = (self.clock(), self.ids.clone());
        Runs::new(Parts {
            store: self.store.clone(),
            tools: service.clone(),
            models: service,
            watch,
            clock,
            ids: Arc::new(move || u128::from(ids.fetch_add(1, SeqCst))),
        })
    }

    pub async fn start(&self, started: Started) -> RunId {
        let new = NewRun {
            id: None,
            tenant: TenantId::local(),
            pool: "pool".parse().unwrap(),
            started,
        };
        self.runs(NEVER).0.start(new).await.unwrap()
    }

    /// Lets a host work until everything rests; `None` means that it died. And how many points it passed.
    pub async fn work(&self, dies_at: u64) -> (Option<Option<Rest>>, u64) {
        let (runs, fate) = self.runs(dies_at);
        let host = format!("host-{}", self.ids.fetch_add(1, SeqCst))
            .parse()
            .unwrap();
        let pool = "pool".parse().unwrap();
        let rest = tokio::select! {
            biased;
            () = fate.died.notified() => None,
            rest = runs.rest(&host, &pool) => Some(rest.unwrap()),
        };
        (rest, fate.passed.load(SeqCst))
    }
}

/// Counts when it goes.
struct GivenUp(Arc<AtomicU64>);

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// The services and the model of the world.
struct Service {
    outside: Arc<Outside>,
    fate: Arc<Fate>,
}

#[async_trait]
impl Tools for Service {
    async fn call(&self, call: ToolCall) -> ToolEnd {
        self.fate.point().await;
        let what = match crate::within::ask_for_more(&self.outside, &call).await {
            None => format!("{} {}", call.tool.tool, call.arguments),
            Some(heard) => format!("{} {heard}", call.tool.tool),
        };
        if call.tool.effect != Effect::Read {
            self.outside.apply(&call.idempotency_key, &what);
        }
        self.fate.point().await;
        ToolEnd {
            result: Ok(json!({ "done": what }).to_string()),
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

impl Model for Service {
    fn ask<'a>(
        &'a self,
        question: &'a Question,
        _: &'a dyn Sink,
    ) -> BoxFuture<'a, Result<Answer, ModelFailure>> {
        Box::pin(async move {
            self.fate.point().await;
            if question
                .request
                .messages
                .iter()
                .any(|message| message.words() == "hang")
            {
                self.outside.hanging.fetch_add(1, SeqCst);
                let _guard = GivenUp(self.outside.given_up.clone());
                std::future::pending::<()>().await;
            }
            let answer = answer(&question.step);
            self.fate.point().await;
            Ok(answer)
        })
    }
}

impl Watch for Service {
    fn event(&self, _: RunId, _: Seq, _: &Entry) {
        self.fate.pass();
    }

    fn delta(&self, _: RunId, _: Seq, _: Delta) {}
}

/// What a model's answer costs, in nano-dollars.
pub const PRICE: i64 = 120_000;

/// What a model answers to a step.
pub fn answer(step: &str) -> Answer {
    Answer {
        message: Message {
            role: Role::Assistant,
            parts: vec![Part::Text {
                text: format!("answer to {step}"),
            }],
        },
        stop: StopReason::End,
        usage: Usage {
            input: 100,
            output: 20,
            ..Usage::default()
        },
        candidate: "one".to_owned(),
        model: None,
        cost: NanoDollars(PRICE as u64),
        latency_ms: 1,
        first_token_ms: 1,
        attempts: 1,
    }
}

/// A run of this chain, with one tool of each effect and one route at a dollar a million tokens.
pub fn started(chain: &str) -> Started {
    let none = |_: &str| Err("no file".to_owned());
    let definition = Definition::parse(chain, &none).unwrap();
    let routes = Routes::parse(
        "[routes.main]\ncandidates = [\"one\"]\n[candidates.one]\nformat = \"openai-chat\"\nmodel = \"m\"\n\
         base-url = \"http://127.0.0.1:1/v1\"\ncontext = 100_000\nmax-output = 4_000\n\
         features = [\"tools\", \"schema\"]\nprice = { input = 1_000_000_000, output = 1_000_000_000 }\n",
    );
    let tools = Effect::ALL.map(|effect| {
        let tool = PinnedTool {
            skill: "s".parse().unwrap(),
            tool: effect.as_str().parse().unwrap(),
            effect,
            description: String::new(),
            input_schema: json!({"type": "object"}),
            output_schema: None,
            outside: false,
        };
        (format!("s.{effect}"), tool)
    });
    let skill = PinnedSkill {
        digest: Digest::of(b"skill"),
        name: Some("com.acme/s".parse().unwrap()),
        grant: None,
        folder: None,
    };
    Started {
        definition,
        input: json!({"items": [1, 2, 3]}),
        principal: PrincipalId::local(),
        skills: BTreeMap::from([("s".parse().unwrap(), skill)]),
        tools: BTreeMap::from(tools),
        routes: BTreeMap::from([("main".to_owned(), routes.unwrap().route("main").unwrap())]),
        prices: PriceTable::default(),
        folder: None,
        session: None,
        tainted: false,
        opening: Vec::new(),
    }
}
