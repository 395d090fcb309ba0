//! The fields of a JSON object, read one by one, so that every mistake names its parameter and nothing is left out in silence.

use std::fmt;

use axum::http::StatusCode;
use metier_core::ids::shown;
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::failure::Failure;

/// Most fields of one object. OpenAI's requests have fewer than forty.
const MAX_FIELDS: usize = 64;

/// An object whose fields were not looked at yet.
pub struct Fields<'b> {
    /// What stands before the names: `messages[3].`.
    at: String,
    fields: Vec<(String, &'b RawValue)>,
}

/// A value that changes nothing.
#[derive(Clone, Copy)]
pub enum Usual {
    /// A truth.
    Truth(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(&'static str),
    /// An empty list or object.
    Empty,
}

impl<'b> Fields<'b> {
    /// Of a whole body.
    ///
    /// # Errors
    /// When it is no JSON, or no object.
    pub fn of_body(body: &'b [u8]) -> Result<Self, Failure> {
        let fields: Object<'b> = serde_json::from_slice(body).map_err(|error| {
            let message = format!("The body cannot be read: {error}.");
            Failure::request(StatusCode::BAD_REQUEST, message)
        })?;
        Ok(Fields {
            at: String::new(),
            fields: fields.0,
        })
    }

    /// Of an object within, which the request calls `at`.
    ///
    /// # Errors
    /// When it is none.
    pub fn of(object: &'b RawValue, at: &str) -> Result<Self, Failure> {
        let fields: Object<'b> = read(object, at)?;
        Ok(Fields {
            at: format!("{at}."),
            fields: fields.0,
        })
    }

    /// What the request calls a field.
    pub fn path(&self, name: &str) -> String {
        format!("{}{name}", self.at)
    }

    /// Takes a field as it was written; null is as good as none.
    pub fn raw(&mut self, name: &str) -> Option<&'b RawValue> {
        let at = self.fields.iter().position(|(field, _)| field == name)?;
        let (_, value) = self.fields.swap_remove(at);
        (value.get() != "null").then_some(value)
    }

    /// A copy of a field that is read later; null is as good as none.
    pub fn peek(&self, name: &str) -> Option<Box<RawValue>> {
        let (_, value) = self.fields.iter().find(|(field, _)| field == name)?;
        (value.get() != "null").then(|| (*value).to_owned())
    }

    /// Takes a field.
    ///
    /// # Errors
    /// When it is of another type.
    pub fn get<T: Deserialize<'b>>(&mut self, name: &str) -> Result<Option<T>, Failure> {
        let raw = self.raw(name);
        raw.map(|raw| read(raw, &self.path(name))).transpose()
    }

    /// Takes a field that has to be there.
    ///
    /// # Errors
    /// When it is not there, or of another type.
    pub fn need<T: Deserialize<'b>>(&mut self, name: &str) -> Result<T, Failure> {
        let found = self.get(name)?;
        found.ok_or_else(|| {
            let path = self.path(name);
            let message = format!("Missing required parameter: '{path}'.");
            Failure::invalid(path, message).coded("missing_required_parameter")
        })
    }

    /// Takes a number that has to be within bounds.
    ///
    /// # Errors
    /// When it is not.
    pub fn within(&mut self, name: &str, least: f64, most: f64) -> Result<Option<f64>, Failure> {
        let number = self.get::<f64>(name)?;
        match number {
            Some(number) if !(least..=most).contains(&number) => {
                let path = self.path(name);
                let message = format!("'{path}' is a number from {least} to {most}.");
                Err(Failure::invalid(path, message))
            }
            number => Ok(number),
        }
    }

    /// Takes fields that this host cannot do anything with, where they say what holds anyway.
    ///
    /// # Errors
    /// When one of them says something else.
    pub fn usual(&mut self, fields: &[(&str, Usual)]) -> Result<(), Failure> {
        for (name, usual) in fields {
            if let Some(value) = self.raw(name)
                && !usual.is(value)
            {
                return Err(self.cannot(name));
            }
        }
        Ok(())
    }

    /// Forgets fields that change nothing.
    pub fn harmless(&mut self, names: &[&str]) {
        self.fields
            .retain(|(field, _)| !names.contains(&field.as_str()));
    }

    /// Whatever is left is refused, unless it is null.
    ///
    /// # Errors
    /// When something is left.
    pub fn done(self) -> Result<(), Failure> {
        let left = self.fields.iter().find(|(_, value)| value.get() != "null");
        match left {
            None => Ok(()),
            Some((name, _)) => Err(self.cannot(&shown(name))),
        }
    }

    fn cannot(&self, name: &str) -> Failure {
        let path = self.path(name);
        let message = format!(
            "Unsupported parameter: '{path}' with this value. Leave it out, or set what the provider calls so in the candidate's `options`."
        );
        Failure::unsupported(path, message)
    }
}

impl Usual {
    fn is(self, value: &RawValue) -> bool {
        let text = value.get();
        match self {
            Usual::Truth(truth) => text == if truth { "true" } else { "false" },
            Usual::Number(number) => text.parse::<f64>().is_ok_and(|told| told == number),
            Usual::Text(word) => {
                serde_json::from_str::<String>(text).is_ok_and(|told| told == word)
            }
            Usual::Empty => text
                .bytes()
                .all(|byte| byte.is_ascii_whitespace() || b"[]{}".contains(&byte)),
        }
    }
}

/// A value of its own type.
///
/// # Errors
/// When it is of another.
pub fn read<'b, T: Deserialize<'b>>(raw: &'b RawValue, at: &str) -> Result<T, Failure> {
    serde_json::from_str(raw.get()).map_err(|error| {
        // The place within the field says nothing to whoever wrote the whole.
        let error = error.to_string();
        let why = error.split(" at line ").next().unwrap_or_default();
        let message = format!("Invalid value for '{at}': {why}.");
        Failure::invalid(at, message).coded("invalid_value")
    })
}

/// A list, item by item, each with what the request calls it.
///
/// # Errors
/// When it is none.
pub fn items<'b>(
    raw: &'b RawValue,
    at: &str,
) -> Result<impl Iterator<Item = (String, &'b RawValue)>, Failure> {
    let items: Vec<&'b RawValue> = read(raw, at)?;
    let named = move |(index, item): (usize, &'b RawValue)| (format!("{at}[{index}]"), item);
    let named: Vec<_> = items.into_iter().enumerate().map(named).collect();
    Ok(named.into_iter())
}

struct Object<'b>(Vec<(String, &'b RawValue)>);

impl<'de: 'b, 'b> Deserialize<'de> for Object<'b> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut fields: Vec<(String, &'de RawValue)> = Vec::with_capacity(8);
        while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
            if fields.len() == MAX_FIELDS {
                return Err(A::Error::custom(format!(
                    "an object has more than {MAX_FIELDS} fields"
                )));
            }
            if fields.iter().any(|(field, _)| *field == name) {
                return Err(A::Error::custom(format!(
                    "the field `{}` is there twice",
                    shown(&name)
                )));
            }
            fields.push((name, value));
        }
        Ok(Object(fields))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::{Fields, Usual};

    fn refused(body: &str) -> String {
        let failure = Fields::of_body(body.as_bytes()).err().unwrap();
        failure.said().message.clone()
    }

    #[test]
    fn every_field_is_asked_for_or_refused() {
        let mut fields = Fields::of_body(br#"{"a": 1, "b": null, "c": "x", "d": 0.0}"#).unwrap();
        assert_eq!(fields.get::<u32>("a").unwrap(), Some(1));
        assert_eq!(fields.get::<u32>("b").unwrap(), None);
        fields.usual(&[("d", Usual::Number(0.0))]).unwrap();
        let left = fields.done().err().unwrap();
        assert_eq!(left.said().param.as_deref(), Some("c"));
    }

    #[test]
    fn a_field_that_says_something_unusual_is_refused() {
        for (value, usual) in [
            ("true", Usual::Truth(false)),
            ("2", Usual::Number(1.0)),
            ("\"high\"", Usual::Text("medium")),
            ("[0]", Usual::Empty),
        ] {
            let body = format!("{{\"x\": {value}}}");
            let mut fields = Fields::of_body(body.as_bytes()).unwrap();
            assert!(fields.usual(&[("x", usual)]).is_err(), "{value}");
        }
    }

    #[test]
    fn what_is_no_plain_object_is_refused() {
        assert!(refused("[]").contains("an object"));
        assert!(refused(r#"{"a": 1, "a": 2}"#).contains("`a` is there twice"));
        assert!(refused("{\"a\": 1").contains("EOF"));
        let many: Vec<String> = (0..65).map(|n| format!("\"f{n}\": 0")).collect();
        assert!(refused(&format!("{{{}}}", many.join(","))).contains("more than 64"));
    }
}
