//! A Google Calendar account on loopback, for tests and the demo.
//!
//! It speaks the part of version 3 the skill `com.metier/google-calendar` uses: events listed, read, booked, changed and
//! cancelled, free times, the list of calendars; and the token endpoint that gives access tokens for a refresh token. Events
//! that repeat are kept as they are, not spread out. Invitations that would be sent are in the state. The clock moves a minute
//! with every change and ids are counted, so the same changes make the same account. Writes are counted and done once per
//! `Idempotency-Key` ([`Book`]); so much Google does not do, but a service that keeps to the draft does.
//!
//! ```
//! use metier_emulator_calendar::{Emulator, Options};
//!
//! let emulator = Emulator::start(Options::default())?;
//! assert!(emulator.addr().ip().is_loopback());
//! assert_eq!(emulator.state()["events"].as_array().map(Vec::len), Some(1));
//! # Ok::<(), anyhow::Error>(())
//! ```
//!
//! *Architecture invariant:* nothing here is used by the host; the emulator never knows who calls.

mod account;
mod event;
mod moment;
mod refused;
mod routes;
mod tokens;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use metier_emulator_kit::{Book, Place, Served};
use serde_json::Value as Json;

pub use account::{OTHER, USER};
pub use tokens::{CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN};

use account::Account;
use tokens::Tokens;

/// How an emulator is to be.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Serve https with a certificate for these names instead of plain http.
    pub tls_hosts: Vec<String>,
}

/// A running account.
#[derive(Debug)]
pub struct Emulator {
    book: Arc<Book>,
    account: Arc<Mutex<Account>>,
    tokens: Arc<Tokens>,
    served: Served,
}

impl Emulator {
    /// Make the account and listen.
    ///
    /// # Errors
    /// When the port is taken, a TLS host is no name or a key cannot be made.
    pub fn start(options: Options) -> anyhow::Result<Self> {
        let place = Place::take(options.port, &options.tls_hosts)?;
        let account = Arc::new(Mutex::new(Account::begun()));
        let tokens = Arc::new(Tokens::default());
        let book = Arc::new(Book::new(routes::only_looks));
        let router = routes::router(Arc::clone(&account), Arc::clone(&tokens), Arc::clone(&book));
        let served = place.serve("calendar-emulator", router)?;
        Ok(Self {
            book,
            account,
            tokens,
            served,
        })
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

    /// What was written, by idempotency key, and a way to hold requests. Only requests with a good token come here.
    #[must_use]
    pub fn book(&self) -> &Arc<Book> {
        &self.book
    }

    /// A fresh access token, without asking for it over HTTP.
    #[must_use]
    pub fn issue_token(&self) -> String {
        self.tokens.issue()
    }

    /// Take back every access token.
    pub fn revoke_tokens(&self) {
        self.tokens.revoke_all();
    }

    /// Every event and every invitation sent; the same after the same changes.
    #[must_use]
    pub fn state(&self) -> Json {
        account::locked(&self.account).state()
    }
}
