//! Steps 6 and 9: the credential goes out and does not come back.

use axum::{
    Router,
    http::HeaderMap,
    response::IntoResponse,
    routing::{any, get},
};
use bytes::Bytes;
use futures::stream;
use http::{Uri, header};
use metier_core::code::Code;

use super::support::*;
use crate::egress::EgressError;

#[tokio::test]
async fn a_bearer_token_arrives_and_its_echo_does_not() {
    let echo = get(|headers: HeaderMap| async move {
        let sent = headers["authorization"].clone();
        (
            [("x-debug", sent.clone())],
            format!("you sent {:?} ok", sent.to_str()),
        )
    });
    let server = serve(Router::new().route("/", echo)).await;
    let rig = Setup::to(server, "http")
        .with_credential("kind = \"bearer\"", "canary-1234")
        .rig();
    let seen = rig.get(&url(server, "/")).await.unwrap();
    assert_eq!(seen.text(), "you sent Ok(\"Bearer ***********\") ok");
    assert_eq!(seen.headers["x-debug"], "Bearer ***********");
    assert_eq!(seen.headers["content-length"], seen.body.len().to_string());
    assert_eq!(rig.audit.last().credential.unwrap().as_str(), "key");
}

#[tokio::test]
async fn an_echo_cut_into_pieces_is_blotted_too() {
    let drip = get(|headers: HeaderMap| async move {
        let sent = headers["authorization"].as_bytes().to_vec();
        let pieces = sent
            .into_iter()
            .map(|byte| Ok::<_, std::convert::Infallible>(Bytes::from(vec![byte])));
        axum::body::Body::from_stream(stream::iter(pieces))
    });
    let server = serve(Router::new().route("/", drip)).await;
    let basic = "kind = \"basic\"\nusername = \"ada\"";
    let rig = Setup::to(server, "http")
        .with_credential(basic, "canary-1234")
        .rig();
    let seen = rig.get(&url(server, "/")).await.unwrap().text();
    let left: Vec<char> = seen["Basic ".len()..]
        .chars()
        .filter(|c| *c != '*')
        .collect();
    assert!(left.len() <= 2, "{seen}");
}

#[tokio::test]
async fn a_key_in_the_query_arrives_and_is_in_no_record() {
    let server =
        serve(Router::new().fallback(any(|uri: Uri| async move { uri.to_string() }))).await;
    let key = "kind = \"api-key-query\"\nparameter = \"api_key\"";
    let rig = Setup::to(server, "http")
        .with_credential(key, "canary/1234")
        .rig();
    let seen = rig
        .get(&url(server, "/v1?a=1&api_key=mine"))
        .await
        .unwrap()
        .text();
    assert_eq!(seen, "/v1?a=1&api_key=*************");
    assert_eq!(rig.audit.last().target, url(server, "/v1"));
}

#[tokio::test]
async fn a_compressed_answer_cannot_be_scrubbed_and_is_refused() {
    let packed = get(|| async { ([(header::CONTENT_ENCODING, "gzip")], "opaque").into_response() });
    let server = serve(Router::new().route("/", packed)).await;
    let rig = Setup::to(server, "http")
        .with_credential("kind = \"bearer\"", "canary-1234")
        .rig();
    let error = rig.get(&url(server, "/")).await.unwrap_err();
    assert!(matches!(error, EgressError::InvalidAnswer(_)), "{error:?}");
    assert_eq!(error.code(), Code::UpstreamInvalidAnswer);
    let without = Setup::to(server, "http").rig();
    assert_eq!(
        without.get(&url(server, "/")).await.unwrap().text(),
        "opaque"
    );
}

#[tokio::test]
async fn a_session_opened_with_a_credential_stays_outside() {
    let login = get(|| async { [(header::SET_COOKIE, "session=secret")] });
    let server = serve(Router::new().route("/", login)).await;
    let with = Setup::to(server, "http")
        .with_credential("kind = \"bearer\"", "canary-1234")
        .rig();
    assert!(
        !with
            .get(&url(server, "/"))
            .await
            .unwrap()
            .headers
            .contains_key(header::SET_COOKIE)
    );
    let without = Setup::to(server, "http").rig();
    assert!(
        without
            .get(&url(server, "/"))
            .await
            .unwrap()
            .headers
            .contains_key(header::SET_COOKIE)
    );
}

#[tokio::test]
async fn a_secret_with_a_line_break_is_refused_before_anything_is_sent() {
    let server = serve(Router::new()).await;
    for secret in ["canary\r\nx-evil: 1", "canary\n", "canary\u{e9}"] {
        let rig = Setup::to(server, "http")
            .with_credential("kind = \"bearer\"", secret)
            .rig();
        let error = rig.get(&url(server, "/")).await.unwrap_err();
        assert_eq!(error.code(), Code::CredentialMissing);
        assert!(!format!("{error:?} {}", error.fault().message).contains("canary"));
        assert_eq!(rig.audit.last().address, None);
    }
}
