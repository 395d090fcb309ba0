//! The JSON Schema (2020-12) of a shape: what a model reads, and what every value written here validates against.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::encode::MAX_EXACT;
use super::function::{FunctionShape, ResultShape};
use super::names::Names;
use super::shape::{RecordShape, Shape, VariantShape};

/// The `$schema` of every tool schema.
pub const SCHEMA_DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Texts for a schema's `description`s, found by path.
///
/// A path starts with the function: `query` is the function, `query.soql` a parameter, `query.filter.limit` a field,
/// a case or a flag further in. Lists, options and map values do not count as steps, a map's key is the step `key`, a
/// place in a tuple its number, the sides of a result `ok` and `err`. What the function returns starts with
/// `query->`: `query->.records`.
pub trait Docs {
    /// The text for `path`, if there is one.
    fn text(&self, path: &str) -> Option<&str>;
}

/// No texts.
impl Docs for () {
    fn text(&self, _path: &str) -> Option<&str> {
        None
    }
}

impl Docs for BTreeMap<String, String> {
    fn text(&self, path: &str) -> Option<&str> {
        self.get(path).map(String::as_str)
    }
}

impl Shape {
    /// The schema of this type, without `$schema` and descriptions.
    pub fn schema(&self) -> Value {
        Writer {
            docs: &(),
            path: String::new(),
        }
        .shape(self)
        .into()
    }
}

impl FunctionShape {
    /// The schema of the arguments: an object with one property per parameter. `function` is its name in `docs`.
    pub fn input_schema(&self, function: &str, docs: &dyn Docs) -> Value {
        let mut schema = Writer {
            docs,
            path: function.to_owned(),
        }
        .record(&self.params);
        schema.insert("$schema".to_owned(), SCHEMA_DIALECT.into());
        schema.into()
    }

    /// The schema of what it returns when it succeeds. Its root may be of any type.
    pub fn output_schema(&self, function: &str, docs: &dyn Docs) -> Value {
        let mut writer = Writer {
            docs,
            path: format!("{function}->"),
        };
        let mut schema = match &self.result {
            ResultShape::None | ResultShape::Fallible { ok: None, .. } => {
                object(json!({"type": "null"}))
            }
            ResultShape::Plain(shape)
            | ResultShape::Fallible {
                ok: Some(shape), ..
            } => writer.described(shape),
        };
        schema.insert("$schema".to_owned(), SCHEMA_DIALECT.into());
        schema.into()
    }
}

type Schema = Map<String, Value>;

struct Writer<'d> {
    docs: &'d dyn Docs,
    path: String,
}

impl Writer<'_> {
    fn shape(&mut self, shape: &Shape) -> Schema {
        match shape {
            Shape::Bool => object(json!({"type": "boolean"})),
            Shape::S8 => integer(i8::MIN, i8::MAX),
            Shape::U8 => integer(u8::MIN, u8::MAX),
            Shape::S16 => integer(i16::MIN, i16::MAX),
            Shape::U16 => integer(u16::MIN, u16::MAX),
            Shape::S32 => integer(i32::MIN, i32::MAX),
            Shape::U32 => integer(u32::MIN, u32::MAX),
            Shape::S64 => exact_integer(i64::MIN, i64::MAX, "^(0|-?[1-9][0-9]{0,18})$"),
            Shape::U64 => exact_integer(u64::MIN, u64::MAX, "^(0|[1-9][0-9]{0,19})$"),
            // The shortest decimal of the largest f32 lies a little above it, and is what is written.
            Shape::F32 => float(
                json!({"type": "number", "minimum": -3.402_823_5e38, "maximum": 3.402_823_5e38}),
            ),
            Shape::F64 => float(json!({"type": "number"})),
            Shape::Char => object(json!({"type": "string", "minLength": 1, "maxLength": 1})),
            Shape::String => object(json!({"type": "string"})),
            Shape::Bytes => object(json!({"type": "string", "contentEncoding": "base64"})),
            Shape::List(item) => array([("items", self.shape(item).into())]),
            Shape::FixedList(item, length) => {
                let items = self.shape(item).into();
                array([
                    ("items", items),
                    ("minItems", (*length).into()),
                    ("maxItems", (*length).into()),
                ])
            }
            Shape::Map(map) if map.key == Shape::String => {
                object(json!({"type": "object", "additionalProperties": self.shape(&map.value)}))
            }
            Shape::Map(map) => {
                let pair = [
                    self.inside("key", &map.key).into(),
                    self.shape(&map.value).into(),
                ];
                array([("items", places(pair.into()).into())])
            }
            Shape::Record(record) => self.record(record),
            Shape::Tuple(items) => {
                let item =
                    |(place, shape): (usize, &Shape)| self.inside(&place.to_string(), shape).into();
                places(items.iter().enumerate().map(item).collect())
            }
            Shape::Variant(variant) => self.variant(variant),
            Shape::Enum(names) => self.names(names),
            Shape::Flags(names) => array([
                ("items", self.names(names).into()),
                ("uniqueItems", true.into()),
            ]),
            Shape::Option(inner) => self.option(inner),
            Shape::Result(pair) => {
                let mut side = |name, shape: &Option<Shape>| match shape {
                    Some(shape) => single(name, self.inside(name, shape).into()),
                    None => single(name, json!({"type": "null"})),
                };
                object(json!({"oneOf": [side("ok", &pair.ok), side("err", &pair.err)]}))
            }
        }
    }

    /// The schema with the description the current path has.
    fn described(&mut self, shape: &Shape) -> Schema {
        let mut schema = self.shape(shape);
        self.describe(&mut schema);
        schema
    }

    fn describe(&self, schema: &mut Schema) {
        if let Some(text) = self.docs.text(&self.path) {
            schema.insert("description".to_owned(), text.into());
        }
    }

    fn inside(&mut self, step: &str, shape: &Shape) -> Schema {
        self.at(step, |writer| writer.described(shape))
    }

    fn at<T>(&mut self, step: &str, write: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        self.path.push('.');
        self.path.push_str(step);
        let written = write(self);
        self.path.truncate(length);
        written
    }

    fn record(&mut self, record: &RecordShape) -> Schema {
        let (mut properties, mut required) = (Schema::new(), Vec::new());
        for field in record.fields() {
            properties.insert(
                field.name.to_string(),
                self.inside(&field.name, &field.shape).into(),
            );
            if !field.shape.is_option() {
                required.push(Value::from(&*field.name));
            }
        }
        object(json!({
            "type": "object", "properties": properties, "required": required, "additionalProperties": false,
        }))
    }

    fn variant(&mut self, variant: &VariantShape) -> Schema {
        let mut cases = Vec::new();
        for case in variant.cases() {
            let mut schema = match &case.payload {
                None => object(json!({"const": case.name})),
                Some(payload) => {
                    let payload = self.at(&case.name, |writer| writer.shape(payload));
                    single(&case.name, payload.into())
                }
            };
            self.at(&case.name, |writer| writer.describe(&mut schema));
            cases.push(Value::from(schema));
        }
        object(json!({"oneOf": cases}))
    }

    /// One of `names`; with a schema of its own for each where any of them has a text.
    fn names(&mut self, names: &Names) -> Schema {
        let mut any = false;
        let mut each = Vec::new();
        for name in names.iter() {
            let mut schema = object(json!({"const": name}));
            self.at(name, |writer| writer.describe(&mut schema));
            any |= schema.len() > 1;
            each.push(Value::from(schema));
        }
        if any {
            return object(json!({"type": "string", "oneOf": each}));
        }
        object(json!({"type": "string", "enum": names.iter().collect::<Vec<_>>()}))
    }

    fn option(&mut self, inner: &Shape) -> Schema {
        let mut schema = self.shape(inner);
        if inner.is_option() {
            return object(json!({"anyOf": [single("some", schema.into()), {"type": "null"}]}));
        }
        // A schema that constrains by its `type` alone takes null as a further type; any other is wrapped.
        let closed = ["enum", "const", "oneOf", "anyOf"]
            .iter()
            .any(|keyword| schema.contains_key(*keyword));
        match schema.get_mut("type") {
            Some(Value::String(one)) if !closed => {
                let both = json!([one, "null"]);
                schema.insert("type".to_owned(), both);
                schema
            }
            Some(Value::Array(several)) if !closed => {
                several.push("null".into());
                schema
            }
            _ => object(json!({"anyOf": [schema, {"type": "null"}]})),
        }
    }
}

fn object(value: Value) -> Schema {
    match value {
        Value::Object(schema) => schema,
        _ => Schema::new(),
    }
}

fn integer(minimum: impl Into<Value>, maximum: impl Into<Value>) -> Schema {
    object(json!({"type": "integer", "minimum": minimum.into(), "maximum": maximum.into()}))
}

fn exact_integer(minimum: impl Into<Value>, maximum: impl Into<Value>, pattern: &str) -> Schema {
    object(json!({
        "type": ["integer", "string"], "minimum": minimum.into(), "maximum": maximum.into(), "pattern": pattern,
        "$comment": format!("a decimal string where the magnitude is over {MAX_EXACT}"),
    }))
}

fn float(number: Value) -> Schema {
    object(json!({"anyOf": [number, {"enum": ["NaN", "Infinity", "-Infinity"]}]}))
}

fn array<const N: usize>(keywords: [(&str, Value); N]) -> Schema {
    let mut schema = object(json!({"type": "array"}));
    schema.extend(keywords.map(|(keyword, value)| (keyword.to_owned(), value)));
    schema
}

/// An array with a schema for each place and nothing after them.
fn places(schemas: Vec<Value>) -> Schema {
    let length = schemas.len();
    if length == 0 {
        return array([("maxItems", 0.into())]);
    }
    array([
        ("prefixItems", schemas.into()),
        ("items", false.into()),
        ("minItems", length.into()),
        ("maxItems", length.into()),
    ])
}

/// An object with one property.
fn single(name: &str, schema: Value) -> Schema {
    object(json!({
        "type": "object", "properties": {name: schema}, "required": [name], "additionalProperties": false,
    }))
}
