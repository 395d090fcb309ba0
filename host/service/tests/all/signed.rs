//! Messages as those sign them who send them.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue};
use metier_service::{
    directory::now,
    triggers::{
        manage::NewHook,
        record::Shape,
        signature::{Scheme, tag},
    },
};

pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub fn hook(scheme: Scheme) -> NewHook {
    NewHook {
        scheme,
        secret: Some(SECRET.into()),
        shape: Shape {
            body_key: Some("event".into()),
            ..Shape::default()
        },
        per_second: 100,
    }
}

pub fn map(pairs: &[(&str, String)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        let name: HeaderName = name.parse().unwrap();
        map.append(name, HeaderValue::from_str(value).unwrap());
    }
    map
}

pub fn key_of(secret: &str) -> Vec<u8> {
    STANDARD
        .decode(secret.trim_start_matches("whsec_"))
        .unwrap()
}

/// Signed as Standard Webhooks say, so many seconds from now.
pub fn standard(secret: &str, id: &str, body: &str, off: i64) -> HeaderMap {
    let time = (now() / 1000).checked_add_signed(off).unwrap().to_string();
    let parts = [id.as_bytes(), b".", time.as_bytes(), b".", body.as_bytes()];
    let signature = STANDARD.encode(tag(&key_of(secret), &parts));
    map(&[
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", time),
        ("webhook-signature", format!("v1,{signature}")),
    ])
}

pub fn hex(key: &[u8], parts: &[&[u8]]) -> String {
    let tag = tag(key, parts);
    tag.as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

pub fn github(delivery: &str, event: &str, body: &str) -> HeaderMap {
    let signature = hex(SECRET.as_bytes(), &[body.as_bytes()]);
    map(&[
        ("x-hub-signature-256", format!("sha256={signature}")),
        ("x-github-delivery", delivery.to_owned()),
        ("x-github-event", event.to_owned()),
    ])
}

pub fn slack(body: &str) -> HeaderMap {
    let time = (now() / 1000).to_string();
    let parts = [b"v0:", time.as_bytes(), b":", body.as_bytes()];
    let signature = hex(SECRET.as_bytes(), &parts);
    map(&[
        ("x-slack-request-timestamp", time),
        ("x-slack-signature", format!("v0={signature}")),
    ])
}

pub fn stripe(body: &str) -> HeaderMap {
    let time = (now() / 1000).to_string();
    let signature = hex(SECRET.as_bytes(), &[time.as_bytes(), b".", body.as_bytes()]);
    map(&[("stripe-signature", format!("t={time},v1={signature}"))])
}
