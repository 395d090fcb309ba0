//! Listings.

use std::fmt;

use rusqlite::{
    Connection, Error, OptionalExtension, ParamsFromIter, Row, params, params_from_iter,
    types::{FromSqlError, Type, Value},
};

use super::error::{parsed, parsed_or_none};
use crate::{
    labels::from_text,
    traits::Result,
    types::{
        AuditEntry, Epoch, HostId, Kind, Labels, Page, RunFilter, RunId, RunRow, RunState, Seq,
        StateFilter, Time,
    },
};

/// The `WHERE` of a listing and its values; texts of ours only, values always apart.
#[derive(Default)]
pub struct Where {
    terms: Vec<&'static str>,
    values: Vec<Value>,
}

impl Where {
    /// One more condition, with its value.
    pub fn and(&mut self, term: &'static str, value: impl Into<Value>) {
        self.terms.push(term);
        self.values.push(value.into());
    }

    /// One more condition if there is a value.
    pub fn and_if(&mut self, term: &'static str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.and(term, value);
        }
    }

    /// The values, in order.
    pub fn values(&self) -> ParamsFromIter<&[Value]> {
        params_from_iter(self.values.as_slice())
    }
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.terms.is_empty() {
            Ok(())
        } else {
            write!(f, "WHERE {}", self.terms.join(" AND "))
        }
    }
}

const COLUMNS: &str = "run, tenant, pool, labels, live, outcome, epoch, host, due, head, arrived - consumed, created, updated FROM runs";

/// Runs, newest first.
pub fn runs(conn: &Connection, filter: &RunFilter, page: Page) -> Result<Vec<RunRow>> {
    let mut clause = Where::default();
    clause.and_if(
        "tenant = ?",
        filter.tenant.as_ref().map(|tenant| tenant.to_string()),
    );
    clause.and_if("run < ?", page.after.map(|run| run.to_string()));
    if let Some(state) = filter.state {
        clause.terms.push(match state {
            StateFilter::Live => "live = 1",
            StateFilter::Held => "live = 1 AND host IS NOT NULL",
            StateFilter::Parked => "live = 1 AND host IS NULL",
            StateFilter::Done => "live = 0",
        });
    }
    for (name, value) in &filter.labels {
        clause
            .terms
            .push("run IN (SELECT run FROM run_labels WHERE name = ? AND value = ?)");
        clause
            .values
            .extend([name.to_string().into(), value.clone().into()]);
    }
    let sql = format!(
        "SELECT {COLUMNS} {clause} ORDER BY run DESC LIMIT {}",
        page.max
    );
    let mut select = conn.prepare_cached(&sql)?;
    let rows = select.query_map(clause.values(), run_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// One run.
pub fn run(conn: &Connection, run: RunId) -> Result<Option<RunRow>> {
    let mut select = conn.prepare_cached(&format!("SELECT {COLUMNS} WHERE run = ?1"))?;
    Ok(select.query_row([run.to_string()], run_row).optional()?)
}

fn run_row(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        run: parsed(row, 0)?,
        tenant: parsed(row, 1)?,
        pool: parsed(row, 2)?,
        labels: labels(row, 3)?,
        state: state(row)?,
        epoch: Epoch::from_row(row.get(6)?),
        head: Seq::from_row(row.get(9)?),
        unread: row.get::<_, i64>(10)?.cast_unsigned(),
        created: Time(row.get(11)?),
        updated: Time(row.get(12)?),
    })
}

fn state(row: &Row<'_>) -> rusqlite::Result<RunState> {
    let due = row.get::<_, Option<i64>>(8)?.map(Time);
    let host: Option<HostId> = parsed_or_none(row, 7)?;
    let outcome: Option<Kind> = parsed_or_none(row, 5)?;
    Ok(match (outcome, host, due) {
        (Some(outcome), ..) => RunState::Done { outcome },
        (None, Some(host), Some(until)) => RunState::Held { host, until },
        (None, _, Some(at)) => RunState::Due { at },
        (None, _, None) => RunState::Waiting,
    })
}

/// A column of labels.
pub fn labels(row: &Row<'_>, column: usize) -> rusqlite::Result<Labels> {
    let text: String = row.get(column)?;
    from_text(&text).ok_or_else(|| not_ours(column))
}

/// The error of a column that is not what we wrote.
pub fn not_ours(column: usize) -> Error {
    Error::FromSqlConversionFailure(column, Type::Text, FromSqlError::InvalidType.into())
}

/// Audit entries of a run, in order.
pub fn audit(conn: &Connection, run: RunId, after: Seq, max: usize) -> Result<Vec<AuditEntry>> {
    let sql =
        "SELECT seq, i, at, body FROM audit WHERE run = ?1 AND seq > ?2 ORDER BY seq, i LIMIT ?3";
    let mut select = conn.prepare_cached(sql)?;
    let rows = select.query_map(params![run.to_string(), after.to_row(), max], |row| {
        let seq = Seq::from_row(row.get(0)?);
        Ok(AuditEntry {
            run,
            seq,
            index: row.get(1)?,
            at: Time(row.get(2)?),
            body: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
