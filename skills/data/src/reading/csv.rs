//! Rows of text: RFC 4180 with the delimiters people use, and tolerant of short and long rows, as spreadsheets are.

use ::csv::{ReaderBuilder, StringRecord};

use super::text::decode;
use crate::{
    bindings::{ColumnType, metier::skill::types::Error},
    cell::Cell,
    frame::{Column, Frame, fits, names},
    infer,
};

/// What may stand between two cells.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How much of a file is looked at to find its delimiter, in bytes.
const SAMPLE: usize = 64 << 10;

/// Reads all rows; the first has the names.
pub fn rows(bytes: Vec<u8>) -> Result<Frame, Error> {
    let (text, remark) = decode(bytes);
    let mut remarks: Vec<String> = remark.into_iter().collect();
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter(&text))
        .flexible(true)
        .from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| invalid(&error))?;
    let headers: Vec<String> = headers.iter().map(str::to_owned).collect();
    fits(headers.len(), 0)?;
    let width = headers.len();
    let columns = names(headers, &mut remarks).into_iter().map(|name| Column {
        name,
        kind: ColumnType::Text,
    });
    let mut frame = Frame {
        columns: columns.collect(),
        rows: Vec::new(),
        remarks,
    };
    let (mut record, mut short, mut long) = (StringRecord::new(), 0_u64, 0_u64);
    while reader
        .read_record(&mut record)
        .map_err(|error| invalid(&error))?
    {
        fits(width, frame.rows.len() + 1)?;
        short += u64::from(record.len() < width);
        long += u64::from(record.iter().skip(width).any(|cell| !cell.is_empty()));
        let mut row: Vec<Cell> = record.iter().take(width).map(cell).collect();
        row.resize(width, Cell::Empty);
        frame.rows.push(row);
    }
    if short > 0 {
        frame.remarks.push(format!(
            "{short} rows have fewer cells than the header; the missing ones are empty"
        ));
    }
    if long > 0 {
        frame.remarks.push(format!(
            "{long} rows have more cells than the header; those beyond it were left out"
        ));
    }
    infer::texts(&mut frame);
    Ok(frame)
}

fn cell(text: &str) -> Cell {
    match text.trim() {
        "" => Cell::Empty,
        text => Cell::Text(text.to_owned()),
    }
}

/// The one that cuts the most rows into the same number of cells, as many as possible; a comma where none does.
fn delimiter(text: &str) -> u8 {
    let mut end = text.len().min(SAMPLE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let sample = text.get(..end).unwrap_or(text);
    let score = |delimiter: u8| {
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .has_headers(false)
            .from_reader(sample.as_bytes());
        let widths: Vec<usize> = reader
            .records()
            .flatten()
            .take(100)
            .map(|row| row.len())
            .collect();
        let width = widths.first().copied().unwrap_or(0);
        let same = widths.iter().filter(|one| **one == width).count();
        match width {
            0 | 1 => (0, 0),
            _ => (same, width),
        }
    };
    let best = DELIMITERS
        .into_iter()
        .rev()
        .max_by_key(|delimiter| score(*delimiter));
    best.unwrap_or(b',')
}

fn invalid(error: &::csv::Error) -> Error {
    Error::InvalidInput(format!("the file is no CSV: {error}"))
}
