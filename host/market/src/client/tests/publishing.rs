//! What a publisher sends, and in which order.

use http::StatusCode;
use metier_core::{Code, Digest};

use super::{
    super::{Published, Publishing},
    ClientError, Scene,
    script::Lie,
    shop::component,
};
use crate::{
    consent::Contents,
    trust::{Algorithm, KeyPair, SigningKey, tests::day},
};

async fn publish(scene: &Scene) -> Result<Published, ClientError> {
    let component = component("2.0.0");
    let contents = Contents::of_file(&component).unwrap();
    let key = SigningKey::new(KeyPair::generate(Algorithm::EcdsaP256).unwrap());
    let publishing = Publishing {
        component: &component,
        contents: &contents,
        security_fix: false,
        key: &key,
        now: day(1),
    };
    scene.client.publish(&publishing, "token").await
}

#[tokio::test]
async fn blobs_come_before_the_one_request_that_counts() {
    let scene = Scene::new();
    let done = publish(&scene).await.unwrap();
    let page = "p".to_owned();
    assert_eq!(done, Published::Done { leaf: 9, page });
    let asked = scene.script.asked();
    let paths: Vec<&str> = asked.iter().map(|(_, path)| path.as_str()).collect();
    let digest = Digest::of(&component("2.0.0"));
    assert_eq!(paths.len(), 4);
    assert_eq!(
        paths[0],
        format!("v2/com.acme/weather/blobs/uploads/?digest={digest}")
    );
    assert!(paths[2].starts_with("v2/com.acme/weather/manifests/sha256:"));
    assert_eq!(paths[3], "api/v1/market/publish");
}

#[tokio::test]
async fn a_blob_that_is_refused_ends_it() {
    let scene = Scene::new();
    let lie = Lie::Status(StatusCode::UNAUTHORIZED, "{}".to_owned());
    scene.script.lie("v2/", lie);
    let error = publish(&scene).await.unwrap_err();
    assert_eq!(error.fault().code, Code::Unauthenticated);
    assert_eq!(scene.script.asked().len(), 1);
}

#[tokio::test]
async fn findings_and_reviews_are_told() {
    let scene = Scene::new();
    let held = Lie::Status(StatusCode::ACCEPTED, r#"{"review":"r1"}"#.to_owned());
    scene.script.lie("api/v1/market/publish", held);
    let review = "r1".to_owned();
    assert_eq!(
        publish(&scene).await.unwrap(),
        Published::Held {
            review,
            page: None,
            approvers: None
        }
    );
    scene.script.be_honest();
    let findings = r#"{"detail":"It is refused.","findings":[{"rule":"broad-http","place":"skill.toml","evidence":"any host","mend":"name one"}]}"#;
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    scene.script.lie(
        "api/v1/market/publish",
        Lie::Status(status, findings.to_owned()),
    );
    let fault = publish(&scene).await.unwrap_err().fault();
    assert_eq!(fault.message, "It is refused.");
    assert!(
        fault
            .details
            .values()
            .any(|told| told.contains("broad-http"))
    );
}

#[tokio::test]
async fn a_token_is_kept_for_its_owner_and_ends() {
    let scene = Scene::new();
    let key = KeyPair::generate(Algorithm::Ed25519).unwrap();
    let account = "acme".parse().unwrap();
    let token = scene.client.login(&account, &key).await.unwrap();
    assert!(!format!("{token:?}").contains("\"t\""));
    assert_eq!(token.account, Some(account));
    assert_eq!(scene.client.last_token(), Some(token.clone()));
    scene.script.asked();
    let late = "2027-01-01T00:00:00Z".parse().unwrap();
    assert!(!scene.client.is_good(&token, late).await.unwrap());
    assert!(scene.script.asked().is_empty(), "the market need not say");
    let mode = std::fs::metadata(scene.client.kept().folder().join("token.json")).unwrap();
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777,
        0o600
    );
}
