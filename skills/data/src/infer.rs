//! From text to types: what the cells of a column have in common.

use crate::{
    bindings::ColumnType,
    cell::{Cell, integer, number},
    frame::{Column, Frame},
};

/// Types a column of texts, as a CSV file has them: numbers where all of them are numbers that lose nothing.
pub fn texts(frame: &mut Frame) {
    for at in 0..frame.columns.len() {
        let kind = kind(frame, at, written);
        for row in &mut frame.rows {
            let Some(cell) = row.get_mut(at) else {
                continue;
            };
            let Cell::Text(text) = &*cell else { continue };
            let read = match kind {
                ColumnType::Integer => integer(text).map(Cell::Integer),
                ColumnType::Number => integer(text)
                    .map(Cell::Integer)
                    .or_else(|| number(text).map(Cell::Number)),
                _ => None,
            };
            if let Some(read) = read {
                *cell = read;
            }
        }
        set(&mut frame.columns, at, kind);
    }
}

/// Types columns whose cells have types already, as a workbook and JSON have them. A column of mixed kinds is text.
pub fn cells(frame: &mut Frame) {
    for at in 0..frame.columns.len() {
        let kind = kind(frame, at, typed);
        if kind == ColumnType::Text {
            for row in &mut frame.rows {
                if let Some(cell) = row.get_mut(at)
                    && let Some(words) = cell.words()
                {
                    *cell = Cell::Text(words);
                }
            }
        }
        set(&mut frame.columns, at, kind);
    }
}

fn set(columns: &mut [Column], at: usize, kind: ColumnType) {
    if let Some(column) = columns.get_mut(at) {
        column.kind = kind;
    }
}

/// What all cells of a column are.
fn kind(frame: &Frame, at: usize, of: fn(&Cell) -> Option<ColumnType>) -> ColumnType {
    let mut seen = None;
    let mut wide = false;
    for cell in frame.rows.iter().filter_map(|row| row.get(at)) {
        let Some(one) = of(cell) else { continue };
        wide = wide || one == ColumnType::Integer && is_wide(cell);
        seen = Some(match seen {
            None => one,
            Some(kind) => both(kind, one),
        });
        if seen == Some(ColumnType::Text) {
            break;
        }
    }
    match seen {
        // Beside fractions it would be a fraction, and lose its last digits.
        Some(ColumnType::Number) if wide => ColumnType::Text,
        Some(kind) => kind,
        None => ColumnType::Empty,
    }
}

/// Whether a whole number has more digits than a fraction can hold.
fn is_wide(cell: &Cell) -> bool {
    let number = match cell {
        Cell::Integer(number) => Some(*number),
        Cell::Text(text) => integer(text),
        _ => None,
    };
    number.is_some_and(|number| number.unsigned_abs() > 1 << f64::MANTISSA_DIGITS)
}

/// What a text says it is.
fn written(cell: &Cell) -> Option<ColumnType> {
    match cell {
        Cell::Text(text) if integer(text).is_some() => Some(ColumnType::Integer),
        Cell::Text(text) if number(text).is_some() => Some(ColumnType::Number),
        cell => typed(cell),
    }
}

/// What a cell is; a text of digits is a text.
fn typed(cell: &Cell) -> Option<ColumnType> {
    Some(match cell {
        Cell::Empty => return None,
        Cell::Integer(_) => ColumnType::Integer,
        Cell::Number(_) => ColumnType::Number,
        Cell::Boolean(_) => ColumnType::Boolean,
        Cell::Text(text) => day(text),
    })
}

fn both(one: ColumnType, other: ColumnType) -> ColumnType {
    use ColumnType::{Date, Integer, Number, Text, Timestamp};
    match (one, other) {
        _ if one == other => one,
        (Integer, Number) | (Number, Integer) => Number,
        (Date, Timestamp) | (Timestamp, Date) => Timestamp,
        _ => Text,
    }
}

/// Whether a text is a day or a moment as ISO 8601 and SQLite write them.
fn day(text: &str) -> ColumnType {
    let shape = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text
                .bytes()
                .zip(shape.bytes())
                .all(|(byte, shape)| match shape {
                    b'0' => byte.is_ascii_digit(),
                    _ => byte == shape,
                })
    };
    let Some((date, rest)) = text.split_at_checked(10) else {
        return ColumnType::Text;
    };
    if !shape(date, "0000-00-00") {
        return ColumnType::Text;
    }
    let Some(time) = rest.strip_prefix(['T', ' ']) else {
        return match rest.is_empty() {
            true => ColumnType::Date,
            false => ColumnType::Text,
        };
    };
    let time = time.strip_suffix('Z').unwrap_or(time);
    let time = time.split(['.', '+', '-']).next().unwrap_or_default();
    match shape(time, "00:00") || shape(time, "00:00:00") {
        true => ColumnType::Timestamp,
        false => ColumnType::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::{both, cells, day, texts};
    use crate::{
        bindings::ColumnType,
        cell::Cell,
        frame::{Column, Frame},
    };

    fn column(cells: &[Cell]) -> Frame {
        Frame {
            columns: vec![Column {
                name: "a".to_owned(),
                kind: ColumnType::Text,
            }],
            rows: cells.iter().map(|cell| vec![cell.clone()]).collect(),
            remarks: Vec::new(),
        }
    }

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn one_cell_that_is_no_number_makes_text_of_all() {
        let mut frame = column(&[text("1"), Cell::Empty, text("2.5")]);
        texts(&mut frame);
        assert_eq!(frame.columns[0].kind, ColumnType::Number);
        assert_eq!(frame.rows[2][0], Cell::Number(2.5));
        let mut frame = column(&[text("1"), text("007")]);
        texts(&mut frame);
        assert_eq!(frame.columns[0].kind, ColumnType::Text);
        assert_eq!(frame.rows[0][0], text("1"));
    }

    #[test]
    fn mixed_cells_of_a_workbook_become_text() {
        let mut frame = column(&[Cell::Integer(1), Cell::Boolean(true), text("x")]);
        cells(&mut frame);
        assert_eq!(frame.rows[1][0], text("true"));
        let mut frame = column(&[Cell::Empty]);
        cells(&mut frame);
        assert_eq!(frame.columns[0].kind, ColumnType::Empty);
    }

    #[test]
    fn days_and_moments_are_told_from_words() {
        for (text, kind) in [
            ("2026-11-20", ColumnType::Date),
            ("2026-11-20 09:30", ColumnType::Timestamp),
            ("2026-11-20T09:30:00.5Z", ColumnType::Timestamp),
            ("2026-11-20T09:30:00+01:00", ColumnType::Timestamp),
            ("2026-11-20x", ColumnType::Text),
            ("20.11.2026", ColumnType::Text),
            ("ünïcödé text", ColumnType::Text),
            ("", ColumnType::Text),
        ] {
            assert_eq!(day(text), kind, "{text}");
        }
        assert_eq!(
            both(ColumnType::Date, ColumnType::Integer),
            ColumnType::Text
        );
    }
}
