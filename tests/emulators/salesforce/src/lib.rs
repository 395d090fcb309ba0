//! A Salesforce org on loopback, for tests and the demo.
//!
//! It has believable records made from a seed, SOQL and SOSL, real creates, updates and deletes,
//! `OAuth` that verifies what it is sent, Salesforce's error shapes and words, and switches for
//! everything that can go wrong. It keeps a record of what it was asked. It listens on 127.0.0.1
//! only and stops when dropped.
//!
//! ```
//! use metier_emulator_salesforce::{Emulator, Options};
//!
//! let emulator = Emulator::start(Options::default())?;
//! assert!(emulator.addr().ip().is_loopback());
//! assert_eq!(emulator.requests().total(), 0);
//! # Ok::<(), anyhow::Error>(())
//! ```
//!
//! *Architecture invariant:* nothing here is used by the host; the emulator never knows who calls.

pub mod calendar;
pub mod clock;
pub mod error;
pub mod faults;
mod gzip;
pub mod id;
pub mod oauth;
pub mod org;
pub mod random;
pub mod recorder;
mod routes;
pub mod soql;
pub mod sosl;
mod state;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use metier_emulator_kit::{Book, Place, Served};

pub use clock::Clock;
pub use faults::{Fault, Faults, Rule};
pub use oauth::Client;
pub use org::Sizes;
pub use recorder::{Recorded, Recorder};

use oauth::{Authority, TokenBook};
use org::{Object, Org};
use state::{Cursors, State};

/// Rows in a page; Salesforce's own.
const PAGE: usize = 2_000;

/// The id of the connected app that [`Options::default`] has.
pub const CLIENT_ID: &str = "metier-test";

/// How an emulator is to be.
#[derive(Clone, Debug)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Serve https with a certificate for these names instead of plain http.
    pub tls_hosts: Vec<String>,
    /// What token answers give as `instance_url`; none says the first TLS host or 127.0.0.1, with the port.
    pub instance_url: Option<String>,
    /// What the records are made from.
    pub seed: u64,
    /// How many records.
    pub sizes: Sizes,
    /// What time it is.
    pub clock: Clock,
    /// Rows in a page at most.
    pub page: usize,
    /// Seconds an access token is good for.
    pub token_seconds: i64,
    /// API calls before `REQUEST_LIMIT_EXCEEDED`.
    pub daily_limit: u64,
    /// The connected apps. When there is none, one called [`CLIENT_ID`] is made with a fresh key.
    pub clients: Vec<Client>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            tls_hosts: Vec::new(),
            instance_url: None,
            seed: 1,
            sizes: Sizes::default(),
            clock: Clock::system(),
            page: PAGE,
            token_seconds: 7_200,
            daily_limit: 15_000_000,
            clients: Vec::new(),
        }
    }
}

/// A running org.
#[derive(Debug)]
pub struct Emulator {
    state: Arc<State>,
    served: Served,
}

impl Emulator {
    /// Generate the org and listen.
    ///
    /// # Errors
    /// When the port is taken, a TLS host is no name or a key cannot be made.
    pub fn start(options: Options) -> anyhow::Result<Self> {
        let place = Place::take(options.port, &options.tls_hosts)?;
        let state = Arc::new(state(&options, place.addr())?);
        let router = routes::router(Arc::clone(&state));
        let served = place.serve("salesforce-emulator", router)?;
        Ok(Self { state, served })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.served.addr()
    }

    /// The address of the API, as token answers give it.
    #[must_use]
    pub fn instance_url(&self) -> &str {
        &self.state.authority.instance_url
    }

    /// The certificate of the authority to trust, as PEM, when it serves https.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.served.ca_pem()
    }

    /// The private key of the connected app that was made at the start, as PKCS#8 PEM; none when
    /// the options named their own.
    #[must_use]
    pub fn private_key_pem(&self) -> Option<&str> {
        self.state.private_key_pem.as_deref()
    }

    /// The connected apps.
    #[must_use]
    pub fn clients(&self) -> &[Client] {
        &self.state.authority.clients
    }

    /// The usernames that may log in; the first is the administrator.
    #[must_use]
    pub fn users(&self) -> &[String] {
        &self.state.authority.users
    }

    /// A fresh access token, without asking for it over HTTP.
    #[must_use]
    pub fn issue_token(&self) -> String {
        let authority = &self.state.authority;
        authority
            .book
            .issue(self.state.clock.now() + authority.token_seconds)
    }

    /// Take back every access token.
    pub fn revoke_tokens(&self) {
        self.state.authority.book.revoke_all();
    }

    /// What goes wrong.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.state.faults
    }

    /// What was asked.
    #[must_use]
    pub fn requests(&self) -> &Recorder {
        &self.state.recorder
    }

    /// What was written, by idempotency key, and a way to hold requests. Only requests with a good token come here.
    #[must_use]
    pub fn book(&self) -> &Arc<Book> {
        &self.state.book
    }

    /// How many API calls were counted against the daily limit.
    #[must_use]
    pub fn api_calls(&self) -> u64 {
        self.state.used.load(Ordering::SeqCst)
    }
}

/// The clients, and the private key of the one made when there were none.
fn clients(clients: Vec<Client>) -> anyhow::Result<(Vec<Client>, Option<String>)> {
    if !clients.is_empty() {
        return Ok((clients, None));
    }
    let (client, private) = Client::generate(CLIENT_ID)?;
    Ok((vec![client], Some(private)))
}

fn state(options: &Options, addr: SocketAddr) -> anyhow::Result<State> {
    let (clients, private_key_pem) = clients(options.clients.clone())?;
    let org = Org::generate(options.seed, options.clock.now(), options.sizes);
    let instance_url =
        options
            .instance_url
            .clone()
            .unwrap_or_else(|| match options.tls_hosts.first() {
                Some(host) => format!("https://{host}:{}", addr.port()),
                None => format!("http://{addr}"),
            });
    Ok(State {
        clock: options.clock.clone(),
        authority: Authority {
            clients,
            users: users(&org),
            audiences: audiences(options, &instance_url),
            instance_url,
            token_seconds: options.token_seconds,
            book: TokenBook::new(options.seed),
        },
        private_key_pem,
        faults: Faults::default(),
        recorder: Recorder::default(),
        book: Arc::new(Book::new(|path| path.starts_with("/services/oauth2/"))),
        cursors: Cursors::default(),
        page: options.page.max(1),
        daily_limit: options.daily_limit,
        used: AtomicU64::new(0),
        org: RwLock::new(org),
    })
}

fn users(org: &Org) -> Vec<String> {
    let table = Object::find("User").and_then(|object| org.table(object).ok());
    let names = table.into_iter().flat_map(|table| {
        table
            .all()
            .filter_map(|user| user.get("Username").as_text())
    });
    names.map(str::to_owned).collect()
}

/// Salesforce's two login hosts, and this org's own names.
fn audiences(options: &Options, instance_url: &str) -> Vec<String> {
    let login = [
        "https://login.salesforce.com",
        "https://test.salesforce.com",
        instance_url,
    ];
    let hosts = options
        .tls_hosts
        .iter()
        .map(|host| format!("https://{host}"));
    login
        .iter()
        .map(|audience| (*audience).to_owned())
        .chain(hosts)
        .collect()
}
