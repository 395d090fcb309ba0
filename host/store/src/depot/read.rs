//! A blob on its way out.

use std::io::{self, Read, Seek, SeekFrom};

use cap_std::fs::File;
use metier_core::ids::Digest;
use sha2::{Digest as _, Sha256};

use super::{DepotError, Folder, Result, blocking, place};

/// Bytes read at once.
const PIECE: u64 = 256 << 10;

/// A blob, or a part of one, that is being read.
#[derive(Debug)]
pub struct Reading {
    file: Option<File>,
    size: u64,
    left: u64,
    /// The digest the whole must have, and that of what was read; nothing where only a part is read.
    check: Option<(Digest, Sha256)>,
}

impl Reading {
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
        let left = size.saturating_sub(from).min(length);
        file.seek(SeekFrom::Start(from))?;
        Ok(Some(Reading {
            file: Some(file),
            size,
            left,
            check: (left == size).then(|| (digest, Sha256::new())),
        }))
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
            return Ok(None);
        }
        // It is not there any more where an earlier piece could not be read.
        let mut file = self.file.take().ok_or(DepotError::Broken)?;
        let (want, check) = (self.left.min(PIECE), self.check.take());
        let is_last = want == self.left;
        let read = move || {
            let mut piece = vec![0; usize::try_from(want).unwrap_or_default()];
            file.read_exact(&mut piece)?;
            let check = judged(check, &piece, is_last)?;
            Ok((file, piece, check))
        };
        let (file, piece, check) = blocking(read).await?;
        (self.file, self.check) = (Some(file), check);
        self.left -= want;
        Ok(Some(piece))
    }
}

fn judged(
    check: Option<(Digest, Sha256)>,
    piece: &[u8],
    is_last: bool,
) -> Result<Option<(Digest, Sha256)>> {
    let Some((digest, mut hash)) = check else {
        return Ok(None);
    };
    hash.update(piece);
    if is_last && Digest::from_sha256(hash.clone().finalize().into()) != digest {
        return Err(DepotError::Damaged { digest });
    }
    Ok(Some((digest, hash)))
}
