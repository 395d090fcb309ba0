//! Manifests of a registry, its tags, and what refers to a manifest.

use http::{Method, StatusCode, header};
use metier_core::{Digest, canonical};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Remote, RemoteError, Result,
    remote::{Ask, text},
};
use crate::keeper::registry::manifest::{INDEX, MANIFEST};

/// Longest manifest, in bytes, as registries take them.
const MAX_MANIFEST: usize = 4 << 20;

/// Longest page of tags, in bytes, how many tags are asked for at once, and pages there are at most.
const MAX_PAGE: usize = 1 << 20;
const TAGS: usize = 1_000;
const MAX_PAGES: usize = 10_000;

/// The config of what has none.
pub const EMPTY: &[u8] = b"{}";

/// Its media type.
pub const EMPTY_TYPE: &str = "application/vnd.oci.empty.v1+json";

/// What refers to a manifest.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Referrer {
    /// Its manifest's digest.
    pub digest: Digest,
    /// What it is.
    #[serde(default)]
    pub artifact_type: Option<String>,
    /// What is said of it.
    #[serde(default)]
    pub annotations: std::collections::BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Index {
    #[serde(default)]
    manifests: Vec<Value>,
}

#[derive(Deserialize)]
struct Tags {
    #[serde(default)]
    tags: Option<Vec<String>>,
}

/// What a manifest says of a blob.
pub fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": Digest::of(bytes), "size": bytes.len()})
}

/// The manifest of something that is no image: the same bytes for the same contents.
pub fn artifact(kind: &str, layers: &[Value], subject: Option<&Value>, said: &Value) -> Vec<u8> {
    let mut manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": kind,
        "config": descriptor(EMPTY_TYPE, EMPTY),
        "layers": layers,
    });
    if let Some(subject) = subject {
        manifest["subject"] = subject.clone();
    }
    if said.as_object().is_some_and(|said| !said.is_empty()) {
        manifest["annotations"] = said.clone();
    }
    canonical::text(&manifest).into_bytes()
}

impl Remote {
    /// A manifest by its tag or digest; nothing where it is not there. One that was asked for by its digest has it.
    ///
    /// # Errors
    /// The registry's.
    pub async fn manifest(&self, repository: &str, reference: &str) -> Result<Option<Vec<u8>>> {
        let rest = format!("manifests/{reference}");
        let ask = Ask::of("read a manifest", Method::GET, repository, &rest);
        let ask = ask.with(header::ACCEPT, &format!("{MANIFEST}, {INDEX}"));
        let what = ask.what;
        let answer = self.ask(ask).await?;
        match answer.status {
            StatusCode::NOT_FOUND => return Ok(None),
            StatusCode::OK => {}
            _ => return Err(self.refused(what, answer).await),
        }
        let bytes = self.whole(answer, MAX_MANIFEST).await?;
        let found = Digest::of(&bytes);
        match reference.parse::<Digest>() {
            Ok(wanted) if wanted != found => Err(RemoteError::OtherBytes {
                registry: self.address.to_string(),
                wanted,
                found,
            }),
            _ => Ok(Some(bytes)),
        }
    }

    /// Puts a manifest under a tag or its digest. Whether the registry knows what it refers to.
    ///
    /// # Errors
    /// The registry's.
    pub async fn put_manifest(
        &self,
        repository: &str,
        reference: &str,
        media_type: &'static str,
        bytes: Vec<u8>,
    ) -> Result<bool> {
        let digest = Digest::of(&bytes);
        let rest = format!("manifests/{reference}");
        let mut ask = Ask::of("put a manifest", Method::PUT, repository, &rest);
        ask.request.body = Some((media_type, bytes.into()));
        let what = ask.what;
        let answer = self.ask(ask).await?;
        if answer.status != StatusCode::CREATED {
            return Err(self.refused(what, answer).await);
        }
        self.same(&answer, &digest)?;
        Ok(answer.headers.contains_key("oci-subject"))
    }

    /// Removes a manifest by its digest, with its tags. Whether the registry does that at all.
    ///
    /// # Errors
    /// The registry's.
    pub async fn remove_manifest(&self, repository: &str, digest: &Digest) -> Result<bool> {
        let rest = format!("manifests/{digest}");
        let ask = Ask::of("remove a manifest", Method::DELETE, repository, &rest);
        let what = ask.what;
        let answer = self.ask(ask).await?;
        match answer.status {
            StatusCode::ACCEPTED | StatusCode::OK | StatusCode::NOT_FOUND => Ok(true),
            StatusCode::METHOD_NOT_ALLOWED => Ok(false),
            _ => Err(self.refused(what, answer).await),
        }
    }

    /// Every tag of a repository; none where there is no such repository.
    ///
    /// # Errors
    /// The registry's.
    pub async fn tags(&self, repository: &str) -> Result<Vec<String>> {
        let mut all: Vec<String> = Vec::new();
        let mut rest = format!("tags/list?n={TAGS}");
        for _ in 0..MAX_PAGES {
            let ask = Ask::of("list tags", Method::GET, repository, &rest);
            let what = ask.what;
            let answer = self.ask(ask).await?;
            match answer.status {
                StatusCode::NOT_FOUND => return Ok(all),
                StatusCode::OK => {}
                _ => return Err(self.refused(what, answer).await),
            }
            let is_last = text(&answer.headers, header::LINK).is_none();
            let told = self.whole(answer, MAX_PAGE).await?;
            let read: Result<Tags, _> = serde_json::from_slice(&told);
            let page = read.map_err(|_| self.shape("its tags are none"))?;
            let page = page.tags.unwrap_or_default();
            let Some(last) = page.last().cloned() else {
                return Ok(all);
            };
            all.extend(page);
            if is_last {
                return Ok(all);
            }
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
            if !last.bytes().all(is_plain) {
                return Err(self.shape("a tag is none"));
            }
            rest = format!("tags/list?n={TAGS}&last={last}");
        }
        Err(self.shape("its tags do not end"))
    }

    /// What refers to a manifest: as the registry tells, or as the fallback tag does where it does not know.
    ///
    /// # Errors
    /// The registry's.
    pub async fn referrers(&self, repository: &str, subject: &Digest) -> Result<Vec<Referrer>> {
        let rest = format!("referrers/{subject}");
        let ask = Ask::of("list referrers", Method::GET, repository, &rest);
        let answer = self.ask(ask).await?;
        if answer.status == StatusCode::OK {
            let told = self.whole(answer, MAX_MANIFEST).await?;
            if let Ok(Index { manifests }) = serde_json::from_slice(&told) {
                return self.read_all(manifests);
            }
        }
        let manifests = self.fallback(repository, subject).await?;
        self.read_all(manifests)
    }

    /// Puts what refers to a manifest, under its digest, and tells it by the fallback tag where the registry does not know. `replaces` says which
    /// of those that were told there are not any more.
    ///
    /// # Errors
    /// The registry's.
    pub async fn put_referrer(
        &self,
        repository: &str,
        subject: &Digest,
        manifest: Vec<u8>,
        replaces: impl Fn(&Referrer) -> bool,
    ) -> Result<()> {
        let digest = Digest::of(&manifest);
        let told = described(&manifest);
        let is_known = self
            .put_manifest(repository, &digest.to_string(), MANIFEST, manifest)
            .await?;
        if is_known {
            return Ok(());
        }
        let mut all = self.fallback(repository, subject).await?;
        let stays = |one: &Value| {
            let read: Option<Referrer> = serde_json::from_value(one.clone()).ok();
            read.is_some_and(|one| one.digest != digest && !replaces(&one))
        };
        all.retain(stays);
        all.push(told);
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": all});
        let index = canonical::text(&index).into_bytes();
        self.put_manifest(repository, &fallback_tag(subject), INDEX, index)
            .await
            .map(drop)
    }

    async fn fallback(&self, repository: &str, subject: &Digest) -> Result<Vec<Value>> {
        let Some(index) = self.manifest(repository, &fallback_tag(subject)).await? else {
            return Ok(Vec::new());
        };
        let read: Result<Index, _> = serde_json::from_slice(&index);
        let read = read.map_err(|_| self.shape("what its fallback tag names is no index"))?;
        Ok(read.manifests)
    }

    fn read_all(&self, manifests: Vec<Value>) -> Result<Vec<Referrer>> {
        let manifests = manifests.into_iter();
        let read: Result<_, _> = manifests.map(serde_json::from_value).collect();
        read.map_err(|_| self.shape("what refers to a manifest is none"))
    }
}

fn fallback_tag(subject: &Digest) -> String {
    format!("sha256-{}", subject.to_hex())
}

/// As an index tells it.
fn described(manifest: &[u8]) -> Value {
    let read: Value = serde_json::from_slice(manifest).unwrap_or_default();
    let mut told = descriptor(MANIFEST, manifest);
    for (from, to) in [
        ("artifactType", "artifactType"),
        ("annotations", "annotations"),
    ] {
        if let Some(value) = read.get(from) {
            told[to] = value.clone();
        }
    }
    told
}
