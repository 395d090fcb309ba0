//! Whether the server keeps what it acknowledges, and the version of the tables.

use tokio_postgres::{Client as Connection, error::SqlState};

use super::{
    client::Client,
    error::{column, of_read},
};
use crate::{
    error::{Refusal, StoreError},
    traits::Result,
};

/// From nothing to version 1, from 1 to 2 …: never changed, only added to.
const MIGRATIONS: [&str; 1] = [include_str!("schema.sql")];

/// Oldest version that is tested, as `server_version_num` has it.
const OLDEST: i64 = 150_000;

/// How often two hosts that start at the same time may be in each other's way.
const TRIES: usize = 10;

/// Refuses a server that is too old or may lose what it acknowledged.
pub async fn check(client: &Client) -> Result<()> {
    let sql = "SELECT current_setting('server_version_num')::bigint, current_setting('server_version'),
        current_setting('fsync', true), current_setting('full_page_writes', true), current_setting('synchronous_commit', true),
        coalesce(current_setting('synchronous_standby_names', true), '')";
    let rows = client.read(sql, &[]).await?;
    let Some(row) = rows.first() else {
        return Ok(());
    };
    if column::<i64>(row, 0)? < OLDEST {
        let found = format!("PostgreSQL {}", column::<&str>(row, 1)?);
        return Err(Refusal::TooOld {
            found,
            needed: "PostgreSQL 15",
        }
        .into());
    }
    for (index, setting) in [
        (2, "fsync"),
        (3, "full_page_writes"),
        (4, "synchronous_commit"),
    ] {
        let value: Option<&str> = column(row, index)?;
        refuse_if(value == Some("off"), setting, value)?;
    }
    // With a standby that may take over, `local` and `remote_write` can leave it without what was acknowledged.
    let commit: Option<&str> = column(row, 4)?;
    let has_standby = !column::<&str>(row, 5)?.is_empty();
    refuse_if(
        has_standby && matches!(commit, Some("local" | "remote_write")),
        "synchronous_commit",
        commit,
    )
}

fn refuse_if(is_wrong: bool, setting: &str, value: Option<&str>) -> Result<()> {
    if !is_wrong {
        return Ok(());
    }
    let (setting, value) = (setting.to_owned(), value.unwrap_or_default().to_owned());
    let line = format!("{setting} = on");
    Err(Refusal::NotDurable {
        setting,
        value,
        line,
    }
    .into())
}

/// Brings the tables to this release's version, one host at a time: the others wait for the table's lock.
pub async fn migrate(client: &Client) -> Result<()> {
    let mut connection = client.connection().await?;
    // Of two that make the first table at once, one is refused by the system catalog.
    for _ in 0..TRIES {
        let made = connection
            .batch_execute("CREATE TABLE IF NOT EXISTS metier_schema (version bigint PRIMARY KEY, applied timestamptz NOT NULL)")
            .await;
        match made {
            Ok(()) => break,
            Err(error) if is_made_meanwhile(&error) => {}
            Err(error) => return Err(of_read(error)),
        }
    }
    apply(&mut connection).await
}

/// Whether another host was quicker: by its table, by its row type, or by a row of the system catalog.
fn is_made_meanwhile(error: &tokio_postgres::Error) -> bool {
    let states = [
        SqlState::UNIQUE_VIOLATION,
        SqlState::DUPLICATE_TABLE,
        SqlState::DUPLICATE_OBJECT,
    ];
    states.iter().any(|state| error.code() == Some(state))
}

async fn apply(connection: &mut Connection) -> Result<()> {
    let transaction = connection.transaction().await.map_err(of_read)?;
    transaction
        .batch_execute("LOCK TABLE metier_schema IN ACCESS EXCLUSIVE MODE")
        .await
        .map_err(of_read)?;
    let row = transaction
        .query_one("SELECT coalesce(max(version), 0) FROM metier_schema", &[])
        .await
        .map_err(of_read)?;
    let (found, known) = (column::<i64>(&row, 0)?, MIGRATIONS.len() as i64);
    if found > known {
        return Err(StoreError::Refused(Refusal::Newer { found, known }));
    }
    for (version, step) in (1..)
        .zip(MIGRATIONS)
        .skip_while(|(version, _)| *version <= found)
    {
        transaction.batch_execute(step).await.map_err(of_read)?;
        let done = "INSERT INTO metier_schema VALUES ($1, now())";
        transaction
            .execute(done, &[&version])
            .await
            .map_err(of_read)?;
    }
    transaction.commit().await.map_err(of_read)
}
