//! Arguments, results and the standard error.

use wasmtime::component::Val;

use super::super::{
    DEFAULT_VALUE_MEMORY, EncodeError, ErrorShape, FunctionShape, ResultShape, Returned, Shape,
    SkillError,
};
use super::{ROOM, some, text};

fn query(result: ResultShape) -> FunctionShape {
    FunctionShape::new(
        [
            ("soql", Shape::String),
            ("limit", Shape::option(Shape::U32)),
        ],
        result,
    )
}

fn err(value: Val) -> [Val; 1] {
    [Val::Result(Err(Some(Box::new(value))))]
}

#[test]
fn arguments_are_one_object() {
    let query = query(ResultShape::None);
    let arguments = |json| query.arguments(json, DEFAULT_VALUE_MEMORY);
    assert_eq!(
        arguments(r#"{"limit":5,"soql":"x"}"#).unwrap(),
        [text("x"), some(Val::U32(5))]
    );
    assert_eq!(
        arguments(r#"{"soql":"x"}"#).unwrap(),
        [text("x"), Val::Option(None)]
    );
    for (json, message) in [
        (
            "[]",
            "at $: expected an object with the arguments, found an array",
        ),
        (
            "null",
            "at $: expected an object with the arguments, found null",
        ),
        (
            "\"x\"",
            "at $: expected an object with the arguments, found the string \"x\"",
        ),
        (
            "{}",
            "at $: expected the required argument `soql`, found an object without it",
        ),
        (
            r#"{"soql":1}"#,
            "at $.soql: expected a string, found the number 1",
        ),
        (
            r#"{"sqol":"x"}"#,
            "at $: expected only the arguments `soql` or `limit`, found the unknown argument \"sqol\"; did you mean `soql`?",
        ),
    ] {
        assert_eq!(arguments(json).unwrap_err().to_string(), message);
    }
    let nothing = FunctionShape::new::<&str>([], ResultShape::None);
    assert_eq!(nothing.arguments("{}", DEFAULT_VALUE_MEMORY).unwrap(), []);
    assert_eq!(
        nothing
            .arguments(r#"{"a":1}"#, DEFAULT_VALUE_MEMORY)
            .unwrap_err()
            .to_string(),
        "at $: expected no argument at all, found the unknown argument \"a\"",
    );
}

#[test]
fn plain_results() {
    let none = query(ResultShape::None);
    assert_eq!(none.result_slots().len(), 0);
    assert_eq!(
        none.returned(&[], ROOM).unwrap(),
        Returned::Ok("null".to_owned())
    );
    let plain = query(ResultShape::of(Shape::U8));
    assert_eq!(plain.result_slots().len(), 1);
    assert_eq!(
        plain.returned(&[Val::U8(7)], ROOM).unwrap(),
        Returned::Ok("7".to_owned())
    );
    assert!(matches!(
        plain.returned(&[], ROOM),
        Err(EncodeError::Mismatch { .. })
    ));
    assert!(matches!(
        none.returned(&[Val::U8(7)], ROOM),
        Err(EncodeError::Mismatch { .. })
    ));
}

#[test]
fn results_unwrap() {
    let own = query(ResultShape::of(Shape::result(
        Some(Shape::String),
        Some(Shape::U8),
    )));
    let ok = [Val::Result(Ok(Some(Box::new(text("x")))))];
    assert_eq!(
        own.returned(&ok, ROOM).unwrap(),
        Returned::Ok("\"x\"".to_owned())
    );
    assert_eq!(
        own.returned(&ok, 2),
        Err(EncodeError::TooLarge { limit: 2 })
    );
    assert_eq!(
        own.returned(&err(Val::U8(3)), ROOM).unwrap(),
        Returned::OtherError("3".to_owned())
    );
    let bare = query(ResultShape::of(Shape::result(None, None)));
    assert_eq!(
        bare.returned(&[Val::Result(Ok(None))], ROOM).unwrap(),
        Returned::Ok("null".to_owned())
    );
    assert_eq!(
        bare.returned(&[Val::Result(Err(None))], ROOM).unwrap(),
        Returned::OtherError("null".to_owned())
    );
}

#[test]
fn the_standard_error_is_recognised_by_its_exact_structure() {
    let with = |err: Shape| match ResultShape::of(Shape::result(None, Some(err))) {
        ResultShape::Fallible { err, .. } => err,
        other => panic!("{other:?}"),
    };
    assert_eq!(with(SkillError::shape().clone()), ErrorShape::Standard);
    let Shape::Variant(standard) = SkillError::shape() else {
        panic!("no variant")
    };
    let cases: Vec<_> = standard
        .cases()
        .iter()
        .map(|case| (case.name.clone(), case.payload.clone()))
        .collect();
    let mut renamed = cases.clone();
    renamed[0].0 = "bad-input".into();
    let mut retyped = cases.clone();
    retyped[7].1 = Some(Shape::U8);
    let mut reordered = cases.clone();
    reordered.swap(0, 1);
    let mut seconds = cases.clone();
    let fields = [
        ("message", Shape::String),
        ("retry-after-seconds", Shape::option(Shape::U64)),
    ];
    seconds[5].1 = Some(Shape::record(fields));
    for other in [renamed, retyped, reordered, seconds, cases[..7].to_vec()] {
        let other = Shape::variant(other);
        assert_eq!(with(other.clone()), ErrorShape::Other(other));
    }
}

#[test]
fn every_standard_error_is_told_apart() {
    let function = query(ResultShape::of(Shape::result(
        None,
        Some(SkillError::shape().clone()),
    )));
    let returned = |case: &str, payload: Val, room| {
        function.returned(
            &err(Val::Variant(case.to_owned(), Some(Box::new(payload)))),
            room,
        )
    };
    for (case, error) in [
        ("invalid-input", SkillError::InvalidInput("m".to_owned())),
        ("unauthorized", SkillError::Unauthorized("m".to_owned())),
        ("denied", SkillError::Denied("m".to_owned())),
        ("not-found", SkillError::NotFound("m".to_owned())),
        ("conflict", SkillError::Conflict("m".to_owned())),
        ("unavailable", SkillError::Unavailable("m".to_owned())),
        ("internal", SkillError::Internal("m".to_owned())),
    ] {
        assert_eq!(
            returned(case, text("m"), ROOM).unwrap(),
            Returned::StandardError(error.clone())
        );
        assert_eq!(error.message(), "m");
    }
    for (seconds, retry_after_seconds) in [(Val::Option(None), None), (some(Val::U32(9)), Some(9))]
    {
        let payload = Val::Record(vec![
            ("message".to_owned(), text("m")),
            ("retry-after-seconds".to_owned(), seconds),
        ]);
        let error = SkillError::RateLimited {
            message: "m".to_owned(),
            retry_after_seconds,
        };
        assert_eq!(
            returned("rate-limited", payload, ROOM).unwrap(),
            Returned::StandardError(error)
        );
    }
    assert_eq!(
        returned("internal", text("12345"), 4),
        Err(EncodeError::TooLarge { limit: 4 })
    );
    assert!(matches!(
        returned("other", text("m"), ROOM),
        Err(EncodeError::Mismatch { .. })
    ));
    assert!(matches!(
        returned("rate-limited", text("m"), ROOM),
        Err(EncodeError::Mismatch { .. })
    ));
}
