//! HTTP through both doors: one egress, the same rules.

use metier_core::audit::EgressOutcome;
use metier_core::{Blame, Code};
use metier_e2e::{Ended, Guest, Installed, TestHost, Upstream};
use serde_json::{Value, json};

use crate::grants;

struct Scene {
    host: TestHost,
    skill: Installed,
    upstream: Upstream,
}

impl Scene {
    /// `api.test` is granted with `GET` and `POST` on `/echo/**`, `/bytes/**` and the like.
    async fn new() -> Scene {
        Scene::with("").await
    }

    async fn with(more: &str) -> Scene {
        let (host, upstream) = (TestHost::start(), Upstream::start().await);
        let paths = r#"["/echo/**", "/status/*", "/bytes/*", "/redirect/**", "/hold"]"#;
        let rule = grants::rule("api.test", r#"["GET", "POST"]"#, paths, &upstream);
        let skill = host
            .install(Guest::named("capabilities"), &format!("{rule}{more}"))
            .await;
        Scene {
            host,
            skill,
            upstream,
        }
    }

    async fn both(&self, method: &str, url: &str) -> [Ended; 2] {
        let ask = ask(method, url);
        let fetch = json!({"ask": ask, "follow-redirects": 0});
        [
            self.host
                .call(&self.skill, "web.request", json!({"ask": ask}))
                .await,
            self.host.call(&self.skill, "web.fetch", fetch).await,
        ]
    }
}

fn ask(method: &str, url: &str) -> Value {
    json!({"method": method, "url": url, "headers": [["x-note", "kept"]], "body": null})
}

#[tokio::test]
async fn what_is_granted_arrives_unchanged() {
    let scene = Scene::new().await;
    for ended in scene.both("GET", "http://api.test/echo/a?b=c%20d").await {
        assert_eq!(ended.json()["status"], 200);
        let [sent] = ended.egress.as_slice() else {
            panic!("{:?}", ended.egress)
        };
        assert_eq!(sent.outcome, EgressOutcome::Answered { status: 200 });
        assert_eq!(
            sent.target, "http://api.test/echo/a",
            "the audit holds no query"
        );
        assert_eq!(ended.outcome.usage.requests, 1);
    }
    for seen in scene.upstream.seen() {
        assert_eq!(
            (seen.method.as_str(), seen.target.as_str()),
            ("GET", "/echo/a?b=c%20d")
        );
        assert_eq!(seen.header("x-note"), ["kept"]);
        assert_eq!(seen.header("host"), ["api.test"]);
    }
}

#[tokio::test]
async fn a_body_goes_out_and_an_answer_comes_back() {
    let scene = Scene::new().await;
    let ask =
        json!({"method": "POST", "url": "http://api.test/echo/x", "headers": [], "body": "grüße"});
    let calls = [
        ("web.request", json!({"ask": ask})),
        ("web.fetch", json!({"ask": ask, "follow-redirects": 0})),
    ];
    for (tool, arguments) in calls {
        let ended = scene.host.call(&scene.skill, tool, arguments).await;
        let answer = ended.json();
        let heard: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!(heard["body"], "grüße", "{tool}");
        assert_eq!(ended.outcome.usage.request_bytes, "grüße".len() as u64);
        assert!(ended.outcome.usage.response_bytes > 0);
    }
}

#[tokio::test]
async fn another_host_path_or_method_is_refused_before_anything_is_sent() {
    let scene = Scene::new().await;
    let refused = [
        ("GET", "http://other.test/echo/a"),
        ("GET", "http://api.test/admin"),
        ("DELETE", "http://api.test/echo/a"),
        ("GET", "https://api.test/echo/a"),
        ("GET", "http://api.test:8080/echo/a"),
    ];
    for (method, url) in refused {
        for ended in scene.both(method, url).await {
            assert!(ended.outcome.result.is_err(), "{method} {url}");
            let denials = ended.denials();
            let known = [
                Code::HttpNotGranted,
                Code::HttpPlainNotGranted,
                Code::HttpNotDeclared,
            ];
            assert!(
                denials.len() == 1 && known.contains(&denials[0]),
                "{method} {url}: {denials:?}"
            );
            assert!(
                matches!(ended.egress[0].outcome, EgressOutcome::Denied { .. }),
                "{:?}",
                ended.egress
            );
        }
    }
    assert_eq!(scene.upstream.seen().len(), 0);
}

#[tokio::test]
async fn the_skill_learns_why_in_the_hosts_words() {
    let scene = Scene::new().await;
    let arguments = json!({"ask": ask("GET", "http://api.test/admin")});
    let ended = scene
        .host
        .call(&scene.skill, "web.explain", arguments)
        .await;
    let [code, message] = [0, 1].map(|at| ended.json()[at].as_str().unwrap().to_owned());
    assert_eq!(code, Code::HttpNotGranted.as_str());
    assert_eq!(
        message,
        ended.outcome.denials[0].message(),
        "skill and caller are told the same"
    );
    assert!(message.contains("/admin"), "{message}");
}

#[tokio::test]
async fn a_refusal_the_skill_passes_on_keeps_its_code() {
    let scene = Scene::new().await;
    let [_, fetched] = scene.both("GET", "http://api.test/admin").await;
    let fault = fetched.failed(Code::HttpNotGranted, Blame::Operator);
    assert!(fault.message.contains("[[http]]"), "{fault}");
}

#[tokio::test]
async fn the_credential_is_attached_on_the_way_out_and_never_seen_inside() {
    let more = grants::key("key.example");
    let (host, upstream) = (TestHost::start(), Upstream::start().await);
    let rule = grants::http("key.example", &upstream);
    let grant = format!("{rule}credential = \"key\"\n{more}");
    let skill = host.install(Guest::named("capabilities"), &grant).await;
    let arguments = json!({"ask": ask("GET", "http://key.example/echo")});
    let ended = host.call(&skill, "web.request", arguments).await;
    assert_eq!(
        upstream.seen()[0].header("authorization"),
        ["Bearer secret-of-KEY"]
    );
    let answer = ended.json().to_string();
    assert!(
        answer.contains("authorization"),
        "the service did echo it: {answer}"
    );
    assert!(!answer.contains("secret-of-KEY"), "{answer}");
    let record = &ended.egress[0];
    assert_eq!(
        record.credential.as_ref().map(|name| name.as_str()),
        Some("key")
    );
    assert!(!format!("{ended:?}").contains("secret-of-KEY"));
}

#[tokio::test]
async fn a_redirect_is_followed_only_as_a_new_request_that_is_allowed() {
    let scene = Scene::new().await;
    let fetch = async |to: &str| {
        let url = format!("http://api.test/redirect/?{to}");
        let arguments = json!({"ask": ask("GET", &url), "follow-redirects": 3});
        scene.host.call(&scene.skill, "web.fetch", arguments).await
    };
    assert_eq!(fetch("/echo/there").await.json()["status"], 200);
    assert_eq!(scene.upstream.seen().last().unwrap().target, "/echo/there");
    let before = scene.upstream.seen().len();
    let ended = fetch("http://other.test/echo").await;
    assert!(
        ended.denials().contains(&Code::HttpNotGranted),
        "{:?}",
        ended.denials()
    );
    assert_eq!(
        scene.upstream.seen().len(),
        before + 1,
        "only the redirect itself was asked for"
    );
}

#[tokio::test]
async fn a_large_answer_streams_through_a_small_memory() {
    let scene = Scene::with("[limits]\nmemory = \"4MiB\"\nresponse-bytes = \"64MiB\"\n").await;
    let size = 24_u64 << 20;
    let arguments = json!({"url": format!("http://api.test/bytes/{size}")});
    let ended = scene
        .host
        .call(&scene.skill, "web.measure", arguments)
        .await;
    assert_eq!(ended.json(), size);
    assert_eq!(ended.outcome.usage.response_bytes, size);
    assert!(ended.outcome.usage.memory_peak_bytes <= 4 << 20);
}

#[tokio::test]
async fn a_status_is_an_answer_and_not_an_error() {
    let scene = Scene::new().await;
    for ended in scene.both("GET", "http://api.test/status/503").await {
        assert_eq!(ended.json()["status"], 503);
    }
}

#[tokio::test]
async fn a_fetch_gives_up_when_its_own_time_is_over() {
    let scene = Scene::new().await;
    let arguments =
        json!({"ask": ask("GET", "http://api.test/hold"), "follow-redirects": 0, "timeout-ms": 30});
    let ended = scene.host.call(&scene.skill, "web.fetch", arguments).await;
    ended.failed(Code::UpstreamUnavailable, Blame::Upstream);
    assert_eq!(scene.upstream.seen().len(), 1);
}

#[tokio::test]
async fn a_service_that_is_not_there_is_unreachable() {
    let scene = Scene::new().await;
    let address = scene.upstream.address();
    let gone = Upstream::start().await.address();
    assert_ne!(address, gone);
    let rule =
        grants::http("api.test", &scene.upstream).replace(&address.to_string(), &gone.to_string());
    let skill = scene
        .host
        .install(Guest::named("capabilities"), &rule)
        .await;
    let arguments = json!({"ask": ask("GET", "http://api.test/echo")});
    let ended = scene.host.call(&skill, "web.request", arguments).await;
    ended.failed(Code::UpstreamUnavailable, Blame::Upstream);
    let outcome = ended.egress[0].outcome;
    assert_eq!(
        outcome,
        EgressOutcome::Failed {
            code: Code::UpstreamUnreachable
        }
    );
}
