//! Messages that mean two things at once.

use metier_core::Code;
use metier_e2e::{Seen, TestHost, Upstream};

use super::scene::{Scene, Web};
use crate::grants;

fn injected(seen: &[Seen]) -> bool {
    seen.iter().any(|seen| {
        !seen.header("x-injected").is_empty() || seen.target.to_lowercase().contains("x-injected")
    })
}

#[tokio::test]
pub async fn a_line_break_in_a_header_value() {
    let web = Web::new("").await;
    web.nothing_leaves("inject-header-value", "http://api.test/open")
        .await;
}

#[tokio::test]
pub async fn a_line_break_in_a_header_name() {
    let web = Web::new("").await;
    web.nothing_leaves("inject-header-name", "http://api.test/open")
        .await;
}

#[tokio::test]
pub async fn a_line_break_in_a_path() {
    let web = Web::new("").await;
    let _answered = web.run("inject-path", "http://api.test/open").await;
    let seen = web.upstream.seen();
    assert!(!injected(&seen), "{seen:?}");
    assert!(
        seen.iter()
            .all(|seen| !seen.target.contains(|c: char| c.is_control() || c == ' ')),
        "{seen:?}"
    );
}

/// Headers that are not the skill's to set.
const FORGED: &str = "Authorization: Bearer forged
authorization: Basic Zm9yZ2Vk
Proxy-Authorization: Basic forged
Host: forged.test
X-Forwarded-For: forged
X-Forwarded-Host: forged.test
X-HTTP-Method-Override: forged
X-Original-URL: /forged
Forwarded: for=forged
Connection: forged
Transfer-Encoding: forged
Upgrade: forged
TE: forged
Keep-Alive: forged
Proxy-Connection: forged
HTTP2-Settings: forged
:authority: forged.test
Content-Length: 99999";

/// Each is refused, or the service never hears of it. A length is the skill's to say: one that its body does not have ends the
/// connection, before the head has gone out or after.
fn nothing_forged(host: &str, upstream: &Upstream) {
    let heard = upstream.seen().into_iter().flat_map(|seen| seen.headers);
    for (name, value) in heard {
        let forged = ["forged", "Zm9yZ2Vk"]
            .iter()
            .any(|mark| value.contains(mark));
        assert!(!forged, "{name}: {value}");
        assert!(name != "host" || value == host, "{name}: {value}");
    }
}

#[tokio::test]
pub async fn forged_headers() {
    let web = Web::new("").await;
    let _answered = web
        .run("forge", &format!("http://api.test/open\n{FORGED}"))
        .await;
    nothing_forged("api.test", &web.upstream);
}

/// A session is authority too: beside a credential, the skill's own cookie goes as well.
#[tokio::test]
pub async fn a_forged_session_beside_a_credential() {
    let (host, upstream) = (TestHost::start(), Upstream::start().await);
    let rule = grants::http("key.example", &upstream);
    let scene = Scene::on(
        host,
        &format!("{rule}credential = \"key\"\n{}", grants::key("key.example")),
    )
    .await;
    let argument = format!("http://key.example/open\n{FORGED}\nCookie: session=forged");
    let _answered = scene.run("forge", &argument).await;
    nothing_forged("key.example", &upstream);
    let seen = upstream.seen();
    assert!(!seen.is_empty());
    assert!(
        seen.iter()
            .all(|seen| seen.header("authorization") == ["Bearer secret-of-KEY"]),
        "{seen:?}"
    );
}

/// Both hosts are granted, the key for one of them only.
#[tokio::test]
pub async fn a_credential_for_another_host() {
    let (host, own, other) = (
        TestHost::start(),
        Upstream::start().await,
        Upstream::start().await,
    );
    let grant = format!(
        "{}credential = \"key\"\n{}{}",
        grants::http("key.example", &own),
        grants::http("other.test", &other),
        grants::key("key.example"),
    );
    let scene = Scene::on(host, &grant).await;
    let urls = "http://key.example/open\nhttp://other.test/open";
    assert!(scene.run("get", urls).await.text().starts_with("got in"));
    let redirect = "http://key.example/redirect/?http://other.test/open";
    assert!(
        scene
            .run("redirect", redirect)
            .await
            .text()
            .starts_with("got in")
    );
    assert!(
        own.seen()
            .iter()
            .all(|seen| seen.header("authorization") == ["Bearer secret-of-KEY"])
    );
    assert!(!other.seen().is_empty());
    assert!(
        !format!("{:?}", other.seen()).contains("secret-of-KEY"),
        "{:?}",
        other.seen()
    );
}

#[tokio::test]
pub async fn a_header_bomb() {
    let web = Web::new("").await;
    let ended = web.run("header-bomb", "http://api.test/open").await;
    assert!(
        ended.outcome.result.is_err() || ended.text().starts_with("kept out"),
        "{:?}",
        ended.outcome.result
    );
    assert!(web.upstream.seen().is_empty());
}

#[tokio::test]
pub async fn a_body_shorter_than_it_says() {
    let web = Web::new("").await;
    let _answered = web.run("claim-more", "http://api.test/open").await;
    // Either it never left, or what left says what it is.
    for seen in web.upstream.seen() {
        assert!(seen.header("content-length") != ["1000"], "{seen:?}");
    }
}

#[tokio::test]
pub async fn a_body_longer_than_it_says() {
    let web = Web::new("").await;
    let ended = web.run("claim-less", "http://api.test/open").await;
    for seen in web.upstream.seen() {
        assert!(
            seen.length <= 2 || seen.header("content-length") != ["2"],
            "{seen:?}"
        );
    }
    assert!(!ended.denials().contains(&Code::HostInternal));
}
