//! Where secrets are read from, and what is refused.

use std::{fs, os::unix::fs::PermissionsExt, sync::Arc};

use metier_core::grant::SecretSource;
use tempfile::TempDir;

use crate::credentials::{
    PrivateFileError, Secret, SecretSources, SourceError,
    vault::{KeySource, Vault},
};

fn write(dir: &TempDir, name: &str, text: &[u8], mode: u32) -> SecretSource {
    let path = dir.path().join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    SecretSource::File(name.to_owned())
}

#[tokio::test]
async fn a_file_is_read_without_its_last_line_break() {
    let dir = TempDir::new().unwrap();
    let sources = SecretSources::files_only(dir.path());
    for text in ["secret", "secret\n", "secret\r\n"] {
        let source = write(&dir, "key", text.as_bytes(), 0o600);
        assert_eq!(sources.read(&source).await.unwrap().expose(), "secret");
    }
}

#[tokio::test]
async fn a_file_others_may_read_is_refused_with_the_command_that_mends_it() {
    let dir = TempDir::new().unwrap();
    let sources = SecretSources::files_only(dir.path());
    for mode in [0o640, 0o604, 0o620, 0o660] {
        let error = sources
            .read(&write(&dir, "key", b"canary", mode))
            .await
            .unwrap_err();
        assert!(
            matches!(error, SourceError::File(PrivateFileError::TooOpen(..))),
            "{mode:o}"
        );
        assert!(
            error.to_string().contains("chmod 600") && !error.to_string().contains("canary"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn what_is_no_secret_is_refused_each_in_its_own_words() {
    let dir = TempDir::new().unwrap();
    let sources = SecretSources::files_only(dir.path());
    let refusal = async |source| sources.read(&source).await.unwrap_err();
    let large = write(&dir, "large", &vec![b'x'; (64 << 10) + 1], 0o600);
    assert!(matches!(
        refusal(large).await,
        SourceError::File(PrivateFileError::TooLarge(_))
    ));
    assert!(matches!(
        refusal(write(&dir, "binary", b"\xff\xfe", 0o600)).await,
        SourceError::NotText(_)
    ));
    assert!(matches!(
        refusal(write(&dir, "empty", b"\n", 0o600)).await,
        SourceError::Empty(_)
    ));
    let missing = SecretSource::File("missing".to_owned());
    assert!(matches!(
        refusal(missing).await,
        SourceError::File(PrivateFileError::Missing(_))
    ));
    let directory = SecretSource::File(".".to_owned());
    assert!(matches!(
        refusal(directory).await,
        SourceError::File(PrivateFileError::NotAFile(_))
    ));
    assert_eq!(
        refusal(SecretSource::Env("NO".to_owned())).await,
        SourceError::NoVariable("NO".to_owned())
    );
    assert_eq!(
        refusal(SecretSource::Vault("x".to_owned())).await,
        SourceError::NoVault("x".to_owned())
    );
}

#[tokio::test]
async fn a_vault_is_looked_up_by_name() {
    let dir = TempDir::new().unwrap();
    let key = KeySource::KeyFile(dir.path().join("keys/key"));
    let vault = Arc::new(Vault::open(dir.path().join("vault"), key).unwrap());
    vault.set("sf", Secret::new("secret")).unwrap();
    let sources = SecretSources {
        vault: Some(vault),
        ..SecretSources::files_only(dir.path())
    };
    assert_eq!(
        sources
            .read(&SecretSource::Vault("sf".to_owned()))
            .await
            .unwrap()
            .expose(),
        "secret"
    );
    let error = sources
        .read(&SecretSource::Vault("other".to_owned()))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the vault has no entry `other`; add it with `metier secret set other`"
    );
}
