//! Installing from a registry.

use std::{fs, sync::Arc};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use http::Method;
use metier_core::Digest;
use serde::Deserialize;
use tempfile::TempDir;

use super::{Files, LOG_SIZE, MAX_FILES, MIRROR, REPOSITORY, is_below, nothing};
use crate::{
    client::{Answer, Broken, ClientError, Directory, Http, Request, kept::write_file},
    distribution::{Referrer, Remote, RemoteError},
    trust::TrustRoot,
};

/// A market in a registry, answering like the market: components as they are asked for, everything else as it was when this was opened.
#[derive(Debug)]
pub struct Carried {
    remote: Arc<Remote>,
    directory: Directory,
    _room: TempDir,
}

#[derive(Deserialize)]
struct Manifest {
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
struct Layer {
    digest: Digest,
    size: u64,
}

impl Carried {
    /// The newest mirror that is there.
    ///
    /// # Errors
    /// Where there is none, or it is not whole.
    pub async fn open(remote: Arc<Remote>) -> Result<Carried, ClientError> {
        let repository = remote.address().repository(REPOSITORY);
        let there = remote.referrers(&repository, &nothing()).await?;
        let mirrors = there.into_iter();
        let mirrors = mirrors.filter(|one| one.artifact_type.as_deref() == Some(MIRROR));
        let none = || ClientError::NoMirror(remote.address().to_string());
        let newest = mirrors.max_by_key(log_size).ok_or_else(none)?;
        let manifest = remote
            .manifest(&repository, &newest.digest.to_string())
            .await?;
        let manifest = manifest.ok_or_else(none)?;
        let bytes = files(&remote, &repository, &manifest).await?;
        let wrong = |why: &str| ClientError::Shape {
            path: format!("the mirror in {}", remote.address()),
            why: why.to_owned(),
        };
        let read: Result<Files, _> = serde_json::from_slice(&bytes);
        let Files { files } = read.map_err(|_| wrong("it is no list of files"))?;
        let room = tempfile::tempdir().map_err(ClientError::disk("the mirror"))?;
        for (path, text) in files {
            let bytes = STANDARD.decode(text).ok().filter(|_| is_below(&path));
            let bytes = bytes.ok_or_else(|| wrong("a file in it is none"))?;
            write_file(&room.path().join(&path), &bytes)
                .map_err(ClientError::disk("the mirror"))?;
        }
        fs::create_dir_all(room.path().join("blobs")).map_err(ClientError::disk("the mirror"))?;
        Ok(Carried {
            directory: Directory::new(room.path()),
            remote,
            _room: room,
        })
    }

    /// Its trust root, which nobody has to believe.
    ///
    /// # Errors
    /// When it has none.
    pub fn root(&self) -> Result<TrustRoot, ClientError> {
        self.directory.root()
    }
}

fn log_size(one: &Referrer) -> u64 {
    let told = one.annotations.get(LOG_SIZE);
    told.and_then(|told| told.parse().ok()).unwrap_or_default()
}

/// The one layer, whole, as its digest says.
async fn files(remote: &Remote, repository: &str, manifest: &[u8]) -> Result<Vec<u8>, ClientError> {
    let wrong = |why: &str| ClientError::Shape {
        path: format!("the mirror in {}", remote.address()),
        why: why.to_owned(),
    };
    let read: Result<Manifest, _> = serde_json::from_slice(manifest);
    let read = read.map_err(|_| wrong("its manifest is none"))?;
    let [layer] = read.layers.as_slice() else {
        return Err(wrong("it is not one file"));
    };
    if layer.size > MAX_FILES {
        return Err(wrong("it is too large"));
    }
    let blob = remote.blob(repository, &layer.digest, None).await?;
    let blob = blob.ok_or_else(|| wrong("its file is not there"))?;
    let most = usize::try_from(layer.size).unwrap_or(usize::MAX);
    let bytes = remote.whole(blob.answer, most).await?;
    match Digest::of(&bytes) {
        found if found == layer.digest => Ok(bytes),
        found => Err(RemoteError::OtherBytes {
            registry: remote.address().to_string(),
            wanted: layer.digest,
            found,
        }
        .into()),
    }
}

#[async_trait]
impl Http for Carried {
    async fn ask(&self, request: Request) -> Result<Answer, Broken> {
        let blob = request
            .path
            .strip_prefix("v2/")
            .and_then(|rest| rest.split_once("/blobs/"));
        let blob = blob.filter(|_| request.method == Method::GET);
        let Some((name, digest)) = blob else {
            return self.directory.ask(request).await;
        };
        let Ok(digest) = digest.parse::<Digest>() else {
            return self.directory.ask(request).await;
        };
        let repository = self.remote.address().repository(name);
        let found = self.remote.blob(&repository, &digest, None).await;
        match found.map_err(|error| Broken(error.to_string()))? {
            // Whoever asks counts and hashes what comes.
            Some(blob) => Ok(blob.answer),
            None => self.directory.ask(request).await,
        }
    }
}
