//! The org's records in memory: generated from a seed, then really created, changed and deleted.

pub mod catalogue;
mod generate;
pub mod schema;
pub mod value;
mod words;
mod write;

use std::collections::HashMap;

pub use catalogue::OBJECTS;
pub use schema::{Field, Fill, Kind, Object};
pub use value::Value;

use crate::error::ApiError;
use crate::id;

/// How many records of each object to generate.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Accounts; names stay unique up to a few thousand.
    pub accounts: usize,
    /// Contacts.
    pub contacts: usize,
    /// Opportunities.
    pub opportunities: usize,
    /// Cases.
    pub cases: usize,
}

impl Default for Sizes {
    /// Enough that an unpaged query of one object does not fit in one page.
    fn default() -> Self {
        Self {
            accounts: 1_200,
            contacts: 2_400,
            opportunities: 3_000,
            cases: 1_000,
        }
    }
}

/// One record: a value for every field of its object, in schema order.
#[derive(Clone, Debug)]
pub struct Record {
    /// What it is a record of.
    pub object: &'static Object,
    values: Vec<Value>,
}

impl Record {
    /// A record with nothing in it.
    #[must_use]
    pub fn empty(object: &'static Object) -> Self {
        Self {
            object,
            values: vec![Value::Null; object.fields.len()],
        }
    }

    /// The value in a column.
    #[must_use]
    pub fn at(&self, column: usize) -> &Value {
        self.values.get(column).unwrap_or(&Value::Null)
    }

    /// The value of a field; null when the object has no such field.
    #[must_use]
    pub fn get(&self, field: &str) -> &Value {
        self.object
            .column(field)
            .map_or(&Value::Null, |column| self.at(column))
    }

    /// Set a field, if the object has it.
    pub fn set(&mut self, field: &str, value: Value) {
        if let Some(column) = self.object.column(field) {
            self.values[column] = value;
        }
    }

    /// The 18-character id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.at(0).as_text().unwrap_or_default()
    }

    /// Whether it is in the recycle bin.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.get("IsDeleted") == &Value::Bool(true)
    }
}

/// All records of one object, in the order they were made.
#[derive(Debug)]
pub struct Table {
    /// What it holds.
    pub object: &'static Object,
    rows: Vec<Record>,
    by_id: HashMap<String, usize>,
}

impl Table {
    fn new(object: &'static Object) -> Self {
        Self {
            object,
            rows: Vec::new(),
            by_id: HashMap::new(),
        }
    }

    fn push(&mut self, record: Record) {
        self.by_id.insert(record.id().to_owned(), self.rows.len());
        self.rows.push(record);
    }

    /// Every record, deleted ones included.
    pub fn all(&self) -> impl Iterator<Item = &Record> {
        self.rows.iter()
    }

    /// A record by its 18-character id, deleted ones included.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Record> {
        self.by_id.get(id).and_then(|at| self.rows.get(*at))
    }

    fn get_mut(&mut self, id: &str) -> Option<&mut Record> {
        self.by_id.get(id).and_then(|at| self.rows.get_mut(*at))
    }
}

/// The whole org.
#[derive(Debug)]
pub struct Org {
    tables: Vec<Table>,
}

impl Org {
    /// An org that is the same for the same seed, day and sizes.
    #[must_use]
    pub fn generate(seed: u64, now: i64, sizes: Sizes) -> Self {
        let mut generator = generate::Generator::new(seed, now, sizes);
        Self {
            tables: OBJECTS
                .iter()
                .map(|object| generator.table(object))
                .collect(),
        }
    }

    /// The records of an object.
    ///
    /// # Errors
    /// `NOT_FOUND` when it is not an object of this org.
    pub fn table(&self, object: &Object) -> Result<&Table, ApiError> {
        self.tables
            .iter()
            .find(|table| std::ptr::eq(table.object, object))
            .ok_or_else(ApiError::not_found)
    }

    fn table_mut(&mut self, object: &Object) -> Result<&mut Table, ApiError> {
        self.tables
            .iter_mut()
            .find(|table| std::ptr::eq(table.object, object))
            .ok_or_else(ApiError::not_found)
    }

    /// A record that is not deleted, by 15- or 18-character id.
    ///
    /// # Errors
    /// As the REST API: `NOT_FOUND`, or `ENTITY_IS_DELETED` for one in the recycle bin.
    pub fn record(&self, object: &'static Object, id: &str) -> Result<&Record, ApiError> {
        let key = id::normalise(id)
            .filter(|key| key.starts_with(object.prefix))
            .ok_or_else(|| {
                ApiError::new(
                    404,
                    "NOT_FOUND",
                    format!("Provided external ID field does not exist or is not accessible: {id}"),
                )
            })?;
        match self.table(object)?.get(&key) {
            Some(record) if record.is_deleted() => Err(deleted()),
            Some(record) => Ok(record),
            None => Err(ApiError::not_found()),
        }
    }

    /// The record a reference field points at, when it is still there.
    #[must_use]
    pub fn follow(&self, target: &'static Object, reference: &Value) -> Option<&Record> {
        self.table(target)
            .ok()?
            .get(reference.as_text()?)
            .filter(|record| !record.is_deleted())
    }
}

fn deleted() -> ApiError {
    ApiError::new(404, "ENTITY_IS_DELETED", "entity is deleted")
}

#[cfg(test)]
mod tests;
