//! Reservations: settled + reserved never exceeds a cap, because one statement compares and adds.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    error::StoreError,
    rules,
    traits::Result,
    types::{AccountName, Batch, Budget, BudgetMove, Key, NanoDollars, Next},
};

/// What a batch adds to an account.
#[derive(Clone, Copy, Default)]
struct Change {
    settled: i64,
    reserved: i64,
}

/// Applies a batch's moves; a batch that ends the run gives back what is left open.
pub fn apply(conn: &Connection, run: &str, tenant: &str, batch: &Batch) -> Result<()> {
    let mut changes: BTreeMap<AccountName, Change> = BTreeMap::new();
    for change in &batch.budget {
        let (account, key) = rules::place(change);
        let added = one(conn, run, account, key, change)?;
        let sum = changes.entry(account.clone()).or_default();
        sum.settled = sum
            .settled
            .checked_add(added.settled)
            .ok_or_else(|| rules::too_much(account))?;
        sum.reserved = sum
            .reserved
            .checked_add(added.reserved)
            .ok_or_else(|| rules::too_much(account))?;
    }
    if matches!(batch.next, Next::Done { .. }) {
        give_back(conn, run, &mut changes)?;
    }
    changes
        .iter()
        .try_for_each(|(account, change)| add(conn, tenant, account, *change))
}

/// Opens or closes one reservation.
fn one(
    conn: &Connection,
    run: &str,
    account: &AccountName,
    key: &Key,
    change: &BudgetMove,
) -> Result<Change> {
    match change {
        BudgetMove::Reserve { amount, .. } => {
            open(conn, run, account, key, *amount)?;
            Ok(Change {
                settled: 0,
                reserved: amount.0,
            })
        }
        BudgetMove::Settle { actual, .. } => {
            let reserved = close(conn, run, account, key)?;
            Ok(Change {
                settled: actual.0,
                reserved: -reserved,
            })
        }
        BudgetMove::Release { .. } => {
            let reserved = close(conn, run, account, key)?;
            Ok(Change {
                settled: 0,
                reserved: -reserved,
            })
        }
    }
}

fn open(
    conn: &Connection,
    run: &str,
    account: &AccountName,
    key: &Key,
    amount: NanoDollars,
) -> Result<()> {
    let sql = "INSERT INTO reservations (run, account, key, amount) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    let mut insert = conn.prepare_cached(sql)?;
    if insert.execute(params![run, account.as_str(), key.as_str(), amount.0])? == 0 {
        return Err(StoreError::Invalid(format!(
            "the reservation {key} on {account} is open already"
        )));
    }
    Ok(())
}

fn close(conn: &Connection, run: &str, account: &AccountName, key: &Key) -> Result<i64> {
    let sql =
        "DELETE FROM reservations WHERE run = ?1 AND account = ?2 AND key = ?3 RETURNING amount";
    let mut delete = conn.prepare_cached(sql)?;
    let amount = delete
        .query_row(params![run, account.as_str(), key.as_str()], |row| {
            row.get(0)
        })
        .optional()?;
    amount.ok_or_else(|| rules::no_such(format!("reservation {key} on {account}")))
}

fn give_back(
    conn: &Connection,
    run: &str,
    changes: &mut BTreeMap<AccountName, Change>,
) -> Result<()> {
    let mut delete =
        conn.prepare_cached("DELETE FROM reservations WHERE run = ?1 RETURNING account, amount")?;
    let rows = delete.query_map([run], |row| {
        Ok((
            super::error::parsed::<AccountName>(row, 0)?,
            row.get::<_, i64>(1)?,
        ))
    })?;
    for row in rows {
        let (account, amount) = row?;
        changes.entry(account).or_default().reserved -= amount;
    }
    Ok(())
}

/// Adds to an account if it fits under the cap. What makes the sum smaller always fits.
fn add(conn: &Connection, tenant: &str, account: &AccountName, change: Change) -> Result<()> {
    let more = change
        .settled
        .checked_add(change.reserved)
        .ok_or_else(|| rules::too_much(account))?;
    let mut open = conn.prepare_cached(
        "INSERT INTO accounts (tenant, account, cap, settled, reserved) VALUES (?1, ?2, NULL, 0, 0) ON CONFLICT DO NOTHING",
    )?;
    open.execute(params![tenant, account.as_str()])?;
    let mut update = conn.prepare_cached(
        "UPDATE accounts SET settled = settled + ?3, reserved = reserved + ?4 WHERE tenant = ?1 AND account = ?2 AND (?5 <= 0
         OR CASE WHEN cap IS NULL THEN settled + reserved <= 9223372036854775807 - ?5 ELSE settled + reserved <= cap - ?5 END)",
    )?;
    if update.execute(params![
        tenant,
        account.as_str(),
        change.settled,
        change.reserved,
        more
    ])? == 1
    {
        return Ok(());
    }
    let budget = budget(conn, tenant, account)?;
    Err(match budget.available() {
        Some(available) => StoreError::OverBudget {
            account: account.clone(),
            available,
        },
        None => rules::too_much(account),
    })
}

/// How an account stands.
pub fn budget(conn: &Connection, tenant: &str, account: &AccountName) -> Result<Budget> {
    let sql = "SELECT cap, settled, reserved FROM accounts WHERE tenant = ?1 AND account = ?2";
    let mut select = conn.prepare_cached(sql)?;
    let row = select.query_row(params![tenant, account.as_str()], |row| {
        let cap = row.get::<_, Option<i64>>(0)?.map(NanoDollars);
        Ok(Budget {
            cap,
            settled: NanoDollars(row.get(1)?),
            reserved: NanoDollars(row.get(2)?),
        })
    });
    Ok(row.optional()?.unwrap_or_default())
}

/// Sets or lifts an account's cap.
pub fn set_cap(
    conn: &Connection,
    tenant: &str,
    account: &AccountName,
    cap: Option<NanoDollars>,
) -> Result<()> {
    let sql =
        "INSERT INTO accounts (tenant, account, cap, settled, reserved) VALUES (?1, ?2, ?3, 0, 0)
               ON CONFLICT DO UPDATE SET cap = excluded.cap";
    conn.prepare_cached(sql)?
        .execute(params![tenant, account.as_str(), cap.map(|cap| cap.0)])?;
    Ok(())
}
