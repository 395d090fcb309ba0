//! The bytes of a vault file.
//!
//! ```text
//! magic "METIERV1" · kdf u8 · memory u32 · passes u32 · lanes u32 · salt [16] · key check [16] · length u64    (the header)
//! nonce [12] · ciphertext and tag (AES-256-GCM of a JSON object name → value)                                    (the box)
//! SHA-256 of everything before it                                                                                (the seal)
//! ```
//! Integers are big-endian. The header is authenticated with the box, so nobody can weaken the key derivation of a vault
//! without the key. The seal tells damage from a wrong key; it protects nothing.

use std::collections::BTreeMap;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    constant_time, digest, hmac,
};
use zeroize::Zeroizing;

use super::key::{Key, KeyDerivation};
use crate::credentials::Secret;

const MAGIC: &[u8; 8] = b"METIERV1";
const KEY_CHECK_BYTES: usize = 16;
const HEADER_BYTES: usize = 8 + KeyDerivation::BYTES + KEY_CHECK_BYTES + 8;
const SEAL_BYTES: usize = digest::SHA256_OUTPUT_LEN;

/// What is authenticated to prove that a key is the one a vault was made with.
const KEY_CHECK_LABEL: &[u8] = b"metier vault: key check";

/// What a vault holds: values by name.
pub type Contents = BTreeMap<String, Secret>;

/// Why the bytes are no vault we can open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatError {
    /// Does not begin like a vault.
    NotAVault,
    /// Ends before it should.
    Truncated,
    /// Was changed since it was written.
    Corrupted,
    /// Was made with another key or passphrase.
    WrongKey,
    /// The library refused to encrypt.
    Crypto,
}

/// The key derivation a vault was made with.
pub fn derivation(bytes: &[u8]) -> Result<KeyDerivation, FormatError> {
    if !bytes.starts_with(&MAGIC[..bytes.len().min(MAGIC.len())]) || bytes.is_empty() {
        return Err(FormatError::NotAVault);
    }
    let header = bytes.get(..HEADER_BYTES).ok_or(FormatError::Truncated)?;
    check_seal(bytes, header)?;
    let (_, rest) = header.split_at(MAGIC.len());
    KeyDerivation::from_bytes(&rest[..KeyDerivation::BYTES]).ok_or(FormatError::Corrupted)
}

/// The length is looked at first: a vault cut short is told from one that was changed.
fn check_seal(bytes: &[u8], header: &[u8]) -> Result<(), FormatError> {
    let length = header
        .last_chunk::<8>()
        .map_or(0, |length| u64::from_be_bytes(*length));
    let whole = (HEADER_BYTES as u64)
        .saturating_add(length)
        .saturating_add(SEAL_BYTES as u64);
    match (bytes.len() as u64).cmp(&whole) {
        std::cmp::Ordering::Less => return Err(FormatError::Truncated),
        std::cmp::Ordering::Greater => return Err(FormatError::Corrupted),
        std::cmp::Ordering::Equal => {}
    }
    let (body, seal) = bytes.split_at(bytes.len() - SEAL_BYTES);
    if digest::digest(&digest::SHA256, body).as_ref() == seal {
        Ok(())
    } else {
        Err(FormatError::Corrupted)
    }
}

/// Opens a vault whose [`derivation`] gave `key`.
pub fn open(bytes: &[u8], key: &Key) -> Result<Contents, FormatError> {
    let (header, rest) = bytes
        .split_at_checked(HEADER_BYTES)
        .ok_or(FormatError::Truncated)?;
    let sealed = &rest[..rest
        .len()
        .checked_sub(SEAL_BYTES)
        .ok_or(FormatError::Truncated)?];
    let check = &header[HEADER_BYTES - 8 - KEY_CHECK_BYTES..HEADER_BYTES - 8];
    constant_time::verify_slices_are_equal(check, &key_check(key))
        .map_err(|_| FormatError::WrongKey)?;
    let (nonce, sealed) = sealed
        .split_first_chunk::<NONCE_LEN>()
        .ok_or(FormatError::Corrupted)?;
    let mut text = Zeroizing::new(sealed.to_vec());
    let cipher =
        RandomizedNonceKey::new(&AES_256_GCM, key.bytes()).map_err(|_| FormatError::Crypto)?;
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let text = cipher
        .open_in_place(nonce, Aad::from(header), &mut text)
        .map_err(|_| FormatError::Corrupted)?;
    let values: BTreeMap<String, String> =
        serde_json::from_slice(text).map_err(|_| FormatError::Corrupted)?;
    Ok(values
        .into_iter()
        .map(|(name, value)| (name, Secret::new(value)))
        .collect())
}

/// Writes a vault, with a fresh random nonce.
pub fn seal(
    contents: &Contents,
    derivation: &KeyDerivation,
    key: &Key,
) -> Result<Vec<u8>, FormatError> {
    let values: BTreeMap<&str, &str> = contents
        .iter()
        .map(|(name, value)| (name.as_str(), value.expose()))
        .collect();
    let mut text = Zeroizing::new(serde_json::to_vec(&values).map_err(|_| FormatError::Crypto)?);
    let length = NONCE_LEN + text.len() + AES_256_GCM.tag_len();
    let mut bytes = Vec::with_capacity(HEADER_BYTES + length + SEAL_BYTES);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&derivation.to_bytes());
    bytes.extend_from_slice(&key_check(key));
    bytes.extend_from_slice(&(length as u64).to_be_bytes());
    let cipher =
        RandomizedNonceKey::new(&AES_256_GCM, key.bytes()).map_err(|_| FormatError::Crypto)?;
    let sealed = cipher.seal_in_place_separate_tag(Aad::from(&bytes), &mut text);
    let (nonce, tag) = sealed.map_err(|_| FormatError::Crypto)?;
    bytes.extend_from_slice(nonce.as_ref());
    bytes.extend_from_slice(&text);
    bytes.extend_from_slice(tag.as_ref());
    let seal = digest::digest(&digest::SHA256, &bytes);
    bytes.extend_from_slice(seal.as_ref());
    Ok(bytes)
}

/// Says whether a key is right without saying anything about it.
fn key_check(key: &Key) -> [u8; KEY_CHECK_BYTES] {
    let tag = hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA256, key.bytes()),
        KEY_CHECK_LABEL,
    );
    let mut check = [0; KEY_CHECK_BYTES];
    check.copy_from_slice(&tag.as_ref()[..KEY_CHECK_BYTES]);
    check
}
