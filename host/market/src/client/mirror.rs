//! A market as a directory: what is needed to install without a network.
//!
//! | in it | is |
//! |---|---|
//! | `market.toml` | the trust root |
//! | `log/checkpoint`, `log/tile/…` | the log as it was, so that whoever saw less of it can see that it only grew |
//! | `revocations` | the revocation list |
//! | `index/NAMESPACE/NAME` | the versions |
//! | `receipts/LEAF` | the receipts, all against that checkpoint |
//! | `blobs/sha256:…` | the components |
//!
//! [`Directory`] answers from it like the market itself, so whatever a client refuses of a market it refuses of a mirror: nothing in it is
//! believed because it is on the disk.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use metier_core::{Digest, SkillName};

use super::{
    Answer, Client, ClientError, Fetched, FirstKey,
    catalog::Ask,
    fetch::MAX_COMPONENT,
    http::{Broken, Http, Pieces, Request},
    installed::revoked_line,
    kept::{read_file, write_file},
    market::{ROOT_FILE, ROOT_PATH},
};
use crate::{
    agent::Package,
    consent::Contents,
    fixtures::Moment,
    index::Line,
    kind::Kind,
    log::{Checkpoint, TilePath, Tiles, Witness, grown},
    receipt::Receipt,
    trust::TrustRoot,
};

/// Largest tile, in bytes: 256 hashes.
const MAX_TILE: usize = 256 * 32;

/// What a mirror has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mirrored {
    /// Versions.
    pub versions: usize,
    /// Bytes of components.
    pub bytes: u64,
}

impl Client {
    /// Mirrors these skills and agents, every version of them that is not revoked, and the skills that agents pin: fetched and verified
    /// first, then written. A mirror that is there already is brought up to date.
    ///
    /// # Errors
    /// When something is not as it should be, or cannot be written.
    pub async fn mirror(
        &self,
        skills: &[SkillName],
        to: &Path,
        now: Moment,
    ) -> Result<Mirrored, ClientError> {
        let (mirrored, _) = self.mirror_all(skills, to, now).await?;
        Ok(mirrored)
    }

    /// The same; the names of all that came with it.
    pub(super) async fn mirror_all(
        &self,
        skills: &[SkillName],
        to: &Path,
        now: Moment,
    ) -> Result<(Mirrored, BTreeSet<SkillName>), ClientError> {
        let put = |name: &str, bytes: &[u8]| put(to, name, bytes);
        let witness = self.advance().await?;
        let accepted = self.revocations(now).await?;
        let mut mirrored = Mirrored::default();
        let mut note = None;
        let mut seen: BTreeSet<SkillName> = BTreeSet::new();
        let mut names = skills.to_vec();
        while !names.is_empty() {
            names.retain(|name| seen.insert(name.clone()));
            let mut pinned = Vec::new();
            let indexes = self.indexes(&names, Ask::Always).await;
            for (name, index) in names.iter().zip(indexes) {
                let index = index?;
                // By the index alone: by capability is for whoever installs, with the file before them.
                let lines = index.lines().iter();
                let lines = lines.filter(|line| revoked_line(accepted.list(), line).is_none());
                let lines: Vec<Line> = lines.cloned().collect();
                for (line, file) in lines.iter().zip(self.files(&lines, &witness).await) {
                    let file = file?;
                    put(&format!("receipts/{}", line.leaf), file.receipt())?;
                    note = note.or_else(|| note_in(file.receipt(), &witness));
                    put(&format!("blobs/{}", line.component), &file.component()?)?;
                    mirrored.versions += 1;
                    mirrored.bytes += line.size;
                    pinned.extend(file.pinned());
                }
                put(&format!("index/{name}"), index.write().as_bytes())?;
            }
            names = pinned;
        }
        self.mirror_log(&witness, note, to).await?;
        let list = self.kept().read("revocations.json").unwrap_or_default();
        put("revocations", &list)?;
        put(ROOT_FILE, self.root.to_toml().as_bytes())?;
        Ok((mirrored, seen))
    }

    /// Versions of one name, which is of one kind.
    async fn files(&self, lines: &[Line], witness: &Witness) -> Vec<Result<File, ClientError>> {
        let said = FirstKey::Remembered;
        match lines.first().map(|line| line.kind) {
            Some(Kind::Agent) => {
                let all = self.fetch_all::<Package>(lines, witness, said).await;
                all.into_iter().map(|one| one.map(File::Agent)).collect()
            }
            _ => {
                let all = self.fetch_all::<Contents>(lines, witness, said).await;
                all.into_iter().map(|one| one.map(File::Skill)).collect()
            }
        }
    }

    /// The tiles of the log as it was seen, and then the checkpoint.
    async fn mirror_log(
        &self,
        witness: &Witness,
        note: Option<Vec<u8>>,
        to: &Path,
    ) -> Result<(), ClientError> {
        let put = |name: &str, bytes: &[u8]| put(to, name, bytes);
        let old = checkpoint(to, &self.root).map_or(0, |old| old.size);
        for tile in grown(old.min(witness.size()), witness.size()) {
            if let TilePath::Hashes { .. } = tile {
                let path = format!("log/{tile}");
                let bytes = self.read(Request::get(&path), MAX_TILE).await?;
                put(&path, &bytes)?;
            }
        }
        let note = match note {
            Some(note) => note,
            None => self.note_of(witness).await?,
        };
        put("log/checkpoint", &note)
    }

    /// The newest checkpoint, if the log has not grown since.
    async fn note_of(&self, witness: &Witness) -> Result<Vec<u8>, ClientError> {
        let note = self.read(Request::get("log/checkpoint"), 64 << 10).await?;
        match witness.advance(&note, None) {
            Ok(_) => Ok(note),
            Err(error) => Err(error.into()),
        }
    }
}

fn put(to: &Path, name: &str, bytes: &[u8]) -> Result<(), ClientError> {
    let written = write_file(&to.join(name), bytes);
    written.map_err(ClientError::disk(format!("`{name}` of the mirror")))
}

/// A version of either kind.
enum File {
    Skill(Fetched),
    Agent(Fetched<Package>),
}

impl File {
    fn receipt(&self) -> &[u8] {
        match self {
            File::Skill(fetched) => &fetched.receipt,
            File::Agent(fetched) => &fetched.receipt,
        }
    }

    fn component(&self) -> Result<Vec<u8>, ClientError> {
        match self {
            File::Skill(fetched) => fetched.component(),
            File::Agent(fetched) => fetched.component(),
        }
    }

    /// The skills without which nobody could install it from the mirror.
    fn pinned(&self) -> Vec<SkillName> {
        match self {
            File::Skill(_) => Vec::new(),
            File::Agent(fetched) => {
                let pins = fetched.contents.pins().values();
                pins.map(|pin| pin.name.clone()).collect()
            }
        }
    }
}

/// The checkpoint of a receipt, if it is of that size: the log may have grown since, and shows only its newest.
fn note_in(receipt: &[u8], witness: &Witness) -> Option<Vec<u8>> {
    let note = Receipt::read(receipt).ok()?.checkpoint.into_bytes();
    witness.advance(&note, None).ok()?;
    Some(note)
}

fn checkpoint(folder: &Path, root: &TrustRoot) -> Option<Checkpoint> {
    let note = read_file(&folder.join("log/checkpoint"), 64 << 10)?;
    Checkpoint::open(&note, &root.log).ok()
}

/// A mirror, answering like a market.
#[derive(Clone, Debug)]
pub struct Directory {
    folder: PathBuf,
}

impl Directory {
    /// The mirror in this folder.
    pub fn new(folder: &Path) -> Self {
        Directory {
            folder: folder.to_owned(),
        }
    }

    /// Its trust root, which nobody has to believe.
    ///
    /// # Errors
    /// When it has none.
    pub fn root(&self) -> Result<TrustRoot, ClientError> {
        let bytes = read_file(&self.folder.join(ROOT_FILE), 64 << 10).unwrap_or_default();
        Ok(TrustRoot::from_toml(&String::from_utf8_lossy(&bytes))?)
    }

    fn file(&self, path: &str) -> Option<Vec<u8>> {
        let (bare, query) = path.split_once('?').unwrap_or((path, ""));
        let safe = |part: &str| !part.is_empty() && part != "." && part != "..";
        if !bare.split('/').all(safe) {
            return None;
        }
        if bare == ROOT_PATH {
            return read_file(&self.folder.join(ROOT_FILE), MAX_COMPONENT);
        }
        if bare == "log/consistency" {
            return self.consistency(query.strip_prefix("from=")?.parse().ok()?);
        }
        if let Some((_, digest)) = bare
            .strip_prefix("v2/")
            .and_then(|rest| rest.split_once("/blobs/"))
        {
            let digest: Digest = digest.parse().ok()?;
            return read_file(
                &self.folder.join("blobs").join(digest.to_string()),
                MAX_COMPONENT,
            );
        }
        read_file(&self.folder.join(bare), MAX_COMPONENT)
    }

    /// Made of tiles: what is made of wrong ones proves nothing.
    fn consistency(&self, old: u64) -> Option<Vec<u8>> {
        let size = checkpoint(&self.folder, &self.root().ok()?)?.size;
        let mut tiles = Tiles::of(size);
        for path in Tiles::for_consistency(old, size) {
            let bytes = read_file(&self.folder.join(format!("log/{path}")), MAX_TILE as u64)?;
            tiles.add(path, &bytes);
        }
        serde_json::to_vec(&tiles.consistency(old)?).ok()
    }
}

struct Once(Option<Bytes>);

#[async_trait]
impl Pieces for Once {
    async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        Ok(self.0.take())
    }
}

#[async_trait]
impl Http for Directory {
    async fn ask(&self, request: Request) -> Result<Answer, Broken> {
        let found = match request.method {
            Method::GET => self.file(&request.path),
            _ => None,
        };
        let status = match found {
            Some(_) => StatusCode::OK,
            None => StatusCode::NOT_FOUND,
        };
        let problem = r#"{"detail":"The mirror does not have it.","hint":"Mirror the skill with `metier mirror`, or ask the market itself."}"#;
        let bytes = found.unwrap_or_else(|| problem.as_bytes().to_vec());
        Ok(Answer {
            status,
            headers: HeaderMap::new(),
            body: Box::new(Once(Some(bytes.into()))),
        })
    }
}
