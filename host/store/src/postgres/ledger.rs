//! Money used and money set aside.

use std::time::Duration;

use super::{
    PostgresStore,
    error::{column, parsed},
    leases::refused,
    query::Where,
};
use crate::{
    error::StoreError,
    limits::MAX_SPENDING,
    traits::Result,
    types::{
        AccountName, Budget, Key, LedgerLine, NanoDollars, Spending, Time, Usage, UsageFilter,
    },
};

/// Books a line outside a run; `false` when it was there.
pub async fn post(
    store: &PostgresStore,
    tenant: &str,
    key: &Key,
    line: &LedgerLine,
) -> Result<bool> {
    let row_key = format!("post/{key}");
    let sql = "INSERT INTO ledger (tenant, key, account, amount, memo, at) SELECT $1, $2, $3, $4, $5, {now} WHERE {durable}
        ON CONFLICT DO NOTHING RETURNING 1";
    let values = (line.account.as_str(), line.amount.0, line.memo.as_str());
    let rows = store
        .client
        .write(sql, &[&tenant, &row_key, &values.0, &values.1, &values.2])
        .await?;
    if !rows.is_empty() {
        return Ok(true);
    }
    let sql = "SELECT account, amount, memo FROM ledger WHERE tenant = $1 AND key = $2";
    let rows = store.client.read(sql, &[&tenant, &row_key]).await?;
    let Some(row) = rows.first() else {
        return Err(refused(store).await);
    };
    let there = (
        column::<&str>(row, 0)?,
        column::<i64>(row, 1)?,
        column::<&str>(row, 2)?,
    );
    if there == values {
        Ok(false)
    } else {
        Err(StoreError::mismatch(format!("ledger line {key}")))
    }
}

/// The sum of a tenant's lines.
pub async fn total(store: &PostgresStore, tenant: &str) -> Result<NanoDollars> {
    let sql = "SELECT coalesce(sum(amount), 0)::bigint FROM ledger WHERE tenant = $1";
    let rows = store.client.read(sql, &[&tenant]).await?;
    let total = rows.first().map(|row| column(row, 0)).transpose()?;
    Ok(NanoDollars(total.unwrap_or_default()))
}

/// Which lines.
fn meant(filter: &UsageFilter) -> Where {
    let mut clause = Where::default();
    clause.and_if(
        "tenant =",
        filter.tenant.as_ref().map(|tenant| tenant.to_string()),
    );
    if let Some(run) = filter.run {
        // `0` follows `/`: everything that begins with the run and a slash.
        clause.and("key >=", format!("{run}/"));
        clause.and("key <", format!("{run}0"));
    }
    clause.and_if("at >=", filter.from.map(|time| time.0));
    clause.and_if("at <", filter.to.map(|time| time.0));
    clause
}

/// Sums by tenant and account.
pub async fn usage(store: &PostgresStore, filter: &UsageFilter) -> Result<Vec<Usage>> {
    let clause = meant(filter);
    let sql = format!(
        "SELECT tenant, account, sum(amount)::bigint, count(*) FROM ledger {clause} GROUP BY tenant, account ORDER BY tenant, account"
    );
    let rows = store.client.read(&sql, &clause.values()).await?;
    let usage = rows.iter().map(|row| {
        let (amount, lines) = (
            NanoDollars(column(row, 2)?),
            column::<i64>(row, 3)?.cast_unsigned(),
        );
        Ok(Usage {
            tenant: parsed(row, 0)?,
            account: parsed(row, 1)?,
            amount,
            lines,
        })
    });
    usage.collect()
}

/// Sums by span of time, tenant, account and agent. A line's key begins with the run that booked it.
pub async fn spending(
    store: &PostgresStore,
    filter: &UsageFilter,
    every: Duration,
) -> Result<Vec<Spending>> {
    let clause = meant(filter);
    let every = i64::try_from(every.as_micros()).unwrap_or(i64::MAX).max(1);
    let sql = format!(
        "SELECT l.at - l.at % {every}, l.tenant, l.account, (r.labels::json ->> 'name') COLLATE \"C\", sum(l.amount)::bigint, count(*)
         FROM (SELECT * FROM ledger {clause}) AS l LEFT JOIN runs AS r ON r.run = split_part(l.key, '/', 1)
         GROUP BY 1, 2, 3, 4 ORDER BY 1 DESC, 2, 3, 4 NULLS FIRST LIMIT {MAX_SPENDING}"
    );
    let rows = store.client.read(&sql, &clause.values()).await?;
    let spending = rows.iter().map(|row| {
        Ok(Spending {
            from: Time(column(row, 0)?),
            tenant: parsed(row, 1)?,
            account: parsed(row, 2)?,
            agent: column(row, 3)?,
            amount: NanoDollars(column(row, 4)?),
            lines: column::<i64>(row, 5)?.cast_unsigned(),
        })
    });
    spending.collect()
}

/// How an account stands.
pub async fn budget(store: &PostgresStore, tenant: &str, account: &AccountName) -> Result<Budget> {
    let sql = "SELECT cap, settled, reserved FROM accounts WHERE tenant = $1 AND account = $2";
    let rows = store
        .client
        .read(sql, &[&tenant, &account.as_str()])
        .await?;
    let Some(row) = rows.first() else {
        return Ok(Budget::default());
    };
    let cap = column::<Option<i64>>(row, 0)?.map(NanoDollars);
    Ok(Budget {
        cap,
        settled: NanoDollars(column(row, 1)?),
        reserved: NanoDollars(column(row, 2)?),
    })
}

/// Sets or lifts an account's cap.
pub async fn set_cap(
    store: &PostgresStore,
    tenant: &str,
    account: &AccountName,
    cap: Option<NanoDollars>,
) -> Result<()> {
    let sql =
        "INSERT INTO accounts (tenant, account, cap, settled, reserved) VALUES ($1, $2, $3, 0, 0)
        ON CONFLICT (tenant, account) DO UPDATE SET cap = excluded.cap";
    store
        .client
        .write(sql, &[&tenant, &account.as_str(), &cap.map(|cap| cap.0)])
        .await?;
    Ok(())
}
