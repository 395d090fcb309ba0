//! JSON → values in one pass over the text, directed by the type: no tree of JSON is built on the way.
//!
//! The parser is serde_json's; this module only says what may come next. Depth is bounded by the type and by the
//! parser, memory by a budget: a record with a thousand optional fields is two bytes of JSON (`{}`) and many kilobytes
//! of value, so the length of the text bounds nothing.

mod compound;
mod expected;
mod number;

use std::cell::Cell;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use wasmtime::component::Val;

use super::error::{Fault, Trail, ValueError, listed, quoted};
use super::names::Names;
use super::nearest::nearest;
use super::shape::{RecordShape, Shape};

/// Bytes the values of one call may take on the host, by default. Half of what wasmtime lets one call lift out of a
/// guest; some two million numbers, or a string of any length the surface let in.
pub const DEFAULT_VALUE_MEMORY: usize = 64 * 1024 * 1024;

impl Shape {
    /// The value of this type that `json` stands for. `max_memory` bounds the bytes it takes on the host
    /// ([`DEFAULT_VALUE_MEMORY`]); strings do not count, they are never longer than the text.
    pub fn decode(&self, json: &str, max_memory: usize) -> Result<Val, ValueError> {
        decode(Want::Shape(self), json, max_memory)
    }
}

pub(super) fn arguments(
    params: &RecordShape,
    json: &str,
    max_memory: usize,
) -> Result<Vec<Val>, ValueError> {
    match decode(Want::Arguments(params), json, max_memory)? {
        Val::Tuple(values) => Ok(values),
        value => Ok(vec![value]),
    }
}

fn decode(want: Want<'_>, json: &str, max_memory: usize) -> Result<Val, ValueError> {
    let context = Context {
        trail: Trail::default(),
        memory: Cell::new(max_memory),
        max_memory,
    };
    let mut parser = serde_json::Deserializer::from_str(json);
    let seed = Seed {
        want,
        context: &context,
    };
    let value = seed
        .deserialize(&mut parser)
        .and_then(|value| parser.end().map(|()| value));
    value.map_err(|error| context.trail.into_error(&error))
}

/// What one conversion carries along.
struct Context {
    trail: Trail,
    memory: Cell<usize>,
    max_memory: usize,
}

/// What may come next.
#[derive(Clone, Copy)]
enum Want<'s> {
    Shape(&'s Shape),
    /// The inside of an `option`.
    OrNull(&'s Shape),
    /// A missing payload.
    Null,
    /// The arguments of a function: an object that becomes a tuple.
    Arguments(&'s RecordShape),
}

/// Turns the next JSON value into the value wanted.
#[derive(Clone, Copy)]
struct Seed<'s> {
    want: Want<'s>,
    context: &'s Context,
}

impl<'s> Seed<'s> {
    fn inner(self, shape: &'s Shape) -> Self {
        Self {
            want: Want::Shape(shape),
            ..self
        }
    }

    fn shape(&self) -> Option<&'s Shape> {
        match self.want {
            Want::Shape(shape) | Want::OrNull(shape) => Some(shape),
            Want::Null | Want::Arguments(_) => None,
        }
    }

    /// Take `bytes` from the budget.
    fn charge<E: Error>(&self, bytes: usize) -> Result<(), E> {
        let Some(left) = self.context.memory.get().checked_sub(bytes) else {
            let expected = format!(
                "values that fit into {} bytes of memory",
                self.context.max_memory
            );
            return Err(self.fault(expected, "more".to_owned(), None));
        };
        self.context.memory.set(left);
        Ok(())
    }

    /// Another kind of value than the one wanted.
    fn wrong<E: Error>(&self, found: impl fmt::Display) -> E {
        self.fault(expected::by(self.want), found.to_string(), None)
    }

    /// A string that is none of `names`.
    fn unknown_name<E: Error>(&self, found: &str, names: &Names) -> E {
        let hint =
            nearest(found, names.iter()).map(|name| format!("did you mean {}?", quoted(name)));
        self.fault(
            expected::by(self.want),
            format!("the string {}", quoted(found)),
            hint,
        )
    }

    /// A key that is none of `names`.
    fn unknown_key<E: Error>(&self, what: &str, found: &str, names: &Names) -> E {
        let expected = match names.len() {
            0 => format!("no {what} at all"),
            1 => format!("the {what} {}", listed(names.iter(), "`")),
            _ => format!("only the {what}s {}", listed(names.iter(), "`")),
        };
        let hint = nearest(found, names.iter()).map(|name| format!("did you mean `{name}`?"));
        self.fault(
            expected,
            format!("the unknown {what} {}", quoted(found)),
            hint,
        )
    }

    /// Note what is wrong. The error handed to the parser only makes it stop: it says nothing itself.
    fn fault<E: Error>(&self, expected: String, found: String, hint: Option<String>) -> E {
        self.context.trail.fail(Fault {
            expected,
            found,
            hint,
        });
        E::custom("")
    }

    fn integer<E: Error>(&self, number: i128) -> Result<Val, E> {
        let value = self
            .shape()
            .and_then(|shape| number::integer(shape, number));
        value.ok_or_else(|| self.wrong(format_args!("the number {number}")))
    }

    fn text<E: Error>(&self, shape: &Shape, text: &str) -> Result<Val, E> {
        let value = match shape {
            Shape::String => Some(Val::String(text.to_owned())),
            Shape::Char => single_char(text).map(Val::Char),
            Shape::U64 | Shape::S64 => number::decimal(shape, text),
            Shape::Bytes => return self.bytes(text),
            Shape::Enum(names) => match names.position(text, 0) {
                Some(_) => Some(Val::Enum(text.to_owned())),
                None => return Err(self.unknown_name(text, names)),
            },
            Shape::Variant(variant) => match variant.case(text) {
                Some(case) if case.payload.is_none() => Some(Val::Variant(text.to_owned(), None)),
                Some(_) => {
                    let expected = format!(
                        "an object {{{}: …}} with the payload of this case",
                        quoted(text)
                    );
                    return Err(self.fault(
                        expected,
                        format!("only the string {}", quoted(text)),
                        None,
                    ));
                }
                None => return Err(self.unknown_name(text, variant.names())),
            },
            _ => None,
        };
        value.ok_or_else(|| self.wrong(format_args!("the string {}", quoted(text))))
    }

    fn bytes<E: Error>(&self, text: &str) -> Result<Val, E> {
        // Decoded bytes and values both: a byte becomes a whole `Val`.
        self.charge(text.len() / 4 * 3 * (1 + size_of::<Val>()))?;
        let bytes = STANDARD.decode(text).map_err(|problem| {
            let found = format!("the string {} ({problem})", quoted(text));
            self.fault(expected::by(self.want), found, None)
        })?;
        Ok(Val::List(bytes.into_iter().map(Val::U8).collect()))
    }
}

fn single_char(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Val;

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<Val, D::Error> {
        self.charge(size_of::<Val>())?;
        match self.want {
            Want::Shape(Shape::Option(inner)) if !inner.is_option() => {
                parser.deserialize_option(self)
            }
            Want::Shape(Shape::F32 | Shape::F64) | Want::OrNull(Shape::F32 | Shape::F64) => {
                self.float(parser)
            }
            _ => parser.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Val;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&expected::by(self.want))
    }

    fn visit_bool<E: Error>(self, yes: bool) -> Result<Val, E> {
        match self.shape() {
            Some(Shape::Bool) => Ok(Val::Bool(yes)),
            _ => Err(self.wrong(format_args!("the boolean {yes}"))),
        }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Val, E> {
        self.integer(number.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Val, E> {
        self.integer(number.into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Val, E> {
        match number::whole(number) {
            Some(number) => self.integer(number),
            None => Err(self.wrong(format_args!("the number {number}"))),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Val, E> {
        match self.shape() {
            Some(shape) => self.text(shape, text),
            None => Err(self.wrong(format_args!("the string {}", quoted(text)))),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<Val, E> {
        match self.want {
            Want::Null | Want::Shape(Shape::Option(_)) => Ok(Val::Option(None)),
            _ => Err(self.wrong("null")),
        }
    }

    fn visit_none<E: Error>(self) -> Result<Val, E> {
        Ok(Val::Option(None))
    }

    fn visit_some<D: Deserializer<'de>>(self, parser: D) -> Result<Val, D::Error> {
        let inner = match self.want {
            Want::Shape(Shape::Option(inner)) => Self {
                want: Want::OrNull(inner),
                ..self
            },
            _ => return Err(self.wrong("a value")),
        };
        Ok(Val::Option(Some(Box::new(inner.deserialize(parser)?))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Val, A::Error> {
        self.array(items)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Val, A::Error> {
        self.object(entries)
    }
}
