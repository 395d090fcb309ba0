//! `[market]` of `metier.toml`: which markets vouch for skills.

use std::path::{Path, PathBuf};

use metier_market::trust::TrustRoot;
use metier_service::market::{Market, Running, Settings, Stale, Unsigned};
use serde::{Deserialize, Serialize};

use crate::{errors::Failure, given};

/// Largest trust root, in bytes.
const MAX_ROOT: u64 = 64 << 10;

/// Most markets.
const MAX_MARKETS: usize = 64;

/// What is trusted, and what becomes of the rest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct MarketTable {
    /// Files nobody vouches for.
    pub unsigned: Unsigned,
    /// Skills whose market's revocation list is too old.
    pub stale: Stale,
    /// Runs that depend on what was revoked.
    pub running: Running,
    /// Markets that are trusted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trust: Vec<TrustTable>,
}

/// A market that is trusted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TrustTable {
    /// Its trust root: the `market.toml` that it publishes.
    pub root: PathBuf,
    /// The only namespaces it vouches for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// Networks it may be in beside public ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// The only certificates that vouch for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

impl MarketTable {
    /// What is named in it is relative to a folder.
    pub fn set_below(&mut self, folder: &Path) {
        for trust in &mut self.trust {
            trust.root = folder.join(&trust.root);
            if let Some(file) = &mut trust.ca_file {
                *file = folder.join(&*file);
            }
        }
    }

    /// What the service is told.
    ///
    /// # Errors
    /// A trust root that is none, or is there twice.
    pub fn settings(&self) -> Result<Settings, Failure> {
        if self.trust.len() > MAX_MARKETS {
            let message = format!("There are more than {MAX_MARKETS} markets.");
            return Err(Failure::usage(message, "Trust fewer."));
        }
        let mut settings = Settings {
            unsigned: self.unsigned,
            stale: self.stale,
            running: self.running,
            ..Settings::default()
        };
        for trust in &self.trust {
            let market = trust.market()?;
            if settings.market(market.origin()).is_some() {
                let message = format!("The market `{}` is there twice.", market.origin());
                return Err(Failure::usage(message, "Trust each once."));
            }
            settings.markets.push(market.into());
        }
        Ok(settings)
    }
}

impl TrustTable {
    fn market(&self) -> Result<Market, Failure> {
        let text = given::file(&self.root, "The trust root", MAX_ROOT)?;
        let root = TrustRoot::from_toml(&text).map_err(|error| {
            let message = format!("{}: {error}.", self.root.display());
            Failure::usage(
                message,
                "Fetch it from the market: `/.well-known/metier-market.toml`, and compare its fingerprint with one you know.",
            )
        })?;
        Ok(Market {
            root,
            namespaces: self.namespaces.clone(),
            addresses: self.addresses.clone(),
            ca_file: self.ca_file.as_ref().map(|file| file.display().to_string()),
        })
    }
}
