//! Objects as rows: an array of them, an object that has such an array, or one per line.

use std::collections::HashMap;

use serde_json::{Deserializer, Map, Value};

use super::text::decode;
use crate::{
    bindings::{ColumnType, metier::skill::types::Error},
    cell::{Cell, integer},
    frame::{Column, Frame, fits, names},
    infer,
};

/// Reads all objects. A column is a member any of them has; an object in a member makes columns such as `address.city`.
pub fn objects(bytes: Vec<u8>) -> Result<Frame, Error> {
    let (text, remark) = decode(bytes);
    let objects = find(&text)?;
    fits(1, objects.len())?;
    let mut table = Table::default();
    for (at, object) in objects.into_iter().enumerate() {
        let Value::Object(object) = object else {
            return Err(Error::InvalidInput(format!(
                "item {} of the JSON is no object; a table is an array of objects",
                at + 1
            )));
        };
        table.push(object)?;
    }
    let mut remarks: Vec<String> = remark.into_iter().collect();
    let width = table.names.len();
    for row in &mut table.rows {
        row.resize(width, Cell::Empty);
    }
    let columns = names(table.names, &mut remarks)
        .into_iter()
        .map(|name| Column {
            name,
            kind: ColumnType::Text,
        });
    let mut frame = Frame {
        columns: columns.collect(),
        rows: table.rows,
        remarks,
    };
    if frame.columns.is_empty() {
        return Err(Error::InvalidInput(
            "the JSON has no objects with members, so there is no table in it".to_owned(),
        ));
    }
    infer::cells(&mut frame);
    Ok(frame)
}

/// The objects, wherever they are.
fn find(text: &str) -> Result<Vec<Value>, Error> {
    let mut values = Vec::new();
    for value in Deserializer::from_str(text).into_iter::<Value>() {
        let value =
            value.map_err(|error| Error::InvalidInput(format!("the file is no JSON: {error}")))?;
        fits(1, values.len() + 1)?;
        values.push(value);
    }
    let one = match <[Value; 1]>::try_from(values) {
        Ok([one]) => one,
        Err(lines) => return Ok(lines),
    };
    match one {
        Value::Array(items) => Ok(items),
        Value::Object(mut object) => {
            let is_table = |value: &Value| {
                value
                    .as_array()
                    .is_some_and(|items| items.first().is_some_and(Value::is_object))
            };
            let tables: Vec<String> = object
                .iter()
                .filter(|(_, value)| is_table(value))
                .map(|(name, _)| name.clone())
                .collect();
            match tables.as_slice() {
                [] => Ok(vec![Value::Object(object)]),
                [name] => match object.remove(name) {
                    Some(Value::Array(items)) => Ok(items),
                    _ => Ok(Vec::new()),
                },
                _ => Err(Error::InvalidInput(format!(
                    "the JSON has several arrays of objects ({}); give a file with one",
                    tables.join(", ")
                ))),
            }
        }
        _ => Err(Error::InvalidInput(
            "the JSON is no array of objects".to_owned(),
        )),
    }
}

#[derive(Default)]
struct Table {
    names: Vec<String>,
    places: HashMap<String, usize>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    fn push(&mut self, object: Map<String, Value>) -> Result<(), Error> {
        let mut row = vec![Cell::Empty; self.names.len()];
        self.members("", object, &mut row)?;
        fits(self.names.len(), self.rows.len() + 1)?;
        self.rows.push(row);
        Ok(())
    }

    fn members(
        &mut self,
        prefix: &str,
        object: Map<String, Value>,
        row: &mut Vec<Cell>,
    ) -> Result<(), Error> {
        for (name, value) in object {
            let name = format!("{prefix}{name}");
            match value {
                Value::Object(inner) if !inner.is_empty() => {
                    self.members(&format!("{name}."), inner, row)?
                }
                value => {
                    let at = self.place(name)?;
                    if row.len() <= at {
                        row.resize(at + 1, Cell::Empty);
                    }
                    if let Some(place) = row.get_mut(at) {
                        *place = cell(value);
                    }
                }
            }
        }
        Ok(())
    }

    fn place(&mut self, name: String) -> Result<usize, Error> {
        if let Some(at) = self.places.get(&name) {
            return Ok(*at);
        }
        let at = self.names.len();
        fits(at + 1, 0)?;
        self.places.insert(name.clone(), at);
        self.names.push(name);
        Ok(at)
    }
}

/// Lists stay JSON text: SQLite's `json_each` reads them.
fn cell(value: Value) -> Cell {
    match value {
        Value::Null => Cell::Empty,
        Value::Bool(yes) => Cell::Boolean(yes),
        Value::Number(number) => {
            let text = number.to_string();
            let fraction = || crate::cell::number(&text).filter(|_| text.contains(['.', 'e', 'E']));
            integer(&text)
                .map(Cell::Integer)
                .or_else(|| fraction().map(Cell::Number))
                .unwrap_or(Cell::Text(text))
        }
        Value::String(text) => Cell::Text(text),
        value => Cell::Text(value.to_string()),
    }
}
