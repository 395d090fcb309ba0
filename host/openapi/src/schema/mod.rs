//! Schemas of a description as JSON Schema 2020-12, each complete in itself.
//!
//! What a tool's schema needs is copied, translated and bounded: references become `$defs` of the schema itself, so cycles stay
//! what they are; a part used once stands where it is used. The keywords of older drafts are said in today's (`nullable`,
//! `exclusiveMinimum: true`, tuple `items`); what only decorates (`example`, `xml`, `discriminator`, extensions) is left out; what is
//! no valid keyword is left out with a note. What a caller may not send (`readOnly`) is not in an input, what a service never answers
//! (`writeOnly`) not in an output.
//!
//! A schema has a budget. Parts are taken breadth first until it is spent; what does not fit accepts anything, and a note says so.

mod bounds;
mod defs;
mod inline;
mod keywords;
mod pattern;
mod types;
mod whole;

use serde_json::{Map, Value};

use crate::document::{Document, RefError};
use crate::pointer::Place;

pub use types::Types;
pub(crate) use types::allowed;

/// Most parts of one schema: enough for the largest request bodies people write by hand.
const MAX_PARTS: usize = 1000;

/// Most text in one schema, in bytes: a model reads all of it.
const MAX_TEXT_BYTES: usize = 96 * 1024;

/// Deepest schema within schemas; the JSON of it stays well inside the 128 levels readers allow.
const MAX_DEPTH: usize = 20;

/// Longest description of one part, in characters; a tool's own has more room.
const MAX_DESCRIPTION: usize = 400;

/// Which way a value travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the caller to the service: without `readOnly`.
    Input,
    /// From the service to the caller: without `writeOnly`.
    Output,
}

/// Something a schema said that could not be kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum SchemaNote {
    /// More than [`MAX_PARTS`] parts, [`MAX_TEXT_BYTES`] of text or [`MAX_DEPTH`] levels.
    #[error("the schema is too large for a tool; its deepest parts accept anything")]
    Cut,
    /// A reference to nothing.
    #[error("{0}; any value is accepted there")]
    Missing(String),
    /// A keyword with a value it cannot have.
    #[error("`{0}` has a value no JSON Schema gives it; it is left out")]
    Keyword(String),
    /// No schema where one belongs.
    #[error("there is no schema here; any value is accepted")]
    NoSchema,
}

/// Makes the schemas of one tool's arguments or answer.
pub struct Converter<'d> {
    document: &'d Document,
    direction: Direction,
    parts_left: usize,
    text_left: usize,
    defs: defs::Defs<'d>,
    /// Where each note belongs; bounded, the rest is counted by nobody.
    notes: Vec<(String, SchemaNote)>,
}

/// Most notes of one schema: the first few say what kind of description it is.
const MAX_NOTES: usize = 8;

impl<'d> Converter<'d> {
    /// For one schema.
    pub fn new(document: &'d Document, direction: Direction) -> Self {
        Converter {
            document,
            direction,
            parts_left: MAX_PARTS,
            text_left: MAX_TEXT_BYTES,
            defs: defs::Defs::default(),
            notes: Vec::new(),
        }
    }

    /// Translates one schema that will be part of the result; the parts it refers to come with [`Converter::finish`].
    ///
    /// # Errors
    /// A reference out of the file.
    pub(crate) fn part(&mut self, schema: &'d Value, place: Place<'_>) -> Result<Value, RefError> {
        self.node(schema, place, 0)
    }

    /// Puts what was referred to under `$defs` of `root`, or where it is used when that is one place.
    ///
    /// # Errors
    /// A reference out of the file.
    pub(crate) fn finish(mut self, root: Map<String, Value>) -> Result<Finished, RefError> {
        while let Some((index, target)) = self.defs.next() {
            let pointer = self.defs.pointer(index).to_owned();
            let schema = self.node(target, Place::At(&pointer), 1)?;
            self.defs.set(index, schema);
        }
        let schema = inline::assemble(root, self.defs);
        Ok(Finished {
            schema,
            notes: self.notes,
        })
    }

    fn node(
        &mut self,
        schema: &'d Value,
        place: Place<'_>,
        depth: usize,
    ) -> Result<Value, RefError> {
        let object = match schema {
            Value::Object(object) => object,
            Value::Bool(_) => return Ok(schema.clone()),
            _ => {
                self.note(place, SchemaNote::NoSchema);
                return Ok(anything());
            }
        };
        if depth >= MAX_DEPTH || self.parts_left == 0 {
            self.note(place, SchemaNote::Cut);
            return Ok(anything());
        }
        self.parts_left -= 1;
        keywords::translate(self, object, place, depth)
    }

    fn note(&mut self, place: Place<'_>, note: SchemaNote) {
        let known = note == SchemaNote::Cut && self.notes.iter().any(|(_, n)| *n == note);
        if self.notes.len() < MAX_NOTES && !known {
            self.notes.push((place.to_string(), note));
        }
    }

    /// Takes so much text from the budget, if it is there.
    fn afford(&mut self, bytes: usize) -> bool {
        let affordable = bytes <= self.text_left;
        if affordable {
            self.text_left -= bytes;
        }
        affordable
    }
}

/// A schema and what it could not keep.
pub(crate) struct Finished {
    pub schema: Value,
    pub notes: Vec<(String, SchemaNote)>,
}

/// Whether a part of a request body is answered only, and never sent.
pub(crate) fn hidden_from_input(document: &Document, member: &Value) -> bool {
    keywords::travels_otherwise(document, Direction::Input, member)
}

/// The schema of any value.
pub(crate) fn anything() -> Value {
    Value::Object(Map::new())
}
