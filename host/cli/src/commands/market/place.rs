//! Which market a name comes from: `--market`, METIER_MARKET, or `markets.toml`.
//!
//! ```toml
//! default = "https://market.example"
//!
//! [namespaces]
//! "com.acme" = "https://market.acme.example"
//! ```
//! What is told on the command line or in the environment is the market of every name.

use std::{collections::BTreeMap, path::PathBuf};

use metier_core::SkillName;
use metier_market::{
    client::{ClientError, Directory},
    distribution::{Login, RegistryAddress, Remote},
    index::{Address, Namespace},
};
use serde::Deserialize;

use crate::{
    args::market_client::Place,
    commands::App,
    environment,
    errors::{Failure, sentence},
    given, text,
};

/// Largest `markets.toml`, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// Where a market is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Where {
    /// On the network.
    Address(Address),
    /// In a directory.
    Directory(PathBuf),
    /// In a registry.
    Registry(RegistryAddress),
}

/// Where every name comes from.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Where no namespace says otherwise.
    pub default: Option<Where>,
    /// By namespace.
    pub namespaces: Vec<(Namespace, Where)>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    default: Option<String>,
    #[serde(default)]
    namespaces: BTreeMap<String, String>,
}

impl Places {
    /// As the command line, the environment or the file says.
    ///
    /// # Errors
    /// When an address is none, or the file is wrong.
    pub fn of(app: &App, place: &Place) -> Result<Places, Failure> {
        let told = place.market.clone();
        if let Some(told) = told.or_else(|| app.environment.text(environment::MARKET)) {
            let default = Some(parsed(&told)?);
            return Ok(Places {
                default,
                ..Places::default()
            });
        }
        Places::file(app)
    }

    /// As markets.toml says, whatever is told elsewhere.
    fn file(app: &App) -> Result<Places, Failure> {
        let Some(path) = app.folders.markets_file().filter(|path| path.exists()) else {
            return Ok(Places::default());
        };
        let text = given::file(&path, "The list of markets", MAX_FILE)?;
        let wrong = |why: &str| {
            let shown = text::one_line(&path.display().to_string());
            Failure::usage(
                format!(
                    "The file `{shown}` is wrong: {}",
                    sentence(&text::one_line(why))
                ),
                "It has `default = \"https://…\"` and a table `[namespaces]`.",
            )
        };
        let wire: Wire = toml::from_str(&text).map_err(|error| wrong(error.message()))?;
        let mut places = Places {
            default: wire.default.as_deref().map(parsed).transpose()?,
            namespaces: Vec::new(),
        };
        for (namespace, told) in &wire.namespaces {
            let namespace = namespace.parse();
            let namespace = namespace
                .map_err(|error: metier_market::index::InvalidMarket| wrong(&error.to_string()))?;
            places.namespaces.push((namespace, parsed(told)?));
        }
        Ok(places)
    }

    /// The one market that a name comes from: of the longest namespace, or the default.
    ///
    /// # Errors
    /// When nobody says.
    pub fn of_skill(&self, name: &SkillName) -> Result<&Where, Failure> {
        let found = self.of_namespace(name).or(self.default.as_ref());
        found.ok_or_else(nobody_says)
    }

    fn of_namespace(&self, name: &SkillName) -> Option<&Where> {
        let covering = self
            .namespaces
            .iter()
            .filter(|(namespace, _)| namespace.covers(name));
        let longest = covering.max_by_key(|(namespace, _)| namespace.as_str().len());
        longest.map(|(_, place)| place)
    }

    /// The market that is asked where no name is given.
    ///
    /// # Errors
    /// When nobody says.
    pub fn of_all(&self) -> Result<&Where, Failure> {
        self.default.as_ref().ok_or_else(nobody_says)
    }
}

/// The market that markets.toml gives the namespace of a skill, where it gives it one: no other vouches for it.
///
/// # Errors
/// When the file is wrong, or its mirror has no trust root.
pub fn pinned(app: &App, name: &SkillName) -> Result<Option<Address>, Failure> {
    match Places::file(app)?.of_namespace(name) {
        None => Ok(None),
        Some(Where::Address(address)) => Ok(Some(address.clone())),
        Some(Where::Directory(folder)) => {
            let root = Directory::new(folder).root()?;
            let address = root.address.as_str().parse().map_err(ClientError::from)?;
            Ok(Some(address))
        }
        // A file is vouched for without asking anybody, so nobody asks a registry what market it mirrors.
        Some(Where::Registry(place)) => Err(Failure::usage(
            format!("markets.toml gives {name} a mirror in a registry: {place}."),
            "Give it the market's own address there, and name the registry with --market.",
        )),
    }
}

/// The way to a registry, with whoever METIER_REGISTRY_AUTH says.
///
/// # Errors
/// When that is nobody.
pub fn registry(app: &App, address: &RegistryAddress) -> Result<Remote, Failure> {
    let told = app.environment.text(environment::REGISTRY_AUTH);
    let login = told.map(|told| {
        Login::new(&told).ok_or_else(|| {
            Failure::usage(
                "METIER_REGISTRY_AUTH has no colon.",
                "It is `user:password`, or a token behind any name: `me:TOKEN`.",
            )
        })
    });
    let remote = Remote::new(address.clone(), login.transpose()?);
    Ok(remote.map_err(ClientError::from)?)
}

fn nobody_says() -> Failure {
    Failure::usage(
        "Nobody says which market.",
        "Name it with --market https://…, METIER_MARKET, or `default` in markets.toml; `metier market serve` starts one.",
    )
}

fn parsed(told: &str) -> Result<Where, Failure> {
    if told.starts_with("oci://") {
        let address = told.parse::<RegistryAddress>();
        return address.map(Where::Registry).map_err(|error| {
            Failure::usage(
                sentence(&error.to_string()),
                "A registry on this machine may be asked without TLS, others are not.",
            )
        });
    }
    if !told.contains("://") && PathBuf::from(told).is_dir() {
        return Ok(Where::Directory(told.into()));
    }
    let address = told.parse::<Address>();
    address.map(Where::Address).map_err(|error| {
        Failure::usage(
            sentence(&error.to_string()),
            "Markets speak https; plain http is for one on this machine. A mirror is a directory that is there, or a registry as `oci://…`.",
        )
    })
}
