//! Model providers on loopback, for tests and the demo.
//!
//! One address answers as Anthropic Messages, OpenAI Chat and Responses, Azure OpenAI, Gemini, Vertex AI and Bedrock Converse do,
//! each under its own path, whole and streamed, in the provider's own words for errors too. The key is checked, at Amazon's
//! path the signature. What is answered comes from a [`Script`]: literal answers in a queue, and behind them a player that does the
//! account review of `examples/account-review` step by step with the tools it is offered; the same conversation always gets the
//! same answer. Usage is made of the lengths of texts. [`Faults`] make it go wrong on purpose. Questions change nothing, so
//! the [`Book`] counts them as reads, and holds them like those.
//!
//! ```
//! use metier_emulator_models::{Emulator, Options};
//!
//! let emulator = Emulator::start(Options::default())?;
//! assert!(emulator.addr().ip().is_loopback());
//! # Ok::<(), anyhow::Error>(())
//! ```
//!
//! *Architecture invariant:* nothing here is used by the host; the emulator never knows who calls.

pub mod question;

mod answer;
mod faults;
mod player;
mod routes;
mod script;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;

use metier_emulator_kit::{Book, Place, Served};

pub use answer::{Answer, Call};
pub use faults::{Fault, Faults, Rule};
pub use player::answer as play;
pub use script::Script;

/// The key of every provider, unless another is given: good for this emulator only.
pub const KEY: &str = "sk-emulator-0123456789abcdef";

/// The id of the key at Amazon, where [`KEY`] is the secret that signs.
pub const ACCESS_KEY_ID: &str = "AKIAEMULATOR00000001";

/// How an emulator is to be.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Serve https with a certificate for these names instead of plain http.
    pub tls_hosts: Vec<String>,
    /// The key to ask for instead of [`KEY`].
    pub key: Option<String>,
}

/// Running providers.
#[derive(Debug)]
pub struct Emulator {
    book: Arc<Book>,
    script: Arc<Script>,
    faults: Arc<Faults>,
    served: Served,
}

impl Emulator {
    /// Listen.
    ///
    /// # Errors
    /// When the port is taken, a TLS host is no name or a key cannot be made.
    pub fn start(options: Options) -> anyhow::Result<Self> {
        let place = Place::take(options.port, &options.tls_hosts)?;
        // Whatever is asked, nothing changes.
        let book = Arc::new(Book::new(|_| true));
        let shared = routes::Shared {
            script: Arc::default(),
            faults: Arc::default(),
            key: options.key.unwrap_or_else(|| KEY.to_owned()).into(),
        };
        let (script, faults) = (Arc::clone(&shared.script), Arc::clone(&shared.faults));
        let served = place.serve("models-emulator", routes::router(shared, Arc::clone(&book)))?;
        Ok(Self {
            book,
            script,
            faults,
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

    /// What was asked, and a way to hold questions. Only questions with the right key come here.
    #[must_use]
    pub fn book(&self) -> &Arc<Book> {
        &self.book
    }

    /// What is answered.
    #[must_use]
    pub fn script(&self) -> &Arc<Script> {
        &self.script
    }

    /// What goes wrong.
    #[must_use]
    pub fn faults(&self) -> &Arc<Faults> {
        &self.faults
    }
}
