//! A candidate's requests reach its own base URL, with its own credential, and nothing else.

use std::sync::Arc;

use http::{HeaderMap, Method};
use metier_agent::models::{FailureKind, Transport, WireRequest};
use metier_core::EgressOutcome;
use metier_emulator_models::{Emulator, Fault, KEY, Options, Rule};
use metier_runtime::credentials::SecretSources;
use metier_service::models::{ModelTransport, egress_for_models};

use super::scene::{OTHER_KEY, Scene, candidate, hello};

fn to(url: String) -> WireRequest {
    WireRequest {
        method: Method::POST,
        url,
        headers: HeaderMap::new(),
        body: bytes::Bytes::from_static(b"{}"),
        candidate: "anthropic".to_owned(),
    }
}

fn transport(scene: &Scene) -> ModelTransport {
    let clock: metier_runtime::egress::Clock = Arc::new(std::time::SystemTime::now);
    let sources = SecretSources {
        env: Arc::new(|_: &str| Some(KEY.to_owned())),
        ..SecretSources::files_only(std::env::temp_dir())
    };
    let tenant = metier_core::TenantId::local();
    ModelTransport::new(
        &scene.routes,
        egress_for_models(clock.clone()),
        &sources,
        &clock,
        scene.audit.clone(),
        tenant,
    )
    .unwrap()
}

#[tokio::test]
async fn another_place_method_or_candidate_is_denied_before_anything_leaves() {
    let (scene, other) = (Scene::plain(), Emulator::start(Options::default()).unwrap());
    let transport = transport(&scene);
    let own = format!("http://{}", scene.emulator.addr());
    let right = transport
        .send(to(format!("{own}/v1/messages")))
        .await
        .unwrap();
    assert_eq!(
        right.status, 400,
        "the key went with it, and an empty question is none"
    );
    let before = scene.emulator.book().counts().requests;
    for request in [
        to(format!("http://{}/v1/messages", other.addr())),
        to(format!("{own}/v1/chat/completions")),
        to(format!("https://{}/v1/messages", scene.emulator.addr())),
        to("http://169.254.169.254/v1/messages".to_owned()),
        WireRequest {
            method: Method::GET,
            ..to(format!("{own}/v1/messages"))
        },
        WireRequest {
            candidate: "nobody".to_owned(),
            ..to(format!("{own}/v1/messages"))
        },
    ] {
        let what = format!("{} {} {}", request.candidate, request.method, request.url);
        let failure = transport.send(request).await.expect_err(&what);
        assert_eq!(failure.kind, FailureKind::Denied, "{what}: {failure}");
        assert!(!failure.message.contains(KEY));
    }
    let smuggled = to(format!("{own}/v1/messages/../../__faults"));
    let failure = transport.send(smuggled).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidRequest, "{failure}");
    assert_eq!(other.book().counts().requests, 0);
    assert_eq!(scene.emulator.book().counts().requests, before);
    let denied = scene
        .audit
        .records()
        .iter()
        .filter(|record| matches!(record.outcome, EgressOutcome::Denied { .. }))
        .count();
    assert_eq!(denied, 6, "each but that of nobody is in the audit");
}

/// Two providers with a key each.
fn two() -> (Scene, Emulator) {
    let options = Options {
        key: Some(OTHER_KEY.to_owned()),
        ..Options::default()
    };
    let other = Emulator::start(options).unwrap();
    let scene = Scene::with(false, |base| {
        let route = |name: &str| {
            format!("[routes.{name}]\ncandidates = [\"{name}\"]\nretry = {{ attempts = 1 }}\n")
        };
        let elsewhere = format!("http://{}", other.addr());
        [
            route("own"),
            route("other"),
            candidate("own", "anthropic", base, "anthropic"),
            candidate("other", "anthropic", &elsewhere, "other"),
        ]
        .concat()
    });
    (scene, other)
}

#[tokio::test]
async fn each_provider_gets_its_own_key() {
    let (scene, other) = two();
    for (route, emulator) in [("own", &scene.emulator), ("other", &other)] {
        scene.ask(route, hello()).await.unwrap();
        assert_eq!(emulator.book().counts().requests, 1, "{route}");
    }
    let attached = scene.audit.records().into_iter();
    let attached: Vec<_> = attached
        .filter_map(|record| record.credential)
        .map(|name| name.to_string())
        .collect();
    assert_eq!(attached, ["anthropic", "other"]);
}

#[tokio::test]
async fn a_provider_that_sends_us_elsewhere_is_not_followed() {
    let (scene, other) = two();
    for to in [
        format!("http://{}/v1/messages", other.addr()),
        "/v1/messages".to_owned(),
        "http://169.254.169.254/".to_owned(),
    ] {
        scene
            .emulator
            .faults()
            .replace(vec![Rule::once(Fault::Redirect { to: to.clone() })]);
        let failure = scene.ask("own", hello()).await.expect_err(&to);
        assert!(!failure.message.contains(KEY), "{failure}");
    }
    assert_eq!(other.book().counts().requests, 0);
    assert_eq!(
        scene.emulator.book().counts().requests,
        3,
        "nothing came back to us either"
    );
}

#[tokio::test]
async fn a_provider_that_says_our_key_is_not_quoted() {
    for scene in [Scene::plain(), Scene::whole()] {
        scene
            .emulator
            .faults()
            .push(Rule::always(Fault::SecretEcho));
        let failure = scene.ask("openai-chat", hello()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Auth);
        assert!(
            failure.message.contains("Incorrect API key provided"),
            "{failure}"
        );
        let told = format!("{failure:?} {:?}", failure.fault());
        assert!(!told.contains(KEY), "{told}");
    }
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_named_and_nothing_leaves() {
    let scene = Scene::with(false, |base| {
        let credential =
            "[credentials.missing]\nkind = \"bearer\"\nsecret = { env = \"NOT_SET\" }\n";
        format!(
            "[routes.x]\ncandidates = [\"x\"]\n{}{credential}",
            candidate("x", "openai-chat", &format!("{base}/v1"), "missing")
        )
    });
    let failure = scene.ask("x", hello()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Auth);
    assert!(failure.message.contains("NOT_SET"), "{failure}");
    assert_eq!(scene.emulator.book().counts().requests, 0);
}

#[tokio::test]
async fn a_certificate_nobody_vouches_for_is_refused() {
    let scene = Scene::with(true, |base| {
        let candidate =
            candidate("x", "anthropic", base, "anthropic").replace("ca-file = \"ca.pem\"\n", "");
        format!("[routes.x]\ncandidates = [\"x\"]\nretry = {{ attempts = 1 }}\n{candidate}")
    });
    let failure = scene.ask("x", hello()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unreachable, "{failure}");
    assert_eq!(scene.emulator.book().counts().requests, 0);
}
