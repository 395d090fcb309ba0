//! Every message a caller can get.

use super::super::{Shape, ValueError};
use super::decode;

fn message(shape: &Shape, json: &str) -> String {
    decode(shape, json).unwrap_err().to_string()
}

fn messages(shape: &Shape, rows: &[(&str, &str)]) {
    for (json, expected) in rows {
        assert_eq!(message(shape, json), *expected, "{json}");
    }
}

#[test]
fn simple_types() {
    let u32s = "at $: expected an integer between 0 and 4294967295, found";
    for (json, found) in [
        ("-1", "the number -1"),
        ("4294967296", "the number 4294967296"),
        ("1.5", "the number 1.5"),
        ("true", "the boolean true"),
        ("null", "null"),
        ("\"ten\"", "the string \"ten\""),
        ("[]", "an array"),
        ("{}", "an object"),
    ] {
        assert_eq!(message(&Shape::U32, json), format!("{u32s} {found}"));
    }
    messages(
        &Shape::S8,
        &[(
            "128",
            "at $: expected an integer between -128 and 127, found the number 128",
        )],
    );
    messages(
        &Shape::Bool,
        &[("1", "at $: expected true or false, found the number 1")],
    );
    messages(
        &Shape::String,
        &[("1", "at $: expected a string, found the number 1")],
    );
    messages(
        &Shape::Char,
        &[
            (
                "\"\"",
                "at $: expected a string of exactly one character, found the string \"\"",
            ),
            (
                "\"ab\"",
                "at $: expected a string of exactly one character, found the string \"ab\"",
            ),
        ],
    );
    messages(
        &Shape::Bytes,
        &[
            (
                "\"a?==\"",
                "at $: expected a string of base64, found the string \"a?==\" (Invalid symbol 63, offset 1.)",
            ),
            (
                "\"YQ\"",
                "at $: expected a string of base64, found the string \"YQ\" (Invalid padding)",
            ),
            ("[1]", "at $: expected a string of base64, found an array"),
        ],
    );
}

#[test]
fn wide_integers_in_one_spelling_only() {
    let expected = "at $: expected an integer between 0 and 18446744073709551615 (a number or a decimal string), found the";
    for wrong in [
        "\"007\"",
        "\"+5\"",
        "\"-0\"",
        "\"\"",
        "\" 5\"",
        "\"5.0\"",
        "\"18446744073709551616\"",
        "\"-5\"",
    ] {
        assert_eq!(
            message(&Shape::U64, wrong),
            format!("{expected} string {wrong}")
        );
    }
    messages(
        &Shape::U64,
        &[(
            "18446744073709551616",
            &format!("{expected} number 18446744073709552000"),
        )],
    );
    messages(
        &Shape::U64,
        &[("1e17", &format!("{expected} number 100000000000000000"))],
    );
    for wrong in [
        "\"-0\"",
        "\"-07\"",
        "\"--7\"",
        "\"-\"",
        "\"9223372036854775808\"",
    ] {
        assert!(decode(&Shape::S64, wrong).is_err(), "{wrong}");
    }
}

#[test]
fn floats() {
    let f32s = r#"at $: expected a number in the range of 32-bit floats, "NaN", "Infinity" or "-Infinity", found"#;
    for (json, found) in [
        ("3.5e38", "the number 3.5e38"),
        ("\"inf\"", "the string \"inf\""),
        (
            "\"\\ud800\"",
            "a broken string (unexpected end of hex escape at line 1 column 8)",
        ),
        ("[1]", "an array"),
        ("{}", "an object"),
        ("null", "null"),
        ("false", "the boolean false"),
    ] {
        assert_eq!(message(&Shape::F32, json), format!("{f32s} {found}"));
    }
    assert!(message(&Shape::F64, "1e400").ends_with("found the number 1e400"));
    assert!(
        message(&Shape::option(Shape::F64), "\"x\"").contains("or null, found the string \"x\"")
    );
}

#[test]
fn the_path_leads_to_the_place() {
    let filter = Shape::record([
        ("limit", Shape::U32),
        ("names", Shape::list(Shape::tuple([Shape::String]))),
    ]);
    let shape = Shape::record([("filter", filter)]);
    messages(
        &shape,
        &[
            (
                r#"{"filter":{"limit":"ten"}}"#,
                r#"at $.filter.limit: expected an integer between 0 and 4294967295, found the string "ten""#,
            ),
            (
                r#"{"filter":{"limit":1,"names":[["a"],[7]]}}"#,
                "at $.filter.names[1][0]: expected a string, found the number 7",
            ),
        ],
    );
    let map = Shape::map(Shape::String, Shape::Bool);
    assert!(message(&map, r#"{"a key":1}"#).starts_with(r#"at $["a key"]: "#));
    assert!(message(&map, r#"{"":1}"#).starts_with(r#"at $[""]: "#));
    assert!(message(&map, r#"{"\u202e\n":1}"#).starts_with(r#"at $["\u{202e}\n"]: "#));
    let cut = format!(r#"at $["{}…"]: "#, "k".repeat(40));
    assert!(message(&map, &format!(r#"{{"{}":1}}"#, "k".repeat(50))).starts_with(&cut));
}

#[test]
fn fields() {
    let shape = Shape::record([("soql", Shape::String), ("limit", Shape::option(Shape::U8))]);
    messages(
        &shape,
        &[
            (
                r#"{"limit":1}"#,
                "at $: expected the required field `soql`, found an object without it",
            ),
            (
                r#"{"soql":"","limt":1}"#,
                "at $: expected only the fields `soql` or `limit`, found the unknown field \"limt\"; did you mean `limit`?",
            ),
            (
                r#"{"soql":"","offset":1}"#,
                "at $: expected only the fields `soql` or `limit`, found the unknown field \"offset\"",
            ),
            (
                r#"{"soql":"","soql":""}"#,
                "at $: expected each field once, found `soql` twice",
            ),
            (
                r#"{"soql":"","limit":null,"limit":1}"#,
                "at $: expected each field once, found `limit` twice",
            ),
            (r#"["x"]"#, "at $: expected an object, found an array"),
        ],
    );
}

#[test]
fn names_cases_and_tags() {
    messages(
        &Shape::enumeration(["asc", "desc", "none"]),
        &[
            (
                "\"dsec\"",
                r#"at $: expected "asc", "desc" or "none", found the string "dsec"; did you mean "desc"?"#,
            ),
            (
                "1",
                r#"at $: expected "asc", "desc" or "none", found the number 1"#,
            ),
        ],
    );
    messages(
        &Shape::variant([("all", None), ("only", Some(Shape::U8))]),
        &[
            (
                "1",
                r#"at $: expected "all" or {"only": …}, found the number 1"#,
            ),
            (
                "\"al\"",
                r#"at $: expected "all" or {"only": …}, found the string "al"; did you mean "all"?"#,
            ),
            (
                "\"only\"",
                r#"at $: expected an object {"only": …} with the payload of this case, found only the string "only""#,
            ),
            (
                r#"{"all":null}"#,
                r#"at $: expected only the string "all", a case without payload, found an object"#,
            ),
            (
                r#"{"onyl":1}"#,
                "at $: expected only the cases `all` or `only`, found the unknown case \"onyl\"; did you mean `only`?",
            ),
            (
                "{}",
                r#"at $: expected "all" or {"only": …}, found an empty object"#,
            ),
            (
                r#"{"only":1,"all":2}"#,
                r#"at $: expected "all" or {"only": …}, found an object with the further key "all""#,
            ),
            (
                r#"{"only":300}"#,
                "at $.only: expected an integer between 0 and 255, found the number 300",
            ),
        ],
    );
    messages(
        &Shape::option(Shape::option(Shape::U8)),
        &[
            (
                "1",
                r#"at $: expected {"some": …} or null, found the number 1"#,
            ),
            (
                r#"{"sum":1}"#,
                r#"at $: expected {"some": …} or null, found an object with the key "sum""#,
            ),
            (
                r#"{"some":true}"#,
                "at $.some: expected an integer between 0 and 255 or null, found the boolean true",
            ),
        ],
    );
    messages(
        &Shape::result(Some(Shape::U8), None),
        &[
            (
                "1",
                r#"at $: expected {"ok": …} or {"err": …}, found the number 1"#,
            ),
            (
                r#"{"err":1}"#,
                "at $.err: expected null, found the number 1",
            ),
            (
                r#"{"err":"x"}"#,
                "at $.err: expected null, found the string \"x\"",
            ),
            (
                r#"{"fine":1}"#,
                r#"at $: expected {"ok": …} or {"err": …}, found an object with the key "fine""#,
            ),
        ],
    );
}

#[test]
fn arrays_flags_and_maps() {
    let tuple = Shape::tuple([Shape::U8, Shape::U8]);
    messages(
        &tuple,
        &[
            (
                "[1]",
                "at $: expected an array of exactly 2 items, found an array of 1",
            ),
            (
                "[1,2,3]",
                "at $: expected an array of exactly 2 items, found a longer array",
            ),
        ],
    );
    messages(
        &Shape::fixed_list(Shape::U8, 3),
        &[(
            "[]",
            "at $: expected an array of exactly 3 items, found an array of 0",
        )],
    );
    messages(
        &Shape::flags(["read", "write"]),
        &[
            (
                r#"["read","read"]"#,
                "at $: expected each name once, found \"read\" twice",
            ),
            (
                r#"["reed"]"#,
                r#"at $[0]: expected "read" or "write", found the string "reed"; did you mean "read"?"#,
            ),
            (
                "\"read\"",
                "at $: expected an array of names, found the string \"read\"",
            ),
        ],
    );
    messages(
        &Shape::map(Shape::String, Shape::U8),
        &[
            (
                r#"{"a":1,"b":2,"a":3}"#,
                "at $: expected each key once, found the key \"a\" twice",
            ),
            ("[]", "at $: expected an object, found an array"),
        ],
    );
    messages(
        &Shape::map(Shape::Char, Shape::U8),
        &[(
            "[[\"\u{202e}\",1],[\"\u{202e}\",2]]",
            "at $: expected each key once, found the key \"\\u{202e}\" twice",
        )],
    );
    messages(
        &Shape::map(Shape::U8, Shape::U8),
        &[
            (
                "[[1,1],[1,2]]",
                "at $: expected each key once, found the key 1 twice",
            ),
            (
                "[[1]]",
                "at $[0]: expected an array of exactly 2 items, found an array of 1",
            ),
            (
                "{}",
                "at $: expected an array of [key, value] pairs, found an object",
            ),
        ],
    );
}

#[test]
fn long_lists_and_long_texts_are_cut() {
    let many = Shape::enumeration((0..12).map(|n| format!("n{n}")));
    assert_eq!(
        message(&many, "\"zzzzzz\""),
        r#"at $: expected "n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7" or 4 more, found the string "zzzzzz""#,
    );
    let long = format!("\"{}\"", "x".repeat(100_000));
    assert!(message(&many, &long).len() < 300);
}

#[test]
fn broken_json() {
    let shape = Shape::record([("a", Shape::list(Shape::U16))]);
    messages(
        &shape,
        &[
            (
                "",
                "at $: expected well-formed JSON, found a mistake (EOF while parsing a value at line 1 column 0)",
            ),
            (
                "{\"a\":[1}",
                "at $.a[1]: expected well-formed JSON, found a mistake (expected `,` or `]` at line 1 column 8)",
            ),
            (
                "{\"a\":[1]} x",
                "at $: expected well-formed JSON, found a mistake (trailing characters at line 1 column 11)",
            ),
        ],
    );
    let error = decode(&Shape::U8, "1 2").unwrap_err();
    assert_eq!(
        error,
        ValueError {
            path: "$".to_owned(),
            expected: "well-formed JSON".to_owned(),
            found: "a mistake (trailing characters at line 1 column 3)".to_owned(),
            hint: None,
        },
    );
}
