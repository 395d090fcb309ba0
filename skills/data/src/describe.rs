//! What is in a file, in few words.

use crate::{
    bindings::{self, ColumnType, Description, metier::skill::types::Error},
    cell::Cell,
    frame::Frame,
    reading::Reading,
    table,
};

/// Sample rows unless the caller says otherwise, and the most.
const SAMPLE: (u32, u32) = (5, 50);

/// Says it.
pub fn describe(reading: Reading, sample: Option<u32>) -> Result<Description, Error> {
    let sample = sample.unwrap_or(SAMPLE.0);
    if sample > SAMPLE.1 {
        return Err(Error::InvalidInput(format!(
            "`sample` is {sample}; it is 0 to {}",
            SAMPLE.1
        )));
    }
    let frame = reading.frame;
    let columns = (0..frame.columns.len())
        .filter_map(|at| column(&frame, at))
        .collect();
    let rows = frame.rows.len() as u64;
    let first = frame.rows.into_iter().take(sample as usize).collect();
    Ok(Description {
        columns,
        rows,
        sample: table::texts(first)?,
        sheets: reading.sheets,
        remarks: frame.remarks,
    })
}

fn column(frame: &Frame, at: usize) -> Option<bindings::Column> {
    let column = frame.columns.get(at)?;
    let cells = || frame.rows.iter().filter_map(|row| row.get(at));
    Some(bindings::Column {
        name: column.name.clone(),
        type_: column.kind,
        empty: cells().filter(|cell| **cell == Cell::Empty).count() as u64,
        range: match column.kind {
            ColumnType::Integer | ColumnType::Number | ColumnType::Date | ColumnType::Timestamp => {
                range(cells())
            }
            _ => None,
        },
    })
}

fn range<'a>(cells: impl Iterator<Item = &'a Cell>) -> Option<(String, String)> {
    let mut ends: Option<(&Cell, &Cell)> = None;
    for cell in cells.filter(|cell| **cell != Cell::Empty) {
        let (least, most) = ends.unwrap_or((cell, cell));
        ends = Some((
            if before(cell, least) { cell } else { least },
            if before(most, cell) { cell } else { most },
        ));
    }
    let (least, most) = ends?;
    Some((least.words()?, most.words()?))
}

fn before(one: &Cell, other: &Cell) -> bool {
    match (one, other) {
        (Cell::Integer(one), Cell::Integer(other)) => one < other,
        (Cell::Text(one), Cell::Text(other)) => one < other,
        _ => match (amount(one), amount(other)) {
            (Some(one), Some(other)) => one < other,
            _ => false,
        },
    }
}

/// The number a cell is.
pub fn amount(cell: &Cell) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "for comparing and drawing")]
    match cell {
        Cell::Integer(number) => Some(*number as f64),
        Cell::Number(number) => Some(*number),
        Cell::Boolean(yes) => Some(f64::from(u8::from(*yes))),
        Cell::Empty | Cell::Text(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::describe;
    use crate::{frame::Frame, reading::Reading};

    #[test]
    fn a_sample_has_only_so_many_rows() {
        let ask = |sample| {
            let reading = Reading {
                frame: Frame::default(),
                sheets: Vec::new(),
            };
            describe(reading, Some(sample))
        };
        assert!(ask(0).is_ok() && ask(50).is_ok());
        let refused = format!("{:?}", ask(51));
        assert!(refused.contains("it is 0 to 50"), "{refused}");
    }
}
