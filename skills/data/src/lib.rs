//! Tables as tools: look into CSV, Excel and JSON files, ask them in SQL, draw the answers.
//!
//! This file is the glue: what the host calls. [`input`] reads and writes artifacts, which is all that is asked of the host. The
//! rest is plain functions with native tests: [`reading`] makes a [`frame`] of a file, with types by [`infer`]; [`describe`] says
//! what is in it; [`sql`] answers; [`table`] writes rows down; [`chart`] draws them.

mod bindings {
    #![expect(
        clippy::too_many_arguments,
        reason = "generated: a description is lowered field by field"
    )]
    wit_bindgen::generate!({
        path: "wit",
        world: "data",
        generate_all,
        additional_derives: [PartialEq],
    });
}

mod cell;
mod chart;
mod describe;
mod frame;
mod infer;
mod input;
mod reading;
mod sql;
mod table;

use bindings::metier::skill::types::Error;
use bindings::{Answer, Chart, Description, Drawn, Guest, Source, Table};

use reading::Reading;
use sql::Database;
use table::Sheet;

/// Rows returned unless the caller says otherwise, and the most.
const LIMIT: (u32, u32) = (100, 1_000);

/// Most files of a query.
const MAX_TABLES: usize = 16;

struct Data;

impl Guest for Data {
    fn describe_table(source: Source, sample: Option<u32>) -> Result<Description, Error> {
        let bytes = input::open_artifact(&source.artifact)?;
        let reading = reading::read_table(bytes, source.format, source.sheet.as_deref())?;
        describe::describe(reading, sample)
    }

    fn query(
        tables: Vec<Table>,
        sql: String,
        limit: Option<u32>,
        save_as: Option<String>,
    ) -> Result<Answer, Error> {
        let limit = within(limit)?;
        let database = load(&tables)?;
        let mut sheet = save_as.as_ref().map(|_| Sheet::new());
        let rows = database.select_each(&sql, limit.into(), |cells| match &mut sheet {
            Some(sheet) => sheet.push(cells),
            None => Ok(()),
        })?;
        let saved = match (save_as, sheet) {
            (Some(name), Some(sheet)) => {
                let bytes = sheet.into_bytes(&rows.columns)?;
                Some(input::hand_back(&csv_name(name), "text/csv", bytes)?)
            }
            _ => None,
        };
        Ok(Answer {
            columns: rows.columns,
            truncated: rows.total > rows.rows.len() as u64,
            total: rows.total,
            rows: table::texts(rows.rows)?,
            saved,
        })
    }

    fn draw_chart(tables: Vec<Table>, sql: String, chart: Chart) -> Result<Drawn, Error> {
        let rows = load(&tables)?.select(&sql, chart::MAX_POINTS)?;
        let drawn = chart::draw(rows, &chart)?;
        Ok(Drawn {
            picture: input::hand_back(&drawn.name, drawn.media_type, drawn.bytes)?,
            points: drawn.points,
            remarks: drawn.remarks,
        })
    }
}

/// How many rows are returned.
fn within(limit: Option<u32>) -> Result<u32, Error> {
    let limit = limit.unwrap_or(LIMIT.0);
    match (1..=LIMIT.1).contains(&limit) {
        true => Ok(limit),
        false => Err(Error::InvalidInput(format!(
            "`limit` is {limit}; it is 1 to {}",
            LIMIT.1
        ))),
    }
}

/// The files, as tables of a database.
fn load(tables: &[Table]) -> Result<Database, Error> {
    if !(1..=MAX_TABLES).contains(&tables.len()) {
        return Err(Error::InvalidInput(format!(
            "{} tables are given; it is 1 to {MAX_TABLES}",
            tables.len()
        )));
    }
    let mut database = Database::new()?;
    for table in tables {
        let bytes = input::open_artifact(&table.artifact)?;
        let Reading { frame, .. } =
            reading::read_table(bytes, table.format, table.sheet.as_deref())
                .map_err(|error| of(&table.name, error))?;
        database.add(&table.name, frame)?;
    }
    Ok(database)
}

/// Says which of several files an error is about.
fn of(table: &str, error: Error) -> Error {
    match error {
        Error::InvalidInput(why) => Error::InvalidInput(format!("`{table}`: {why}")),
        error => error,
    }
}

fn csv_name(name: String) -> String {
    match name.to_ascii_lowercase().ends_with(".csv") {
        true => name,
        false => format!("{name}.csv"),
    }
}

#[expect(unsafe_code, reason = "generated: the functions the host calls")]
mod exports {
    use crate::{Data, bindings};

    bindings::export!(Data with_types_in bindings);
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::{Table, load, within};

    #[test]
    fn an_answer_has_only_so_many_rows() {
        assert_eq!(within(None).unwrap(), 100);
        assert_eq!(within(Some(1_000)).unwrap(), 1_000);
        for limit in [0, 1_001] {
            let refused = format!("{:?}", within(Some(limit)));
            assert!(refused.contains("it is 1 to 1000"), "{refused}");
        }
    }

    /// Nothing of them is opened: outside a host that could not be.
    #[test]
    fn a_query_has_only_so_many_files() {
        let table = Table {
            name: "t".to_owned(),
            artifact: String::new(),
            format: None,
            sheet: None,
        };
        for tables in [vec![], vec![table; 17]] {
            let refused = format!("{:?}", load(&tables).err().unwrap());
            assert!(refused.contains("it is 1 to 16"), "{refused}");
        }
    }
}
