//! Blobs in a bucket, each an object of its own, under the names they have in a folder: `prefix/ab/cdef…`.
//!
//! An object is there whole or not at all: the bucket's owner promises that, of one request and of one that ends several parts. What a killed
//! process sent of parts is nothing to see, and the bucket's owner removes it where the bucket says so (its life cycle).

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use metier_core::{Digest, ids::shown};
use metier_store::depot::{Arrived, DepotError, Reading, Source, Warehouse};
use object_store::{
    Error, GetOptions, GetRange, MultipartUpload, ObjectStore, ObjectStoreExt, PutMode, PutOptions,
    PutPayload, path::Path,
};
use sha2::{Digest as _, Sha256};
use tokio::{sync::Semaphore, time::timeout};

use super::{AT_ONCE, BucketAddress, Nothing, PATIENCE, away, why};

/// Bytes of a part, and most of an object that is sent at once. S3 takes 10,000 parts.
const PART: u64 = 8 << 20;

/// The object that says whose the blobs are.
const OWNER: &str = "market";

type Result<T, E = DepotError> = std::result::Result<T, E>;

/// A bucket.
#[derive(Debug)]
pub struct Bucket {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// As it is told.
    place: String,
    room: Semaphore,
}

impl Bucket {
    /// What is below the prefix of this address in a store.
    pub fn new(store: Arc<dyn ObjectStore>, address: &BucketAddress) -> Bucket {
        Bucket {
            store,
            prefix: Path::from(address.prefix.as_str()),
            place: address.to_string(),
            room: Semaphore::new(AT_ONCE),
        }
    }

    fn object(&self, digest: &Digest) -> Path {
        let hex = digest.to_hex();
        let (folder, name) = hex.split_at(2);
        self.prefix.clone().join(folder).join(name)
    }

    fn away(&self, error: &Error) -> DepotError {
        let told = match error {
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
                format!("its credentials are none, or may not do it: {}", why(error))
            }
            Error::NotFound { .. } => format!("there is no such bucket: {}", why(error)),
            _ => why(error),
        };
        away(&self.place, told)
    }

    /// Nothing where it is not there.
    fn there<T>(&self, found: object_store::Result<T>) -> Result<Option<T>> {
        match found {
            Ok(found) => Ok(Some(found)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.away(&error)),
        }
    }

    async fn owner(&self) -> Result<Option<String>> {
        let at = self.prefix.clone().join(OWNER);
        let Some(found) = self.there(self.store.get(&at).await)? else {
            return Ok(None);
        };
        let bytes = found.bytes().await.map_err(|error| self.away(&error))?;
        Ok(Some(shown(&String::from_utf8_lossy(&bytes))))
    }

    /// Says whose it is, where nobody did before.
    async fn sign(&self, owner: &str) -> Result<()> {
        let at = self.prefix.clone().join(OWNER);
        let bytes = PutPayload::from(owner.to_owned().into_bytes());
        let once = PutOptions::from(PutMode::Create);
        match self.store.put_opts(&at, bytes.clone(), once).await {
            Ok(_) | Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(()),
            Err(Error::NotImplemented { .. } | Error::NotSupported { .. }) => {
                let put = self.store.put(&at, bytes).await;
                put.map(drop).map_err(|error| self.away(&error))
            }
            Err(error) => Err(self.away(&error)),
        }
    }

    async fn nothing_of(&self, digest: &Digest) -> Result<Option<Reading>> {
        let size = self.size(digest).await?;
        Ok(size.map(|size| Reading::new(*digest, size, 0, 0, Box::new(Nothing))))
    }

    async fn send_parts(
        &self,
        digest: &Digest,
        arrived: &Arrived,
        parts: &mut dyn MultipartUpload,
    ) -> Result<()> {
        let mut sent = Sent::default();
        while let Some(part) = sent.next(arrived).await? {
            let part = parts.put_part(part).await;
            part.map_err(|error| self.away(&error))?;
        }
        sent.check(digest)?;
        let ended = parts.complete().await;
        ended.map(drop).map_err(|error| self.away(&error))
    }
}

#[async_trait]
impl Warehouse for Bucket {
    fn place(&self) -> &str {
        &self.place
    }

    async fn own(&self, owner: &str) -> Result<()> {
        if self.owner().await?.is_none() {
            self.sign(owner).await?;
        }
        match self.owner().await? {
            Some(there) if there == shown(owner) => Ok(()),
            Some(there) => Err(DepotError::Foreign {
                place: self.place.clone(),
                owner: there,
            }),
            None => Err(away(&self.place, "it does not keep what is put into it")),
        }
    }

    async fn size(&self, digest: &Digest) -> Result<Option<u64>> {
        let found = self.there(self.store.head(&self.object(digest)).await)?;
        Ok(found.map(|meta| meta.size))
    }

    async fn read(&self, digest: &Digest, from: u64, length: u64) -> Result<Option<Reading>> {
        let range = match (from, length) {
            (0, u64::MAX) => None,
            // Of nothing there is no range.
            (_, 0) => return self.nothing_of(digest).await,
            _ => Some(GetRange::Bounded(from..from.saturating_add(length))),
        };
        let options = GetOptions {
            range,
            ..GetOptions::default()
        };
        let got = self.store.get_opts(&self.object(digest), options).await;
        let Some(got) = self.there(got)? else {
            return Ok(None);
        };
        let size = got.meta.size;
        let source = Box::new(Stream {
            place: self.place.clone(),
            stream: got.into_stream(),
        });
        Ok(Some(Reading::new(*digest, size, from, length, source)))
    }

    async fn keep(&self, digest: &Digest, arrived: &Arrived) -> Result<()> {
        let _room = self.room.acquire().await;
        let at = self.object(digest);
        let told = |error| self.away(&error);
        if arrived.size() <= PART {
            let mut sent = Sent::default();
            let bytes = sent.next(arrived).await?.unwrap_or_default();
            sent.check(digest)?;
            return self.store.put(&at, bytes).await.map(drop).map_err(told);
        }
        let mut parts = self.store.put_multipart(&at).await.map_err(told)?;
        let sent = self.send_parts(digest, arrived, &mut *parts).await;
        if sent.is_err() {
            // What cannot be taken back either is nothing to see.
            let _ = parts.abort().await;
        }
        sent
    }

    async fn remove(&self, digest: &Digest) -> Result<Option<String>> {
        let gone = self.store.delete(&self.object(digest)).await;
        self.there(gone).map(|_| None)
    }

    async fn list(&self) -> Result<Vec<(Digest, u64)>> {
        let prefix = (!self.prefix.is_root()).then_some(&self.prefix);
        let mut all = self.store.list(prefix);
        let (mut found, mut is_ours) = (Vec::new(), false);
        loop {
            let next = timeout(PATIENCE, all.next()).await;
            let next = next.map_err(|_| away(&self.place, "it does not say what it has"))?;
            let Some(meta) = next else { break };
            let meta = meta.map_err(|error| self.away(&error))?;
            let parts = meta.location.prefix_match(&self.prefix);
            let parts = parts.into_iter().flatten();
            let hex: Vec<_> = parts.map(|part| part.as_ref().to_owned()).collect();
            match hex.as_slice() {
                [name] if name == OWNER => is_ours = true,
                [folder, name] => {
                    let digest = format!("sha256:{folder}{name}").parse();
                    found.extend(digest.ok().map(|digest| (digest, meta.size)));
                }
                _ => {}
            }
        }
        match is_ours {
            true => Ok(found),
            // A page of HTML reads as a list of nothing, and then everything would be gone.
            false => Err(away(&self.place, "it does not list what was put into it")),
        }
    }
}

/// How far a blob was sent, and the digest of what was.
#[derive(Default)]
struct Sent {
    bytes: u64,
    hash: Sha256,
}

impl Sent {
    /// The next part; nothing after the last.
    async fn next(&mut self, arrived: &Arrived) -> Result<Option<PutPayload>> {
        let length = (arrived.size() - self.bytes).min(PART);
        if length == 0 {
            return Ok(None);
        }
        let length = usize::try_from(length).unwrap_or_default();
        let part = arrived.piece(self.bytes, length).await?;
        self.bytes += part.len() as u64;
        self.hash.update(&part);
        Ok(Some(part.into()))
    }

    /// The disk may have given back other bytes than it was given.
    fn check(self, digest: &Digest) -> Result<()> {
        match Digest::from_sha256(self.hash.finalize().into()) == *digest {
            true => Ok(()),
            false => Err(DepotError::Damaged { digest: *digest }),
        }
    }
}

/// An object on its way here.
struct Stream {
    place: String,
    stream: BoxStream<'static, object_store::Result<Bytes>>,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stream").field(&self.place).finish()
    }
}

#[async_trait]
impl Source for Stream {
    async fn next(&mut self, _: u64) -> Result<Vec<u8>> {
        loop {
            let next = timeout(PATIENCE, self.stream.next()).await;
            let next = next.map_err(|_| away(&self.place, "the next piece of a blob is late"))?;
            match next {
                None => return Ok(Vec::new()),
                Some(Err(error)) => return Err(away(&self.place, why(&error))),
                Some(Ok(piece)) if piece.is_empty() => {}
                Some(Ok(piece)) => return Ok(piece.into()),
            }
        }
    }
}
