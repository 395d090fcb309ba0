//! What the service writes down.

use std::time::Duration;

use metier_agent::{driver::Shift, journal::Verdict};
use metier_core::{Code, Digest, TenantId};
use metier_runtime::credentials::Secret;
use metier_service::{
    Caller, NewSkill, Role,
    agents::{POOL, Source, StartRequest},
    audit::{Expected, Filter, verify},
    directory::NewKey,
    limits::Limits,
};
use serde_json::json;

use crate::scene::{SKILL, Scene, admin, somebody};

/// Of the skill's bytes, which have no name.
fn grant(more: &str) -> String {
    let digest = Digest::of(&wat::parse_str(SKILL).unwrap());
    format!("digest = \"{digest}\"\ntools = [\"add\"]\n{more}")
}

pub const CHAIN: &str = r#"
[chain]
name = "sums"
version = "1.0.0"
description = "Adds."

[skills.math]
file = "math.wasm"
tools = ["add"]

[[approvals.rule]]
tool = "math.add"
when = "true"
then = "allow"

[[step]]
name = "one"
tool = "math.add"
args = { a = 1, b = 2 }
"#;

fn new_key(role: Role) -> NewKey {
    NewKey {
        name: "test".into(),
        role,
        tools: vec![],
        lasts: None,
    }
}

#[tokio::test]
async fn a_call_is_written_once_with_who_and_what_and_without_arguments_and_answers() {
    let scene = Scene::with_math(Limits::default()).await;
    let caller = somebody("local", Role::Caller, &[]);
    let called = scene.call(&caller, "math.add").await;
    assert_eq!(called.result.unwrap(), "5");
    scene.call(&caller, "math.crash").await.result.unwrap_err();
    let [added, crashed] = scene.records("call").try_into().unwrap();
    assert_eq!(added.tenant.as_deref(), Some("local"));
    assert_eq!(added.principal.as_deref(), Some("key/0123456789abcdef"));
    assert!(added.request.is_some());
    assert_eq!(added.rest["tool"], "add");
    assert!(added.rest["wall-us"].as_u64().unwrap() > 0);
    assert!(!added.rest.contains_key("code"));
    assert_eq!(crashed.rest["code"], "skill-trap");
    for record in [&added, &crashed] {
        for field in ["arguments", "result", "message", "fault"] {
            assert!(!record.rest.contains_key(field));
        }
    }
    assert!(scene.records("denied").is_empty());
}

#[tokio::test]
async fn a_refused_call_is_written_with_its_code() {
    let scene = Scene::with_math(Limits::default()).await;
    let viewer = somebody("local", Role::Viewer, &[]);
    let other = somebody("local", Role::Caller, &["jira.*"]).within("request-7".parse().unwrap());
    let caller = somebody("local", Role::Caller, &[]);
    let refused = [
        (&viewer, "math.add", Code::Forbidden),
        (&other, "math.add", Code::Forbidden),
        (&caller, "math.ad", Code::UnknownTool),
        (&caller, "nothing", Code::UnknownTool),
        (&caller, "jira.search", Code::UnknownTool),
    ];
    for (caller, tool, code) in refused {
        let fault = scene.call(caller, tool).await.result.unwrap_err();
        assert_eq!(fault.code, code);
    }
    let records = scene.records("denied");
    assert_eq!(records.len(), refused.len());
    for (record, (caller, tool, code)) in records.iter().zip(refused) {
        assert_eq!(record.rest["tool"], tool);
        assert_eq!(record.rest["code"], code.as_str());
        assert_eq!(record.tenant.as_deref(), Some(caller.tenant.as_str()));
        assert_eq!(record.principal.as_deref(), Some(caller.principal.as_str()));
    }
    assert_eq!(records[1].request.as_deref(), Some("request-7"));
}

#[tokio::test]
async fn a_tool_name_in_the_trail_is_bounded_and_cannot_forge_a_record() {
    let scene = Scene::with_math(Limits::default()).await;
    let caller = somebody("local", Role::Caller, &[]);
    let name = format!("a\"}}\n{{\"seq\":1{}", "x".repeat(100_000));
    scene.call(&caller, &name).await.result.unwrap_err();
    let record = scene.record("denied");
    assert!(record.rest["tool"].as_str().unwrap().len() < 400);
    let folder = scene.folder();
    assert!(verify(&folder, &Expected::default()).unwrap().is_whole());
}

#[tokio::test]
async fn every_right_that_is_missing_is_written() {
    let scene = Scene::with_math(Limits::default()).await;
    let (viewer, operator) = (
        somebody("local", Role::Viewer, &[]),
        somebody("local", Role::Operator, &[]),
    );
    let service = &scene.service;
    let directory = service.directory();
    let alias = "math".parse().unwrap();
    let tenant: TenantId = "acme".parse().unwrap();
    let mut codes = Vec::new();
    let mut tell = |result: Result<(), metier_core::Fault>| codes.push(result.unwrap_err().code);
    tell(service.enable(&viewer, &alias, false).await.map(drop));
    tell(service.grant(&viewer, &alias, None).await.map(drop));
    tell(service.uninstall(&viewer, &alias).await);
    tell(directory.keys(&viewer).map(drop));
    tell(
        directory
            .issue(&viewer, new_key(Role::Viewer))
            .await
            .map(drop),
    );
    tell(directory.revoke(&viewer, "0000000000000000").await);
    tell(directory.make_tenant(&operator, &tenant, "").await);
    tell(directory.suspend(&operator, &tenant, true).await);
    tell(directory.tenants(&operator).map(drop));
    tell(directory.acting_for(operator.clone(), tenant).map(drop));
    tell(
        directory
            .issue(&operator, new_key(Role::Admin))
            .await
            .map(drop),
    );
    let files = grant("[[files]]\npath = \"/data\"\nsource = \"/\"\naccess = \"read\"\n");
    tell(
        service
            .grant(&operator, &alias, Some(files))
            .await
            .map(drop),
    );
    let source = Source {
        text: CHAIN.into(),
        files: Default::default(),
    };
    tell(service.deploy(&viewer, source).await.map(drop));
    let records = service.records(&viewer, Filter::default(), None, 10).await;
    tell(records.map(drop));
    tell(service.secrets(&viewer).await.map(drop));
    let value = Secret::new("x");
    tell(service.keep_secret(&viewer, "a", value).await);
    tell(service.forget_secret(&viewer, "a").await);
    assert_eq!(codes, vec![Code::Forbidden; codes.len()]);
    let records = scene.records("denied");
    assert_eq!(records.len(), codes.len());
    assert!(records.iter().all(|one| one.rest["code"] == "forbidden"));
    assert_eq!(records[0].rest["right"], "operate");
    assert_eq!(records[6].rest["right"], "administer");
}

#[tokio::test]
async fn logins_are_written_once_in_a_while_and_refusals_without_the_secret() {
    let scene = Scene::start().await;
    let directory = scene.service.directory();
    let key = directory.first_key().await.unwrap().unwrap();
    let request = "request-9".parse().unwrap();
    for _ in 0..3 {
        let caller = directory.identify(&key.key, Some(&request)).unwrap();
        assert_eq!(caller.request.as_ref(), Some(&request));
    }
    let record = scene.record("login");
    assert_eq!(record.rest["opened"], true);
    assert_eq!(record.rest["key"], key.id.as_str());
    assert_eq!(record.request.as_deref(), Some("request-9"));
    assert_eq!(record.tenant.as_deref(), Some("local"));
    let wrong = format!("mtr_{}_hunter2hunter2", key.id);
    for _ in 0..100 {
        directory.authenticate(&wrong).unwrap_err();
    }
    directory.authenticate("sk-hunter2hunter2").unwrap_err();
    let refused = &scene.records("login")[1..];
    // The clock may step into another second once.
    assert!((1..=20).contains(&refused.len()), "{}", refused.len());
    assert_eq!(refused[0].rest["opened"], false);
    assert_eq!(refused[0].tenant, None);
    let text = std::fs::read_to_string(scene.folder().join("00000001.jsonl")).unwrap();
    let secret = key.key.rsplit('_').next().unwrap();
    assert!(!text.contains("hunter2") && !text.contains(secret));
}

#[tokio::test]
async fn keys_and_tenants_are_written_when_they_change() {
    let scene = Scene::start().await;
    let directory = scene.service.directory();
    let tenant: TenantId = "acme".parse().unwrap();
    directory.make_tenant(&admin(), &tenant, "").await.unwrap();
    directory.suspend(&admin(), &tenant, true).await.unwrap();
    directory.suspend(&admin(), &tenant, false).await.unwrap();
    let changes = |kind| {
        let records = scene.records(kind);
        let change = |record: &metier_service::audit::Record| record.rest["change"].clone();
        records.iter().map(change).collect::<Vec<_>>()
    };
    assert_eq!(changes("tenant"), ["made", "suspended", "resumed"]);
    let made = &scene.records("tenant")[0];
    assert_eq!(made.tenant.as_deref(), Some("acme"));
    assert_eq!(made.request.as_deref(), Some("request-1"));
    let issued = directory.issue(&admin(), new_key(Role::Viewer)).await;
    let id = issued.unwrap().id;
    directory
        .rotate(&admin(), &id, Duration::ZERO)
        .await
        .unwrap();
    directory.revoke(&admin(), &id).await.unwrap();
    assert_eq!(changes("key"), ["made", "rotated", "revoked"]);
    let record = &scene.records("key")[0];
    assert_eq!(record.rest["key"], id.as_str());
    assert_eq!(record.rest["role"], "viewer");
}

#[tokio::test]
async fn skills_and_grants_are_written_with_their_digests() {
    let scene = Scene::with_math(Limits::default()).await;
    let service = &scene.service;
    let alias = "math".parse().unwrap();
    let admin = admin();
    let granted = service.grant(&admin, &alias, Some(grant(""))).await;
    granted.unwrap();
    service.grant(&admin, &alias, None).await.unwrap();
    let replaced = SKILL.replace("\"crash\"", "\"fall\"");
    let bytes = wat::parse_str(replaced).unwrap();
    let replaced = service.install(&admin, Some(alias.clone()), NewSkill::unsigned(bytes, None));
    replaced.await.unwrap();
    service.enable(&admin, &alias, false).await.unwrap();
    service.enable(&admin, &alias, false).await.unwrap();
    service.enable(&admin, &alias, true).await.unwrap();
    service.uninstall(&admin, &alias).await.unwrap();
    let skills = scene.records("skill");
    let changes: Vec<_> = skills.iter().map(|one| &one.rest["change"]).collect();
    let expected = ["installed", "replaced", "disabled", "enabled", "removed"];
    assert_eq!(changes, expected);
    assert_eq!(skills[1].rest["before"], skills[0].rest["digest"]);
    assert_ne!(skills[1].rest["digest"], skills[0].rest["digest"]);
    let [given, taken] = scene.records("grant").try_into().unwrap();
    assert_eq!(given.rest["text"], grant(""));
    assert_eq!(given.rest["after"], taken.rest["before"]);
    assert!(!given.rest.contains_key("before") && !taken.rest.contains_key("after"));
    let digest = Digest::of(grant("").as_bytes()).to_string();
    assert_eq!(given.rest["after"], digest);
}

#[tokio::test]
async fn agents_and_runs_are_written() {
    let scene = Scene::with_math(Limits::default()).await;
    let service = &scene.service;
    for version in ["1.0.0", "1.1.0"] {
        let text = CHAIN.replace("1.0.0", version);
        let files = Default::default();
        service
            .deploy(&admin(), Source { text, files })
            .await
            .unwrap();
    }
    let name = "sums".parse().unwrap();
    service
        .make_current(&admin(), &name, "1.0.0")
        .await
        .unwrap();
    let agents = scene.records("agent");
    let told: Vec<_> = agents
        .iter()
        .map(|one| json!([one.rest["change"], one.rest["version"]]))
        .collect();
    let expected = [
        json!(["deployed", "1.0.0"]),
        json!(["deployed", "1.1.0"]),
        json!(["made-current", "1.0.0"]),
    ];
    assert_eq!(told, expected);
    assert_eq!(agents[0].rest["digest"], agents[2].rest["digest"]);
    let request = StartRequest {
        agent: name,
        version: None,
        input: json!({}),
        session: None,
        idempotency_key: None,
    };
    let run = service.start(&admin(), request).await.unwrap();
    let record = scene.record("run");
    assert_eq!(record.rest["run"], run.to_string());
    assert_eq!(record.rest["agent"], "sums");
    assert_eq!(record.rest["version"], "1.0.0");
}

#[tokio::test]
async fn what_is_decided_cancelled_and_forked_is_written() {
    let scene = Scene::with_math(Limits::default()).await;
    let (service, admin) = (&scene.service, admin());
    let source = Source {
        text: CHAIN.replace("then = \"allow\"", "then = \"ask\""),
        files: Default::default(),
    };
    service.deploy(&admin, source).await.unwrap();
    let request = || StartRequest {
        agent: "sums".parse().unwrap(),
        version: None,
        input: json!({}),
        session: None,
        idempotency_key: None,
    };
    let run = service.start(&admin, request()).await.unwrap();
    let decided = async {
        let open = loop {
            match service.approvals(&admin).await.unwrap().pop() {
                Some(open) => break open,
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        let why = "hunter2".to_owned();
        let (hash, verdict) = (open.question.hash, Verdict::Denied { why });
        let decided = service.decide(&admin, run, open.number, hash, verdict);
        decided.await.unwrap();
        open.number
    };
    let shift = Shift::of("host".parse().unwrap(), POOL.parse().unwrap());
    let question = tokio::select! {
        question = decided => question,
        worked = service.runs().work(shift, std::future::pending()) => panic!("{worked:?}"),
    };
    let record = scene.record("approval");
    assert_eq!(record.rest["run"], run.to_string());
    assert_eq!(record.rest["question"], question.0);
    assert_eq!(record.rest["verdict"], "denied");
    assert_eq!(record.principal.as_deref(), Some("local"));
    assert!(!format!("{record:?}").contains("hunter2"));
    let other = service.start(&admin, request()).await.unwrap();
    service.cancel(&admin, other, "enough").await.unwrap();
    // A fork goes on in the name of whoever started the run, and is an agent's like it.
    let stranger = Caller {
        principal: "key/0000000000000000".parse().unwrap(),
        ..admin.clone()
    };
    let narrow = Caller {
        tools: vec!["math.add".to_owned()].into(),
        ..admin.clone()
    };
    for refused in [stranger, narrow] {
        let fault = service.fork(&refused, other, None).await.unwrap_err();
        assert_eq!(fault.code, Code::Forbidden);
    }
    let fork = service.fork(&admin, other, None).await.unwrap();
    let runs = scene.records("run");
    let told: Vec<_> = runs
        .iter()
        .map(|one| json!([one.rest["change"], one.rest["run"]]))
        .collect();
    let expected = [
        json!(["started", run.to_string()]),
        json!(["started", other.to_string()]),
        json!(["cancelled", other.to_string()]),
        json!(["forked", fork.to_string()]),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn of_a_secret_only_the_name_is_written() {
    let scene = Scene::start().await;
    let (service, admin) = (&scene.service, admin());
    let value = Secret::new("hunter2");
    service.keep_secret(&admin, "token", value).await.unwrap();
    service.forget_secret(&admin, "token").await.unwrap();
    service.forget_secret(&admin, "token").await.unwrap_err();
    let [set, removed] = scene.records("secret").try_into().unwrap();
    assert_eq!(set.rest["change"], "set");
    assert_eq!(set.rest["name"], "token");
    assert_eq!(removed.rest["change"], "removed");
    let text = std::fs::read_to_string(scene.folder().join("00000001.jsonl")).unwrap();
    assert!(!text.contains("hunter2"));
}

#[tokio::test]
async fn what_did_not_happen_is_not_written() {
    let scene = Scene::with_math(Limits::default()).await;
    let before = scene.records("skill").len();
    let alias = "other".parse().unwrap();
    scene
        .service
        .enable(&admin(), &alias, true)
        .await
        .unwrap_err();
    scene.service.uninstall(&admin(), &alias).await.unwrap_err();
    let wrong = Some("tools = 1".to_owned());
    let math = "math".parse().unwrap();
    scene
        .service
        .grant(&admin(), &math, wrong)
        .await
        .unwrap_err();
    assert_eq!(scene.records("skill").len(), before);
    assert!(scene.records("grant").is_empty());
}
