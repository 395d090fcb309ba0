#![expect(clippy::unwrap_used, reason = "tests")]

use std::cell::RefCell;

use serde_json::{Value as Json, json};

use super::{MAX_ANSWER, read, widened};
use crate::bindings::exports::metier::skill::tools::Error;
use crate::bindings::metier::skill::artifacts::{Artifact, ArtifactError};

/// Files that were kept: name, media type, bytes.
type Kept = RefCell<Vec<(String, String, Vec<u8>)>>;

fn asked(result: &Json, kept: &Kept) -> Result<Json, Error> {
    let keep = |name: &str, media_type: &str, bytes: &[u8]| {
        if bytes.len() > 1 << 20 {
            return Err(ArtifactError::TooLarge(1 << 20));
        }
        let file = (name.to_owned(), media_type.to_owned(), bytes.to_vec());
        kept.borrow_mut().push(file);
        Ok(Artifact {
            digest: "sha256:00".to_owned(),
            size: bytes.len() as u64,
            name: name.to_owned(),
            media_type: media_type.to_owned(),
        })
    };
    let text = read("draw", result.as_object().unwrap().clone(), keep)?;
    Ok(serde_json::from_str(&text).unwrap())
}

fn of(result: &Json) -> Json {
    asked(result, &Kept::default()).unwrap()
}

fn text(text: &str) -> Json {
    json!({"type": "text", "text": text})
}

#[test]
fn structured_content_is_the_answer_and_texts_are_without_it() {
    for (result, answer) in [
        (
            json!({"content": [text("{\"a\":1}")], "structuredContent": {"b": "1e400"}}),
            r#"{"b":1e+400}"#,
        ),
        (
            json!({"content": [text("x")], "structuredContent": [1]}),
            "[1]",
        ),
        (json!({"content": [text("x")]}), r#""x""#),
        (
            json!({"content": [text("x")], "structuredContent": null}),
            r#""x""#,
        ),
        (json!({"content": [text("x"), text("y")]}), r#"["x","y"]"#),
        (json!({"content": []}), "null"),
        (json!({}), "null"),
        (
            json!({"resultType": "complete", "content": [text("x")], "isError": false}),
            r#""x""#,
        ),
    ] {
        // Numbers stay as they were written.
        let result = result.to_string().replace("\"1e400\"", "1e+400");
        let result: Json = serde_json::from_str(&result).unwrap();
        assert_eq!(of(&result).to_string(), answer, "{result}");
    }
}

#[test]
fn files_are_kept_and_links_are_handed_on() {
    let kept = Kept::default();
    let answer = asked(
        &json!({"content": [
            {"type": "image", "data": "aGk=", "mimeType": "image/png"},
            {"type": "audio", "data": "aGk=", "mimeType": "audio/wav\r\nx: y"},
            {"type": "resource", "resource": {"uri": "file:///a", "blob": "aGk=", "mimeType": "text/csv; charset=utf-8"}},
            {"type": "resource", "resource": {"uri": "file:///b", "text": "b"}},
            {"type": "resource_link", "uri": "https://a.example/x", "name": "x", "mimeType": "text/html", "size": 3, "icons": []},
            {"type": "hologram", "data": "…"},
            {"type": "image", "data": "no base64!", "mimeType": "image/png"},
        ]}),
        &kept,
    )
    .unwrap();
    let names: Vec<(String, String)> = kept
        .borrow()
        .iter()
        .map(|(name, media_type, bytes)| {
            assert_eq!(bytes, b"hi");
            (name.clone(), media_type.clone())
        })
        .collect();
    let expected = [
        ("draw.png", "image/png"),
        ("draw-2.bin", "application/octet-stream"),
        ("draw-3.csv", "text/csv"),
    ];
    assert_eq!(names, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    assert_eq!(answer[0]["artifact"]["digest"], "sha256:00");
    assert_eq!(
        answer[3],
        json!({"type": "resource", "uri": "file:///b", "text": "b"})
    );
    assert_eq!(
        answer[4],
        json!({"type": "resource_link", "uri": "https://a.example/x", "name": "x", "media_type": "text/html", "size": 3})
    );
    assert_eq!(answer[5]["type"], "hologram");
    assert_eq!(answer[6]["left-out"], "it is not base64");
}

#[test]
fn files_beside_structured_content_are_kept_all_the_same() {
    let kept = Kept::default();
    let image = json!({"type": "image", "data": "aGk=", "mimeType": "image/png"});
    let result = json!({"content": [text("x"), image], "structuredContent": {"a": 1}});
    assert_eq!(asked(&result, &kept).unwrap(), json!({"a": 1}));
    assert_eq!(kept.borrow().len(), 1);
}

#[test]
fn there_is_an_end_to_files_and_blocks() {
    let kept = Kept::default();
    let image = json!({"type": "image", "data": "aGk=", "mimeType": "image/png"});
    let answer = asked(&json!({"content": vec![image; 40]}), &kept).unwrap();
    assert_eq!(kept.borrow().len(), 32);
    assert_eq!(answer[39]["left-out"], "an answer has at most 32 files");
    let answer = of(&json!({"content": vec![text("x"); 1_500]}));
    assert_eq!(answer.as_array().unwrap().len(), 1_001);
    assert_eq!(answer[1_000], "… and 500 more");
}

#[test]
fn what_is_too_long_for_a_model_is_cut_and_kept() {
    let kept = Kept::default();
    let long = "ü\n".repeat(100_000);
    let answer = asked(&json!({"content": [text(&long)]}), &kept).unwrap();
    let body = answer["body"].as_str().unwrap();
    assert!(long.starts_with(body) && json!(body).to_string().len() <= MAX_ANSWER);
    assert!(json!(body).to_string().len() > MAX_ANSWER - 8);
    assert_eq!(kept.borrow()[0].2, long.as_bytes());
    assert_eq!(answer["artifact"]["name"], "draw.txt");
    // Structured content as well, and where nothing keeps it.
    let huge = "x".repeat(2 << 20);
    let answer = of(&json!({"structuredContent": {"a": huge}}));
    assert!(answer["body"].as_str().unwrap().starts_with("{\"a\":\"xxx"));
    assert!(
        answer["truncated"]
            .as_str()
            .unwrap()
            .contains("is not kept")
    );
    assert!(answer.get("artifact").is_none());
}

#[test]
fn a_tool_that_failed_is_an_error_in_its_words() {
    let result = json!({"content": [text("no such"), text("city")], "isError": true});
    let error = asked(&result, &Kept::default()).unwrap_err();
    assert!(matches!(error, Error::InvalidInput(why) if why.ends_with("no such; city")));
    let result = json!({"resultType": "input_required", "inputRequests": {}});
    let error = asked(&result, &Kept::default()).unwrap_err();
    assert!(matches!(error, Error::Denied(_)));
}

#[test]
fn a_schema_says_what_may_stand_in_its_place() {
    let schema = widened(
        json!({"type": "object", "$defs": {"x": true}, "properties": {"a": {"$ref": "#/$defs/x"}}}),
    );
    assert_eq!(schema["type"], "object");
    assert_eq!(schema["$defs"], json!({"x": true}));
    assert_eq!(schema["anyOf"][0]["properties"]["a"]["$ref"], "#/$defs/x");
    assert_eq!(schema["anyOf"][1]["required"], json!(["body", "truncated"]));
    assert!(widened(json!({"type": "array"})).get("type").is_none());
}
