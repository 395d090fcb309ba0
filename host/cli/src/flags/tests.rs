//! From a schema to flags, and from flags to arguments.
#![expect(clippy::unwrap_used, reason = "tests")]

use clap::Command;
use serde_json::json;

use super::*;

fn schema() -> Value {
    json!({
        "type": "object",
        "$defs": {"order": {"type": "string", "enum": ["asc", "desc"]}},
        "properties": {
            "soql": {"type": "string", "description": "The query.\n\u{1b}[2JSee the \u{202e}docs."},
            "limit": {"type": ["integer", "null"], "minimum": 0, "maximum": 4294967295u32},
            "big": {"type": ["integer", "string", "null"], "pattern": "^x$"},
            "ratio": {"anyOf": [{"anyOf": [{"type": "number"}, {"enum": ["NaN", "Infinity", "-Infinity"]}]}, {"type": "null"}]},
            "includeDeleted": {"type": "boolean"},
            "order": {"$ref": "#/$defs/order"},
            "level": {"type": "string", "oneOf": [{"const": "low", "description": "Little"}, {"const": "high"}]},
            "fields": {"type": "array", "items": {"type": "string"}},
            "raw": {"type": "string", "contentEncoding": "base64"},
            "filter": {"type": "object", "properties": {}},
            "self": {"$ref": "#/properties/self"}
        },
        "required": ["soql", "includeDeleted"]
    })
}

fn parse(arguments: &[&str]) -> Result<String, String> {
    let flags = of_schema(&schema());
    let matches = tool_only(&flags, "query".to_owned())
        .try_get_matches_from(arguments)
        .map_err(|e| e.to_string())?;
    let mut given = Arguments::default();
    collect(&flags, &matches, &mut given).map_err(|error| error.to_string())?;
    Ok(given.text())
}

#[test]
fn kinds_follow_the_schema() {
    let flags = of_schema(&schema());
    let kind = |name: &str| {
        flags
            .iter()
            .find(|flag| flag.name == name)
            .unwrap()
            .kind
            .clone()
    };
    assert_eq!(kind("soql"), Kind::Text);
    assert_eq!(kind("limit"), Kind::Integer { or_string: false });
    assert_eq!(kind("big"), Kind::Integer { or_string: true });
    assert_eq!(kind("ratio"), Kind::Number { or_special: true });
    assert_eq!(kind("include-deleted"), Kind::Switch);
    assert_eq!(kind("order").choices().len(), 2);
    assert_eq!(
        kind("level").choices()[0],
        ("low".to_owned(), "Little".to_owned())
    );
    assert_eq!(kind("fields"), Kind::List(Box::new(Kind::Text)));
    assert_eq!(kind("raw"), Kind::Base64);
    assert_eq!(kind("filter"), Kind::Json);
    assert_eq!(kind("self"), Kind::Json);
    assert!(flags[0].required && flags[1].required && !flags[2].required);
    assert_eq!(
        flags.iter().find(|flag| flag.name == "soql").unwrap().about,
        "The query. See the docs."
    );
}

#[test]
fn values_reach_the_tool_as_they_were_written() {
    let all = parse(&[
        "--soql",
        "SELECT \"Id\"",
        "--limit",
        "0050",
        "--big",
        "18446744073709551615",
        "--ratio",
        "1.10",
        "--include-deleted",
        "--order",
        "desc",
        "--fields",
        "Id",
        "--fields",
        "-x",
        "--filter",
        "{\"a\": 1e400}",
    ]);
    let expected = [
        r#""big":"18446744073709551615""#,
        r#""soql":"SELECT \"Id\"""#,
        r#""limit":50"#,
        r#""ratio":1.10"#,
        r#""includeDeleted":true"#,
        r#""order":"desc""#,
        r#""fields":["Id","-x"]"#,
        r#""filter":{"a": 1e400}"#,
    ];
    let all = all.unwrap();
    for part in expected {
        assert!(all.contains(part), "{part} in {all}");
    }
    assert_eq!(
        parse(&["--no-include-deleted"]).unwrap(),
        r#"{"includeDeleted":false}"#
    );
    assert_eq!(
        parse(&["--include-deleted", "--no-include-deleted"]).unwrap(),
        r#"{"includeDeleted":false}"#
    );
    assert_eq!(parse(&["--limit", "-5"]).unwrap(), r#"{"limit":-5}"#);
    assert_eq!(
        parse(&["--big", "9007199254740991"]).unwrap(),
        r#"{"big":9007199254740991}"#
    );
    assert_eq!(
        parse(&["--ratio", "-Infinity"]).unwrap(),
        r#"{"ratio":"-Infinity"}"#
    );
    assert_eq!(parse(&["--ratio", ".5"]).unwrap(), r#"{"ratio":0.5}"#);
}

#[test]
fn values_that_do_not_fit_are_named() {
    for (arguments, part) in [
        (
            vec!["--limit", "five"],
            "invalid value for --limit: expected a whole number",
        ),
        (
            vec!["--ratio", "fast"],
            "invalid value for --ratio: expected a number",
        ),
        (
            vec!["--filter", "{"],
            "invalid value for --filter: expected JSON",
        ),
        (vec!["--order", "up"], "[possible values: asc, desc]"),
        (vec!["--sqol", "x"], "--soql"),
        (vec!["--include-deleted=yes"], "unexpected value 'yes'"),
    ] {
        let error = parse(&arguments).unwrap_err();
        assert!(error.contains(part), "{arguments:?}: {error}");
    }
}

#[test]
fn flags_are_laid_over_json() {
    let mut arguments = Arguments::parse(r#"{"a": 1.0, "b": [2]}"#).unwrap();
    arguments.set("a", "3".to_owned());
    assert!(arguments.has("b") && !arguments.has("c"));
    assert_eq!(arguments.text(), r#"{"b":[2],"a":3}"#);
    assert!(matches!(
        Arguments::parse("{"),
        Err(ArgumentsError::NotJson(_))
    ));
    assert_eq!(
        Arguments::parse("[]"),
        Err(ArgumentsError::NotAnObject("an array"))
    );
}

#[test]
fn names_become_kebab_case_once() {
    for (property, name) in [
        ("nextRecordsUrl", Some("next-records-url")),
        ("next_records_url", Some("next-records-url")),
        ("__x__", Some("x")),
        ("A", Some("a")),
        ("größe", None),
        ("", None),
        ("--", None),
    ] {
        assert_eq!(kebab(property).as_deref(), name, "{property}");
    }
    let clash = json!({"properties": {"a_b": {"type": "string"}, "aB": {"type": "string"}}});
    assert_eq!(of_schema(&clash).len(), 1);
    let taken = json!({"properties": {"x": {"type": "boolean"}, "no-x": {"type": "boolean"}}});
    let flags = of_schema(&taken);
    assert_eq!(
        flags.iter().find(|flag| flag.name == "x").unwrap().negation,
        None
    );
}

#[test]
fn a_flag_of_ours_is_not_shadowed() {
    let schema = json!({"properties": {"json": {"type": "string"}, "help": {"type": "string"}, "x": {"type": "string"}}});
    let command = add(
        Command::new("call"),
        &of_schema(&schema),
        &["json"],
        "Arguments",
    );
    let longs: Vec<&str> = command
        .get_arguments()
        .filter_map(clap::Arg::get_long)
        .collect();
    assert_eq!(longs, ["x"]);
    command.debug_assert();
    tool_only(&of_schema(&schema), "x".to_owned()).debug_assert();
}

#[test]
fn schemas_of_any_kind_make_some_flags_and_never_a_panic() {
    for schema in [
        json!(null),
        json!({"properties": []}),
        json!({"properties": {"a": true}, "required": "a"}),
        json!([]),
    ] {
        tool_only(&of_schema(&schema), "x".to_owned()).debug_assert();
    }
}
