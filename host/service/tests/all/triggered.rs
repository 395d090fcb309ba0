//! Messages from outside: signed ones become runs, once each; of the others nobody learns anything.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use metier_core::{Code, Fault};
use metier_service::{
    directory::now,
    limits::Limits,
    triggers::{
        manage::{NewHook, NewTrigger, NewWhen, TriggerChanges},
        receive::{Incoming, Receipt},
        signature::{Message, Scheme},
    },
};
use metier_store::types::RunId;
use serde_json::{Value, json};

use crate::{
    scene::{Scene, admin},
    signed::{SECRET, github, hook, slack, standard, stripe},
    ticked::{deploy, named, runs, start_of},
};

async fn scene_with(hook: NewHook) -> Scene {
    let scene = Scene::with_math(Limits::default()).await;
    deploy(&scene.service).await;
    make(&scene, "in", hook).await;
    scene
}

async fn make(scene: &Scene, name: &str, hook: NewHook) -> Option<String> {
    let new = NewTrigger {
        start: start_of("sums"),
        when: NewWhen::Webhook(hook),
        enabled: true,
    };
    let made = scene
        .service
        .make_trigger(&admin(), &named(name), new)
        .await;
    made.unwrap().secret
}

impl Scene {
    async fn send(&self, name: &str, headers: &HeaderMap, body: &str) -> Result<Receipt, Fault> {
        self.send_to("local", name, headers, body).await
    }

    async fn send_to(
        &self,
        tenant: &str,
        name: &str,
        headers: &HeaderMap,
        body: &str,
    ) -> Result<Receipt, Fault> {
        let message = Message {
            headers,
            body: body.as_bytes(),
        };
        let incoming = Incoming {
            tenant,
            name,
            message,
            is_json: true,
            now: now(),
        };
        self.service.receive(incoming).await
    }

    async fn input(&self, run: RunId) -> Value {
        let (_, state) = self.service.run_state(&admin(), run).await.unwrap();
        state.started.input.clone()
    }
}

fn run_of(receipt: Result<Receipt, Fault>) -> RunId {
    match receipt.unwrap() {
        Receipt::Run(run) => run,
        other => panic!("{other:?}"),
    }
}

fn code_of(receipt: Result<Receipt, Fault>) -> Code {
    receipt.unwrap_err().code
}

#[tokio::test]
async fn a_signed_message_starts_one_run_however_often_it_comes() {
    let scene = scene_with(hook(Scheme::Standard)).await;
    let body = r#"{"order": 7}"#;
    let headers = standard(SECRET, "msg_1", body, 0);
    let run = run_of(scene.send("in", &headers, body).await);
    assert_eq!(scene.input(run).await, json!({"event": {"order": 7}}));
    let (row, state) = scene.service.run_state(&admin(), run).await.unwrap();
    assert!(state.started.tainted, "what came is somebody else's words");
    let principal = row
        .labels
        .iter()
        .find(|(key, _)| key.as_str() == "principal");
    assert_eq!(principal.unwrap().1, "trigger/in");
    // Word for word, and signed anew as a sender does that heard no answer.
    assert_eq!(run_of(scene.send("in", &headers, body).await), run);
    let again = standard(SECRET, "msg_1", body, 5);
    assert_eq!(run_of(scene.send("in", &again, body).await), run);
    assert_eq!(runs(&scene.service).await.len(), 1);
    // The id is somebody else's now.
    let other = r#"{"order": 8}"#;
    let headers = standard(SECRET, "msg_1", other, 0);
    assert_eq!(
        code_of(scene.send("in", &headers, other).await),
        Code::Conflict
    );
    let headers = standard(SECRET, "msg_2", other, 0);
    assert_ne!(run_of(scene.send("in", &headers, other).await), run);
    let fired = scene.records("fired");
    assert_eq!(fired[0].rest["outcome"], "started");
    assert_eq!(fired[0].rest["run"], run.to_string());
}

#[tokio::test]
async fn a_stranger_learns_nothing_from_what_it_is_answered() {
    let scene = scene_with(hook(Scheme::Standard)).await;
    make(&scene, "off", hook(Scheme::Standard)).await;
    let off = TriggerChanges {
        enabled: Some(false),
        ..TriggerChanges::default()
    };
    scene
        .service
        .change_trigger(&admin(), "off", off)
        .await
        .unwrap();
    let body = "{}";
    let good = standard(SECRET, "msg_1", body, 0);
    let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let mut twice = good.clone();
    twice.append("webhook-id", HeaderValue::from_static("msg_1"));
    let cases = [
        ("local", "in", standard(other, "msg_1", body, 0), "forged"),
        ("local", "in", HeaderMap::new(), "absent"),
        ("local", "in", twice, "twice"),
        (
            "local",
            "in",
            standard(SECRET, "msg.1", body, 0),
            "malformed",
        ),
        (
            "local",
            "in",
            standard(SECRET, "msg_1", body, -301),
            "skewed",
        ),
        (
            "local",
            "in",
            standard(SECRET, "msg_1", body, 305),
            "skewed",
        ),
        ("local", "nothing", good.clone(), "forged"),
        ("local", "off", good.clone(), "forged"),
        ("acme", "in", good.clone(), "forged"),
        ("NO TENANT", "in", good.clone(), "forged"),
        ("local", "../in", good.clone(), "forged"),
    ];
    let mut told = Vec::new();
    for (tenant, name, headers, why) in cases {
        let fault = scene
            .send_to(tenant, name, &headers, body)
            .await
            .unwrap_err();
        told.push((fault.code, fault.message.clone(), fault.hint().to_owned()));
        let noted = scene.records("fired").pop().unwrap();
        assert_eq!(noted.rest["outcome"], why, "{tenant} {name}");
        // Paced: not more than ten in a second.
        tokio::time::sleep(Duration::from_millis(110)).await;
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, Code::NotFound);
    assert!(runs(&scene.service).await.is_empty());
}

#[tokio::test]
async fn a_flood_of_forged_messages_is_no_flood_of_records() {
    let scene = scene_with(hook(Scheme::Standard)).await;
    for _ in 0..500 {
        let refused = scene.send("in", &HeaderMap::new(), "{}").await;
        assert_eq!(code_of(refused), Code::NotFound);
    }
    assert!(scene.records("fired").len() <= 100);
}

#[tokio::test]
async fn a_webhook_takes_so_many_messages_a_second() {
    let scene = scene_with(NewHook {
        per_second: 1,
        ..hook(Scheme::Standard)
    })
    .await;
    let mut refused = 0;
    for number in 0..20 {
        let headers = standard(SECRET, &format!("msg_{number}"), "{}", 0);
        if let Err(fault) = scene.send("in", &headers, "{}").await {
            assert_eq!(fault.code, Code::RateLimited);
            assert!(fault.retry_after.is_some());
            refused += 1;
        }
    }
    assert!(refused >= 10, "{refused}");
    // Whoever cannot sign takes nothing of that.
    let scene = scene_with(NewHook {
        per_second: 1,
        ..hook(Scheme::Standard)
    })
    .await;
    for _ in 0..50 {
        let _ = scene.send("in", &HeaderMap::new(), "{}").await;
    }
    let headers = standard(SECRET, "msg_1", "{}", 0);
    run_of(scene.send("in", &headers, "{}").await);
}

#[tokio::test]
async fn what_is_no_json_starts_nothing() {
    let scene = scene_with(hook(Scheme::Standard)).await;
    for body in [
        "",
        "{",
        "payload=%7B%7D",
        "{\"a\": NaN}",
        &"[".repeat(10_000),
    ] {
        let headers = standard(SECRET, "msg_1", body, 0);
        let code = code_of(scene.send("in", &headers, body).await);
        assert_eq!(code, Code::InvalidArguments);
    }
    let headers = standard(SECRET, "msg_1", "{}", 0);
    let message = Message {
        headers: &headers,
        body: b"{}",
    };
    let form = Incoming {
        tenant: "local",
        name: "in",
        message,
        is_json: false,
        now: now(),
    };
    assert_eq!(
        code_of(scene.service.receive(form).await),
        Code::RequestRefused
    );
    assert!(runs(&scene.service).await.is_empty());
}

#[tokio::test]
async fn two_secrets_count_while_one_follows_the_other() {
    let scene = scene_with(hook(Scheme::Standard)).await;
    let rotate = async |overlap| {
        let rotated = scene
            .service
            .rotate_trigger(&admin(), "in", None, overlap)
            .await;
        rotated.unwrap().secret.unwrap()
    };
    let next = rotate(Duration::from_secs(3600)).await;
    assert!(next.starts_with("whsec_") && next != SECRET);
    for (id, secret) in [("msg_1", SECRET), ("msg_2", &next)] {
        run_of(scene.send("in", &standard(secret, id, "{}", 0), "{}").await);
    }
    let last = rotate(Duration::ZERO).await;
    for (id, secret, is_taken) in [
        ("msg_3", SECRET, false),
        ("msg_4", &next, false),
        ("msg_5", &last, true),
    ] {
        let sent = scene.send("in", &standard(secret, id, "{}", 0), "{}").await;
        assert_eq!(sent.is_ok(), is_taken, "{id}");
    }
    let kept = scene.service.trigger(&admin(), "in").unwrap();
    let text = serde_json::to_string(&*kept).unwrap();
    for secret in [SECRET, &next, &last] {
        assert!(!text.contains(secret), "it is kept sealed");
    }
}

#[tokio::test]
async fn githubs_deliveries_are_taken_once_and_not_under_another_id() {
    let mut new = hook(Scheme::Github);
    new.shape.headers = [("kind".to_owned(), "x-github-event".to_owned())].into();
    new.shape.pointers = [("branch".to_owned(), "/ref".to_owned())].into();
    let scene = scene_with(new).await;
    let ping = scene.send("in", &github("d-0", "ping", "{}"), "{}").await;
    assert_eq!(ping.unwrap(), Receipt::Nothing);
    let body = r#"{"ref": "main"}"#;
    let run = run_of(scene.send("in", &github("d-1", "push", body), body).await);
    let expected = json!({"kind": "push", "branch": "main", "event": {"ref": "main"}});
    assert_eq!(scene.input(run).await, expected);
    // GitHub sends the same again under the same id.
    assert_eq!(
        run_of(scene.send("in", &github("d-1", "push", body), body).await),
        run
    );
    // Somebody who took it does so under another, which is not signed.
    let replayed = scene.send("in", &github("d-2", "push", body), body).await;
    assert_eq!(code_of(replayed), Code::NotFound);
    assert_eq!(
        scene.records("fired").pop().unwrap().rest["outcome"],
        "replayed"
    );
    assert_eq!(runs(&scene.service).await.len(), 1);
}

#[tokio::test]
async fn slack_and_stripe_are_known_by_what_their_bodies_say() {
    let scene = scene_with(hook(Scheme::Slack)).await;
    make(&scene, "paid", hook(Scheme::Stripe)).await;
    let challenge = r#"{"type": "url_verification", "challenge": "3eZbrw1a"}"#;
    let answer = scene
        .send("in", &slack(challenge), challenge)
        .await
        .unwrap();
    assert_eq!(answer, Receipt::Challenge("3eZbrw1a".into()));
    let unsigned = scene.send("in", &HeaderMap::new(), challenge).await;
    assert_eq!(code_of(unsigned), Code::NotFound);
    let body = r#"{"type": "event_callback", "event_id": "Ev1"}"#;
    let run = run_of(scene.send("in", &slack(body), body).await);
    assert_eq!(run_of(scene.send("in", &slack(body), body).await), run);
    let body = r#"{"id": "evt_1", "type": "invoice.paid"}"#;
    let paid = run_of(scene.send("paid", &stripe(body), body).await);
    assert_eq!(run_of(scene.send("paid", &stripe(body), body).await), paid);
    assert_ne!(paid, run);
    // One's signature is none of another's.
    assert_eq!(
        code_of(scene.send("in", &stripe(body), body).await),
        Code::NotFound
    );
    let plain = r#"{"text": "hello"}"#;
    let headers = slack(plain);
    let run = run_of(scene.send("in", &headers, plain).await);
    assert_eq!(run_of(scene.send("in", &headers, plain).await), run);
}

#[tokio::test]
async fn a_sender_is_not_told_what_went_wrong_inside() {
    let scene = scene_with(hook(Scheme::Standard)).await;
    scene
        .service
        .uninstall(&admin(), &named("math"))
        .await
        .unwrap();
    let headers = standard(SECRET, "msg_1", "{}", 0);
    let fault = scene.send("in", &headers, "{}").await.unwrap_err();
    assert_eq!(fault.code, Code::Conflict);
    assert!(!fault.message.contains("math"), "{}", fault.message);
    assert_eq!(
        scene.records("fired").pop().unwrap().rest["code"],
        "not-found"
    );
}

#[tokio::test]
async fn secrets_that_can_be_guessed_or_are_none_are_refused() {
    let scene = Scene::with_math(Limits::default()).await;
    deploy(&scene.service).await;
    let make = async |scheme, secret: Option<&str>| {
        let new = NewTrigger {
            start: start_of("sums"),
            when: NewWhen::Webhook(NewHook {
                secret: secret.map(str::to_owned),
                ..hook(scheme)
            }),
            enabled: true,
        };
        let made = scene.service.make_trigger(&admin(), &named("x"), new).await;
        made.map_err(|fault| fault.code)
    };
    for (scheme, secret) in [
        (Scheme::Standard, Some("whsec_c2hvcnQ=")),
        (Scheme::Standard, Some("whsec_!!!!!!!!!!!!!!!!!!!!!!!!")),
        (Scheme::Github, Some("short")),
        (Scheme::Github, Some("line\nbreak and more of it")),
        (Scheme::Slack, None),
        (Scheme::Stripe, None),
    ] {
        let made = make(scheme, secret).await;
        assert_eq!(
            made.unwrap_err(),
            Code::InvalidArguments,
            "{scheme:?} {secret:?}"
        );
    }
    let made = make(Scheme::Github, None).await.unwrap();
    assert!(made.secret.unwrap().len() >= 40);
}
