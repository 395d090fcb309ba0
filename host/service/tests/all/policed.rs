//! Policies on tools: who may put them, and that they hold for every call.

use std::time::Duration;

use metier_agent::driver::Shift;
use metier_core::Code;
use metier_service::{
    Caller, Role,
    agents::{Source, StartRequest},
    limits::Limits,
    policy::Mode,
};

use serde_json::json;

use crate::{
    events::CHAIN,
    scene::{Scene, admin, somebody},
};

const SMALL: &str = r#"@id("small-sums")
permit (principal, action, resource == Metier::Tool::"math.add")
when { principal.role == "caller" && context.arguments.b < 10 };
"#;

async fn put(scene: &Scene, text: &str, mode: Mode) {
    let put = scene.service.put_policy(&admin(), text.into(), mode).await;
    put.unwrap();
}

async fn called(scene: &Scene, caller: &Caller) -> Option<Code> {
    let outcome = scene.call(caller, "math.add").await;
    outcome.result.err().map(|fault| fault.code)
}

#[tokio::test]
async fn a_tenant_without_policies_is_as_before_and_one_with_them_needs_a_permit() {
    let scene = Scene::with_math(Limits::default()).await;
    let caller = somebody("local", Role::Caller, &[]);
    assert_eq!(called(&scene, &caller).await, None);
    put(&scene, "", Mode::Enforce).await;
    let fault = scene.call(&caller, "math.add").await.result.unwrap_err();
    assert_eq!(fault.code, Code::PolicyDenied);
    assert_eq!(fault.details["policies"], "");
    put(&scene, SMALL, Mode::Enforce).await;
    assert_eq!(called(&scene, &caller).await, None);
    let operator = somebody("local", Role::Operator, &[]);
    assert_eq!(called(&scene, &operator).await, Some(Code::PolicyDenied));
    let forbid = format!("{SMALL}@id(\"no\") forbid (principal, action, resource);");
    put(&scene, &forbid, Mode::Enforce).await;
    let fault = scene.call(&caller, "math.add").await.result.unwrap_err();
    assert_eq!(fault.details["policies"], "no");
    scene.service.remove_policy(&admin()).await.unwrap();
    assert_eq!(called(&scene, &operator).await, None);
}

#[tokio::test]
async fn a_policy_gives_nothing_that_role_and_key_do_not() {
    let scene = Scene::with_math(Limits::default()).await;
    put(
        &scene,
        "permit (principal, action, resource);",
        Mode::Enforce,
    )
    .await;
    let viewer = somebody("local", Role::Viewer, &[]);
    assert_eq!(called(&scene, &viewer).await, Some(Code::Forbidden));
    let other = somebody("local", Role::Caller, &["jira.*"]);
    assert_eq!(called(&scene, &other).await, Some(Code::Forbidden));
}

#[tokio::test]
async fn what_is_only_logged_is_not_enforced_and_every_decision_is_written() {
    let scene = Scene::with_math(Limits::default()).await;
    let caller = somebody("local", Role::Caller, &[]).within("request-7".parse().unwrap());
    let operator = somebody("local", Role::Operator, &[]);
    put(&scene, SMALL, Mode::LogOnly).await;
    assert_eq!(called(&scene, &caller).await, None);
    assert_eq!(called(&scene, &operator).await, None);
    put(&scene, SMALL, Mode::Enforce).await;
    assert_eq!(called(&scene, &operator).await, Some(Code::PolicyDenied));
    let records = scene.records("policy");
    let told: Vec<_> = records
        .iter()
        .map(|record| {
            (
                record.rest["decision"].as_str().unwrap(),
                record.rest["policies"].to_string(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("allowed", r#"["small-sums"]"#.to_owned()),
            ("would-deny", "[]".to_owned()),
            ("denied", "[]".to_owned()),
        ]
    );
    assert_eq!(records[0].rest["tool"], "math.add");
    assert_eq!(records[0].request.as_deref(), Some("request-7"));
    assert_eq!(
        records[0].principal.as_deref(),
        Some(caller.principal.as_str())
    );
}

#[tokio::test]
async fn policies_are_the_operators_and_of_one_tenant() {
    let scene = Scene::with_math(Limits::default()).await;
    let service = &scene.service;
    for role in [Role::Caller, Role::Approver, Role::Viewer] {
        let somebody = somebody("local", role, &[]);
        let fault = service
            .put_policy(&somebody, SMALL.into(), Mode::Enforce)
            .await
            .unwrap_err();
        assert_eq!(fault.code, Code::Forbidden);
        let fault = service.remove_policy(&somebody).await.unwrap_err();
        assert_eq!(fault.code, Code::Forbidden);
    }
    let other = somebody("acme", Role::Operator, &[]);
    service
        .put_policy(&other, String::new(), Mode::Enforce)
        .await
        .unwrap();
    let caller = somebody("local", Role::Caller, &[]);
    assert_eq!(called(&scene, &caller).await, None);
    let fault = service.policy(&caller).unwrap_err();
    assert_eq!(fault.code, Code::NotFound);
    assert_eq!(service.policy(&other).unwrap().mode, Mode::Enforce);
    let broken = "\npermit (principal, action, resource) when { principal.rol == \"x\" };";
    let fault = service
        .put_policy(&other, broken.into(), Mode::LogOnly)
        .await
        .unwrap_err();
    assert_eq!(fault.code, Code::InvalidArguments);
    assert!(fault.message.contains("line 2"), "{fault}");
    assert_eq!(service.policy(&other).unwrap().text, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tools_of_runs_are_asked_for_too() {
    let scene = Scene::with_math(Limits::default()).await;
    let service = &scene.service;
    let (text, files) = (CHAIN.to_owned(), Default::default());
    let deployed = service.deploy(&admin(), Source { text, files }).await;
    deployed.unwrap();
    let runs = service.runs().clone();
    let shift = Shift::of("test".parse().unwrap(), "default".parse().unwrap());
    let working = tokio::spawn(async move { runs.work(shift, std::future::pending()).await });
    let within = r#"@id("runs") permit (principal, action, resource)
        when { context.within_run && principal.role == "run" && context.arguments.a == 1 && !context.tainted };"#;
    for (policy, decision) in [(within, "allowed"), (SMALL, "denied")] {
        put(&scene, policy, Mode::Enforce).await;
        let before = scene.records("policy").len();
        let request = StartRequest {
            agent: "sums".parse().unwrap(),
            version: None,
            input: json!({}),
            session: None,
            idempotency_key: None,
        };
        service.start(&admin(), request).await.unwrap();
        let mut waited = 0;
        while scene.records("policy").len() == before && waited < 1_000 {
            tokio::time::sleep(Duration::from_millis(10)).await;
            waited += 1;
        }
        assert_eq!(scene.records("policy")[before].rest["decision"], decision);
    }
    // Only the one that was allowed reached the sandbox.
    assert_eq!(scene.records("call").len(), 1);
    working.abort();
}
