//! SQL over tables in memory: SQLite's dialect, and nothing but SELECT.
//!
//! A [`Database`] lives for one call. Tables are put in, then it only answers. The text is parsed before it is run: one statement,
//! and it must be a SELECT, so that what follows never depends on what the engine would have let through.

mod hint;

use std::{num::NonZero, sync::Arc};

use turso_core::{
    ConnectOpts, Connection, LimboError, MemoryIO, Numeric, OpenOptions, Row, SqliteDialect,
    Statement, Value,
};
use turso_parser::{
    ast::{Cmd, Stmt},
    parser::Parser,
};

use crate::{
    bindings::{ColumnType, metier::skill::types::Error},
    cell::Cell,
    frame::{Frame, fits},
};

/// Longest query, in bytes: what models and people write is a few KiB.
const MAX_SQL: usize = 64 << 10;

/// Longest name of a table.
const MAX_NAME: usize = 64;

/// Tables, and questions about them.
pub struct Database {
    connection: Arc<Connection>,
    tables: Vec<Table>,
}

/// What a table is called, and what its columns are.
struct Table {
    name: String,
    columns: Vec<String>,
}

/// Rows of a query.
#[derive(Debug, PartialEq)]
pub struct Rows {
    /// The name of each column.
    pub columns: Vec<String>,
    /// Those that were kept.
    pub rows: Vec<Vec<Cell>>,
    /// How many there are in all.
    pub total: u64,
}

impl Database {
    /// An empty one.
    pub fn new() -> Result<Database, Error> {
        let open = || {
            let options = OpenOptions::new(Arc::new(SqliteDialect));
            let database =
                turso_core::Database::open(Arc::new(MemoryIO::new()), ":memory:", options)?;
            database.connect(ConnectOpts::new())
        };
        Ok(Database {
            connection: open().map_err(|error| fault(&error))?,
            tables: Vec::new(),
        })
    }

    /// Puts a table in.
    pub fn add(&mut self, name: &str, frame: Frame) -> Result<(), Error> {
        self.check_name(name)?;
        let columns: Vec<String> = frame
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect();
        let declared: Vec<String> = frame
            .columns
            .iter()
            .map(|column| format!("{} {}", quoted(&column.name), affinity(column.kind)))
            .collect();
        let fill = || -> Result<(), LimboError> {
            let table = quoted(name);
            self.connection
                .execute(format!("CREATE TABLE {table} ({})", declared.join(", ")))?;
            let places = vec!["?"; columns.len()].join(", ");
            self.connection.execute("BEGIN")?;
            let mut insert = self
                .connection
                .prepare(format!("INSERT INTO {table} VALUES ({places})"))?;
            for row in frame.rows {
                bind(&mut insert, row)?;
                insert.run_ignore_rows()?;
                insert.reset()?;
            }
            drop(insert);
            self.connection.execute("COMMIT")
        };
        fill().map_err(|error| fault(&error))?;
        self.tables.push(Table {
            name: name.to_owned(),
            columns,
        });
        Ok(())
    }

    /// Answers a question with so many rows at most.
    pub fn select(&self, sql: &str, keep: u64) -> Result<Rows, Error> {
        self.select_each(sql, keep, |_| Ok(()))
    }

    /// The same, and gives every row to `each`.
    pub fn select_each(
        &self,
        sql: &str,
        keep: u64,
        mut each: impl FnMut(&[Cell]) -> Result<(), Error>,
    ) -> Result<Rows, Error> {
        only_select(sql)?;
        self.connection.set_query_only(true);
        let mut statement = self
            .connection
            .prepare(sql)
            .map_err(|error| self.refused(&error))?;
        let columns: Vec<String> = (0..statement.num_columns())
            .map(|at| statement.get_column_name(at).into_owned())
            .collect();
        let mut rows = Vec::new();
        let (mut total, mut failed) = (0, None);
        let ran = statement.run_with_row_callback(|row| {
            let cells = cells(row);
            total += 1;
            let wanted = fits(columns.len(), rows.len()).and_then(|()| each(&cells));
            if let Err(error) = wanted {
                failed = Some(error);
                return Err(LimboError::Interrupt);
            }
            if total <= keep {
                rows.push(cells);
            }
            Ok(())
        });
        if let Some(error) = failed {
            return Err(error);
        }
        ran.map_err(|error| self.refused(&error))?;
        Ok(Rows {
            columns,
            rows,
            total,
        })
    }

    fn check_name(&self, name: &str) -> Result<(), Error> {
        let plain = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && name
                .bytes()
                .next()
                .is_some_and(|byte| !byte.is_ascii_digit())
            && name.len() <= MAX_NAME
            && !name.to_ascii_lowercase().starts_with("sqlite_");
        if !plain {
            return Err(Error::InvalidInput(format!(
                "`{name}` is no name for a table: use up to {MAX_NAME} letters, digits and `_`, beginning with a letter"
            )));
        }
        if self
            .tables
            .iter()
            .any(|table| table.name.eq_ignore_ascii_case(name))
        {
            return Err(Error::InvalidInput(format!(
                "two tables are called `{name}`; name one of them otherwise"
            )));
        }
        Ok(())
    }

    /// What the engine said, with the names that exist.
    fn refused(&self, error: &LimboError) -> Error {
        let said = error.to_string();
        let said = said.strip_prefix("Parse error: ").unwrap_or(&said);
        match error {
            LimboError::InternalError(_) | LimboError::Corrupt(_) => fault(error),
            _ => Error::InvalidInput(match hint::hint(said, &self.tables) {
                Some(hint) => format!("{said}; {hint}"),
                None => format!("the SQL does not run: {said}"),
            }),
        }
    }
}

/// One statement, and a SELECT.
fn only_select(sql: &str) -> Result<(), Error> {
    if sql.len() > MAX_SQL {
        return Err(Error::InvalidInput(format!(
            "the SQL is longer than {MAX_SQL} bytes"
        )));
    }
    let mut parser = Parser::new(sql.as_bytes());
    let mut next = || {
        parser
            .next_cmd()
            .map_err(|error| Error::InvalidInput(format!("this is no SQL of SQLite: {error}")))
    };
    match next()? {
        None => {
            return Err(Error::InvalidInput(
                "the SQL is empty; write a SELECT".to_owned(),
            ));
        }
        Some(Cmd::Stmt(Stmt::Select(_))) => {}
        Some(_) => {
            return Err(Error::InvalidInput(
                "only SELECT (or WITH … SELECT) is run: the files are never changed".to_owned(),
            ));
        }
    }
    match next()? {
        None => Ok(()),
        Some(_) => Err(Error::InvalidInput(
            "one statement at a time; this has more".to_owned(),
        )),
    }
}

/// How SQLite compares a column: numbers as numbers, all else as text.
fn affinity(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Integer | ColumnType::Boolean => "INTEGER",
        ColumnType::Number => "REAL",
        ColumnType::Date | ColumnType::Timestamp | ColumnType::Text | ColumnType::Empty => "TEXT",
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn bind(insert: &mut Statement, row: Vec<Cell>) -> Result<(), LimboError> {
    for (at, cell) in (1..).map_while(NonZero::new).zip(row) {
        let value = match cell {
            Cell::Empty => Value::Null,
            Cell::Integer(number) => Value::from_i64(number),
            Cell::Number(number) => Value::from_f64(number),
            Cell::Boolean(yes) => Value::from_i64(yes.into()),
            Cell::Text(text) => Value::build_text(text),
        };
        insert.bind_at(at, value)?;
    }
    Ok(())
}

fn cells(row: &Row) -> Vec<Cell> {
    row.get_values()
        .map(|value| match value {
            Value::Null => Cell::Empty,
            Value::Numeric(Numeric::Integer(number)) => Cell::Integer(*number),
            Value::Numeric(Numeric::Float(number)) => Cell::Number((*number).into()),
            Value::Text(text) => Cell::Text(text.as_str().to_owned()),
            Value::Blob(bytes) => {
                Cell::Text(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
            }
        })
        .collect()
}

fn fault(error: &LimboError) -> Error {
    Error::Internal(format!("the SQL engine failed: {error}"))
}

#[cfg(test)]
mod tests;
