//! `metier.toml`: everything about a host service, each key optional.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf, absolute},
    time::Duration,
};

use metier_core::{ByteSize, Span};
use metier_service::limits::{Limits as TenantLimits, Rate};
use metier_store::StoreUrl;
use serde::{Deserialize, Serialize};

use super::{
    issuers::{IssuerTable, issuers},
    market::MarketTable,
};
use crate::{errors::Failure, given, telemetry};

/// The file with every key and what it means, each as it is when left out.
pub const COMMENTED: &str = include_str!("metier.toml");

/// Largest file, in bytes.
const MAX_CONFIG: u64 = 1 << 20;

/// What a service is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Names it is called by from elsewhere.
    pub hosts: Vec<String>,
    /// Origins of web pages that may call it.
    pub origins: Vec<String>,
    /// What must not be lost; `$XDG_DATA_HOME/metier/service.db` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// Models and prices.
    pub models: Models,
    /// Secrets.
    pub vault: Vault,
    /// What it takes on.
    pub limits: Limits,
    /// Its own certificate.
    pub tls: Tls,
    /// What it tells a collector.
    pub telemetry: telemetry::Config,
    /// What it tells Prometheus.
    pub metrics: Metrics,
    /// Where it tells events.
    pub webhooks: Webhooks,
    /// Who vouches for skills.
    pub market: MarketTable,
    /// Whose tokens open, beside its own keys.
    #[serde(rename = "issuer", skip_serializing_if = "Vec::is_empty")]
    pub issuers: Vec<IssuerTable>,
}

/// The certificate it shows; it speaks plain HTTP when absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Tls {
    /// The chain, the service's own certificate first; PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<PathBuf>,
    /// Its private key; PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<PathBuf>,
}

impl Tls {
    /// The chain and the key; nothing where neither is named.
    ///
    /// # Errors
    /// Where only one of them is.
    pub fn files(&self) -> Result<Option<(&Path, &Path)>, Failure> {
        match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
            (None, None) => Ok(None),
            _ => Err(Failure::usage(
                "`[tls]` names only one of `certificate` and `key`.",
                "Name both files, or neither.",
            )),
        }
    }
}

/// The numbers at `/metrics`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Metrics {
    /// An address of their own, where they need no key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// Whether tenants are told apart.
    pub tenants: bool,
}

/// Where events may be sent beside the public internet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Webhooks {
    /// Networks of the operator's own.
    pub networks: Vec<String>,
    /// This machine, also without TLS.
    pub loopback: bool,
}

/// Which models may be asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Models {
    /// The routes file; no models when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routes: Option<PathBuf>,
    /// The price file; the public list prices when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prices: Option<PathBuf>,
}

/// Where secrets are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Vault {
    /// The vault's file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// The file with its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<PathBuf>,
}

/// What the service takes on at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Limits {
    /// Tool calls.
    pub calls: u32,
    /// Runs.
    pub runs: usize,
    /// Connections.
    pub connections: usize,
    /// Bytes of a request's body.
    pub body: ByteSize,
    /// Time for one request.
    pub request: Span,
    /// Time for what is under way when the service ends.
    pub grace: Span,
    /// Requests a second of one key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_rate: Option<u32>,
    /// Requests a second of one tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_rate: Option<u32>,
    /// Tool calls of one tenant at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_calls: Option<u32>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 6384)),
            hosts: Vec::new(),
            origins: Vec::new(),
            store: None,
            models: Models::default(),
            vault: Vault::default(),
            limits: Limits::default(),
            tls: Tls::default(),
            telemetry: telemetry::Config::default(),
            metrics: Metrics::default(),
            webhooks: Webhooks::default(),
            market: MarketTable::default(),
            issuers: Vec::new(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            calls: 64,
            runs: 1_000,
            connections: 16_384,
            body: ByteSize::mib(4),
            request: Span(Duration::from_secs(300)),
            grace: Span(Duration::from_secs(10)),
            key_rate: None,
            tenant_rate: None,
            tenant_calls: None,
        }
    }
}

impl Limits {
    /// What keys and tenants may. After a rest, two seconds' worth at once.
    pub fn of_tenants(&self) -> TenantLimits {
        let rate = |per_second: Option<u32>| {
            per_second.map(|per_second| Rate {
                per_second: per_second.max(1),
                burst: per_second.max(1).saturating_mul(2),
            })
        };
        TenantLimits {
            key: rate(self.key_rate),
            tenant: rate(self.tenant_rate),
            calls: self.tenant_calls,
        }
    }
}

impl Config {
    /// Reads a file; what is named in it is relative to its folder.
    ///
    /// # Errors
    /// By line: a key that is unknown, a value that cannot be.
    pub fn read(path: &Path) -> Result<Config, Failure> {
        let text = given::file(path, "The configuration", MAX_CONFIG)?;
        let config = Config::parse(&text).map_err(|error| {
            let message = format!("{}: {error}", path.display());
            Failure::usage(
                message.trim_end(),
                "`metier config show` prints every key with what it means.",
            )
        })?;
        config.tls.files()?;
        issuers(&config.issuers)?;
        let path = absolute(path).map_err(|error| Failure::unreadable(path, &error))?;
        Ok(config.below(path.parent().unwrap_or(Path::new("/"))))
    }

    /// Reads the text of a file.
    pub fn parse(text: &str) -> Result<Config, toml::de::Error> {
        toml::from_str(text)
    }

    /// The store that is meant.
    ///
    /// # Errors
    /// When it is no address of one.
    pub fn store(&self) -> Result<Option<StoreUrl>, Failure> {
        let parsed = self.store.as_ref().map(|url| url.parse());
        parsed.transpose().map_err(|error: metier_store::Refusal| {
            Failure::usage(
                crate::errors::sentence(&error.to_string()),
                "Write `sqlite:PATH` or `postgres://…`.",
            )
        })
    }

    fn below(mut self, folder: &Path) -> Config {
        let files = [
            &mut self.models.routes,
            &mut self.models.prices,
            &mut self.vault.file,
            &mut self.vault.key,
            &mut self.tls.certificate,
            &mut self.tls.key,
        ];
        for file in files.into_iter().flatten() {
            *file = folder.join(&*file);
        }
        for issuer in &mut self.issuers {
            issuer.set_below(folder);
        }
        self.market.set_below(folder);
        self
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::{COMMENTED, Config};

    #[test]
    fn the_commented_file_says_what_is_so_when_nothing_is_said() {
        assert_eq!(Config::parse(COMMENTED).unwrap(), Config::default());
        let uncommented: String = COMMENTED
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(key) if key.contains(" = ") && !key.contains(':') => format!("{key}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        Config::parse(&uncommented).unwrap();
    }

    #[test]
    fn the_issuer_of_the_commented_file_is_one() {
        let text: String = COMMENTED
            .lines()
            .filter_map(|line| line.strip_prefix('#').filter(|key| !key.starts_with(' ')))
            .map(|line| format!("{line}\n"))
            .collect();
        let config = Config::parse(&text).unwrap();
        super::issuers(&config.issuers).unwrap();
        let table = toml::Table::try_from(config.issuers.first().unwrap()).unwrap();
        assert_eq!(table.len(), 12, "every key stands there: {table}");
    }

    #[test]
    fn every_key_is_in_the_commented_file() {
        let whole = toml::Table::try_from(Config::default()).unwrap();
        for (key, value) in &whole {
            assert!(COMMENTED.contains(key.as_str()), "{key}");
            for inner in value.as_table().into_iter().flat_map(toml::Table::keys) {
                assert!(COMMENTED.contains(inner.as_str()), "{key}.{inner}");
            }
        }
    }

    #[test]
    fn an_unknown_key_is_refused_by_line() {
        let error = Config::parse("listen = \"127.0.0.1:1\"\nlisten-on = 1\n").unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }
}
