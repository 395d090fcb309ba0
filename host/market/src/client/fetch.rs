//! A version, with the receipt that shows it to be one: two requests.

use std::io::Write;

use aws_lc_rs::digest::{Context, SHA256};
use metier_core::Digest;

use super::{
    Client, ClientError, Kept,
    http::{Answer, DOWNLOAD, PATIENCE, Request, cut},
    kept::{self, beside},
    market::within,
    seen::FirstKey,
};
use crate::{
    consent::Contents,
    index::Line,
    log::Witness,
    receipt::{MAX_RECEIPT, Proven, Receipt},
    state::subject_name,
    ware::Ware,
};

/// Largest component, in bytes: as large as a host loads.
pub const MAX_COMPONENT: u64 = metier_runtime::skill::MAX_FILE as u64;

/// A version that was verified, and is kept. Its file stays on the disk until it is needed: a hundred of them fit into no memory.
#[derive(Clone, Debug)]
pub struct Fetched<W = Contents> {
    kept: Kept,
    component: Digest,
    /// What it says and asks for.
    pub contents: W,
    /// The receipt, as it was served.
    pub receipt: Vec<u8>,
    /// What it shows.
    pub proven: Proven,
}

impl<W: Ware> Fetched<W> {
    /// The file, a skill's component or the package of an agent, with the digest it was verified with.
    ///
    /// # Errors
    /// When somebody took it away since.
    pub fn component(&self) -> Result<Vec<u8>, ClientError> {
        let gone = || {
            let what = format!("the component of {}", self.contents.said().name);
            ClientError::disk(what)(std::io::ErrorKind::NotFound.into())
        };
        self.kept.component(&self.component).ok_or_else(gone)
    }
}

impl Client {
    /// Fetches a version of a skill; see [`Client::fetch_as`].
    ///
    /// # Errors
    /// As there.
    pub async fn fetch(
        &self,
        line: &Line,
        witness: &Witness,
        said: FirstKey,
    ) -> Result<Fetched, ClientError> {
        self.fetch_as(line, witness, said).await
    }

    /// Fetches a version and verifies it against the log as `witness` saw it. What is kept already is not fetched again, and verified all
    /// the same.
    ///
    /// # Errors
    /// When anything is not as the index, the log or the signatures say, or it is of another kind. Nothing is kept of it then.
    pub async fn fetch_as<W: Ware>(
        &self,
        line: &Line,
        witness: &Witness,
        said: FirstKey,
    ) -> Result<Fetched<W>, ClientError> {
        let receipt_path = format!("receipts/{}?size={}", line.leaf, witness.size());
        let (receipt, component) = tokio::join!(
            self.read(Request::get(&receipt_path), MAX_RECEIPT),
            self.component(line),
        );
        let (receipt, component) = (receipt?, component?);
        let read = Receipt::read(&receipt).map_err(|error| {
            match receipt.trim_ascii_start().starts_with(b"<") {
                true => super::http::not_json(&receipt_path, &receipt, ""),
                false => error.into(),
            }
        })?;
        // The receipt's checkpoint is the one that was seen: not a fork of it for this client alone.
        let seen = witness.advance(read.checkpoint.as_bytes(), None)?;
        let proven = read.verify(&self.root, &line.component)?;
        seen.check(read.leaf.leaf.as_bytes(), &read.leaf.inclusion)?;
        same_version(line, &proven)?;
        if W::KIND != line.kind {
            return Err(other_kind(line));
        }
        let contents = W::read(&component)?;
        as_published(line, &contents)?;
        self.check_first_key(&proven, said)?;
        self.check_history(&proven)?;
        let name = format!("receipts/{}.json", line.component.to_hex());
        self.kept.write(&name, &receipt)?;
        Ok(Fetched {
            kept: self.kept.clone(),
            component: line.component,
            contents,
            receipt,
            proven,
        })
    }

    /// The receipt a component was kept with.
    pub fn kept_receipt(&self, component: &Digest) -> Option<Vec<u8>> {
        self.kept.receipt(component)
    }

    async fn component(&self, line: &Line) -> Result<Vec<u8>, ClientError> {
        if let Some(kept) = self.kept.component(&line.component) {
            return Ok(kept);
        }
        let path = format!("v2/{}/blobs/{}", line.name, line.component);
        let answer = self.ask(Request::get(&path)).await?;
        within(DOWNLOAD, &path, self.download(line, &path, answer)).await
    }

    /// Counts and hashes while it comes: what is wrong is never put in its place, and what is too long is not waited for.
    async fn download(
        &self,
        line: &Line,
        path: &str,
        mut answer: Answer,
    ) -> Result<Vec<u8>, ClientError> {
        let disk = || ClientError::disk(format!("the component of {}", line.name));
        let other_size = |found| ClientError::OtherSize {
            name: line.name.clone(),
            version: line.vers.clone(),
            wanted: line.size,
            found,
        };
        if line.size > MAX_COMPONENT {
            return Err(ClientError::TooLarge {
                path: path.to_owned(),
                most: MAX_COMPONENT,
            });
        }
        let place = self.kept.component_place(&line.component);
        let mut file = beside(&place).map_err(disk())?;
        let mut hash = Context::new(&SHA256);
        let mut whole: Vec<u8> = Vec::new();
        loop {
            let piece = within(PATIENCE, path, async {
                answer.body.next().await.map_err(|why| cut(path, why))
            });
            let Some(piece) = piece.await? else { break };
            if (whole.len() + piece.len()) as u64 > line.size {
                return Err(other_size((whole.len() + piece.len()) as u64));
            }
            hash.update(&piece);
            file.write_all(&piece).map_err(disk())?;
            whole.extend_from_slice(&piece);
        }
        if whole.len() as u64 != line.size {
            return Err(other_size(whole.len() as u64));
        }
        check_digest(&line.component, hash)?;
        kept::place(file, &place).map_err(disk())?;
        Ok(whole)
    }
}

fn check_digest(wanted: &Digest, hash: Context) -> Result<(), ClientError> {
    let mut found = [0; 32];
    found.copy_from_slice(hash.finish().as_ref());
    let found = Digest::from_sha256(found);
    match found == *wanted {
        true => Ok(()),
        false => Err(ClientError::OtherBytes {
            wanted: *wanted,
            found,
        }),
    }
}

fn other_kind(line: &Line) -> ClientError {
    ClientError::OtherContents {
        name: line.name.clone(),
        version: line.vers.clone(),
        what: "kind",
    }
}

/// The receipt is of the version that was asked for, and the index said of it what its leaf says.
fn same_version(line: &Line, proven: &Proven) -> Result<(), ClientError> {
    let publication = &proven.publication;
    let same = publication.name == line.name
        && publication.version == line.vers
        && publication.manifest == line.manifest
        && publication.kind == line.kind
        && publication.size == line.size
        && publication.authority == line.authority
        && publication.words == line.words
        && publication.security_fix == line.security_fix
        && proven.index == line.leaf;
    match same {
        true => Ok(()),
        false => Err(ClientError::OtherVersion {
            wanted: format!(
                "{} as the index has it",
                subject_name(&line.name, &line.vers)
            ),
            found: subject_name(&publication.name, &publication.version),
        }),
    }
}

/// The file is what its leaf says of it: what was searched and compared by is what is consented to.
fn as_published<W: Ware>(line: &Line, contents: &W) -> Result<(), ClientError> {
    let said = contents.said();
    let other = |what| ClientError::OtherContents {
        name: line.name.clone(),
        version: line.vers.clone(),
        what,
    };
    match () {
        () if said.name != line.name => Err(other("name")),
        () if said.version != line.vers => Err(other("version")),
        () if said.authority != line.authority => Err(other("authority")),
        () if said.words != line.words => Err(other("words")),
        () if said.price != line.price => Err(other("price")),
        () => Ok(()),
    }
}
