//! A client against a market that does as it is told, lies included.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod carried;
mod dry;
mod known;
mod lies;
mod logs;
mod many;
mod mirrors;
mod people;
mod publishing;
mod script;
mod shop;

use std::sync::Arc;

use tempfile::TempDir;

use super::{Ask, Client, ClientError, Fetched, FirstKey, Kept};
use script::Script;
use shop::{Shop, weather};

/// A market, and a client that trusts it.
pub struct Scene {
    pub script: Arc<Script>,
    pub client: Client,
    pub home: TempDir,
}

impl Scene {
    pub fn new() -> Scene {
        Scene::of(Shop::with(&["1.0.0"]))
    }

    pub fn of(shop: Shop) -> Scene {
        let home = tempfile::tempdir().unwrap();
        let script = Arc::new(Script::of(shop));
        let client = client(&script, &home);
        Scene {
            script,
            client,
            home,
        }
    }

    /// What an install does.
    pub async fn install(&self) -> Result<Fetched, ClientError> {
        install(&self.client).await
    }
}

pub fn client(script: &Arc<Script>, home: &TempDir) -> Client {
    let root = script.shop().root();
    let kept = Kept::of(home.path(), &root.address.as_str().parse().unwrap());
    Client::new(script.clone(), root, kept).unwrap()
}

pub async fn install(client: &Client) -> Result<Fetched, ClientError> {
    let witness = client.advance().await?;
    let index = client.index(&weather(), Ask::WhenCold).await?;
    let line = index.lines().last().unwrap();
    client.fetch(line, &witness, FirstKey::Remembered).await
}
