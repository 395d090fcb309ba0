//! The Robots Exclusion Protocol, RFC 9309.

use url::Url;

use super::{AGENT, Fetch, get, unreached};
use crate::Error;
use crate::bindings::metier::skill::fetch::FetchError;

/// The part of the agent's name that rules speak of.
const PRODUCT: &str = "metier-web";

/// Bytes of a `robots.txt` that count, as RFC 9309 asks at least.
const MAX_BYTES: usize = 500 << 10;

/// Redirects to a `robots.txt`, as RFC 9309 asks.
const REDIRECTS: u8 = 5;

/// The rules of one site.
pub struct Robots {
    origin: url::Origin,
    rules: robotxt::Robots,
}

impl Robots {
    /// Ask a site. No such file, or a refusal to show it, means everything may be read; trouble means nothing may.
    pub fn ask(fetch: &impl Fetch, page: &Url) -> Result<Robots, Error> {
        let mut url = page.clone();
        url.set_path("/robots.txt");
        url.set_query(None);
        let mut request = get(&url);
        request.follow_redirects = REDIRECTS;
        let response = match fetch(&request) {
            Ok(response) => response,
            // A grant may name the paths it allows: rules that cannot be asked for there are the operator's decision.
            Err(FetchError::Denied(denial)) if denial.code == "http-not-granted" => {
                return Ok(Robots::open(page));
            }
            Err(error) => return Err(unreached(&url, error)),
        };
        match response.status {
            200..=299 => {
                let read = response.body.get(..MAX_BYTES).unwrap_or(&response.body);
                Ok(Robots {
                    origin: page.origin(),
                    rules: robotxt::Robots::parse(read, PRODUCT),
                })
            }
            500..=599 => Err(Error::Unavailable(format!(
                "{url} is in trouble (HTTP {}), so it is not known what robots may read there",
                response.status
            ))),
            _ => Ok(Robots::open(page)),
        }
    }

    fn open(page: &Url) -> Robots {
        Robots {
            origin: page.origin(),
            rules: robotxt::Robots::parse(b"", PRODUCT),
        }
    }

    /// Whether these are the rules for this page.
    pub fn are_of(&self, page: &Url) -> bool {
        self.origin == page.origin()
    }

    /// Refuse what the site does not want read.
    pub fn check(&self, page: &Url) -> Result<(), Error> {
        let path = page
            .as_str()
            .split_at(page[..url::Position::BeforePath].len())
            .1;
        if self.rules.is_allowed(path) {
            return Ok(());
        }
        Err(Error::Denied(format!(
            "{} asks robots not to read {path} (its robots.txt, for {AGENT}); a person can open it",
            self.origin.ascii_serialization()
        )))
    }
}
