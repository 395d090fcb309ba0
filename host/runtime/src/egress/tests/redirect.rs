//! Redirects are new requests through the whole pipeline.

use axum::{
    Router,
    body::Bytes,
    extract::Path,
    http::HeaderMap,
    response::{IntoResponse, Redirect},
    routing::{any, get},
};
use http::{HeaderValue, Method, header};
use metier_core::code::Code;

use super::support::*;
use crate::egress::{Followed, MAX_REDIRECTS};

async fn server() -> std::net::SocketAddr {
    let to = |status: u16, location: String| {
        (
            http::StatusCode::from_u16(status).unwrap(),
            [(header::LOCATION, location)],
        )
            .into_response()
    };
    let router = Router::new()
        .route(
            "/to/{status}",
            any(move |Path(status): Path<u16>| async move { to(status, "/end".to_owned()) }),
        )
        .route("/loop", get(|| async { Redirect::temporary("/loop") }))
        .route(
            "/metadata",
            get(|| async { Redirect::temporary("http://169.254.169.254/latest/meta-data/") }),
        )
        .route(
            "/named",
            get(|| async { Redirect::temporary("http://metadata.test.example/") }),
        )
        .route(
            "/nowhere",
            get(|| async { Redirect::temporary("http://user:pw@api.test.example/") }),
        )
        .route(
            "/end",
            any(
                |method: Method, headers: HeaderMap, body: Bytes| async move {
                    format!("{method} {} {:?}", body.len(), headers.get("content-type"))
                },
            ),
        );
    serve(router).await
}

async fn follow(
    rig: &Rig,
    method: &str,
    url: &str,
    hops: u8,
) -> Result<Followed, crate::egress::EgressError> {
    let headers =
        HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"))]);
    let body = (method == "POST").then(|| Bytes::from_static(b"12345"));
    rig.egress
        .follow(&rig.call, method, url, headers, body, hops)
        .await
}

async fn text(followed: Followed) -> String {
    let body = http_body_util::BodyExt::collect(followed.response.into_body())
        .await
        .unwrap();
    String::from_utf8(body.to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn method_and_body_change_as_the_standard_says() {
    let server = server().await;
    for (status, method, expected) in [
        (301, "POST", "GET 0 None"),
        (302, "POST", "GET 0 None"),
        (303, "POST", "GET 0 None"),
        (303, "PUT", "GET 0 None"),
        (307, "POST", "POST 5 Some(\"text/plain\")"),
        (308, "POST", "POST 5 Some(\"text/plain\")"),
        (301, "PUT", "PUT 0 Some(\"text/plain\")"),
    ] {
        let rig = Setup::to(server, "http").rig();
        let followed = follow(&rig, method, &url(server, &format!("/to/{status}")), 1)
            .await
            .unwrap();
        assert_eq!(followed.url, url(server, "/end"));
        assert_eq!(text(followed).await, expected, "{status} {method}");
        assert_eq!(rig.call.meter.usage().requests, 2, "every hop counts");
    }
}

#[tokio::test]
async fn hops_are_bounded_whatever_the_skill_asks() {
    let server = server().await;
    for (asked, sent) in [(0, 1), (3, 4), (255, u32::from(MAX_REDIRECTS) + 1)] {
        let rig = Setup::to(server, "http").rig();
        let followed = follow(&rig, "GET", &url(server, "/loop"), asked)
            .await
            .unwrap();
        assert_eq!(
            followed.response.status(),
            307,
            "the redirect itself is the answer"
        );
        assert_eq!(rig.call.meter.usage().requests, sent);
    }
}

#[tokio::test]
async fn a_redirect_leads_nowhere_a_request_could_not_go() {
    let server = server().await;
    for path in ["/metadata", "/named"] {
        let rig = Setup::to(server, "http").rig();
        let error = follow(&rig, "GET", &url(server, path), 5)
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::HttpNotDeclared, "{path}");
        assert_eq!(rig.audit.records().len(), 2);
    }
    let rig = Setup::to(server, "http").rig();
    let error = follow(&rig, "GET", &url(server, "/nowhere"), 5)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::UpstreamInvalidAnswer);
}

/// Even where the rules allow the host, an address nobody listed stays out of reach.
#[tokio::test]
async fn a_redirect_to_an_allowed_name_with_a_forbidden_address_is_refused() {
    let server = server().await;
    let names = Names::of(HOST, &[&["127.0.0.1"], &["169.254.169.254"]]);
    let rig = Setup::to(server, "http").resolver(names).rig();
    let error = follow(&rig, "GET", &url(server, "/to/302"), 5)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::HttpAddressBlocked);
}
