//! Any component that exports typed functions is a skill: every WIT type goes in as JSON and comes back the same.

use metier_core::{Blame, Code};
use metier_e2e::{Guest, Installed, TestHost};
use serde_json::{Value, json};

async fn echo() -> (TestHost, Installed) {
    let host = TestHost::start();
    let echo = host.install(Guest::named("echo"), "").await;
    (host, echo)
}

#[tokio::test]
async fn a_function_is_a_tool() {
    let (host, echo) = echo().await;
    let ended = host.call(&echo, "greet", json!({"name": "Ada"})).await;
    assert_eq!(ended.text(), "Hello, Ada!");
    assert!(ended.outcome.usage.memory_peak_bytes > 0);
}

#[tokio::test]
async fn it_needs_no_manifest() {
    let host = TestHost::start();
    let bare = host.install(Guest::built("echo"), "").await;
    assert_eq!(
        host.call(&bare, "greet", json!({"name": "Ada"}))
            .await
            .text(),
        "Hello, Ada!"
    );
}

/// One value, or a few edges, of every type.
fn values() -> Vec<(&'static str, Value)> {
    let person = json!({
        "name": "Ada", "email": null, "tags": ["a", ""], "favourite": "blue",
        "address": {"street": "Rue Ù", "position": [48.85, -2.5]},
    });
    let numbers = json!({
        "small": 255, "short": -32768, "unsigned": u64::MAX.to_string(), "signed": i64::MIN.to_string(),
        "single": 1.5, "double": 1e300, "letter": "😀", "yes": true,
    });
    vec![
        ("numbers", numbers),
        ("person", person.clone()),
        ("colour", json!("green")),
        ("figure", json!({"polygon": [[0.0, 1.0], [2.5, 3.5]]})),
        ("figure", json!({"named": person})),
        ("rights", json!(["read", "delete"])),
        ("rights", json!([])),
        ("s8", json!(-128)),
        ("u16", json!(65535)),
        ("s32", json!(i32::MIN)),
        ("u32", json!(u32::MAX)),
        ("s64", json!(i64::MAX.to_string())),
        ("u64", json!(u64::MAX.to_string())),
        ("f32", json!(-0.25)),
        ("f64", json!(0.1)),
        ("letter", json!("ß")),
        ("yes", json!(false)),
        ("text", json!("line\nline \u{0} \u{202e} 😀")),
        ("bytes", json!("AP+A")),
        ("bytes", json!("")),
        ("lists", json!([[1, 2], [], [u32::MAX]])),
        ("pair", json!(["x", 7, true])),
        ("maybe", json!(null)),
        ("maybe", json!("here")),
        ("outcome", json!([{"ok": 7}])),
        ("outcome", json!([{"err": "no"}])),
    ]
}

#[tokio::test]
async fn every_type_goes_in_and_comes_back() {
    let (host, echo) = echo().await;
    for (name, value) in values() {
        let ended = host
            .call(
                &echo,
                &format!("shapes.echo-{name}"),
                json!({"value": value}),
            )
            .await;
        assert_eq!(ended.json(), value, "{name}");
    }
}

/// What comes back is what goes in, also where the nesting makes it hard to write down here.
#[tokio::test]
async fn nested_options_and_results_keep_their_depth() {
    let (host, echo) = echo().await;
    for value in [json!(null), json!({"some": null}), json!({"some": 3})] {
        let ended = host
            .call(&echo, "shapes.echo-maybe-twice", json!({"value": value}))
            .await;
        assert_eq!(ended.json(), value);
    }
    let nested =
        json!([{"err": null}, {"ok": null}, {"ok": {"ok": null}}, {"ok": {"err": "deep"}}]);
    let ended = host
        .call(
            &echo,
            "shapes.echo-outcome-nested",
            json!({"value": nested}),
        )
        .await;
    assert_eq!(ended.json(), nested);
}

#[tokio::test]
async fn a_function_without_arguments_and_result_answers_null() {
    let (host, echo) = echo().await;
    assert_eq!(
        host.call(&echo, "shapes.nothing", json!({})).await.json(),
        Value::Null
    );
}

#[tokio::test]
async fn a_result_is_unwrapped() {
    let (host, echo) = echo().await;
    let ended = host
        .call(&echo, "shapes.unwrap", json!({"value": {"ok": 7}}))
        .await;
    assert_eq!(ended.json(), json!(7));
    let ended = host
        .call(
            &echo,
            "shapes.unwrap",
            json!({"value": {"err": "out of ink"}}),
        )
        .await;
    let fault = ended.failed(Code::SkillInternal, Blame::Skill);
    assert!(fault.message.contains("out of ink"), "{fault}");
}

#[tokio::test]
async fn each_case_of_the_standard_error_has_its_code_and_blame() {
    let (host, echo) = echo().await;
    let cases = [
        (
            json!({"invalid-input": "x"}),
            Code::InvalidArguments,
            Blame::Caller,
        ),
        (
            json!({"unauthorized": "x"}),
            Code::UpstreamUnauthorized,
            Blame::Operator,
        ),
        (
            json!({"denied": "x"}),
            Code::UpstreamDenied,
            Blame::Operator,
        ),
        (json!({"not-found": "x"}), Code::NotFound, Blame::Caller),
        (json!({"conflict": "x"}), Code::Conflict, Blame::Caller),
        (
            json!({"unavailable": "x"}),
            Code::UpstreamUnavailable,
            Blame::Upstream,
        ),
        (json!({"internal": "x"}), Code::SkillInternal, Blame::Skill),
    ];
    for (error, code, blame) in cases {
        host.call(&echo, "shapes.fail", json!({"error": error}))
            .await
            .failed(code, blame);
    }
    let limited = json!({"rate-limited": {"message": "slow down", "retry-after-seconds": 9}});
    let ended = host
        .call(&echo, "shapes.fail", json!({"error": limited}))
        .await;
    let fault = ended.failed(Code::UpstreamRateLimited, Blame::Upstream);
    assert_eq!(fault.retry_after.map(|wait| wait.as_secs()), Some(9));
}

#[tokio::test]
async fn wrong_arguments_are_the_callers_fault_and_name_the_place() {
    let (host, echo) = echo().await;
    let ended = host
        .call(&echo, "shapes.echo-person", json!({"value": {"name": 7}}))
        .await;
    let fault = ended.failed(Code::InvalidArguments, Blame::Caller);
    assert!(fault.message.contains("name"), "{fault}");
    assert_eq!(
        ended.outcome.usage.memory_peak_bytes, 0,
        "nothing was instantiated"
    );
}

#[tokio::test]
async fn an_unknown_tool_offers_the_nearest_one() {
    let (host, echo) = echo().await;
    let ended = host.call(&echo, "greeet", json!({})).await;
    let fault = ended.failed(Code::UnknownTool, Blame::Caller);
    assert!(fault.hint().contains("`greet`"), "{}", fault.hint());
}

#[tokio::test]
async fn another_tenants_skill_does_not_exist() {
    let host = TestHost::start();
    let theirs = host.install_for("acme", Guest::named("echo"), "").await;
    let mine = Installed {
        tenant: "other".parse().unwrap(),
        ..theirs
    };
    host.call(&mine, "greet", json!({"name": "Ada"}))
        .await
        .failed(Code::NotFound, Blame::Caller);
}
