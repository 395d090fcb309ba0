//! A real skill that asks models and calls other skills, in a real run on a real host.

mod scene;

use metier_core::{Code, Effect};
use metier_e2e::{Guest, TestHost};
use serde_json::json;

use scene::{GRANT, Scene};

#[tokio::test]
async fn a_skill_asks_a_model_and_calls_another_skill() {
    let scene = Scene::start(GRANT);
    let asked = scene.ask(json!({ "route": "main", "prompt": "hello" }));
    assert_eq!(asked.await.output(), json!("you said: hello"));
    let schema = r#"{"type":"object","required":["n"]}"#;
    let asked = scene.ask(json!({ "route": "main", "prompt": "json", "schema": schema }));
    assert_eq!(asked.await.output(), json!("{\"n\":1}"));

    let put = json!({ "bucket": "notes", "key": "k", "value": "v" }).to_string();
    let called = scene.call(
        json!({ "skill": "test.metier/capabilities", "tool": "storage.put", "arguments": put }),
    );
    assert_eq!(called.await.output(), json!("null"));
    let get = json!({ "bucket": "notes", "key": "k" }).to_string();
    let told = scene
        .look(
            json!({ "skill": "test.metier/capabilities", "tool": "storage.get", "arguments": get }),
        )
        .await;
    assert_eq!(told.output(), json!("\"v\""));

    let records = scene.records();
    let (outer, inner) = (&records[records.len() - 1], &records[records.len() - 2]);
    assert_eq!(outer.tool.as_str(), "look");
    assert_eq!((outer.within.clone(), inner.effect), (None, Effect::Read));
    assert_eq!(
        inner.within.as_ref(),
        Some(&outer.call),
        "the chain is in the audit"
    );
}

/// The call that asks keeps its place until it is answered, and does not wait for itself.
#[tokio::test]
async fn a_host_of_one_call_makes_those_from_within_as_well() {
    let scene = Scene::with_calls(GRANT, 1);
    let put = json!({ "bucket": "notes", "key": "k", "value": "v" }).to_string();
    let called = scene.call(
        json!({ "skill": "test.metier/capabilities", "tool": "storage.put", "arguments": put }),
    );
    assert_eq!(called.await.output(), json!("null"));

    // Itself, which calls the other one.
    let inner = json!({ "skill": "test.metier/capabilities", "tool": "storage.get",
        "arguments": json!({ "bucket": "notes", "key": "k" }).to_string() });
    let outer =
        json!({ "skill": "test.metier/delegate", "tool": "call", "arguments": inner.to_string() });
    let told = scene.call(outer).await.output();
    assert!(told.as_str().unwrap().contains('v'), "{told}");
}

/// A component that says nothing of itself may do what its grant says, and counts as doing it.
#[tokio::test]
async fn a_component_without_a_manifest_reads_the_outside_when_its_grant_lets_it() {
    let scene = Scene::start(GRANT);
    let bytes = Guest::built("delegate").into_bytes();
    let digest = metier_core::Digest::of(&bytes);
    let grant = format!("digest = \"{digest}\"\ntools = [\"*\"]\n");
    assert!(!scene.is_outside(bytes.clone(), &grant).await);
    let reaching =
        grant + "[[http]]\nhost = \"api.acme.com\"\nmethods = [\"GET\"]\npaths = [\"/**\"]\n";
    assert!(scene.is_outside(bytes, &reaching).await);
}

#[tokio::test]
async fn the_callee_keeps_its_own_authority_and_lends_none() {
    let scene = Scene::start(GRANT);
    // The callee's grant has no such bucket, whatever the caller may do.
    let get = json!({ "bucket": "cache", "key": "k" }).to_string();
    let told = scene
        .look(
            json!({ "skill": "test.metier/capabilities", "tool": "storage.get", "arguments": get }),
        )
        .await;
    assert!(
        told.failed().message.contains("the bucket is not allowed"),
        "{told:?}"
    );
}

#[tokio::test]
async fn manifest_grant_and_run_each_have_to_say_yes() {
    let scene = Scene::start(GRANT);
    let cases = [
        (
            scene.ask(json!({ "route": "other", "prompt": "x" })).await,
            Code::ModelNotDeclared,
        ),
        (
            scene.ask(json!({ "route": "dear", "prompt": "x" })).await,
            Code::ModelNotGranted,
        ),
        (
            scene.peer("call", "storage.keys").await,
            Code::CallsNotDeclared,
        ),
        (
            scene.peer("call", "system.sleep").await,
            Code::CallsNotGranted,
        ),
        (
            scene.peer("look", "storage.put").await,
            Code::CallEffectExceeded,
        ),
    ];
    for (told, code) in cases {
        assert_eq!(told.failed().code, code, "{told:?}");
    }
    let without = Scene::without_callee(GRANT);
    let told = without.peer("call", "storage.put").await;
    assert_eq!(told.failed().code, Code::RunNarrowed, "{told:?}");
}

#[tokio::test]
async fn a_malformed_wish_is_the_callers_to_mend() {
    let scene = Scene::start(GRANT);
    let told = scene
        .ask(json!({ "route": "no route", "prompt": "x" }))
        .await;
    assert_eq!(told.failed().code, Code::InvalidArguments);
    let told = scene
        .ask(json!({ "route": "main", "prompt": "x", "schema": "{" }))
        .await;
    assert_eq!(told.failed().code, Code::InvalidArguments);
    let list =
        json!({ "skill": "test.metier/capabilities", "tool": "storage.put", "arguments": "[]" });
    assert_eq!(scene.call(list).await.failed().code, Code::InvalidArguments);
}

#[tokio::test]
async fn skills_in_a_circle_come_to_an_end() {
    let scene = Scene::start(GRANT);
    let mut arguments = json!({ "skill": "none.such/skill", "tool": "x", "arguments": "{}" });
    for _ in 0..6 {
        arguments = json!({ "skill": "test.metier/delegate", "tool": "call", "arguments": arguments.to_string() });
    }
    let told = scene.call(arguments).await;
    assert!(told.failed().message.contains("4 deep"), "{told:?}");
}

#[tokio::test]
async fn a_callee_has_only_the_time_its_caller_has_left() {
    let scene = Scene::start(&format!("{GRANT}[limits]\nwall = \"1s\"\n").replace(
        "\"test.metier/capabilities#storage.get\"",
        "\"test.metier/capabilities#storage.get\", \"test.metier/capabilities#system.sleep\"",
    ));
    let sleep = json!({ "milliseconds": 20_000 }).to_string();
    let told = scene
        .look(json!({ "skill": "test.metier/capabilities", "tool": "system.sleep", "arguments": sleep }))
        .await;
    assert!(
        [Code::SkillWallExceeded, Code::UpstreamUnavailable].contains(&told.failed().code),
        "{told:?}"
    );
    let records = scene.records();
    let inner = records
        .iter()
        .find(|record| record.within.is_some())
        .unwrap();
    let code = inner.fault.as_ref().unwrap().code;
    assert!(
        [Code::DeadlineExceeded, Code::Cancelled].contains(&code),
        "{code}"
    );
    assert!(inner.usage.wall.as_secs() < 5, "{:?}", inner.usage.wall);
}

#[tokio::test]
async fn outside_a_run_both_are_refused_in_words() {
    let host = TestHost::start();
    let skill = host.install(Guest::named("delegate"), GRANT).await;
    let asked = host
        .call(&skill, "ask", json!({ "route": "main", "prompt": "x" }))
        .await;
    assert_eq!(asked.outcome.result.unwrap_err().code, Code::RunNeeded);
    let arguments =
        json!({ "skill": "test.metier/capabilities", "tool": "storage.put", "arguments": "{}" });
    let called = host.call(&skill, "call", arguments).await;
    assert_eq!(called.outcome.result.unwrap_err().code, Code::RunNeeded);
}

#[tokio::test]
async fn runs_with_different_grants_for_the_same_bytes_go_on_at_once() {
    let scene = Scene::start(GRANT);
    let other = GRANT.replace("routes = [\"main\"]", "routes = [\"dear\"]");
    let scene = &scene;
    let wait = |grant: String, route: &str| {
        let arguments = json!({ "route": route, "prompt": "both" });
        async move { scene.run_under(&grant, "ask", arguments).await }
    };
    // Each model call waits until the other run has come as far: taking turns would never end.
    let both = async { tokio::join!(wait(GRANT.to_owned(), "main"), wait(other.clone(), "dear")) };
    let (one, two) = tokio::time::timeout(std::time::Duration::from_secs(60), Box::pin(both))
        .await
        .expect("the runs go on at once");
    assert_eq!(one.output(), json!("you said: both"));
    assert_eq!(two.output(), json!("you said: both"));
    // And each keeps to its own grant.
    let (one, two) = tokio::join!(wait(GRANT.to_owned(), "dear"), wait(other.clone(), "main"));
    assert_eq!(one.failed().code, Code::ModelNotGranted);
    assert_eq!(two.failed().code, Code::ModelNotGranted);
}
