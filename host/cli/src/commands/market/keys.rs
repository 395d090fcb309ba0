//! `metier keygen`, and the key file: the publisher's own, for its owner alone.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use metier_core::{Code, Fault};
use metier_market::trust::{Algorithm, KeyError, KeyPair};
use serde_json::json;

use crate::{
    args::market_client::{KeyFile, KeyKind, Keygen},
    commands::App,
    errors::{Failure, sentence},
    exit::Exit,
    given,
    printer::Format,
    text,
};

/// Largest key file, in bytes.
const MAX_KEY: u64 = 16 << 10;

/// Makes a key; one that is there is never written over.
///
/// # Errors
/// [`Failure`].
pub fn keygen(app: &App, args: &Keygen) -> Result<Exit, Failure> {
    let path = place(app, &args.key)?;
    if let Some(public) = args.public.as_ref().filter(|_| path.exists()) {
        let pair = read(app, &args.key)?;
        give_away(public, &pair)?;
        return made(app, &path, &pair, args);
    }
    let algorithm = match args.algorithm {
        KeyKind::EcdsaP256 => Algorithm::EcdsaP256,
        KeyKind::Ed25519 => Algorithm::Ed25519,
    };
    let pair = KeyPair::generate(algorithm).map_err(|error| unusable(&path, error))?;
    let pem = pair.to_pem().map_err(|error| unusable(&path, error))?;
    let shown = text::one_line(&path.display().to_string());
    write(&path, pem.as_bytes()).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            let message = format!("There is a key in `{shown}` already.");
            Fault::new(Code::Conflict, message)
                .with_hint("Keep it: it is what your publications are known by. Name another file with --key.")
                .into()
        }
        _ => Failure::unwritable(&format!("The key `{shown}`"), &error),
    })?;
    if let Some(public) = &args.public {
        give_away(public, &pair)?;
    }
    made(app, &path, &pair, args)
}

/// Writes the public part, which everybody may read.
fn give_away(path: &Path, pair: &KeyPair) -> Result<(), Failure> {
    let shown = text::one_line(&path.display().to_string());
    let written = fs::write(path, pair.public().to_pem());
    written.map_err(|error| Failure::unwritable(&format!("The public key `{shown}`"), &error))
}

fn made(app: &App, path: &Path, pair: &KeyPair, args: &Keygen) -> Result<Exit, Failure> {
    let hint = pair.public().hint();
    if app.printer.format == Format::Json {
        let line = json!({"file": path, "key": hint, "public": pair.public().to_pem()});
        app.print(&format!("{line}\n"))?;
        return Ok(Exit::Ok);
    }
    app.print(&format!("{hint}\n"))?;
    let shown = text::one_line(&path.display().to_string());
    if let Some(public) = &args.public {
        let public = text::one_line(&public.display().to_string());
        app.printer.note(&format!(
            "Its public part is in `{public}`: give that away."
        ));
    }
    app.printer.note(&format!(
        "The key is in `{shown}`. Keep a copy where nobody else finds it: without it your names need 72 hours to be yours again."
    ));
    Ok(Exit::Ok)
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        fs::create_dir_all(folder)?;
    }
    let mut file = File::options()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn place(app: &App, key: &KeyFile) -> Result<PathBuf, Failure> {
    match &key.key {
        Some(path) => Ok(path.clone()),
        None => Ok(app.folders.publisher_key()?),
    }
}

/// Reads the key; a file that others may read is refused.
///
/// # Errors
/// [`Failure`].
pub fn read(app: &App, key: &KeyFile) -> Result<KeyPair, Failure> {
    let path = place(app, key)?;
    let found = fs::metadata(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            let shown = text::one_line(&path.display().to_string());
            Fault::new(
                Code::CredentialMissing,
                format!("There is no key in `{shown}`."),
            )
            .with_hint(match &key.key {
                None => "`metier keygen` makes one.".to_owned(),
                Some(_) => format!("`metier keygen --key {shown}` makes one."),
            })
            .into()
        }
        _ => Failure::unreadable(&path, &error),
    })?;
    if found.permissions().mode() & 0o077 != 0 {
        let shown = text::one_line(&path.display().to_string());
        let message = format!("The key in `{shown}` may be read by others.");
        return Err(Fault::new(Code::CredentialRejected, message)
            .with_hint(format!("chmod 600 {shown}"))
            .into());
    }
    let pem = given::file(&path, "The key", MAX_KEY)?;
    KeyPair::from_pem(&pem).map_err(|error| unusable(&path, error))
}

fn unusable(path: &Path, error: KeyError) -> Failure {
    let shown = text::one_line(&path.display().to_string());
    Fault::new(
        Code::CredentialRejected,
        sentence(&format!("the key in `{shown}`: {error}")),
    )
    .with_hint("A key is PKCS #8 in PEM, of ECDSA P-256 or Ed25519: put a copy of yours there, or name another file with --key.")
    .into()
}
