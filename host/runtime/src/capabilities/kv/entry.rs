//! One entry as a file: magic, length of the key, key, value, SHA-256 of all before it.
//!
//! The file is named by the key's hash. The key lies inside so that buckets can be listed; the checksum makes damage an
//! error rather than a wrong value.

use std::io::Read;

use metier_core::ids::Digest;

use super::{Key, KvError, MAX_KEY_BYTES};

/// Says what the file is and in which version.
const MAGIC: [u8; 8] = *b"metierk1";
const HEAD: usize = MAGIC.len() + size_of::<u32>();
const CHECKSUM: usize = 32;

/// What a file has beside its key and value, in bytes.
pub(super) const OVERHEAD: usize = HEAD + CHECKSUM;

pub(super) fn encode(key: &Key, value: &[u8]) -> Vec<u8> {
    let text = key.as_str().as_bytes();
    let mut file = Vec::with_capacity(OVERHEAD + text.len() + value.len());
    file.extend_from_slice(&MAGIC);
    file.extend_from_slice(&(text.len() as u32).to_le_bytes());
    file.extend_from_slice(text);
    file.extend_from_slice(value);
    let checksum = Digest::of(&file);
    file.extend_from_slice(checksum.as_bytes());
    file
}

/// The value under `key`; [`KvError::Damaged`] when the file is anything but what [`encode`] made of that key.
pub(super) fn decode(key: &Key, mut file: Vec<u8>) -> Result<Vec<u8>, KvError> {
    let start = HEAD + key.as_str().len();
    let (content, checksum) = file
        .split_last_chunk::<CHECKSUM>()
        .ok_or(KvError::Damaged)?;
    let head = content.get(..start).ok_or(KvError::Damaged)?;
    if Digest::of(content).as_bytes() != checksum || read_key(&mut &*head)? != key.as_str() {
        return Err(KvError::Damaged);
    }
    file.truncate(file.len() - CHECKSUM);
    file.drain(..start);
    Ok(file)
}

/// The key alone, from the beginning of a file. Who knows the file's name can check it.
pub(super) fn read_key(file: &mut impl Read) -> Result<String, KvError> {
    let mut head = [0; HEAD];
    whole(file, &mut head)?;
    let (magic, length) = head.split_at(MAGIC.len());
    let length = length.try_into().map_or(u32::MAX, u32::from_le_bytes) as usize;
    if magic != MAGIC || length > MAX_KEY_BYTES {
        return Err(KvError::Damaged);
    }
    let mut key = vec![0; length];
    whole(file, &mut key)?;
    String::from_utf8(key).map_err(|_| KvError::Damaged)
}

fn whole(file: &mut impl Read, buffer: &mut [u8]) -> Result<(), KvError> {
    file.read_exact(buffer).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => KvError::Damaged,
        _ => error.into(),
    })
}
