#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use serde_json::json;

use super::*;
use crate::document::Head;

fn parameter(name: &str, place: Place, style: Style) -> Parameter {
    Parameter {
        argument: name.to_owned(),
        name: name.to_owned(),
        place,
        style,
        ..Parameter::default()
    }
}

fn operation(tool: &str) -> Operation {
    Operation {
        tool: tool.to_owned(),
        title: Some("Get issue".to_owned()),
        description: "Reads one issue.\nAll of it.".to_owned(),
        method: "GET".to_owned(),
        path: "/issue/{id}".to_owned(),
        parameters: vec![
            parameter("id", Place::Path, Style::Simple),
            parameter("fields", Place::Query, Style::Form),
        ],
        keep: vec!["issues[].key".parse().unwrap()],
        input_schema: json!({"type": "object"}),
        ..Operation::default()
    }
}

fn plan() -> Plan {
    Plan {
        base_url: "https://acme.example/rest".to_owned(),
        base_url_config: BaseUrlConfig::Optional,
        operations: vec![operation("getIssue"), operation("other")],
    }
}

#[test]
fn what_is_written_is_read() {
    let text = plan().to_json().unwrap();
    assert_eq!(Plan::from_json(&text).unwrap(), plan());
    assert_eq!(Plan::from_json(&text).unwrap().to_json().unwrap(), text);
}

#[test]
fn the_first_line_leads_to_each_operation() {
    let text = plan().to_json().unwrap();
    let head = Head::read(text.as_bytes()).unwrap();
    assert_eq!(head.base_url, "https://acme.example/rest");
    for wanted in &plan().operations {
        let (start, length) = head.find(&wanted.tool).unwrap();
        let line = &text.as_bytes()[start..start + length];
        let found = head.operation(&wanted.tool, line).unwrap();
        assert_eq!(found.parameters, wanted.parameters);
        assert_eq!(found.input_schema, serde_json::Value::Null);
        assert_eq!(head.operation("another", line), None);
    }
    assert_eq!(head.find("third"), None);
    assert_eq!(Head::read(&text.as_bytes()[..40]), None);
}

#[test]
fn an_index_is_a_shortcut_only() {
    let text = plan().to_json().unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    json.as_object_mut().unwrap().remove("index");
    let edited = serde_json::to_string_pretty(&json).unwrap();
    assert_eq!(Plan::from_json(&edited).unwrap(), plan());
    assert_eq!(Head::read(edited.as_bytes()), None);
}

#[test]
fn the_format_is_strict() {
    let text = plan().to_json().unwrap();
    let why = |text: &str| Plan::from_json(text).expect_err("refused").to_string();
    assert!(why(&text.replace("\"version\":1", "\"version\":2")).contains("version 2"));
    assert!(why(&text.replace("\"version\":1", "\"version\":2,\"new\":0")).contains("version 2"));
    assert!(why(&text.replace("\"method\"", "\"verb\"")).contains("unknown field `verb`"));
    assert!(why(&text.replace("\"base_url\":", "\"base\":")).contains("unknown field `base`"));
    assert!(why(&text.replace("\"other\"", "\"getIssue\"")).contains("twice"));
    assert!(why(&text.replace("/issue/{id}", "/issue/{key}")).contains("{id}"));
    assert!(why("{}").contains("missing field"));
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    json["tools"].as_array_mut().unwrap().pop();
    assert!(why(&json.to_string()).contains("2 operations and 1 tools"));
}

#[test]
fn operations_no_request_can_be_made_of_are_refused() {
    let refused = |change: &dyn Fn(&mut Operation)| {
        let mut operation = operation("getIssue");
        change(&mut operation);
        check::operation(&operation)
            .expect_err("refused")
            .to_string()
    };
    let body = |body: Body| move |operation: &mut Operation| operation.body = Some(body.clone());
    assert!(refused(&|o| o.tool = "get issue".into()).contains("tool's name"));
    assert!(refused(&|o| o.method = "get".into()).contains("method"));
    assert!(refused(&|o| o.path = "/issue/{id}?x=1".into()).contains("template"));
    assert!(refused(&|o| o.path = "/a/../{id}".into()).contains("template"));
    assert!(refused(&|o| o.path = "/a/%2e%2E/{id}".into()).contains("template"));
    assert!(refused(&|o| o.path = "/a b/{id}".into()).contains("template"));
    assert!(refused(&|o| o.path = "/{id}/{other}".into()).contains("{other}"));
    let again = parameter("fields", Place::Query, Style::Form);
    assert!(refused(&|o| o.parameters.push(again.clone())).contains("there twice"));
    assert!(refused(&|o| o.parameters[1].argument = "id".into()).contains("used twice"));
    assert!(refused(&|o| o.parameters[1].style = Style::Matrix).contains("style"));
    assert!(refused(&|o| o.base_url = Some("https://a@b".into())).contains("base URL"));
    for header in ["Authorization", "a b", "content-TYPE", ""] {
        let wrong = refused(&|o| {
            o.parameters
                .push(parameter(header, Place::Header, Style::Simple))
        });
        assert!(wrong.contains("cannot be the name"), "{wrong}");
    }
    let text = Body {
        kind: BodyKind::Text,
        media_type: "text/plain".into(),
        ..Body::default()
    };
    assert!(refused(&body(text)).contains("whole"));
    assert!(refused(&body(Body::default())).contains("media type"));
    let constraint = |path: &str, op| Constraint {
        path: path.parse().unwrap(),
        op,
        value: json!("x"),
    };
    assert!(
        refused(&|o| o.constraints.push(constraint("nothing", Operator::Equal)))
            .contains("no argument")
    );
    assert!(
        refused(&|o| o.constraints.push(constraint("id", Operator::In))).contains("wrong kind")
    );
    let fixed = Fixed {
        path: "id[]".parse().unwrap(),
        value: json!(1),
    };
    assert!(refused(&|o| o.fixed.push(fixed.clone())).contains("fixed"));
}

#[test]
fn lists_are_bounded() {
    let mut long = plan();
    long.operations = (0..=check::MAX_OPERATIONS)
        .map(|n| operation(&format!("t{n}")))
        .collect();
    assert_eq!(long.to_json(), Err(PlanError::TooMany));
    let mut wide = operation("wide");
    wide.keep = vec!["a".parse().unwrap(); check::MAX_PARTS + 1];
    assert!(check::operation(&wide).is_err());
    assert_eq!(
        Plan::from_json(&" ".repeat(document::MAX_PLAN_BYTES + 1)),
        Err(PlanError::TooLarge)
    );
}

#[test]
fn paths_are_written_as_they_are_read() {
    for text in [
        "a",
        "issues[].fields.summary",
        "[].id",
        "[][]",
        "\"a.b\".c",
        "\"a\\\"b\\\\c.\"",
        "a[][].b",
        "$ref",
        "\"\"",
    ] {
        let path: Path = text.parse().unwrap();
        assert_eq!(path.to_string(), text);
    }
    for wrong in [
        "", ".", "a.", ".a", "a..b", "a[0]", "a[", "a]", "\"a", "a[]b", "\"a\"b", "a\"b",
    ] {
        assert!(wrong.parse::<Path>().is_err(), "{wrong:?}");
    }
    assert!(vec!["a"; 33].join(".").parse::<Path>().is_err());
}

proptest::proptest! {
    #[test]
    fn any_member_has_a_path(names in proptest::collection::vec("\\PC{0,8}", 1..8)) {
        let path = Path::new(names.into_iter().map(Step::Member).collect()).unwrap();
        proptest::prop_assert_eq!(path.to_string().parse::<Path>().unwrap(), path);
    }
}
