#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::cell::RefCell;

use proptest::prelude::*;

use super::*;

fn response(media_type: &str, body: impl Into<Vec<u8>>) -> Response {
    Response {
        status: 200,
        headers: vec![("content-type".to_owned(), media_type.to_owned())],
        body: body.into(),
        url: "https://acme.example/rest/issues?page=1".to_owned(),
    }
}

fn operation(keep: &[&str]) -> Operation {
    Operation {
        tool: "search".to_owned(),
        method: "GET".to_owned(),
        keep: keep.iter().map(|path| path.parse().unwrap()).collect(),
        ..Operation::default()
    }
}

fn denied(_: &str, _: &str, _: &[u8]) -> Result<Artifact, ArtifactError> {
    Err(ArtifactError::Denied(
        "the grant has no artifacts".to_owned(),
    ))
}

fn kept(name: &str, media_type: &str, bytes: &[u8]) -> Result<Artifact, ArtifactError> {
    Ok(Artifact {
        digest: "sha256:1".to_owned(),
        size: bytes.len() as u64,
        name: name.to_owned(),
        media_type: media_type.to_owned(),
    })
}

fn answered(operation: &Operation, response: &Response) -> Json {
    serde_json::from_str(&read(operation, response, kept).unwrap()).unwrap()
}

#[test]
fn json_is_handed_on_as_it_is() {
    let body = "{ \"b\": 1.10, \"a\": [12345678901234567890] }";
    let text = read(&operation(&[]), &response("application/json", body), denied).unwrap();
    assert_eq!(text, body);
    let called_text = response("text/plain; charset=utf-8", "\u{FEFF}{\"a\": 1}\n");
    assert_eq!(answered(&operation(&[]), &called_text), json!({"a": 1}));
    assert_eq!(answered(&operation(&[]), &response("", "5")), json!(5));
    assert_eq!(
        answered(&operation(&[]), &response("text/plain", "5")),
        json!("5")
    );
    assert_eq!(
        answered(
            &operation(&[]),
            &response("application/json", "{\"a\":1}\n{\"a\":2}")
        ),
        json!("{\"a\":1}\n{\"a\":2}")
    );
}

#[test]
fn only_wanted_fields_are_kept() {
    let body = json!({"total": 2, "secret": "x", "issues": [
        {"key": "A-1", "id": 1, "fields": {"summary": "s", "other": {"x": 1}}},
        {"key": "A-2", "fields": null},
        "scalar",
    ]});
    let response = response("application/json", body.to_string());
    let keep = |paths: &[&str]| answered(&operation(paths), &response);
    assert_eq!(
        keep(&["issues[].key", "total"]),
        json!({"total": 2, "issues": [{"key": "A-1"}, {"key": "A-2"}]})
    );
    assert_eq!(
        keep(&["issues.fields.summary"]),
        json!({"issues": [{"fields": {"summary": "s"}}, {}]})
    );
    assert_eq!(
        keep(&["issues[].fields.other", "nothing"]),
        json!({"issues": [{"fields": {"other": {"x": 1}}}, {}]})
    );
    assert_eq!(keep(&["total.deeper"]), json!({}));
    let list = self::response(
        "application/json",
        "[{\"a\":1,\"b\":2},[{\"a\":3,\"b\":4}]]",
    );
    assert_eq!(
        answered(&operation(&["[].a"]), &list),
        json!([{"a": 1}, [{"a": 3}]])
    );
}

#[test]
fn the_next_page_stays_visible() {
    let mut page = response("application/json", "[1]");
    let link = "<https://acme.example/a?x=1>; rel=prev, </rest/issues?page=2>; title=\"a, b; rel=no\"; REL=\"last next\"";
    page.headers.push(("Link".to_owned(), link.to_owned()));
    let wanted = json!({"body": [1], "next": "https://acme.example/rest/issues?page=2"});
    assert_eq!(answered(&operation(&[]), &page), wanted);
    page.headers[1].1 = "<https://b.example/2>; rel=nextish".to_owned();
    assert_eq!(answered(&operation(&[]), &page), json!([1]));
    page.headers[1].1 = "garbage <".to_owned();
    assert_eq!(answered(&operation(&[]), &page), json!([1]));
}

#[test]
fn large_answers_are_cut_and_kept_whole() {
    let issue =
        |number: usize| json!({"key": format!("A-{number}"), "summary": "words ".repeat(20)});
    let body = json!({"total": 5000, "issues": (0..5000).map(issue).collect::<Vec<_>>()});
    let large = response("application/json", body.to_string());
    let whole = RefCell::new(Vec::new());
    let keep = |name: &str, media_type: &str, bytes: &[u8]| {
        whole.replace(bytes.to_vec());
        kept(name, media_type, bytes)
    };
    let text = read(&operation(&[]), &large, keep).unwrap();
    assert!(text.len() <= MAX_ANSWER + 1_024, "{}", text.len());
    assert!(text.len() > MAX_ANSWER / 2, "{}", text.len());
    let answer: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["body"]["total"], 5000);
    assert_eq!(answer["body"]["issues"][0], issue(0));
    assert_eq!(answer["artifact"]["name"], "search.json");
    let note = answer["truncated"].as_str().unwrap();
    assert!(
        note.contains("issues has the first") && note.contains("of 5000 elements"),
        "{note}"
    );
    assert_eq!(
        serde_json::from_slice::<Json>(&whole.borrow()).unwrap(),
        body
    );
    let refused: Json =
        serde_json::from_str(&read(&operation(&[]), &large, denied).unwrap()).unwrap();
    assert!(
        refused["truncated"]
            .as_str()
            .unwrap()
            .contains("the grant has no artifacts")
    );
    assert_eq!(refused.get("artifact"), None);
}

#[test]
fn what_is_kept_is_what_the_skill_may_show() {
    let body = json!({"public": "x".repeat(MAX_ANSWER + 1), "secret": "hidden"});
    let whole = RefCell::new(Vec::new());
    let keep = |name: &str, media_type: &str, bytes: &[u8]| {
        whole.replace(bytes.to_vec());
        kept(name, media_type, bytes)
    };
    read(
        &operation(&["public"]),
        &response("application/json", body.to_string()),
        keep,
    )
    .unwrap();
    assert!(!String::from_utf8(whole.take()).unwrap().contains("hidden"));
}

#[test]
fn text_is_a_string_and_long_text_is_cut() {
    assert_eq!(
        answered(&operation(&[]), &response("text/csv", "a,b\n1,2")),
        json!("a,b\n1,2")
    );
    assert_eq!(
        answered(&operation(&["a"]), &response("application/xml", "<a/>")),
        json!("<a/>")
    );
    let long = answered(
        &operation(&[]),
        &response("text/csv", "\"é\n".repeat(MAX_ANSWER)),
    );
    assert!(long["body"].to_string().len() <= MAX_ANSWER);
    assert_eq!(long["artifact"]["media_type"], "text/csv");
    assert_eq!(long["artifact"]["name"], "search.txt");
}

#[test]
fn files_are_artifacts_or_an_error() {
    let png = response("image/png", b"\x89PNG\r\n\x00".to_vec());
    let answer = answered(&operation(&[]), &png);
    assert_eq!(
        answer,
        json!({"artifact": {"name": "search", "digest": "sha256:1", "size": 7, "media_type": "image/png"}})
    );
    match read(&operation(&[]), &png, denied) {
        Err(Error::Denied(why)) => assert!(
            why.contains("image/png, 7 bytes") && why.contains("no artifacts"),
            "{why}"
        ),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_answer_without_a_body_is_null_or_its_headers() {
    let mut empty = response("application/json", "");
    assert_eq!(answered(&operation(&[]), &empty), Json::Null);
    empty.status = 201;
    empty.headers = vec![
        ("Location".to_owned(), "/issues/7".to_owned()),
        ("set-cookie".to_owned(), "x".to_owned()),
    ];
    assert_eq!(
        answered(&operation(&[]), &empty),
        json!({"status": 201, "headers": {"location": "/issues/7"}})
    );
    let mut head = operation(&[]);
    head.method = "HEAD".to_owned();
    empty.headers = vec![("etag".to_owned(), "\"1\"".to_owned())];
    assert_eq!(
        answered(&head, &empty),
        json!({"status": 201, "headers": {"etag": "\"1\""}})
    );
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        "\\PC{0,40}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Json::from),
            prop::collection::vec(("[a-z\"\n]{0,6}", inner), 0..8)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_is_cut_fits(value in any_json(), max in 16_usize..400) {
        let whole = value.to_string();
        let cut = cut::to_fit(value, max);
        prop_assert!(cut.value.to_string().len() <= max, "{}", cut.value);
        // What fits is not touched; sizes are counted with room for a comma behind the last of a list.
        if whole.len() * 2 <= max && whole.len() > 2 {
            prop_assert_eq!(cut.value.to_string(), whole);
        }
    }

    #[test]
    fn any_bytes_are_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..64), media_type in "(application/json|text/plain|image/png|)") {
        let text = read(&operation(&["a"]), &response(&media_type, bytes), kept).unwrap();
        prop_assert!(serde_json::from_str::<Json>(&text).is_ok());
    }
}

#[test]
fn an_answers_schema_allows_for_what_stands_in_its_place() {
    let own = json!({"type": "object", "$ref": "#/$defs/A", "$defs": {"A": {"type": "object"}}});
    let schema = widened(own);
    assert_eq!(schema["type"], "object");
    assert_eq!(schema["$defs"]["A"]["type"], "object");
    assert_eq!(
        schema["anyOf"][0],
        json!({"type": "object", "$ref": "#/$defs/A"})
    );
    assert_eq!(widened(json!({"type": "array"})).get("type"), None);
    // Every member an answer can have is in it.
    let around = &schema["anyOf"][1]["properties"];
    for member in ["body", "next", "truncated", "artifact", "status", "headers"] {
        assert!(around[member].is_object(), "{member}");
    }
}
