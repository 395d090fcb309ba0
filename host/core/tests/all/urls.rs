//! Whatever is allowed is what would be connected to: canonical URLs against the `url` crate, on text made to confuse.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::net::IpAddr;

use metier_core::{CanonicalUrl, http::Host};
use proptest::{prelude::*, sample::select};

/// Pieces that parsers disagree about, strung together.
fn tricky() -> impl Strategy<Value = String> {
    let pieces = [
        "https://",
        "http://",
        "HTTPS://",
        "//",
        "/",
        "\\",
        "@",
        ":",
        "a.example",
        "A.Example",
        "evil.example",
        ".",
        "..",
        "%2e",
        "%2E%2e",
        "%2f",
        "%5c",
        "%25",
        "%252e",
        "%00",
        "%0d%0a",
        "%c0%ae",
        "%zz",
        "%",
        "?",
        "#",
        "&q=1",
        ";",
        "..;",
        "127.0.0.1",
        "0x7f.1",
        "017700000001",
        "2130706433",
        "[::1]",
        "[::ffff:7f00:1]",
        "[",
        "]",
        ":443",
        ":80",
        ":0",
        ":99999",
        "é",
        "。",
        "１",
        "\u{ad}",
        "\u{200b}",
        "\t",
        "\n",
        " ",
        "*",
        "xn--",
        "a b",
        "~",
        "'",
        "|",
        "{}",
    ];
    prop::collection::vec(select(pieces.to_vec()), 1..8).prop_map(|pieces| pieces.concat())
}

fn candidates() -> impl Strategy<Value = String> {
    prop_oneof![
        tricky(),
        tricky().prop_map(|text| format!("https://a.example/{text}")),
        tricky().prop_map(|text| format!("https://{text}")),
        "https://[a-z0-9.\\-\\[\\]:%x]{1,20}(/[ -~]{0,12}){0,3}",
        "\\PC{0,40}",
    ]
}

fn check(url: &CanonicalUrl) -> Result<(), TestCaseError> {
    let text = url.as_str();
    prop_assert_eq!(
        &CanonicalUrl::parse(text).unwrap(),
        url,
        "canonical text is its own canonical form"
    );

    let other = url::Url::parse(text).unwrap();
    prop_assert_eq!(
        other.as_str(),
        text,
        "the url crate would send the same text"
    );
    prop_assert_eq!(other.host_str().unwrap(), url.host().to_string());
    prop_assert_eq!(other.port_or_known_default(), Some(url.port()));
    prop_assert_eq!(other.scheme(), url.scheme().as_str());
    prop_assert_eq!((other.path(), other.query()), (url.path(), url.query()));
    prop_assert_eq!(other.authority(), url.authority());
    prop_assert!(
        other.username().is_empty() && other.password().is_none() && other.fragment().is_none()
    );

    // What another, simpler reader would make of the same text.
    prop_assert!(
        text.bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    );
    let (_, rest) = text.split_once("://").unwrap();
    let (authority, path) = rest.split_at(rest.find('/').unwrap());
    prop_assert_eq!(authority, url.authority());
    prop_assert!(!path.starts_with("//"));
    let path = path.split('?').next().unwrap();
    let sent: Vec<&str> = path[1..].split('/').collect();
    prop_assert_eq!(
        sent.len(),
        url.path_segments().len(),
        "as many segments are matched as are sent"
    );
    for segment in url.path_segments() {
        prop_assert!(
            !matches!(segment.as_str(), "." | "..")
                && !segment.contains(['/', '\\', '\0', '\r', '\n'])
        );
    }
    if let Host::Ip(ip) = url.host() {
        prop_assert!(
            !matches!(ip, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some()),
            "one spelling per machine"
        );
    }
    if let Host::Name(name) = url.host() {
        prop_assert!(
            name.parse::<IpAddr>().is_err() && !name.ends_with('.') && !name.contains("..")
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_matched_is_what_is_sent(text in candidates()) {
        if let Ok(url) = CanonicalUrl::parse(&text) {
            check(&url)?;
            // Reading strictly never means another place than reading leniently.
            let lenient = url::Url::parse(&text).unwrap();
            prop_assert_eq!(lenient.port_or_known_default(), Some(url.port()));
            prop_assert_eq!(lenient.path(), url.path());
        }
    }

    #[test]
    fn a_redirect_leads_to_a_canonical_url_or_nowhere(text in tricky()) {
        let base = CanonicalUrl::parse("https://a.example/v1/x?q=1").unwrap();
        if let Ok(url) = base.join(&text) {
            check(&url)?;
        }
    }
}
