//! A blob on its way out.

use std::{
    fmt,
    io::{self, Read, Seek, SeekFrom},
};

use async_trait::async_trait;
use cap_std::fs::File;
use metier_core::ids::Digest;
use sha2::{Digest as _, Sha256};

use super::{DepotError, Folder, Result, blocking, place};

/// Bytes read at once from a file.
const PIECE: u64 = 256 << 10;

/// Where bytes come from, in the order in which they are.
#[async_trait]
pub trait Source: fmt::Debug + Send {
    /// The next bytes, of which `left` are wanted; none where there are no more.
    ///
    /// # Errors
    /// The place's. After one it is not asked again.
    async fn next(&mut self, left: u64) -> Result<Vec<u8>>;
}

/// A blob, or a part of one, that is being read.
#[derive(Debug)]
pub struct Reading {
    source: Option<Box<dyn Source>>,
    digest: Digest,
    size: u64,
    left: u64,
    /// The digest of what was read; nothing where only a part is read.
    check: Option<Sha256>,
}

impl Reading {
    /// Of a blob that has `size` bytes, as is said where it is kept: `length` of them at most, from the one on with which `source` begins.
    pub fn new(digest: Digest, size: u64, from: u64, length: u64, source: Box<dyn Source>) -> Self {
        let left = size.saturating_sub(from).min(length);
        Reading {
            source: Some(source),
            digest,
            size,
            left,
            check: (left == size).then(Sha256::new),
        }
    }

    pub(super) fn open(
        folder: &Folder,
        digest: Digest,
        from: u64,
        length: u64,
    ) -> Result<Option<Reading>> {
        let mut file = match folder.dir.open(place(&digest)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let size = file.metadata()?.len();
        file.seek(SeekFrom::Start(from))?;
        let file = Box::new(InFile(Some(file)));
        Ok(Some(Reading::new(digest, size, from, length, file)))
    }

    /// Bytes of the whole blob.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Bytes that are still to come.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// The next piece; nothing after the last. The last piece of a whole blob only comes where all have the digest: who counts
    /// bytes never takes damaged ones for whole.
    ///
    /// # Errors
    /// [`DepotError::Damaged`], and the system's.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        if self.left == 0 {
            // Nothing is a blob too, and only of one digest.
            let is_damaged = self.size == 0 && Digest::of(&[]) != self.digest;
            return match is_damaged {
                true => Err(self.damaged()),
                false => Ok(None),
            };
        }
        // It is not there any more where an earlier piece could not be read.
        let mut source = self.source.take().ok_or(DepotError::Broken)?;
        let piece = source.next(self.left).await?;
        // Fewer bytes than there were said to be, or more.
        let left = self.left.checked_sub(piece.len() as u64);
        let left = left
            .filter(|_| !piece.is_empty())
            .ok_or_else(|| self.damaged())?;
        if let Some(hash) = &mut self.check {
            hash.update(&piece);
            let is_other = || Digest::from_sha256(hash.clone().finalize().into()) != self.digest;
            if left == 0 && is_other() {
                return Err(self.damaged());
            }
        }
        (self.source, self.left) = (Some(source), left);
        Ok(Some(piece))
    }

    fn damaged(&self) -> DepotError {
        DepotError::Damaged {
            digest: self.digest,
        }
    }
}

/// A file that is read where waiting for the disk is allowed.
#[derive(Debug)]
struct InFile(Option<File>);

#[async_trait]
impl Source for InFile {
    async fn next(&mut self, left: u64) -> Result<Vec<u8>> {
        let mut file = self.0.take().ok_or(DepotError::Broken)?;
        let read = blocking(move || {
            let mut piece = vec![0; usize::try_from(left.min(PIECE)).unwrap_or_default()];
            file.read_exact(&mut piece)?;
            Ok((file, piece))
        });
        let (file, piece) = read.await?;
        self.0 = Some(file);
        Ok(piece)
    }
}
