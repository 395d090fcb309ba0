//! Hints between hosts: `LISTEN` on a connection of its own, and `NOTIFY` as a statement of its own after the commit.
//!
//! Inside the transaction a `NOTIFY` would make all commits wait for each other. Hints that come together are sent once.

use std::{collections::BTreeSet, future::poll_fn, time::Duration};

use tokio::{
    sync::{broadcast, mpsc},
    task::JoinSet,
};
use tokio_postgres::{AsyncMessage, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::client::Client;
use crate::types::PoolId;

/// Hints that a slow listener may have outstanding.
const HINTS: usize = 1_024;

/// How long until the connection that listens is tried again.
const AGAIN: Duration = Duration::from_millis(500);

const CHANNEL: &str = "metier_due";

/// Sends and receives hints until it is dropped.
#[derive(Debug)]
pub struct Hinting {
    /// What comes from this host and others.
    pub heard: broadcast::Sender<PoolId>,
    said: mpsc::Sender<PoolId>,
    _tasks: JoinSet<()>,
}

impl Hinting {
    /// Starts the two tasks; they end with it.
    pub fn start(client: Client, config: Config, tls: MakeRustlsConnect) -> Self {
        let heard = broadcast::Sender::new(HINTS);
        let (said, queue) = mpsc::channel(HINTS);
        let mut tasks = JoinSet::new();
        tasks.spawn(send(client, queue));
        tasks.spawn(listen(config, tls, heard.clone()));
        Hinting {
            heard,
            said,
            _tasks: tasks,
        }
    }

    /// Says that the pool has something due. With very much to say, some of it is not said.
    pub fn say(&self, pool: PoolId) {
        let _ = self.said.try_send(pool);
    }
}

async fn send(client: Client, mut queue: mpsc::Receiver<PoolId>) {
    while let Some(first) = queue.recv().await {
        let mut pools = BTreeSet::from([first]);
        while let Ok(pool) = queue.try_recv() {
            pools.insert(pool);
        }
        let pools: Vec<&str> = pools.iter().map(PoolId::as_str).collect();
        let sql = "SELECT pg_notify($1, pool) FROM unnest($2::text[]) AS pool";
        // A hint may be lost.
        let _ = client.write(sql, &[&CHANNEL, &pools]).await;
    }
}

async fn listen(config: Config, tls: MakeRustlsConnect, heard: broadcast::Sender<PoolId>) {
    loop {
        // Listening starts again whatever ended it: hosts look by themselves meanwhile.
        let _ = listen_once(&config, tls.clone(), &heard).await;
        tokio::time::sleep(AGAIN).await;
    }
}

async fn listen_once(
    config: &Config,
    tls: MakeRustlsConnect,
    heard: &broadcast::Sender<PoolId>,
) -> Result<(), tokio_postgres::Error> {
    let (client, mut connection) = config.connect(tls).await?;
    let messages = async {
        while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notification(notice) = message?
                && let Ok(pool) = notice.payload().parse()
            {
                // Nobody may be listening here.
                let _ = heard.send(pool);
            }
        }
        Ok(())
    };
    let listening = async {
        client.batch_execute(&format!("LISTEN {CHANNEL}")).await?;
        // The connection lives as long as its client.
        std::future::pending().await
    };
    tokio::select! {
        ended = messages => ended,
        failed = listening => failed,
    }
}
