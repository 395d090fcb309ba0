#![expect(clippy::unwrap_used, reason = "tests")]

use metier_openapi_plan::Place;
use serde_json::json;

use crate::{Document, Listing, Made, Selection};

fn made(headers: &str) -> Result<Made, String> {
    let document = Document::from_value(json!({
        "openapi": "3.0.0", "servers": [{"url": "https://a.example"}],
        "paths": {"/files": {"post": {"operationId": "add", "parameters": [
            {"name": "X-Version", "in": "header", "required": true, "schema": {"type": "string"}},
            {"name": "x-token", "in": "query", "schema": {"type": "string"}},
        ]}}},
    }))
    .unwrap();
    let selection = Selection::parse(&format!("[tools.add]\nheaders = {headers}"));
    let selection = selection.map_err(|error| error.to_string())?;
    let converted = selection.convert(&document, &Listing::of(&document));
    let mut converted = converted.map_err(|error| error.to_string())?;
    Ok(converted.operations.remove(0))
}

/// Each header with the value it always has.
fn sent(made: &Made) -> Vec<(String, String)> {
    let headers = made.operation.parameters.iter();
    let headers = headers.filter(|parameter| parameter.place == Place::Header);
    let value = |argument: &str| {
        let mut fixed = made.operation.fixed.iter();
        let fixed = fixed.find(|fixed| fixed.path.to_string() == argument);
        fixed.map_or(String::new(), |fixed| {
            fixed.value.as_str().unwrap().to_owned()
        })
    };
    headers
        .map(|header| (header.name.to_ascii_lowercase(), value(&header.argument)))
        .collect()
}

#[test]
fn a_header_nobody_described_is_sent_and_is_no_argument() {
    let made = made(r#"{ X-Atlassian-Token = "no-check", X-Token = "t" }"#).unwrap();
    let expected = [
        ("x-version", ""),
        ("x-atlassian-token", "no-check"),
        ("x-token", "t"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(sent(&made), expected);
    let properties = made.operation.input_schema["properties"]
        .as_object()
        .unwrap();
    let mut names: Vec<&String> = properties.keys().collect();
    names.sort();
    assert_eq!(
        names.len(),
        2,
        "the version and the query's token: {names:?}"
    );
}

#[test]
fn a_described_header_is_taken_from_the_caller() {
    let made = made(r#"{ x-version = "3" }"#).unwrap();
    assert_eq!(sent(&made), [("x-version".to_owned(), "3".to_owned())]);
    let schema = &made.operation.input_schema;
    assert_eq!(
        schema["properties"].as_object().unwrap().len(),
        1,
        "{schema}"
    );
    assert_eq!(schema.get("required"), None, "{schema}");
}

#[test]
fn headers_that_are_not_the_skills_and_values_that_are_none_are_refused() {
    for (headers, needle) in [
        (r#"{ Authorization = "Bearer x" }"#, "authorization"),
        (r#"{ Host = "b.example" }"#, "host"),
        (r#"{ "a b" = "x" }"#, "a b"),
        (r#"{ X-A = "1\r\nX-B: 2" }"#, "one line"),
        (r#"{ X-A = "ü" }"#, "one line"),
        (r#"{ X-A = "1", x-a = "2" }"#, "already"),
        (r#"{ X-A = 1 }"#, "line 2"),
    ] {
        let error = made(headers).err().unwrap_or_default();
        assert!(error.contains(needle), "{headers}: {error}");
    }
}
