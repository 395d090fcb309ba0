//! From the bytes of a file to a [`Frame`].

mod csv;
mod json;
mod size;
mod text;
mod xlsx;

use crate::{
    bindings::{Format, metier::skill::types::Error},
    frame::Frame,
};

/// Most bytes of one file: what a frame of the most cells takes, and half of what a call may hold.
const MAX_BYTES: u64 = 128 << 20;

/// Refuses a file of this size before it is read, if it is too large.
///
/// # Errors
/// How large it may be.
pub fn fits(file: &str, size: u64) -> Result<(), Error> {
    match size > MAX_BYTES {
        true => Err(Error::InvalidInput(format!(
            "the file {file} has {size} bytes; at most {} MiB are read",
            MAX_BYTES >> 20
        ))),
        false => Ok(()),
    }
}

/// A file that was read.
#[derive(Debug)]
pub struct Reading {
    /// Its table.
    pub frame: Frame,
    /// The sheets of a workbook.
    pub sheets: Vec<String>,
}

/// Reads a file. Its format is what the caller says or what its first bytes say.
///
/// # Errors
/// What is wrong with it.
pub fn read_table(
    bytes: Vec<u8>,
    format: Option<Format>,
    sheet: Option<&str>,
) -> Result<Reading, Error> {
    let format = format.unwrap_or_else(|| sniff(&bytes));
    if sheet.is_some() && format != Format::Xlsx {
        return Err(Error::InvalidInput(
            "`sheet` is given, and the file is no workbook".to_owned(),
        ));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::InvalidInput("the file is empty".to_owned()));
    }
    let frame = match format {
        Format::Xlsx => return xlsx::workbook(bytes, sheet),
        Format::Csv => csv::rows(bytes)?,
        Format::Json => json::objects(bytes)?,
    };
    Ok(Reading {
        frame,
        sheets: Vec::new(),
    })
}

/// A workbook is a ZIP file, JSON of objects begins with a bracket; all else is rows of text.
fn sniff(bytes: &[u8]) -> Format {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        return Format::Xlsx;
    }
    match first {
        Some(b'{' | b'[') => Format::Json,
        _ => Format::Csv,
    }
}

#[cfg(test)]
mod tests;
