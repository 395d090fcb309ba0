//! Steps 6 and 9: the credential goes out and does not come back.

use axum::{Router, http::HeaderMap, routing::get};

use super::support::*;

#[tokio::test]
async fn a_bearer_token_arrives_and_its_echo_does_not() {
    let echo = get(|headers: HeaderMap| async move {
        format!("you sent {:?} ok", headers["authorization"].to_str())
    });
    let server = serve(Router::new().route("/", echo)).await;
    let rig = Setup::to(server, "http")
        .with_credential("kind = \"bearer\"", "canary-1234")
        .rig();
    let seen = rig.get(&url(server, "/")).await.unwrap();
    assert_eq!(seen.text(), "you sent Ok(\"Bearer ***********\") ok");
    assert_eq!(seen.headers["content-length"], seen.body.len().to_string());
    assert_eq!(rig.audit.last().credential.unwrap().as_str(), "key");
}
