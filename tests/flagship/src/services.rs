//! The services an account review uses, emulated on loopback.

use std::sync::{Arc, LazyLock};

use anyhow::{Context as _, Result};
use metier_emulator_calendar as calendar;
use metier_emulator_jira as jira;
use metier_emulator_kit::Book;
use metier_emulator_models as models;
use metier_emulator_salesforce as salesforce;
use serde_json::{Value, json};

/// The org of `grants/salesforce.toml`.
const ORG: &str = "acme.my.salesforce.com";
/// The site of `grants/jira.toml`.
const SITE: &str = "acme.atlassian.net";
/// The host of `grants/google-calendar.toml`.
const GOOGLE: &str = "www.googleapis.com";

/// The middle of August 2026, when the records are made: of the third quarter some are won, some lost and some open.
const MADE: i64 = 1_787_000_000;

/// Few enough for a model to read, enough for a story.
const SIZES: salesforce::Sizes = salesforce::Sizes {
    accounts: 40,
    contacts: 10,
    opportunities: 120,
    cases: 1,
};

/// A connected app's key takes long to make, and no review uses it.
static CLIENT: LazyLock<Option<salesforce::Client>> = LazyLock::new(|| {
    let made = salesforce::Client::generate(salesforce::CLIENT_ID);
    made.ok().map(|(client, _)| client)
});

/// All of them; gone when dropped.
pub struct Services {
    salesforce: salesforce::Emulator,
    jira: jira::Emulator,
    calendar: calendar::Emulator,
    models: models::Emulator,
}

/// Where a service is that is called by its public name.
pub struct Place {
    /// The public name.
    pub host: &'static str,
    /// `127.0.0.1:PORT`.
    pub address: String,
    /// The authority to trust, as PEM.
    pub authority: String,
}

impl Services {
    /// Starts them all anew: the same records, issues, events and answers each time.
    ///
    /// # Errors
    /// When one cannot be started.
    pub fn start() -> Result<Services> {
        let tls_hosts = |host: &str| vec![host.to_owned()];
        Ok(Services {
            salesforce: salesforce::Emulator::start(salesforce::Options {
                tls_hosts: tls_hosts(ORG),
                sizes: SIZES,
                clock: salesforce::Clock::held(MADE),
                clients: CLIENT.clone().into_iter().collect(),
                ..salesforce::Options::default()
            })?,
            jira: jira::Emulator::start(jira::Options {
                tls_hosts: tls_hosts(SITE),
                ..jira::Options::default()
            })?,
            calendar: calendar::Emulator::start(calendar::Options {
                tls_hosts: tls_hosts(GOOGLE),
                ..calendar::Options::default()
            })?,
            models: models::Emulator::start(models::Options::default())?,
        })
    }

    /// The three that are called by their public names.
    ///
    /// # Errors
    /// When one does not serve https.
    pub fn places(&self) -> Result<[Place; 3]> {
        let place = |host, address: std::net::SocketAddr, authority: Option<&str>| {
            let authority = authority.context("an emulator serves https")?.to_owned();
            let address = address.to_string();
            anyhow::Ok(Place {
                host,
                address,
                authority,
            })
        };
        Ok([
            place(ORG, self.salesforce.addr(), self.salesforce.ca_pem())?,
            place(SITE, self.jira.addr(), self.jira.ca_pem())?,
            place(GOOGLE, self.calendar.addr(), self.calendar.ca_pem())?,
        ])
    }

    /// Where the models are.
    #[must_use]
    pub fn models_url(&self) -> String {
        format!("http://{}", self.models.addr())
    }

    /// What the environment of a user of all of them holds.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("SALESFORCE_TOKEN", self.salesforce.issue_token()),
            ("JIRA_TOKEN", jira::TOKEN.to_owned()),
            ("GOOGLE_CALENDAR_TOKEN", self.calendar.issue_token()),
            (MODEL_KEY, models::KEY.to_owned()),
        ]
    }

    /// What a review changes.
    #[must_use]
    pub fn state(&self) -> Value {
        json!({ "jira": self.jira.state(), "calendar": self.calendar.state() })
    }

    /// What was asked of each.
    #[must_use]
    pub fn books(&self) -> [(&'static str, &Arc<Book>); 4] {
        [
            ("salesforce", self.salesforce.book()),
            ("jira", self.jira.book()),
            ("calendar", self.calendar.book()),
            ("models", self.models.book()),
        ]
    }

    /// What was asked of one.
    #[must_use]
    pub fn book(&self, service: &str) -> Option<&Arc<Book>> {
        let books = self.books();
        let found = books.iter().find(|(name, _)| *name == service)?;
        Some(found.1)
    }
}

/// The variable with the key of the models.
pub const MODEL_KEY: &str = "ANTHROPIC_API_KEY";

/// The mail address of the token's owner at the emulated site.
pub const JIRA_USER: &str = jira::USER;
