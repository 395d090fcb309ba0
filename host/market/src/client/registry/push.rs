//! Mirroring into a registry.

use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD};
use metier_core::{Digest, SkillName};
use serde_json::{Value, json};

use super::{BUNDLE, FILES, Files, LOG_SIZE, MAX_FILES, MIRROR, RECEIPT, REPOSITORY, nothing};
use crate::{
    client::{Client, ClientError, MAX_COMPONENT, Mirrored, http::Request, kept::read_file},
    distribution::{EMPTY, Remote, artifact, descriptor},
    fixtures::Moment,
    index::{IndexFile, Line, MAX_FILE_BYTES},
    keeper::registry::{
        manifest::{MANIFEST, Manifest},
        tag,
    },
    receipt::{MAX_RECEIPT, Receipt},
};

/// Largest config of a component, in bytes.
const MAX_CONFIG: usize = 1 << 20;

/// Largest tile, checkpoint, or list, in bytes.
const MAX_FILE: u64 = MAX_FILES;

impl Client {
    /// Mirrors these skills into a registry: every version of them that is not revoked, with its signatures and its receipt, and then what is needed
    /// to install them from there.
    ///
    /// # Errors
    /// As [`Client::mirror`], and the registry's. It has the mirror as it was before then.
    pub async fn mirror_to(
        &self,
        skills: &[SkillName],
        to: &Remote,
        now: Moment,
    ) -> Result<Mirrored, ClientError> {
        let room = tempfile::tempdir().map_err(ClientError::disk("the mirror on its way"))?;
        let folder = room.path();
        // What is wrong with a market, it is before anything is sent.
        let mirrored = self.mirror(skills, folder, now).await?;
        // Also what agents pin, which nobody named.
        for name in names_in(folder).map_err(ClientError::disk("the mirror on its way"))? {
            let index = read(folder, &format!("index/{name}"), MAX_FILE_BYTES as u64)?;
            let index = IndexFile::read(&name, &index);
            let index = index.map_err(|error| ClientError::Index {
                name: name.clone(),
                error,
            })?;
            for line in index.lines() {
                let at = format!("receipts/{}", line.leaf);
                // Without one it was revoked, and is not mirrored.
                if let Some(receipt) = read_file(&folder.join(at), MAX_RECEIPT as u64) {
                    let version = Version { line, receipt };
                    self.push_version(&version, folder, to).await?;
                }
            }
        }
        push_files(folder, to).await?;
        Ok(mirrored)
    }

    async fn push_version(
        &self,
        version: &Version<'_>,
        folder: &Path,
        to: &Remote,
    ) -> Result<(), ClientError> {
        let Version { line, receipt } = version;
        let read_receipt = Receipt::read(receipt)?;
        let repository = to.address().repository(line.name.as_str());
        let component = read(folder, &format!("blobs/{}", line.component), MAX_COMPONENT)?;
        push(to, &repository, component).await?;
        let manifest = read_receipt.manifest.into_bytes();
        let config = self.config_of(line, &manifest).await?;
        push(to, &repository, config).await?;
        let subject = descriptor(MANIFEST, &manifest);
        let tag = tag(&line.vers);
        to.put_manifest(&repository, &tag, MANIFEST, manifest)
            .await?;
        push(to, &repository, EMPTY.to_vec()).await?;
        let there = to.referrers(&repository, &line.manifest).await?;
        let has = |kind: &str, layer: Option<&Digest>| {
            there.iter().any(|one| {
                let is_layer = |layer: &Digest| {
                    one.annotations.get(LAYER).map(String::as_str) == Some(&layer.to_string())
                };
                one.artifact_type.as_deref() == Some(kind) && layer.is_none_or(is_layer)
            })
        };
        for bundle in [read_receipt.bundle, read_receipt.review] {
            if !has(BUNDLE, Some(&Digest::of(bundle.as_bytes()))) {
                attach(to, &repository, (BUNDLE, bundle.into_bytes()), &subject).await?;
            }
        }
        // One shows it for good: a newer one says the same with a longer log.
        if !has(RECEIPT, None) {
            attach(to, &repository, (RECEIPT, receipt.clone()), &subject).await?;
        }
        Ok(())
    }

    /// The config that the manifest names, from the market.
    async fn config_of(&self, line: &Line, manifest: &[u8]) -> Result<Vec<u8>, ClientError> {
        let read = Manifest::read(None, manifest);
        let read = read.map_err(|why| ClientError::Shape {
            path: format!("the manifest of {} {}", line.name, line.vers),
            why,
        })?;
        let wanted = read.config.digest;
        let path = format!("v2/{}/blobs/{wanted}", line.name);
        let config = self.read(Request::get(path), MAX_CONFIG).await?;
        match Digest::of(&config) {
            found if found == wanted => Ok(config),
            found => Err(ClientError::OtherBytes { wanted, found }),
        }
    }
}

/// Everything that has an index.
fn names_in(folder: &Path) -> std::io::Result<Vec<SkillName>> {
    let mut names = Vec::new();
    for namespace in std::fs::read_dir(folder.join("index"))? {
        let namespace = namespace?;
        for short in std::fs::read_dir(namespace.path())? {
            let (namespace, short) = (namespace.file_name(), short?.file_name());
            let name = format!("{}/{}", namespace.display(), short.display()).parse();
            names.extend(name.ok());
        }
    }
    Ok(names)
}

/// A version that is mirrored.
struct Version<'a> {
    line: &'a Line,
    receipt: Vec<u8>,
}

/// The digest of a referrer's one layer, so that it is not sent again.
const LAYER: &str = "dev.metier.layer";

async fn attach(
    to: &Remote,
    repository: &str,
    (kind, bytes): (&str, Vec<u8>),
    subject: &Value,
) -> Result<(), ClientError> {
    let layer = descriptor(kind, &bytes);
    let said = json!({LAYER: layer["digest"]});
    push(to, repository, bytes).await?;
    let manifest = artifact(kind, &[layer], Some(subject), &said);
    let digest: Option<Digest> = serde_json::from_value(subject["digest"].clone()).ok();
    let digest = digest.unwrap_or_else(nothing);
    to.put_referrer(repository, &digest, manifest, |_| false)
        .await?;
    Ok(())
}

/// Sends a blob, where it is not there.
async fn push(to: &Remote, repository: &str, bytes: Vec<u8>) -> Result<(), ClientError> {
    let digest = Digest::of(&bytes);
    if to.blob_size(repository, &digest).await? != Some(bytes.len() as u64) {
        to.push_blob(repository, &digest, &bytes).await?;
    }
    Ok(())
}

/// Everything but the components, as one file.
async fn push_files(folder: &Path, to: &Remote) -> Result<(), ClientError> {
    let mut files = Files::default();
    collect(folder, "", &mut files).map_err(ClientError::disk("the mirror on its way"))?;
    let size = log_size(folder);
    let bytes = serde_json::to_vec(&files).unwrap_or_default();
    if bytes.len() as u64 > MAX_FILES {
        return Err(ClientError::TooLarge {
            path: "everything but the components: mirror fewer skills at once".to_owned(),
            most: MAX_FILES,
        });
    }
    let repository = to.address().repository(REPOSITORY);
    let layer = descriptor(FILES, &bytes);
    push(to, &repository, bytes).await?;
    push(to, &repository, EMPTY.to_vec()).await?;
    let subject = json!({"mediaType": MANIFEST, "digest": nothing(), "size": EMPTY.len()});
    let said = json!({LOG_SIZE: size.to_string()});
    let manifest = artifact(MIRROR, &[layer], Some(&subject), &said);
    let digest = Digest::of(&manifest);
    let of_before: Vec<Digest> = {
        let there = to.referrers(&repository, &nothing()).await?;
        let ours = there
            .into_iter()
            .filter(|one| one.artifact_type.as_deref() == Some(MIRROR));
        ours.map(|one| one.digest)
            .filter(|one| *one != digest)
            .collect()
    };
    let replaces = |one: &crate::distribution::Referrer| of_before.contains(&one.digest);
    to.put_referrer(&repository, &nothing(), manifest, replaces)
        .await?;
    for old in &of_before {
        // A registry that deletes nothing keeps them, and the newest is read.
        let _ = to.remove_manifest(&repository, old).await;
    }
    Ok(())
}

fn collect(folder: &Path, below: &str, files: &mut Files) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder.join(below))? {
        let entry = entry?;
        let name = entry.file_name().into_string().unwrap_or_default();
        let path = match below.is_empty() {
            true => name,
            false => format!("{below}/{name}"),
        };
        if entry.file_type()?.is_dir() {
            if path != "blobs" {
                collect(folder, &path, files)?;
            }
            continue;
        }
        let bytes = std::fs::read(entry.path())?;
        files.files.insert(path, STANDARD.encode(bytes));
    }
    Ok(())
}

/// The second line of a checkpoint.
fn log_size(folder: &Path) -> u64 {
    let note = read_file(&folder.join("log/checkpoint"), MAX_FILE).unwrap_or_default();
    let note = String::from_utf8_lossy(&note).into_owned();
    let size = note.lines().nth(1).and_then(|size| size.parse().ok());
    size.unwrap_or_default()
}

fn read(folder: &Path, name: &str, most: u64) -> Result<Vec<u8>, ClientError> {
    let gone = || {
        ClientError::disk(format!("`{name}` of the mirror"))(std::io::ErrorKind::NotFound.into())
    };
    read_file(&folder.join(name), most).ok_or_else(gone)
}
