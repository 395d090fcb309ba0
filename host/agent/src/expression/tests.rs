//! What expressions mean, and what they cannot do.
#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn scope() -> Scope {
    let deals = json!([{ "name": "Acme", "amount": 1500 }, { "name": "Globex", "amount": 90 }]);
    Scope::new()
        .with(
            "input",
            json!({ "quarter": "2026-Q3", "half": 0.5, "big": u64::MAX, "least": i64::MIN }),
        )
        .with("steps", json!({ "deals": { "output": deals } }))
}

fn value(text: &str) -> Value {
    Expression::parse(text).unwrap().evaluate(&scope()).unwrap()
}

fn error(text: &str) -> String {
    let value = Expression::parse(text).and_then(|parsed| parsed.evaluate(&scope()));
    value.unwrap_err().to_string()
}

#[test]
fn values_are_read_and_made() {
    assert_eq!(value("steps.deals.output[0].name"), json!("Acme"));
    assert_eq!(
        value("steps.deals.output.map(d, d.amount * 2)"),
        json!([3000, 180])
    );
    assert_eq!(
        value("steps.deals.output.filter(d, d.amount > 100).map(d, d.name)"),
        json!(["Acme"])
    );
    assert_eq!(
        value("{'a': [1, 2.5, null, true], 'b': input.quarter}"),
        json!({ "a": [1, 2.5, null, true], "b": "2026-Q3" })
    );
    assert_eq!(
        value("input.quarter.startsWith('2026') && size(steps.deals.output) == 2"),
        json!(true)
    );
    assert_eq!(value("has(input.nothing) ? 1 : 2"), json!(2));
}

#[test]
fn numbers_keep_their_kind() {
    assert_eq!(value("input.big"), json!(u64::MAX));
    assert_eq!(value("input.least"), json!(i64::MIN));
    assert_eq!(value("1 < input.half || input.half < 1"), json!(true));
    assert_eq!(value("input.big > 1"), json!(true));
    assert_eq!(value("1 == 1.0"), json!(true));
    assert_eq!(value("2.0 * 1.5").to_string(), "3.0");
    assert_eq!(value("double(1) + input.half"), json!(1.5));
    assert!(error("1 + input.half").contains("has no value"));
    assert!(
        error("input.least - 1").contains("verflow"),
        "{}",
        error("input.least - 1")
    );
    assert!(error("1 / 0").contains("zero"));
}

#[test]
fn what_is_missing_is_named_with_what_was_meant() {
    assert_eq!(
        error("input.quater"),
        "there is no `input.quater`; did you mean `quarter`?"
    );
    assert_eq!(
        error("steps.deck.output"),
        "there is no `steps.deck`; there are: deals"
    );
    assert_eq!(
        error("inputs.quarter"),
        "there is no `inputs`; did you mean `input`?"
    );
}

#[test]
fn paths_are_those_from_outside() {
    let parsed = Expression::parse("steps.deals.output.map(d, d.amount + input.half)").unwrap();
    let paths: Vec<String> = parsed.paths().iter().map(|path| path.join(".")).collect();
    assert_eq!(paths, ["steps.deals.output", "input.half"]);
}

#[test]
fn work_is_bounded_where_comprehensions_multiply() {
    let list = format!("[{}]", vec!["1"; 60].join(","));
    let nested =
        format!("{list}.all(a, {list}.all(b, {list}.all(c, {list}.all(d, {list}.all(e, true)))))");
    assert!(
        error(&nested).contains("does too much"),
        "{}",
        error(&nested)
    );
}

#[test]
fn work_is_bounded_where_values_double() {
    let text = format!("['0123456789']{}", ".map(a, a + a)".repeat(60));
    assert!(error(&text).contains("does too much"), "{}", error(&text));
    let lists = format!("[['0123456789']]{}", ".map(a, [a, a])".repeat(80));
    assert!(error(&lists).contains("does too much"), "{}", error(&lists));
    // An error that `||` swallows is no way around.
    assert!(error(&format!("size({text}) > 0 || true")).contains("does too much"));
}

#[test]
fn hostile_nesting_is_refused_before_it_is_walked() {
    let run = |unit: &str, close: &str| {
        for count in [25, 250, 1000] {
            let text = format!("{}1{}", unit.repeat(count), close.repeat(count));
            assert!(error(&text).contains("no expression"), "{unit} × {count}");
        }
    };
    run("(", ")");
    run("[", "]");
    run("{1:", "}");
    run("f(", ")");
    for unit in ["!", "-", "true?1:", "1+", "a.", "a||", "a&&", "a<"] {
        let text = format!("{}1", unit.repeat(1000))
            .chars()
            .take(MAX_SOURCE_BYTES)
            .collect::<String>();
        assert!(error(&text).contains("no expression"), "{unit}");
    }
    // At the limit nothing overflows, whatever becomes of it.
    for unit in ["!", "-", "true?1:", "1+", "a.", "a||", "a&&", "a<", "a in "] {
        let _ = Expression::parse(&format!("{}1", unit.repeat(120)))
            .map(|parsed| parsed.evaluate(&scope()));
    }
}

#[test]
fn nothing_tells_the_time_or_matches_patterns() {
    for text in ["now()", "'a'.matches('a+')", "@charge(1)", "random()"] {
        let parsed = Expression::parse(text).and_then(|parsed| parsed.evaluate(&scope()));
        assert!(parsed.is_err(), "{text}");
    }
    assert_eq!(
        value("timestamp('2026-11-28T10:00:00Z') < timestamp('2026-11-28T12:00:00+01:00')"),
        json!(true)
    );
}

#[test]
fn templates_keep_types_and_write_out_the_rest() {
    let fill = |value: Value| Template::parse(&value).and_then(|template| template.fill(&scope()));
    assert_eq!(
        fill(json!("${size(steps.deals.output)}")).unwrap(),
        json!(2)
    );
    assert_eq!(
        fill(json!(
            "n=${1 + 1} q=${input.quarter} l=${[1, 'a']} z=${null}"
        ))
        .unwrap(),
        json!("n=2 q=2026-Q3 l=[1,\"a\"] z=")
    );
    assert_eq!(
        fill(json!("$${x} costs $5")).unwrap(),
        json!("${x} costs $5")
    );
    assert_eq!(
        fill(json!("${ {'a': '}'}['a'] }!${\"\\\"}\"}")).unwrap(),
        json!("}!\"}")
    );
    assert_eq!(
        fill(json!({ "a": [1, "${2}"], "b": null })).unwrap(),
        json!({ "a": [1, 2], "b": null })
    );
    assert!(
        fill(json!("a ${ b"))
            .unwrap_err()
            .to_string()
            .contains("is not closed")
    );
}

#[test]
fn a_condition_is_true_or_false() {
    assert!(Expression::parse("1 < 2").unwrap().holds(&scope()).unwrap());
    let error = Expression::parse("1").unwrap().holds(&scope()).unwrap_err();
    assert_eq!(error.to_string(), "`1` is a number, neither true nor false");
}

proptest! {
    #[test]
    fn no_text_panics(text in ".{0,200}") {
        let _ = Template::text(&text).map(|template| template.fill(&scope()));
        let _ = Expression::parse(&text).map(|parsed| parsed.evaluate(&scope()));
    }

    #[test]
    fn no_row_of_words_panics(words in prop::collection::vec(prop::sample::select(vec![
        "input", "steps", ".", "(", ")", "[", "]", "{", "}", "'a'", "1", "-", "+", "*", "/", "%", "size", "map", ",", "x", "?", ":",
        "&&", "||", "!", "<", "in", "1u", "2.5", "has", "timestamp", "duration", "string", "int", "'1h'", "b'a'", "null", "9223372036854775807",
    ]), 0..40)) {
        let text = words.join(" ");
        let _ = Expression::parse(&text).map(|parsed| parsed.evaluate(&scope()));
    }
}
