//! Step 5: what is not the skill's to say does not leave.

use axum::{Router, body::Bytes, http::HeaderMap, routing::any};
use http::{HeaderValue, Request};

use super::support::*;
use crate::egress::{EgressError, whole};

/// Answers with the head it got, one field a line.
pub async fn mirror() -> std::net::SocketAddr {
    let mirror = |headers: HeaderMap, body: Bytes| async move {
        let lines = headers
            .iter()
            .map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()));
        lines
            .chain([format!("body {}", body.len())])
            .collect::<String>()
    };
    serve(Router::new().fallback(any(mirror))).await
}

#[tokio::test]
async fn authority_routing_and_framing_are_not_the_skills() {
    let server = mirror().await;
    let rig = Setup::to(server, "http").rig();
    let request = Request::post(url(server, "/"))
        .header("authorization", "Bearer forged")
        .header("proxy-authorization", "forged")
        .header("host", "admin.internal")
        .header("x-forwarded-for", "127.0.0.1")
        .header("x-forwarded-host", "admin.internal")
        .header("forwarded", "for=127.0.0.1")
        .header("x-http-method-override", "DELETE")
        .header("x-original-url", "/admin")
        .header("x_original_url", "/admin")
        .header("x_forwarded_for", "127.0.0.1")
        .header("connection", "x-hidden, keep-alive")
        .header("x-hidden", "1")
        .header("transfer-encoding", "chunked")
        .header("upgrade", "websocket")
        .header("expect", "100-continue")
        .header("cookie", "mine=1")
        .header("x-mine", "kept")
        .body(whole("12345"))
        .unwrap();
    let seen = rig.send(request).await.unwrap().text();
    let mut lines: Vec<&str> = seen.lines().collect();
    lines.sort_unstable();
    let agent = format!("user-agent: metier/{}", env!("CARGO_PKG_VERSION"));
    let host = format!("host: {HOST}:{}", server.port());
    let expected = [
        "body 5",
        "content-length: 5",
        "cookie: mine=1",
        &host,
        &agent,
        "x-mine: kept",
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn a_credential_takes_the_place_of_what_the_skill_put_there() {
    let server = mirror().await;
    let key = "kind = \"api-key-header\"\nheader = \"X-Api-Key\"";
    let rig = Setup::to(server, "http")
        .with_credential(key, "canary")
        .rig();
    let request = Request::get(url(server, "/"))
        .header("x-api-key", "forged")
        .header("x-api-key", "twice")
        .header("cookie", "session=stolen")
        .header("accept-encoding", "gzip")
        .body(whole(""))
        .unwrap();
    let seen = rig.send(request).await.unwrap().text();
    assert_eq!(seen.matches("x-api-key: ******").count(), 1, "{seen}");
    assert!(
        !seen.contains("forged") && !seen.contains("twice") && !seen.contains("cookie"),
        "{seen}"
    );
    assert!(seen.contains("accept-encoding: identity"), "{seen}");
}

#[tokio::test]
async fn heads_larger_than_a_head_may_be_are_refused() {
    let server = mirror().await;
    let rig = Setup::to(server, "http").rig();
    let many = (0..101).fold(Request::get(url(server, "/")), |request, at| {
        request.header(format!("x-{at}"), "1")
    });
    let large = Request::get(url(server, "/")).header("x-large", "y".repeat(33 << 10));
    for request in [many, large] {
        let error = rig
            .send(request.body(whole("")).unwrap())
            .await
            .unwrap_err();
        assert!(matches!(error, EgressError::InvalidRequest(_)), "{error:?}");
    }
}

#[tokio::test]
async fn a_length_that_is_not_the_bodys_is_refused() {
    let server = mirror().await;
    let rig = Setup::to(server, "http").rig();
    for length in ["4", "6", "+5", "5, 5", ""] {
        let mut request = Request::post(url(server, "/"))
            .body(whole("12345"))
            .unwrap();
        request
            .headers_mut()
            .insert("content-length", HeaderValue::from_str(length).unwrap());
        let error = rig.send(request).await.unwrap_err();
        assert!(
            matches!(error, EgressError::InvalidRequest(_)),
            "{length}: {error:?}"
        );
    }
    let mut request = Request::post(url(server, "/"))
        .body(whole("12345"))
        .unwrap();
    request
        .headers_mut()
        .insert("content-length", HeaderValue::from_static("5"));
    assert!(rig.send(request).await.unwrap().text().contains("body 5"));
}
