//! Rows as the host hands them on: text or null, and as a CSV file.

use ::csv::Writer;

use crate::{bindings::metier::skill::types::Error, cell::Cell};

/// Most bytes of the cells of an answer: more than that is for a file, not for a model to read.
const MAX_ANSWER: usize = 1 << 20;

/// As text.
pub fn texts(rows: Vec<Vec<Cell>>) -> Result<Vec<Vec<Option<String>>>, Error> {
    let mut bytes = 0;
    let mut table = Vec::with_capacity(rows.len());
    for row in rows {
        let row: Vec<Option<String>> = row.iter().map(Cell::words).collect();
        bytes += row.iter().flatten().map(String::len).sum::<usize>();
        if bytes > MAX_ANSWER {
            return Err(Error::InvalidInput(format!(
                "the rows have more than {MAX_ANSWER} bytes of text; ask for fewer columns or rows, or keep them with `save-as` and `limit` 1"
            )));
        }
        table.push(row);
    }
    Ok(table)
}

/// A CSV file in the making: RFC 4180, in UTF-8.
pub struct Sheet {
    writer: Writer<Vec<u8>>,
}

impl Sheet {
    /// Without rows.
    pub fn new() -> Sheet {
        Sheet {
            writer: Writer::from_writer(Vec::new()),
        }
    }

    /// A row.
    pub fn push(&mut self, cells: &[Cell]) -> Result<(), Error> {
        let texts = cells.iter().map(|cell| cell.words().unwrap_or_default());
        self.writer
            .write_record(texts)
            .map_err(|error| fault(&error))
    }

    /// Its bytes, with the names before the first row.
    pub fn into_bytes(self, columns: &[String]) -> Result<Vec<u8>, Error> {
        let mut header = Writer::from_writer(Vec::new());
        header
            .write_record(columns)
            .map_err(|error| fault(&error))?;
        let unfinished =
            |error: String| Error::Internal(format!("the file cannot be written: {error}"));
        let mut bytes = header
            .into_inner()
            .map_err(|error| unfinished(error.to_string()))?;
        bytes.extend(
            self.writer
                .into_inner()
                .map_err(|error| unfinished(error.to_string()))?,
        );
        Ok(bytes)
    }
}

fn fault(error: &::csv::Error) -> Error {
    Error::Internal(format!("a row cannot be written: {error}"))
}

#[cfg(test)]
mod tests {
    use super::{MAX_ANSWER, texts};
    use crate::cell::Cell;

    #[test]
    fn an_answer_has_only_so_much_text() {
        let rows = |bytes: usize| vec![vec![Cell::Text("x".repeat(bytes)), Cell::Empty]];
        assert!(texts(rows(MAX_ANSWER)).is_ok());
        let refused = format!("{:?}", texts(rows(MAX_ANSWER + 1)));
        assert!(
            refused.contains("more than 1048576 bytes of text"),
            "{refused}"
        );
    }
}
