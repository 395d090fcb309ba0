//! Requests over HTTP and their credentials.

use super::*;
use crate::http::{HttpRule, Scheme};

#[test]
fn a_request_needs_all_layers_and_carries_how() {
    let layers = layers();
    let allowed = layers
        .http("GET", "https://eu.acme.example/v1/items/7")
        .unwrap();
    assert_eq!(allowed.credential.unwrap().as_str(), "acme");
    assert_eq!(allowed.connect.unwrap().to_string(), "10.0.0.1:8443");
    assert_eq!(
        (allowed.addresses.len(), allowed.ca_file, allowed.plain),
        (1, Some("ca.pem"), false)
    );
    assert!(
        allowed
            .address_policy()
            .check("10.9.9.9".parse().unwrap())
            .is_ok()
    );
    for (method, url, refused) in [
        (
            "GET",
            "https://evil.example/v1/items",
            Code::HttpNotDeclared,
        ),
        (
            "DELETE",
            "https://eu.acme.example/v1/items",
            Code::HttpNotDeclared,
        ),
        (
            "GET",
            "https://eu.acme.example/v2/items",
            Code::HttpNotDeclared,
        ),
        (
            "GET",
            "https://eu.acme.example:8443/v1/items",
            Code::HttpNotDeclared,
        ),
        (
            "GET",
            "http://eu.acme.example/v1/items",
            Code::HttpNotDeclared,
        ),
        (
            "GET",
            "https://a.eu.acme.example/v1/items",
            Code::HttpNotDeclared,
        ),
        (
            "POST",
            "https://eu.acme.example/v1/items",
            Code::HttpNotGranted,
        ),
        (
            "GET",
            "https://us.acme.example/v1/items",
            Code::HttpNotGranted,
        ),
        (
            "GET",
            "https://eu.acme.example/v1/users",
            Code::HttpNotGranted,
        ),
        ("GET", "http://plain.example/", Code::HttpNotGranted),
    ] {
        assert_eq!(code(layers.http(method, url)), refused, "{method} {url}");
    }
}

#[test]
fn a_credential_only_the_grant_names_is_not_attached() {
    let layers = layers();
    assert_eq!(
        layers
            .http("GET", "https://open.example/")
            .unwrap()
            .credential,
        None
    );
}

#[test]
fn a_credential_the_manifest_needs_must_be_named_defined_and_meant_for_the_host() {
    let request = ("GET", "https://eu.acme.example/v1/items");
    let mut unnamed = layers();
    unnamed.grant.http[0].value.credential = None;
    let mut other = layers();
    other.grant.http[0].value.credential = Some("other".parse().unwrap());
    let mut undefined = layers();
    undefined.grant.credentials.clear();
    let mut elsewhere = layers();
    let credential = elsewhere.grant.credentials.values_mut().next().unwrap();
    credential.value.hosts = vec!["login.acme.example".parse().unwrap()];
    for layers in [unnamed, other, undefined, elsewhere] {
        assert_eq!(
            code(layers.http(request.0, request.1)),
            Code::CredentialNotGranted
        );
    }
}

#[test]
fn the_first_grant_rule_that_allows_decides() {
    let mut layers = layers();
    let mut without = layers.grant.http[0].clone();
    without.value.credential = None;
    without.value.reach.connect = None;
    layers.grant.http.insert(0, without);
    let allowed = layers
        .http("GET", "https://eu.acme.example/v1/items")
        .unwrap();
    assert!(
        allowed.credential.is_some() && allowed.connect.is_some(),
        "the second rule, which has the credential"
    );
}

#[test]
fn plain_http_has_its_own_refusal_and_its_own_grant() {
    let mut layers = layers();
    let mut rule = layers.grant.http[1].clone();
    rule.value.rule.host = "plain.example".parse().unwrap();
    layers.grant.http.push(rule.clone());
    assert_eq!(
        code(layers.http("GET", "http://plain.example/")),
        Code::HttpPlainNotGranted
    );
    rule.value.rule.scheme = Scheme::Http;
    rule.value.rule.port = 80;
    layers.grant.http.push(rule);
    assert!(layers.http("GET", "http://plain.example/").unwrap().plain);
}

#[test]
fn a_run_narrows_requests_and_never_widens_them() {
    let mut layers = layers();
    let everything_open: HttpRule = layers.grant.http[1].rule.clone();
    layers.run.http = Some(vec![everything_open]);
    assert_eq!(
        code(layers.http("GET", "https://eu.acme.example/v1/items")),
        Code::RunNarrowed
    );
    assert!(layers.http("GET", "https://open.example/").is_ok());
    assert_eq!(
        code(layers.http("POST", "https://open.example/")),
        Code::HttpNotDeclared
    );
}
