//! From the shape of an answer to how it is shown.

use super::Cell;
use crate::{
    json::{Json, Kind},
    text,
};

/// How an answer is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View<'a> {
    /// The answer is null: the tool has nothing to say.
    Nothing,
    /// One text or number.
    Text(String),
    /// One line per item.
    Lines(Vec<String>),
    /// Fields, then a table: either may be empty.
    Sheet(Vec<(String, Cell)>, Option<Table>),
    /// Anything else.
    Json(Json<'a>),
}

/// Rows under named columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The names, in order.
    pub columns: Vec<String>,
    /// As many cells each as there are columns.
    pub rows: Vec<Vec<Cell>>,
}

/// Decides how `answer` is shown.
pub fn view(answer: Json<'_>) -> View<'_> {
    match answer.kind() {
        Kind::Null => View::Nothing,
        Kind::String => View::Text(text::lines(&answer.string().unwrap_or_default())),
        Kind::Bool | Kind::Number => View::Text(answer.text().to_owned()),
        Kind::Array => array(answer).unwrap_or(View::Json(answer)),
        Kind::Object => object(answer).unwrap_or(View::Json(answer)),
    }
}

fn array(answer: Json<'_>) -> Option<View<'_>> {
    let items = answer.items()?;
    if !items.is_empty() && items.iter().all(|item| item.is_scalar()) {
        return Some(View::Lines(
            items.into_iter().map(|item| Cell::of(item).text).collect(),
        ));
    }
    match named(&items) {
        Some(pairs) => Some(View::Sheet(pairs, None)),
        None => Some(View::Sheet(Vec::new(), Some(of_objects(&items)?))),
    }
}

/// A list of `{"name": …, "value": …}` is a record written as a list: its fields are fields.
fn named(items: &[Json<'_>]) -> Option<Vec<(String, Cell)>> {
    (!items.is_empty()).then_some(())?;
    let pair = |item: &Json<'_>| match item.fields()?.as_slice() {
        [(name, key), (value, content)]
            if name == "name" && value == "value" && content.is_scalar() =>
        {
            Some((text::one_line(&key.string()?), Cell::of(*content)))
        }
        _ => None,
    };
    items.iter().map(pair).collect()
}

/// Scalar fields, and at most one table among them.
fn object(answer: Json<'_>) -> Option<View<'_>> {
    let mut fields = answer.fields()?;
    let table = match take_grid(&mut fields) {
        Some(table) => Some(table),
        None => take_list(&mut fields)?,
    };
    let mut pairs = Vec::new();
    for (name, value) in fields {
        let shown = match value.kind() {
            Kind::Object => return None,
            Kind::Array => joined(value)?,
            _ => Cell::of(value),
        };
        pairs.push((text::one_line(&name), shown));
    }
    (!pairs.is_empty() || table.is_some()).then_some(View::Sheet(pairs, table))
}

type Fields<'a> = Vec<(String, Json<'a>)>;

/// `columns` and `rows`: names once, then rows of values.
fn take_grid(fields: &mut Fields<'_>) -> Option<Table> {
    let at = |wanted: &str| fields.iter().position(|(name, _)| name == wanted);
    let (columns_at, rows_at) = (at("columns")?, at("rows")?);
    let names = fields[columns_at].1.items()?;
    let columns: Vec<String> = names.into_iter().map(column_name).collect::<Option<_>>()?;
    let mut rows = Vec::new();
    for row in fields[rows_at].1.items()? {
        let cells: Vec<Cell> = row_cells(row)?.into_iter().map(value_cell).collect();
        (cells.len() == columns.len()).then_some(())?;
        rows.push(cells);
    }
    let mut place = 0;
    fields.retain(|_| {
        place += 1;
        place - 1 != columns_at && place - 1 != rows_at
    });
    Some(Table { columns, rows })
}

/// A column is its name, or an object that has one.
fn column_name(column: Json<'_>) -> Option<String> {
    let name = match column.kind() {
        Kind::String => column.string(),
        Kind::Object => column
            .fields()?
            .into_iter()
            .find(|(name, _)| name == "name")?
            .1
            .string(),
        _ => None,
    };
    name.map(|name| text::one_line(&name))
}

/// A row is a list of values, or an object whose only field is one (`{"values": […]}`).
fn row_cells(row: Json<'_>) -> Option<Vec<Json<'_>>> {
    if let Some(items) = row.items() {
        return Some(items);
    }
    match row.fields()?.as_slice() {
        [(_, only)] => only.items(),
        _ => None,
    }
}

/// A variant with one payload (`{"text": "x"}`) is shown as the payload: a column of them is a column of values.
fn value_cell(value: Json<'_>) -> Cell {
    match value.fields().as_deref() {
        Some([(_, payload)]) if payload.is_scalar() => Cell::of(*payload),
        _ => Cell::of(value),
    }
}

/// The one field that is a list of flat objects. `None` is "cannot be shown as a sheet": there are two.
#[expect(
    clippy::option_option,
    reason = "the outer one is for `?`, as everywhere in this file"
)]
fn take_list(fields: &mut Fields<'_>) -> Option<Option<Table>> {
    let is_list = |value: &Json<'_>| {
        value.items().is_some_and(|items| {
            items
                .first()
                .is_some_and(|first| first.kind() == Kind::Object)
        })
    };
    let lists: Vec<usize> = fields
        .iter()
        .enumerate()
        .filter(|(_, (_, value))| is_list(value))
        .map(|(at, _)| at)
        .collect();
    match lists.as_slice() {
        [] => Some(None),
        [at] => {
            let (_, list) = fields.remove(*at);
            Some(Some(of_objects(&list.items()?)?))
        }
        _ => None,
    }
}

/// Objects whose values are scalars, with every name that occurs as a column, in order of appearance.
fn of_objects(items: &[Json<'_>]) -> Option<Table> {
    let objects: Vec<Fields<'_>> = items
        .iter()
        .map(|item| item.fields())
        .collect::<Option<_>>()?;
    let mut columns: Vec<String> = Vec::new();
    for (name, value) in objects.iter().flatten() {
        (value.is_scalar() || joined(*value).is_some()).then_some(())?;
        if !columns.contains(name) {
            columns.push(name.clone());
        }
    }
    (!columns.is_empty()).then_some(())?;
    let row = |fields: &Fields<'_>| {
        columns
            .iter()
            .map(|column| cell_of(fields, column))
            .collect()
    };
    let rows = objects.iter().map(row).collect();
    Some(Table {
        columns: columns.iter().map(|name| text::one_line(name)).collect(),
        rows,
    })
}

fn cell_of(fields: &Fields<'_>, column: &str) -> Cell {
    let found = fields.iter().find(|(name, _)| name == column);
    let null = || Cell {
        is_null: true,
        ..Cell::text("")
    };
    found.map_or_else(null, |(_, value)| {
        joined(*value).unwrap_or_else(|| Cell::of(*value))
    })
}

/// A short list of scalars reads as one value: `a, b, c`.
fn joined(value: Json<'_>) -> Option<Cell> {
    let items = value.items()?;
    let texts: Option<Vec<String>> = items
        .into_iter()
        .map(|item| item.is_scalar().then(|| Cell::of(item).text))
        .collect();
    Some(Cell::text(texts?.join(", ")))
}
