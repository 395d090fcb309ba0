//! Idempotency keys on what changes something.

use std::time::Duration;

use metier_core::{Code, Digest};
use metier_server::api;
use metier_service::{Caller, answered::Begun};
use metier_store::types::{Kind, Rev};

use crate::{scene::Scene, wire::Reply};

impl Scene {
    /// One request with an idempotency key.
    async fn once(&self, key: &str, name: &str, what: &str, body: &str) -> Reply {
        let headers = format!(
            "authorization: Bearer {key}\r\ncontent-type: application/json\r\nidempotency-key: {name}\r\n"
        );
        self.send(what, &headers, body.as_bytes()).await
    }

    /// Everything that is kept of answers.
    async fn kept(&self) -> String {
        let kind = Kind::try_from("idempotent-answer").unwrap();
        let kept = self.service.store().changes(&kind, Rev(0), 100).await;
        let values = kept.unwrap().into_iter().filter_map(|entry| entry.value);
        values
            .map(|value| String::from_utf8(value).unwrap())
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_repeated_is_done_once_and_answered_as_the_first_time() {
    let scene = Scene::start().await;
    let admin = scene.admin.clone();
    let body = r#"{"name": "ci", "role": "viewer"}"#;
    let first = scene.once(&admin, "a", "POST /api/v1/keys", body).await;
    let again = scene.once(&admin, "a", "POST /api/v1/keys", body).await;
    assert_eq!(
        (first.status, first.header("idempotent-replayed")),
        (201, None)
    );
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.header("content-type"), first.header("content-type"));
    let keys = scene.ask(&admin, "GET /api/v1/keys", "").await;
    assert_eq!(
        keys.json["items"].as_array().unwrap().len(),
        2,
        "{}",
        keys.body
    );
    // The same key for anything else is a mistake.
    let other = r#"{"name": "cd", "role": "viewer"}"#;
    for (what, body) in [
        ("POST /api/v1/keys", other),
        ("PUT /api/v1/tenants/acme", body),
        ("POST /api/v1/keys?x=1", body),
    ] {
        let refused = scene.once(&admin, "a", what, body).await;
        assert_eq!(
            (refused.status, refused.code()),
            (409, "conflict"),
            "{what}"
        );
        assert_eq!(
            refused.json["details"]["idempotency"], "other-request",
            "{what}"
        );
    }
    // Others may use the same text for something of their own.
    let operator = scene.key("acme", "operator").await;
    let theirs = scene.once(&operator, "a", "POST /api/v1/keys", other).await;
    assert_eq!(theirs.status, 201, "{}", theirs.body);
    for name in ["", &"x".repeat(256)] {
        let refused = scene.once(&admin, name, "POST /api/v1/keys", body).await;
        assert_eq!((refused.status, refused.code()), (400, "invalid-arguments"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_of_a_request_tells_no_secret() {
    let scene = Scene::start().await;
    let admin = scene.admin.clone();
    let kept = scene
        .once(&admin, "a", "PUT /api/v1/secrets/crm", "hunter2-hunter2")
        .await;
    assert_eq!(kept.status, 204, "{}", kept.body);
    let again = scene
        .once(&admin, "a", "PUT /api/v1/secrets/crm", "hunter2-hunter2")
        .await;
    assert_eq!(
        (again.status, again.header("idempotent-replayed")),
        (204, Some("true"))
    );
    let made = r#"{"name": "ci", "role": "operator"}"#;
    let made = scene.once(&admin, "b", "POST /api/v1/keys", made).await;
    let text = made.json["key"].as_str().unwrap();
    let all = scene.kept().await;
    assert!(all.contains("request"), "{all}");
    // The secret's own digits may have a `_` among them.
    let secret = text.splitn(3, '_').last().unwrap();
    for secret in ["hunter2", text, secret] {
        assert!(!all.contains(secret), "{all}");
    }
    // Two answers that were kept under one name are no way to another's: the seal is the asker's.
    let other = r#"{"overlap": 3600}"#;
    let me = scene.ask(&admin, "GET /api/v1/me", "").await;
    let id = me.json["principal"]
        .as_str()
        .unwrap()
        .strip_prefix("key/")
        .unwrap();
    let rotated = scene
        .ask(&admin, &format!("POST /api/v1/keys/{id}/rotate"), other)
        .await;
    let fresh = rotated.json["key"].as_str().unwrap();
    let body = r#"{"name": "ci", "role": "operator"}"#;
    let unopened = scene.once(fresh, "b", "POST /api/v1/keys", body).await;
    assert_eq!((unopened.status, unopened.code()), (409, "conflict"));
    assert_eq!(unopened.json["details"]["idempotency"], "answer-not-kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_refused_may_be_tried_again_and_a_tool_is_called_once() {
    let scene = Scene::with_math().await;
    let admin = scene.admin.clone();
    // It may have done what it was to do before it failed.
    for replayed in [None, Some("true")] {
        let crash = scene
            .once(&admin, "c", "POST /api/v1/tools/math.crash", "{}")
            .await;
        let told = (crash.status, crash.header("idempotent-replayed"));
        assert_eq!(told, (500, replayed), "{}", crash.body);
    }
    for _ in 0..2 {
        let wrong = scene
            .once(
                &admin,
                "a",
                "POST /api/v1/tools/math.add",
                r#"{"a": "one"}"#,
            )
            .await;
        let told = (wrong.status, wrong.header("idempotent-replayed"));
        assert_eq!(told, (400, None), "{}", wrong.body);
    }
    let large = " ".repeat((4 << 20) + 1);
    let large = scene
        .once(&admin, "l", "POST /api/v1/tools/math.add", &large)
        .await;
    assert_eq!(large.status, 413, "{}", large.body);
    let numbers = r#"{"a": 1, "b": 2}"#;
    let first = scene
        .once(&admin, "a", "POST /api/v1/tools/math.add", numbers)
        .await;
    assert_eq!(
        (first.status, &first.json["result"]),
        (200, &3.into()),
        "{}",
        first.body
    );
    let again = scene
        .once(&admin, "a", "POST /api/v1/tools/math.add", numbers)
        .await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.body, first.body);
    let nobody = scene
        .once("x", "a", "POST /api/v1/tools/math.add", numbers)
        .await;
    assert_eq!(nobody.status, 401);
}

#[tokio::test]
async fn a_request_under_way_is_not_made_beside_itself_and_its_answer_has_a_limit() {
    let scene = Scene::start().await;
    let caller = Caller::operator_of("local".parse().unwrap());
    let request = Digest::of(b"request");
    let begin = |request: &Digest, secret: &'static str| {
        let hour = Duration::from_secs(3600);
        let (service, caller, request) = (scene.service.clone(), caller.clone(), *request);
        async move {
            service
                .begin_once(&caller, "key", secret, request, hour)
                .await
        }
    };
    let Ok(Begun::First(ticket)) = begin(&request, "s").await else {
        panic!("it is not the first");
    };
    let why = |begun: Result<Begun, metier_core::Fault>| match begun {
        Err(fault) => (fault.code, fault.details["idempotency"].clone()),
        Ok(_) => panic!("it is made"),
    };
    let under_way = (Code::Conflict, "under-way".to_owned());
    assert_eq!(why(begin(&request, "s").await), under_way);
    assert_eq!(
        why(begin(&Digest::of(b"other"), "s").await).1,
        "other-request"
    );
    scene.service.answer_once(ticket, b"answer").await;
    let Ok(Begun::Again(answer)) = begin(&request, "s").await else {
        panic!("it was not answered");
    };
    assert_eq!(answer, b"answer");
    assert_eq!(why(begin(&request, "t").await).1, "answer-not-kept");

    let large = Caller::operator_of("acme".parse().unwrap());
    let hour = Duration::from_secs(3600);
    let service = &scene.service;
    let begun = service.begin_once(&large, "key", "s", request, hour).await;
    let Ok(Begun::First(ticket)) = begun else {
        panic!("it is not the first");
    };
    let answer = vec![b'x'; metier_service::answered::MAX_ANSWER + 1];
    service.answer_once(ticket, &answer).await;
    let again = service.begin_once(&large, "key", "s", request, hour).await;
    assert_eq!(why(again).1, "answer-not-kept");
}

#[test]
fn every_route_that_changes_something_says_that_it_takes_a_key() {
    let document = serde_json::to_value(api::description()).unwrap();
    let mut walked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().cloned();
            let names = parameters.unwrap_or_default();
            let takes = names
                .iter()
                .filter(|told| told["name"] == "idempotency-key")
                .count();
            let changes = method != "get";
            assert_eq!(takes, usize::from(changes), "{method} {path}");
            walked += usize::from(changes);
        }
    }
    assert!(walked > 15, "{walked}");
}
