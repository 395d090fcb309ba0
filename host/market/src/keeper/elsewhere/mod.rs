//! Where a market's blobs are kept that are not in its folder: in a [bucket](Bucket), or in [another registry](Behind).
//!
//! Only blobs: the log, the accounts, and what is known of the blobs, stay in the folder. A blob arrives there too, piece by piece, and goes
//! to the other place whole, when it has its digest ([`Warehouse`](metier_store::depot::Warehouse)).

mod address;
mod bucket;
mod open;
mod registry;
#[cfg(test)]
mod tests;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use metier_core::ids::shown;
use metier_store::depot::{DepotError, Source};

pub use self::{
    address::{BucketAddress, InvalidBucket, Kind},
    bucket::Bucket,
    open::open,
    registry::Behind,
};

/// How long the next piece of a blob may take on its way here.
const PATIENCE: Duration = Duration::from_secs(60);

/// Blobs on their way there at once. Each has one part in memory.
const AT_ONCE: usize = 4;

/// What went wrong, in one line: the innermost reason says most.
fn why(error: &(dyn std::error::Error + 'static)) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    shown(&inner.to_string())
}

fn away(place: &str, why: impl Into<String>) -> DepotError {
    DepotError::Away {
        place: place.to_owned(),
        why: why.into(),
    }
}

/// What is read of a blob of which nothing is wanted.
#[derive(Debug)]
struct Nothing;

#[async_trait]
impl Source for Nothing {
    async fn next(&mut self, _: u64) -> Result<Vec<u8>, DepotError> {
        Ok(Vec::new())
    }
}
