//! Numbers: exact, in range, and never rounded in silence.

use serde::{Deserialize as _, Deserializer};
use serde_json::value::RawValue;
use wasmtime::component::Val;

use super::super::encode::MAX_EXACT;
use super::super::error::quoted;
use super::super::shape::Shape;
use super::Seed;

/// `number` as a value of an integer type; `None` when it is out of range or the type is no integer.
pub(super) fn integer(shape: &Shape, number: i128) -> Option<Val> {
    match shape {
        Shape::S8 => number.try_into().ok().map(Val::S8),
        Shape::U8 => number.try_into().ok().map(Val::U8),
        Shape::S16 => number.try_into().ok().map(Val::S16),
        Shape::U16 => number.try_into().ok().map(Val::U16),
        Shape::S32 => number.try_into().ok().map(Val::S32),
        Shape::U32 => number.try_into().ok().map(Val::U32),
        Shape::S64 => number.try_into().ok().map(Val::S64),
        Shape::U64 => number.try_into().ok().map(Val::U64),
        _ => None,
    }
}

/// The integer a JSON number with a fraction or exponent stands for. `5.0` and `1e3` are integers to JSON Schema, and
/// some writers make them; beyond 2⁵³ − 1 such a number is not known exactly.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "both are exact up to 2⁵³ − 1"
)]
pub(super) fn whole(number: f64) -> Option<i128> {
    (number.fract() == 0.0 && number.abs() <= MAX_EXACT as f64).then_some(number as i128)
}

/// A 64-bit integer in its one canonical decimal spelling: no sign but `-`, no leading zero, no `-0`.
pub(super) fn decimal(shape: &Shape, text: &str) -> Option<Val> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = text == "0" || (digits.starts_with(|c: char| matches!(c, '1'..='9')));
    match shape {
        Shape::S64 if canonical => text.parse().ok().map(Val::S64),
        Shape::U64 if canonical => text.parse().ok().map(Val::U64),
        _ => None,
    }
}

impl Seed<'_> {
    /// A float, read from its own text: the parser's number is a rounded `f64`, which is one rounding too many for an
    /// `f32` and, without a feature that other crates may switch on or not, a digit off for an `f64`.
    pub(super) fn float<'de, D: Deserializer<'de>>(self, parser: D) -> Result<Val, D::Error> {
        let text = <&RawValue>::deserialize(parser)?.get();
        let found = match text.as_bytes().first() {
            Some(b'-' | b'0'..=b'9') => match self.finite(text) {
                Some(value) => return Ok(value),
                None => format!("the number {}", quoted(text).trim_matches('"')),
            },
            Some(b'"') => match serde_json::from_str::<String>(text) {
                Ok(name) => match self.special(&name) {
                    Some(value) => return Ok(value),
                    None => format!("the string {}", quoted(&name)),
                },
                Err(problem) => format!("a broken string ({problem})"),
            },
            Some(b'[') => "an array".to_owned(),
            Some(b'{') => "an object".to_owned(),
            Some(b'n') => "null".to_owned(),
            _ => format!("the boolean {text}"),
        };
        Err(self.wrong(found))
    }

    fn finite(&self, text: &str) -> Option<Val> {
        match self.shape()? {
            Shape::F32 => text
                .parse()
                .ok()
                .filter(|number: &f32| number.is_finite())
                .map(Val::Float32),
            _ => text
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite())
                .map(Val::Float64),
        }
    }

    fn special(&self, name: &str) -> Option<Val> {
        let number = match name {
            "NaN" => f64::NAN,
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            _ => return None,
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "NaN and the infinities stay what they are"
        )]
        Some(match self.shape()? {
            Shape::F32 => Val::Float32(number as f32),
            _ => Val::Float64(number),
        })
    }
}
