//! For any shape and any value of it: JSON and back is the identity, the JSON fits the schema, and no text panics.

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::subsequence;
use wasmtime::component::Val;

use super::super::Shape;
use super::super::names::Names;
use super::super::shape::MapShape;
use super::{decode, encode};

/// Names in use; not all of them could come from a component, all of them must survive.
const NAMES: [&str; 8] = [
    "a",
    "b",
    "limit",
    "created-at",
    "ok",
    "some",
    "with \"quotes\"",
    "é\u{7f}\n",
];

fn names(least: usize) -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(NAMES.to_vec(), least..=4)
}

fn simple() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Bool),
        Just(Shape::S8),
        Just(Shape::U8),
        Just(Shape::S16),
        Just(Shape::U16),
        Just(Shape::S32),
        Just(Shape::U32),
        Just(Shape::S64),
        Just(Shape::U64),
        Just(Shape::F32),
        Just(Shape::F64),
        Just(Shape::Char),
        Just(Shape::String),
        Just(Shape::Bytes),
        names(1).prop_map(Shape::enumeration),
        names(1).prop_map(Shape::flags),
    ]
}

fn any_shape() -> impl Strategy<Value = Shape> {
    simple().prop_recursive(4, 24, 4, |inner| {
        let inner = inner.boxed();
        let maybe = proptest::option::of(inner.clone());
        let fields = names(1).prop_flat_map({
            let inner = inner.clone();
            move |names| (Just(names.clone()), vec(inner.clone(), names.len()))
        });
        let cases = names(1).prop_flat_map({
            let maybe = maybe.clone();
            move |names| (Just(names.clone()), vec(maybe.clone(), names.len()))
        });
        prop_oneof![
            inner.clone().prop_map(Shape::list),
            (inner.clone(), 0u32..4).prop_map(|(item, length)| Shape::fixed_list(item, length)),
            inner
                .clone()
                .prop_map(|value| Shape::map(Shape::String, value)),
            (inner.clone(), inner.clone()).prop_map(|(key, value)| Shape::map(key, value)),
            fields.prop_map(|(names, shapes)| Shape::record(names.into_iter().zip(shapes))),
            vec(inner.clone(), 0..4).prop_map(Shape::tuple),
            cases.prop_map(|(names, payloads)| Shape::variant(names.into_iter().zip(payloads))),
            inner.clone().prop_map(Shape::option),
            (maybe.clone(), maybe).prop_map(|(ok, err)| Shape::result(ok, err)),
        ]
    })
}

fn boxed(payload: Option<&Shape>) -> BoxedStrategy<Option<Box<Val>>> {
    match payload {
        Some(shape) => value_of(shape)
            .prop_map(|value| Some(Box::new(value)))
            .boxed(),
        None => Just(None).boxed(),
    }
}

fn some_names(names: &Names) -> BoxedStrategy<Vec<String>> {
    let names: Vec<String> = names.iter().map(str::to_owned).collect();
    let most = names.len();
    subsequence(names, 0..=most).boxed()
}

fn map_of(map: &MapShape) -> BoxedStrategy<Val> {
    let key = map.key.clone();
    let entries = vec((value_of(&map.key), value_of(&map.value)), 0..4);
    let once = move |entries: Vec<(Val, Val)>| {
        let mut seen = HashSet::new();
        Val::Map(
            entries
                .into_iter()
                .filter(|(k, _)| seen.insert(encode(&key, k)))
                .collect(),
        )
    };
    entries.prop_map(once).boxed()
}

fn value_of(shape: &Shape) -> BoxedStrategy<Val> {
    match shape {
        Shape::Bool => any::<bool>().prop_map(Val::Bool).boxed(),
        Shape::S8 => any::<i8>().prop_map(Val::S8).boxed(),
        Shape::U8 => any::<u8>().prop_map(Val::U8).boxed(),
        Shape::S16 => any::<i16>().prop_map(Val::S16).boxed(),
        Shape::U16 => any::<u16>().prop_map(Val::U16).boxed(),
        Shape::S32 => any::<i32>().prop_map(Val::S32).boxed(),
        Shape::U32 => any::<u32>().prop_map(Val::U32).boxed(),
        Shape::S64 => prop_oneof![any::<i64>(), -9i64..9]
            .prop_map(Val::S64)
            .boxed(),
        Shape::U64 => prop_oneof![any::<u64>(), 0u64..9]
            .prop_map(Val::U64)
            .boxed(),
        Shape::F32 => any::<u32>()
            .prop_map(|bits| Val::Float32(f32::from_bits(bits)))
            .boxed(),
        Shape::F64 => any::<u64>()
            .prop_map(|bits| Val::Float64(f64::from_bits(bits)))
            .boxed(),
        Shape::Char => any::<char>().prop_map(Val::Char).boxed(),
        Shape::String => any::<String>().prop_map(Val::String).boxed(),
        Shape::Bytes => vec(any::<u8>(), 0..40)
            .prop_map(|bytes| Val::List(bytes.into_iter().map(Val::U8).collect()))
            .boxed(),
        Shape::List(item) => vec(value_of(item), 0..4).prop_map(Val::List).boxed(),
        Shape::FixedList(item, length) => vec(value_of(item), *length as usize)
            .prop_map(Val::FixedLengthList)
            .boxed(),
        Shape::Map(map) => map_of(map),
        Shape::Record(record) => {
            let named = |name: &str, value| (name.to_owned(), value);
            let fields: Vec<_> = record
                .fields()
                .iter()
                .map(|f| (Just(f.name.clone()), value_of(&f.shape)))
                .collect();
            fields
                .prop_map(move |fields| {
                    Val::Record(fields.into_iter().map(|(n, v)| named(&n, v)).collect())
                })
                .boxed()
        }
        Shape::Tuple(items) => items
            .iter()
            .map(value_of)
            .collect::<Vec<_>>()
            .prop_map(Val::Tuple)
            .boxed(),
        Shape::Variant(variant) => {
            let case = |case: &super::super::Case| {
                let name = case.name.to_string();
                boxed(case.payload.as_ref())
                    .prop_map(move |payload| Val::Variant(name.clone(), payload))
                    .boxed()
            };
            proptest::strategy::Union::new(variant.cases().iter().map(case)).boxed()
        }
        Shape::Enum(names) => {
            let names: Vec<String> = names.iter().map(str::to_owned).collect();
            proptest::sample::select(names).prop_map(Val::Enum).boxed()
        }
        Shape::Flags(names) => some_names(names).prop_map(Val::Flags).boxed(),
        Shape::Option(inner) => proptest::option::of(value_of(inner).prop_map(Box::new))
            .prop_map(Val::Option)
            .boxed(),
        Shape::Result(pair) => prop_oneof![
            boxed(pair.ok.as_ref()).prop_map(|value| Val::Result(Ok(value))),
            boxed(pair.err.as_ref()).prop_map(|value| Val::Result(Err(value))),
        ]
        .boxed(),
    }
}

fn shape_and_value() -> impl Strategy<Value = (Shape, Val)> {
    any_shape().prop_flat_map(|shape| {
        let value = value_of(&shape);
        (Just(shape), value)
    })
}

/// Whatever parses must mean the same after it was written again.
fn settles(shape: &Shape, json: &str) {
    if let Ok(value) = decode(shape, json) {
        assert_eq!(
            decode(shape, &encode(shape, &value)).unwrap(),
            value,
            "{json}"
        );
    }
}

/// Leave out, double or replace one character.
fn damaged(json: &str, place: usize, how: u8, with: char) -> String {
    let mut chars: Vec<char> = json.chars().collect();
    let place = place % chars.len().max(1);
    match how % 3 {
        0 => drop(chars.remove(place)),
        1 => chars.insert(place, chars[place]),
        _ => chars[place] = with,
    }
    chars.into_iter().collect()
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn json_and_back_is_the_identity((shape, value) in shape_and_value()) {
        let json = encode(&shape, &value);
        prop_assert_eq!(decode(&shape, &json).unwrap(), value, "{}", json);
    }

    #[test]
    fn what_is_written_fits_the_schema((shape, value) in shape_and_value()) {
        let schema = shape.schema();
        prop_assert!(jsonschema::draft202012::meta::is_valid(&schema), "{}", schema);
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let json = encode(&shape, &value);
        let instance = serde_json::from_str(&json).unwrap();
        prop_assert!(validator.is_valid(&instance), "{} does not fit {}", json, schema);
    }

    #[test]
    fn another_value_s_json_is_refused_or_settles((shape, _) in shape_and_value(), (other, value) in shape_and_value()) {
        settles(&shape, &encode(&other, &value));
    }

    #[test]
    fn damaged_json_is_refused_or_settles(
        (shape, value) in shape_and_value(),
        place: usize,
        how: u8,
        with in proptest::sample::select("\"\\[]{},:-+.eE019ntfu \0😀".chars().collect::<Vec<_>>()),
    ) {
        settles(&shape, &damaged(&encode(&shape, &value), place, how, with));
    }

    #[test]
    fn no_text_panics((shape, text) in (any_shape(), any::<String>())) {
        settles(&shape, &text);
    }

    #[test]
    fn every_f32_survives(bits: u32) {
        let value = Val::Float32(f32::from_bits(bits));
        prop_assert_eq!(decode(&Shape::F32, &encode(&Shape::F32, &value)).unwrap(), value);
    }
}
