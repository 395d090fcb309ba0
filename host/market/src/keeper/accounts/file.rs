//! Publishers in a file that the operator writes.
//!
//! ```toml
//! [[publisher]]
//! name = "acme"
//! token-sha256 = "sha256:…"
//! namespaces = ["com.acme"]   # or ["*"]: all, and they keep the market
//! ```
//!
//! Files may be pushed to these namespaces with the token. What is published in one is still signed by a key of it.

use std::{collections::BTreeSet, io, path::Path};

use async_trait::async_trait;
use aws_lc_rs::rand;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use metier_core::Digest;
use serde::{Deserialize, Serialize};

use super::{Accounts, AccountsError, PublisherId};

/// What every token begins with: scanners find one that got lost.
const PREFIX: &str = "metier_publish_";

/// All namespaces.
const ALL: &str = "*";

/// Largest file, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// The token of a publisher, shown once.
#[derive(Debug)]
pub struct IssuedToken {
    /// Whose.
    pub publisher: PublisherId,
    /// Its text.
    pub token: String,
}

/// Publishers of a file.
#[derive(Debug)]
pub struct FileAccounts {
    publishers: Vec<Publisher>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    #[serde(default)]
    publisher: Vec<Publisher>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Publisher {
    name: String,
    token_sha256: Digest,
    namespaces: BTreeSet<String>,
}

impl FileAccounts {
    /// Reads the file. Where there is none it is made, with one publisher who may publish everywhere: their token is told this once.
    ///
    /// # Errors
    /// [`AccountsError`].
    pub fn open(path: &Path) -> Result<(FileAccounts, Option<IssuedToken>), AccountsError> {
        match std::fs::metadata(path) {
            Ok(told) if told.len() > MAX_FILE => {
                Err(AccountsError::File("the file is too large".to_owned()))
            }
            Ok(_) => Ok((Self::read(&std::fs::read_to_string(path)?)?, None)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let (accounts, issued) = Self::first()?;
                accounts.write(path)?;
                Ok((accounts, Some(issued)))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// [`AccountsError::File`].
    pub fn read(text: &str) -> Result<FileAccounts, AccountsError> {
        let wrong = |error: toml::de::Error| AccountsError::File(error.to_string());
        let file: File = toml::from_str(text).map_err(wrong)?;
        for publisher in &file.publisher {
            publisher.name.parse::<PublisherId>()?;
        }
        Ok(FileAccounts {
            publishers: file.publisher,
        })
    }

    fn first() -> Result<(FileAccounts, IssuedToken), AccountsError> {
        let mut secret = [0; 32];
        rand::fill(&mut secret).map_err(|_| io::Error::other("the system gave no random bytes"))?;
        let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(secret));
        let publisher: PublisherId = "operator".parse()?;
        let accounts = FileAccounts {
            publishers: vec![Publisher {
                name: publisher.to_string(),
                token_sha256: Digest::of(token.as_bytes()),
                namespaces: [ALL.to_owned()].into(),
            }],
        };
        Ok((accounts, IssuedToken { publisher, token }))
    }

    fn write(&self, path: &Path) -> Result<(), AccountsError> {
        let publishers = self.publishers.iter();
        let tables = publishers.map(|publisher| {
            let table = toml::to_string(publisher);
            table.map(|table| format!("[[publisher]]\n{table}"))
        });
        let text: Result<String, toml::ser::Error> = tables.collect();
        let text = text.map_err(|error| AccountsError::File(error.to_string()))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        // Only its owner reads it.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        io::Write::write_all(&mut file, text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map_err(|error| error.error)?;
        Ok(())
    }
}

#[async_trait]
impl Accounts for FileAccounts {
    async fn whose(&self, token: &str) -> Result<Option<PublisherId>, AccountsError> {
        let digest = Digest::of(token.as_bytes());
        let mut publishers = self.publishers.iter();
        let found = publishers.find(|publisher| publisher.token_sha256 == digest);
        found.map(|publisher| publisher.name.parse()).transpose()
    }

    async fn may_publish(&self, who: &PublisherId, namespace: &str) -> Result<bool, AccountsError> {
        let publishers = self.publishers.iter();
        let mut theirs = publishers.filter(|publisher| publisher.name == who.as_str());
        Ok(theirs.any(|publisher| {
            publisher.namespaces.contains(ALL) || publisher.namespaces.contains(namespace)
        }))
    }

    async fn is_administrator(&self, who: &PublisherId) -> Result<bool, AccountsError> {
        let publishers = self.publishers.iter();
        let mut theirs = publishers.filter(|publisher| publisher.name == who.as_str());
        Ok(theirs.any(|publisher| publisher.namespaces.contains(ALL)))
    }

    async fn knows(&self, name: &str) -> Result<bool, AccountsError> {
        Ok(self
            .publishers
            .iter()
            .any(|publisher| publisher.name == name))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::{Accounts, FileAccounts};

    #[tokio::test]
    async fn the_first_start_makes_one_publisher_whose_token_is_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("publishers.toml");
        let (_, issued) = FileAccounts::open(&path).unwrap();
        let issued = issued.unwrap();
        let (accounts, again) = FileAccounts::open(&path).unwrap();
        assert!(again.is_none());
        let who = accounts.whose(&issued.token).await.unwrap();
        assert_eq!(who.as_ref(), Some(&issued.publisher));
        assert!(
            accounts
                .may_publish(&issued.publisher, "com.acme")
                .await
                .unwrap()
        );
        assert_eq!(accounts.whose("metier_publish_").await.unwrap(), None);
        let kept = std::fs::read_to_string(&path).unwrap();
        assert!(!kept.contains(&issued.token));
    }

    #[tokio::test]
    async fn a_publisher_publishes_in_their_namespaces_only() {
        let text = format!(
            "[[publisher]]\nname = \"acme\"\ntoken-sha256 = \"{}\"\nnamespaces = [\"com.acme\"]\n",
            metier_core::Digest::of(b"token")
        );
        let accounts = FileAccounts::read(&text).unwrap();
        let who = accounts.whose("token").await.unwrap().unwrap();
        for (namespace, may) in [("com.acme", true), ("com.acme.x", false), ("com", false)] {
            assert_eq!(accounts.may_publish(&who, namespace).await.unwrap(), may);
        }
        for wrong in [
            "x = 1",
            "[[publisher]]\nname = \"a b\"\ntoken-sha256 = \"x\"\nnamespaces = []",
        ] {
            FileAccounts::read(wrong).unwrap_err();
        }
    }
}
