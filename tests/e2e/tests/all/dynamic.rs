//! A skill whose tools are data: their list is frozen when it is packed, and never asked for again.

use metier_core::{Blame, Code};
use metier_e2e::{Guest, Installed, TestHost};
use metier_market::pack::{Inputs, pack};
use serde_json::json;

async fn dynamic() -> (TestHost, Installed) {
    let host = TestHost::start();
    let inputs = Inputs {
        component: Guest::built("dynamic").into_bytes(),
        manifest: Guest::manifest_of("dynamic"),
        ..Inputs::default()
    };
    let packed = pack(host.host(), inputs).await.unwrap();
    let skill = host.install(Guest::bytes(packed.bytes), "").await;
    (host, skill)
}

#[tokio::test]
async fn it_is_called_by_name_with_json() {
    let (host, skill) = dynamic().await;
    let arguments = json!({"any": [1, {"thing": null}]});
    assert_eq!(
        host.call(&skill, "mirror", arguments.clone()).await.json(),
        arguments
    );
}

#[tokio::test]
async fn an_answer_that_is_not_json_is_the_skills_fault() {
    let (host, skill) = dynamic().await;
    let ended = host.call(&skill, "broken", json!({})).await;
    ended.failed(Code::SkillInvalidResult, Blame::Skill);
}

#[tokio::test]
async fn a_tool_that_was_not_frozen_does_not_exist() {
    let (host, skill) = dynamic().await;
    host.call(&skill, "other", json!({}))
        .await
        .failed(Code::UnknownTool, Blame::Caller);
}

#[tokio::test]
async fn arguments_that_are_no_object_are_refused_before_it_starts() {
    let (host, skill) = dynamic().await;
    host.call(&skill, "mirror", json!([1]))
        .await
        .failed(Code::InvalidArguments, Blame::Caller);
}

#[tokio::test]
async fn without_a_frozen_list_it_does_not_load() {
    let host = TestHost::start();
    let fault = host
        .try_install("local", Guest::named("dynamic"), "")
        .await
        .unwrap_err();
    assert_eq!(
        (fault.code, fault.blame()),
        (Code::SkillNoTools, Blame::Skill),
        "{fault}"
    );
}
