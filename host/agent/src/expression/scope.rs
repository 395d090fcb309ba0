//! The names an expression may use.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

/// Names and their values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope(BTreeMap<String, Value>);

impl Scope {
    /// Without any name.
    pub fn new() -> Self {
        Scope::default()
    }

    /// With one more name.
    pub fn with(mut self, name: impl Into<String>, value: Value) -> Self {
        self.0.insert(name.into(), value);
        self
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Every name, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter()
    }
}

/// JSON as CEL. The crate's own conversion makes every whole number a `uint`, which `+ 1` then refuses.
pub(super) fn to_cel(value: &Value) -> cel::Value {
    match value {
        Value::Null => cel::Value::Null,
        Value::Bool(answer) => cel::Value::Bool(*answer),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(int), _) => cel::Value::Int(int),
            (None, Some(uint)) => cel::Value::UInt(uint),
            (None, None) => cel::Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => {
            cel::Value::List(items.iter().map(to_cel).collect::<Vec<_>>().into())
        }
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| (name.clone(), to_cel(value));
            let fields: HashMap<String, cel::Value> = fields.iter().map(field).collect();
            fields.into()
        }
    }
}
