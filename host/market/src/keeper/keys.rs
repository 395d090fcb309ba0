//! The market's own keys: one for each role, made at the first start, and never again.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write},
    path::Path,
};

use url::Url;

use crate::{
    log::{LogKeyError, LogSigner},
    trust::{Algorithm, KeyError, KeyPair, Review, Revocation, RootError, SigningKey, TrustRoot},
};

/// The trust root, beside the folder of keys.
const ROOT: &str = "market.toml";

/// Keys that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The disk's.
    #[error("the market's keys cannot be read or written: {0}")]
    Disk(#[from] io::Error),
    /// A file that is no key, or that could not be made.
    #[error("`keys/{0}.pem`: {1}")]
    Key(&'static str, KeyError),
    /// A file is gone. Another key would be another market.
    #[error(
        "`keys/{0}.pem` is missing, and `market.toml` names its key: put it back from a backup"
    )]
    Missing(&'static str),
    /// `market.toml` is none.
    #[error("`market.toml`: {0}")]
    Root(#[from] RootError),
    /// `market.toml` names other keys than there are.
    #[error("`market.toml` and the files in `keys` belong to different markets")]
    Others,
    /// The log's key is none.
    #[error("the log's key: {0}")]
    Log(#[from] LogKeyError),
}

/// What the market signs with.
#[derive(Debug)]
pub struct MarketKeys {
    /// Signs reviews.
    pub review: SigningKey<Review>,
    /// Signs the revocation list.
    pub revocation: SigningKey<Revocation>,
    /// Signs checkpoints.
    pub log: LogSigner,
    /// What clients trust.
    pub root: TrustRoot,
}

impl MarketKeys {
    /// Reads the keys of a market's folder, or makes them where there is no `market.toml` yet. The market may be called by another address
    /// later; its log keeps the name it had first, for that is what its checkpoints are known by.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn open(folder: &Path, address: &Url) -> Result<MarketKeys, KeysError> {
        let path = folder.join(ROOT);
        let known = match fs::read_to_string(&path) {
            Ok(text) => Some(TrustRoot::from_toml(&text)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        let keys = folder.join("keys");
        private_folder(&keys)?;
        let pair = |name, algorithm| pair(&keys, name, algorithm, known.is_none());
        let review = SigningKey::new(pair("review", Algorithm::EcdsaP256)?);
        let revocation = SigningKey::new(pair("revocation", Algorithm::EcdsaP256)?);
        let name = known
            .as_ref()
            .map_or_else(|| log_name(address), |root| root.log.name().to_owned());
        let log = LogSigner::new(&name, pair("log", Algorithm::Ed25519)?)?;
        let root = TrustRoot::new(
            address.clone(),
            review.verifying(),
            revocation.verifying(),
            log.key().clone(),
        )?;
        let is_same = |known: &TrustRoot| {
            (&known.review, &known.revocation, &known.log)
                == (&root.review, &root.revocation, &root.log)
        };
        if known.as_ref().is_some_and(|known| !is_same(known)) {
            return Err(KeysError::Others);
        }
        if known.as_ref() != Some(&root) {
            replace(folder, ROOT, root.to_toml().as_bytes())?;
        }
        Ok(MarketKeys {
            review,
            revocation,
            log,
            root,
        })
    }
}

/// `market.example/log`, with the port where the address has one.
fn log_name(address: &Url) -> String {
    let host = address.host_str().unwrap_or("localhost");
    match address.port() {
        Some(port) => format!("{host}:{port}/log"),
        None => format!("{host}/log"),
    }
}

/// A key's pair. A first start that was killed left some of them: they are used.
fn pair(
    keys: &Path,
    name: &'static str,
    algorithm: Algorithm,
    may_make: bool,
) -> Result<KeyPair, KeysError> {
    let file = format!("{name}.pem");
    match fs::read_to_string(keys.join(&file)) {
        Ok(text) => KeyPair::from_pem(&text).map_err(|error| KeysError::Key(name, error)),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        Err(_) if !may_make => Err(KeysError::Missing(name)),
        Err(_) => {
            let made = KeyPair::generate(algorithm).map_err(|error| KeysError::Key(name, error))?;
            let text = made.to_pem().map_err(|error| KeysError::Key(name, error))?;
            replace(keys, &file, text.as_bytes())?;
            Ok(made)
        }
    }
}

fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Writes a file whole, for nobody else to read, and brings it to the disk before it has its name.
pub(super) fn replace(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let unfinished = folder.join(format!(".{name}.unfinished"));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, folder.join(name))?;
    sync_folder(folder)
}

/// Brings the names in a folder to the disk.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs::File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}
