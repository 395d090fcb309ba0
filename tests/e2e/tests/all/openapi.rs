//! The component `metier` carries, with plans written by hand: its tools are data, and its requests are the host's to allow.

use std::collections::BTreeMap;

use metier_core::{Blame, Code};
use metier_e2e::{Guest, Installed, TestHost, Upstream};
use metier_market::pack::{Inputs, pack};
use metier_openapi_plan::{
    BaseUrlConfig, Body, BodyKind, Operation, Parameter, Place, Plan, RESOURCE, Style,
};
use serde_json::{Value, json};

const MANIFEST: &str = r#"
[skill]
name = "com.example/api"
version = "0.1.0"
description = "An API of a test."

[tools.echo]
effect = "read"
[tools.send]
effect = "write"
[tools.bytes]
effect = "read"
[tools.missing]
effect = "read"
[tools.admin]
effect = "read"

[[capabilities.http]]
scheme = "http"
host = "*.test"
methods = ["GET", "PUT"]
paths = ["/**"]

[capabilities.artifacts]

[capabilities.config]
keys = ["base-url"]
"#;

fn parameter(name: &str, place: Place, style: Style) -> Parameter {
    Parameter {
        argument: name.to_owned(),
        name: name.to_owned(),
        place,
        style,
        explode: true,
        ..Parameter::default()
    }
}

fn operation(tool: &str, method: &str, path: &str, parameters: Vec<Parameter>) -> Operation {
    Operation {
        tool: tool.to_owned(),
        description: format!("Does {tool}."),
        method: method.to_owned(),
        path: path.to_owned(),
        parameters,
        input_schema: json!({"type": "object"}),
        ..Operation::default()
    }
}

fn plan() -> Plan {
    let id = || parameter("id", Place::Path, Style::Simple);
    let query = parameter("q", Place::Query, Style::Form);
    let body = Body {
        kind: BodyKind::Binary,
        media_type: "text/plain".to_owned(),
        required: true,
        whole: Some("body".to_owned()),
        ..Body::default()
    };
    Plan {
        base_url: "http://your-domain.test".to_owned(),
        base_url_config: BaseUrlConfig::Required,
        operations: vec![
            operation("echo", "GET", "/echo/{id}", vec![id(), query]),
            Operation {
                body: Some(body),
                ..operation("send", "PUT", "/echo/{id}", vec![id()])
            },
            operation("bytes", "GET", "/bytes/{id}", vec![id()]),
            operation("missing", "GET", "/status/404", vec![]),
            operation("admin", "GET", "/admin", vec![]),
        ],
    }
}

struct Scene {
    host: TestHost,
    skill: Installed,
    upstream: Upstream,
}

impl Scene {
    async fn new(more: &str) -> Scene {
        let (host, upstream) = (TestHost::start(), Upstream::start().await);
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../skills/openapi/openapi.wasm"
        );
        let plan = plan().to_json().unwrap().into_bytes();
        let inputs = Inputs {
            component: std::fs::read(file).unwrap(),
            manifest: MANIFEST.to_owned(),
            resources: BTreeMap::from([(RESOURCE.to_owned(), plan)]),
            ..Inputs::default()
        };
        let packed = pack(host.host(), inputs)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let paths = r#"["/echo/**", "/bytes/*", "/status/*"]"#;
        let rule = crate::grants::rule("api.test", r#"["GET", "PUT"]"#, paths, &upstream);
        let skill = host
            .install(Guest::bytes(packed.bytes), &format!("{rule}{more}"))
            .await;
        Scene {
            host,
            skill,
            upstream,
        }
    }

    async fn call(&self, tool: &str, arguments: Value) -> metier_e2e::Ended {
        self.host.call(&self.skill, tool, arguments).await
    }
}

const CONFIGURED: &str = "[config]\nbase-url = \"http://api.test/\"\n[artifacts]\n";

#[tokio::test]
async fn a_request_is_made_of_the_plan_and_the_arguments() {
    let scene = Scene::new(CONFIGURED).await;
    let ended = scene
        .call("echo", json!({"id": "a b", "q": ["x&y", 2]}))
        .await;
    assert_eq!(ended.json()["target"], "/echo/a%20b?q=x%26y&q=2");
}

#[tokio::test]
async fn what_is_wrong_with_the_arguments_is_said_before_anything_is_sent() {
    let scene = Scene::new(CONFIGURED).await;
    for (arguments, needle) in [
        (json!({"id": "a", "qq": 1}), "did you mean `q`"),
        (json!({}), "`id` is required"),
        (json!({"id": ".."}), "`id` is `.` or `..`"),
    ] {
        let ended = scene.call("echo", arguments).await;
        let fault = ended.failed(Code::InvalidArguments, Blame::Caller);
        assert!(
            format!("{fault} {:?}", fault.details).contains(needle),
            "{fault}"
        );
    }
    assert!(scene.upstream.seen().is_empty());
}

#[tokio::test]
async fn the_hosts_refusals_and_the_services_keep_their_codes() {
    let scene = Scene::new(CONFIGURED).await;
    let missing = scene.call("missing", json!({})).await;
    missing.failed(Code::NotFound, Blame::Caller);
    let refused = scene.call("admin", json!({})).await;
    assert_eq!(refused.denials(), [Code::HttpNotGranted]);
    refused.failed(Code::HttpNotGranted, Blame::Operator);
}

#[tokio::test]
async fn a_service_whose_address_only_the_operator_knows_is_asked_for() {
    let scene = Scene::new("").await;
    let ended = scene.call("echo", json!({"id": "a"})).await;
    let fault = ended.fault();
    assert!(
        format!("{fault} {:?}", fault.details).contains("base-url"),
        "{fault}"
    );
}

#[tokio::test]
async fn a_large_answer_is_cut_and_kept_whole() {
    let scene = Scene::new(CONFIGURED).await;
    let ended = scene.call("bytes", json!({"id": 200_000})).await;
    let answer = ended.json();
    assert!(
        answer["truncated"]
            .as_str()
            .unwrap_or_default()
            .contains("was cut")
            || answer["body"].is_null()
    );
    let [artifact] = ended.outcome.artifacts.as_slice() else {
        panic!("{:?}", ended.outcome.artifacts)
    };
    assert_eq!(artifact.size, 200_000);
    assert_eq!(answer["artifact"]["digest"], artifact.digest.to_string());
}

#[tokio::test]
async fn an_artifact_the_caller_names_is_sent() {
    let scene = Scene::new(CONFIGURED).await;
    let kept = scene.call("bytes", json!({"id": 100_000})).await;
    let digest = kept.json()["artifact"]["digest"].clone();
    let sent = scene
        .call("send", json!({"id": "a", "body": {"artifact": digest}}))
        .await;
    assert_eq!(sent.outcome.usage.request_bytes, 100_000);
    let unknown = format!("sha256:{}", "0".repeat(64));
    let ended = scene
        .call("send", json!({"id": "a", "body": {"artifact": unknown}}))
        .await;
    ended.failed(Code::InvalidArguments, Blame::Caller);
}
