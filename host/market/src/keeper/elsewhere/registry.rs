//! Blobs in another registry, all in one repository.
//!
//! A registry keeps only blobs that a manifest names, and tells only of what has a tag. So each blob has a small manifest of its own, under the
//! tag `HEX-SIZE`: that is the list. The manifest is put last, so a blob that was sent halfway is none, and the registry's own collection
//! takes it. What is removed here loses its manifest; its bytes go when the registry's owner collects.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use http::StatusCode;
use metier_core::{Digest, ids::shown};
use metier_store::depot::{Arrived, DepotError, Reading, Source, Warehouse};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{sync::Semaphore, time::timeout};

use super::{AT_ONCE, Nothing, PATIENCE, away};
use crate::{
    client::{Answer, Broken},
    distribution::{EMPTY, Remote, RemoteError, Whole, artifact, descriptor},
    keeper::registry::manifest::MANIFEST,
};

/// What the manifest of a blob is.
const BLOB: &str = "application/vnd.metier.blob.v1";

/// What the manifest is that says whose they are, its tag, and the annotation.
const OWNER: &str = "application/vnd.metier.owner.v1";
const OWNER_TAG: &str = "market";
const OWNER_SAID: &str = "dev.metier.market";

const OCTETS: &str = "application/octet-stream";

type Result<T, E = DepotError> = std::result::Result<T, E>;

/// Another registry.
#[derive(Debug)]
pub struct Behind {
    remote: Arc<Remote>,
    repository: String,
    /// As it is told.
    place: String,
    /// Every blob, and its bytes: nobody else changes them.
    known: Mutex<HashMap<Digest, u64>>,
    room: Semaphore,
}

#[derive(Deserialize)]
struct Owned {
    #[serde(default)]
    annotations: HashMap<String, String>,
}

impl Behind {
    /// The repository that the registry's address names.
    ///
    /// # Errors
    /// Where it names none.
    pub fn new(remote: Remote) -> Result<Behind> {
        let place = remote.address().to_string();
        let repository = remote.address().prefix.clone();
        if repository.is_empty() {
            let why = "name the repository too, as in `oci://registry.acme.example/metier/files`";
            return Err(away(&place, why));
        }
        Ok(Behind {
            remote: Arc::new(remote),
            repository,
            place,
            known: Mutex::default(),
            room: Semaphore::new(AT_ONCE),
        })
    }

    async fn owner(&self) -> Result<Option<String>> {
        let found = self.remote.manifest(&self.repository, OWNER_TAG).await;
        let Some(manifest) = found.map_err(|error| self.away(&error))? else {
            return Ok(None);
        };
        let read: Option<Owned> = serde_json::from_slice(&manifest).ok();
        let said = read.and_then(|owned| owned.annotations.get(OWNER_SAID).cloned());
        Ok(Some(said.unwrap_or_else(|| "somebody else".to_owned())))
    }

    async fn sign(&self, owner: &str) -> Result<()> {
        let put = |reference: String, manifest| async move {
            let put = self
                .remote
                .put_manifest(&self.repository, &reference, MANIFEST, manifest)
                .await;
            put.map_err(|error| self.away(&error))
        };
        let (empty, digest) = (EMPTY.to_vec(), Digest::of(EMPTY));
        let pushed = self.remote.push_blob(&self.repository, &digest, &empty);
        pushed.await.map_err(|error| self.away(&error))?;
        let layer = [descriptor(OCTETS, EMPTY)];
        // What is never deleted would fill it, and nobody would know why.
        let probe = artifact(
            OWNER,
            &layer,
            None,
            &json!({"dev.metier.probe": "is it deleted"}),
        );
        let digest = Digest::of(&probe);
        put(digest.to_string(), probe).await?;
        let removed = self.remote.remove_manifest(&self.repository, &digest).await;
        if !removed.map_err(|error| self.away(&error))? {
            return Err(away(
                &self.place,
                "it deletes nothing, so what is pushed and never published would stay: switch deleting on, which is REGISTRY_STORAGE_DELETE_ENABLED=true where it is docker-registry",
            ));
        }
        let owned = artifact(OWNER, &layer, None, &json!({OWNER_SAID: owner}));
        put(OWNER_TAG.to_owned(), owned).await.map(drop)
    }

    fn away(&self, error: &RemoteError) -> DepotError {
        away(&self.place, error.to_string())
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Digest, u64>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A registry that says other things of a blob than it was given lies of it, or lost it.
    fn must_be(&self, digest: &Digest, known: u64, said: u64) -> Result<()> {
        match known == said {
            true => Ok(()),
            false => Err(away(
                &self.place,
                format!("it says {digest} has {said} bytes, and it was given {known}"),
            )),
        }
    }
}

/// The manifest of a blob.
fn manifest(digest: &Digest, size: u64) -> Vec<u8> {
    let layer = json!({"mediaType": OCTETS, "digest": digest, "size": size});
    artifact(BLOB, &[layer], None, &Value::Null)
}

fn tag(digest: &Digest, size: u64) -> String {
    format!("{}-{size}", digest.to_hex())
}

fn untag(tag: &str) -> Option<(Digest, u64)> {
    let (hex, size) = tag.split_once('-')?;
    Some((format!("sha256:{hex}").parse().ok()?, size.parse().ok()?))
}

#[async_trait]
impl Warehouse for Behind {
    fn place(&self) -> &str {
        &self.place
    }

    async fn own(&self, owner: &str) -> Result<()> {
        if self.owner().await?.is_none() {
            self.sign(owner).await?;
        }
        match self.owner().await? {
            Some(there) if there == owner => Ok(()),
            Some(there) => Err(DepotError::Foreign {
                place: self.place.clone(),
                owner: shown(&there),
            }),
            None => Err(away(&self.place, "it does not keep what is put into it")),
        }
    }

    async fn size(&self, digest: &Digest) -> Result<Option<u64>> {
        let Some(known) = self.known().get(digest).copied() else {
            return Ok(None);
        };
        let said = self.remote.blob_size(&self.repository, digest).await;
        let said = said.map_err(|error| self.away(&error))?;
        if let Some(said) = said {
            self.must_be(digest, known, said)?;
        }
        Ok(said)
    }

    async fn read(&self, digest: &Digest, from: u64, length: u64) -> Result<Option<Reading>> {
        let Some(known) = self.known().get(digest).copied() else {
            return Ok(None);
        };
        let left = known.saturating_sub(from).min(length);
        if left == 0 && known > 0 {
            let there = self.size(digest).await?;
            return Ok(there.map(|size| Reading::new(*digest, size, from, 0, Box::new(Nothing))));
        }
        let part = (left < known).then_some((from, left));
        let found = self.remote.blob(&self.repository, digest, part).await;
        let Some(found) = found.map_err(|error| self.away(&error))? else {
            return Ok(None);
        };
        self.must_be(digest, known, found.size)?;
        let skip = from.checked_sub(found.from);
        let source = Body {
            place: self.place.clone(),
            // It may give all of it where a part was asked for.
            is_more: part.is_some() && found.answer.status == StatusCode::OK,
            answer: found.answer,
            skip: skip.ok_or_else(|| away(&self.place, "it gives another part of a blob"))?,
        };
        let source = Box::new(source);
        Ok(Some(Reading::new(*digest, known, from, length, source)))
    }

    async fn keep(&self, digest: &Digest, arrived: &Arrived) -> Result<()> {
        let _room = self.room.acquire().await;
        let size = arrived.size();
        let bytes = Sending(arrived);
        let sent = self.remote.push_blob(&self.repository, digest, &bytes);
        sent.await.map_err(|error| self.away(&error))?;
        let tag = tag(digest, size);
        let named =
            self.remote
                .put_manifest(&self.repository, &tag, MANIFEST, manifest(digest, size));
        named.await.map_err(|error| self.away(&error))?;
        self.known().insert(*digest, size);
        Ok(())
    }

    async fn remove(&self, digest: &Digest) -> Result<Option<String>> {
        let Some(size) = self.known().get(digest).copied() else {
            return Ok(None);
        };
        let named = Digest::of(&manifest(digest, size));
        let removed = self.remote.remove_manifest(&self.repository, &named).await;
        if !removed.map_err(|error| self.away(&error))? {
            return Err(away(&self.place, "it does not delete any more"));
        }
        self.known().remove(digest);
        // Without its manifest it is none any more, whatever becomes of its bytes.
        let forgotten = self.remote.forget_blob(&self.repository, digest).await;
        Ok(forgotten.err().map(|error| {
            let why = self.away(&error);
            format!("the bytes of {digest} stay until the registry's owner collects them: {why}")
        }))
    }

    async fn list(&self) -> Result<Vec<(Digest, u64)>> {
        if self.known().is_empty() {
            let tags = self.remote.tags(&self.repository).await;
            let tags = tags.map_err(|error| self.away(&error))?;
            if !tags.iter().any(|tag| tag == OWNER_TAG) {
                return Err(away(&self.place, "it does not list what was put into it"));
            }
            let found = tags.iter().filter_map(|tag| untag(tag));
            self.known().extend(found);
        }
        Ok(self
            .known()
            .iter()
            .map(|(one, size)| (*one, *size))
            .collect())
    }
}

/// What is sent is read from the folder where it arrived.
struct Sending<'a>(&'a Arrived);

#[async_trait]
impl Whole for Sending<'_> {
    fn size(&self) -> u64 {
        self.0.size()
    }

    async fn piece(&self, from: u64, length: usize) -> Result<Vec<u8>, String> {
        let piece = self.0.piece(from, length).await;
        piece.map_err(|error| error.to_string())
    }
}

/// A blob on its way here.
struct Body {
    place: String,
    answer: Answer,
    /// Bytes that come before those that were asked for.
    skip: u64,
    /// Whether more come behind them, as is known.
    is_more: bool,
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Body").field(&self.place).finish()
    }
}

#[async_trait]
impl Source for Body {
    async fn next(&mut self, left: u64) -> Result<Vec<u8>> {
        loop {
            let next = timeout(PATIENCE, self.answer.body.next()).await;
            let next = next.map_err(|_| away(&self.place, "the next piece of a blob is late"))?;
            let Some(mut piece) = next.map_err(|Broken(why)| away(&self.place, shown(&why)))?
            else {
                return Ok(Vec::new());
            };
            let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX);
            let skipped = piece.split_to(skipped.min(piece.len()));
            self.skip -= skipped.len() as u64;
            if self.is_more && piece.len() as u64 > left {
                piece.truncate(usize::try_from(left).unwrap_or_default());
            }
            if !piece.is_empty() {
                return Ok(piece.into());
            }
        }
    }
}
