//! Descriptions nobody should have written.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use metier_openapi::document::MAX_BYTES;
use metier_openapi::skill::{self, About, SkillError};
use metier_openapi::{Document, DocumentError, Listing, Reason, SelectError, Selection};
use serde_json::{Map, Value, json};

use crate::support::{converted, described, document, input};

/// How long anything here may take in a debug build on a busy machine: what it guards against takes minutes.
const SOON: Duration = Duration::from_secs(60);

fn error(bytes: &[u8]) -> DocumentError {
    Document::parse(bytes).unwrap_err()
}

#[test]
fn bytes_that_are_no_description_are_told_apart() {
    assert_eq!(
        error(b"{\"openapi\": \"3\xff\"}"),
        DocumentError::NotUtf8(14)
    );
    assert_eq!(
        error(&vec![b' '; MAX_BYTES + 1]),
        DocumentError::TooLarge(MAX_BYTES + 1)
    );
    assert!(matches!(error(b"{\"openapi\": "), DocumentError::Json(_)));
    assert!(matches!(error(b"a: b: c: ["), DocumentError::Yaml(_)));
    assert_eq!(error(b"- 1"), DocumentError::NotAnObject);
    assert_eq!(error(b"{}"), DocumentError::NoVersion);
    assert_eq!(
        error(b"openapi: 4.0.0"),
        DocumentError::Version("OpenAPI 4.0.0".to_owned())
    );
    assert_eq!(
        error(b"swagger: 1.2"),
        DocumentError::Version("Swagger 1.2".to_owned())
    );
    for version in [
        "swagger: 2.0",
        "swagger: \"2.0\"",
        "openapi: 3.0.0",
        "openapi: 3.1.0",
        "openapi: 3.2.0",
        "\u{feff}{\"openapi\":\"3.0.0\"}",
    ] {
        assert!(Document::parse(version.as_bytes()).is_ok(), "{version}");
    }
}

#[test]
fn yaml_bombs_are_refused_at_once() {
    let mut laughs = String::from("openapi: 3.0.0\nl0: &l0 [lol, lol, lol]\n");
    for level in 1..40 {
        laughs.push_str(&format!(
            "l{level}: &l{level} [{}]\n",
            vec![format!("*l{}", level - 1); 10].join(", ")
        ));
    }
    let deep = format!("openapi: 3.0.0\nx: {}", "[".repeat(100_000));
    let nested: String = (0..5_000)
        .map(|level| format!("{}k:\n", " ".repeat(level)))
        .collect();
    let merges = format!("a: &a {{x: 1}}\nb:\n{}", "  <<: *a\n".repeat(200_000));
    for bomb in [laughs, deep, nested, merges] {
        let started = Instant::now();
        let said = error(bomb.as_bytes());
        assert!(matches!(said, DocumentError::Yaml(_)), "{}", &bomb[..60]);
        // In words, without the names the reader has for its counters.
        assert!(!said.to_string().contains(['{', '}']), "{said}");
        assert!(started.elapsed() < SOON);
    }
    // What people do write: a part shared by name.
    let shared = b"openapi: 3.0.0\nx: &x {type: string}\npaths: {/a: {get: {parameters: [{name: q, in: query, schema: *x}]}}}";
    let document = Document::parse(shared).unwrap();
    assert_eq!(
        document
            .root()
            .pointer("/paths/~1a/get/parameters/0/schema/type")
            .unwrap(),
        "string"
    );
}

#[test]
fn nesting_ends_in_an_error_and_not_in_a_crash() {
    let deep = format!("{{\"openapi\":\"3.0.0\",\"x\":{}", "[".repeat(1_000_000));
    assert!(matches!(error(deep.as_bytes()), DocumentError::Json(_)));
    // As deep as can be read: cut with a note, and still a schema.
    let mut schema = json!({"type": "string"});
    for _ in 0..55 {
        schema = json!({"allOf": [schema]});
    }
    let document = document(
        json!({"/a": {"post": {"requestBody": {"required": true, "content": {"application/json": {"schema": schema}}}}}}),
    );
    let conversion = converted(&document);
    assert_eq!(conversion.notes[0].reason.kind(), "schema cut");
}

#[test]
fn a_reference_out_of_the_file_is_never_followed_and_told_by_name() {
    for place in [
        json!({"parameters": [{"$ref": "common.yaml#/parameters/Page"}]}),
        json!({"parameters": [{"name": "q", "in": "query", "schema": {"$ref": "https://evil.example/s.json"}}]}),
        json!({"requestBody": {"$ref": "file:///etc/passwd"}}),
        json!({"requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Via"}}}}}),
    ] {
        let mut operation = place;
        operation["operationId"] = "find".into();
        let document = described(json!({
            "paths": {"/a": {"post": operation}, "/b": {"get": {}}},
            "components": {"schemas": {"Via": {"properties": {"x": {"$ref": "other.json#/X"}}}}},
        }));
        let conversion = converted(&document);
        assert_eq!(
            conversion.operations.len(),
            1,
            "the other operation converts"
        );
        let told = conversion.left_out[0].to_string();
        assert_eq!(
            conversion.left_out[0].reason.kind(),
            "reference into another file"
        );
        assert!(
            told.contains("find (POST /a)") && told.contains("never fetched"),
            "{told}"
        );
    }
}

#[test]
fn an_answer_that_cannot_be_told_costs_the_answers_schema_only() {
    let answer =
        json!({"200": {"content": {"application/json": {"schema": {"$ref": "other.json"}}}}});
    let conversion = converted(&document(json!({"/a": {"get": {"responses": answer}}})));
    assert_eq!(conversion.operations[0].operation.output_schema, None);
    assert_eq!(conversion.notes[0].reason.kind(), "answer");
}

#[test]
fn references_in_circles_end() {
    let document = described(json!({
        "paths": {"/a": {"get": {"parameters": [{"$ref": "#/components/parameters/A"}]}}},
        "components": {"parameters": {
            "A": {"$ref": "#/components/parameters/B"}, "B": {"$ref": "#/components/parameters/A"},
        }},
    }));
    assert!(
        converted(&document).left_out[0]
            .to_string()
            .contains("leads back to itself")
    );
}

#[test]
fn a_schema_that_contains_itself_stays_one() {
    let document = described(json!({
        "paths": {"/a": {"post": {"requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}}}}},
        "components": {"schemas": {"Node": {"type": "object", "properties": {
            "name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
        }}}},
    }));
    let schema = input(&document);
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    assert!(validator.is_valid(&json!({"children": [{"name": "a", "children": [{"name": "b"}]}]})));
    assert!(!validator.is_valid(&json!({"children": [{"name": "a", "children": [{"name": 7}]}]})));
}

#[test]
fn a_schema_without_end_is_cut_and_says_so() {
    let mut schemas = Map::new();
    for number in 0..5_000 {
        let next = |step: usize| json!({"$ref": format!("#/components/schemas/S{}", (number * 3 + step) % 5_000)});
        let members: Map<String, Value> = (0..3)
            .map(|step| (format!("m{step}"), next(step)))
            .collect();
        schemas.insert(
            format!("S{number}"),
            json!({"type": "object", "properties": members}),
        );
    }
    let document = described(json!({
        "paths": {"/a": {"post": {"requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/S1"}}}}}}},
        "components": {"schemas": schemas},
    }));
    let conversion = converted(&document);
    let bytes = conversion.operations[0]
        .operation
        .input_schema
        .to_string()
        .len();
    assert!(bytes < 200_000, "{bytes} bytes");
    assert_eq!(conversion.notes[0].reason.kind(), "schema cut");
}

#[test]
fn a_hundred_thousand_operations_are_listed_at_once_and_need_a_choice() {
    let operation = json!({"operationId": "same", "summary": "Does it"});
    let paths: Map<String, Value> = (0..100_000)
        .map(|number| (format!("/p{number}/{{id}}"), json!({"get": operation})))
        .collect();
    let document = document(Value::Object(paths));
    let started = Instant::now();
    let listing = Listing::of(&document);
    assert_eq!(listing.operations.len(), 100_000);
    let names: std::collections::BTreeSet<&str> = listing
        .operations
        .iter()
        .map(|one| one.tool.as_str())
        .collect();
    assert_eq!(names.len(), 100_000, "each has a name of its own");
    let error = Selection::of_words("same")
        .convert(&document, &listing)
        .unwrap_err();
    assert!(error.to_string().contains("several operations"), "{error}");
    let one = Selection::of_words("GET /p77/{id}")
        .convert(&document, &listing)
        .unwrap();
    assert_eq!(one.operations.len(), 1);
    assert!(started.elapsed() < SOON);
}

#[test]
fn more_tools_than_a_skill_may_have_is_an_error_that_says_how_to_choose() {
    let paths: Map<String, Value> = (0..600)
        .map(|number| (format!("/p{number}"), json!({"get": {}})))
        .collect();
    let document = document(Value::Object(paths));
    let about = About {
        name: "com.example/test".parse().unwrap(),
        version: "0.1.0".parse().unwrap(),
    };
    let error = skill::write(&document, &about, &converted(&document)).unwrap_err();
    assert_eq!(error, SkillError::TooMany(600));
    assert!(error.to_string().contains("--tools"));
}

#[test]
fn equal_and_colliding_names_are_told_apart_and_reported() {
    let document = document(json!({
        "/a": {"get": {"operationId": "get thing"}},
        "/b": {"get": {"operationId": "get/thing"}},
        "/c": {"get": {"operationId": "get thing"}},
    }));
    let conversion = converted(&document);
    let names: Vec<&str> = conversion
        .operations
        .iter()
        .map(|made| made.operation.tool.as_str())
        .collect();
    assert_eq!(names, ["get_thing", "get_thing_2", "get_thing_3"]);
    let renamed = conversion
        .notes
        .iter()
        .filter(|note| matches!(note.reason, Reason::Renamed { .. }));
    assert_eq!(renamed.count(), 2);
}

#[test]
fn arguments_of_one_name_are_told_apart() {
    let document = document(json!({"/a/{id}": {"post": {
        "parameters": [
            {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
            {"name": "id", "in": "query", "schema": {"type": "string"}},
            {"name": "$id", "in": "header", "schema": {"type": "string"}},
        ],
        "requestBody": {"required": true, "content": {"application/json": {"schema": {"properties": {"id": {"type": "integer"}}}}}},
    }}}));
    let schema = input(&document);
    let names: Vec<&str> = schema["properties"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(names, ["id", "id_query", "id_header", "body"]);
}

#[test]
fn what_is_chosen_and_not_there_is_named_with_what_is_near() {
    let document = document(json!({"/a": {"get": {"operationId": "getIssue"}}}));
    let listing = Listing::of(&document);
    let error = Selection::of_words("getIsue")
        .convert(&document, &listing)
        .unwrap_err();
    assert!(
        error.to_string().contains("did you mean `getIssue`?"),
        "{error}"
    );
    let twice = Selection::of_words("getIssue,getIssue")
        .convert(&document, &listing)
        .unwrap_err();
    assert_eq!(twice, SelectError::Twice("getIssue".to_owned()));
}

#[test]
fn words_that_hide_or_move_the_cursor_do_not_reach_a_model() {
    let document = document(json!({"/a": {"get": {
        "summary": "Safe\u{202e}evil\u{1b}[2J", "description": "<script>x</script>a\u{200b}b",
        "parameters": [{"name": "q", "in": "query", "description": "x\u{e0041}y", "schema": {"type": "string"}}],
    }}}));
    let conversion = converted(&document);
    let about = About {
        name: "com.example/test".parse().unwrap(),
        version: "0.1.0".parse().unwrap(),
    };
    let files = skill::write(&document, &about, &conversion).unwrap();
    for text in [&files.manifest, &files.skill_md, &files.plan] {
        assert_eq!(metier_core::hidden::find(text), None, "{text}");
    }
}
