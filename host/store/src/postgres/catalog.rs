//! Small shared facts. Every write first takes the next number of one counter, and with it the counter's lock until the commit: so
//! order of revisions is order of commits, and a condition is checked on the newest row.

use std::time::Duration;

use tokio_postgres::Row;

use super::{
    PostgresStore,
    error::{column, parsed},
    leases::refused,
};
use crate::{
    error::StoreError,
    traits::Result,
    types::{Entry, Expect, Key, Kind, Rev, Time, micros},
};

const COUNTED: &str =
    "WITH counted AS (UPDATE revision SET rev = rev + 1 WHERE {durable} RETURNING rev)";

/// `$5` says whether only an absent entry is written.
const PUT: &str = "
INSERT INTO catalog AS c (kind, key, rev, value, expires)
SELECT $1, $2, counted.rev, $3, {now} + $4::bigint FROM counted
ON CONFLICT (kind, key) DO UPDATE SET rev = excluded.rev, value = excluded.value, expires = excluded.expires
WHERE NOT $5::bool OR c.value IS NULL OR c.expires <= {now}
RETURNING c.rev";

const PUT_AT: &str = "
UPDATE catalog c SET rev = counted.rev, value = $3, expires = {now} + $4::bigint FROM counted
WHERE c.kind = $1 AND c.key = $2 AND c.rev = $5::bigint AND c.value IS NOT NULL AND (c.expires IS NULL OR c.expires > {now})
RETURNING c.rev";

const BURY: &str = "
UPDATE catalog c SET rev = counted.rev, value = NULL, expires = NULL FROM counted
WHERE c.kind = $1 AND c.key = $2 AND c.value IS NOT NULL AND c.expires <= {now}";

fn entry(row: &Row) -> Result<Entry> {
    let expires = column::<Option<i64>>(row, 3)?.map(Time);
    Ok(Entry {
        key: parsed(row, 0)?,
        rev: Rev::from_row(column(row, 1)?),
        value: column(row, 2)?,
        expires,
    })
}

/// The entry if it is there.
pub async fn get(store: &PostgresStore, kind: &Kind, key: &Key) -> Result<Option<Entry>> {
    let sql = "SELECT key, rev, value, expires FROM catalog
        WHERE kind = $1 AND key = $2 AND value IS NOT NULL AND (expires IS NULL OR expires > {now})";
    let rows = store
        .client
        .read(sql, &[&kind.as_str(), &key.as_str()])
        .await?;
    rows.first().map(entry).transpose()
}

/// Writes or deletes an entry if it is as expected.
pub async fn put(
    store: &PostgresStore,
    kind: &Kind,
    key: &Key,
    expect: Expect,
    value: Option<&[u8]>,
    ttl: Option<Duration>,
) -> Result<Rev> {
    let ttl = ttl
        .filter(|_| value.is_some())
        .map(|ttl| micros(ttl).min(i64::MAX / 4));
    let rows = match expect {
        Expect::Rev(rev) => {
            let sql = format!("{COUNTED} {PUT_AT}");
            store
                .client
                .write(
                    &sql,
                    &[&kind.as_str(), &key.as_str(), &value, &ttl, &rev.to_row()],
                )
                .await?
        }
        Expect::Any | Expect::Absent => {
            let only_absent = expect == Expect::Absent;
            let sql = format!("{COUNTED} {PUT}");
            store
                .client
                .write(
                    &sql,
                    &[&kind.as_str(), &key.as_str(), &value, &ttl, &only_absent],
                )
                .await?
        }
    };
    if let Some(row) = rows.first() {
        return Ok(Rev::from_row(column(row, 0)?));
    }
    if expect == Expect::Any {
        return Err(refused(store).await);
    }
    super::settings::check(&store.client).await?;
    let found = get(store, kind, key)
        .await?
        .map_or(Rev(0), |entry| entry.rev);
    Err(StoreError::Conflict { head: found.0 })
}

/// Entries of a kind written after `since`, in that order; what has expired gets its tombstone first.
pub async fn changes(
    store: &PostgresStore,
    kind: &Kind,
    since: Rev,
    max: usize,
) -> Result<Vec<Entry>> {
    bury(store, kind).await?;
    let sql = "SELECT key, rev, value, expires FROM catalog WHERE kind = $1 AND rev > $2 ORDER BY rev LIMIT $3";
    let rows = store
        .client
        .read(sql, &[&kind.as_str(), &since.to_row(), &(max as i64)])
        .await?;
    rows.iter().map(entry).collect()
}

async fn bury(store: &PostgresStore, kind: &Kind) -> Result<()> {
    let sql = "SELECT key FROM catalog WHERE kind = $1 AND expires <= {now} AND value IS NOT NULL ORDER BY expires, key";
    for row in store.client.read(sql, &[&kind.as_str()]).await? {
        let sql = format!("{COUNTED} {BURY}");
        store
            .client
            .write(&sql, &[&kind.as_str(), &column::<&str>(&row, 0)?])
            .await?;
    }
    Ok(())
}
