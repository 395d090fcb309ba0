//! Where a vault's key comes from: a key file, or a passphrase through Argon2id.

use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

use crate::credentials::{
    Secret,
    private_file::{self, Owner, PrivateFileError},
};

use super::VaultError;

/// AES-256.
const KEY_BYTES: usize = 32;

const SALT_BYTES: usize = 16;

/// Argon2id for new vaults: 64 MiB, 3 passes, 1 lane (RFC 9106, section 4, second choice with one lane): about 0.1 s.
const NEW_ARGON2: (u32, u32, u32) = (64 << 10, 3, 1);

/// Least memory accepted in a vault, in KiB (OWASP's floor): the header cannot talk us into less.
const MIN_MEMORY_KIB: u32 = 19 << 10;

/// Most memory, in KiB, passes and lanes accepted: a doctored file must not take the host's memory before its key is
/// found wrong.
const MAX_MEMORY_KIB: u32 = 1 << 20;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 16;

/// What opens a vault.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// A file of 32 random bytes, made with mode 0600 for a new vault, refused when others may read it.
    KeyFile(PathBuf),
    /// A passphrase, stretched with Argon2id.
    Passphrase(Secret),
}

/// The key itself. No `Debug`.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; KEY_BYTES]>);

impl Key {
    /// For the cipher.
    pub fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

/// How a vault's key is made from its source; written in the vault's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyDerivation {
    /// The key file's bytes are the key.
    KeyFile,
    /// Argon2id, version 1.3.
    Argon2id {
        /// Memory in KiB.
        memory: u32,
        /// Passes over it.
        passes: u32,
        /// Lanes.
        lanes: u32,
        /// Random, per vault.
        salt: [u8; SALT_BYTES],
    },
}

impl KeyDerivation {
    /// Size in a header.
    pub const BYTES: usize = 1 + 3 * 4 + SALT_BYTES;

    /// For a new vault.
    pub fn fresh(source: &KeySource) -> Result<Self, VaultError> {
        let KeySource::Passphrase(_) = source else {
            return Ok(KeyDerivation::KeyFile);
        };
        let (memory, passes, lanes) = NEW_ARGON2;
        let mut salt = [0; SALT_BYTES];
        aws_lc_rs::rand::fill(&mut salt).map_err(|_| VaultError::Crypto)?;
        Ok(KeyDerivation::Argon2id {
            memory,
            passes,
            lanes,
            salt,
        })
    }

    /// As in a header.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        if let KeyDerivation::Argon2id {
            memory,
            passes,
            lanes,
            salt,
        } = self
        {
            bytes[0] = 1;
            bytes[1..5].copy_from_slice(&memory.to_be_bytes());
            bytes[5..9].copy_from_slice(&passes.to_be_bytes());
            bytes[9..13].copy_from_slice(&lanes.to_be_bytes());
            bytes[13..].copy_from_slice(&salt);
        }
        bytes
    }

    /// From a header; none when it asks for something unheard of or unreasonable.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&kind, rest) = bytes.split_first()?;
        if kind == 0 {
            return rest
                .iter()
                .all(|&byte| byte == 0)
                .then_some(KeyDerivation::KeyFile);
        }
        let number = |at: usize| {
            rest.get(at..at + 4)?
                .try_into()
                .ok()
                .map(u32::from_be_bytes)
        };
        let (memory, passes, lanes) = (number(0)?, number(4)?, number(8)?);
        let salt = rest.get(12..)?.try_into().ok()?;
        let reasonable = (MIN_MEMORY_KIB..=MAX_MEMORY_KIB).contains(&memory)
            && (1..=MAX_PASSES).contains(&passes)
            && (1..=MAX_LANES).contains(&lanes);
        (kind == 1 && reasonable).then_some(KeyDerivation::Argon2id {
            memory,
            passes,
            lanes,
            salt,
        })
    }

    /// The key, from the source this derivation is for.
    pub fn key(&self, source: &KeySource) -> Result<Key, VaultError> {
        match (self, source) {
            (KeyDerivation::KeyFile, KeySource::KeyFile(path)) => read_key(path),
            (
                KeyDerivation::Argon2id {
                    memory,
                    passes,
                    lanes,
                    salt,
                },
                KeySource::Passphrase(passphrase),
            ) => stretch(passphrase, *memory, *passes, *lanes, salt),
            (KeyDerivation::KeyFile, KeySource::Passphrase(_)) => Err(VaultError::NeedsKeyFile),
            (KeyDerivation::Argon2id { .. }, KeySource::KeyFile(_)) => {
                Err(VaultError::NeedsPassphrase)
            }
        }
    }
}

fn stretch(
    passphrase: &Secret,
    memory: u32,
    passes: u32,
    lanes: u32,
    salt: &[u8],
) -> Result<Key, VaultError> {
    let params =
        Params::new(memory, passes, lanes, Some(KEY_BYTES)).map_err(|_| VaultError::Crypto)?;
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.expose().as_bytes(), salt, key.as_mut())
        .map_err(|_| VaultError::Crypto)?;
    Ok(Key(key))
}

fn read_key(path: &Path) -> Result<Key, VaultError> {
    let bytes = private_file::read(path, Owner::Us).map_err(VaultError::KeyFile)?;
    let key = <[u8; KEY_BYTES]>::try_from(bytes.as_slice())
        .map_err(|_| VaultError::KeyLength(path.to_owned()))?;
    Ok(Key(Zeroizing::new(key)))
}

/// Makes a key file for a new vault, unless there is one.
pub fn ensure_key_file(source: &KeySource) -> Result<(), VaultError> {
    let KeySource::KeyFile(path) = source else {
        return Ok(());
    };
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    aws_lc_rs::rand::fill(key.as_mut()).map_err(|_| VaultError::Crypto)?;
    match private_file::create(path, key.as_ref()) {
        Ok(()) | Err(PrivateFileError::Unwritable(_, std::io::ErrorKind::AlreadyExists)) => Ok(()),
        Err(error) => Err(VaultError::KeyFile(error)),
    }
}
