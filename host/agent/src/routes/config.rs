//! The routes file and the price file: TOML, read strictly.
//!
//! ```
//! use metier_agent::routes::Routes;
//! let routes = Routes::parse(r#"
//!     [routes.drafting]
//!     candidates = ["sonnet"]
//!
//!     [candidates.sonnet]
//!     format = "anthropic"
//!     model = "claude-sonnet-4-5"
//!     base-url = "https://api.anthropic.com"
//!     credential = "anthropic"
//!     context = 200_000
//!     max-output = 64_000
//!     features = ["tools", "vision"]
//!
//!     [credentials.anthropic]
//!     kind = "api-key-header"
//!     header = "x-api-key"
//!     secret = { env = "ANTHROPIC_API_KEY" }
//! "#)?;
//! assert_eq!(routes.route("drafting")?.candidates[0].model, "claude-sonnet-4-5");
//! # Ok::<(), metier_agent::routes::RoutesError>(())
//! ```
//!
//! Swapping a provider is one line: the name in `candidates`.

use std::collections::BTreeMap;

use metier_core::http::{CanonicalUrl, Host, Scheme};
use serde::{Deserialize, Serialize};

use super::{Candidate, Format, Needs, Price, PriceTable, Retry, Route};

/// Candidates of one route: more are a mistake, and each may be waited for.
const MAX_CANDIDATES: usize = 16;

/// Requests to one candidate for one question, whatever a file says.
const MAX_ATTEMPTS: u32 = 10;

/// The routes file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Routes {
    /// The candidates by name.
    #[serde(default)]
    pub candidates: BTreeMap<String, Candidate>,
    /// The routes by name.
    #[serde(default)]
    pub routes: BTreeMap<String, RouteSpec>,
    /// The credentials by name, in the words of a grant; whoever sends requests reads them. Their `hosts` may be left out:
    /// then they go to the hosts of the candidates that name them.
    #[serde(default)]
    pub credentials: BTreeMap<String, toml::Table>,
}

/// A route as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RouteSpec {
    /// Names of candidates, best first.
    pub candidates: Vec<String>,
    /// What a candidate has to fit.
    #[serde(default)]
    pub needs: Needs,
    /// When to ask again.
    #[serde(default)]
    pub retry: Retry,
}

/// Why a routes file or a price file is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoutesError {
    /// Not the TOML it has to be; the parser's words, which name the line and the key.
    #[error("{0}")]
    Toml(String),
    /// A name is not there.
    #[error("there is no {kind} `{name}`; there are: {}", .known.join(", "))]
    Unknown {
        /// `route`, `candidate` or `credential`.
        kind: &'static str,
        /// The name.
        name: String,
        /// Those that are there.
        known: Vec<String>,
    },
    /// A route without candidates, or with too many.
    #[error("the route `{0}` needs between 1 and {MAX_CANDIDATES} candidates")]
    Count(String),
    /// A route that asks too often.
    #[error(
        "the route `{0}` needs between 1 and {MAX_ATTEMPTS} attempts, and at most {MAX_ATTEMPTS} broken answers"
    )]
    Attempts(String),
    /// A base URL that is none, or not a safe one.
    #[error("the base URL of the candidate `{candidate}` cannot be used: {why}")]
    BaseUrl {
        /// Which candidate.
        candidate: String,
        /// Why.
        why: String,
    },
    /// The region that is signed for has to be the region that is asked.
    #[error("the candidate `{0}` needs the `region` that its base URL names")]
    Region(String),
    /// A limit of zero.
    #[error("the candidate `{0}` needs a `context` and a `max-output` above 0")]
    Size(String),
}

impl Routes {
    /// Reads and checks a routes file.
    ///
    /// # Errors
    /// [`RoutesError`] for the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, RoutesError> {
        let mut routes: Routes =
            toml::from_str(text).map_err(|error| RoutesError::Toml(error.to_string()))?;
        for (name, candidate) in &mut routes.candidates {
            name.clone_into(&mut candidate.name);
        }
        routes
            .candidates
            .values()
            .try_for_each(|candidate| routes.check(candidate))?;
        routes
            .routes
            .keys()
            .try_for_each(|name| routes.route(name).map(drop))?;
        Ok(routes)
    }

    /// The variable of the environment that a credential's secret is in, where it is in one.
    pub fn variable(&self, credential: &str) -> Option<&str> {
        let secret = self.credentials.get(credential)?.get("secret")?;
        secret.get("env")?.as_str()
    }

    /// Whether there is a route of this name.
    pub fn has(&self, name: &str) -> bool {
        self.routes.contains_key(name)
    }

    /// A route with its candidates, ready to be pinned.
    ///
    /// # Errors
    /// [`RoutesError::Unknown`], and what is wrong with the route.
    pub fn route(&self, name: &str) -> Result<Route, RoutesError> {
        let spec = self
            .routes
            .get(name)
            .ok_or_else(|| unknown("route", name, &self.routes))?;
        if spec.candidates.is_empty() || spec.candidates.len() > MAX_CANDIDATES {
            return Err(RoutesError::Count(name.to_owned()));
        }
        let attempts = 1..=MAX_ATTEMPTS;
        if !attempts.contains(&spec.retry.attempts) || spec.retry.broken_answers > MAX_ATTEMPTS {
            return Err(RoutesError::Attempts(name.to_owned()));
        }
        let candidates = spec.candidates.iter().map(|candidate| {
            let found = self.candidates.get(candidate).cloned();
            found.ok_or_else(|| unknown("candidate", candidate, &self.candidates))
        });
        Ok(Route {
            name: name.to_owned(),
            candidates: candidates.collect::<Result<_, _>>()?,
            needs: spec.needs.clone(),
            retry: spec.retry.clone(),
        })
    }

    fn check(&self, candidate: &Candidate) -> Result<(), RoutesError> {
        let bad = |why: String| RoutesError::BaseUrl {
            candidate: candidate.name.clone(),
            why,
        };
        let url =
            CanonicalUrl::parse(&candidate.base_url).map_err(|error| bad(error.to_string()))?;
        if url.query().is_some() {
            return Err(bad("it has a query".to_owned()));
        }
        if url.scheme() == Scheme::Http && !is_this_machine(url.host()) {
            return Err(bad("it is not https, and not on this machine".to_owned()));
        }
        if candidate.context == 0 || candidate.max_output == 0 {
            return Err(RoutesError::Size(candidate.name.clone()));
        }
        let host = url.host().to_string();
        let in_host = |region: &String| host.split('.').any(|label| label == region);
        let needs_region = candidate.format == Format::Bedrock && host.ends_with(".amazonaws.com");
        if needs_region && !candidate.region.as_ref().is_some_and(in_host) {
            return Err(RoutesError::Region(candidate.name.clone()));
        }
        match &candidate.credential {
            Some(name) if !self.credentials.contains_key(name) => {
                Err(unknown("credential", name, &self.credentials))
            }
            _ => Ok(()),
        }
    }
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Ip(address) => address.is_loopback(),
        Host::Name(name) => &**name == "localhost",
    }
}

fn unknown<T>(kind: &'static str, name: &str, known: &BTreeMap<String, T>) -> RoutesError {
    RoutesError::Unknown {
        kind,
        name: name.to_owned(),
        known: known.keys().cloned().collect(),
    }
}

/// The price file: for every model, its prices from a day on.
///
/// ```
/// use metier_agent::routes::PriceFile;
/// let file = PriceFile::parse(r#"
///     [[prices.claude-sonnet-4-5]]
///     from = "2026-01-01"
///     input = 3_000_000_000        # nano-dollars per million tokens: $3.00
///     output = 15_000_000_000
///     cached-read = 300_000_000
///     cache-write = 3_750_000_000
/// "#)?;
/// assert!(file.at("2025-12-31").prices.is_empty());
/// assert_eq!(file.at("2026-11-28").prices.len(), 1);
/// # Ok::<(), metier_agent::routes::RoutesError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PriceFile {
    /// The model as its candidates call it, and its prices in any order.
    #[serde(default)]
    pub prices: BTreeMap<String, Vec<Dated>>,
}

/// A price from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Dated {
    /// The first day, `2026-01-01`.
    pub from: Day,
    /// For input.
    pub input: u64,
    /// For output.
    pub output: u64,
    /// For input read from a cache.
    pub cached_read: Option<u64>,
    /// For input written to a cache.
    pub cache_write: Option<u64>,
    /// For long conversations.
    pub long: Option<Box<super::Long>>,
}

/// A day, `2026-01-01`; days sort as their texts do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Day(String);

impl TryFrom<String> for Day {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits = |at: usize, byte: u8| {
            if at == 4 || at == 7 {
                byte == b'-'
            } else {
                byte.is_ascii_digit()
            }
        };
        let formed =
            text.len() == 10 && text.bytes().enumerate().all(|(at, byte)| digits(at, byte));
        if formed {
            Ok(Day(text))
        } else {
            Err(format!("`{text}` is no day; write `2026-01-01`"))
        }
    }
}

impl PriceFile {
    /// Reads a price file.
    ///
    /// # Errors
    /// [`RoutesError::Toml`].
    pub fn parse(text: &str) -> Result<Self, RoutesError> {
        toml::from_str(text).map_err(|error| RoutesError::Toml(error.to_string()))
    }

    /// The prices of a day, `2026-11-28`: of each model the latest that has begun.
    pub fn at(&self, day: &str) -> PriceTable {
        let prices = self.prices.iter().filter_map(|(model, dated)| {
            let begun = dated.iter().filter(|price| price.from.0.as_str() <= day);
            let latest = begun.max_by_key(|price| &price.from)?;
            Some((model.clone(), latest.price()))
        });
        PriceTable {
            date: day.to_owned(),
            prices: prices.collect(),
        }
    }
}

impl Dated {
    fn price(&self) -> Price {
        Price {
            input: self.input,
            output: self.output,
            cached_read: self.cached_read,
            cache_write: self.cache_write,
            long: self.long.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
