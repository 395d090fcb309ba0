//! Going where it was not granted.

use metier_core::Code;
use metier_e2e::{Ended, Guest, TestHost, Upstream};

use super::scene::{Scene, Web};
use crate::grants;

/// Nothing but refusals of these kinds.
fn refused_with(ended: &Ended, allowed: &[Code]) {
    let denials = ended.denials();
    assert!(
        denials.iter().all(|code| allowed.contains(code)),
        "{denials:?}"
    );
}

#[tokio::test]
pub async fn hosts_that_look_like_others() {
    let web = Web::new("").await;
    let port = web.upstream.address().port();
    let urls = [
        "http://api.test@evil.test/open".to_owned(),
        "http://api.test:80@evil.test/open".to_owned(),
        "http://user:pass@api.test/open".to_owned(),
        "http://evil.test#api.test/open".to_owned(),
        "http://evil.test?api.test/open".to_owned(),
        "http://evil.test\\@api.test/open".to_owned(),
        "http://api.test.evil.test/open".to_owned(),
        "http://notapi.test/open".to_owned(),
        "http://api.test%2eevil.test/open".to_owned(),
        "http://api.test%00.evil.test/open".to_owned(),
        "http://аpi.test/open".to_owned(),
        "http:///api.test/open".to_owned(),
        format!("http://127.0.0.1:{port}/open"),
        format!("http://localhost:{port}/open"),
    ];
    web.nothing_leaves("get", &urls.join("\n")).await;
}

/// The rule allows any host below `test`, and these are none.
#[tokio::test]
pub async fn addresses_in_disguise() {
    let (host, upstream) = (TestHost::start(), Upstream::start().await);
    let port = upstream.address().port();
    let scene = Scene::on(host, &grants::http("**.test", &upstream)).await;
    let hosts = [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "0177.0.0.1",
        "0",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[::127.0.0.1]",
        "127.0.0.1.",
        "①②⑦.0.0.1",
        "169.254.169.254",
        "[fd00:ec2::254]",
    ];
    let urls: Vec<String> = hosts
        .iter()
        .map(|host| format!("http://{host}:{port}/open"))
        .collect();
    scene.run("get", &urls.join("\n")).await.kept_out();
    assert!(upstream.seen().is_empty());
}

/// The name is allowed; the network it leads to is not.
#[tokio::test]
pub async fn names_of_private_addresses() {
    let upstream = Upstream::start().await;
    let (port, host) = (upstream.address().port(), TestHost::start());
    let private = [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "::1",
        "::ffff:127.0.0.1",
        "fe80::1",
        "fd00:ec2::254",
        "224.0.0.1",
        "255.255.255.255",
        "64:ff9b::7f00:1",
    ];
    let grant = format!(
        "[[http]]\nscheme = \"http\"\nhost = \"**.test\"\nport = {port}\nmethods = [\"GET\"]\npaths = [\"/**\"]\n"
    );
    let guest = Guest::built("hostile").manifest(&on_port(port));
    let scene = Scene::of(host, guest, &grant).await;
    for address in private {
        scene.host.names().set("private.test", address);
        let ended = scene
            .run("get", &format!("http://private.test:{port}/open"))
            .await;
        ended.kept_out();
        assert_eq!(ended.denials(), [Code::HttpAddressBlocked], "{address}");
    }
    assert!(upstream.seen().is_empty());
}

/// The hostile manifest, asking for a port of the test's.
fn on_port(port: u16) -> String {
    let manifest = include_str!("../../../../guests/hostile/skill.toml");
    manifest.replacen(
        "host = \"**.test\"",
        &format!("host = \"**.test\"\nport = {port}"),
        1,
    )
}

/// The first answer is allowed, every later one leads to a service that is not: what was checked is what is connected to.
#[tokio::test]
pub async fn a_name_that_changes_its_address() {
    let allowed = Upstream::start().await;
    let port = allowed.address().port();
    let victim = Upstream::start_at(&format!("127.0.0.2:{port}")).await;
    let grant = format!(
        "[[http]]\nscheme = \"http\"\nhost = \"rebind.test\"\nport = {port}\nmethods = [\"GET\"]\npaths = [\"/**\"]\n\
         addresses = [\"127.0.0.1/32\"]\n"
    );
    let guest = Guest::built("hostile").manifest(&on_port(port));
    let scene = Scene::of(TestHost::start(), guest, &grant).await;
    scene
        .host
        .names()
        .sequence("rebind.test", &["127.0.0.1", "127.0.0.2"]);
    let ended = scene
        .run("storm", &format!("http://rebind.test:{port}/open 3"))
        .await;
    assert!(
        ended.kept_out().contains("after 1"),
        "the second question has another answer"
    );
    assert_eq!(ended.denials(), [Code::HttpAddressBlocked]);
    assert_eq!((allowed.seen().len(), victim.seen().len()), (1, 0));
    assert_eq!(
        scene.host.names().asked("rebind.test"),
        2,
        "one question per request"
    );
}

#[tokio::test]
pub async fn a_redirect_to_the_metadata_service() {
    let web = Web::new("").await;
    for target in [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/latest/meta-data/",
        "http://metadata.test/computeMetadata/v1/",
        "//169.254.169.254/latest/meta-data/",
        "gopher://169.254.169.254/",
        "file:///etc/passwd",
    ] {
        web.scene
            .host
            .names()
            .set("metadata.test", "169.254.169.254");
        let before = web.upstream.seen().len();
        let ended = web
            .run("redirect", &format!("http://api.test/redirect/?{target}"))
            .await;
        ended.kept_out();
        assert_eq!(
            web.upstream.seen().len(),
            before + 2,
            "{target}: only the two redirects were asked for"
        );
        assert!(
            ended
                .egress
                .iter()
                .all(|sent| sent.address.is_none_or(|to| to.is_loopback()))
        );
    }
}

#[tokio::test]
pub async fn a_redirect_off_the_granted_path() {
    let web = Web::new("").await;
    let ended = web
        .run(
            "redirect",
            "http://api.test/redirect/?http://api.test/admin",
        )
        .await;
    ended.kept_out();
    refused_with(&ended, &[Code::HttpNotGranted]);
    assert!(
        web.upstream
            .seen()
            .iter()
            .all(|seen| seen.target.starts_with("/redirect"))
    );
}

#[tokio::test]
pub async fn a_downgrade_to_plain_http() {
    let (host, upstream) = (TestHost::start(), Upstream::start().await);
    let grant = grants::http("api.test", &upstream).replace("\"http\"", "\"https\"");
    let scene = Scene::on(host, &grant).await;
    let ended = scene
        .run(
            "get",
            "http://api.test/open\nhttp://api.test:443/open\nHTTP://api.test/open",
        )
        .await;
    ended.kept_out();
    assert!(
        ended.denials().contains(&Code::HttpPlainNotGranted),
        "{:?}",
        ended.denials()
    );
    assert!(upstream.seen().is_empty());
}

#[tokio::test]
pub async fn a_method_that_was_not_granted() {
    let web = Web::new("").await;
    for method in ["DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"] {
        let ended = web
            .nothing_leaves("request", &format!("{method} http://api.test/open"))
            .await;
        assert_eq!(ended.denials(), [Code::HttpNotGranted], "{method}");
    }
    assert!(
        web.run("request", "POST http://api.test/open")
            .await
            .text()
            .starts_with("got in")
    );
}

#[tokio::test]
pub async fn odd_methods_and_schemes() {
    let web = Web::new("").await;
    for method in [
        "TRACE",
        "CONNECT",
        "get",
        "GET/1.1\r\nX-Injected:",
        "G\0T",
        "",
        "PROPFIND",
    ] {
        web.nothing_leaves("request", &format!("{method} http://api.test/open"))
            .await;
    }
    let urls = "ftp://api.test/open\nfile:///etc/passwd\nws://api.test/open\nhttp+unix://api.test/open\n://api.test/open";
    web.nothing_leaves("get", urls).await;
}

#[tokio::test]
pub async fn dots_in_paths() {
    let web = Web::new("").await;
    let paths = [
        "/open/../admin",
        "/open/%2e%2e/admin",
        "/open/.%2e/admin",
        "/open/%2E%2E%2Fadmin",
        "/open/..%2fadmin",
        "/open/..\\admin",
        "/open/..%5cadmin",
        "/open/%252e%252e/admin/../../../admin",
        "//admin",
        "/open/..;/../admin",
        "/./open/../../admin",
        "/admin",
        "/OPEN/x",
    ];
    let urls: Vec<String> = paths
        .iter()
        .map(|path| format!("http://api.test{path}"))
        .collect();
    let _answered = web.run("get", &urls.join("\n")).await;
    // Whatever was sent has one meaning, and it is one that was granted.
    for seen in web.upstream.seen() {
        let path = seen.target.to_ascii_lowercase();
        let granted = seen.target.starts_with("/open/");
        assert!(
            granted && !path.contains("..") && !path.contains("%2e") && !path.contains("%5c"),
            "{path}"
        );
    }
}

#[tokio::test]
pub async fn a_port_that_was_not_granted() {
    let web = Web::new("").await;
    let urls = "http://api.test:8080/open\nhttp://api.test:22/open\nhttp://api.test:0/open\nhttp://api.test:65616/open";
    let ended = web.nothing_leaves("get", urls).await;
    refused_with(&ended, &[Code::HttpNotGranted, Code::HttpNotDeclared]);
}
