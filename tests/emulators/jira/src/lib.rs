//! A Jira Cloud site on loopback, for tests and the demo.
//!
//! It is stateful and knows both versions of the API: version 2 takes and gives text, version 3 the Atlassian Document Format.
//! Nothing is forgiven that Jira does not forgive: a missing summary, a transition the workflow lacks, a user nobody knows, JQL
//! that cannot be read, an attachment without `X-Atlassian-Token: no-check`. Its clock moves a minute with every change, so the
//! same changes make the same site. Writes are counted and done once per `Idempotency-Key` ([`Book`]); so much real Jira does
//! not do, but a service that keeps to the draft does.
//!
//! ```
//! use metier_emulator_jira::{Emulator, Options};
//!
//! let emulator = Emulator::start(Options::default())?;
//! assert!(emulator.addr().ip().is_loopback());
//! assert_eq!(emulator.state()["issues"].as_array().map(Vec::len), Some(2));
//! # Ok::<(), anyhow::Error>(())
//! ```
//!
//! *Architecture invariant:* nothing here is used by the host; the emulator never knows who calls.

mod adf;
mod jql;
mod refused;
mod routes;
mod site;
mod view;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use metier_emulator_kit::{Book, Place, Served};
use serde_json::Value as Json;

pub use site::PEOPLE;

use site::Site;

/// Who may use the site, as the mail address of the account.
pub const USER: &str = "ada@acme.example";

/// The account's API token: good for this emulator only.
pub const TOKEN: &str = "jira-token-0123456789abcdef";

/// How an emulator is to be.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Serve https with a certificate for these names instead of plain http.
    pub tls_hosts: Vec<String>,
    /// Begin with no issue; otherwise there are ABC-1 and ABC-2.
    pub empty: bool,
}

/// A running site.
#[derive(Debug)]
pub struct Emulator {
    book: Arc<Book>,
    site: Arc<Mutex<Site>>,
    served: Served,
}

impl Emulator {
    /// Make the site and listen.
    ///
    /// # Errors
    /// When the port is taken, a TLS host is no name or a key cannot be made.
    pub fn start(options: Options) -> anyhow::Result<Self> {
        let place = Place::take(options.port, &options.tls_hosts)?;
        let site = if options.empty {
            Site::default()
        } else {
            Site::begun()
        };
        let site = Arc::new(Mutex::new(site));
        let book = Arc::new(Book::new(routes::only_looks));
        let scheme = if options.tls_hosts.is_empty() {
            "http"
        } else {
            "https"
        };
        let router = routes::router(Arc::clone(&site), Arc::clone(&book), scheme);
        let served = place.serve("jira-emulator", router)?;
        Ok(Self { book, site, served })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.served.addr()
    }

    /// What it is served with.
    #[must_use]
    pub fn served(&self) -> &Served {
        &self.served
    }

    /// The certificate of the authority to trust, as PEM, when it serves https.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.served.ca_pem()
    }

    /// What was written, by idempotency key, and a way to hold requests. Only requests with the right token come here.
    #[must_use]
    pub fn book(&self) -> &Arc<Book> {
        &self.book
    }

    /// Every issue with its comments and attachments, texts as texts; the same after the same changes.
    #[must_use]
    pub fn state(&self) -> Json {
        site::locked(&self.site).state()
    }
}
