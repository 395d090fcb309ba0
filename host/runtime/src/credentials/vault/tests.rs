//! A vault keeps what it was given, says what is wrong with it, and survives a failed write.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{fs, io::Write as _, os::unix::fs::PermissionsExt as _};

use tempfile::TempDir;

use super::*;

struct Fixture {
    dir: TempDir,
}

impl Fixture {
    fn new() -> Self {
        Fixture {
            dir: TempDir::new().unwrap(),
        }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("data/secrets.vault")
    }

    fn key_path(&self) -> PathBuf {
        self.dir.path().join("keys/vault.key")
    }

    fn open(&self) -> Result<Vault, VaultError> {
        Vault::open(self.path(), KeySource::KeyFile(self.key_path()))
    }

    /// A vault with one secret in it.
    fn filled(&self) -> Vault {
        let vault = self.open().unwrap();
        vault
            .set("salesforce/key", Secret::new("canary-7f3a"))
            .unwrap();
        vault
    }
}

fn value(vault: &Vault, name: &str) -> Option<String> {
    vault
        .get(name)
        .unwrap()
        .map(|secret| secret.expose().to_owned())
}

#[test]
fn a_missing_vault_is_empty_and_reading_makes_nothing() {
    let fixture = Fixture::new();
    let vault = fixture.open().unwrap();
    assert_eq!(vault.list().unwrap(), Vec::<String>::new());
    assert_eq!(value(&vault, "x"), None);
    assert!(!vault.remove("x").unwrap());
    assert!(!fixture.path().exists() && !fixture.key_path().exists());
}

#[test]
fn values_survive_reopening_and_names_are_listed() {
    let fixture = Fixture::new();
    let vault = fixture.filled();
    vault.set("b", Secret::new("2")).unwrap();
    vault.set("b", Secret::new("3")).unwrap();
    let again = fixture.open().unwrap();
    assert_eq!(again.list().unwrap(), ["b", "salesforce/key"]);
    assert_eq!(value(&again, "b").as_deref(), Some("3"));
    assert!(again.remove("b").unwrap());
    assert_eq!(
        value(&vault, "b"),
        None,
        "an open vault sees what others write"
    );
}

#[test]
fn files_are_for_their_owner_alone_and_hold_no_plain_text() {
    let fixture = Fixture::new();
    let vault = fixture.filled();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&fixture.path()), 0o600);
    assert_eq!(mode(&fixture.key_path()), 0o600);
    assert_eq!(mode(fixture.key_path().parent().unwrap()), 0o700);
    let bytes = fs::read(fixture.path()).unwrap();
    for plain in [&b"canary-7f3a"[..], b"salesforce"] {
        assert!(!bytes.windows(plain.len()).any(|window| window == plain));
    }
    assert!(!format!("{vault:?}").contains("canary"));
}

#[test]
fn a_key_file_others_may_read_is_refused_with_the_command_that_mends_it() {
    let fixture = Fixture::new();
    fixture.filled();
    fs::set_permissions(fixture.key_path(), fs::Permissions::from_mode(0o640)).unwrap();
    let error = fixture.open().unwrap_err();
    assert!(matches!(
        &error,
        VaultError::KeyFile(PrivateFileError::TooOpen(_, 0o640))
    ));
    assert!(error.to_string().contains("chmod 600"), "{error}");
}

#[test]
fn wrong_key_truncation_damage_and_other_files_are_told_apart() {
    let fixture = Fixture::new();
    fixture.filled();
    let bytes = fs::read(fixture.path()).unwrap();
    let outcome = |bytes: &[u8]| {
        fs::write(fixture.path(), bytes).unwrap();
        fixture.open().map(drop)
    };
    for length in 1..bytes.len() {
        assert_eq!(
            outcome(&bytes[..length]),
            Err(VaultError::Truncated(fixture.path())),
            "{length}"
        );
    }
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let error = outcome(&changed).unwrap_err();
        let damage = [
            VaultError::Corrupted(fixture.path()),
            VaultError::Truncated(fixture.path()),
        ];
        let other = at < 8 && error == VaultError::NotAVault(fixture.path());
        assert!(other || damage.contains(&error), "byte {at}: {error}");
    }
    assert_eq!(
        outcome(b"hello, world"),
        Err(VaultError::NotAVault(fixture.path()))
    );
    assert_eq!(outcome(b""), Err(VaultError::NotAVault(fixture.path())));
    outcome(&bytes).unwrap();
    fs::write(fixture.key_path(), [7; 32]).unwrap();
    assert_eq!(outcome(&bytes), Err(VaultError::WrongKey(fixture.path())));
    fs::write(fixture.key_path(), b"short").unwrap();
    assert_eq!(
        outcome(&bytes),
        Err(VaultError::KeyLength(fixture.key_path()))
    );
    fs::remove_file(fixture.key_path()).unwrap();
    assert!(matches!(
        outcome(&bytes),
        Err(VaultError::KeyFile(PrivateFileError::Missing(_)))
    ));
}

/// The seal is no signature: the key derivation in the header must be bound to the box itself.
#[test]
fn a_changed_header_with_a_mended_seal_does_not_open() {
    let fixture = Fixture::new();
    let path = fixture.path();
    let passphrase = KeySource::Passphrase(Secret::new("correct horse"));
    Vault::open(&path, passphrase.clone())
        .unwrap()
        .set("a", Secret::new("1"))
        .unwrap();
    let good = fs::read(&path).unwrap();
    let resealed = |at: usize, to: u8| {
        let mut bytes = good.clone();
        bytes[at] = to;
        let body = bytes.len() - 32;
        let seal = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes[..body]);
        bytes[body..].copy_from_slice(seal.as_ref());
        fs::write(&path, bytes).unwrap();
        Vault::open(&path, passphrase.clone()).map(drop)
    };
    // Less memory than the floor, an unknown derivation, another salt, another nonce.
    assert_eq!(resealed(10, 0), Err(VaultError::Corrupted(path.clone())));
    assert_eq!(resealed(8, 9), Err(VaultError::Corrupted(path.clone())));
    assert_eq!(
        resealed(21, good[21] ^ 1),
        Err(VaultError::WrongKey(path.clone()))
    );
    assert_eq!(
        resealed(61, good[61] ^ 1),
        Err(VaultError::Corrupted(path.clone()))
    );
}

#[test]
fn a_passphrase_opens_only_its_own_vault() {
    let fixture = Fixture::new();
    let open = |text: &str| Vault::open(fixture.path(), KeySource::Passphrase(Secret::new(text)));
    open("correct horse")
        .unwrap()
        .set("a", Secret::new("1"))
        .unwrap();
    assert_eq!(
        value(&open("correct horse").unwrap(), "a").as_deref(),
        Some("1")
    );
    assert_eq!(
        open("battery staple").unwrap_err(),
        VaultError::WrongKey(fixture.path())
    );
    assert_eq!(fixture.open().unwrap_err(), VaultError::NeedsPassphrase);
    let other = Fixture::new();
    other.filled();
    let error = Vault::open(other.path(), KeySource::Passphrase(Secret::new("x"))).unwrap_err();
    assert_eq!(error, VaultError::NeedsKeyFile);
}

#[test]
fn a_failed_write_leaves_the_old_vault_and_nothing_else() {
    let fixture = Fixture::new();
    let vault = fixture.filled();
    let listing = || {
        fs::read_dir(fixture.path().parent().unwrap())
            .unwrap()
            .count()
    };
    let before = listing();
    let full_disk = |file: &mut File| {
        file.write_all(b"half of it")?;
        Err(io::Error::from(io::ErrorKind::StorageFull))
    };
    let error = replace::replace_with(&fixture.path(), full_disk).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert_eq!(listing(), before, "no half-written file stays");
    assert_eq!(
        value(&vault, "salesforce/key").as_deref(),
        Some("canary-7f3a")
    );
}

#[test]
fn writers_take_turns_and_lose_nothing() {
    let fixture = Fixture::new();
    fixture.filled();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let fixture = &fixture;
            scope.spawn(move || {
                let vault = fixture.open().unwrap();
                for number in 0..5 {
                    vault
                        .set(&format!("w{writer}-{number}"), Secret::new("x"))
                        .unwrap();
                }
            });
        }
    });
    assert_eq!(fixture.open().unwrap().list().unwrap().len(), 21);
}

#[test]
fn odd_names_and_huge_values_are_refused() {
    let fixture = Fixture::new();
    let vault = fixture.open().unwrap();
    for name in ["", "a b", "a\n", &"x".repeat(MAX_NAME_BYTES + 1)] {
        assert_eq!(
            vault.set(name, Secret::new("1")),
            Err(VaultError::InvalidName),
            "{name:?}"
        );
    }
    let huge = Secret::new("x".repeat(MAX_VALUE_BYTES + 1));
    assert_eq!(vault.set("a", huge), Err(VaultError::ValueTooLarge));
    assert!(!fixture.path().exists());
}

#[test]
fn an_exchange_wants_what_is_there() {
    let fixture = Fixture::new();
    let vault = fixture.filled();
    let (old, new) = (Secret::new("canary-7f3a"), Secret::new("newer"));
    assert!(vault.exchange("salesforce/key", &old, new.clone()).unwrap());
    assert_eq!(value(&vault, "salesforce/key").as_deref(), Some("newer"));
    assert!(!vault.exchange("salesforce/key", &old, old.clone()).unwrap());
    assert_eq!(value(&vault, "salesforce/key").as_deref(), Some("newer"));
    vault.remove("salesforce/key").unwrap();
    assert!(!vault.exchange("salesforce/key", &new, old).unwrap());
    assert_eq!(value(&vault, "salesforce/key"), None);
}

#[test]
fn what_belongs_together_has_its_bound() {
    let fixture = Fixture::new();
    let vault = fixture.filled();
    let set = |name: &str, length: usize| {
        let value = Secret::new("x".repeat(length));
        vault.set_within(name, value, |name| name.starts_with("acme/"), 100)
    };
    set("acme/a", 80).unwrap();
    assert!(matches!(set("acme/b", 10), Err(VaultError::Full)));
    assert_eq!(value(&vault, "acme/b"), None);
    // In place of the old one, not beside it.
    set("acme/a", 94).unwrap();
    assert!(matches!(set("acme/a", 95), Err(VaultError::Full)));
    assert_eq!(value(&vault, "acme/a").unwrap().len(), 94);
    assert!(value(&vault, "salesforce/key").is_some());
}
