//! What a skill's publisher asks for its calls: recorded with each, and booked once.

use std::time::Duration;

use metier_agent::driver::Shift;
use metier_service::{
    NewSkill, Role,
    agents::{Source, StartRequest},
    limits::Limits,
};
use metier_store::types::UsageFilter;
use serde_json::json;

use crate::{
    events::CHAIN,
    scene::{Scene, admin, somebody, with_manifest},
};

const MANIFEST: &str = r#"
[skill]
name = "com.acme/adds"
version = "1.0.0"
[pricing]
per-call = "0.002 USD"
trial = { calls = 100 }
[tools.add]
effect = "read"
[tools.crash]
effect = "read"
"#;

async fn selling() -> Scene {
    let scene = Scene::with(Limits::default()).await;
    let new = NewSkill::unsigned(with_manifest(MANIFEST), None);
    let alias = Some("math".parse().unwrap());
    scene.service.install(&admin(), alias, new).await.unwrap();
    scene
}

/// Every account with its sum and how many lines it has.
async fn booked(scene: &Scene) -> Vec<(String, i64, u64)> {
    scene.service.booked().await;
    let filter = UsageFilter::default();
    let usage = scene.service.usage(&admin(), filter).await.unwrap();
    let told = usage.iter();
    told.map(|usage| (usage.account.to_string(), usage.amount.0, usage.lines))
        .collect()
}

fn sold(calls: u64) -> (String, i64, u64) {
    let amount = 2_000_000 * calls.cast_signed();
    ("skill/com.acme/adds".to_owned(), amount, calls)
}

#[tokio::test]
async fn a_call_that_answers_is_booked_on_the_skill_and_one_that_fails_is_not() {
    let scene = selling().await;
    let caller = somebody("local", Role::Caller, &[]);
    for _ in 0..2 {
        let outcome = scene.call(&caller, "math.add").await;
        assert_eq!(outcome.result.unwrap(), "5");
        assert_eq!(outcome.price.0, 2_000_000);
    }
    let crashed = scene.call(&caller, "math.crash").await;
    crashed.result.unwrap_err();
    assert!(crashed.price.is_zero());
    assert_eq!(booked(&scene).await, [sold(2)]);
    let prices = scene.records("call");
    let prices = prices.iter().map(|it| it.rest.get("price-nano-dollars"));
    let price = json!(2_000_000);
    assert_eq!(
        prices.collect::<Vec<_>>(),
        [Some(&price), Some(&price), None]
    );
}

#[tokio::test]
async fn what_is_free_is_not_in_the_books() {
    let scene = Scene::with_math(Limits::default()).await;
    let caller = somebody("local", Role::Caller, &[]);
    scene.call(&caller, "math.add").await.result.unwrap();
    assert_eq!(booked(&scene).await, []);
    let record = scene.record("call");
    assert!(!record.rest.contains_key("price-nano-dollars"));
}

#[tokio::test]
async fn the_calls_of_a_run_are_booked_with_it_and_leave_its_budget_alone() {
    let scene = selling().await;
    let service = &scene.service;
    let (text, files) = (CHAIN.to_owned(), Default::default());
    let deployed = service.deploy(&admin(), Source { text, files }).await;
    deployed.unwrap();
    let request = StartRequest {
        agent: "sums".parse().unwrap(),
        version: None,
        input: json!({}),
        session: None,
        idempotency_key: None,
    };
    let run = service.start(&admin(), request).await.unwrap();
    let runs = service.runs().clone();
    let shift = Shift::of("test".parse().unwrap(), "default".parse().unwrap());
    let working = tokio::spawn(async move { runs.work(shift, std::future::pending()).await });
    for _ in 0..1_000 {
        if booked(&scene).await == [sold(1)] {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    working.abort();
    let filter = UsageFilter {
        run: Some(run),
        ..UsageFilter::default()
    };
    let of_run = service.usage(&admin(), filter).await.unwrap();
    assert_eq!(of_run.len(), 1, "booked with the run, and not beside it");
    let (_, state) = service.run_state(&admin(), run).await.unwrap();
    assert_eq!(state.spent.nano_dollars, 0);
}
