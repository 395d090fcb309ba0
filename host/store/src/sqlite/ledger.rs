//! Money used.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::{error::parsed, query::Where, writer::Tx};
use crate::{
    error::StoreError,
    limits::MAX_SPENDING,
    traits::Result,
    types::{Key, LedgerLine, NanoDollars, Spending, Time, Usage, UsageFilter},
};

/// Books a line outside a run; `false` when it was there.
pub fn post(tx: &Tx<'_>, tenant: &str, key: &Key, line: &LedgerLine) -> Result<bool> {
    let row_key = format!("post/{key}");
    let mut select = tx.conn.prepare_cached(
        "SELECT account, amount, memo FROM ledger WHERE tenant = ?1 AND key = ?2",
    )?;
    let there = select.query_row(params![tenant, row_key], |row| {
        Ok(LedgerLine {
            account: parsed(row, 0)?,
            amount: NanoDollars(row.get(1)?),
            memo: row.get(2)?,
        })
    });
    if let Some(there) = there.optional()? {
        return if there == *line {
            Ok(false)
        } else {
            Err(StoreError::mismatch(format!("ledger line {key}")))
        };
    }
    let sql = "INSERT INTO ledger (tenant, key, account, amount, memo, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let row = params![
        tenant,
        row_key,
        line.account.as_str(),
        line.amount.0,
        line.memo,
        tx.now.0
    ];
    tx.conn.prepare_cached(sql)?.execute(row)?;
    Ok(true)
}

/// The sum of a tenant's lines.
pub fn total(conn: &Connection, tenant: &str) -> Result<NanoDollars> {
    let mut select =
        conn.prepare_cached("SELECT coalesce(sum(amount), 0) FROM ledger WHERE tenant = ?1")?;
    Ok(NanoDollars(select.query_row([tenant], |row| row.get(0))?))
}

/// Which lines.
fn meant(filter: &UsageFilter) -> Where {
    let mut clause = Where::default();
    clause.and_if(
        "tenant = ?",
        filter.tenant.as_ref().map(|tenant| tenant.to_string()),
    );
    if let Some(run) = filter.run {
        // `0` follows `/`: everything that begins with the run and a slash.
        clause.and("key >= ?", format!("{run}/"));
        clause.and("key < ?", format!("{run}0"));
    }
    clause.and_if("at >= ?", filter.from.map(|time| time.0));
    clause.and_if("at < ?", filter.to.map(|time| time.0));
    clause
}

/// Sums by tenant and account.
pub fn usage(conn: &Connection, filter: &UsageFilter) -> Result<Vec<Usage>> {
    let clause = meant(filter);
    let sql = format!(
        "SELECT tenant, account, sum(amount), count(*) FROM ledger {clause} GROUP BY tenant, account ORDER BY tenant, account"
    );
    let mut select = conn.prepare_cached(&sql)?;
    let rows = select.query_map(clause.values(), |row| {
        let amount = NanoDollars(row.get(2)?);
        Ok(Usage {
            tenant: parsed(row, 0)?,
            account: parsed(row, 1)?,
            amount,
            lines: row.get::<_, i64>(3)?.cast_unsigned(),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Sums by span of time, tenant, account and agent. A line's key begins with the run that booked it.
pub fn spending(conn: &Connection, filter: &UsageFilter, every: Duration) -> Result<Vec<Spending>> {
    let clause = meant(filter);
    let every = i64::try_from(every.as_micros()).unwrap_or(i64::MAX).max(1);
    let sql = format!(
        "SELECT l.at - l.at % {every} AS since, l.tenant, l.account, json_extract(r.labels, '$.name') AS agent, sum(l.amount), count(*)
         FROM (SELECT * FROM ledger {clause}) AS l LEFT JOIN runs AS r ON r.run = substr(l.key, 1, instr(l.key, '/') - 1)
         GROUP BY 1, 2, 3, 4 ORDER BY 1 DESC, 2, 3, 4 LIMIT {MAX_SPENDING}"
    );
    let mut select = conn.prepare_cached(&sql)?;
    let rows = select.query_map(clause.values(), |row| {
        Ok(Spending {
            from: Time(row.get(0)?),
            tenant: parsed(row, 1)?,
            account: parsed(row, 2)?,
            agent: row.get(3)?,
            amount: NanoDollars(row.get(4)?),
            lines: row.get::<_, i64>(5)?.cast_unsigned(),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
