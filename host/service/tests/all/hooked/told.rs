//! What endpoints hear of.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use metier_core::Code;
use metier_service::{
    Role,
    directory::now,
    hooks::{
        event::Kind,
        manage::{MAX_ENDPOINTS, NewEndpoint},
    },
    triggers::signature::tag,
};

use super::endpoint::{Receiver, begun, deliveries, make, new, run, scene};
use crate::{
    events::CHAIN,
    scene::{admin, somebody},
    ticked::{named, work_until_ended},
};

#[tokio::test]
async fn a_run_is_told_from_its_beginning_to_its_end_without_its_content() {
    let (scene, receiver) = (scene().await, Receiver::start().await);
    let secret = make(&scene, "out", new(receiver.url())).await;
    let run = run(&scene).await;
    let at = now();
    scene.service.tell(at).await.unwrap();
    let mut kinds = receiver.kinds();
    kinds.sort();
    assert_eq!(kinds, ["run.completed", "run.started"]);
    for seen in receiver.seen() {
        assert!(seen.head.starts_with("POST /hook?token=x HTTP/1.1\r\n"));
        assert_eq!(seen.header("content-type"), "application/json");
        let (id, time) = (seen.header("webhook-id"), seen.header("webhook-timestamp"));
        assert!(id.starts_with(&format!("evt_{run}_")), "{id}");
        assert!(time.parse::<u64>().unwrap().abs_diff(at / 1000) <= 20);
        let key = STANDARD
            .decode(secret.trim_start_matches("whsec_"))
            .unwrap();
        let parts = [
            id.as_bytes(),
            b".",
            time.as_bytes(),
            b".",
            seen.body.as_bytes(),
        ];
        let expected = format!("v1,{}", STANDARD.encode(tag(&key, &parts)));
        assert_eq!(seen.header("webhook-signature"), expected);
        let json = seen.json();
        assert_eq!(json["data"]["run"], run.to_string());
        assert_eq!(json["data"]["agent"], "sums");
        let mut keys: Vec<&String> = json["data"].as_object().unwrap().keys().collect();
        keys.sort();
        assert_eq!(keys, ["agent", "run", "status", "tenant", "version"]);
    }
    scene.service.tell(at + 1).await.unwrap();
    assert_eq!(receiver.seen().len(), 2, "what arrived is not sent again");
    assert!(deliveries(&scene).await.is_empty());
}

#[tokio::test]
async fn a_tenant_has_so_many_endpoints() {
    let scene = scene().await;
    for number in 0..MAX_ENDPOINTS {
        let url = "https://hooks.acme.example/";
        make(&scene, &format!("e{number}"), new(url)).await;
    }
    let (more, endpoint) = (named("more"), new("https://hooks.acme.example/"));
    let refused = scene.service.make_endpoint(&admin(), &more, endpoint).await;
    assert_eq!(refused.unwrap_err().code, Code::InvalidArguments);
}

#[tokio::test]
async fn an_endpoint_hears_of_what_it_wants_and_of_its_own_tenant() {
    let (scene, receiver) = (scene().await, Receiver::start().await);
    let elsewhere = somebody("acme", Role::Operator, &[]);
    let acme = "acme".parse().unwrap();
    scene
        .service
        .directory()
        .make_tenant(&admin(), &acme, "")
        .await
        .unwrap();
    let name = named("out");
    let theirs = scene
        .service
        .make_endpoint(&elsewhere, &name, new(receiver.url()))
        .await;
    theirs.unwrap();
    run(&scene).await;
    scene.service.tell(now()).await.unwrap();
    assert!(receiver.seen().is_empty(), "another tenant's");
    make(
        &scene,
        "out",
        NewEndpoint {
            events: [Kind::Completed].into(),
            ..new(receiver.url())
        },
    )
    .await;
    run(&scene).await;
    scene.service.tell(now()).await.unwrap();
    assert_eq!(receiver.kinds(), ["run.completed"]);
    let theirs = scene.service.endpoint(&elsewhere, "out").unwrap();
    assert!(theirs.enabled);
    let none = scene
        .service
        .all_deliveries(&somebody("other", Role::Operator, &[]), "out")
        .await;
    assert_eq!(none.unwrap_err().code, Code::NotFound);
    let viewer = somebody("local", Role::Viewer, &[]);
    assert_eq!(
        scene.service.endpoint(&viewer, "out").unwrap_err().code,
        Code::Forbidden
    );
}

#[tokio::test]
async fn a_run_that_waits_for_a_person_and_one_that_is_ended_are_told() {
    let (scene, receiver) = (scene().await, Receiver::start().await);
    let asking = CHAIN
        .replace("then = \"allow\"", "then = \"ask\"")
        .replace("1.0.0", "2.0.0");
    let source = metier_service::agents::Source {
        text: asking,
        files: Default::default(),
    };
    scene.service.deploy(&admin(), source).await.unwrap();
    make(&scene, "out", new(receiver.url())).await;
    let run = begun(&scene).await;
    let service = scene.service.clone();
    let working = tokio::spawn(async move {
        let shift =
            metier_agent::driver::Shift::of("host".parse().unwrap(), "default".parse().unwrap());
        service.runs().work(shift, std::future::pending()).await
    });
    let mut waited = 0;
    while scene.service.approvals(&admin()).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
        waited += 1;
        assert!(waited < 3_000, "it asks nobody");
    }
    working.abort();
    let _ = working.await;
    scene.service.tell(now()).await.unwrap();
    let mut kinds = receiver.kinds();
    kinds.sort();
    assert_eq!(kinds, ["run.needs-approval", "run.started"]);
    let asked = receiver
        .seen()
        .into_iter()
        .find(|seen| seen.json()["type"] == "run.needs-approval");
    let open = &scene.service.approvals(&admin()).await.unwrap()[0];
    assert_eq!(asked.unwrap().json()["data"]["question"], open.number.0);
    scene.service.cancel(&admin(), run, "enough").await.unwrap();
    tokio::time::sleep(Duration::from_millis(10)).await;
    work_until_ended(&scene.service).await;
    scene.service.tell(now()).await.unwrap();
    assert_eq!(receiver.kinds().last().unwrap(), "run.cancelled");
    assert_eq!(receiver.seen().len(), 3, "nothing twice");
}

#[tokio::test]
async fn a_fork_is_told_as_a_run_of_its_own_without_the_past_it_has() {
    let (scene, receiver) = (scene().await, Receiver::start().await);
    let original = run(&scene).await;
    make(&scene, "out", new(receiver.url())).await;
    let fork = scene
        .service
        .fork(&admin(), original, Some(metier_agent::journal::Seq(1)))
        .await
        .unwrap();
    work_until_ended(&scene.service).await;
    scene.service.tell(now()).await.unwrap();
    let mut kinds = receiver.kinds();
    kinds.sort();
    assert_eq!(kinds, ["run.completed", "run.started"]);
    assert!(
        receiver
            .seen()
            .iter()
            .all(|seen| seen.json()["data"]["run"] == fork.to_string())
    );
}
