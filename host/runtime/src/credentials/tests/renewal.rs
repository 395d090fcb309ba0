//! When credentials are renewed, and how often.

use std::{sync::atomic::Ordering, time::Duration};

use http::Request;
use http_body_util::{BodyExt, StreamBody};
use metier_core::code::Code;
use serde_json::json;

use super::issuer::{CLIENT, Service};
use crate::egress::{tests::support::*, whole};

async fn with(service: &Service) -> (std::net::SocketAddr, Rig) {
    let server = service.serve().await;
    (
        server,
        Setup::to(server, "http")
            .with_issuer(server, CLIENT, "canary-1234")
            .rig(),
    )
}

#[tokio::test]
async fn a_hundred_calls_wait_for_one_token() {
    let service = Service::default();
    let (server, rig) = with(&service).await;
    let target = url(server, "/");
    let answers = futures::future::join_all((0..100).map(|_| rig.get(&target))).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.as_ref().is_ok_and(|seen| seen.text() == "1 "))
    );
    assert_eq!(service.asked(), 1);
}

#[tokio::test]
async fn a_hundred_calls_get_one_error_which_is_soon_forgotten() {
    let service = Service::answering([(503, json!({}))]);
    let (server, rig) = with(&service).await;
    let target = url(server, "/");
    let answers = futures::future::join_all((0..50).map(|_| rig.get(&target))).await;
    let codes = answers.into_iter().map(|answer| answer.unwrap_err().code());
    assert!(
        codes
            .into_iter()
            .all(|code| code == Code::UpstreamUnavailable)
    );
    assert_eq!(service.asked(), 1);
    rig.clock.advance(Duration::from_millis(1_001));
    assert_eq!(rig.get(&target).await.unwrap().text(), "2 ");
}

#[tokio::test]
async fn the_renewal_outlives_the_call_that_began_it() {
    let service = Service::default();
    let (server, rig) = with(&service).await;
    let target = url(server, "/");
    {
        let first = rig.get(&target);
        tokio::pin!(first);
        // Polled until the renewal is on its way, then given up.
        while service.asked() == 0 {
            tokio::select! { biased; _ = &mut first => {} () = tokio::task::yield_now() => {} }
        }
    }
    assert_eq!(rig.get(&target).await.unwrap().text(), "1 ");
    assert_eq!(service.asked(), 1);
}

#[tokio::test]
async fn a_token_near_its_end_is_renewed_in_the_background() {
    let service = Service::default();
    let (server, rig) = with(&service).await;
    let target = url(server, "/");
    assert_eq!(rig.get(&target).await.unwrap().text(), "1 ");
    rig.clock.advance(Duration::from_secs(3_539));
    assert_eq!(
        (
            rig.get(&target).await.unwrap().text().as_str(),
            service.asked()
        ),
        ("1 ", 1)
    );
    rig.clock.advance(Duration::from_secs(2));
    assert_eq!(
        rig.get(&target).await.unwrap().text(),
        "1 ",
        "the old one still serves"
    );
    while rig.get(&target).await.unwrap().text() == "1 " {
        tokio::task::yield_now().await;
    }
    assert_eq!(service.asked(), 2);
}

#[tokio::test]
async fn an_expired_token_is_not_used() {
    let service = Service::default();
    let (server, rig) = with(&service).await;
    rig.get(&url(server, "/")).await.unwrap();
    rig.clock.advance(Duration::from_secs(3_600));
    assert_eq!(rig.get(&url(server, "/")).await.unwrap().text(), "2 ");
}

#[tokio::test]
async fn a_failed_early_renewal_leaves_the_good_token_in_use() {
    let usual = (
        200,
        json!({ "access_token": "token-1", "expires_in": 3600 }),
    );
    let service = Service::answering([usual, (503, json!({}))]);
    let (server, rig) = with(&service).await;
    let target = url(server, "/");
    rig.get(&target).await.unwrap();
    rig.clock.advance(Duration::from_secs(3_550));
    while service.asked() < 2 {
        assert_eq!(rig.get(&target).await.unwrap().text(), "1 ");
    }
    for _ in 0..20 {
        assert_eq!(rig.get(&target).await.unwrap().text(), "1 ");
    }
    assert_eq!(service.asked(), 2, "one try a second");
}

#[tokio::test]
async fn after_a_401_the_request_is_sent_once_more_with_a_new_token() {
    let service = Service::default();
    service.refused.store(1, Ordering::SeqCst);
    let (server, rig) = with(&service).await;
    let request = Request::post(url(server, "/"))
        .body(whole("the body"))
        .unwrap();
    assert_eq!(rig.send(request).await.unwrap().text(), "2 the body");
    assert_eq!(
        rig.call.meter.usage().request_bytes,
        8,
        "the body is paid for once"
    );
    assert_eq!(
        rig.audit.records().len(),
        3,
        "two for tokens and one for the request"
    );
}

/// The way `wasi:http` sends: pieces of unknown length under a `Content-Length`.
#[tokio::test]
async fn a_streamed_body_of_stated_length_is_sent_once_more_too() {
    let service = Service::default();
    service.refused.store(1, Ordering::SeqCst);
    let (server, rig) = with(&service).await;
    for length in [Some("10"), None] {
        let pieces = [b"the b", b"ody.."]
            .map(|piece| Ok(http_body::Frame::data(bytes::Bytes::from_static(piece))));
        let body = StreamBody::new(futures::stream::iter(pieces)).boxed_unsync();
        let mut request = Request::post(url(server, "/"));
        if let Some(length) = length {
            request = request.header("content-length", length);
        }
        let seen = rig.send(request.body(body).unwrap()).await.unwrap();
        assert!(
            seen.text().ends_with(" the body.."),
            "{length:?}: {}",
            seen.text()
        );
        service.refused.fetch_add(1, Ordering::SeqCst);
        rig.clock.advance(Duration::from_secs(2));
    }
    assert_eq!(service.asked(), 3);
}

#[tokio::test]
async fn a_401_for_the_new_token_too_goes_to_the_skill() {
    let service = Service::default();
    service.refused.store(99, Ordering::SeqCst);
    let (server, rig) = with(&service).await;
    for _ in 0..5 {
        assert_eq!(rig.get(&url(server, "/")).await.unwrap().status, 401);
    }
    assert_eq!(service.asked(), 2, "the issuer is not stormed");
}

#[tokio::test]
async fn a_body_too_long_to_keep_is_not_sent_again() {
    let service = Service::default();
    service.refused.store(1, Ordering::SeqCst);
    let (server, rig) = with(&service).await;
    let piece = bytes::Bytes::from(vec![b'x'; 40 << 10]);
    let pieces = [
        Ok(http_body::Frame::data(piece.clone())),
        Ok(http_body::Frame::data(piece)),
    ];
    let body = StreamBody::new(futures::stream::iter(pieces)).boxed_unsync();
    let request = Request::post(url(server, "/")).body(body).unwrap();
    assert_eq!(rig.send(request).await.unwrap().status, 401);
    assert_eq!(service.asked(), 1);
}

#[tokio::test]
async fn a_plain_secret_is_read_again_after_a_401_and_after_a_minute() {
    let service = Service::default();
    service.refused.store(1, Ordering::SeqCst);
    let server = service.serve().await;
    let rig = Setup::to(server, "http")
        .with_credential("kind = \"bearer\"", "secret-1")
        .rig();
    let target = url(server, "/");
    assert_eq!(
        rig.get(&target).await.unwrap().status,
        401,
        "the same secret again is not tried again"
    );
    let set = |secret: &str| {
        rig.env
            .lock()
            .unwrap()
            .insert("KEY".to_owned(), secret.to_owned())
    };
    set("secret-2");
    rig.clock.advance(Duration::from_secs(2));
    assert_eq!(rig.get(&target).await.unwrap().text(), "2 ");
    set("secret-3");
    rig.clock.advance(Duration::from_secs(61));
    while rig.get(&target).await.unwrap().text() == "2 " {
        tokio::task::yield_now().await;
    }
    assert_eq!(rig.get(&target).await.unwrap().text(), "3 ");
}
