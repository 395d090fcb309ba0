//! What is said to issuers, and what is made of their answers.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use axum::{
    Form, Json, Router,
    http::HeaderMap,
    response::IntoResponse,
    routing::{any, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::StatusCode;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use metier_core::{audit::EgressOutcome, code::Code};
use rcgen::{KeyPair, PublicKeyData};
use serde_json::{Value, json};

use crate::egress::tests::support::*;

/// The form and the `Authorization` of a request for a token.
type Asked = (HashMap<String, String>, Option<String>);

/// A service and its issuer: `/token` answers from a script, everything else wants the newest token.
#[derive(Clone, Default)]
pub struct Service {
    pub asked: Arc<Mutex<Vec<Asked>>>,
    pub answers: Arc<Mutex<Vec<(u16, Value)>>>,
    pub tokens: Arc<AtomicU32>,
    /// Tokens up to this number are refused by the service.
    pub refused: Arc<AtomicU32>,
}

impl Service {
    pub fn answering(answers: impl IntoIterator<Item = (u16, Value)>) -> Self {
        let service = Service::default();
        service.answers.lock().unwrap().extend(answers);
        service
    }

    pub async fn serve(&self) -> SocketAddr {
        let (issuer, service) = (self.clone(), self.clone());
        let token = move |headers: HeaderMap, Form(form): Form<HashMap<String, String>>| async move {
            issuer.token(&headers, form)
        };
        let work =
            move |headers: HeaderMap, body: String| async move { service.work(&headers, &body) };
        serve(
            Router::new()
                .route("/token", post(token))
                .fallback(any(work)),
        )
        .await
    }

    fn token(
        &self,
        headers: &HeaderMap,
        form: HashMap<String, String>,
    ) -> axum::response::Response {
        let said = headers
            .get("authorization")
            .map(|value| value.to_str().unwrap().to_owned());
        self.asked.lock().unwrap().push((form, said));
        let number = self.tokens.fetch_add(1, Ordering::SeqCst) + 1;
        let mut answers = self.answers.lock().unwrap();
        let usual = (
            200,
            json!({ "access_token": format!("token-{number}"), "expires_in": 3600 }),
        );
        let (status, body) = if answers.is_empty() {
            usual
        } else {
            answers.remove(0)
        };
        (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
    }

    fn work(&self, headers: &HeaderMap, body: &str) -> axum::response::Response {
        let token = headers
            .get("authorization")
            .map_or("", |value| value.to_str().unwrap());
        let number: u32 = token
            .rsplit('-')
            .next()
            .and_then(|number| number.parse().ok())
            .unwrap_or(0);
        if number <= self.refused.load(Ordering::SeqCst) {
            return (StatusCode::UNAUTHORIZED, "refused").into_response();
        }
        format!("{number} {body}").into_response()
    }

    pub fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

pub const CLIENT: &str = "kind = \"oauth2-client-credentials\"\nclient-id = \"me:you\"";

#[tokio::test]
async fn client_credentials_prove_who_asks() {
    let service = Service::default();
    let server = service.serve().await;
    let lines = format!("{CLIENT}\nscope = \"read write\"\naudience = \"api\"");
    let rig = Setup::to(server, "http")
        .with_issuer(server, &lines, "p@ss")
        .rig();
    assert_eq!(rig.get(&url(server, "/")).await.unwrap().text(), "1 ");
    let (form, authorization) = service.asked.lock().unwrap()[0].clone();
    assert_eq!(form["grant_type"], "client_credentials");
    assert_eq!(
        (form["scope"].as_str(), form["audience"].as_str()),
        ("read write", "api")
    );
    let expected = STANDARD.encode("me%3Ayou:p%40ss");
    assert_eq!(authorization.unwrap(), format!("Basic {expected}"));
}

#[tokio::test]
async fn token_requests_are_recorded_and_not_charged_to_the_skill() {
    let service = Service::default();
    let server = service.serve().await;
    let rig = Setup::to(server, "http")
        .with_issuer(server, CLIENT, "canary-1234")
        .rig();
    rig.get(&url(server, "/")).await.unwrap();
    let records = rig.audit.records();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0].method, "CREDENTIAL");
    assert_eq!(records[0].target, format!("http://{server}/token"));
    assert_eq!(records[0].outcome, EgressOutcome::Answered { status: 200 });
    assert_eq!(
        (
            rig.call.meter.usage().requests,
            rig.call.meter.usage().request_bytes
        ),
        (1, 0)
    );
}

#[tokio::test]
async fn the_issuers_address_is_checked_like_any_other() {
    let service = Service::default();
    let server = service.serve().await;
    let mut setup = Setup::to(server, "http").with_issuer(server, CLIENT, "canary-1234");
    let token_reach = setup.grant.rfind("addresses = [\"127.0.0.0/8\"]").unwrap();
    setup.grant.replace_range(
        token_reach..token_reach + "addresses = [\"127.0.0.0/8\"]".len(),
        "",
    );
    let error = setup.rig().get(&url(server, "/")).await.unwrap_err();
    assert_eq!(error.code(), Code::HttpAddressBlocked);
    assert_eq!(service.asked(), 0);
}

#[tokio::test]
async fn a_refresh_token_that_is_replaced_is_used_from_then_on() {
    let answer = |number: u32| {
        (
            200,
            json!({ "access_token": format!("token-{number}"), "refresh_token": format!("refresh-{number}"), "expires_in": "0" }),
        )
    };
    let service = Service::answering([answer(1), answer(2), answer(3)]);
    let server = service.serve().await;
    let lines = "kind = \"oauth2-refresh-token\"\nclient-id = \"me\"";
    let rig = Setup::to(server, "http")
        .with_issuer(server, lines, "refresh-0")
        .rig();
    for _ in 0..2 {
        rig.get(&url(server, "/")).await.unwrap();
    }
    rig.env
        .lock()
        .unwrap()
        .insert("KEY".to_owned(), "renewed-by-operator".to_owned());
    rig.get(&url(server, "/")).await.unwrap();
    let asked = service.asked.lock().unwrap();
    let sent: Vec<&str> = asked
        .iter()
        .map(|(form, _)| form["refresh_token"].as_str())
        .collect();
    assert_eq!(sent, ["refresh-0", "refresh-1", "renewed-by-operator"]);
    assert_eq!(asked[0].0["client_id"], "me");
}

/// PKCS#8 and, cut out of it, PKCS#1.
fn rsa_keys() -> (KeyPair, [String; 2]) {
    let key = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    // The header of a PKCS#8 RSA-2048 key is 26 bytes long.
    let inner = STANDARD.encode(&key.serialize_der()[26..]);
    let lines: Vec<&str> = inner
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let old = format!(
        "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n",
        lines.join("\n")
    );
    let new = key.serialize_pem();
    (key, [new, old])
}

#[tokio::test]
async fn a_jwt_assertion_is_signed_with_either_form_of_key() {
    let (key, pems) = rsa_keys();
    for pem in pems {
        let service = Service::default();
        let server = service.serve().await;
        let lines = "kind = \"oauth2-jwt-bearer\"\nclient-id = \"me\"\nsubject = \"ada@acme.example\"\naudience = \"https://login.acme.example\"";
        let rig = Setup::to(server, "http")
            .with_issuer(server, lines, &pem)
            .rig();
        assert_eq!(rig.get(&url(server, "/")).await.unwrap().text(), "1 ");
        let (form, authorization) = service.asked.lock().unwrap()[0].clone();
        assert_eq!(
            (form["grant_type"].as_str(), authorization),
            ("urn:ietf:params:oauth:grant-type:jwt-bearer", None)
        );
        let mut rules = Validation::new(Algorithm::RS256);
        rules.set_audience(&["https://login.acme.example"]);
        rules.validate_exp = false;
        let public = DecodingKey::from_rsa_der(key.der_bytes());
        let claims = jsonwebtoken::decode::<Value>(&form["assertion"], &public, &rules)
            .unwrap()
            .claims;
        assert_eq!(
            (claims["iss"].as_str(), claims["sub"].as_str()),
            (Some("me"), Some("ada@acme.example"))
        );
        assert_eq!(
            claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(),
            180
        );
    }
}

#[tokio::test]
async fn what_is_no_key_is_said_to_be_none() {
    let server = Service::default().serve().await;
    let lines =
        "kind = \"oauth2-jwt-bearer\"\nclient-id = \"me\"\nsubject = \"a\"\naudience = \"b\"";
    let rig = Setup::to(server, "http")
        .with_issuer(server, lines, "canary, no key")
        .rig();
    let fault = rig.get(&url(server, "/")).await.unwrap_err().fault();
    assert_eq!(fault.code, Code::CredentialMissing);
    assert!(
        fault.message.contains("RSA private key") && !fault.message.contains("canary"),
        "{}",
        fault.message
    );
}

#[tokio::test]
async fn answers_that_hold_no_token_are_told_apart() {
    let said = |error: &str| json!({ "error": error, "error_description": "echo canary-1234" });
    for (status, body, code) in [
        (400, said("invalid_grant"), Code::CredentialExpired),
        (401, said("invalid_client"), Code::CredentialRejected),
        (400, said("echo-canary-1234"), Code::CredentialRejected),
        (403, json!("canary-1234"), Code::CredentialRejected),
        (503, json!({}), Code::UpstreamUnavailable),
        (429, json!({}), Code::UpstreamRateLimited),
        (302, json!({}), Code::CredentialRejected),
        (200, json!({}), Code::UpstreamInvalidAnswer),
        (
            200,
            json!({ "access_token": "" }),
            Code::UpstreamInvalidAnswer,
        ),
        (
            200,
            json!({ "access_token": "x".repeat(17 << 10) }),
            Code::UpstreamInvalidAnswer,
        ),
        (
            200,
            json!({ "access_token": "x".repeat(100 << 10) }),
            Code::UpstreamInvalidAnswer,
        ),
        (
            200,
            json!({ "access_token": "mac", "token_type": "mac" }),
            Code::UpstreamInvalidAnswer,
        ),
        (
            200,
            json!({ "access_token": "line\r\nbreak" }),
            Code::CredentialMissing,
        ),
    ] {
        let service = Service::answering([(status, body.clone())]);
        let server = service.serve().await;
        let rig = Setup::to(server, "http")
            .with_issuer(server, CLIENT, "canary-1234")
            .rig();
        let error = rig.get(&url(server, "/")).await.unwrap_err();
        assert_eq!(error.code(), code, "{status} {error:?}");
        assert!(
            !format!("{error:?} {}", error.fault().message).contains("canary"),
            "{error:?}"
        );
    }
}
