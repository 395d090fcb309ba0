//! Records to rows under columns.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use crate::bindings::FieldValue;

/// How deep relationships are flattened; Salesforce's own limit is five.
const MAX_DEPTH: usize = 6;

/// Rows that learn their columns as they come.
#[derive(Debug, Default)]
pub struct Rows {
    columns: Vec<String>,
    places: HashMap<String, usize>,
    rows: Vec<Vec<Option<String>>>,
    /// Whether the object of each record gets a column of its own.
    typed: bool,
}

impl Rows {
    /// Rows of records of several objects: the first column, `type`, says which.
    pub fn typed() -> Self {
        Self {
            typed: true,
            ..Self::default()
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Add a record; what is no object becomes an empty row.
    pub fn push(&mut self, record: &Json) {
        let mut cells = Vec::new();
        if self.typed {
            let object = record
                .get("attributes")
                .and_then(|attributes| attributes.get("type"));
            cells.push((
                "type".to_owned(),
                object.and_then(Json::as_str).map(str::to_owned),
            ));
        }
        if let Some(members) = record.as_object() {
            flatten(members, "", 0, &mut cells);
        }
        let mut row = vec![None; self.columns.len()];
        for (name, cell) in cells {
            let place = self.place(name);
            if place >= row.len() {
                row.resize(place + 1, None);
            }
            if let Some(slot) = row.get_mut(place) {
                *slot = cell;
            }
        }
        self.rows.push(row);
    }

    /// The columns and the rows, all of one width.
    ///
    /// A relationship that is null in one record (`Account` for `Account.Name`) gives way to the
    /// columns that other records have below it.
    pub fn finish(mut self) -> (Vec<String>, Vec<Vec<Option<String>>>) {
        let is_stem = |name: &str| {
            let stem = format!("{name}.");
            self.columns.iter().any(|other| other.starts_with(&stem))
        };
        let kept: Vec<bool> = self.columns.iter().map(|name| !is_stem(name)).collect();
        let width = self.columns.len();
        for row in &mut self.rows {
            row.resize(width, None);
            keep(row, &kept);
        }
        keep(&mut self.columns, &kept);
        (self.columns, self.rows)
    }

    fn place(&mut self, name: String) -> usize {
        let next = self.columns.len();
        *self.places.entry(name).or_insert_with_key(|name| {
            self.columns.push(name.clone());
            next
        })
    }
}

fn keep<T>(items: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    items.retain(|_| kept.next().copied().unwrap_or(true));
}

/// One record as names and values.
pub fn fields(record: &Map<String, Json>) -> Vec<FieldValue> {
    let mut cells = Vec::new();
    flatten(record, "", 0, &mut cells);
    cells
        .into_iter()
        .map(|(name, value)| FieldValue { name, value })
        .collect()
}

/// Members as dotted names and text, without the `attributes` of each record.
fn flatten(
    members: &Map<String, Json>,
    prefix: &str,
    depth: usize,
    cells: &mut Vec<(String, Option<String>)>,
) {
    for (name, value) in members {
        if name == "attributes" {
            continue;
        }
        let name = format!("{prefix}{name}");
        match value {
            // A sub-query's answer is a list of records, not a related record: it stays one cell.
            Json::Object(inner) if depth < MAX_DEPTH && !inner.contains_key("records") => {
                flatten(inner, &format!("{name}."), depth + 1, cells);
            }
            _ => cells.push((name, text(value))),
        }
    }
}

/// A value as text; lists and what is too deep as JSON.
fn text(value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        _ => Some(value.to_string()),
    }
}

#[cfg(test)]
mod tests;
