//! Reads a grant file.

use std::{
    fs, io,
    path::{Path, PathBuf, absolute},
};

use metier_core::grant::{Grant, GrantError, SecretSource};

/// Largest grant file, in bytes: a thousand rules fit.
const MAX_GRANT_BYTES: u64 = 1 << 20;

/// A grant with where its relative paths begin.
#[derive(Debug)]
pub struct GrantFile {
    /// What it says; directories are absolute.
    pub grant: Grant,
    /// The folder it lies in.
    pub directory: PathBuf,
}

/// A grant file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GrantFileError {
    /// It cannot be read.
    #[error("cannot read {0}: {1}")]
    Unreadable(PathBuf, #[source] io::Error),
    /// It is not text, or no text of a sensible size.
    #[error("the grant `{}` is not a text of at most {MAX_GRANT_BYTES} bytes", .0.display())]
    NotText(PathBuf),
    /// It says something that makes no sense.
    #[error("the grant `{}`, {error}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What and where.
        error: GrantError,
    },
}

/// Reads `path`.
///
/// # Errors
/// [`GrantFileError`]; the mistake is told by line.
pub fn read(path: &Path) -> Result<GrantFile, GrantFileError> {
    let unreadable = |error| GrantFileError::Unreadable(path.to_owned(), error);
    let not_text = || GrantFileError::NotText(path.to_owned());
    let directory = absolute(path)
        .map_err(unreadable)?
        .parent()
        .map(Path::to_owned)
        .unwrap_or_default();
    if fs::metadata(path).map_err(unreadable)?.len() > MAX_GRANT_BYTES {
        return Err(not_text());
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|_| not_text())?;
    let grant = parse(&text, &directory).map_err(|error| GrantFileError::Invalid {
        path: path.to_owned(),
        error,
    })?;
    Ok(GrantFile { grant, directory })
}

/// A grant whose directories are relative to `directory`.
///
/// # Errors
/// What it says makes no sense.
pub fn parse(text: &str, directory: &Path) -> Result<Grant, GrantError> {
    let mut grant = Grant::parse(text)?;
    for files in &mut grant.files {
        files.value.source = directory
            .join(&files.value.source)
            .to_string_lossy()
            .into_owned();
    }
    Ok(grant)
}

/// Whether any credential of the grant is kept in the vault.
pub fn needs_vault(grant: &Grant) -> bool {
    let in_vault = |source: &SecretSource| matches!(source, SecretSource::Vault(_));
    grant.credentials.values().any(|credential| {
        let mut more = credential.spec.more_secrets().into_iter();
        in_vault(&credential.secret) || more.any(in_vault)
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const GRANT: &str = r#"
        skill = "com.acme/weather"
        tools = ["*"]
        [[files]]
        path = "/data"
        source = "reports"
        access = "read"
    "#;

    #[test]
    fn directories_are_relative_to_the_grant() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("grant.toml");
        fs::write(&path, GRANT).unwrap();
        let file = read(&path).unwrap();
        assert_eq!(file.directory, home.path());
        assert_eq!(
            Path::new(&file.grant.files[0].source),
            home.path().join("reports")
        );
        assert!(!needs_vault(&file.grant));
    }

    #[test]
    fn each_mistake_is_its_own() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("grant.toml");
        assert!(matches!(read(&path), Err(GrantFileError::Unreadable(..))));
        fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(matches!(read(&path), Err(GrantFileError::NotText(_))));
        fs::write(&path, "tols = []").unwrap();
        assert!(matches!(read(&path), Err(GrantFileError::Invalid { .. })));
        fs::write(&path, "#".repeat(2 << 20)).unwrap();
        assert!(matches!(read(&path), Err(GrantFileError::NotText(_))));
    }
}
