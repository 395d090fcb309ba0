//! How it gets there, and where it never goes.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use metier_core::Code;
use metier_runtime::egress::{EgressConfig, Resolve, Resolving};
use metier_service::{
    directory::now,
    hooks::{
        event::Kind,
        manage::{EndpointChanges, NewEndpoint, Standing},
        outlet::Reachable,
        retry::MAX_ATTEMPTS,
    },
    limits::Limits,
};
use metier_store::types::{Expect, RunId};

use super::endpoint::{Receiver, deliveries, make, new, open_here, run, scene, send_through};
use crate::{
    scene::{Scene, admin},
    ticked::named,
};

#[tokio::test]
async fn what_does_not_arrive_is_tried_again_and_at_last_given_up() {
    let (scene, receiver) = (scene().await, Receiver::start().await);
    make(
        &scene,
        "out",
        NewEndpoint {
            events: [Kind::Completed].into(),
            ..new(receiver.url())
        },
    )
    .await;
    receiver.answers("500 Oops", "");
    run(&scene).await;
    let mut at = now();
    for attempt in 1..=MAX_ATTEMPTS {
        scene.service.tell(at).await.unwrap();
        assert_eq!(receiver.seen().len(), attempt as usize);
        let [delivery] = deliveries(&scene).await.try_into().unwrap();
        assert_eq!(delivery.attempts, attempt);
        assert_eq!(delivery.dead, attempt == MAX_ATTEMPTS);
        assert_eq!(delivery.last.as_ref().unwrap().status, Some(500));
        if !delivery.dead {
            assert!(delivery.next > at, "not at once");
            scene.service.tell(delivery.next - 1).await.unwrap();
            assert_eq!(
                receiver.seen().len(),
                attempt as usize,
                "not before its time"
            );
            at = delivery.next;
        }
    }
    let ids: Vec<String> = receiver
        .seen()
        .iter()
        .map(|seen| seen.header("webhook-id").to_owned())
        .collect();
    assert!(
        ids.windows(2).all(|two| two[0] == two[1]),
        "the same event all the time"
    );
    scene
        .service
        .tell(at + 1_000 * 60 * 60 * 1000)
        .await
        .unwrap();
    assert_eq!(
        receiver.seen().len(),
        MAX_ATTEMPTS as usize,
        "a dead letter lies there"
    );
    let standing = scene.service.standing(&admin(), "out").await.unwrap();
    assert_eq!(
        standing,
        Standing {
            pending: 0,
            dead: 1
        }
    );
    assert_eq!(scene.record("delivery").rest["outcome"], "dead");
    receiver.answers("200 OK", "");
    scene
        .service
        .redeliver(&admin(), "out", &ids[0])
        .await
        .unwrap();
    scene.service.tell(at).await.unwrap();
    assert_eq!(receiver.seen().len(), MAX_ATTEMPTS as usize + 1);
    assert!(deliveries(&scene).await.is_empty());
    let gone = scene.service.redeliver(&admin(), "out", &ids[0]).await;
    assert_eq!(gone.unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn an_endpoint_that_asks_for_time_has_it() {
    let (scene, receiver) = (scene().await, Receiver::start().await);
    make(&scene, "out", new(receiver.url())).await;
    scene.service.test_endpoint(&admin(), "out").await.unwrap();
    receiver.answers("429 Slow down", "retry-after: 3600\r\n");
    let at = now();
    scene.service.tell(at).await.unwrap();
    let [delivery] = deliveries(&scene).await.try_into().unwrap();
    assert!(delivery.next >= at + 3_600_000, "{}", delivery.next - at);
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_switched_off_and_said_so() {
    let (scene, receiver) = (scene().await, Receiver::start().await);
    make(&scene, "out", new(receiver.url())).await;
    scene.service.test_endpoint(&admin(), "out").await.unwrap();
    receiver.answers("410 Gone", "");
    scene.service.tell(now()).await.unwrap();
    let endpoint = scene.service.endpoint(&admin(), "out").unwrap();
    assert!(!endpoint.enabled && endpoint.disabled_why.as_ref().unwrap().contains("410"));
    assert!(deliveries(&scene).await[0].dead);
    assert_eq!(
        scene.records("webhook").pop().unwrap().rest["change"],
        "disabled"
    );
    run(&scene).await;
    scene.service.tell(now()).await.unwrap();
    assert_eq!(receiver.seen().len(), 1, "nothing is sent there");
    let off = scene.service.test_endpoint(&admin(), "out").await;
    assert_eq!(off.unwrap_err().code, Code::Conflict);
    let on = EndpointChanges {
        enabled: Some(true),
        ..EndpointChanges::default()
    };
    receiver.answers("200 OK", "");
    let on = scene
        .service
        .change_endpoint(&admin(), "out", on)
        .await
        .unwrap();
    assert!(on.disabled_why.is_none());
    run(&scene).await;
    scene.service.tell(now()).await.unwrap();
    assert_eq!(receiver.seen().len(), 3);
}

#[tokio::test]
async fn redirects_are_not_followed_and_bodies_not_read() {
    let (scene, receiver) = (scene().await, Receiver::start().await);
    let elsewhere = Receiver::start().await;
    make(&scene, "out", new(receiver.url())).await;
    scene.service.test_endpoint(&admin(), "out").await.unwrap();
    receiver.answers(
        "307 Over there",
        &format!("location: {}\r\n", elsewhere.url()),
    );
    scene.service.tell(now()).await.unwrap();
    assert!(elsewhere.seen().is_empty());
    let [delivery] = deliveries(&scene).await.try_into().unwrap();
    assert_eq!(delivery.last.as_ref().unwrap().status, Some(307));
    receiver.answers("200 OK", "transfer-encoding: chunked\r\n");
    let told = scene.service.tell(delivery.next);
    tokio::time::timeout(Duration::from_secs(15), told)
        .await
        .unwrap()
        .unwrap();
    assert!(deliveries(&scene).await.is_empty(), "the status is enough");
}

/// A name that points to public addresses when it is looked at, and inwards a moment later.
struct Rebinding(Mutex<Vec<IpAddr>>);

impl Resolve for Rebinding {
    fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
        let mut answers = self.0.lock().unwrap();
        let answer = match answers.len() {
            1 => answers[0],
            _ => answers.remove(0),
        };
        Box::pin(async move { Ok(vec![answer]) })
    }
}

#[tokio::test]
async fn a_name_that_points_inwards_leads_nowhere() {
    for address in [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "::1",
        "::ffff:10.0.0.1",
        "fd00:ec2::254",
        "0.0.0.0",
    ] {
        let scene = Scene::with_math(Limits::default()).await;
        let resolver = Rebinding(Mutex::new(vec![address.parse().unwrap()]));
        let config = EgressConfig {
            resolver: Arc::new(resolver),
            ..EgressConfig::default()
        };
        let heard = send_through(&scene.service, config, Reachable::default());
        make(&scene, "out", new("https://hooks.acme.example/")).await;
        scene.service.test_endpoint(&admin(), "out").await.unwrap();
        scene.service.tell(now()).await.unwrap();
        let [delivery] = deliveries(&scene).await.try_into().unwrap();
        let why = &delivery.last.as_ref().unwrap().why;
        assert!(!why.contains(address), "{why}");
        let record = heard.0.lock().unwrap().pop().unwrap();
        let code = Code::HttpAddressBlocked;
        assert_eq!(
            record.outcome,
            metier_core::EgressOutcome::Denied { code },
            "{address}"
        );
        assert_eq!(record.address, None, "nothing was connected to");
    }
}

#[tokio::test]
async fn urls_that_lead_inwards_are_refused_when_they_are_given() {
    let scene = Scene::with_math(Limits::default()).await;
    send_through(
        &scene.service,
        EgressConfig::default(),
        Reachable::default(),
    );
    for url in [
        "http://hooks.acme.example/",
        "https://localhost/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://10.1.2.3/",
        "gopher://hooks.acme.example/",
        "javascript:alert(1)",
    ] {
        let made = scene
            .service
            .make_endpoint(&admin(), &named("out"), new(url))
            .await;
        assert_eq!(made.unwrap_err().code, Code::InvalidArguments, "{url}");
    }
    make(&scene, "out", new("https://hooks.acme.example/")).await;
    let changes = EndpointChanges {
        url: Some("https://127.0.0.1/".into()),
        ..EndpointChanges::default()
    };
    let changed = scene
        .service
        .change_endpoint(&admin(), "out", changes)
        .await;
    assert_eq!(changed.unwrap_err().code, Code::InvalidArguments);
}

#[tokio::test]
async fn another_host_goes_on_where_one_stopped() {
    let (one, receiver) = (scene().await, Receiver::start().await);
    make(&one, "out", new(receiver.url())).await;
    receiver.answers("503 Not now", "");
    let first = run(&one).await;
    let at = now();
    one.service.tell(at).await.unwrap();
    assert_eq!(receiver.seen().len(), 2);
    let store = one.service.store().clone();
    // A run that began and was never looked at.
    let second = run(&one).await;
    drop(one);
    let next = Scene::over(store).await;
    send_through(&next.service, EgressConfig::default(), open_here());
    receiver.answers("200 OK", "");
    next.service.tell(at + 60 * 60 * 1000).await.unwrap();
    let seen = receiver.seen().split_off(2);
    let of = |run: RunId| {
        seen.iter()
            .filter(|seen| seen.json()["data"]["run"] == run.to_string())
            .count()
    };
    assert_eq!((of(first), of(second)), (2, 2));
}

#[tokio::test]
async fn two_secrets_sign_while_one_follows_the_other() {
    let (scene, receiver) = (scene().await, Receiver::start().await);
    make(&scene, "out", new(receiver.url())).await;
    let overlap = Duration::from_secs(3600);
    scene
        .service
        .rotate_endpoint(&admin(), "out", None, overlap)
        .await
        .unwrap();
    scene.service.test_endpoint(&admin(), "out").await.unwrap();
    scene.service.tell(now()).await.unwrap();
    let both = receiver.seen()[0].header("webhook-signature").to_owned();
    assert_eq!(both.split(' ').count(), 2, "{both}");
    scene.service.test_endpoint(&admin(), "out").await.unwrap();
    scene.service.tell(now() + 2 * 3_600_000).await.unwrap();
    let one = receiver.seen()[1].header("webhook-signature").to_owned();
    assert_eq!(one.split(' ').count(), 1, "{one}");
}

/// A host that dies after it put an event into the outbox and before it wrote down how far it had looked.
#[tokio::test]
async fn an_event_that_is_found_again_is_in_the_outbox_once() {
    let (one, receiver) = (scene().await, Receiver::start().await);
    make(&one, "out", new(receiver.url())).await;
    receiver.answers("503 Not now", "");
    let run = run(&one).await;
    one.service.tell(now()).await.unwrap();
    assert_eq!(deliveries(&one).await.len(), 2);
    let store = one.service.store().clone();
    let kind = "hook-followed".parse().unwrap();
    let key = format!("local/{run}").parse().unwrap();
    let before = br#"{"seq": 0, "since": 0}"#;
    let put = store.put(&kind, &key, Expect::Any, Some(before), None);
    put.await.unwrap();
    let next = Scene::over(store.clone()).await;
    send_through(&next.service, EgressConfig::default(), open_here());
    next.service.tell(now()).await.unwrap();
    assert_eq!(deliveries(&next).await.len(), 2);
}
