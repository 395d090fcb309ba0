//! Where a store is: `sqlite:PATH`, `sqlite::memory:` or `postgres://…`. That is the whole configuration.

use std::{fmt, path::PathBuf, str::FromStr};

use crate::error::Refusal;

/// The address of a store.
///
/// ```
/// use metier_store::StoreUrl;
/// assert_eq!("sqlite:runs.db".parse(), Ok(StoreUrl::SqliteFile("runs.db".into())));
/// let url: StoreUrl = "postgres://metier:secret@db.acme.example/metier".parse()?;
/// assert_eq!(url.to_string(), "postgres://metier@db.acme.example/metier");
/// # Ok::<(), metier_store::Refusal>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// One file, made when it is not there. Blobs are in the folder `PATH.blobs`.
    SqliteFile(PathBuf),
    /// Gone with the process: for tests.
    SqliteMemory,
    /// A PostgreSQL connection string in the URL form of libpq; TLS as its `sslmode` says.
    Postgres(String),
}

const RULE: &str = "write `sqlite:PATH`, `sqlite::memory:` or `postgres://USER@HOST/DATABASE`";

impl FromStr for StoreUrl {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let postgres = ["postgres://", "postgresql://"];
        match text.strip_prefix("sqlite:") {
            Some(":memory:") => Ok(StoreUrl::SqliteMemory),
            Some(path) if !path.is_empty() && !path.contains('\0') => {
                Ok(StoreUrl::SqliteFile(path.into()))
            }
            None if postgres.iter().any(|scheme| text.starts_with(scheme)) => {
                Ok(StoreUrl::Postgres(text.to_owned()))
            }
            _ => Err(Refusal::Url {
                text: without_password(text),
                rule: RULE,
            }),
        }
    }
}

/// Without the password: it is fit for a log.
impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreUrl::SqliteFile(path) => write!(f, "sqlite:{}", path.display()),
            StoreUrl::SqliteMemory => f.write_str("sqlite::memory:"),
            StoreUrl::Postgres(text) => f.write_str(&without_password(text)),
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A URL without what is between the user's name and the last `@` before the path, and without its query, where a password may be, too.
fn without_password(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let Some((user, host)) = rest.rsplit_once('@') else {
        return text.to_owned();
    };
    let user = user.split(':').next().unwrap_or_default();
    format!("{scheme}://{user}@{host}")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_is_no_store_is_refused_with_what_to_write() {
        for text in ["", "sqlite:", "runs.db", "mysql://x", "sqlite:a\0b"] {
            let refusal = text.parse::<StoreUrl>().unwrap_err();
            assert!(
                refusal.to_string().contains("write `sqlite:PATH`"),
                "{refusal}"
            );
        }
    }

    #[test]
    fn no_password_is_shown() {
        for (text, shown) in [
            ("postgres://u:p@w@h/d", "postgres://u@h/d"),
            (
                "postgresql://u:p%40w@h:5432/d?password=pw",
                "postgresql://u@h:5432/d",
            ),
            ("postgres://h/d", "postgres://h/d"),
        ] {
            let url: StoreUrl = text.parse().unwrap();
            assert_eq!(format!("{url}|{url:?}"), format!("{shown}|{shown}"));
        }
        let refusal = "mysql://u:pw@h/d".parse::<StoreUrl>().unwrap_err();
        assert!(!refusal.to_string().contains("pw"), "{refusal}");
    }
}
