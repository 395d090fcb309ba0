//! Every type, both ways, and what is accepted beyond what is written.

use wasmtime::component::Val;

use super::super::{EncodeError, Shape};
use super::{decode, encode, some, text};

fn both_ways(shape: &Shape, rows: &[(Val, &str)]) {
    for (value, json) in rows {
        assert_eq!(encode(shape, value), *json, "{shape:?}");
        assert_eq!(decode(shape, json).unwrap(), *value, "{shape:?} {json}");
    }
}

fn accepted(shape: &Shape, rows: &[(&str, Val)]) {
    for (json, value) in rows {
        assert_eq!(decode(shape, json).unwrap(), *value, "{shape:?} {json}");
    }
}

#[test]
fn integers() {
    both_ways(
        &Shape::S8,
        &[(Val::S8(-128), "-128"), (Val::S8(127), "127")],
    );
    both_ways(&Shape::U8, &[(Val::U8(0), "0"), (Val::U8(255), "255")]);
    both_ways(
        &Shape::S16,
        &[
            (Val::S16(i16::MIN), "-32768"),
            (Val::S16(i16::MAX), "32767"),
        ],
    );
    both_ways(&Shape::U16, &[(Val::U16(u16::MAX), "65535")]);
    both_ways(
        &Shape::S32,
        &[
            (Val::S32(i32::MIN), "-2147483648"),
            (Val::S32(i32::MAX), "2147483647"),
        ],
    );
    both_ways(&Shape::U32, &[(Val::U32(u32::MAX), "4294967295")]);
    // JSON Schema counts these as integers too.
    accepted(
        &Shape::U8,
        &[
            ("5.0", Val::U8(5)),
            ("1e2", Val::U8(100)),
            ("-0", Val::U8(0)),
        ],
    );
}

#[test]
fn wide_integers_stay_exact() {
    both_ways(
        &Shape::U64,
        &[
            (Val::U64(0), "0"),
            (Val::U64(9_007_199_254_740_991), "9007199254740991"),
            (Val::U64(9_007_199_254_740_992), "\"9007199254740992\""),
            (Val::U64(u64::MAX), "\"18446744073709551615\""),
        ],
    );
    both_ways(
        &Shape::S64,
        &[
            (Val::S64(-9_007_199_254_740_991), "-9007199254740991"),
            (Val::S64(-9_007_199_254_740_992), "\"-9007199254740992\""),
            (Val::S64(i64::MIN), "\"-9223372036854775808\""),
        ],
    );
    accepted(
        &Shape::U64,
        &[
            ("18446744073709551615", Val::U64(u64::MAX)),
            ("\"7\"", Val::U64(7)),
            ("\"0\"", Val::U64(0)),
        ],
    );
    accepted(
        &Shape::S64,
        &[
            ("-9223372036854775808", Val::S64(i64::MIN)),
            ("\"-7\"", Val::S64(-7)),
        ],
    );
}

#[test]
fn floats() {
    both_ways(
        &Shape::F64,
        &[
            (Val::Float64(0.1), "0.1"),
            (Val::Float64(-0.0), "-0.0"),
            (Val::Float64(5.0), "5.0"),
            (Val::Float64(f64::MAX), "1.7976931348623157e+308"),
            (Val::Float64(5e-324), "5e-324"),
            (Val::Float64(f64::NAN), "\"NaN\""),
            (Val::Float64(f64::INFINITY), "\"Infinity\""),
            (Val::Float64(f64::NEG_INFINITY), "\"-Infinity\""),
        ],
    );
    both_ways(
        &Shape::F32,
        &[
            (Val::Float32(0.1), "0.1"),
            (Val::Float32(f32::MAX), "3.4028235e+38"),
            (Val::Float32(f32::NAN), "\"NaN\""),
            (Val::Float32(f32::NEG_INFINITY), "\"-Infinity\""),
        ],
    );
    accepted(
        &Shape::F64,
        &[
            ("5", Val::Float64(5.0)),
            (" -0", Val::Float64(-0.0)),
            (r#""\u004eaN""#, Val::Float64(f64::NAN)),
        ],
    );
    // The decimal lies just above the middle of two f32: by way of a rounded f64 it would fall on the middle, then down.
    accepted(
        &Shape::F32,
        &[("1.00000005960464477540", Val::Float32(1.000_000_1))],
    );
}

#[test]
fn texts() {
    both_ways(
        &Shape::Bool,
        &[(Val::Bool(true), "true"), (Val::Bool(false), "false")],
    );
    both_ways(
        &Shape::Char,
        &[
            (Val::Char('a'), "\"a\""),
            (Val::Char('"'), r#""\"""#),
            (Val::Char('😀'), "\"😀\""),
        ],
    );
    both_ways(
        &Shape::String,
        &[
            (text(""), "\"\""),
            (text("a\n\"\\\u{1}é"), r#""a\n\"\\\u0001é""#),
        ],
    );
    accepted(&Shape::String, &[(r#""\ud83d\ude00""#, text("😀"))]);
}

#[test]
fn bytes() {
    let bytes = |bytes: &[u8]| Val::List(bytes.iter().copied().map(Val::U8).collect());
    assert_eq!(Shape::list(Shape::U8), Shape::Bytes);
    both_ways(
        &Shape::Bytes,
        &[
            (bytes(b""), "\"\""),
            (bytes(b"a"), "\"YQ==\""),
            (bytes(&[251, 255]), "\"+/8=\""),
        ],
    );
    // Longer than one chunk of the encoder, and not a multiple of it.
    let long: Vec<u8> = (0u8..=255).cycle().take(2_000).collect();
    assert_eq!(
        decode(&Shape::Bytes, &encode(&Shape::Bytes, &bytes(&long))).unwrap(),
        bytes(&long)
    );
}

#[test]
fn lists_and_tuples() {
    let list = Shape::list(Shape::U16);
    both_ways(
        &list,
        &[
            (Val::List(vec![]), "[]"),
            (Val::List(vec![Val::U16(1), Val::U16(2)]), "[1,2]"),
        ],
    );
    let fixed = Shape::fixed_list(Shape::U8, 2);
    both_ways(
        &fixed,
        &[(Val::FixedLengthList(vec![Val::U8(1), Val::U8(2)]), "[1,2]")],
    );
    let tuple = Shape::tuple([Shape::Bool, Shape::option(Shape::String)]);
    both_ways(
        &tuple,
        &[
            (
                Val::Tuple(vec![Val::Bool(true), Val::Option(None)]),
                "[true,null]",
            ),
            (
                Val::Tuple(vec![Val::Bool(false), some(text("x"))]),
                "[false,\"x\"]",
            ),
        ],
    );
    both_ways(&Shape::tuple([]), &[(Val::Tuple(vec![]), "[]")]);
}

#[test]
fn maps() {
    let by_name = Shape::map(Shape::String, Shape::U8);
    both_ways(
        &by_name,
        &[
            (Val::Map(vec![]), "{}"),
            (
                Val::Map(vec![(text("b"), Val::U8(1)), (text("a\""), Val::U8(2))]),
                r#"{"b":1,"a\"":2}"#,
            ),
        ],
    );
    let by_number = Shape::map(Shape::U8, Shape::String);
    both_ways(
        &by_number,
        &[
            (Val::Map(vec![]), "[]"),
            (
                Val::Map(vec![(Val::U8(2), text("x")), (Val::U8(1), text("y"))]),
                r#"[[2,"x"],[1,"y"]]"#,
            ),
        ],
    );
}

#[test]
fn the_last_of_doubled_keys_is_written() {
    let by_name = Shape::map(Shape::String, Shape::U8);
    let doubled = Val::Map(vec![
        (text("a"), Val::U8(1)),
        (text("b"), Val::U8(2)),
        (text("a"), Val::U8(3)),
    ]);
    assert_eq!(encode(&by_name, &doubled), r#"{"b":2,"a":3}"#);
    let by_float = Shape::map(Shape::F32, Shape::U8);
    let nan = || Val::Float32(f32::NAN);
    let doubled = Val::Map(vec![
        (nan(), Val::U8(1)),
        (Val::Float32(0.0), Val::U8(2)),
        (nan(), Val::U8(3)),
    ]);
    assert_eq!(encode(&by_float, &doubled), r#"[[0.0,2],["NaN",3]]"#);
}

#[test]
fn records() {
    let shape = Shape::record([
        ("id", Shape::String),
        ("limit", Shape::option(Shape::U8)),
        ("ok", Shape::Bool),
    ]);
    let value = |limit| {
        Val::Record(vec![
            ("id".into(), text("x")),
            ("limit".into(), limit),
            ("ok".into(), Val::Bool(true)),
        ])
    };
    both_ways(
        &shape,
        &[
            (
                value(Val::Option(None)),
                r#"{"id":"x","limit":null,"ok":true}"#,
            ),
            (value(some(Val::U8(3))), r#"{"id":"x","limit":3,"ok":true}"#),
        ],
    );
    accepted(
        &shape,
        &[
            (r#"{"ok":true,"id":"x"}"#, value(Val::Option(None))),
            (
                r#" { "ok" : true , "limit" : 3 , "\u0069d" : "x" } "#,
                value(some(Val::U8(3))),
            ),
        ],
    );
}

#[test]
fn variants_enums_and_flags() {
    let variant = Shape::variant([("all", None), ("only", Some(Shape::list(Shape::String)))]);
    both_ways(
        &variant,
        &[
            (Val::Variant("all".into(), None), "\"all\""),
            (
                Val::Variant("only".into(), Some(Box::new(Val::List(vec![text("x")])))),
                r#"{"only":["x"]}"#,
            ),
        ],
    );
    both_ways(
        &Shape::enumeration(["asc", "desc"]),
        &[(Val::Enum("desc".into()), "\"desc\"")],
    );
    let flags = Shape::flags(["read", "write", "run"]);
    both_ways(
        &flags,
        &[
            (Val::Flags(vec![]), "[]"),
            (
                Val::Flags(vec!["read".into(), "run".into()]),
                r#"["read","run"]"#,
            ),
        ],
    );
    accepted(
        &flags,
        &[(
            r#"["run","read"]"#,
            Val::Flags(vec!["read".into(), "run".into()]),
        )],
    );
}

#[test]
fn options_and_results() {
    let simple = Shape::option(Shape::U8);
    both_ways(
        &simple,
        &[(Val::Option(None), "null"), (some(Val::U8(1)), "1")],
    );
    let nested = Shape::option(Shape::option(Shape::option(Shape::U8)));
    both_ways(
        &nested,
        &[
            (Val::Option(None), "null"),
            (some(Val::Option(None)), r#"{"some":null}"#),
            (some(some(Val::Option(None))), r#"{"some":{"some":null}}"#),
            (some(some(some(Val::U8(1)))), r#"{"some":{"some":1}}"#),
        ],
    );
    let result = Shape::result(Some(Shape::result(None, Some(Shape::U8))), None);
    let ok = |value: Option<Val>| Val::Result(Ok(value.map(Box::new)));
    let err = |value: Option<Val>| Val::Result(Err(value.map(Box::new)));
    both_ways(
        &result,
        &[
            (ok(Some(ok(None))), r#"{"ok":{"ok":null}}"#),
            (ok(Some(err(Some(Val::U8(4))))), r#"{"ok":{"err":4}}"#),
            (err(None), r#"{"err":null}"#),
        ],
    );
}

#[test]
fn values_of_another_type_are_refused() {
    let record = Shape::record([("a", Shape::U8)]);
    for (shape, value) in [
        (Shape::U8, Val::U16(1)),
        (Shape::Bytes, Val::List(vec![Val::Bool(true)])),
        (
            Shape::fixed_list(Shape::U8, 2),
            Val::FixedLengthList(vec![Val::U8(1)]),
        ),
        (Shape::tuple([Shape::U8]), Val::Tuple(vec![])),
        (record.clone(), Val::Record(vec![])),
        (record, Val::Record(vec![("b".into(), Val::U8(1))])),
        (
            Shape::variant([("a", None)]),
            Val::Variant("b".into(), None),
        ),
        (
            Shape::variant([("a", None)]),
            Val::Variant("a".into(), Some(Box::new(Val::U8(1)))),
        ),
        (
            Shape::result(None, None),
            Val::Result(Ok(Some(Box::new(Val::U8(1))))),
        ),
    ] {
        let error = shape.encode(&value, 100).unwrap_err();
        assert!(
            matches!(error, EncodeError::Mismatch { .. }),
            "{shape:?} {value:?} {error}"
        );
    }
    let error = Shape::U8.encode(&text("x"), 100).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the value does not have its declared type: expected u8, found string"
    );
}
