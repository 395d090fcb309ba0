//! Skills that ask models and call other skills while their own call is under way.

use std::{
    sync::atomic::{AtomicU64, Ordering::SeqCst},
    time::Duration,
};

use metier_agent::{
    driver::{Decision, From, LEASE, Rest, ToolCall, Wish},
    journal::{Act, Ending, Event, Intent, Outcome, Slot, Verdict, Words},
};
use metier_core::{Effect, Fault, PrincipalId};
use metier_store::types::{RunId, UsageFilter};
use serde_json::{Value, json};

use crate::{
    crash::to_the_end,
    world::{NEVER, Outside, World, started},
};

/// Does what the arguments say: `ask` questions one after the other, `call` tools, go `down` a number of calls, `leave` a
/// question behind, ask `late`, when the call has ended, and `hear` what that brought, `look` whether one was given up. What was heard, or nothing when the arguments say nothing of the kind.
pub async fn ask_for_more(outside: &Outside, call: &ToolCall) -> Option<Value> {
    let is_asked_for = call.arguments == "{}" && call.tool.effect != Effect::Read;
    assert!(
        !is_asked_for || call.caller.is_some(),
        "it is known who asks"
    );
    let arguments: Value = serde_json::from_str(&call.arguments).unwrap();
    let mut heard = Vec::new();
    for prompt in arguments["ask"].as_array().into_iter().flatten() {
        heard.push(told(
            call.asks
                .wish(question(prompt.as_str().unwrap()), From::default())
                .await,
        ));
    }
    for tool in arguments["call"].as_array().into_iter().flatten() {
        let tool = tool.as_str().unwrap();
        heard.push(told(call.asks.wish(peer(tool, json!({})), known()).await));
    }
    if let Some(left) = arguments["down"].as_u64().filter(|left| *left > 0) {
        let wish = peer("com.acme/s#write", json!({ "down": left - 1 }));
        heard.push(told(call.asks.wish(wish, known()).await));
    }
    if arguments["leave"] == json!(true) {
        let asks = call.asks.clone();
        tokio::spawn(async move { asks.wish(question("hang"), From::default()).await });
        assert!(comes(&outside.hanging).await);
        heard.push(json!("left"));
    }
    if arguments["late"] == json!(true) {
        let (asks, late) = (call.asks.clone(), outside.late.clone());
        let told_late = outside.told_late.clone();
        tokio::spawn(async move {
            late.notified().await;
            let wished = asks.wish(question("late"), From::default()).await;
            *told_late.lock().unwrap() = Some(told(wished));
        });
        heard.push(json!("later"));
    }
    if arguments["hear"] == json!(true) {
        outside.late.notify_one();
        heard.push(told_late(outside).await);
    }
    if arguments["look"] == json!(true) && comes(&outside.given_up).await {
        heard.push(json!("given up"));
    }
    (!heard.is_empty()).then_some(Value::Array(heard))
}

/// What a call was told that asked after its end; nothing when it hears nothing for some seconds.
async fn told_late(outside: &Outside) -> Value {
    for _ in 0..1_000 {
        if let Some(told) = outside.told_late.lock().unwrap().take() {
            return told;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Value::Null
}

/// Whether something is counted within some seconds.
async fn comes(count: &AtomicU64) -> bool {
    for _ in 0..1_000 {
        if count.load(SeqCst) > 0 {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    false
}

/// A call that names itself.
fn known() -> From {
    From {
        caller: Some("call-1".parse().unwrap()),
        deadline: None,
    }
}

fn question(prompt: &str) -> Wish {
    Wish::Model {
        route: "main".parse().unwrap(),
        words: Words {
            system: None,
            prompt: prompt.to_owned(),
            structured: false,
            schema: None,
        },
        max_tokens: Some(1_000),
    }
}

fn peer(tool: &str, arguments: Value) -> Wish {
    Wish::Tool {
        tool: tool.parse().unwrap(),
        arguments,
    }
}

fn told(wished: Result<Outcome, Fault>) -> Value {
    match wished {
        Ok(Outcome::Answer(answer)) => json!(answer.message.words()),
        Ok(Outcome::Output { value, .. }) => serde_json::from_str(&value).unwrap(),
        Ok(other) => json!(format!("{other:?}")),
        Err(fault) => json!(fault.code.as_str()),
    }
}

/// A chain of one step that calls `s.TOOL` with these arguments, and with more in its file.
fn one(tool: &str, args: &str, more: &str) -> String {
    format!(
        "[chain]\nname = \"c\"\n{more}\n[[step]]\nname = \"a\"\ntool = \"s.{tool}\"\nargs = {args}\n"
    )
}

/// What the step heard, in a world of its own where nobody dies; every question is approved.
async fn heard(tool: &str, args: &str, more: &str) -> String {
    let world = World::new();
    let (ending, _, _) = to_the_end(&world, &one(tool, args, more), NEVER).await;
    match ending {
        Ending::Completed { output } => output["done"].as_str().unwrap().to_owned(),
        other => panic!("{other:?}"),
    }
}

const ASKS: &str = r#"
[chain]
name = "asks"
[[step]]
name = "a"
tool = "s.write"
args = { ask = ["one", "two", "one"], call = ["com.acme/s#idempotent", "com.acme/s#write"], down = 1 }
"#;

const LATE: &str = r#"
[chain]
name = "late"
[[step]]
name = "a"
tool = "s.write"
args = { late = true }
[[step]]
name = "b"
tool = "s.idempotent"
args = { hear = true }
"#;

#[tokio::test]
async fn a_call_that_has_ended_asks_for_nothing() {
    let world = World::new();
    let (ending, _, _) = to_the_end(&world, LATE, NEVER).await;
    assert!(matches!(ending, Ending::Completed { .. }), "{ending:?}");
    assert_eq!(
        world.outside.done(),
        [r#"idempotent ["cancelled"]"#, r#"write ["later"]"#]
    );
    let runs = world.runs(NEVER).0;
    let spent = runs.timeline(&RunId::new(1)).await.unwrap().state.spent;
    assert_eq!(spent.nano_dollars, 0);
}

#[tokio::test]
async fn a_call_that_is_made_again_neither_pays_nor_acts_twice() {
    let quiet = World::new();
    let (expected, decisions, points) = to_the_end(&quiet, ASKS, NEVER).await;
    let done = quiet.outside.done();
    assert_eq!((done.len(), decisions), (4, 0), "{done:?}");
    assert!(points >= 30, "{points} points are too few");
    let spent = |world: &World| {
        let runs = world.runs(NEVER).0;
        async move { runs.timeline(&RunId::new(1)).await.unwrap().state.spent }
    };
    let quiet_spent = spent(&quiet).await;
    assert_eq!(quiet_spent.nano_dollars, 3 * 120_000);

    for point in 1..=points {
        let world = World::new();
        let (ending, _, _) = to_the_end(&world, ASKS, point).await;
        assert_eq!(ending, expected, "died at point {point}");
        assert_eq!(world.outside.done(), done, "died at point {point}");
        assert_eq!(spent(&world).await, quiet_spent, "died at point {point}");
    }
}

#[tokio::test]
async fn the_journal_says_who_asked_and_the_audit_too() {
    let world = World::new();
    to_the_end(&world, ASKS, NEVER).await;
    let run = RunId::new(1);
    let told = world.runs(NEVER).0.timeline(&run).await.unwrap();
    let within: Vec<String> = told
        .entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Intended(Intent {
                slot: Slot::Within { of, .. },
                act,
                ..
            }) => Some(match act {
                Act::Model { route, .. } => format!("{of} asks {route}"),
                Act::Tool { tool, .. } | Act::Builtin { tool, .. } => format!("{of} calls {tool}"),
            }),
            _ => None,
        })
        .collect();
    let first = within[0].split(' ').next().unwrap();
    let outer: u64 = first.parse().unwrap();
    assert_eq!(within[0], format!("{first} asks main"));
    assert_eq!(within[3], format!("{first} calls s.idempotent"));
    assert_eq!(within.len(), 6);
    let trail = world.store.audit(&run, metier_store::types::Seq(0), 100);
    let trail: Vec<Value> = trail
        .await
        .unwrap()
        .iter()
        .map(|entry| serde_json::from_slice(&entry.body).unwrap())
        .collect();
    let named = |key: &str| {
        trail
            .iter()
            .filter(|line| line["within"] == outer && line.get(key).is_some())
            .count()
    };
    assert_eq!((named("model"), named("tool")), (3, 3), "{trail:?}");
    let booked = world.store.usage(&UsageFilter::default()).await.unwrap();
    let booked: Vec<_> = booked
        .iter()
        .map(|usage| (usage.account.as_str(), usage.amount.0))
        .collect();
    assert_eq!(booked, [("model/one/skill/s", 3 * 120_000)]);
}

#[tokio::test]
async fn a_tool_reaches_nothing_graver_than_itself_through_others() {
    let through = heard(
        "read",
        r#"{ call = ["com.acme/s#read", "com.acme/s#write"] }"#,
        "",
    );
    let through = through.await;
    assert!(through.contains("call-effect-exceeded"), "{through}");
    assert!(through.contains("read {}"), "{through}");
}

#[tokio::test]
async fn what_needs_consent_is_refused_and_a_rule_can_allow_it() {
    let args = r#"{ call = ["com.acme/s#destructive"] }"#;
    let refused = heard("destructive", args, "").await;
    assert!(refused.contains("call-needs-approval"), "{refused}");
    let rule = "[approvals]\n[[approvals.rule]]\ntool = \"s.destructive\"\nwhen = \"size(args) == 0\"\nthen = \"allow\"\n";
    let allowed = heard("destructive", args, rule).await;
    assert!(allowed.contains("destructive {}"), "{allowed}");
    let never = "[approvals]\n[[approvals.rule]]\ntool = \"s.write\"\nwhen = \"size(args) == 0\"\nthen = \"deny\"\n";
    let denied = heard("write", r#"{ call = ["com.acme/s#write"] }"#, never).await;
    assert!(denied.contains("approval-denied"), "{denied}");
}

#[tokio::test]
async fn depth_and_number_are_limited() {
    let deep = heard("write", "{ down = 4 }", "").await;
    assert!(!deep.contains("call-too-deep"), "{deep}");
    let deeper = heard("write", "{ down = 5 }", "").await;
    assert!(deeper.contains("call-too-deep"), "{deeper}");
    let two = heard("write", "{ down = 3 }", "[limits]\ncall-depth = 2\n").await;
    assert!(two.contains("call-too-deep"), "{two}");

    let questions = |count: usize| format!("{{ ask = {} }}", json!(vec!["q"; count]));
    let most = heard("read", &questions(32), "").await;
    assert!(!most.contains("calls-exceeded"), "{most}");
    let more = heard("read", &questions(33), "").await;
    assert_eq!(more.matches("calls-exceeded").count(), 1, "{more}");
    let few = heard("read", &questions(3), "[limits]\ncalls-per-call = 1\n").await;
    assert_eq!(few.matches("calls-exceeded").count(), 2, "{few}");
}

#[tokio::test]
async fn the_budget_of_the_run_pays() {
    let money = heard(
        "read",
        r#"{ ask = ["q", "q"] }"#,
        "[budget]\nmoney = \"0.10 USD\"\n",
    );
    let money = money.await;
    assert_eq!(money.matches("run-budget-exceeded").count(), 0, "{money}");
    let none = heard(
        "read",
        r#"{ ask = ["q"] }"#,
        "[budget]\nmoney = \"0.0001 USD\"\n",
    );
    let none = none.await;
    assert!(none.contains("run-budget-exceeded"), "{none}");
    let calls = heard(
        "write",
        r#"{ call = ["com.acme/s#read", "com.acme/s#read"] }"#,
        "[budget]\ncalls = { \"s.read\" = 1 }\n",
    );
    let calls = calls.await;
    assert_eq!(calls.matches("run-budget-exceeded").count(), 1, "{calls}");
}

#[tokio::test]
async fn a_run_has_only_its_own_tools() {
    let other = heard(
        "write",
        r#"{ call = ["com.acme/other#read", "com.acme/s#unknown"] }"#,
        "",
    );
    let other = other.await;
    assert_eq!(other.matches("run-narrowed").count(), 2, "{other}");
}

/// Leaves a question behind, and goes on once it was given up.
const LEAVES: &str = r#"
[chain]
name = "leaves"
[[step]]
name = "a"
tool = "s.read"
args = { leave = true }
[[step]]
name = "b"
tool = "s.read"
args = { look = true }
"#;

#[tokio::test]
async fn what_was_asked_for_ends_with_the_call_that_asked() {
    let world = World::new();
    let (ending, _, _) = to_the_end(&world, LEAVES, NEVER).await;
    assert!(
        matches!(&ending, Ending::Completed { output } if output["done"] == json!("read [\"given up\"]")),
        "{ending:?}"
    );
    let told = world.runs(NEVER).0.timeline(&RunId::new(1)).await.unwrap();
    let spent = &told.state.spent;
    assert!(
        told.state.pending.is_empty() && spent.estimated,
        "{spent:?}"
    );
    assert_eq!(spent.reserved.nano_dollars, 0);
    assert!(spent.nano_dollars > 0, "it may have to be paid");
}

#[tokio::test]
async fn a_call_is_not_made_again_before_all_it_asked_for_is_decided() {
    let both = one("write", r#"{ call = ["com.acme/s#write"] }"#, "");
    let mut seen = 0;
    for point in 1..30 {
        let world = World::new();
        let run = world.start(started(&both)).await;
        world.work(point).await;
        world.advance(LEASE + Duration::from_secs(1)).await;
        world.work(NEVER).await;
        let runs = world.runs(NEVER).0;
        let questions = runs.timeline(&run).await.unwrap().state.questions;
        if questions.len() < 2 {
            continue;
        }
        seen += 1;
        let calls = world.outside.seen.load(SeqCst);
        for (number, question) in questions {
            assert_eq!(
                world.outside.seen.load(SeqCst),
                calls,
                "died at point {point}"
            );
            let decision = Decision {
                question: number,
                hash: question.hash,
                verdict: Verdict::Approved,
                by: PrincipalId::local(),
            };
            runs.decide(&run, decision).await.unwrap();
            let worked = tokio::time::timeout(Duration::from_secs(20), world.work(NEVER));
            worked.await.expect("it rests, or ends");
        }
        let told = runs.timeline(&run).await.unwrap();
        assert!(matches!(told.state.ended, Some(Ending::Completed { .. })));
    }
    assert!(seen >= 2, "{seen}");
}

#[tokio::test]
async fn a_cancelled_run_gives_up_what_its_skills_asked_for() {
    let world = World::new();
    let run = world
        .start(started(&one("read", r#"{ ask = ["hang"] }"#, "")))
        .await;
    let runs = world.runs(NEVER).0;
    let cancel = async {
        assert!(comes(&world.outside.hanging).await);
        runs.cancel(&run, PrincipalId::local(), "enough")
            .await
            .unwrap();
    };
    let ((rest, _), ()) = tokio::join!(world.work(NEVER), cancel);
    let Some(Some(Rest::Ended(ending))) = rest else {
        panic!("{rest:?}")
    };
    assert!(matches!(*ending, Ending::Cancelled { .. }));
    assert!(comes(&world.outside.given_up).await);
}
