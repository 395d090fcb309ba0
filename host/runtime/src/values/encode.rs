//! Values → JSON, directed by the type (an empty `list<u8>` cannot be told from any other empty list without it).

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::ser::{CompactFormatter, Formatter};
use wasmtime::component::Val;

use super::map_key::last_of_each_key;
use super::shape::{MapShape, RecordShape, ResultPair, Shape, VariantShape};

/// The largest integer every JSON reader keeps exact: 2⁵³ − 1.
pub(super) const MAX_EXACT: u64 = (1 << 53) - 1;

/// Why there is no JSON for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The JSON would be longer than asked for.
    #[error("the result is larger than {limit} bytes of JSON")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The value is of another type: a mistake of the host, never of the guest.
    #[error("the value does not have its declared type: expected {expected}, found {found}")]
    Mismatch {
        /// What the type says.
        expected: &'static str,
        /// What was there.
        found: &'static str,
    },
}

impl Shape {
    /// The JSON of a value of this type, of at most `max_bytes`.
    pub fn encode(&self, value: &Val, max_bytes: usize) -> Result<String, EncodeError> {
        encode(self, value, max_bytes)
    }
}

/// Room for a small answer, so that it needs one allocation.
const FIRST_CAPACITY: usize = 256;

pub(super) fn encode(shape: &Shape, value: &Val, max_bytes: usize) -> Result<String, EncodeError> {
    let mut out = Limited {
        bytes: Vec::with_capacity(FIRST_CAPACITY.min(max_bytes)),
        limit: max_bytes,
    };
    out.value(shape, value)?;
    let mismatch = |_| EncodeError::Mismatch {
        expected: "UTF-8",
        found: "other bytes",
    };
    String::from_utf8(out.bytes).map_err(mismatch)
}

/// A buffer that never grows past its limit.
struct Limited {
    bytes: Vec<u8>,
    limit: usize,
}

impl Write for Limited {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.write_all(piece).map(|()| piece.len())
    }

    fn write_all(&mut self, piece: &[u8]) -> io::Result<()> {
        if piece.len() > self.limit - self.bytes.len() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

type Encoded = Result<(), EncodeError>;

impl Limited {
    /// The buffer fails for one reason only.
    fn full<E>(&self, outcome: Result<(), E>) -> Encoded {
        outcome.map_err(|_| EncodeError::TooLarge { limit: self.limit })
    }

    fn put(&mut self, text: &str) -> Encoded {
        let outcome = self.write_all(text.as_bytes());
        self.full(outcome)
    }

    fn string(&mut self, text: &str) -> Encoded {
        let outcome = serde_json::to_writer(&mut *self, text);
        self.full(outcome)
    }

    fn signed(&mut self, number: i64) -> Encoded {
        let outcome = CompactFormatter.write_i64(&mut *self, number);
        self.full(outcome)
    }

    fn unsigned(&mut self, number: u64) -> Encoded {
        let outcome = CompactFormatter.write_u64(&mut *self, number);
        self.full(outcome)
    }

    /// `write` between quotes, when the number is beyond what every reader keeps exact.
    fn exact(&mut self, magnitude: u64, write: impl FnOnce(&mut Self) -> Encoded) -> Encoded {
        if magnitude <= MAX_EXACT {
            return write(self);
        }
        self.put("\"")?;
        write(self)?;
        self.put("\"")
    }

    fn float(&mut self, number: f64, write: impl FnOnce(&mut Self) -> io::Result<()>) -> Encoded {
        if number.is_nan() {
            return self.put("\"NaN\"");
        }
        if number.is_infinite() {
            return self.put(if number > 0.0 {
                "\"Infinity\""
            } else {
                "\"-Infinity\""
            });
        }
        let outcome = write(self);
        self.full(outcome)
    }

    fn value(&mut self, shape: &Shape, value: &Val) -> Encoded {
        match (shape, value) {
            (Shape::Bool, Val::Bool(yes)) => self.put(if *yes { "true" } else { "false" }),
            (Shape::S8, Val::S8(n)) => self.signed((*n).into()),
            (Shape::S16, Val::S16(n)) => self.signed((*n).into()),
            (Shape::S32, Val::S32(n)) => self.signed((*n).into()),
            (Shape::S64, Val::S64(n)) => self.exact(n.unsigned_abs(), |out| out.signed(*n)),
            (Shape::U8, Val::U8(n)) => self.unsigned((*n).into()),
            (Shape::U16, Val::U16(n)) => self.unsigned((*n).into()),
            (Shape::U32, Val::U32(n)) => self.unsigned((*n).into()),
            (Shape::U64, Val::U64(n)) => self.exact(*n, |out| out.unsigned(*n)),
            (Shape::F32, Val::Float32(n)) => {
                self.float((*n).into(), |out| CompactFormatter.write_f32(out, *n))
            }
            (Shape::F64, Val::Float64(n)) => {
                self.float(*n, |out| CompactFormatter.write_f64(out, *n))
            }
            (Shape::Char, Val::Char(c)) => self.string(c.encode_utf8(&mut [0; 4])),
            (Shape::String, Val::String(text)) | (Shape::Enum(_), Val::Enum(text)) => {
                self.string(text)
            }
            _ => self.compound(shape, value),
        }
    }

    fn compound(&mut self, shape: &Shape, value: &Val) -> Encoded {
        match (shape, value) {
            (Shape::Bytes, Val::List(items)) => self.base64(items),
            (Shape::List(item), Val::List(items)) => {
                self.array(items, |out, value| out.value(item, value))
            }
            (Shape::FixedList(item, length), Val::FixedLengthList(items))
                if items.len() == *length as usize =>
            {
                self.array(items, |out, value| out.value(item, value))
            }
            (Shape::Map(map), Val::Map(entries)) => self.map(map, entries),
            (Shape::Record(record), Val::Record(fields)) => self.record(record, fields),
            (Shape::Tuple(shapes), Val::Tuple(items)) if shapes.len() == items.len() => self
                .array(shapes.iter().zip(items), |out, (shape, value)| {
                    out.value(shape, value)
                }),
            (Shape::Variant(variant), Val::Variant(case, payload)) => {
                self.variant(variant, case, payload.as_deref())
            }
            (Shape::Flags(_), Val::Flags(names)) => self.array(names, |out, name| out.string(name)),
            (Shape::Option(_), Val::Option(None)) => self.put("null"),
            (Shape::Option(inner), Val::Option(Some(value))) if inner.is_option() => {
                self.tagged("some", |out| out.value(inner, value))
            }
            (Shape::Option(inner), Val::Option(Some(value))) => self.value(inner, value),
            (Shape::Result(pair), Val::Result(result)) => self.result(pair, result),
            _ => Err(mismatch(shape, value)),
        }
    }

    fn array<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        write: impl Fn(&mut Self, T) -> Encoded,
    ) -> Encoded {
        self.put("[")?;
        for (place, item) in items.into_iter().enumerate() {
            if place > 0 {
                self.put(",")?;
            }
            write(self, item)?;
        }
        self.put("]")
    }

    fn tagged(&mut self, tag: &str, write: impl FnOnce(&mut Self) -> Encoded) -> Encoded {
        self.put("{")?;
        self.string(tag)?;
        self.put(":")?;
        write(self)?;
        self.put("}")
    }

    fn base64(&mut self, items: &[Val]) -> Encoded {
        // A multiple of three bytes encodes without padding, so that chunks can simply follow each other.
        const CHUNK: usize = 768;
        self.put("\"")?;
        let (mut plain, mut text) = ([0; CHUNK], [0; CHUNK / 3 * 4]);
        for chunk in items.chunks(CHUNK) {
            for (byte, value) in plain.iter_mut().zip(chunk) {
                let Val::U8(n) = value else {
                    return Err(mismatch(&Shape::U8, value));
                };
                *byte = *n;
            }
            let wrong_size = |_| EncodeError::Mismatch {
                expected: "a chunk of bytes",
                found: "a longer one",
            };
            let length = STANDARD
                .encode_slice(&plain[..chunk.len()], &mut text)
                .map_err(wrong_size)?;
            let outcome = self.write_all(&text[..length]);
            self.full(outcome)?;
        }
        self.put("\"")
    }

    fn record(&mut self, record: &RecordShape, fields: &[(String, Val)]) -> Encoded {
        if record.fields().len() != fields.len() {
            return Err(EncodeError::Mismatch {
                expected: "the record's fields",
                found: "another number of fields",
            });
        }
        let mut before = "{";
        for (field, (name, value)) in record.fields().iter().zip(fields) {
            if *field.name != **name {
                return Err(EncodeError::Mismatch {
                    expected: "the record's fields",
                    found: "others",
                });
            }
            self.put(before)?;
            self.string(&field.name)?;
            self.put(":")?;
            self.value(&field.shape, value)?;
            before = ",";
        }
        self.put(if fields.is_empty() { "{}" } else { "}" })
    }

    fn variant(&mut self, variant: &VariantShape, case: &str, payload: Option<&Val>) -> Encoded {
        match (variant.case(case).map(|case| &case.payload), payload) {
            (Some(None), None) => self.string(case),
            (Some(Some(shape)), Some(value)) => self.tagged(case, |out| out.value(shape, value)),
            _ => Err(EncodeError::Mismatch {
                expected: "a case of the variant",
                found: "another",
            }),
        }
    }

    fn result(
        &mut self,
        pair: &ResultPair,
        result: &Result<Option<Box<Val>>, Option<Box<Val>>>,
    ) -> Encoded {
        let (tag, shape, value) = match result {
            Ok(value) => ("ok", &pair.ok, value),
            Err(value) => ("err", &pair.err, value),
        };
        match (shape, value) {
            (None, None) => self.tagged(tag, |out| out.put("null")),
            (Some(shape), Some(value)) => self.tagged(tag, |out| out.value(shape, value)),
            _ => Err(EncodeError::Mismatch {
                expected: "a payload as declared",
                found: "another",
            }),
        }
    }

    fn map(&mut self, map: &MapShape, entries: &[(Val, Val)]) -> Encoded {
        let kept = last_of_each_key(map, entries, self.limit)?;
        if map.key != Shape::String {
            let pair = |out: &mut Self, (key, value): &(Val, Val)| {
                out.put("[")?;
                out.value(&map.key, key)?;
                out.put(",")?;
                out.value(&map.value, value)?;
                out.put("]")
            };
            return self.array(kept, pair);
        }
        let mut before = "{";
        for (key, value) in &kept {
            self.put(before)?;
            self.value(&map.key, key)?;
            self.put(":")?;
            self.value(&map.value, value)?;
            before = ",";
        }
        self.put(if kept.is_empty() { "{}" } else { "}" })
    }
}

fn mismatch(shape: &Shape, value: &Val) -> EncodeError {
    EncodeError::Mismatch {
        expected: shape.kind(),
        found: kind_of(value),
    }
}

fn kind_of(value: &Val) -> &'static str {
    match value {
        Val::Bool(_) => "bool",
        Val::S8(_) | Val::S16(_) | Val::S32(_) | Val::S64(_) => "a signed integer",
        Val::U8(_) | Val::U16(_) | Val::U32(_) | Val::U64(_) => "an unsigned integer",
        Val::Float32(_) | Val::Float64(_) => "a float",
        Val::Char(_) => "char",
        Val::String(_) => "string",
        Val::List(_) | Val::FixedLengthList(_) => "list",
        Val::Map(_) => "map",
        Val::Record(_) => "record",
        Val::Tuple(_) => "tuple",
        Val::Variant(..) => "variant",
        Val::Enum(_) => "enum",
        Val::Option(_) => "option",
        Val::Result(_) => "result",
        Val::Flags(_) => "flags",
        _ => "a handle",
    }
}
