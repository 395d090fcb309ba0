//! Fixed values and constraints.

use metier_openapi_plan::{Constraint, Fixed, Operator};

use super::*;

fn fixed(path: &str, value: Json) -> Fixed {
    Fixed {
        path: path.parse().unwrap(),
        value,
    }
}

#[test]
fn fixed_values_are_set_whatever_the_caller_says() {
    let mut operation = operation();
    operation.fixed = vec![
        fixed("project", json!("ABC")),
        fixed("fields.project.key", json!("ABC")),
    ];
    refused(
        &operation,
        json!({"project": "X"}),
        &["`project` is set by this skill"],
    );
    refused(&operation, json!({"projekt": "X"}), &["takes maxResults"]);
    let read = |given| read(&operation, given).unwrap()["fields"].clone();
    assert_eq!(
        read(json!({"summary": "s"})),
        json!({"project": {"key": "ABC"}})
    );
    let overruled = json!({"summary": "s", "fields": {"project": "X", "a": 1}});
    assert_eq!(read(overruled), json!({"project": {"key": "ABC"}, "a": 1}));
    let kept = json!({"summary": "s", "fields": {"project": {"key": "X", "id": 7}}});
    assert_eq!(read(kept), json!({"project": {"key": "ABC", "id": 7}}));
}

#[track_caller]
fn constrained(path: &str, op: Operator, value: Json, given: Json, holds: bool) {
    let mut operation = operation();
    operation.parameters[0].required = false;
    operation.body.as_mut().unwrap().fields[0].required = false;
    operation.constraints = vec![Constraint {
        path: path.parse().unwrap(),
        op,
        value,
    }];
    match holds {
        true => assert!(read(&operation, given.clone()).is_ok(), "{given}"),
        false => refused(&operation, given, &[path, "breaks a rule", op.as_str()]),
    }
}

#[test]
fn constraints_hold_or_the_rule_is_named() {
    use Operator::*;
    let check = constrained;
    check(
        "project",
        Equal,
        json!("ABC"),
        json!({"project": "ABC"}),
        true,
    );
    check(
        "project",
        Equal,
        json!("ABC"),
        json!({"project": "abc"}),
        false,
    );
    check("project", Equal, json!("ABC"), json!({}), false);
    check(
        "project",
        Equal,
        json!("ABC"),
        json!({"anything": ["ABC"]}),
        false,
    );
    check("anything", Equal, json!(5), json!({"anything": 5.0}), true);
    check(
        "anything",
        Equal,
        json!({"a": [1]}),
        json!({"anything": {"a": [1.0]}}),
        true,
    );
    check(
        "anything",
        Equal,
        json!({"a": [1]}),
        json!({"anything": {"a": [1], "b": 2}}),
        false,
    );
    check(
        "anything",
        NotEqual,
        json!(5),
        json!({"anything": "5"}),
        false,
    );
    check("anything", NotEqual, json!(5), json!({}), true);
    check(
        "anything",
        NotIn,
        json!(["x", 5]),
        json!({"anything": "5"}),
        false,
    );
    check(
        "anything",
        NotIn,
        json!(["x"]),
        json!({"anything": "y"}),
        true,
    );
    check(
        "project",
        In,
        json!(["A", "B"]),
        json!({"project": "B"}),
        true,
    );
    check(
        "project",
        In,
        json!(["A", "B"]),
        json!({"project": "A,B"}),
        false,
    );
    check(
        "maxResults",
        AtMost,
        json!(50),
        json!({"maxResults": 50}),
        true,
    );
    check(
        "maxResults",
        AtMost,
        json!(50),
        json!({"maxResults": "51"}),
        false,
    );
    check("maxResults", AtMost, json!(50), json!({}), false);
    check(
        "maxResults",
        Less,
        json!(50),
        json!({"maxResults": 50}),
        false,
    );
    check(
        "maxResults",
        Greater,
        json!(9007199254740992_u64),
        json!({"maxResults": 9007199254740993_u64}),
        true,
    );
    check(
        "maxResults",
        Greater,
        json!(5),
        json!({"maxResults": 5}),
        false,
    );
    check(
        "maxResults",
        AtLeast,
        json!(5),
        json!({"maxResults": 5}),
        true,
    );
    check(
        "project",
        StartsWith,
        json!("team-"),
        json!({"project": "team-a"}),
        true,
    );
    check(
        "project",
        StartsWith,
        json!("team-"),
        json!({"project": "a-team-"}),
        false,
    );
}

#[test]
fn constraints_cannot_be_dodged_by_another_shape() {
    use Operator::*;
    let check = constrained;
    check(
        "labels[]",
        In,
        json!(["a", "b"]),
        json!({"labels": ["a", "b"]}),
        true,
    );
    check(
        "labels[]",
        In,
        json!(["a", "b"]),
        json!({"labels": ["a", "c"]}),
        false,
    );
    check(
        "anything[]",
        NotEqual,
        json!("a"),
        json!({"anything": "a"}),
        false,
    );
    check(
        "fields.project",
        NotEqual,
        json!("X"),
        json!({"fields": {"project": "X"}}),
        false,
    );
    check(
        "anything.project",
        NotEqual,
        json!("X"),
        json!({"anything": [{"project": "A"}, {"project": "X"}]}),
        false,
    );
    check(
        "anything.project",
        Equal,
        json!("X"),
        json!({"anything": []}),
        false,
    );
    check(
        "anything.project",
        Equal,
        json!("X"),
        json!({"anything": "X"}),
        false,
    );
    check(
        "fields.project.key",
        Equal,
        json!("X"),
        json!({"fields": {"project": {"key": "X"}}}),
        true,
    );
}

proptest::proptest! {
    #[test]
    fn nothing_passes_an_equality_but_the_value(project in "[A-C]{1,3}") {
        let mut operation = operation();
        operation.constraints = vec![Constraint { path: "project".parse().unwrap(), op: Operator::Equal, value: json!("ABC") }];
        let passes = Arguments::read(&operation, &json!({"project": project}).to_string()).is_ok();
        proptest::prop_assert_eq!(passes, project == "ABC");
    }
}
