//! An encrypted file of secrets, for a host without a secret manager.
//!
//! One file, AES-256-GCM, opened with a key file or a passphrase ([`KeySource`]). Every change rewrites the file whole:
//! into a new file beside it, flushed, renamed over the old one, so that a crash or a full disk leaves the old vault. Writers
//! take turns with a lock file; readers need none. Names are listed, values are not.
//!
//! What it does not do: hide how large it is, or notice that somebody put back an older copy of the same vault.

mod format;
mod key;
mod replace;
#[cfg(test)]
mod tests;

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

pub use key::KeySource;
use {
    format::{Contents, FormatError},
    key::{Key, KeyDerivation},
};

use super::{
    Secret,
    private_file::{self, PrivateFileError},
};

/// Largest vault, in bytes; it is held in memory whole.
const MAX_VAULT_BYTES: u64 = 16 << 20;

/// Longest value, in bytes: what a secret file may hold.
const MAX_VALUE_BYTES: usize = private_file::MAX_SECRET_FILE_BYTES as usize;

/// Longest name, in bytes: what a credential's source may name.
const MAX_NAME_BYTES: usize = 128;

/// How long a writer waits for another to finish; a write takes milliseconds.
const LOCK_WAIT: Duration = Duration::from_secs(5);
const LOCK_RETRY: Duration = Duration::from_millis(10);

/// Why a vault cannot be used. One sentence each; none holds a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The file cannot be read.
    #[error("the vault `{0}` cannot be read: {1}")]
    Unreadable(PathBuf, io::ErrorKind),
    /// The file is something else.
    #[error("`{0}` is not a vault")]
    NotAVault(PathBuf),
    /// The end is missing.
    #[error("the vault `{0}` is cut short; restore it from a copy")]
    Truncated(PathBuf),
    /// The bytes changed.
    #[error("the vault `{0}` is damaged; restore it from a copy")]
    Corrupted(PathBuf),
    /// Wrong key file or passphrase.
    #[error("the key or passphrase is not the one the vault `{0}` was made with")]
    WrongKey(PathBuf),
    /// The vault was made with a passphrase.
    #[error("this vault is opened with a passphrase, not with a key file")]
    NeedsPassphrase,
    /// The vault was made with a key file.
    #[error("this vault is opened with a key file, not with a passphrase")]
    NeedsKeyFile,
    /// The key file cannot be used.
    #[error("the vault's key: {0}")]
    KeyFile(#[source] PrivateFileError),
    /// The key file holds something else.
    #[error("the key file `{0}` does not hold exactly 32 bytes")]
    KeyLength(PathBuf),
    /// A name nobody could ask for.
    #[error("a secret's name has 1 to {MAX_NAME_BYTES} of A-Z a-z 0-9 . _ - /")]
    InvalidName,
    /// A value larger than any secret.
    #[error("a secret has at most {MAX_VALUE_BYTES} bytes")]
    ValueTooLarge,
    /// All of them together.
    #[error("the vault would grow larger than {MAX_VAULT_BYTES} bytes")]
    Full,
    /// The disk is full or the directory not ours; the old vault is as it was.
    #[error("the vault `{0}` cannot be written, it is unchanged: {1}")]
    Unwritable(PathBuf, io::ErrorKind),
    /// Another process is writing.
    #[error("another process is writing the vault `{0}`; try again")]
    Locked(PathBuf),
    /// The cryptographic library failed.
    #[error("the cryptographic library refused to work")]
    Crypto,
}

/// An encrypted file of secrets. `Debug` shows the path only.
pub struct Vault {
    path: PathBuf,
    source: KeySource,
    /// The last key made, with what it was made by: Argon2id is slow on purpose.
    key: Mutex<Option<(KeyDerivation, Key)>>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Vault {
    /// Opens a vault and checks the key against it. A vault that does not exist is empty; the first [`Vault::set`] makes
    /// it, and its key file with it.
    ///
    /// # Errors
    /// [`VaultError`]: wrong key, damage and a file cut short are told apart.
    pub fn open(path: impl Into<PathBuf>, source: KeySource) -> Result<Self, VaultError> {
        let vault = Vault {
            path: path.into(),
            source,
            key: Mutex::new(None),
        };
        vault.read()?;
        Ok(vault)
    }

    /// The value of a name, read from the file as it is now.
    pub fn get(&self, name: &str) -> Result<Option<Secret>, VaultError> {
        Ok(self
            .read()?
            .and_then(|(_, mut contents)| contents.remove(name)))
    }

    /// Every name, sorted.
    pub fn list(&self) -> Result<Vec<String>, VaultError> {
        Ok(self
            .read()?
            .map(|(_, contents)| contents.into_keys().collect())
            .unwrap_or_default())
    }

    /// Stores a value, in place of the old one if there is one.
    pub fn set(&self, name: &str, value: Secret) -> Result<(), VaultError> {
        check_name(name)?;
        if value.expose().len() > MAX_VALUE_BYTES {
            return Err(VaultError::ValueTooLarge);
        }
        self.change(|contents| contents.insert(name.to_owned(), value))
            .map(drop)
    }

    /// Stores a value where `old` is there still; says whether it was.
    ///
    /// # Errors
    /// As [`Vault::set`].
    pub fn exchange(&self, name: &str, old: &Secret, value: Secret) -> Result<bool, VaultError> {
        if value.expose().len() > MAX_VALUE_BYTES {
            return Err(VaultError::ValueTooLarge);
        }
        self.change(|contents| match contents.get_mut(name) {
            Some(kept) if kept == old => {
                *kept = value;
                true
            }
            _ => false,
        })
    }

    /// Stores a value, if all entries that `counts` picks have at most so many bytes with it.
    ///
    /// # Errors
    /// As [`Vault::set`]; [`VaultError::Full`].
    pub fn set_within(
        &self,
        name: &str,
        value: Secret,
        counts: impl Fn(&str) -> bool,
        max_bytes: usize,
    ) -> Result<(), VaultError> {
        check_name(name)?;
        if value.expose().len() > MAX_VALUE_BYTES {
            return Err(VaultError::ValueTooLarge);
        }
        let stored = self.change(|contents| {
            let others = contents
                .iter()
                .filter(|(other, _)| *other != name && counts(other));
            let bytes: usize = others
                .map(|(name, value)| name.len() + value.expose().len())
                .sum();
            let fits = bytes + name.len() + value.expose().len() <= max_bytes;
            if fits {
                contents.insert(name.to_owned(), value);
            }
            fits
        })?;
        match stored {
            true => Ok(()),
            false => Err(VaultError::Full),
        }
    }

    /// Forgets a value; says whether there was one.
    pub fn remove(&self, name: &str) -> Result<bool, VaultError> {
        if self.read()?.is_none() {
            return Ok(false);
        }
        self.change(|contents| contents.remove(name))
            .map(|old| old.is_some())
    }

    fn change<T>(&self, edit: impl FnOnce(&mut Contents) -> T) -> Result<T, VaultError> {
        let _lock = self.lock()?;
        let (derivation, mut contents) = match self.read()? {
            Some(found) => found,
            None => (self.begin()?, Contents::new()),
        };
        let answer = edit(&mut contents);
        let key = self.key(derivation)?;
        let bytes = format::seal(&contents, &derivation, &key).map_err(|error| self.say(error))?;
        if bytes.len() as u64 > MAX_VAULT_BYTES {
            return Err(VaultError::Full);
        }
        replace::replace(&self.path, &bytes).map_err(|error| self.unwritable(&error))?;
        Ok(answer)
    }

    /// The first write: the key file too, if that is how the vault is opened.
    fn begin(&self) -> Result<KeyDerivation, VaultError> {
        key::ensure_key_file(&self.source)?;
        KeyDerivation::fresh(&self.source)
    }

    fn read(&self) -> Result<Option<(KeyDerivation, Contents)>, VaultError> {
        let Some(bytes) = self.bytes()? else {
            return Ok(None);
        };
        let derivation = format::derivation(&bytes).map_err(|error| self.say(error))?;
        let key = self.key(derivation)?;
        let contents = format::open(&bytes, &key).map_err(|error| self.say(error))?;
        Ok(Some((derivation, contents)))
    }

    fn bytes(&self) -> Result<Option<Vec<u8>>, VaultError> {
        let unreadable = |error: io::Error| VaultError::Unreadable(self.path.clone(), error.kind());
        let file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(unreadable)?,
        };
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(file, MAX_VAULT_BYTES + 1), &mut bytes)
            .map_err(unreadable)?;
        if bytes.len() as u64 > MAX_VAULT_BYTES {
            Err(VaultError::NotAVault(self.path.clone()))
        } else {
            Ok(Some(bytes))
        }
    }

    fn key(&self, derivation: KeyDerivation) -> Result<Key, VaultError> {
        let mut known = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, key)) = known.as_ref().filter(|(by, _)| *by == derivation) {
            return Ok(key.clone());
        }
        let key = derivation.key(&self.source)?;
        *known = Some((derivation, key.clone()));
        Ok(key)
    }

    /// The lock file stays: removing it would let two writers hold two different ones.
    fn lock(&self) -> Result<File, VaultError> {
        let path = beside(&self.path, ".lock");
        let file = replace::open_lock(&path).map_err(|error| self.unwritable(&error))?;
        let since = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if since.elapsed() < LOCK_WAIT => {
                    std::thread::sleep(LOCK_RETRY)
                }
                Err(TryLockError::WouldBlock) => return Err(VaultError::Locked(self.path.clone())),
                Err(TryLockError::Error(error)) => return Err(self.unwritable(&error)),
            }
        }
    }

    fn unwritable(&self, error: &io::Error) -> VaultError {
        VaultError::Unwritable(self.path.clone(), error.kind())
    }

    fn say(&self, error: FormatError) -> VaultError {
        let path = self.path.clone();
        match error {
            FormatError::NotAVault => VaultError::NotAVault(path),
            FormatError::Truncated => VaultError::Truncated(path),
            FormatError::Corrupted => VaultError::Corrupted(path),
            FormatError::WrongKey => VaultError::WrongKey(path),
            FormatError::Crypto => VaultError::Crypto,
        }
    }
}

/// `secrets.vault` and `.lock` make `secrets.vault.lock`.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn check_name(name: &str) -> Result<(), VaultError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
    let fits = (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(plain);
    if fits {
        Ok(())
    } else {
        Err(VaultError::InvalidName)
    }
}
