//! A registry on loopback that does as it is told, lies included.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use metier_core::Digest;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{
    distribution::{Login, Remote},
    keeper::registry::manifest::{INDEX, MANIFEST},
};

/// What a request was.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// What is answered.
#[derive(Clone, Debug)]
pub struct Told {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// What its head says of its length, where that is not so.
    pub length: Option<u64>,
}

type Lie = Arc<dyn Fn(&Asked, Told) -> Option<Told> + Send + Sync>;

/// A registry.
#[derive(Clone)]
pub struct Shelf {
    pub address: SocketAddr,
    held: Arc<Mutex<Held>>,
}

#[derive(Clone, Default)]
pub struct Held {
    blobs: BTreeMap<(String, Digest), Vec<u8>>,
    manifests: BTreeMap<(String, Digest), Vec<u8>>,
    tags: BTreeMap<(String, String), Digest>,
    uploads: BTreeMap<u64, Vec<u8>>,
    next: u64,
    /// Whether it knows what refers to a manifest.
    knows_referrers: bool,
    is_deleting: bool,
    /// What opens it, and where that is issued.
    opens: Option<(&'static str, String)>,
    lie: Option<Lie>,
    asked: Vec<Asked>,
    /// Requests until one breaks off; it breaks off no more after that.
    left: Option<usize>,
    /// Tags on a page.
    page: usize,
}

impl Told {
    pub fn of(status: u16, body: impl Into<Vec<u8>>) -> Told {
        Told {
            status,
            headers: Vec::new(),
            body: body.into(),
            length: None,
        }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Told {
        self.headers.push((name, value.into()));
        self
    }
}

impl Shelf {
    pub async fn open() -> Shelf {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let held = Held {
            knows_referrers: true,
            is_deleting: true,
            page: 1_000,
            ..Held::default()
        };
        let shelf = Shelf {
            address,
            held: Arc::new(Mutex::new(held)),
        };
        let serving = shelf.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shelf = serving.clone();
                tokio::spawn(async move { shelf.serve(stream).await });
            }
        });
        shelf
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap()
    }

    /// What it has.
    pub fn copied(&self) -> Held {
        self.held().clone()
    }

    /// Has what it had.
    pub fn be(&self, before: &Held) {
        *self.held() = before.clone();
    }

    /// A client of it.
    pub fn remote(&self, prefix: &str) -> Remote {
        self.remote_of(prefix, None)
    }

    pub fn remote_of(&self, prefix: &str, login: Option<&str>) -> Remote {
        let address = format!("oci://{}/{prefix}", self.address);
        let login = login.map(|login| Login::new(login).unwrap());
        Remote::new(address.parse().unwrap(), login).unwrap()
    }

    pub fn know_no_referrers(&self) {
        self.held().knows_referrers = false;
    }

    pub fn delete_nothing(&self) {
        self.held().is_deleting = false;
    }

    pub fn show(&self, tags: usize) {
        self.held().page = tags;
    }

    /// Opened by this header alone; `www` is what it says to others.
    pub fn close(&self, header: &'static str, www: &str) {
        self.held().opens = Some((header, www.to_owned()));
    }

    pub fn lie(&self, lie: impl Fn(&Asked, Told) -> Option<Told> + Send + Sync + 'static) {
        self.held().lie = Some(Arc::new(lie));
    }

    pub fn be_honest(&self) {
        self.held().lie = None;
    }

    /// After so many requests, the next breaks off.
    pub fn fail_at(&self, requests: usize) {
        self.held().left = Some(requests);
    }

    pub fn be_well(&self) {
        self.held().left = None;
    }

    /// What was asked since it was asked last.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.held().asked)
    }

    pub fn tags(&self, repository: &str) -> Vec<String> {
        let held = self.held();
        let all = held.tags.keys().filter(|(of, _)| of == repository);
        all.map(|(_, tag)| tag.clone()).collect()
    }

    async fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let asked = asked(&mut stream).await?;
        let told = {
            let mut held = self.held();
            held.asked.push(asked.clone());
            match &mut held.left {
                Some(0) => {
                    held.left = None;
                    return None;
                }
                Some(left) => *left -= 1,
                None => {}
            }
            let lie = held.lie.clone();
            let told = held.answer(&asked);
            match lie.and_then(|lie| lie(&asked, told.clone())) {
                Some(lie) => lie,
                None => told,
            }
        };
        let mut head = format!("HTTP/1.1 {} Told\r\nconnection: close\r\n", told.status);
        let length = told.length.unwrap_or(told.body.len() as u64);
        if !told
            .headers
            .iter()
            .any(|(name, _)| *name == "content-length")
        {
            head.push_str(&format!("content-length: {length}\r\n"));
        }
        for (name, value) in &told.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream
            .write_all(format!("{head}\r\n").as_bytes())
            .await
            .ok()?;
        if asked.method != "HEAD" {
            stream.write_all(&told.body).await.ok()?;
        }
        stream.shutdown().await.ok()
    }
}

async fn asked(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let end = loop {
        let mut more = vec![0; 64 << 10];
        let read = stream.read(&mut more).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&more[..read]);
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .get("content-length")
        .map_or(0, |told| told.parse().unwrap());
    let mut body = bytes[end + 4..].to_vec();
    let there = body.len();
    body.resize(length, 0);
    if length > there {
        stream.read_exact(&mut body[there..]).await.ok()?;
    }
    Some(Asked {
        method: first.next()?.to_owned(),
        path: first.next()?.to_owned(),
        headers,
        body,
    })
}

impl Held {
    fn answer(&mut self, asked: &Asked) -> Told {
        if let Some((opens, www)) = &self.opens
            && asked.path.starts_with("/v2/")
            && asked.headers.get("authorization").map(String::as_str) != Some(*opens)
        {
            return Told::of(
                401,
                r#"{"errors":[{"code":"UNAUTHORIZED","message":"who is it"}]}"#,
            )
            .with("www-authenticate", www.clone());
        }
        self.of_a_registry(asked)
            .unwrap_or_else(|| Told::of(404, r#"{"errors":[{"code":"UNKNOWN"}]}"#))
    }

    fn of_a_registry(&mut self, asked: &Asked) -> Option<Told> {
        let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
        let rest = path.strip_prefix("/v2/")?;
        let method = asked.method.as_str();
        if let Some((repository, id)) = rest.split_once("/blobs/uploads/") {
            return self.upload(method, repository, id, query, &asked.body);
        }
        if let Some((repository, digest)) = rest.split_once("/blobs/") {
            return self.blob(asked, repository, &digest.parse().ok()?);
        }
        if let Some((repository, reference)) = rest.split_once("/manifests/") {
            return self.manifest(asked, repository, reference);
        }
        if let Some(repository) = rest.strip_suffix("/tags/list") {
            return Some(self.list(repository, query));
        }
        let (repository, subject) = rest.split_once("/referrers/")?;
        self.knows_referrers
            .then(|| self.referrers(repository, subject))
    }

    fn upload(
        &mut self,
        method: &str,
        repository: &str,
        id: &str,
        query: &str,
        body: &[u8],
    ) -> Option<Told> {
        let id = match method {
            "POST" => {
                self.next += 1;
                self.uploads.insert(self.next, Vec::new());
                self.next
            }
            _ => id.parse().ok()?,
        };
        self.uploads.get_mut(&id)?.extend_from_slice(body);
        if method != "PUT" {
            let at = format!("/v2/{repository}/blobs/uploads/{id}?state=x");
            return Some(Told::of(202, "").with("location", at));
        }
        let (_, digest) = query.split_once("digest=")?;
        let bytes = self.uploads.remove(&id)?;
        let digest: Digest = digest.parse().ok()?;
        if Digest::of(&bytes) != digest {
            return Some(Told::of(400, r#"{"errors":[{"code":"DIGEST_INVALID"}]}"#));
        }
        self.blobs.insert((repository.to_owned(), digest), bytes);
        Some(Told::of(201, "").with("docker-content-digest", digest.to_string()))
    }

    fn blob(&mut self, asked: &Asked, repository: &str, digest: &Digest) -> Option<Told> {
        let key = (repository.to_owned(), *digest);
        if asked.method == "DELETE" {
            self.blobs.remove(&key)?;
            return Some(Told::of(202, ""));
        }
        let bytes = self.blobs.get(&key)?;
        let Some(range) = asked.headers.get("range") else {
            return Some(Told::of(200, bytes.clone()));
        };
        let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        let last = last.min(bytes.len() - 1);
        let told = format!("bytes {first}-{last}/{}", bytes.len());
        Some(Told::of(206, &bytes[first..=last]).with("content-range", told))
    }

    fn manifest(&mut self, asked: &Asked, repository: &str, reference: &str) -> Option<Told> {
        let repository = repository.to_owned();
        let tag = (repository.clone(), reference.to_owned());
        if asked.method == "PUT" {
            let digest = Digest::of(&asked.body);
            if reference.parse::<Digest>().is_err() {
                self.tags.insert(tag, digest);
            }
            let read: Value = serde_json::from_slice(&asked.body).unwrap();
            self.manifests
                .insert((repository, digest), asked.body.clone());
            let told = Told::of(201, "").with("docker-content-digest", digest.to_string());
            return Some(match read.get("subject") {
                Some(subject) if self.knows_referrers => {
                    told.with("oci-subject", subject["digest"].as_str().unwrap())
                }
                _ => told,
            });
        }
        let digest = reference
            .parse()
            .ok()
            .or_else(|| self.tags.get(&tag).copied())?;
        if asked.method == "DELETE" {
            if !self.is_deleting {
                return Some(Told::of(405, r#"{"errors":[{"code":"UNSUPPORTED"}]}"#));
            }
            self.manifests.remove(&(repository.clone(), digest))?;
            self.tags
                .retain(|(of, _), tagged| *of != repository || *tagged != digest);
            return Some(Told::of(202, ""));
        }
        let bytes = self.manifests.get(&(repository, digest))?;
        Some(Told::of(200, bytes.clone()).with("content-type", MANIFEST))
    }

    fn list(&self, repository: &str, query: &str) -> Told {
        let last = query.split_once("last=").map_or("", |(_, last)| last);
        let all = self
            .tags
            .keys()
            .filter(|(of, tag)| of == repository && tag.as_str() > last);
        let all: Vec<&String> = all.map(|(_, tag)| tag).collect();
        let page: Vec<_> = all.iter().take(self.page).collect();
        let told = Told::of(200, json!({"name": repository, "tags": page}).to_string());
        match all.len() > page.len() {
            true => told.with("link", "</v2/x/tags/list?next>; rel=\"next\""),
            false => told,
        }
    }

    fn referrers(&self, repository: &str, subject: &str) -> Told {
        let mut found = Vec::new();
        for ((of, digest), bytes) in &self.manifests {
            let read: Value = serde_json::from_slice(bytes).unwrap();
            if of == repository && read["subject"]["digest"] == subject {
                found.push(json!({
                    "mediaType": MANIFEST,
                    "digest": digest,
                    "size": bytes.len(),
                    "artifactType": read["artifactType"],
                    "annotations": read.get("annotations").cloned().unwrap_or(json!({})),
                }));
            }
        }
        Told::of(
            200,
            json!({"schemaVersion": 2, "manifests": found}).to_string(),
        )
        .with("content-type", INDEX)
    }
}
