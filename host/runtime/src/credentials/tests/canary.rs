//! A secret that is easy to recognise goes through every kind of credential, and is then looked for everywhere.

use std::{
    fmt::{self, Write as _},
    sync::{Arc, Mutex},
};

use axum::{Router, extract::Request, http::StatusCode, response::IntoResponse, routing::any};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use http::HeaderValue;
use serde_json::json;
use tracing::{Event, Metadata, Subscriber, field::Visit, span};

use crate::egress::tests::support::*;

const SECRET: &str = "CANARY/7f3a+secret=";
const TOKEN: &str = "CANARY/9b1c+access=";
const REFRESH: &str = "CANARY/4d2e+refresh=";

/// Everything that is traced, at every level, as text.
#[derive(Clone, Default)]
struct Traces(Arc<Mutex<String>>);

impl Visit for &Traces {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn fmt::Debug) {
        let _ok = write!(self.0.lock().unwrap(), "{field}={value:?} ");
    }
}

impl Subscriber for Traces {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        span.record(&mut &*self);
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut &*self);
    }
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut &*self);
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// The middle of each secret, as it is and in Base64 at any alignment: enough to be recognised, whatever surrounds it.
fn forms() -> Vec<String> {
    let mut forms = vec!["CANARY".to_owned(), "canary".to_owned()];
    for secret in [SECRET, TOKEN, REFRESH] {
        for alignment in 0..3 {
            let text = STANDARD_NO_PAD.encode([&"xx"[..alignment], secret].concat());
            forms.push(text[4..16].to_owned());
        }
    }
    forms
}

fn assert_clean(what: &str, text: &str) {
    for form in forms() {
        assert!(!text.contains(&form), "{what} holds {form}: {text}");
    }
}

/// Issues tokens at `/token`; elsewhere repeats all it was sent, in every way an upstream is likely to.
async fn hostile() -> std::net::SocketAddr {
    let answer = any(|request: Request| async move {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        if parts.uri.path() == "/token" {
            let token =
                json!({ "access_token": TOKEN, "refresh_token": REFRESH, "expires_in": 60 });
            return axum::Json(token).into_response();
        }
        if parts.uri.path() == "/refuse" {
            let sent = String::from_utf8_lossy(&body).into_owned();
            return (
                StatusCode::BAD_REQUEST,
                axum::Json(json!({ "error": sent, "said": format!("{:?}", parts.headers) })),
            )
                .into_response();
        }
        let all = format!(
            "{} {:?} {}",
            parts.uri,
            parts.headers,
            String::from_utf8_lossy(&body)
        );
        let known = [SECRET, TOKEN, REFRESH].map(|secret| {
            let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let (base, url_safe) = (
                STANDARD.encode(format!("ada:{secret}")),
                URL_SAFE_NO_PAD.encode(secret),
            );
            format!(
                "{secret} {encoded} {} {base} {url_safe}",
                encoded.to_lowercase().replace("canary", "CANARY")
            )
        });
        // An upstream knows only what it was sent.
        let sent = |secret: &str| {
            let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let pair = STANDARD.encode(format!("ada:{secret}"));
            [secret, &form, &pair]
                .into_iter()
                .any(|form| all.contains(form))
        };
        let [a, b, c] = known;
        let echo: String = [(SECRET, a), (TOKEN, b), (REFRESH, c)]
            .into_iter()
            .filter_map(|(secret, echo)| sent(secret).then_some(echo))
            .collect();
        let echo = format!("{all} {echo}");
        let value = HeaderValue::from_bytes(echo.as_bytes()).unwrap();
        ([("x-echo", value.clone()), ("location", value)], echo).into_response()
    });
    serve(Router::new().fallback(answer)).await
}

const KINDS: [(&str, bool); 6] = [
    ("kind = \"bearer\"", false),
    ("kind = \"basic\"\nusername = \"ada\"", false),
    ("kind = \"api-key-header\"\nheader = \"X-Api-Key\"", false),
    ("kind = \"api-key-query\"\nparameter = \"k\"", false),
    (
        "kind = \"oauth2-client-credentials\"\nclient-id = \"me\"",
        true,
    ),
    ("kind = \"oauth2-refresh-token\"\nclient-id = \"me\"", true),
];

fn rig(server: std::net::SocketAddr, lines: &str, issued: bool, issuer: &str) -> Rig {
    let setup = Setup::to(server, "http");
    let mut setup = if issued {
        setup.with_issuer(server, lines, SECRET)
    } else {
        setup.with_credential(lines, SECRET)
    };
    setup.grant = setup.grant.replace("/token\"", issuer);
    setup.rig()
}

#[tokio::test]
async fn no_secret_is_anywhere_a_skill_or_a_log_could_see_it() {
    let traces = Traces::default();
    let _guard = tracing::subscriber::set_default(traces.clone());
    let server = hostile().await;
    for (lines, issued) in KINDS {
        let rig = rig(server, lines, issued, "/token\"");
        let seen = rig.get(&url(server, "/echo?a=1")).await.unwrap();
        assert!(
            seen.text().contains("***"),
            "the echo came back at all: {}",
            seen.text()
        );
        assert_clean("the answer's body", &seen.text());
        assert_clean("the answer's head", &format!("{:?}", seen.headers));
        assert_clean(
            "a record",
            &serde_json::to_string(&rig.audit.records()).unwrap(),
        );
        let name = "key".parse().unwrap();
        let attached = rig.call.credentials.get(&name, &rig.call).await.unwrap();
        assert_clean(
            "Debug",
            &format!("{:?} {attached:?} {:?}", rig.call, rig.call.credentials),
        );
    }
    assert_clean("a trace", &traces.0.lock().unwrap());
}

#[tokio::test]
async fn no_secret_is_in_the_errors_of_an_issuer_that_repeats_it() {
    let traces = Traces::default();
    let _guard = tracing::subscriber::set_default(traces.clone());
    let server = hostile().await;
    for (lines, issued) in KINDS.into_iter().filter(|(_, issued)| *issued) {
        // Another test may have met a place that tells first, with nobody to tell.
        tracing::callsite::rebuild_interest_cache();
        let rig = rig(server, lines, issued, "/refuse\"");
        let error = rig.get(&url(server, "/")).await.unwrap_err();
        let fault = serde_json::to_string(&error.fault()).unwrap();
        assert_clean("an error", &format!("{error:?} {error} {fault}"));
        assert_clean(
            "a record",
            &serde_json::to_string(&rig.audit.records()).unwrap(),
        );
    }
    let traced = traces.0.lock().unwrap();
    assert!(
        traced.contains("credential=key"),
        "what went wrong is traced: {traced}"
    );
    assert_clean("a trace", &traced);
}
