#![expect(clippy::unwrap_used, reason = "tests")]

use metier_openapi_plan::BaseUrlConfig::{self, Fixed, Optional, Required};
use serde_json::json;

use super::{Server, ServerError, best};
use crate::document::Document;

#[test]
fn an_address_becomes_a_base_url_and_what_a_manifest_asks_for() {
    let cases: [(&str, &str, &str, &str, BaseUrlConfig); 13] = [
        (
            "https://api.acme.com/v1/",
            "https://api.acme.com/v1",
            "api.acme.com",
            "/v1",
            Fixed,
        ),
        (
            "http://API.acme.com:8080",
            "http://api.acme.com:8080",
            "api.acme.com",
            "",
            Fixed,
        ),
        (
            "https://{region}.acme.com/{v}",
            "https://eu.acme.com/v2",
            "*.acme.com",
            "/*",
            Optional,
        ),
        (
            "https://{sub}.acme.com",
            "https://your-sub.acme.com",
            "*.acme.com",
            "",
            Required,
        ),
        (
            "https://your-domain.atlassian.net",
            "https://your-domain.atlassian.net",
            "*.atlassian.net",
            "",
            Required,
        ),
        (
            "https://*.atlassian.net/rest",
            "https://your-domain.atlassian.net/rest",
            "*.atlassian.net",
            "/rest",
            Required,
        ),
        (
            "https://{unknown}.acme.com",
            "https://unknown.acme.com",
            "*.acme.com",
            "",
            Required,
        ),
        (
            "https://api.{region}.amazonaws.com",
            "https://api.eu.amazonaws.com",
            "**.amazonaws.com",
            "",
            Optional,
        ),
        (
            "{scheme}://{host}/x",
            "https://srv.acme.com/x",
            "srv.acme.com",
            "/x",
            Fixed,
        ),
        (
            "https://api.ebay.com{basePath}",
            "https://api.ebay.com/buy/v1",
            "api.ebay.com",
            "/buy/v1",
            Optional,
        ),
        (
            "https://api-{region}.acme.com",
            "https://api-eu.acme.com",
            "*.acme.com",
            "",
            Optional,
        ),
        (
            "//acme.com/a b",
            "https://acme.com/a%20b",
            "acme.com",
            "/a b",
            Fixed,
        ),
        (
            "https://10.0.0.1:{port}",
            "https://10.0.0.1:99",
            "10.0.0.1",
            "",
            Fixed,
        ),
    ];
    let variables = json!({
        "region": {"default": "eu", "enum": ["eu", "us"]}, "v": {"default": "v2"}, "sub": {"default": "your-sub"},
        "scheme": {"enum": ["https"]}, "host": {"default": "srv.acme.com"}, "basePath": {"default": "/buy/v1"}, "port": {"default": 99},
    });
    for (url, base, host, path, config) in cases {
        let server = best(&[json!({"url": url, "variables": variables})]).unwrap();
        let made = (
            server.base_url.as_str(),
            server.host.as_str(),
            server.path.as_str(),
            server.config,
        );
        assert_eq!(made, (base, host, path, config), "{url}");
    }
}

#[test]
fn what_is_no_address_says_what_to_do() {
    for (url, word) in [
        ("/v1", "relative"),
        ("v1/api", "relative"),
        ("", "does not say"),
        ("ftp://acme.com", "https or http"),
        ("https://{a}", "no address"),
        ("https://user:pass@acme.com", "no address"),
        ("https://acme.com/../x", "no address"),
    ] {
        let error = best(&[json!({"url": url})]).unwrap_err();
        assert!(
            error.to_string().contains(word) && error.to_string().contains("--server"),
            "{url}: {error}"
        );
    }
    assert_eq!(best(&[]), Err(ServerError::Missing));
}

#[test]
fn tls_is_preferred() {
    let servers = [
        json!({"url": "http://a.example"}),
        json!({"url": "/x"}),
        json!({"url": "https://b.example"}),
    ];
    assert_eq!(best(&servers).unwrap().host, "b.example");
    assert_eq!(best(&servers[..2]).unwrap().scheme, "http");
}

#[test]
fn swagger_says_it_in_three_words() {
    let of = |more: serde_json::Value| {
        let mut root = json!({"swagger": "2.0"});
        root.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        Server::of(&Document::from_value(root).unwrap())
    };
    let server =
        of(json!({"host": "api.acme.com:8443", "basePath": "v1", "schemes": ["http", "https"]}))
            .unwrap();
    assert_eq!(server.base_url, "https://api.acme.com:8443/v1");
    assert_eq!(
        of(json!({"host": "a.example", "schemes": ["http"]}))
            .unwrap()
            .scheme,
        "http"
    );
    assert_eq!(
        of(json!({"basePath": "/v1"})),
        Err(ServerError::Relative("/v1".to_owned()))
    );
    assert_eq!(of(json!({})), Err(ServerError::Missing));
}
