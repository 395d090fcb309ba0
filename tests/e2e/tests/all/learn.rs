//! What a skill needs is learnt from its calls: it is enough, and nothing in it can be left out.

use std::path::Path;
use std::sync::Arc;

use metier_core::{ByteSize, Grant, Manifest};
use metier_e2e::{Guest, TestHost};
use metier_market::fixtures::{self, Expected, Fixture};
use metier_market::folder::Folder;
use metier_market::learn::{Learned, learn};
use metier_market::pack::pack;
use metier_runtime::skill::Skill;
use serde_json::{Value, json};

const HEAD: &str = "[skill]\nname = \"test.metier/capabilities\"\nversion = \"0.1.0\"\n";

fn call(fixture: &Value) -> Fixture {
    fixtures::parse(fixture.to_string().as_bytes(), &fixtures::Files::default()).unwrap()
}

/// Six calls that use something of everything.
fn calls() -> Vec<Fixture> {
    let get = |path: &str| {
        json!({
            "request": {"method": "GET", "url": format!("https://api.example/items/{path}")},
            "response": {"status": 200, "body": "an item"},
        })
    };
    let fetch = |path: &str| {
        let url = format!("https://api.example/items/{path}");
        let ask = json!({"method": "GET", "url": url, "headers": []});
        json!({"tool": "web.fetch", "arguments": {"ask": ask, "follow-redirects": 0},
            "exchanges": [get(path)]})
    };
    vec![
        call(&fetch("1")),
        call(&fetch("2")),
        call(
            &json!({"tool": "storage.put", "arguments": {"bucket": "cache", "key": "k", "value": "v"}}),
        ),
        call(
            &json!({"tool": "storage.setting", "arguments": {"key": "region"}, "config": {"region": "eu"}}),
        ),
        call(
            &json!({"tool": "output.put-artifact", "arguments": {"name": "a.txt", "media-type": "text/plain", "body": "x"}}),
        ),
        call(
            &json!({"tool": "output.log", "arguments": {"level": "info", "context": "c", "message": "m"}}),
        ),
    ]
}

/// The guest, asking for this.
async fn asking(host: &TestHost, capabilities: &str) -> Arc<Skill> {
    let guest = Guest::built("capabilities").into_bytes();
    let skill = host.host().load(guest).await.unwrap();
    let manifest = Manifest::parse(&format!("{HEAD}{capabilities}")).unwrap();
    Arc::new(skill.asking_for(manifest))
}

async fn learnt(host: &TestHost, capabilities: &str) -> Learned {
    learn(
        host.host(),
        &asking(host, capabilities).await,
        &calls(),
        None,
    )
    .await
    .unwrap()
}

/// Whether no call is refused anything and each is answered.
async fn suffices(host: &TestHost, capabilities: &str) -> bool {
    let skill = asking(host, capabilities).await;
    for call in calls() {
        let run = fixtures::run(host.host(), &skill, &call, None)
            .await
            .unwrap();
        if run.outcome.result.is_err() || !is_unhindered(&run) {
            return false;
        }
    }
    true
}

/// Whether nothing was refused and every recorded request was made.
fn is_unhindered(run: &fixtures::Run) -> bool {
    run.outcome.denials.is_empty() && run.mismatches.is_empty()
}

#[tokio::test]
async fn a_skill_that_asks_for_nothing_learns_what_to_ask_for() {
    let host = TestHost::start();
    assert!(!suffices(&host, "").await);
    let learned = learnt(&host, "").await;
    assert!(
        learned.unused.is_empty() && learned.refused.is_empty(),
        "{learned:#?}"
    );
    let (capabilities, limits) = learned.manifest.split_once("# Room above").unwrap();
    assert_eq!(
        capabilities,
        "[[capabilities.http]]\nhost = \"api.example\"\nmethods = [\"GET\"]\npaths = [\"/items/*\"]\n\n\
         [capabilities.kv]\nbuckets = [\"cache\"]\n\n[capabilities.artifacts]\n\n\
         [capabilities.config]\nkeys = [\"region\"]\n\n[capabilities.log]\n\n"
    );
    for line in [
        "memory = ",
        "log-bytes = \"4KiB\"",
        "artifact-bytes = \"64KiB\"",
        "requests = 4  # the most used was 1",
    ] {
        assert!(limits.contains(line), "{line}: {limits}");
    }
    assert!(
        !limits.contains("wall") && !limits.contains("request-bytes"),
        "{limits}"
    );
    assert!(
        learned.grant.contains("[config]\n\"region\" = \"eu\"\n"),
        "{}",
        learned.grant
    );
    assert!(suffices(&host, &learned.manifest).await);
}

/// Every text that has one thing less: a line, a section, or one element of a list. Limits are no reach, and a credential is
/// nothing a recording can miss.
fn with_less(text: &str) -> Vec<(String, String)> {
    let (text, _) = text.split_once("# Room above").unwrap_or((text, ""));
    let text = text.split("# How the secret").next().unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let mut less = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let mut change = |what: String, with: Option<String>, until: usize| {
            let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            changed.splice(at..until, with);
            less.push((what, changed.join("\n")));
        };
        if line.is_empty() || line.starts_with("credential") {
            continue;
        }
        if line.starts_with('[') {
            let section = lines[at..].iter().take_while(|line| !line.is_empty());
            change(format!("the section {line}"), None, at + section.count());
            continue;
        }
        change(format!("the line {line}"), None, at + 1);
        let (key, value) = line.split_once(" = ").unwrap();
        for left_out in 0..serde_json::from_str::<Vec<String>>(value).map_or(0, |list| list.len()) {
            let mut list: Vec<String> = serde_json::from_str(value).unwrap();
            let element = list.remove(left_out);
            let fewer = format!("{key} = {}", json!(list));
            change(format!("{element} of {line}"), Some(fewer), at + 1);
        }
    }
    less
}

#[tokio::test]
async fn nothing_that_is_proposed_can_be_left_out() {
    let host = TestHost::start();
    let learned = learnt(&host, "").await;
    let fewer = with_less(&learned.manifest);
    assert_eq!(fewer.len(), 14, "{fewer:#?}");
    for (what, fewer) in fewer {
        let is_read = Manifest::parse(&format!("{HEAD}{fewer}")).is_ok();
        assert!(!is_read || !suffices(&host, &fewer).await, "without {what}");
    }
}

/// A skill we ship, with what was recorded for it.
async fn jira(host: &TestHost) -> (Arc<Skill>, Vec<Fixture>) {
    let skills = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../skills");
    let component = std::fs::read(skills.join("openapi/openapi.wasm")).unwrap();
    let folder = Folder::read(&skills.join("jira")).unwrap();
    let packed = pack(host.host(), folder.into_inputs(component))
        .await
        .unwrap();
    let named = fixtures::of_skill(&packed.skill);
    let calls = named.into_iter().map(|named| named.fixture.unwrap());
    (packed.skill, calls.collect())
}

/// Whether the calls go as recorded, for a skill that asks for this and is granted that.
async fn go_as_recorded(
    host: &TestHost,
    (skill, calls): &(Arc<Skill>, Vec<Fixture>),
    (manifest, grant): (&str, &str),
) -> bool {
    let Ok(asked) = Manifest::parse(&format!("{HEAD}{manifest}")) else {
        return false;
    };
    let Ok(grant) = Grant::parse(grant) else {
        return false;
    };
    let skill = Arc::new(skill.asking_for(Manifest {
        capabilities: asked.capabilities,
        limits: asked.limits,
        ..skill.manifest().as_ref().clone()
    }));
    for call in calls {
        let run = fixtures::run_under(host.host(), &skill, call, grant.clone(), None).await;
        if !run.is_ok_and(|run| is_unhindered(&run) && is_as_recorded(call, &run)) {
            return false;
        }
    }
    true
}

/// On a real recording, for the manifest and for the grant.
#[tokio::test]
async fn nothing_proposed_from_a_real_recording_can_be_left_out() {
    let host = TestHost::start();
    let recorded = jira(&host).await;
    let learned = learn(host.host(), &recorded.0, &recorded.1, None)
        .await
        .unwrap();
    let (manifest, grant) = (learned.manifest.as_str(), learned.grant.as_str());
    assert!(
        go_as_recorded(&host, &recorded, (manifest, grant)).await,
        "{manifest}\n{grant}"
    );
    let fewer = with_less(manifest);
    assert!(fewer.len() > 20, "{manifest}");
    for (what, fewer) in fewer {
        assert!(
            !go_as_recorded(&host, &recorded, (&fewer, grant)).await,
            "the manifest without {what}"
        );
    }
    let fewer = with_less(grant);
    assert!(fewer.len() > 30, "{grant}");
    for (what, fewer) in fewer {
        assert!(
            !go_as_recorded(&host, &recorded, (manifest, &fewer)).await,
            "the grant without {what}"
        );
    }
}

/// Each limit is above what was used, and bites: with less than what was used, a call goes another way.
#[tokio::test]
async fn proposed_limits_have_room_and_bite() {
    let host = TestHost::start();
    let recorded = jira(&host).await;
    let learned = learn(host.host(), &recorded.0, &recorded.1, None)
        .await
        .unwrap();
    let (capabilities, limits) = learned.manifest.split_once("[limits]\n").unwrap();
    let grant = learned.grant.as_str();
    let mut bitten = Vec::new();
    for line in limits.lines() {
        let (key, rest) = line.split_once(" = ").unwrap();
        let (_, used) = rest.split_once("# the most used was ").unwrap();
        let less = match key {
            "cpu" => "\"1ns\"".to_owned(),
            "requests" => (used.parse::<u32>().unwrap() - 1).to_string(),
            _ => format!("\"{}B\"", used.parse::<ByteSize>().unwrap().bytes() - 1),
        };
        let tight = format!("{capabilities}[limits]\n{key} = {less}\n");
        assert!(
            !go_as_recorded(&host, &recorded, (&tight, grant)).await,
            "{key} = {less}"
        );
        bitten.push(key);
    }
    assert_eq!(
        bitten,
        [
            "memory",
            "cpu",
            "requests",
            "request-bytes",
            "response-bytes",
            "result-bytes"
        ]
    );
}

/// Whether the call ended as it was recorded.
fn is_as_recorded(call: &Fixture, run: &fixtures::Run) -> bool {
    match (call.expected.as_ref().unwrap(), &run.outcome.result) {
        (Expected::Answer(answer), Ok(got)) => {
            *answer == serde_json::from_str::<Value>(got).unwrap()
        }
        (Expected::Error { code, .. }, Err(fault)) => *code == fault.code,
        _ => false,
    }
}

#[tokio::test]
async fn what_is_asked_for_and_never_used_is_named() {
    let host = TestHost::start();
    let wide = r#"
[[capabilities.http]]
host = "**.example"
methods = ["GET", "DELETE"]
paths = ["/items/*", "/admin/**"]
credential = "key"

[[capabilities.http]]
host = "elsewhere.test"
methods = ["GET"]
paths = ["/"]

[capabilities.kv]
buckets = ["cache", "notes"]

[capabilities.artifacts]

[capabilities.config]
keys = ["region", "unset"]

[capabilities.log]
"#;
    let learned = learnt(&host, wide).await;
    assert_eq!(
        learned.unused,
        [
            "http, line 5: the method DELETE",
            "http, line 5: the path /admin/**",
            "http, line 11: GET https://elsewhere.test/",
            "kv: the bucket notes",
            "config: the key unset",
        ]
    );
    assert!(
        learned.manifest.contains("credential = \"key\""),
        "{}",
        learned.manifest
    );
    assert!(
        learned.grant.contains("[credentials.\"key\"]"),
        "{}",
        learned.grant
    );
}

/// What a call does with an answer nobody recorded is not known, and nothing is proposed.
#[tokio::test]
async fn a_request_that_was_not_recorded_is_named() {
    let host = TestHost::start();
    let skill = asking(
        &host,
        "[[capabilities.http]]\nhost = \"api.example\"\nmethods = [\"GET\"]\npaths = [\"/**\"]\n",
    )
    .await;
    let mut calls = calls();
    calls[1].exchanges.clear();
    let error = learn(host.host(), &skill, &calls, None).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no recording answers `web.fetch` when it asks for GET https://api.example/items/2"
    );
}
