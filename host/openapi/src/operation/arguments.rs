//! The arguments of a tool: their names, their schemas, and the object they are members of.

use std::collections::BTreeSet;

use metier_openapi_plan::{Parameter, Place as In, Type};
use serde_json::{Map, Value, json};

use super::names;
use super::parameter::Described;
use crate::document::{Document, RefError};
use crate::pointer::Place;
use crate::schema::{Converter, Direction, Finished, allowed};
use crate::text;

/// Longest description of an argument, in characters.
const MAX_DESCRIPTION: usize = 600;

/// The arguments so far.
pub(super) struct Arguments<'d> {
    document: &'d Document,
    pub converter: Converter<'d>,
    properties: Map<String, Value>,
    required: Vec<Value>,
    names: BTreeSet<String>,
}

impl<'d> Arguments<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        Arguments {
            document,
            converter: Converter::new(document, Direction::Input),
            properties: Map::new(),
            required: Vec::new(),
            names: BTreeSet::new(),
        }
    }

    /// Adds a parameter, under a name of its own.
    pub(super) fn parameter(&mut self, described: &Described<'d>) -> Result<Parameter, RefError> {
        let argument = self.unused(&names::argument(described.name), word(described.place));
        let schema = match described.schema {
            Some(schema) => self.converter.part(schema, Place::At(&described.pointer))?,
            None => json!({}),
        };
        let schema = with_words(schema, described.description, described.deprecated);
        self.insert(argument.clone(), schema, described.required);
        let types = described
            .schema
            .map_or_else(Vec::new, |schema| allowed(self.document, schema));
        Ok(Parameter {
            argument,
            name: described.name.to_owned(),
            place: described.place,
            required: described.required,
            types,
            style: described.style,
            explode: described.explode,
            allow_reserved: described.allow_reserved,
            json: described.json,
            allow_empty: described.allow_empty,
        })
    }

    /// Adds a path parameter nobody described.
    pub(super) fn undescribed(&mut self, name: &str) -> Parameter {
        let argument = self.unused(&names::argument(name), "path");
        self.insert(argument.clone(), json!({"type": "string"}), true);
        Parameter {
            argument,
            name: name.to_owned(),
            place: In::Path,
            required: true,
            types: vec![Type::String],
            ..Parameter::default()
        }
    }

    /// Adds an argument under a name that is free.
    pub(super) fn insert(&mut self, argument: String, schema: Value, required: bool) {
        if required {
            self.required.push(argument.as_str().into());
        }
        self.names.insert(argument.clone());
        self.properties.insert(argument, schema);
    }

    /// The name; with its place or a number behind it where it is taken.
    pub(super) fn unused(&self, wanted: &str, place: &str) -> String {
        let placed = format!("{wanted}_{place}");
        let numbered = (2..).map(|number| format!("{placed}_{number}"));
        let mut names = [wanted.to_owned(), placed.clone()]
            .into_iter()
            .chain(numbered);
        names
            .find(|name| !self.names.contains(name))
            .unwrap_or(placed)
    }

    /// Whether no argument has the name yet.
    pub(super) fn is_free(&self, name: &str) -> bool {
        !self.names.contains(name)
    }

    /// The schema of all of them: an object that has nothing else.
    pub(super) fn finish(self) -> Result<Finished, RefError> {
        let mut root = Map::new();
        root.insert("type".to_owned(), "object".into());
        root.insert("properties".to_owned(), Value::Object(self.properties));
        if !self.required.is_empty() {
            root.insert("required".to_owned(), Value::Array(self.required));
        }
        root.insert("additionalProperties".to_owned(), false.into());
        self.converter.finish(root)
    }
}

/// The schema with the words of the parameter or body it belongs to, which know more than it does.
pub(super) fn with_words(schema: Value, description: &str, deprecated: bool) -> Value {
    let mut object = match schema {
        Value::Object(object) => object,
        other => return other,
    };
    let description = text::prose(description, MAX_DESCRIPTION);
    if !description.is_empty() {
        object.shift_remove("title");
        object.insert("description".to_owned(), description.into());
    }
    if deprecated {
        object.insert("deprecated".to_owned(), true.into());
    }
    Value::Object(object)
}

fn word(place: In) -> &'static str {
    match place {
        In::Path => "path",
        In::Query => "query",
        In::Header => "header",
        In::Cookie => "cookie",
    }
}
