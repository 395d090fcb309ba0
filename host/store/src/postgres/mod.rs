//! PostgreSQL, 15 or newer, for more than one machine.
//!
//! Every host has a [pool](client) of connections; each operation is one statement and one transaction;
//! appends that come together share one ([`group`]). The server's settings are
//! checked at the start, and again inside every statement that writes: one that may lose what it acknowledges is given nothing
//! ([`settings`]). Only the portable part of the dialect is used: no advisory locks, no functions of ours, `NOTIFY` as a
//! [hint](hints) only.

mod settings;

mod client;
mod columns;
mod group;
mod hints;
mod tls;

mod append;
mod catalog;
mod create;
mod leases;
mod ledger;
mod memory;
mod query;
mod why;

mod error;
mod serve;

use std::time::Duration;

use self::{client::Client, group::Writers, hints::Hinting};
use crate::{traits::Result, types::PoolId};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);

/// How long data may stay unacknowledged by the other side's network until the connection counts as gone.
const UNACKNOWLEDGED: Duration = Duration::from_secs(15);

/// A store in a PostgreSQL database, shared by all hosts that open it.
#[derive(Debug)]
pub struct PostgresStore {
    client: Client,
    writers: Writers,
    hinting: Hinting,
}

impl PostgresStore {
    /// Connects, checks the server, and makes or migrates the tables in the first schema of the search path.
    pub async fn open(url: &str) -> Result<Self> {
        let (mut config, tls) = tls::configured(url)?;
        config
            .application_name("metier")
            .connect_timeout(CONNECT)
            .tcp_user_timeout(UNACKNOWLEDGED);
        let client = Client::new(config.clone(), tls.clone())?;
        settings::check(&client).await?;
        settings::migrate(&client).await?;
        let writers = Writers::start(&client);
        let hinting = Hinting::start(client.clone(), config, tls);
        Ok(PostgresStore {
            client,
            writers,
            hinting,
        })
    }

    fn hint(&self, pool: PoolId) {
        self.hinting.say(pool);
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.client.close();
    }
}
