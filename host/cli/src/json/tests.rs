//! Nothing is lost on the way through.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::terminal::Paint;

fn plain(text: &str) -> String {
    pretty(Json::parse(text).unwrap(), Paint::new(false))
}

#[test]
fn values_come_apart_in_order_and_unchanged() {
    let json =
        Json::parse(r#" {"z": 1.10, "a": [18446744073709551615, 1e400], "n": null} "#).unwrap();
    let fields = json.fields().unwrap();
    assert_eq!(
        fields
            .iter()
            .map(|(name, _)| name.as_str())
            .collect::<Vec<_>>(),
        ["z", "a", "n"]
    );
    assert_eq!(fields[0].1.text(), "1.10");
    let items = fields[1].1.items().unwrap();
    assert_eq!(
        (items[0].text(), items[1].text()),
        ("18446744073709551615", "1e400")
    );
    assert_eq!(fields[2].1.kind(), Kind::Null);
    assert!(json.items().is_none() && fields[0].1.fields().is_none());
}

#[test]
fn pretty_changes_white_space_only() {
    let text = r#"{"a":[1,2.50,{"b":{}}],"c":[],"d":"x\"y: [1,2]","e":[[],{}],"f":-0}"#;
    let shown = plain(text);
    let squeezed: String = shown.lines().map(str::trim_start).collect();
    assert_eq!(squeezed.replace("\": ", "\":"), text);
    assert_eq!(
        plain(r#"{"a":[1,{}],"b":[]}"#),
        "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}"
    );
    assert_eq!(plain(" \"x\" "), "\"x\"");
}

#[test]
fn deep_nesting_does_not_end_the_process() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    if let Ok(json) = Json::parse(&deep) {
        assert!(pretty(json, Paint::new(false)).len() > 200_000);
    }
}
