//! A sheet of a workbook, cell by cell: where it stands decides, so that one cell in a far corner costs nothing.

use std::io::Cursor;

use calamine::{DataRef, ExcelDateTime, Reader, Xlsx, XlsxError};

use super::{Reading, size};
use crate::{
    bindings::{ColumnType, metier::skill::types::Error},
    cell::Cell,
    frame::{Column, Frame, fits, fits_cells, names},
    infer,
};

/// Reads one sheet. Its first row with anything in it has the names.
pub fn workbook(bytes: Vec<u8>, sheet: Option<&str>) -> Result<Reading, Error> {
    size::check(&bytes)?;
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let sheets = workbook.sheet_names();
    let name = match sheet {
        None => sheets.first().cloned(),
        Some(wanted) => sheets
            .iter()
            .find(|name| name.eq_ignore_ascii_case(wanted))
            .cloned(),
    };
    let name = name.ok_or_else(|| {
        Error::InvalidInput(format!(
            "the workbook has no sheet `{}`; it has {}",
            sheet.unwrap_or_default(),
            sheets.join(", ")
        ))
    })?;
    let mut grid = Grid::default();
    let mut cells = workbook
        .worksheet_cells_reader(&name)
        .map_err(|error| broken(&error))?;
    while let Some(cell) = cells.next_cell().map_err(|error| broken(&error))? {
        let (row, column) = cell.get_position();
        grid.put(row, column, value(cell.get_value()))?;
    }
    drop(cells);
    Ok(Reading {
        frame: grid.into_frame(&name)?,
        sheets,
    })
}

/// The cells that are not empty, by row.
#[derive(Default)]
struct Grid {
    rows: Vec<(u32, Vec<(u32, Cell)>)>,
    cells: usize,
}

impl Grid {
    fn put(&mut self, row: u32, column: u32, cell: Cell) -> Result<(), Error> {
        if cell == Cell::Empty {
            return Ok(());
        }
        self.cells += 1;
        fits(1, self.rows.len())?;
        fits_cells(self.cells)?;
        match self.rows.last_mut() {
            Some((last, cells)) if *last == row => cells.push((column, cell)),
            _ => self.rows.push((row, vec![(column, cell)])),
        }
        Ok(())
    }

    fn into_frame(self, sheet: &str) -> Result<Frame, Error> {
        let mut rows = self.rows.into_iter();
        let Some((_, headers)) = rows.next() else {
            return Err(Error::InvalidInput(format!("the sheet `{sheet}` is empty")));
        };
        let columns = || headers.iter().map(|(column, _)| *column);
        let first = columns().min().unwrap_or(0);
        let width = (columns().max().unwrap_or(0) - first) as usize + 1;
        fits(width, rows.len())?;
        let mut remarks = Vec::new();
        let named = spread(headers, first, width).0;
        let named = named
            .iter()
            .map(|cell| cell.words().unwrap_or_default())
            .collect();
        let columns = names(named, &mut remarks).into_iter().map(|name| Column {
            name,
            kind: ColumnType::Text,
        });
        let columns = columns.collect();
        let mut outside = 0_u64;
        let mut table = Vec::with_capacity(rows.len());
        for (_, cells) in rows {
            let (row, lost) = spread(cells, first, width);
            outside += u64::from(lost);
            table.push(row);
        }
        if outside > 0 {
            remarks.push(format!(
                "{outside} rows have cells beside the header; those were left out"
            ));
        }
        let mut frame = Frame {
            columns,
            rows: table,
            remarks,
        };
        infer::cells(&mut frame);
        Ok(frame)
    }
}

/// A row of this width, and whether cells were beside it.
fn spread(cells: Vec<(u32, Cell)>, first: u32, width: usize) -> (Vec<Cell>, bool) {
    let mut row = vec![Cell::Empty; width];
    let mut lost = false;
    for (column, cell) in cells {
        let place = column
            .checked_sub(first)
            .and_then(|at| row.get_mut(at as usize));
        match place {
            Some(place) => *place = cell,
            None => lost = true,
        }
    }
    (row, lost)
}

fn value(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::Int(number) => Cell::Integer(*number),
        DataRef::Float(number) => float(*number),
        DataRef::Bool(yes) => Cell::Boolean(*yes),
        DataRef::DateTime(time) => moment(time),
        DataRef::Error(error) => Cell::Text(error.to_string()),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            words(text)
        }
        DataRef::SharedString(text) => words(text),
    }
}

fn words(text: &str) -> Cell {
    match text.trim() {
        "" => Cell::Empty,
        text => Cell::Text(text.to_owned()),
    }
}

/// Excel has only fractions; one that is whole and exact is a whole number.
fn float(number: f64) -> Cell {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it is whole and at most 2^53"
        )]
        return Cell::Integer(number as i64);
    }
    match number.is_finite() {
        true => Cell::Number(number),
        false => Cell::Empty,
    }
}

/// As SQLite writes it; without the time where that is midnight.
fn moment(time: &ExcelDateTime) -> Cell {
    if time.is_duration() {
        return Cell::Number(time.as_f64());
    }
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    Cell::Text(match (hour, minute, second, milli) {
        (0, 0, 0, 0) => date,
        (_, _, _, 0) => format!("{date} {hour:02}:{minute:02}:{second:02}"),
        _ => format!("{date} {hour:02}:{minute:02}:{second:02}.{milli:03}"),
    })
}

fn broken(error: &XlsxError) -> Error {
    Error::InvalidInput(format!("the workbook cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::{Cell, Error, Grid};
    use crate::frame::{MAX_CELLS, MAX_ROWS};

    fn refused(result: Result<(), Error>) -> String {
        match result.unwrap_err() {
            Error::InvalidInput(why) => why,
            other => unreachable!("{other:?}"),
        }
    }

    /// Cells beside the header are in no table, and take as much memory while the sheet is read.
    #[test]
    fn cells_are_counted_wherever_they_stand() {
        let mut grid = Grid {
            cells: MAX_CELLS - 1,
            ..Grid::default()
        };
        assert!(grid.put(0, 0, Cell::Boolean(true)).is_ok());
        assert!(
            grid.put(1, 9_000, Cell::Empty).is_ok(),
            "an empty one is none"
        );
        assert!(refused(grid.put(1, 9_000, Cell::Boolean(true))).contains("6000000 cells"));
    }

    #[test]
    fn rows_are_counted_while_they_come() {
        let rows = (0..=MAX_ROWS).map(|row| (row as u32, Vec::new()));
        let mut grid = Grid {
            rows: rows.collect(),
            cells: 0,
        };
        assert!(refused(grid.put(0, 0, Cell::Boolean(true))).contains("1048576 rows"));
    }

    #[test]
    fn a_header_wider_than_a_table_may_be_is_refused() {
        let mut grid = Grid::default();
        grid.put(0, 0, Cell::Boolean(true)).unwrap();
        grid.put(0, 1_000, Cell::Boolean(true)).unwrap();
        let refused = refused(grid.into_frame("s").map(drop));
        assert!(refused.contains("1000 columns"), "{refused}");
    }
}
