//! Listings.

use std::fmt;

use tokio_postgres::{Row, types::ToSql};

use super::{
    PostgresStore,
    error::{column, labels_of, parsed, parsed_or_none},
};
use crate::{
    traits::Result,
    types::{
        AuditEntry, Epoch, HostId, Kind, Page, RunFilter, RunId, RunRow, RunState, Seq,
        StateFilter, Time,
    },
};

/// The `WHERE` of a listing and its values; texts of ours only, values always apart.
#[derive(Default)]
pub struct Where {
    terms: Vec<String>,
    values: Vec<Box<dyn ToSql + Sync + Send>>,
}

impl Where {
    /// One more condition, whose value comes last in it.
    pub fn and(&mut self, term: &str, value: impl ToSql + Sync + Send + 'static) {
        let term = format!("{term} {}", self.value(value));
        self.terms.push(term);
    }

    /// One more condition if there is a value.
    pub fn and_if(&mut self, term: &str, value: Option<impl ToSql + Sync + Send + 'static>) {
        if let Some(value) = value {
            self.and(term, value);
        }
    }

    fn value(&mut self, value: impl ToSql + Sync + Send + 'static) -> String {
        self.values.push(Box::new(value));
        format!("${}", self.values.len())
    }

    /// The values, in order.
    pub fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.values
            .iter()
            .map(|value| &**value as &(dyn ToSql + Sync))
            .collect()
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

const COLUMNS: &str = "run, tenant, pool, labels, outcome, epoch, host, due, head, arrived - consumed, created, updated FROM runs";

/// Runs, newest first.
pub async fn runs(store: &PostgresStore, filter: &RunFilter, page: Page) -> Result<Vec<RunRow>> {
    let mut clause = Where::default();
    clause.and_if(
        "tenant =",
        filter.tenant.as_ref().map(|tenant| tenant.to_string()),
    );
    clause.and_if("run <", page.after.map(|run| run.to_string()));
    if let Some(state) = filter.state {
        let term = match state {
            StateFilter::Live => "live",
            StateFilter::Held => "live AND host IS NOT NULL",
            StateFilter::Parked => "live AND host IS NULL",
            StateFilter::Done => "NOT live",
        };
        clause.terms.push(term.into());
    }
    for (name, value) in &filter.labels {
        let (name, value) = (clause.value(name.to_string()), clause.value(value.clone()));
        clause.terms.push(format!(
            "run IN (SELECT run FROM run_labels WHERE name = {name} AND value = {value})"
        ));
    }
    let max = clause.value(page.max as i64);
    let sql = format!("SELECT {COLUMNS} {clause} ORDER BY run DESC LIMIT {max}");
    let rows = store.client.read(&sql, &clause.values()).await?;
    rows.iter().map(run_row).collect()
}

/// One run.
pub async fn run(store: &PostgresStore, run: RunId) -> Result<Option<RunRow>> {
    let sql = format!("SELECT {COLUMNS} WHERE run = $1");
    let rows = store.client.read(&sql, &[&run.to_string()]).await?;
    rows.first().map(run_row).transpose()
}

fn run_row(row: &Row) -> Result<RunRow> {
    Ok(RunRow {
        run: parsed(row, 0)?,
        tenant: parsed(row, 1)?,
        pool: parsed(row, 2)?,
        labels: labels_of(row, 3)?,
        state: state(row)?,
        epoch: Epoch::from_row(column(row, 5)?),
        head: Seq::from_row(column(row, 8)?),
        unread: column::<i64>(row, 9)?.cast_unsigned(),
        created: Time(column(row, 10)?),
        updated: Time(column(row, 11)?),
    })
}

fn state(row: &Row) -> Result<RunState> {
    let due = column::<Option<i64>>(row, 7)?.map(Time);
    let host: Option<HostId> = parsed_or_none(row, 6)?;
    let outcome: Option<Kind> = parsed_or_none(row, 4)?;
    Ok(match (outcome, host, due) {
        (Some(outcome), ..) => RunState::Done { outcome },
        (None, Some(host), Some(until)) => RunState::Held { host, until },
        (None, _, Some(at)) => RunState::Due { at },
        (None, _, None) => RunState::Waiting,
    })
}

/// Audit entries of a run, in order.
pub async fn audit(
    store: &PostgresStore,
    run: RunId,
    after: Seq,
    max: usize,
) -> Result<Vec<AuditEntry>> {
    let sql =
        "SELECT seq, i, at, body FROM audit WHERE run = $1 AND seq > $2 ORDER BY seq, i LIMIT $3";
    let rows = store
        .client
        .read(sql, &[&run.to_string(), &after.to_row(), &(max as i64)])
        .await?;
    let entries = rows.iter().map(|row| {
        let (seq, index) = (
            Seq::from_row(column(row, 0)?),
            column::<i32>(row, 1)?.cast_unsigned(),
        );
        Ok(AuditEntry {
            run,
            seq,
            index,
            at: Time(column(row, 2)?),
            body: column(row, 3)?,
        })
    });
    entries.collect()
}
