//! A table in memory, with the limits every reader keeps.

use std::collections::HashSet;

use crate::{
    bindings::{ColumnType, metier::skill::types::Error},
    cell::Cell,
};

/// Most columns of a table: SQLite's own limit is 2000, and what has more is no table people query.
pub const MAX_COLUMNS: usize = 1_000;

/// Most rows of a table: a million, which is also about what a sheet of Excel has.
pub const MAX_ROWS: usize = 1_048_576;

/// Most cells of a table: with what SQL makes of them, about what 512 MiB of memory hold.
pub const MAX_CELLS: usize = 6_000_000;

/// Longest name of a column, in characters; the rest is cut off.
const MAX_NAME: usize = 128;

/// A table: names, and rows of as many cells.
#[derive(Debug, Default, PartialEq)]
pub struct Frame {
    /// The columns, in their order.
    pub columns: Vec<Column>,
    /// The rows, each as long as `columns`.
    pub rows: Vec<Vec<Cell>>,
    /// What was noticed while reading.
    pub remarks: Vec<String>,
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Unlike every other in the table, case aside, and not empty.
    pub name: String,
    /// What its cells are.
    pub kind: ColumnType,
}

/// Gives each column a name of its own: what the file says, made one line; `column_3` where it says nothing; `name_2` where it
/// says the same again. SQL does not tell `Name` from `name`, so neither does this.
pub fn names(headers: Vec<String>, remarks: &mut Vec<String>) -> Vec<String> {
    let mut taken = HashSet::new();
    let (mut nameless, mut repeated) = (0, 0);
    let mut given = Vec::with_capacity(headers.len());
    for (at, header) in headers.into_iter().enumerate() {
        let mut base: String = header
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .replace('"', "'");
        base.retain(|letter| !letter.is_control());
        let mut base: String = base.chars().take(MAX_NAME).collect();
        if base.is_empty() {
            nameless += 1;
            base = format!("column_{}", at + 1);
        }
        let mut name = base.clone();
        let mut number = 1;
        while !taken.insert(name.to_lowercase()) {
            number += 1;
            name = format!("{base}_{number}");
        }
        repeated += u32::from(number > 1);
        given.push(name);
    }
    if nameless > 0 {
        remarks.push(format!(
            "{nameless} columns have no name in the file; they are called `column_` and their number"
        ));
    }
    if repeated > 0 {
        remarks.push(format!(
            "{repeated} columns have the name of another; a number was added to theirs"
        ));
    }
    given
}

/// Refuses a table of this size, if it is too large.
///
/// # Errors
/// What is too large, and what to do.
pub fn fits(columns: usize, rows: usize) -> Result<(), Error> {
    let problem = if columns > MAX_COLUMNS {
        format!("more than {MAX_COLUMNS} columns")
    } else if rows > MAX_ROWS {
        format!("more than {MAX_ROWS} rows")
    } else {
        return fits_cells(columns.saturating_mul(rows));
    };
    Err(too_large(&problem))
}

/// Refuses so many cells, if they are too many, wherever they stand.
///
/// # Errors
/// The same.
pub fn fits_cells(cells: usize) -> Result<(), Error> {
    match cells > MAX_CELLS {
        true => Err(too_large(&format!("more than {MAX_CELLS} cells"))),
        false => Ok(()),
    }
}

fn too_large(problem: &str) -> Error {
    Error::InvalidInput(format!(
        "the table has {problem}; ask for a smaller extract of it"
    ))
}

#[cfg(test)]
mod tests {
    use super::{fits, names};

    #[test]
    fn every_column_gets_a_name_of_its_own() {
        let mut remarks = Vec::new();
        let headers = ["Name", " name ", "", "Total\n(EUR)", "name_2", "a\"b"];
        let given = names(headers.map(str::to_owned).to_vec(), &mut remarks);
        assert_eq!(
            given,
            [
                "Name",
                "name_2",
                "column_3",
                "Total (EUR)",
                "name_2_2",
                "a'b"
            ]
        );
        assert_eq!(remarks.len(), 2, "{remarks:?}");
    }

    #[test]
    fn what_is_too_large_is_refused() {
        assert!(fits(1_000, 6_000).is_ok());
        for (columns, rows) in [(1_001, 1), (1, 1_048_577), (1_000, 6_001)] {
            assert!(fits(columns, rows).is_err(), "{columns} x {rows}");
        }
    }
}
