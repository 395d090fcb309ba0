//! Many skills at once: what bounds it is how much is held, not how often something is asked.

use std::sync::Arc;

use metier_core::SkillName;
use tokio::{sync::Semaphore, task::JoinSet};

use super::{Ask, Client, ClientError, Fetched, FirstKey, MAX_COMPONENT};
use crate::{
    index::{IndexFile, Line},
    log::Witness,
    ware::Ware,
};

/// How many questions are on their way at once: enough that a hundred small answers take as long as their bytes, and few enough for any market.
const AT_ONCE: usize = 32;

/// How much of components is held at once, in KiB: two of the largest, since each is in memory while it is verified.
const HELD: u32 = 2 * (MAX_COMPONENT >> 10) as u32;

impl Client {
    /// The indexes of these skills, each as [`Client::index`]; in their order.
    pub async fn indexes(
        &self,
        names: &[SkillName],
        ask: Ask,
    ) -> Vec<Result<IndexFile, ClientError>> {
        let works = names.iter().cloned().map(|name| {
            let client = self.clone();
            async move { client.index(&name, ask).await }
        });
        at_once(works).await
    }

    /// Fetches these versions, each as [`Client::fetch_as`]; in their order.
    pub async fn fetch_all<W: Ware + 'static>(
        &self,
        lines: &[Line],
        witness: &Witness,
        said: FirstKey,
    ) -> Vec<Result<Fetched<W>, ClientError>> {
        let room = Arc::new(Semaphore::new(HELD as usize));
        let works = lines.iter().cloned().map(|line| {
            let (client, witness, room) = (self.clone(), witness.clone(), room.clone());
            async move {
                // Nobody closes it.
                let _held = room.acquire_many(kib(line.size)).await;
                client.fetch_as::<W>(&line, &witness, said).await
            }
        });
        at_once(works).await
    }
}

/// What a component takes of [`HELD`]. One that is larger than any is refused by the fetch, and waits for all of it until then.
fn kib(size: u64) -> u32 {
    u32::try_from(size >> 10).map_or(HELD, |kib| kib.clamp(1, HELD))
}

/// Does all of it, some at once; in the order it was given.
async fn at_once<T: Send + 'static>(
    works: impl Iterator<Item = impl Future<Output = Result<T, ClientError>> + Send + 'static>,
) -> Vec<Result<T, ClientError>> {
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    for (at, work) in works.enumerate() {
        let permits = permits.clone();
        tasks.spawn(async move {
            let _permit = permits.acquire().await;
            (at, work.await)
        });
    }
    let mut all: Vec<_> = (0..tasks.len())
        .map(|_| Err(ClientError::Slow("it broke off".to_owned())))
        .collect();
    while let Some(joined) = tasks.join_next().await {
        if let Ok((at, done)) = joined
            && let Some(place) = all.get_mut(at)
        {
            *place = done;
        }
    }
    all
}
