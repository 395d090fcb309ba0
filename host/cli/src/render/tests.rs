//! What a person sees, shape by shape and width by width.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use super::*;
use crate::{json::Json, terminal::Stream};

fn shown(answer: &str, width: Option<u16>, colour: bool) -> String {
    let stream = Stream {
        is_terminal: width.is_some(),
        colour,
        width,
        animate: false,
    };
    draw(&view(Json::parse(answer).unwrap()), &stream)
}

const ACCOUNTS: &str = r#"[
    {"id": "001A", "name": "Zoë & Söhne GmbH", "revenue": 1250000.50, "active": true, "phone": null},
    {"id": "001B", "name": "東京電力", "revenue": 7, "active": false, "city": "Tōkyō"}
]"#;

const GRID: &str = r#"{"columns": ["Id", "Name", "Amount"],
    "rows": [[{"text":"006A"}, "Big deal", 9007199254740993], ["006B", null, 10.50]],
    "total-size": 2, "done": true}"#;

const SALESFORCE: &str = r#"{"columns":["Id","Account.Name","AnnualRevenue"],
    "rows":[["001000000000001AAA","Zoë & Söhne","1500.0"],["001000000000002AAA",null,"125000.25"],["001000000000003AAA","Acme",null]],
    "total-size":1204,"truncated":true}"#;

#[test]
fn each_shape_has_its_view() {
    insta::assert_snapshot!(shown(ACCOUNTS, None, false));
    insta::assert_snapshot!(shown(GRID, None, false));
    insta::assert_snapshot!(shown(
        r#"{"id":"001A","name":"Acme","tags":["a","b"],"n":5}"#,
        None,
        false
    ));
    insta::assert_snapshot!(shown(r#"{"total":1,"records":[{"a":1}]}"#, None, false));
    insta::assert_snapshot!(shown(r#"{"a":{"b":1}}"#, None, false));
    insta::assert_snapshot!(shown(
        r#"[{"name":"Id","value":"001"},{"name":"Fax","value":null}]"#,
        None,
        false
    ));
    insta::assert_snapshot!(shown(SALESFORCE, None, false));
    assert_eq!(shown("\"two\\nlines\"", None, false), "two\nlines\n");
    assert_eq!(shown("[1,\"a\",null]", None, false), "1\na\n\n");
    assert_eq!(shown("42", None, false), "42\n");
    assert_eq!(shown("null", None, false), "");
    assert_eq!(shown("[]", None, false), "[]\n");
    assert_eq!(
        shown(r#"{"columns":["a"],"rows":[]}"#, None, false),
        "no rows\n"
    );
    assert_eq!(shown("{}", None, false), "{}\n");
}

#[test]
fn a_narrow_terminal_cuts_texts_and_never_numbers() {
    let answer = r#"[{"name":"A very long name that does not fit","amount":123456789012},{"name":"B","amount":5}]"#;
    let text = shown(answer, Some(30), false);
    insta::assert_snapshot!(text);
    assert!(
        text.lines().all(|line| line.chars().count() <= 30),
        "{text}"
    );
}

#[test]
fn a_table_wider_than_the_terminal_becomes_records() {
    let fields: Vec<String> = (0..12)
        .map(|n| format!("\"field-number-{n}\":\"value {n} of many\""))
        .collect();
    let answer = format!("[{{{}}}]", fields.join(","));
    let text = shown(&answer, Some(60), false);
    assert!(text.starts_with("── 1 ──\nfield-number-0"), "{text}");
    assert_eq!(text.lines().count(), 13);
}

#[test]
fn colour_is_only_added_around_what_is_shown_without_it() {
    for answer in [ACCOUNTS, GRID, r#"{"a":{"b":1}}"#, r#"{"a":1}"#] {
        let coloured = shown(answer, Some(80), true);
        assert!(coloured.contains('\u{1b}'));
        let stripped = anstream::adapter::strip_str(&coloured).to_string();
        assert_eq!(stripped, shown(answer, Some(80), false));
    }
}

#[test]
fn hostile_text_is_harmless_wherever_it_stands() {
    let hostile = r#"\u001b[2J\u202e\nerror: no"#;
    for answer in [
        format!("\"{hostile}\""),
        format!("[\"{hostile}\"]"),
        format!("[{{\"{hostile}\":\"{hostile}\"}}]"),
        format!("{{\"{hostile}\":\"{hostile}\"}}"),
        format!("{{\"columns\":[\"{hostile}\"],\"rows\":[[\"{hostile}\"]]}}"),
        "{\"a\":{\"b\u{202e}\":\"\u{9b}2J\"}}".to_owned(),
    ] {
        let text = shown(&answer, Some(80), false);
        assert!(
            !text.contains(['\u{1b}', '\u{202e}', '\u{9b}']),
            "{answer}: {text:?}"
        );
    }
}

#[test]
fn amounts_are_readable() {
    assert_eq!(
        [bytes(310), bytes(4_300), bytes(1 << 30)],
        ["310 B", "4.2 KiB", "1.0 GiB"]
    );
    let spans = [1_540, 41_000, 3_200_000, 125_000_000]
        .map(|micros| duration(Duration::from_micros(micros)));
    assert_eq!(spans, ["1.5 ms", "41 ms", "3.2 s", "2 min 5 s"]);
    assert_eq!(
        [count(1, "request"), count(0, "request")],
        ["1 request", "0 requests"]
    );
}
