//! Why a batch does not fit: looked up after it was refused, to tell the caller which of its parts it was.

use std::collections::BTreeMap;

use super::{PostgresStore, error::column, ledger};
use crate::{
    error::StoreError,
    rules,
    traits::Result,
    types::{AccountName, Batch, BudgetMove, Next, RunId},
};

/// The error of the first part that does not fit; none when it fits by now.
pub async fn batch_does_not_fit(store: &PostgresStore, run: RunId, batch: &Batch) -> Result<()> {
    unread_signals(store, run, batch).await?;
    let open = open_reservations(store, run).await?;
    let changes = changes(batch, &open)?;
    let tenant = tenant(store, run).await?;
    for (account, more) in changes {
        let budget = ledger::budget(store, &tenant, &account).await?;
        if let Some(available) = budget.available()
            && more > 0
            && more > i128::from(available.0)
        {
            return Err(StoreError::OverBudget { account, available });
        }
        let used = i128::from(budget.settled.0) + i128::from(budget.reserved.0);
        if used + more > i128::from(i64::MAX) {
            return Err(rules::too_much(&account));
        }
    }
    Ok(())
}

async fn unread_signals(store: &PostgresStore, run: RunId, batch: &Batch) -> Result<()> {
    let keys: Vec<&str> = batch.consume.iter().map(|key| key.as_str()).collect();
    let sql = "SELECT key FROM signals WHERE run = $1 AND consumed IS NULL AND key = ANY ($2)";
    let rows = store.client.read(sql, &[&run.to_string(), &keys]).await?;
    let unread = rows
        .iter()
        .map(|row| column::<&str>(row, 0))
        .collect::<Result<Vec<_>>>()?;
    match keys.iter().find(|key| !unread.contains(key)) {
        Some(key) => Err(rules::no_such(format!("signal {key}"))),
        None => Ok(()),
    }
}

type Open = BTreeMap<(String, String), i64>;

async fn open_reservations(store: &PostgresStore, run: RunId) -> Result<Open> {
    let sql = "SELECT account, key, amount FROM reservations WHERE run = $1";
    let rows = store.client.read(sql, &[&run.to_string()]).await?;
    rows.iter()
        .map(|row| Ok(((column(row, 0)?, column(row, 1)?), column(row, 2)?)))
        .collect()
}

/// What the batch adds to each account, settled and reserved together.
fn changes(batch: &Batch, open: &Open) -> Result<BTreeMap<AccountName, i128>> {
    let mut changes: BTreeMap<AccountName, i128> = BTreeMap::new();
    for change in &batch.budget {
        let (account, key) = rules::place(change);
        let reserved = open.get(&(account.to_string(), key.to_string())).copied();
        let missing = || rules::no_such(format!("reservation {key} on {account}"));
        let more = match change {
            BudgetMove::Reserve { .. } if reserved.is_some() => {
                return Err(StoreError::Invalid(format!(
                    "the reservation {key} on {account} is open already"
                )));
            }
            BudgetMove::Reserve { amount, .. } => i128::from(amount.0),
            BudgetMove::Settle { actual, .. } => {
                i128::from(actual.0) - i128::from(reserved.ok_or_else(missing)?)
            }
            BudgetMove::Release { .. } => -i128::from(reserved.ok_or_else(missing)?),
        };
        *changes.entry(account.clone()).or_default() += more;
    }
    if matches!(batch.next, Next::Done { .. }) {
        give_back(batch, open, &mut changes);
    }
    Ok(changes)
}

/// What the end of a run gives back beside what its batch names.
fn give_back(batch: &Batch, open: &Open, changes: &mut BTreeMap<AccountName, i128>) {
    for ((account, key), amount) in open {
        let is_named = batch
            .budget
            .iter()
            .map(rules::place)
            .any(|(a, k)| a.as_str() == account && k.as_str() == key);
        if !is_named && let Ok(account) = account.parse::<AccountName>() {
            *changes.entry(account).or_default() -= i128::from(*amount);
        }
    }
}

async fn tenant(store: &PostgresStore, run: RunId) -> Result<String> {
    let rows = store
        .client
        .read(
            "SELECT tenant FROM runs WHERE run = $1",
            &[&run.to_string()],
        )
        .await?;
    let row = rows
        .first()
        .ok_or_else(|| StoreError::not_found(format!("run {run}")))?;
    column(row, 0)
}
