//! Signatures, reach and templates, without a component.
#![expect(clippy::unwrap_used, reason = "tests")]

use metier_core::{
    grant::{Grant, Subject},
    ids::Digest,
    manifest::Manifest,
};
use serde_json::json;

use super::*;

const MANIFEST: &str = r#"
[skill]
name = "com.acme/weather"
version = "1.2.0"

[tools.forecast]
effect = "read"

[tools.order-umbrella]
effect = "write"

[[capabilities.http]]
host = "*.weather.example"
methods = ["GET", "POST"]
paths = ["/v1/forecast", "/v1/{id}/**"]
credential = "weather"

[[capabilities.http]]
scheme = "http"
host = "localhost"
port = 8080
methods = ["GET"]
paths = ["/"]
credential = "weather"

[capabilities.kv]
buckets = ["cache"]

[[capabilities.files]]
path = "/data"
access = "read-write"

[capabilities.artifacts]

[capabilities.config]
keys = ["instance-url", "a.b"]

[capabilities.log]

[limits]
memory = "64MiB"
requests = 5
cpu = "5s"
"#;

fn manifest() -> Manifest {
    let text = MANIFEST.replace("/v1/{id}/**", "/v1/*/x");
    Manifest::parse(&text).unwrap()
}

#[test]
fn the_template_is_a_grant_with_exactly_the_manifests_reach() {
    let manifest = manifest();
    let text = grant_template::write(&manifest, &Digest::of(b"x"));
    insta::assert_snapshot!("grant_template", text);
    let grant = Grant::parse(&text).unwrap();
    assert_eq!(
        grant.subject,
        Subject::Named(manifest.name().unwrap().clone())
    );
    assert!(manifest.tools.keys().all(|tool| grant.tools.contains(tool)));
    assert!(!grant.tools.contains(&"other".parse().unwrap()));
    let asked: Vec<_> = manifest
        .capabilities
        .http
        .iter()
        .map(|ask| (&ask.rule, &ask.credential))
        .collect();
    let granted: Vec<_> = grant
        .http
        .iter()
        .map(|rule| (&rule.rule, &rule.credential))
        .collect();
    assert_eq!(asked, granted);
    assert_eq!(grant.credentials.len(), 1);
    assert_eq!(grant.kv, manifest.capabilities.kv.as_ref().unwrap().buckets);
    assert_eq!(grant.files.len(), 1);
    assert_eq!(
        (&grant.files[0].path, grant.files[0].access),
        (
            &manifest.capabilities.files[0].path,
            manifest.capabilities.files[0].access
        )
    );
    assert!(grant.artifacts.is_some() && grant.log.is_some());
    let keys: Vec<_> = grant.config.keys().collect();
    assert!(
        manifest
            .capabilities
            .config
            .as_ref()
            .unwrap()
            .keys
            .iter()
            .all(|key| keys.contains(&key))
    );
    assert_eq!(grant.limits, manifest.limits);
}

#[test]
fn the_template_of_a_nameless_skill_pins_its_bytes_and_allows_nothing_more() {
    let digest = Digest::of(b"x");
    let grant = Grant::parse(&grant_template::write(&Manifest::empty(), &digest)).unwrap();
    assert_eq!(grant.subject, Subject::Bytes(digest));
    let nothing = Grant {
        subject: Subject::Bytes(digest),
        ..Grant::compute_only(grant.tenant.clone())
    };
    assert_eq!(grant, nothing);
}

#[test]
fn reach_is_said_in_words() {
    let manifest = manifest();
    let said = reach::sentences(&manifest.capabilities);
    let lines: Vec<String> = said
        .iter()
        .map(|(name, sentence)| format!("{name}: {sentence}"))
        .collect();
    insta::assert_snapshot!("reach", lines.join("\n"));
    assert_eq!(reach::limits(&manifest.limits).len(), 3);
}

#[test]
fn signatures_read_like_a_function() {
    let input = json!({
        "type": "object",
        "properties": {
            "soql": {"type": "string"},
            "limit": {"type": ["integer", "null"]},
            "order": {"type": "string", "enum": ["asc", "desc"]},
            "ratio": {"anyOf": [{"anyOf": [{"type": "number"}, {"enum": ["NaN"]}]}, {"type": "null"}]},
            "at": {"type": "array", "prefixItems": [{"type": "number"}, {"type": "boolean"}], "items": false},
        },
        "required": ["soql", "order", "at"]
    });
    let output = json!({"type": "object", "required": ["rows"], "properties": {
        "rows": {"type": "array", "items": {"type": "array", "items": {"type": ["string", "null"]}}},
        "deep": {"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {"type": "object", "properties": {"c": {}}}}}}}
    }});
    insta::assert_snapshot!("signature", signature::of("query", &input, Some(&output)));
    assert_eq!(signature::of("x", &json!({}), None), "x()");
    let looping = json!({"properties": {"a": {"$ref": "#/properties/a"}}});
    assert_eq!(signature::of("x", &looping, None), "x(a?: …)");
    let hostile = json!({"properties": {"a\u{1b}[2J": {"const": "\u{202e}b"}}});
    assert!(!signature::of("x", &hostile, None).contains(['\u{1b}', '\u{202e}']));
}
