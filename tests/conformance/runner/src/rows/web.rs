//! HTTP through both doors: one egress, the same rules.

use metier_core::Code;
use metier_core::audit::EgressOutcome;
use metier_e2e::Ended;
use serde_json::{Value, json};

use super::{Checked, Row, expect, row};
use crate::scene::{Scene, TIGHT_RESPONSE};

pub(super) const ROWS: &[Row] = &[
    row!("fetch-get", "a GET and its header arrive", fetch_get),
    row!("fetch-post", "a POST's body arrives", fetch_post),
    row!(
        "fetch-status",
        "a status other than 200 is told",
        fetch_status
    ),
    row!(
        "fetch-denied",
        "what is not granted is not sent, and why is told",
        fetch_denied
    ),
    row!("fetch-redirect", "a redirect is followed", fetch_redirect),
    row!(
        "fetch-redirect-denied",
        "a redirect out of the grant is not",
        fetch_away
    ),
    row!(
        "fetch-too-large",
        "an answer beyond the limit is none",
        fetch_large
    ),
    row!(
        "fetch-invalid",
        "what is no URL is refused in words",
        fetch_invalid
    ),
    row!("web-get", "a GET and its header arrive", web_get),
    row!("web-post", "a POST's body arrives", web_post),
    row!("web-status", "a status other than 200 is told", web_status),
    row!(
        "web-denied",
        "what is not granted is not sent, and why is told",
        web_denied
    ),
    row!(
        "web-redirect",
        "a redirect is seen, or followed within the grant",
        web_redirect
    ),
    row!(
        "web-redirect-denied",
        "a redirect out of the grant is never followed",
        web_away
    ),
    row!(
        "web-too-large",
        "an answer beyond the limit is none",
        web_large
    ),
];

const FETCH: &str = "fetch-text";
const WEB: &str = "web-text";

fn ask(method: &str, url: &str, body: Option<&str>) -> Value {
    json!({"method": method, "url": url, "body": body})
}

/// The request the service saw, as it tells.
fn seen(ended: &Ended) -> Result<Value, String> {
    let answer = expect::answered(ended)?;
    let text = answer.as_str().unwrap_or_default();
    serde_json::from_str(text)
        .map_err(|error| format!("not what the service sent ({error}): {text}"))
}

async fn get(scene: &Scene, tool: &str) -> Checked {
    let url = "http://service.test/echo/a?b=c%20d&e";
    let ended = scene.call(tool, ask("GET", url, None)).await;
    let seen = seen(&ended)?;
    expect::same("the method", &seen["method"], &json!("GET"))?;
    expect::same("the target", &seen["target"], &json!("/echo/a?b=c%20d&e"))?;
    let headers = seen["headers"].as_array().cloned().unwrap_or_default();
    expect::holds(headers.contains(&json!(["x-conformance", "yes"])), || {
        format!("its header is missing: {headers:?}")
    })?;
    let audited: Vec<_> = ended.egress.iter().map(|sent| sent.outcome).collect();
    expect::same(
        "the audit",
        &audited,
        &vec![EgressOutcome::Answered { status: 200 }],
    )
}

async fn post(scene: &Scene, tool: &str) -> Checked {
    let url = "http://service.test/echo/post";
    for body in ["", "größer\n😀"] {
        let ended = scene.call(tool, ask("POST", url, Some(body))).await;
        let seen = seen(&ended)?;
        expect::same("the method", &seen["method"], &json!("POST"))?;
        expect::same("the body", &seen["body"], &json!(body))?;
    }
    Ok(())
}

async fn status(scene: &Scene, tool: &str) -> Checked {
    let ended = scene.call(tool, ask("GET", "http://service.test/status/503", None));
    expect::fails(&ended.await, Code::UpstreamUnavailable, &["status 503"])
}

async fn denied(scene: &Scene, tool: &str) -> Checked {
    let before = scene.upstream.seen().len();
    let urls = [
        (
            "http://elsewhere.test/echo/a",
            Code::HttpNotDeclared,
            "elsewhere.test",
        ),
        (
            "http://service.test/private",
            Code::HttpNotGranted,
            "/private",
        ),
    ];
    for (url, code, word) in urls {
        let ended = scene.call(tool, ask("GET", url, None)).await;
        expect::fails(&ended, code, &[word])?;
    }
    let sent = scene.upstream.seen().len() - before;
    expect::same("requests that were sent", &sent, &0)
}

async fn away(scene: &Scene, tool: &str, code: Code, words: &[&str]) -> Checked {
    let url = "http://service.test/redirect/away?http://elsewhere.test/echo/a";
    let ended = scene.call(tool, ask("GET", url, None)).await;
    expect::fails(&ended, code, words)
}

async fn large(scene: &Scene, tool: &str) -> Checked {
    let bytes = |n: u64| ask("GET", &format!("http://service.test/bytes/{n}"), None);
    let ended = scene.call_tight(tool, bytes(TIGHT_RESPONSE / 2)).await;
    let length = expect::answered(&ended)?.as_str().map_or(0, str::len) as u64;
    expect::same("the length below the limit", &length, &(TIGHT_RESPONSE / 2))?;
    let ended = scene.call_tight(tool, bytes(TIGHT_RESPONSE * 4)).await;
    expect::holds(ended.outcome.result.is_err(), || {
        format!("an answer of {} bytes got through", TIGHT_RESPONSE * 4)
    })?;
    let codes = ended.denials();
    expect::holds(codes.contains(&Code::SkillResponseBytesExceeded), || {
        format!("not the limit: {codes:?}, {}", expect::described(&ended))
    })
}

async fn fetch_get(scene: &Scene) -> Checked {
    get(scene, FETCH).await
}

async fn fetch_post(scene: &Scene) -> Checked {
    post(scene, FETCH).await
}

async fn fetch_status(scene: &Scene) -> Checked {
    status(scene, FETCH).await
}

async fn fetch_denied(scene: &Scene) -> Checked {
    denied(scene, FETCH).await
}

const NEAR: &str = "http://service.test/redirect/near?http://service.test/echo/there";

async fn fetch_redirect(scene: &Scene) -> Checked {
    let ended = scene.call(FETCH, ask("GET", NEAR, None)).await;
    expect::same(
        "the target",
        &seen(&ended)?["target"],
        &json!("/echo/there"),
    )
}

async fn fetch_away(scene: &Scene) -> Checked {
    away(scene, FETCH, Code::HttpNotDeclared, &["elsewhere.test"]).await
}

async fn fetch_large(scene: &Scene) -> Checked {
    large(scene, FETCH).await
}

async fn fetch_invalid(scene: &Scene) -> Checked {
    let ended = scene.call(FETCH, ask("GET", "no url at all", None)).await;
    expect::fails(&ended, Code::InvalidArguments, &[])
}

async fn web_get(scene: &Scene) -> Checked {
    get(scene, WEB).await
}

async fn web_post(scene: &Scene) -> Checked {
    post(scene, WEB).await
}

async fn web_status(scene: &Scene) -> Checked {
    status(scene, WEB).await
}

async fn web_denied(scene: &Scene) -> Checked {
    denied(scene, WEB).await
}

async fn web_redirect(scene: &Scene) -> Checked {
    let ended = scene.call(WEB, ask("GET", NEAR, None)).await;
    match scene.language.web_follows {
        true => expect::same(
            "the target",
            &seen(&ended)?["target"],
            &json!("/echo/there"),
        ),
        false => expect::fails(&ended, Code::UpstreamUnavailable, &["status 302"]),
    }
}

async fn web_away(scene: &Scene) -> Checked {
    match scene.language.web_follows {
        true => away(scene, WEB, Code::HttpNotDeclared, &["elsewhere.test"]).await,
        false => away(scene, WEB, Code::UpstreamUnavailable, &["status 302"]).await,
    }
}

async fn web_large(scene: &Scene) -> Checked {
    large(scene, WEB).await
}
