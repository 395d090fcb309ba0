#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use metier_openapi_plan::{BodyKind, Field, Parameter, Style};
use serde_json::json;

use super::*;

mod rules;

fn parameter(name: &str, types: &[Type]) -> Parameter {
    Parameter {
        argument: name.to_owned(),
        name: name.to_owned(),
        types: types.to_vec(),
        style: Style::Form,
        ..Parameter::default()
    }
}

fn operation() -> Operation {
    Operation {
        tool: "search".to_owned(),
        method: "POST".to_owned(),
        parameters: vec![
            Parameter {
                required: true,
                ..parameter("project", &[Type::String])
            },
            parameter("maxResults", &[Type::Integer]),
            parameter("labels", &[Type::Array]),
            parameter("anything", &[]),
        ],
        body: Some(Body {
            kind: BodyKind::Json,
            media_type: "application/json".to_owned(),
            fields: vec![
                field("summary", &[Type::String], true),
                field("due", &[Type::String, Type::Null], false),
                field("fields", &[Type::Object], false),
            ],
            ..Body::default()
        }),
        ..Operation::default()
    }
}

fn field(name: &str, types: &[Type], required: bool) -> Field {
    Field {
        argument: name.to_owned(),
        name: name.to_owned(),
        types: types.to_vec(),
        required,
        ..Field::default()
    }
}

fn read(operation: &Operation, given: Json) -> Result<Json, String> {
    match Arguments::read(operation, &given.to_string()) {
        Ok(Arguments(arguments)) => Ok(Json::Object(arguments)),
        Err(Error::InvalidInput(why)) => Err(why),
        Err(other) => panic!("{other:?}"),
    }
}

#[track_caller]
fn refused(operation: &Operation, given: Json, needles: &[&str]) {
    let why = read(operation, given.clone()).expect_err(&given.to_string());
    for needle in needles {
        assert!(why.contains(needle), "{why}");
    }
}

#[test]
fn unknown_arguments_are_refused_and_the_nearest_is_named() {
    refused(
        &operation(),
        json!({"project": "A", "maxResult": 5}),
        &["`maxResult`", "did you mean `maxResults`"],
    );
    refused(
        &operation(),
        json!({"project": "A", "max_results": 5}),
        &["did you mean `maxResults`"],
    );
    refused(
        &operation(),
        json!({"project": "A", "zzz": 5}),
        &["`zzz`", "takes project, maxResults"],
    );
    refused(&Operation::default(), json!({"a": 1}), &["takes none"]);
    let bad = Arguments::read(&operation(), "[1]");
    assert!(matches!(bad, Err(Error::InvalidInput(why)) if why.contains("no JSON object")));
}

#[test]
fn missing_arguments_are_named_all_at_once() {
    refused(&operation(), json!({}), &["`project` is required"]);
    refused(
        &operation(),
        json!({"due": null}),
        &["project, summary are required"],
    );
    let mut of_path = operation();
    of_path.parameters[1].place = Place::Path;
    refused(
        &of_path,
        json!({"project": "A"}),
        &["`maxResults` is required"],
    );
    assert!(
        read(&operation(), json!({"project": "A"})).is_ok(),
        "an optional body may be left out"
    );
    let mut needs_body = operation();
    needs_body.body.as_mut().unwrap().required = true;
    refused(
        &needs_body,
        json!({"project": "A"}),
        &["`summary` is required"],
    );
}

#[test]
fn slips_of_type_with_one_meaning_are_mended() {
    let given = json!({"project": 5, "maxResults": " 50 ", "labels": "a", "summary": true, "due": null, "fields": "{\"a\": 1}"});
    let meant = json!({"project": "5", "maxResults": 50, "labels": ["a"], "summary": "true", "due": null, "fields": {"a": 1}});
    assert_eq!(read(&operation(), given), Ok(meant));
    let listed = read(
        &operation(),
        json!({"project": "A", "labels": "[\"a\", 2]"}),
    )
    .unwrap();
    assert_eq!(listed["labels"], json!(["a", 2]));
}

#[test]
fn other_slips_are_refused_in_words() {
    let with = |name: &str, value: Json| json!({"project": "A", name: value});
    for (name, value, needle) in [
        ("maxResults", json!("many"), "must be an integer, not text"),
        ("maxResults", json!(1.5), "must be an integer, not a number"),
        ("maxResults", json!("1.5"), "must be an integer, not text"),
        ("maxResults", json!([5]), "not a list"),
        ("maxResults", json!("0x10"), "not text"),
        (
            "project",
            json!({"key": "A"}),
            "must be text, not an object",
        ),
        ("due", json!(["x"]), "must be text or null, not a list"),
        ("fields", json!("a=1"), "must be an object, not text"),
    ] {
        refused(
            &operation(),
            with(name, value),
            &[&format!("`{name}`"), needle],
        );
    }
    assert!(read(&operation(), with("maxResults", json!(5.0))).is_ok());
}

#[test]
fn numbers_keep_their_digits() {
    let text =
        "{\"project\":\"A\",\"maxResults\":123456789012345678901234567890,\"anything\":0.10}";
    let arguments = Arguments::read(&operation(), text).unwrap();
    assert_eq!(
        arguments.get("maxResults").unwrap().to_string(),
        "123456789012345678901234567890"
    );
    assert_eq!(arguments.get("anything").unwrap().to_string(), "0.10");
}

#[test]
fn null_is_an_argument_left_out_unless_a_type_asks_for_it() {
    refused(
        &operation(),
        json!({"project": null}),
        &["`project` is required"],
    );
    let read = read(
        &operation(),
        json!({"project": "A", "anything": null, "due": null, "summary": "s"}),
    )
    .unwrap();
    assert_eq!(read, json!({"project": "A", "due": null, "summary": "s"}));
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,64}") {
        let _ = Arguments::read(&operation(), &text);
    }
}
