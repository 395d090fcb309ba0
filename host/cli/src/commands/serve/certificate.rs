//! The files of `[tls]`, looked at again now and then.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use metier_core::{Code, Fault};
use metier_server::tls::{Certificate, TlsError};

use super::config::Tls;
use crate::errors::{Failure, sentence};

/// Largest file, in bytes: a chain has some thousand.
const MAX_FILE: u64 = 1 << 20;

/// When a file was written, and its length.
type Stamp = [Option<(SystemTime, u64)>; 2];

/// The certificate that is shown, and where it is from.
pub struct Shown {
    /// What the listener shows.
    pub certificate: Arc<Certificate>,
    chain: PathBuf,
    key: PathBuf,
    seen: Stamp,
}

/// What was in the files.
struct Pem {
    chain: Vec<u8>,
    key: Vec<u8>,
}

impl Shown {
    /// The one of the configuration; nothing where it names none.
    ///
    /// # Errors
    /// When a file cannot be read, or is not what it should be.
    pub fn open(tls: &Tls) -> Result<Option<Shown>, Failure> {
        let Some((chain, key)) = tls.files()? else {
            return Ok(None);
        };
        let seen = stamp(chain, key);
        let pem = read(chain, key)?;
        let certificate = Certificate::of(&pem.chain, &pem.key);
        let certificate = certificate.map_err(|error| unusable(chain, &error))?;
        Ok(Some(Shown {
            certificate: Arc::new(certificate),
            chain: chain.to_owned(),
            key: key.to_owned(),
            seen,
        }))
    }

    /// Shows what is in these files from now on.
    ///
    /// # Errors
    /// As [`Shown::open`]; what was shown before is shown on.
    pub fn replace(&mut self, chain: &Path, key: &Path) -> Result<(), Failure> {
        self.seen = stamp(chain, key);
        let pem = read(chain, key)?;
        let replaced = self.certificate.replace(&pem.chain, &pem.key);
        replaced.map_err(|error| unusable(chain, &error))?;
        (self.chain, self.key) = (chain.to_owned(), key.to_owned());
        Ok(())
    }

    /// Looks whether the files changed since they were last looked at. Whether another certificate is shown now.
    ///
    /// # Errors
    /// As [`Shown::replace`], once for each change.
    pub fn look(&mut self) -> Result<bool, Failure> {
        if stamp(&self.chain, &self.key) == self.seen {
            return Ok(false);
        }
        let (chain, key) = (self.chain.clone(), self.key.clone());
        self.replace(&chain, &key).map(|()| true)
    }
}

fn stamp(chain: &Path, key: &Path) -> Stamp {
    [chain, key].map(|file| {
        let told = std::fs::metadata(file).ok()?;
        Some((told.modified().ok()?, told.len()))
    })
}

fn read(chain: &Path, key: &Path) -> Result<Pem, Failure> {
    let bytes = |file: &Path, what| {
        let text = crate::given::file(file, what, MAX_FILE)?;
        Ok::<_, Failure>(text.into_bytes())
    };
    Ok(Pem {
        chain: bytes(chain, "The certificate")?,
        key: bytes(key, "The key of the certificate")?,
    })
}

fn unusable(chain: &Path, error: &TlsError) -> Failure {
    let message = format!(
        "{}: {error}",
        crate::text::one_line(&chain.display().to_string())
    );
    Fault::new(Code::InvalidArguments, sentence(&message))
        .with_hint("`[tls]` names the chain and its private key, both PEM.")
        .into()
}
