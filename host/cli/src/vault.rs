//! Finds and opens the vault.

use std::{
    io::{self, BufRead, IsTerminal},
    path::{Path, PathBuf},
};

use metier_runtime::credentials::{
    Secret,
    vault::{KeySource, Vault, VaultError},
};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::{
    args::VaultPlace,
    environment::{self, Environment},
    folders::{Folders, NoHome, vault_key},
    printer::Printer,
};

/// Longest line that is read when something is asked for, in bytes.
const MAX_LINE: u64 = 64 << 10;

/// The vault cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no place for it.
    #[error(transparent)]
    NoHome(#[from] NoHome),
    /// It cannot be used.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A passphrase is needed and nobody is there to ask.
    #[error("the vault needs a passphrase, and there is nobody to ask")]
    NobodyToAsk,
    /// Asking failed.
    #[error("reading what was asked for failed: {0}")]
    Asking(#[from] io::Error),
}

/// Opens the vault `place` means; one that does not exist is empty.
///
/// # Errors
/// [`OpenError`].
pub fn open(
    place: &VaultPlace,
    folders: &Folders,
    environment: &Environment,
    printer: &Printer,
) -> Result<Vault, OpenError> {
    let path = place.vault.clone().map_or_else(|| folders.vault(), Ok)?;
    let source = source(place, &path, environment, printer)?;
    Ok(Vault::open(path, source)?)
}

/// A key file, unless a passphrase was asked for or is in the environment.
fn source(
    place: &VaultPlace,
    vault: &Path,
    environment: &Environment,
    printer: &Printer,
) -> Result<KeySource, OpenError> {
    if let Some(key) = &place.vault_key {
        return Ok(KeySource::KeyFile(key.clone()));
    }
    if let Some(passphrase) = environment.text(environment::VAULT_PASSPHRASE) {
        return Ok(KeySource::Passphrase(Secret::new(passphrase)));
    }
    if place.passphrase {
        return Ok(KeySource::Passphrase(ask(
            "Passphrase of the vault",
            printer,
        )?));
    }
    Ok(KeySource::KeyFile(vault_key(vault)))
}

/// Asks for a secret on the terminal without showing it.
///
/// # Errors
/// [`OpenError::NobodyToAsk`] when standard input is no terminal.
pub fn ask(what: &str, printer: &Printer) -> Result<Secret, OpenError> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return Err(OpenError::NobodyToAsk);
    }
    printer.error(&format!("{what} (not shown):"));
    let _hidden = Hidden::start()?;
    line(stdin.lock())
}

/// One line, without its end.
fn line(reader: impl BufRead) -> Result<Secret, OpenError> {
    let mut text = String::new();
    io::Read::take(reader, MAX_LINE).read_line(&mut text)?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Secret::new(text.strip_suffix('\r').unwrap_or(text)))
}

/// The terminal does not echo what is typed; it does again when this is dropped.
struct Hidden(rustix::termios::Termios);

impl Hidden {
    fn start() -> io::Result<Hidden> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        silent.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Hidden(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // There is nothing to do about a terminal that is gone.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

/// Reads a secret from a file or from standard input, as [`crate::vault::ask`] would return it.
///
/// # Errors
/// When it cannot be read, is larger than any secret, or is not UTF-8 text.
pub fn read_secret(from: Option<&PathBuf>) -> io::Result<Secret> {
    let mut bytes = Vec::new();
    match from {
        Some(path) => io::Read::read_to_end(
            &mut io::Read::take(std::fs::File::open(path)?, MAX_LINE + 1),
            &mut bytes,
        )?,
        None => io::Read::read_to_end(
            &mut io::Read::take(io::stdin().lock(), MAX_LINE + 1),
            &mut bytes,
        )?,
    };
    let text = String::from_utf8(bytes).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Secret::new(text.strip_suffix('\r').unwrap_or(text)))
}
