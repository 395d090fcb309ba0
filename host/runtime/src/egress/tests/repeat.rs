//! Step 5: a repeated call is known by its requests' keys.

use std::sync::{Arc, Mutex};

use axum::{Router, extract::State, http::HeaderMap, routing::any};
use http::{Method, Request, StatusCode, Uri};
use metier_core::{
    Call, Digest,
    ids::{PrincipalId, TenantId},
};

use super::support::*;
use crate::egress::{EgressCall, RequestKeys, whole};

/// Every request as method, path and the values of `Idempotency-Key`.
type Log = Arc<Mutex<Vec<(String, String, Vec<String>)>>>;

/// Answers 200 with the key it got, in header and body, and 401 to `/renewed` when the token is the first one.
async fn service() -> (std::net::SocketAddr, Log) {
    let answer = |State(log): State<Log>, method: Method, uri: Uri, headers: HeaderMap| async move {
        let keys = headers
            .iter()
            .filter(|(name, _)| name.as_str().replace('_', "-") == "idempotency-key")
            .map(|(_, value)| value.to_str().unwrap().to_owned())
            .collect::<Vec<_>>();
        let echo = [("idempotency-key", keys.join(","))];
        log.lock()
            .unwrap()
            .push((method.to_string(), uri.path().to_owned(), keys));
        let old = headers
            .get("authorization")
            .is_some_and(|token| token == "Bearer token-1");
        let status = if old && uri.path() == "/renewed" {
            StatusCode::UNAUTHORIZED
        } else {
            StatusCode::OK
        };
        let token = log
            .lock()
            .unwrap()
            .iter()
            .filter(|it| it.1 == "/token")
            .count();
        let body = format!(
            r#"{{"access_token": "token-{token}", "expires_in": 3600, "token_type": "Bearer"}}"#
        );
        (status, echo, body)
    };
    let log = Log::default();
    let router = Router::new().fallback(any(answer)).with_state(log.clone());
    (serve(router).await, log)
}

fn call(key: Option<&str>) -> Call {
    Call {
        id: "call-1".parse().unwrap(),
        tenant: TenantId::local(),
        principal: PrincipalId::local(),
        skill: Digest::of(b"skill"),
        tool: "send".parse().unwrap(),
        arguments: "{}".to_owned(),
        deadline: None,
        idempotency_key: key.map(str::to_owned),
        within: None,
        depth: 0,
    }
}

fn carrying(mut rig: Rig, call: &Call) -> Rig {
    let mut egress = EgressCall::clone(&rig.call);
    egress.keys = RequestKeys::of(call).map(Arc::new);
    rig.call = Arc::new(egress);
    rig
}

async fn send(rig: &Rig, method: &str, url: String) -> Seen {
    let request = Request::builder().method(method).uri(url);
    rig.send(request.body(whole("x")).unwrap()).await.unwrap()
}

/// The keys a call sends for these requests.
async fn keys(call: &Call, requests: &[(&str, &str)]) -> Vec<Vec<String>> {
    let (server, log) = service().await;
    let mut setup = Setup::to(server, "http");
    // Whatever the port: the address is part of a key.
    setup = Setup {
        manifest: setup
            .manifest
            .replace(&format!("port = {}", server.port()), "port = 80"),
        grant: setup
            .grant
            .replace(&format!("port = {}", server.port()), "port = 80"),
        ..setup
    }
    .with_reach(&format!(
        "addresses = [\"127.0.0.0/8\"]\nconnect = \"{server}\""
    ));
    let rig = carrying(setup.rig(), call);
    for (method, path) in requests {
        send(&rig, method, format!("http://{HOST}{path}")).await;
    }
    let log = log.lock().unwrap().clone();
    log.into_iter().map(|(_, _, keys)| keys).collect()
}

const REQUESTS: [(&str, &str); 5] = [
    ("POST", "/a"),
    ("GET", "/a"),
    ("POST", "/a"),
    ("PUT", "/a"),
    ("POST", "/b?nonce=1"),
];

#[tokio::test]
async fn requests_that_change_something_carry_keys_of_their_own() {
    let sent = keys(&call(Some("run-7/3")), &REQUESTS).await;
    assert_eq!(sent[1], Vec::<String>::new(), "a GET changes nothing");
    let mut writes: Vec<String> = sent.into_iter().flatten().collect();
    assert_eq!(writes.len(), 4);
    for key in &writes {
        let bare = key.strip_prefix('"').and_then(|key| key.strip_suffix('"'));
        let bare = bare.unwrap();
        let lengths: Vec<usize> = bare.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{key}");
        assert_eq!(&bare[14..15], "8", "{key}");
        assert!("89ab".contains(&bare[19..20]), "{key}");
    }
    writes.sort();
    writes.dedup();
    assert_eq!(writes.len(), 4, "each is another");
}

#[tokio::test]
async fn a_repeated_call_sends_the_same_keys_and_another_one_others() {
    let first = keys(&call(Some("run-7/3")), &REQUESTS).await;
    assert_eq!(keys(&call(Some("run-7/3")), &REQUESTS).await, first);
    let without_the_first_step = keys(&call(Some("run-7/3")), &REQUESTS[3..]).await;
    assert_eq!(without_the_first_step, first[3..]);
    let with_another_nonce = keys(&call(Some("run-7/3")), &[("POST", "/b?nonce=2")]).await;
    assert_eq!(with_another_nonce, first[4..]);
    let another = [
        call(Some("run-7/4")),
        Call {
            tenant: "other".parse().unwrap(),
            ..call(Some("run-7/3"))
        },
        Call {
            skill: Digest::of(b"another skill"),
            ..call(Some("run-7/3"))
        },
        Call {
            tool: "take".parse().unwrap(),
            ..call(Some("run-7/3"))
        },
    ];
    for call in another {
        let sent = keys(&call, &REQUESTS).await;
        assert!(
            sent.iter()
                .flatten()
                .all(|key| !first.contains(&vec![key.clone()])),
            "{call:?}"
        );
    }
}

#[tokio::test]
async fn the_header_is_the_hosts_under_every_spelling_and_does_not_come_back() {
    let (server, log) = service().await;
    let rig = carrying(Setup::to(server, "http").rig(), &call(Some("k")));
    let forging = || {
        Request::post(url(server, "/"))
            .header("Idempotency-Key", "forged")
            .header("idempotency_key", "forged")
            .body(whole(""))
            .unwrap()
    };
    let seen = rig.send(forging()).await.unwrap();
    let sent = log.lock().unwrap()[0].2.clone();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(!sent[0].contains("forged"), "{sent:?}");
    assert!(!seen.headers.contains_key("idempotency-key"));

    // Without a key of the call it is a header like any other.
    let rig = Setup::to(server, "http").rig();
    let seen = rig.send(forging()).await.unwrap();
    assert_eq!(log.lock().unwrap()[1].2, ["forged", "forged"]);
    assert!(seen.headers.contains_key("idempotency-key"));
}

#[tokio::test]
async fn a_renewed_credential_repeats_the_request_under_its_key_and_the_errand_has_none() {
    let (server, log) = service().await;
    let lines = "kind = \"oauth2-client-credentials\"\nclient-id = \"me\"";
    let rig = Setup::to(server, "http")
        .with_issuer(server, lines, "canary-1234")
        .rig();
    let rig = carrying(rig, &call(Some("k")));
    let seen = send(&rig, "POST", url(server, "/renewed")).await;
    assert_eq!(seen.status, StatusCode::OK);
    let log = log.lock().unwrap().clone();
    let of = |path: &str| {
        let asked = log.iter().filter(|it| it.1 == path);
        asked.map(|it| it.2.clone()).collect::<Vec<_>>()
    };
    assert_eq!(of("/token"), [Vec::<String>::new(), Vec::new()]);
    let sent = of("/renewed");
    assert_eq!((sent.len(), sent[0].len()), (2, 1));
    assert_eq!(sent[0], sent[1]);
}
