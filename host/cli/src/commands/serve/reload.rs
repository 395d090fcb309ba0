//! What changes while the service is at work: SIGHUP has `metier.toml` read again, and a certificate is shown anew when its files change.
//!
//! What can change at once does ([`LIVE`]); the rest is named, and changes at the next start. A file with a mistake, here or in what it names,
//! changes nothing. Nothing that is under way is dropped.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use metier_server::App as Outside;
use metier_service::Service;
use serde_json::json;
use tokio::{signal::unix::Signal, time::MissedTickBehavior};
use toml::{Table, Value};

use super::{
    certificate::Shown, config::Config, configured, issuers, parts, parts::Living, settings,
};
use crate::{args::serve::Serve, commands::App, errors::Failure, printer::Format};

/// How often the certificate's files are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// What changes at once.
const LIVE: [&str; 10] = [
    "hosts",
    "issuer",
    "limits.key-rate",
    "limits.request",
    "limits.tenant-calls",
    "limits.tenant-rate",
    "models.prices",
    "models.routes",
    "origins",
    "tls",
];

/// A service whose configuration may change.
pub struct Reloading<'a> {
    /// How the command was called.
    pub args: &'a Serve,
    /// What is so now.
    pub config: Config,
    /// How it is seen from outside.
    pub outside: Arc<Outside>,
    /// What is asked.
    pub service: Arc<Service>,
    /// What stays, whatever the configuration says.
    pub living: Living,
    /// The certificate, where there is one.
    pub shown: Option<Shown>,
}

/// What of a configuration is different.
#[derive(Debug, Default, PartialEq, Eq)]
struct Changed {
    now: Vec<String>,
    at_the_next_start: Vec<String>,
}

impl Reloading<'_> {
    /// Follows signals and files for as long as it is polled.
    pub async fn follow(mut self, app: &App, mut hangups: Signal) {
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Some(()) = hangups.recv() => self.read_again(app),
                _ = looks.tick() => self.look(app),
            }
        }
    }

    fn look(&mut self, app: &App) {
        let Some(shown) = &mut self.shown else {
            return;
        };
        match shown.look() {
            Ok(false) => {}
            Ok(true) => say(
                app,
                "another certificate is shown from now on",
                &json!({"kind": "certificate"}),
            ),
            Err(failure) => tell(app, "The certificate is not replaced", &failure),
        }
    }

    fn read_again(&mut self, app: &App) {
        match self.changed(app) {
            Ok(changed) => changed.tell(app),
            Err(failure) => tell(app, "The configuration is not changed", &failure),
        }
    }

    /// Everything that may fail comes before anything that changes.
    fn changed(&mut self, app: &App) -> Result<Changed, Failure> {
        let mut config = configured(&self.args.service)?;
        config.listen = self.args.listen.unwrap_or(config.listen);
        config.store()?;
        let models = parts::models(&config)?;
        let model = parts::asker(app, &config, &models, self.living.vault.clone())?;
        let tokens = issuers::tokens(&config.issuers, self.living.trail.clone())?;
        config.market.settings()?;
        let files = config.tls.files()?;
        let mut changed = Changed::between(&self.config, &config);
        match (&mut self.shown, files) {
            (Some(shown), Some((chain, key))) => shown.replace(chain, key)?,
            (None, None) => {}
            // A listener speaks TLS from its beginning to its end, or never.
            _ => changed.later("tls"),
        }
        self.outside.settings.set(settings(&config));
        self.service.keep_limits(config.limits.of_tenants());
        self.service.trust(tokens);
        self.service.use_models(models);
        self.living.model.set(model);
        self.config = config;
        Ok(changed)
    }
}

/// Tells an operator: by a sentence, or where programs listen by a line of JSON.
fn say(app: &App, sentence: &str, wire: &serde_json::Value) {
    tracing::info!("{sentence}");
    match app.printer.format {
        Format::Human => app.printer.note(sentence),
        Format::Json => app.printer.error(&wire.to_string()),
    }
}

fn tell(app: &App, what: &str, failure: &Failure) {
    let mut failure = failure.clone();
    failure.fault.message = format!("{what}: {}", failure.fault.message);
    tracing::error!("{}", failure.fault.message);
    failure.tell(&app.printer);
}

impl Changed {
    fn between(before: &Config, after: &Config) -> Changed {
        let (before, after) = (keys(before), keys(after));
        let names: BTreeSet<&String> = before
            .symmetric_difference(&after)
            .map(|(name, _)| name)
            .collect();
        let mut changed = Changed::default();
        for name in names {
            let is_live = |live: &&str| {
                let rest = name.strip_prefix(*live);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            match LIVE.iter().any(is_live) {
                true => changed.now.push(name.clone()),
                false => changed.at_the_next_start.push(name.clone()),
            }
        }
        changed
    }

    /// These keys take effect at the next start after all.
    fn later(&mut self, prefix: &str) {
        let (later, now) = std::mem::take(&mut self.now)
            .into_iter()
            .partition(|name| name.starts_with(prefix));
        let later: Vec<String> = later;
        self.now = now;
        self.at_the_next_start.extend(later);
    }

    fn tell(&self, app: &App) {
        let listed = |names: &[String]| match names.is_empty() {
            true => "nothing".to_owned(),
            false => names.join(", "),
        };
        let (now, later) = (listed(&self.now), listed(&self.at_the_next_start));
        let text = format!("the configuration was read again: {now} changed");
        let text = match self.at_the_next_start.is_empty() {
            true => text,
            false => format!("{text}; at the next start: {later}"),
        };
        let wire = json!({
            "kind": "reloaded", "changed": self.now, "at_the_next_start": self.at_the_next_start,
        });
        say(app, &text, &wire);
    }
}

/// Each key by its whole name, with its value.
fn keys(config: &Config) -> BTreeSet<(String, String)> {
    let table = Table::try_from(config).unwrap_or_default();
    let mut keys = BTreeSet::new();
    for (name, value) in table {
        match value {
            Value::Table(inner) => keys.extend(
                inner
                    .into_iter()
                    .map(|(key, value)| (format!("{name}.{key}"), value.to_string())),
            ),
            value => drop(keys.insert((name, value.to_string()))),
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::{Changed, Config, LIVE};

    fn changed(after: &str) -> Changed {
        let before = Config::parse("hosts = [\"a.example\"]\n[limits]\nkey-rate = 5").unwrap();
        Changed::between(&before, &Config::parse(after).unwrap())
    }

    #[test]
    fn what_changes_at_once_and_what_at_the_next_start() {
        let same = changed("hosts = [\"a.example\"]\n[limits]\nkey-rate = 5");
        assert_eq!(same, Changed::default());
        let other = changed(
            "listen = \"127.0.0.1:1\"\nstore = \"sqlite:x\"\n[limits]\nruns = 2\n[tls]\nkey = \"k\"",
        );
        assert_eq!(other.now, ["hosts", "limits.key-rate", "tls.key"]);
        assert_eq!(other.at_the_next_start, ["limits.runs", "listen", "store"]);
    }

    #[test]
    fn what_changes_at_once_is_said_of_keys_there_are() {
        for live in LIVE {
            let last = live.rsplit('.').next().unwrap();
            assert!(super::super::config::COMMENTED.contains(last), "{live}");
        }
    }
}
