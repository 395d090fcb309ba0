//! A query whose names are looked up: what evaluation needs, and the errors only a schema can find.

use super::ast::{Function, Name, Query};
use super::condition;
use super::error::SoqlError;
use super::scope::Scope;
use super::test::Predicate;
use crate::org::{Field, Object};

/// The largest `OFFSET`; Salesforce's own.
const MAX_OFFSET: usize = 2_000;

pub(super) type Result<T> = std::result::Result<T, SoqlError>;

/// A field, and the way to it.
#[derive(Clone, Debug)]
pub struct Column {
    /// The reference columns to go through and what each leads to.
    pub hops: Vec<(usize, &'static Object)>,
    /// The relationship names of the hops, as the schema spells them.
    pub relations: Vec<&'static str>,
    /// The position in the last object.
    pub column: usize,
    /// The field there.
    pub field: &'static Field,
}

/// What one output value is.
#[derive(Clone, Debug)]
pub enum Output {
    /// A field.
    Field(Column),
    /// An aggregate; none counts records.
    Aggregate(Function, Option<Column>),
}

/// A query that can be run.
#[derive(Debug)]
pub struct Plan {
    /// The object.
    pub from: &'static Object,
    /// Which records.
    pub filter: Option<Predicate<Column>>,
    /// How to answer.
    pub shape: Shape,
    /// How many at most.
    pub limit: Option<usize>,
    /// How many to leave out.
    pub offset: usize,
}

/// The three kinds of answer.
#[derive(Debug)]
pub enum Shape {
    /// `SELECT COUNT()`: only a number.
    Count,
    /// Records.
    Rows(Vec<Column>, Vec<Key<Column>>),
    /// Groups of records.
    Groups(Groups),
}

/// A grouped answer.
#[derive(Debug)]
pub struct Groups {
    /// Names and values to answer.
    pub outputs: Vec<(String, Output)>,
    /// What to group by; nothing makes one group of everything.
    pub by: Vec<Column>,
    /// Which groups.
    pub having: Option<Predicate<Output>>,
    /// In which order.
    pub order: Vec<Key<Output>>,
}

/// One sort key.
#[derive(Clone, Debug)]
pub struct Key<K> {
    /// By what.
    pub operand: K,
    /// Largest first.
    pub descending: bool,
    /// Nulls last.
    pub nulls_last: bool,
}

/// Look up every name of `query`; `today` gives date literals their days.
///
/// # Errors
/// `INVALID_TYPE`, `INVALID_FIELD`, `MALFORMED_QUERY`, `NUMBER_OUTSIDE_VALID_RANGE`.
pub fn plan(query: &Query, today: i64) -> Result<Plan> {
    let from = Object::find(&query.from.text)
        .ok_or_else(|| SoqlError::unknown_object(query.from.at, &query.from.text))?;
    let scope = Scope { from, today };
    let filter = query
        .filter
        .as_ref()
        .map(|expr| condition::predicate(expr, today, &|operand| scope.plain(operand)));
    let offset = query.offset.unwrap_or(0);
    if offset > MAX_OFFSET {
        return Err(SoqlError::range(format!(
            "Maximum SOQL offset allowed is {MAX_OFFSET}"
        )));
    }
    Ok(Plan {
        from,
        filter: filter.transpose()?,
        shape: scope.shape(query)?,
        limit: query.limit,
        offset,
    })
}

/// Look up fields of an object by name, as `GET …/sobjects/Account/{id}?fields=` gives them.
///
/// # Errors
/// `INVALID_FIELD`.
pub fn columns(object: &'static Object, names: &[&str]) -> Result<Vec<Column>> {
    let scope = Scope {
        from: object,
        today: 0,
    };
    let column = |name: &&str| {
        scope.column(&Name {
            text: name.trim().to_owned(),
            at: 0,
        })
    };
    let columns = names.iter().map(column).collect::<Result<Vec<_>>>();
    // There is no query to point into.
    columns.map_err(|error| SoqlError { at: None, ..error })
}
