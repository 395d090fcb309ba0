//! Any type and any JSON text: refused in one line, or a value of the type that survives being written and read again.
//!
//! The input is a type, a line break and the JSON; without a line break it is JSON for a string. A type is written in prefix form, so that every line is one:
//!
//! | written | type |
//! |---|---|
//! | `b` `1`…`8` `f` `d` | `bool`; `s8` `u8` `s16` `u16` `s32` `u32` `s64` `u64`; `f32` `f64` |
//! | `c` `s` `y` | `char` `string` `list<u8>` |
//! | `eN` `gN` | `enum` and `flags` with N of the names below |
//! | `L` T, `FN` T, `M` K V, `O` T | `list<T>`, `list<T, N>`, `map<K, V>`, `option<T>` |
//! | `TN` T…, `RN` T… | `tuple` and `record` of N |
//! | `VN` T…, `Q` T T | `variant` of N cases, `result`; `-` stands for a missing payload |

use serde_json::Value;
use wasmtime::component::Val;

use crate::values::{FunctionShape, ResultShape, Shape, ValueError};

/// Names in use; the last ones could not come from a component, and must survive all the same.
const NAMES: [&str; 7] = [
    "a",
    "limit",
    "created-at",
    "ok",
    "some",
    "with \"quotes\"",
    "é\u{7f}\n",
];

/// Deepest type and most parts of one, so that a short line never stands for a huge type.
const MAX_DEPTH: usize = 8;
const MAX_PARTS: usize = 64;

/// Memory a value may take, in bytes: small, so that the budget is met.
const MEMORY: usize = 64 * 1024;

/// Room for what is written, in bytes: more than a value within the budget can take.
const ROOM: usize = 8 * 1024 * 1024;

/// Longest error, in characters: the place, what was expected and what was found, each shortened.
const MAX_SENTENCE: usize = 4000;

/// Holds for any bytes. Says whether they were accepted.
pub fn check(bytes: &[u8]) -> bool {
    let text = std::str::from_utf8(bytes).unwrap_or("");
    let (line, json) = text.split_once('\n').unwrap_or(("", text));
    let shape = Reader::new(line).shape(0);
    let outcome = shape.decode(json, MEMORY);
    same_as_arguments(&shape, json, &outcome);
    match &outcome {
        Ok(value) => settles(&shape, value),
        Err(error) => one_line(error),
    }
    outcome.is_ok()
}

fn settles(shape: &Shape, value: &Val) {
    assert!(has_shape(shape, value), "{value:?} is no {shape:?}");
    let written = match shape.encode(value, ROOM) {
        Ok(written) => written,
        Err(error) => panic!("{value:?} cannot be written: {error}"),
    };
    let tree = serde_json::from_str::<Value>(&written);
    assert!(
        tree.is_ok_and(|tree| is_form_of(shape, &tree)),
        "{written} is no {shape:?}"
    );
    let again = shape.decode(&written, 2 * MEMORY);
    assert_eq!(again.as_ref(), Ok(value), "{written}");
    let exactly = shape.encode(value, written.len());
    assert_eq!(
        exactly.as_ref(),
        Ok(&written),
        "the limit is reached, not passed"
    );
    assert!(
        shape.encode(value, written.len() - 1).is_err(),
        "one byte too many: {written}"
    );
}

/// Arguments are read like a record of them.
fn same_as_arguments(shape: &Shape, json: &str, outcome: &Result<Val, ValueError>) {
    let Shape::Record(record) = shape else {
        return;
    };
    let params = record
        .fields()
        .iter()
        .map(|field| (field.name.clone(), field.shape.clone()));
    let function = FunctionShape::new(params, ResultShape::None);
    // The two differ in what they charge for the names.
    let arguments = function.arguments(json, 2 * MEMORY);
    match (outcome, arguments) {
        (Ok(Val::Record(fields)), Ok(values)) => {
            assert!(fields.iter().map(|(_, value)| value).eq(&values), "{json}");
        }
        (Err(error), Ok(_)) => assert!(error.expected.contains("bytes of memory"), "{error}"),
        (Err(_), Err(error)) => one_line(&error),
        (Ok(value), arguments) => panic!("{value:?} is not {arguments:?}"),
    }
}

fn one_line(error: &ValueError) {
    let sentence = error.to_string();
    // Names of the type stand in errors as they are: a component's are plain words, the last one here is not.
    let sentence = sentence.replace(NAMES[NAMES.len() - 1], "");
    let hides = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{feff}');
    assert!(!sentence.contains(hides), "{sentence:?}");
    assert!(sentence.chars().count() <= MAX_SENTENCE, "{sentence:?}");
}

/// Whether a value is one of the type.
fn has_shape(shape: &Shape, value: &Val) -> bool {
    let payload_fits = |shape: &Option<Shape>, value: &Option<Box<Val>>| match (shape, value) {
        (Some(shape), Some(value)) => has_shape(shape, value),
        (None, None) => true,
        _ => false,
    };
    match (shape, value) {
        (Shape::Bool, Val::Bool(_))
        | (Shape::S8, Val::S8(_))
        | (Shape::U8, Val::U8(_))
        | (Shape::S16, Val::S16(_))
        | (Shape::U16, Val::U16(_))
        | (Shape::S32, Val::S32(_))
        | (Shape::U32, Val::U32(_))
        | (Shape::S64, Val::S64(_))
        | (Shape::U64, Val::U64(_))
        | (Shape::F32, Val::Float32(_))
        | (Shape::F64, Val::Float64(_))
        | (Shape::Char, Val::Char(_))
        | (Shape::String, Val::String(_)) => true,
        (Shape::Bytes, Val::List(items)) => items.iter().all(|item| matches!(item, Val::U8(_))),
        (Shape::List(item), Val::List(items)) => items.iter().all(|value| has_shape(item, value)),
        (Shape::FixedList(item, length), Val::FixedLengthList(items)) => {
            items.len() == *length as usize && items.iter().all(|value| has_shape(item, value))
        }
        (Shape::Map(map), Val::Map(entries)) => {
            let fits = |(key, value): &(Val, Val)| {
                has_shape(&map.key, key) && has_shape(&map.value, value)
            };
            entries.iter().all(fits)
        }
        (Shape::Record(record), Val::Record(values)) => {
            let fields = record.fields();
            let mut pairs = fields.iter().zip(values);
            fields.len() == values.len()
                && pairs.all(|(field, (name, value))| {
                    *field.name == **name && has_shape(&field.shape, value)
                })
        }
        (Shape::Tuple(shapes), Val::Tuple(values)) => {
            let mut pairs = shapes.iter().zip(values);
            shapes.len() == values.len() && pairs.all(|(shape, value)| has_shape(shape, value))
        }
        (Shape::Variant(variant), Val::Variant(name, payload)) => {
            let case = variant.cases().iter().find(|case| *case.name == **name);
            case.is_some_and(|case| payload_fits(&case.payload, payload))
        }
        (Shape::Enum(names), Val::Enum(name)) => names.iter().any(|case| case == name),
        (Shape::Flags(names), Val::Flags(set)) => {
            // In declaration order, each once: a subsequence.
            let mut left = names.iter();
            set.iter().all(|name| left.any(|flag| flag == name))
        }
        (Shape::Option(inner), Val::Option(value)) => {
            value.as_ref().is_none_or(|value| has_shape(inner, value))
        }
        (Shape::Result(pair), Val::Result(Ok(value))) => payload_fits(&pair.ok, value),
        (Shape::Result(pair), Val::Result(Err(value))) => payload_fits(&pair.err, value),
        _ => false,
    }
}

/// Whether a JSON value is one this type is written as, told from the table in the module's documentation alone.
fn is_form_of(shape: &Shape, json: &Value) -> bool {
    let within = |low: i64, high: i64| json.as_i64().is_some_and(|n| (low..=high).contains(&n));
    let text = json.as_str();
    let decimal = |digits: &str| digits.strip_prefix('-').unwrap_or(digits).len() >= 16;
    match shape {
        Shape::Bool => json.is_boolean(),
        Shape::S8 => within(-128, 127),
        Shape::U8 => within(0, 255),
        Shape::S16 => within(-32_768, 32_767),
        Shape::U16 => within(0, 65_535),
        Shape::S32 => within(i32::MIN.into(), i32::MAX.into()),
        Shape::U32 => within(0, u32::MAX.into()),
        Shape::S64 => match text {
            None => within(1 - (1 << 53), (1 << 53) - 1),
            Some(digits) => decimal(digits) && digits.parse::<i64>().is_ok(),
        },
        Shape::U64 => match text {
            None => within(0, (1 << 53) - 1),
            Some(digits) => decimal(digits) && digits.parse::<u64>().is_ok(),
        },
        Shape::F32 | Shape::F64 => {
            json.is_number() || matches!(text, Some("NaN" | "Infinity" | "-Infinity"))
        }
        Shape::Char => text.is_some_and(|text| text.chars().count() == 1),
        Shape::String => text.is_some(),
        Shape::Bytes => text.is_some_and(|text| text.len().is_multiple_of(4)),
        Shape::Enum(names) => names.iter().any(|name| Some(name) == text),
        _ => is_compound_of(shape, json),
    }
}

fn is_compound_of(shape: &Shape, json: &Value) -> bool {
    let (items, object) = (json.as_array(), json.as_object());
    let all = |item: &Shape| items.is_some_and(|all| all.iter().all(|one| is_form_of(item, one)));
    let length = items.map(Vec::len);
    let payload = |shape: &Option<Shape>, json: &Value| match shape {
        Some(shape) => is_form_of(shape, json),
        None => json.is_null(),
    };
    let only = object
        .filter(|object| object.len() == 1)
        .and_then(|object| object.iter().next());
    match shape {
        Shape::List(item) => all(item),
        Shape::FixedList(item, count) => length == Some(*count as usize) && all(item),
        Shape::Map(map) if map.key == Shape::String => {
            object.is_some_and(|object| object.values().all(|value| is_form_of(&map.value, value)))
        }
        Shape::Map(map) => all(&Shape::tuple([map.key.clone(), map.value.clone()])),
        Shape::Record(record) => object.is_some_and(|object| {
            let fits = |value: &Value, shape: &Shape| is_form_of(shape, value);
            object.len() == record.fields().len()
                && record.fields().iter().all(|field| {
                    object
                        .get(&*field.name)
                        .is_some_and(|value| fits(value, &field.shape))
                })
        }),
        Shape::Tuple(shapes) => items.is_some_and(|items| {
            let mut pairs = shapes.iter().zip(items);
            shapes.len() == items.len() && pairs.all(|(shape, item)| is_form_of(shape, item))
        }),
        Shape::Variant(variant) => variant.cases().iter().any(|case| match &case.payload {
            None => json.as_str() == Some(&*case.name),
            Some(shape) => {
                only.is_some_and(|(key, value)| **key == *case.name && is_form_of(shape, value))
            }
        }),
        Shape::Flags(names) => items.is_some_and(|items| {
            let known = |item: &Value| names.iter().any(|name| item.as_str() == Some(name));
            items.iter().all(known)
        }),
        Shape::Option(inner) if matches!(**inner, Shape::Option(_)) => {
            let some = |(key, value): (&String, &Value)| key == "some" && is_form_of(inner, value);
            json.is_null() || only.is_some_and(some)
        }
        Shape::Option(inner) => json.is_null() || is_form_of(inner, json),
        Shape::Result(pair) => only.is_some_and(|(key, value)| match key.as_str() {
            "ok" => payload(&pair.ok, value),
            "err" => payload(&pair.err, value),
            _ => false,
        }),
        _ => false,
    }
}

/// Reads a type from its line; every line is one.
struct Reader<'l> {
    left: std::str::Chars<'l>,
    parts: usize,
}

impl<'l> Reader<'l> {
    fn new(line: &'l str) -> Self {
        Reader {
            left: line.chars(),
            parts: MAX_PARTS,
        }
    }

    fn shape(&mut self, depth: usize) -> Shape {
        let letter = self.left.next().unwrap_or('s');
        self.parts = self.parts.saturating_sub(1);
        let deeper = depth + 1;
        match letter {
            'b' => Shape::Bool,
            '1' => Shape::S8,
            '2' => Shape::U8,
            '3' => Shape::S16,
            '4' => Shape::U16,
            '5' => Shape::S32,
            '6' => Shape::U32,
            '7' => Shape::S64,
            '8' => Shape::U64,
            'f' => Shape::F32,
            'd' => Shape::F64,
            'c' => Shape::Char,
            'y' => Shape::Bytes,
            'e' => Shape::enumeration(self.names(1)),
            'g' => Shape::flags(self.names(1)),
            _ if depth == MAX_DEPTH || self.parts == 0 => Shape::String,
            'L' => Shape::list(self.shape(deeper)),
            'F' => {
                let count = self.count();
                Shape::fixed_list(self.shape(deeper), u32::try_from(count).unwrap_or(0))
            }
            'M' => Shape::map(self.shape(deeper), self.shape(deeper)),
            'O' => Shape::option(self.shape(deeper)),
            'T' => Shape::tuple(
                (0..self.count())
                    .map(|_| self.shape(deeper))
                    .collect::<Vec<_>>(),
            ),
            'R' => Shape::record(
                self.names(0)
                    .map(|name| (name, self.shape(deeper)))
                    .collect::<Vec<_>>(),
            ),
            'V' => Shape::variant(
                self.names(1)
                    .map(|name| (name, self.payload(deeper)))
                    .collect::<Vec<_>>(),
            ),
            'Q' => Shape::result(self.payload(deeper), self.payload(deeper)),
            _ => Shape::String,
        }
    }

    fn payload(&mut self, depth: usize) -> Option<Shape> {
        let mut ahead = self.left.clone();
        if ahead.next() == Some('-') {
            self.left = ahead;
            return None;
        }
        Some(self.shape(depth))
    }

    fn count(&mut self) -> usize {
        let digit = self.left.next().and_then(|letter| letter.to_digit(10));
        digit.map_or(1, |digit| digit as usize)
    }

    fn names(&mut self, least: usize) -> impl Iterator<Item = &'static str> + use<> {
        let count = self.count().clamp(least, NAMES.len());
        NAMES.into_iter().take(count)
    }
}
