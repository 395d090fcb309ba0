//! A host that works on runs of one step, with a model that repeats what it is told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use futures::future::BoxFuture;
use metier_agent::definition::Definition;
use metier_agent::driver::{NewRun, NoWatch, Parts, Rest, Runs};
use metier_agent::journal::{Ending, Millis, Started};
use metier_agent::models::{
    Answer, Message, Model, ModelFailure, Part, Question, Role, Sink, StopReason, Usage,
};
use metier_agent::routes::{NanoDollars, PriceTable, Routes};
use metier_core::{AuditRecord, Fault, Grant, PrincipalId, TenantId};
use metier_e2e::{Guest, TestHost};
use metier_runtime::audit::NoObserver;
use metier_runtime::credentials::SecretSources;
use metier_service::run_tools::RunTools;
use metier_store::{
    Store,
    sqlite::{Options, SqliteStore},
    types::RunId,
};
use serde_json::{Value, json};
use tokio::sync::Barrier;

/// What the skill that asks is granted.
pub const GRANT: &str = r#"
[model]
routes = ["main"]
[calls]
tools = ["test.metier/capabilities#storage.put", "test.metier/capabilities#storage.get", "test.metier/delegate#call"]
"#;

/// What the skill it calls is granted.
const CALLEE: &str = "[kv]\nbuckets = [\"notes\"]\n";

const ROUTES: &str = r#"
[routes.main]
candidates = ["one"]
[routes.dear]
candidates = ["one"]
[candidates.one]
format = "openai-chat"
model = "m"
base-url = "http://127.0.0.1:1/v1"
context = 100_000
max-output = 4_000
price = { input = 1, output = 1 }
"#;

/// How a run ended.
#[derive(Debug)]
pub struct Told(Ending);

impl Told {
    pub fn output(&self) -> Value {
        match &self.0 {
            Ending::Completed { output } => output.clone(),
            other => panic!("{other:?}"),
        }
    }

    pub fn failed(&self) -> &Fault {
        match &self.0 {
            Ending::Failed { fault } => fault,
            other => panic!("{other:?}"),
        }
    }
}

pub struct Scene {
    host: TestHost,
    tools: Arc<RunTools>,
    runs: Runs,
    grant: String,
    next: AtomicU64,
    has_callee: bool,
}

impl Scene {
    pub fn start(grant: &str) -> Scene {
        Scene::with(grant, true, 16)
    }

    pub fn without_callee(grant: &str) -> Scene {
        Scene::with(grant, false, 16)
    }

    /// On a host that makes so many calls at once.
    pub fn with_calls(grant: &str, calls: u32) -> Scene {
        Scene::with(grant, true, calls)
    }

    fn with(grant: &str, has_callee: bool, calls: u32) -> Scene {
        let host = TestHost::builder().calls(calls).start();
        let store: Arc<dyn Store> = Arc::new(SqliteStore::in_memory(Options::default()).unwrap());
        let folder = host.folder().to_owned();
        let tools = Arc::new(RunTools::new(
            host.host().clone(),
            store.clone(),
            host.shared_artifacts(),
            Arc::new(move |skill, _| {
                let grant = Grant::parse(skill.grant.as_deref().unwrap()).unwrap();
                Ok((grant, SecretSources::files_only(folder.clone())))
            }),
            Arc::new(NoObserver),
        ));
        let next = AtomicU64::new(1);
        let runs = Runs::new(Parts {
            store,
            tools: tools.clone(),
            models: Arc::new(Echo(Barrier::new(2))),
            watch: Arc::new(NoWatch),
            clock: Arc::new(|| {
                let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
                Millis(u64::try_from(since.as_millis()).unwrap())
            }),
            ids: Arc::new(move || u128::from(next.fetch_add(1, Relaxed))),
        });
        Scene {
            host,
            tools,
            runs,
            grant: grant.to_owned(),
            next: AtomicU64::new(1_000),
            has_callee,
        }
    }

    pub fn records(&self) -> Vec<AuditRecord> {
        self.host.records().all()
    }

    pub async fn ask(&self, arguments: Value) -> Told {
        self.run_under(&self.grant, "ask", arguments).await
    }

    pub async fn call(&self, arguments: Value) -> Told {
        self.run_under(&self.grant, "call", arguments).await
    }

    pub async fn look(&self, arguments: Value) -> Told {
        self.run_under(&self.grant, "look", arguments).await
    }

    /// Calls a tool of the other skill through this one's `tool`.
    pub async fn peer(&self, tool: &str, theirs: &str) -> Told {
        let arguments = json!({
            "skill": "test.metier/capabilities", "tool": theirs, "arguments": "{}",
        });
        self.run_under(&self.grant, tool, arguments).await
    }

    /// A run of one step that calls this tool.
    pub async fn run_under(&self, grant: &str, tool: &str, arguments: Value) -> Told {
        let id = RunId::new(u128::from(self.next.fetch_add(1, Relaxed)));
        let pool: metier_store::types::PoolId = format!("test/{id}").parse().unwrap();
        let started = self.started(grant, tool, arguments).await;
        let new = NewRun {
            id: Some(id),
            tenant: TenantId::local(),
            pool: pool.clone(),
            started,
        };
        self.runs.start(new).await.unwrap();
        let host = format!("host-{id}").parse().unwrap();
        match self.runs.rest(&host, &pool).await.unwrap() {
            Some(Rest::Ended(ending)) => Told(*ending),
            other => panic!("{other:?}"),
        }
    }

    /// Whether tools of these bytes count as reading the world outside, under this grant.
    pub async fn is_outside(&self, bytes: Vec<u8>, grant: &str) -> bool {
        let text = "[chain]\nname = \"c\"\n[skills.b]\nfile = \"b.wasm\"\ntools = [\"*\"]\n\
                    [[step]]\nname = \"a\"\nvalue = 1\n";
        let definition = Definition::parse(text, &|_| Err("no file".to_owned())).unwrap();
        let (alias, using) = definition.terms().skills.iter().next().unwrap();
        let grant = Some((grant.to_owned(), String::new()));
        let taint = &definition.terms().taint;
        let pinned = self.tools.pin(alias, using, taint, grant, bytes).await;
        let tools = pinned.unwrap().tools;
        assert!(!tools.is_empty());
        tools.values().all(|tool| tool.outside)
    }

    async fn started(&self, grant: &str, tool: &str, arguments: Value) -> Started {
        let args: String = arguments
            .as_object()
            .unwrap()
            .keys()
            .map(|key| format!("{key} = \"${{input.{key}}}\"\n"))
            .collect();
        let callee = match self.has_callee {
            true => "[skills.callee]\nfile = \"callee.wasm\"\ntools = [\"*\"]\n",
            false => "",
        };
        let text = format!(
            "[chain]\nname = \"c\"\n[skills.d]\nfile = \"d.wasm\"\ntools = [\"*\"]\n{callee}\
             [[step]]\nname = \"a\"\ntool = \"d.{tool}\"\n[step.args]\n{args}"
        );
        let definition = Definition::parse(&text, &|_| Err("no file".to_owned()))
            .unwrap_or_else(|error| panic!("{error}\n{text}"));
        let routes = Routes::parse(ROUTES).unwrap();
        let mut started = Started {
            definition: definition.clone(),
            input: arguments,
            principal: PrincipalId::local(),
            skills: BTreeMap::new(),
            tools: BTreeMap::new(),
            routes: BTreeMap::new(),
            prices: PriceTable::default(),
            folder: None,
            session: None,
            tainted: false,
            opening: Vec::new(),
        };
        let terms = definition.terms();
        for (alias, using) in &terms.skills {
            let (guest, text) = match alias.as_str() {
                "d" => ("delegate", grant),
                _ => ("capabilities", CALLEE),
            };
            let text = format!("skill = \"test.metier/{guest}\"\ntools = [\"*\"]\n{text}");
            let bytes = Guest::named(guest).into_bytes();
            let pinned = self.tools.pin(
                alias,
                using,
                &terms.taint,
                Some((text, String::new())),
                bytes,
            );
            let pinned = pinned.await.unwrap();
            started.skills.insert(alias.clone(), pinned.skill);
            started.tools.extend(pinned.tools);
            for route in pinned.routes {
                let found = routes.route(route.as_str()).unwrap();
                started.routes.insert(route.to_string(), found);
            }
        }
        started
    }
}

/// Repeats what it is told. `both` is answered once two have asked it.
struct Echo(Barrier);

impl Model for Echo {
    fn ask<'a>(
        &'a self,
        question: &'a Question,
        _: &'a dyn Sink,
    ) -> BoxFuture<'a, Result<Answer, ModelFailure>> {
        Box::pin(async move {
            let words = question.request.messages.last().unwrap().words();
            let text = match words.as_str() {
                "json" => "```json\n{\"n\": 1}\n```".to_owned(),
                "both" => {
                    self.0.wait().await;
                    "you said: both".to_owned()
                }
                other => format!("you said: {other}"),
            };
            Ok(Answer {
                message: Message {
                    role: Role::Assistant,
                    parts: vec![Part::Text { text }],
                },
                stop: StopReason::End,
                usage: Usage {
                    input: 10,
                    output: 5,
                    ..Usage::default()
                },
                candidate: "one".to_owned(),
                model: None,
                cost: NanoDollars(15),
                latency_ms: 1,
                first_token_ms: 1,
                attempts: 1,
            })
        })
    }
}
