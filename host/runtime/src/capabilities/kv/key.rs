//! A key, checked where it enters.

use metier_core::ids::Digest;

use super::KvError;

/// Longest key in bytes: room for a URL, and a page of them stays a megabyte.
pub const MAX_KEY_BYTES: usize = 1_024;

/// 1 to [`MAX_KEY_BYTES`] bytes of any text, with its SHA-256, by which stores place and order it.
///
/// The hash is what keeps a guest's text out of file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    text: Box<str>,
    hash: Digest,
}

impl Key {
    /// The text as the guest wrote it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// SHA-256 of the text.
    pub fn hash(&self) -> &Digest {
        &self.hash
    }
}

impl TryFrom<String> for Key {
    type Error = KvError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if !(1..=MAX_KEY_BYTES).contains(&text.len()) {
            return Err(KvError::InvalidKey(text.len()));
        }
        Ok(Key {
            hash: Digest::of(text.as_bytes()),
            text: text.into(),
        })
    }
}

/// Where a listing stands: keys come in the order of their hashes, and the cursor is the beginning of the last one's.
///
/// A cursor by position would skip or repeat keys when others come and go between two pages; this one does not.
pub(super) fn cursor_of(hash: &Digest) -> u64 {
    hash.as_bytes()
        .first_chunk()
        .map_or(0, |head| u64::from_be_bytes(*head))
}

/// How many of the sorted `hashes`, all beyond the cursor, make a page of about `size`, and the cursor to the next page.
///
/// Two keys that share a cursor stay on one page, else the second would be lost.
pub(super) fn page(hashes: &[Digest], size: usize) -> (usize, Option<u64>) {
    let Some(last) = hashes.get(size.wrapping_sub(1)).map(cursor_of) else {
        return (hashes.len(), None);
    };
    let length = hashes.partition_point(|hash| cursor_of(hash) <= last);
    (length, (length < hashes.len()).then_some(last))
}
