//! Limits on depth, memory and output hold, and what lies within them is not refused.

use wasmtime::component::Val;

use super::super::load::MAX_DEPTH;
use super::super::{DEFAULT_VALUE_MEMORY, EncodeError, FunctionShape, ResultShape, Shape};
use super::{decode, encode, text};

#[test]
fn the_deepest_shape_there_is_can_be_parsed() {
    // Maps of pairs take two levels of JSON each.
    let (mut shape, mut json) = (Shape::U8, "1".to_owned());
    for _ in 1..MAX_DEPTH {
        shape = Shape::map(Shape::U8, shape);
        json = format!("[[0,{json}]]");
    }
    let function = FunctionShape::new([("deep", shape)], ResultShape::None);
    function
        .arguments(&format!("{{\"deep\":{json}}}"), DEFAULT_VALUE_MEMORY)
        .unwrap();
}

#[test]
fn json_deeper_than_the_type_is_refused_at_once() {
    let deep = "[".repeat(1_000_000);
    for shape in [
        Shape::U8,
        Shape::F64,
        Shape::list(Shape::U8),
        Shape::list(Shape::list(Shape::String)),
    ] {
        decode(&shape, &deep).unwrap_err();
    }
    decode(&Shape::tuple([]), &format!("[{deep}")).unwrap_err();
}

#[test]
fn memory_is_bounded_and_not_by_the_length_of_the_text() {
    // Three bytes of JSON, a hundred names and values.
    let wide = Shape::record((0..100).map(|n| (format!("field-{n}"), Shape::option(Shape::U8))));
    let rows = format!("[{}{{}}]", "{},".repeat(999));
    let error = Shape::list(wide.clone())
        .decode(&rows, 1_000_000)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("expected values that fit into 1000000 bytes of memory, found more"),
        "{error}"
    );
    wide.decode("{}", 50_000).unwrap();

    let bytes = format!("\"{}\"", "AAAA".repeat(1_000));
    Shape::Bytes.decode(&bytes, 50_000).unwrap_err();
    Shape::Bytes.decode(&bytes, 200_000).unwrap();

    let numbers = format!("[{}1]", "1,".repeat(10_000));
    Shape::list(Shape::U16)
        .decode(&numbers, 100_000)
        .unwrap_err();
    let numbers = format!(
        "{{{}\"\":1}}",
        (0..1_000)
            .map(|n| format!("\"{n}\":1,"))
            .collect::<String>()
    );
    Shape::map(Shape::String, Shape::U8)
        .decode(&numbers, 80_000)
        .unwrap_err();

    // Keys that have to be written out to be compared count as well: a short key of a type with long names.
    let long = Shape::record([("x".repeat(1_000), Shape::option(Shape::U8))]);
    let keyed = Shape::map(long, Shape::U8);
    keyed.decode("[[{},1]]", 2_000).unwrap_err();
    keyed.decode("[[{},1]]", 4_000).unwrap();
}

#[test]
fn output_is_bounded_to_the_byte() {
    for (shape, value) in [
        (Shape::String, text("12345678")),
        (Shape::list(Shape::U64), Val::List(vec![Val::U64(1); 5])),
        (Shape::Bytes, Val::List(vec![Val::U8(1); 3_000])),
        (
            Shape::map(Shape::U8, Shape::U8),
            Val::Map(vec![(Val::U8(1), Val::U8(1))]),
        ),
        (Shape::U64, Val::U64(u64::MAX)),
        (Shape::F64, Val::Float64(0.5)),
        (Shape::Bool, Val::Bool(true)),
    ] {
        let size = encode(&shape, &value).len();
        shape.encode(&value, size).unwrap();
        assert_eq!(
            shape.encode(&value, size - 1),
            Err(EncodeError::TooLarge { limit: size - 1 }),
            "{shape:?}"
        );
        assert_eq!(
            shape.encode(&value, 0),
            Err(EncodeError::TooLarge { limit: 0 }),
            "{shape:?}"
        );
    }
    let error = Shape::Bool.encode(&Val::Bool(true), 3).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the result is larger than 3 bytes of JSON"
    );
}
