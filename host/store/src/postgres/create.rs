//! Making a run, in one statement.

use super::{
    PostgresStore,
    append::as_columns,
    error::{column, hash},
    settings,
};
use crate::{
    chain,
    error::StoreError,
    labels,
    traits::Result,
    types::{Head, NewRun},
};

const CREATE: &str = "
WITH made AS (
    INSERT INTO runs (run, tenant, pool, labels, live, epoch, due, head, head_hash, arrived, consumed, created, updated)
    SELECT $1, $2, $3, $4, true, 0, coalesce($5::bigint, {now} + $6::bigint), $7, $8, 0, 0, {now}, {now} WHERE {durable}
    ON CONFLICT DO NOTHING
    RETURNING run, tenant, coalesce(due <= {now}, false) AS is_due
),
labelled AS (
    INSERT INTO run_labels (name, value, run)
    SELECT l.name, l.value, made.run FROM made, unnest($9::text[], $10::text[]) AS l (name, value)
),
written AS (
    INSERT INTO events (run, seq, op, kind, body, at, hash)
    SELECT made.run, e.n, NULL, e.kind, e.body, {now}, e.hash
    FROM made, unnest($11::text[], $12::bytea[], $13::bytea[]) WITH ORDINALITY AS e (kind, body, hash, n)
),
capped AS (
    INSERT INTO accounts (tenant, account, cap, settled, reserved)
    SELECT made.tenant, c.account, c.cap, 0, 0 FROM made, unnest($14::text[], $15::bigint[]) AS c (account, cap) ORDER BY c.account
    ON CONFLICT (tenant, account) DO UPDATE SET cap = excluded.cap
)
SELECT is_due FROM made";

/// Makes a run; the same one again is a success.
pub async fn create(store: &PostgresStore, run: &NewRun) -> Result<Head> {
    let chain = chain::extend(&chain::genesis(run.run, &run.tenant), &run.events);
    let Some(head) = chain.last() else {
        return Err(StoreError::Invalid("it carries no event".into()));
    };
    let (at, after) = as_columns(run.due);
    let (names, values): (Vec<&str>, Vec<&str>) = run
        .labels
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .unzip();
    let (kinds, bodies): (Vec<&str>, Vec<&[u8]>) = run
        .events
        .iter()
        .map(|event| (event.kind.as_str(), &*event.body))
        .unzip();
    let hashes: Vec<&[u8]> = chain.iter().map(|head| &head.hash[..]).collect();
    let (accounts, caps): (Vec<&str>, Vec<i64>) = run
        .caps
        .iter()
        .map(|(account, cap)| (account.as_str(), cap.0))
        .unzip();
    let (id, tenant, pool) = (run.run.to_string(), run.tenant.as_str(), run.pool.as_str());
    let text = labels::to_text(&run.labels);
    let (seq, last) = (head.seq.to_row(), &head.hash[..]);
    let rows = store
        .client
        .write(
            CREATE,
            &[
                &id, &tenant, &pool, &text, &at, &after, &seq, &last, &names, &values, &kinds,
                &bodies, &hashes, &accounts, &caps,
            ],
        )
        .await?;
    match rows.first() {
        Some(row) if column(row, 0)? => store.hint(run.pool.clone()),
        Some(_) => {}
        None => same_or_refused(store, &id, head).await?,
    }
    Ok(*head)
}

/// Whether the run there began with the same events, for the same tenant.
async fn same_or_refused(store: &PostgresStore, run: &str, head: &Head) -> Result<()> {
    settings::check(&store.client).await?;
    let sql =
        "SELECT seq, hash FROM events WHERE run = $1 AND op IS NULL ORDER BY seq DESC LIMIT 1";
    let rows = store.client.read(sql, &[&run]).await?;
    match rows.first() {
        Some(row) if column::<i64>(row, 0)? == head.seq.to_row() && hash(row, 1)? == head.hash => {
            Ok(())
        }
        _ => Err(StoreError::Exists),
    }
}
