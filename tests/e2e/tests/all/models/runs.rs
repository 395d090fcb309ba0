//! Runs whose model is not well: each ends, with the right blame, and no tool is called that should not be.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use metier_agent::ask;
use metier_agent::definition::Definition;
use metier_agent::driver::{NewRun, NoWatch, Parts, Rest, Runs, ToolCall, ToolEnd, Tools};
use metier_agent::journal::{Ending, Millis, PinnedSkill, PinnedTool, Started};
use metier_agent::routes::PriceTable;
use metier_core::{
    Artifact, Blame, Code, Digest, Effect, Fault as HostFault, PrincipalId, TenantId,
};
use metier_emulator_models::{Fault, Rule};
use metier_store::sqlite::{Options, SqliteStore};
use metier_store::types::Time;
use metier_store::{Clock as _, HeldClock};
use serde_json::{Value, json};

use super::scene::Scene;

/// Longer than any of these runs takes.
const PATIENCE: Duration = Duration::from_secs(120);

const AGENT: &str = r#"
[agent]
name = "tester"
version = "1.0.0"
description = "Reads."
model = "anthropic"
instructions = "Read."
prompt = "Now."
max-tokens = 1000

[budget]
steps = 100
"#;

/// A tool that reads, and what it was asked.
#[derive(Default)]
struct Reader(Mutex<Vec<String>>);

#[async_trait]
impl Tools for Reader {
    async fn call(&self, call: ToolCall) -> ToolEnd {
        self.0.lock().unwrap().push(call.arguments);
        ToolEnd {
            result: Ok(r#"{"read":true}"#.to_owned()),
            artifacts: Vec::new(),
            price: metier_core::NanoDollars::default(),
        }
    }

    async fn keep(
        &self,
        _: &TenantId,
        _: &str,
        _: &str,
        _: Vec<u8>,
    ) -> Result<Artifact, HostFault> {
        Err(HostFault::new(
            Code::StorageUnavailable,
            "Nothing is kept here.",
        ))
    }
}

struct Ran {
    ending: Ending,
    /// Arguments of the calls that were made.
    calls: Vec<String>,
    /// Questions that reached the provider.
    asked: u64,
    /// What the model was told last.
    told: String,
}

fn started(scene: &Scene) -> Started {
    let definition = Definition::parse(AGENT, &|_| Err("no file".to_owned())).unwrap();
    let Definition::Agent(agent) = &definition else {
        panic!("an agent")
    };
    let opening = ask::opening(agent, &Value::Null, Vec::new()).unwrap();
    let tool = PinnedTool {
        skill: "s".parse().unwrap(),
        tool: "read".parse().unwrap(),
        effect: Effect::Read,
        description: "Reads.".to_owned(),
        input_schema: json!({ "type": "object" }),
        output_schema: None,
        outside: false,
    };
    let skill = PinnedSkill {
        digest: Digest::of(b"skill"),
        name: None,
        grant: None,
        folder: None,
    };
    Started {
        definition,
        input: Value::Null,
        principal: PrincipalId::local(),
        skills: BTreeMap::from([("s".parse().unwrap(), skill)]),
        tools: BTreeMap::from([("s.read".to_owned(), tool)]),
        routes: BTreeMap::from([(
            "anthropic".to_owned(),
            scene.routes.route("anthropic").unwrap(),
        )]),
        prices: PriceTable::default(),
        folder: None,
        session: None,
        tainted: false,
        opening,
    }
}

/// A run against these faults, to its end. Its clock is held, and goes on where the run waits.
async fn run(faults: Vec<Rule>) -> Ran {
    let scene = Scene::plain();
    scene.emulator.faults().replace(faults);
    let tools = Arc::new(Reader::default());
    let ids = AtomicU64::new(1);
    let held = Arc::new(HeldClock::at(Time(1_000_000_000)));
    let options = Options {
        clock: held.clone(),
        max_pages: None,
    };
    let clock = held.clone();
    let runs = Runs::new(Parts {
        store: Arc::new(SqliteStore::in_memory(options).unwrap()),
        tools: tools.clone(),
        models: Arc::new(scene.routed.clone()),
        watch: Arc::new(NoWatch),
        clock: Arc::new(move || Millis(u64::try_from(clock.now().0 / 1_000).unwrap())),
        ids: Arc::new(move || u128::from(ids.fetch_add(1, SeqCst))),
    });
    let pool: metier_store::types::PoolId = "pool".parse().unwrap();
    let new = NewRun {
        id: None,
        tenant: TenantId::local(),
        pool: pool.clone(),
        started: started(&scene),
    };
    runs.start(new).await.unwrap();
    let resting = async {
        loop {
            match runs.rest(&"host".parse().unwrap(), &pool).await.unwrap() {
                Some(Rest::Ended(ending)) => return *ending,
                Some(Rest::Asks(_) | Rest::Stuck) => panic!("nobody is asked"),
                // It asks again after a while.
                Some(Rest::Waits(_)) | None => held.advance(Duration::from_secs(5)),
            }
        }
    };
    let ending = tokio::time::timeout(PATIENCE, resting)
        .await
        .expect("it ends");
    let calls = tools.0.lock().unwrap().clone();
    let asked = scene.emulator.script().asked();
    let told = asked
        .last()
        .map(|question| format!("{:?}", question.turns))
        .unwrap_or_default();
    Ran {
        ending,
        calls,
        asked: asked.len() as u64,
        told,
    }
}

fn failed(ran: &Ran) -> &HostFault {
    match &ran.ending {
        Ending::Failed { fault } => fault,
        other => panic!("it should have failed: {other:?}"),
    }
}

fn completed(ran: &Ran) -> &Value {
    match &ran.ending {
        Ending::Completed { output } => output,
        other => panic!("it should have been completed: {other:?}"),
    }
}

#[tokio::test]
async fn a_model_that_writes_no_json_or_names_no_tool_is_told_so() {
    for (fault, words) in [
        (Fault::BadArguments, "not a JSON object"),
        (Fault::UnknownTool, "launch_missiles"),
    ] {
        let ran = run(vec![Rule::once(fault.clone())]).await;
        assert_eq!(completed(&ran), "You said: Now.", "{fault:?}");
        assert_eq!((ran.calls.len(), ran.asked), (0, 2), "{fault:?}");
        assert!(ran.told.contains(words), "{}", ran.told);
    }
}

#[tokio::test]
async fn more_calls_than_a_turn_takes_are_refused() {
    let ran = run(vec![Rule::once(Fault::ManyCalls { count: 40 })]).await;
    assert_eq!(completed(&ran), "You said: Now.");
    assert_eq!(ran.calls.len(), 32);
}

#[tokio::test]
async fn a_model_that_makes_the_same_call_for_ever_is_stopped() {
    let ran = run(vec![Rule::always(Fault::SameCall)]).await;
    let fault = failed(&ran);
    assert!(fault.message.contains("s__read"), "{fault:?}");
    assert_eq!(ran.calls, [r#"{"number":1}"#; 3]);
    assert!(ran.asked < 10, "{}", ran.asked);
}

#[tokio::test]
async fn a_model_that_stays_unwell_ends_its_run_and_is_to_blame() {
    for (fault, code) in [
        (
            Fault::LongText { bytes: 10_000_000 },
            Code::UpstreamInvalidAnswer,
        ),
        (
            Fault::ManyCalls { count: 1_000 },
            Code::UpstreamInvalidAnswer,
        ),
        (Fault::NotUtf8, Code::UpstreamInvalidAnswer),
        (Fault::NotJson, Code::UpstreamInvalidAnswer),
    ] {
        let ran = run(vec![Rule::always(fault.clone())]).await;
        let told = failed(&ran);
        assert_eq!(
            (told.code, told.blame()),
            (code, Blame::Upstream),
            "{fault:?}: {told:?}"
        );
        assert_eq!(ran.calls.len(), 0);
        assert!(ran.asked <= 5, "{fault:?} was asked {} times", ran.asked);
    }
}

#[tokio::test]
async fn a_model_that_says_nothing_is_asked_for_words_and_then_given_up() {
    let ran = run(vec![Rule::once(Fault::Empty)]).await;
    assert_eq!(
        completed(&ran),
        "You said: You answered nothing. Give your answer, or call a tool."
    );
    assert_eq!(ran.asked, 2);
    let ran = run(vec![Rule::always(Fault::Empty)]).await;
    let fault = failed(&ran);
    assert_eq!(fault.blame(), Blame::Upstream, "{fault:?}");
    assert!(ran.asked <= 5, "{}", ran.asked);
}
