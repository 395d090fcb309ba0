//! What a type asks for, in words. Only built for an error.

use super::super::error::{listed, short};
use super::super::names::Names;
use super::super::shape::{Case, Shape, VariantShape};
use super::Want;

/// What may come next, as a noun phrase.
pub(super) fn by(want: Want<'_>) -> String {
    match want {
        Want::Shape(Shape::Option(inner)) if !inner.is_option() => format!("{} or null", of(inner)),
        Want::Shape(shape) => of(shape),
        Want::OrNull(shape) => format!("{} or null", of(shape)),
        Want::Null => "null".to_owned(),
        Want::Arguments(_) => "an object with the arguments".to_owned(),
    }
}

fn of(shape: &Shape) -> String {
    let text = match shape {
        Shape::Bool => "true or false",
        Shape::S8 => return integer(i8::MIN, i8::MAX),
        Shape::U8 => return integer(u8::MIN, u8::MAX),
        Shape::S16 => return integer(i16::MIN, i16::MAX),
        Shape::U16 => return integer(u16::MIN, u16::MAX),
        Shape::S32 => return integer(i32::MIN, i32::MAX),
        Shape::U32 => return integer(u32::MIN, u32::MAX),
        Shape::S64 => return integer(i64::MIN, i64::MAX) + " (a number or a decimal string)",
        Shape::U64 => return integer(u64::MIN, u64::MAX) + " (a number or a decimal string)",
        Shape::F32 => r#"a number in the range of 32-bit floats, "NaN", "Infinity" or "-Infinity""#,
        Shape::F64 => r#"a number in the range of 64-bit floats, "NaN", "Infinity" or "-Infinity""#,
        Shape::Char => "a string of exactly one character",
        Shape::String => "a string",
        Shape::Bytes => "a string of base64",
        Shape::List(_) => "an array",
        Shape::FixedList(_, length) => return format!("an array of exactly {length} items"),
        Shape::Tuple(items) => return format!("an array of exactly {} items", items.len()),
        Shape::Map(map) if map.key == Shape::String => "an object",
        Shape::Map(_) => "an array of [key, value] pairs",
        Shape::Record(_) => "an object",
        Shape::Variant(variant) => return cases(variant),
        Shape::Enum(names) => return one_of(names),
        Shape::Flags(_) => "an array of names",
        Shape::Option(_) => r#"{"some": …} or null"#,
        Shape::Result(_) => r#"{"ok": …} or {"err": …}"#,
    };
    text.to_owned()
}

fn integer(min: impl std::fmt::Display, max: impl std::fmt::Display) -> String {
    format!("an integer between {min} and {max}")
}

fn one_of(names: &Names) -> String {
    listed(names.iter(), "\"")
}

fn cases(variant: &VariantShape) -> String {
    let written = |case: &Case| match case.payload {
        None => format!("\"{}\"", short(&case.name)),
        Some(_) => format!("{{\"{}\": …}}", short(&case.name)),
    };
    let written: Vec<String> = variant.cases().iter().map(written).collect();
    listed(written.iter().map(String::as_str), "")
}
