//! Revocation lists: where they come from, and those in force.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures::future::BoxFuture;
use metier_core::{Code, Digest, Fault};
use metier_market::{
    fixtures::Moment,
    revoked::{Entry, List, MAX_FILE, Seen},
};
use metier_runtime::egress::{Clock, EgressAudit};
use metier_store::types::Rev;

use super::{
    record::{Vouched, Why},
    settings::{Market, Settings, Stale},
};
use crate::{
    asking::{Asker, Way},
    identity::issuer::safe_url,
};

/// Where a market has its list.
const LIST: &str = "revocations";

/// For one list.
const PATIENCE: Duration = Duration::from_secs(15);

/// Verdicts that are remembered.
const VERDICTS: usize = 4_096;

/// Where lists come from.
pub trait ListSource: Send + Sync {
    /// The bytes of a market's list; nothing where it is still the file with this digest.
    fn fetch<'a>(
        &'a self,
        market: &'a Market,
        known: Option<Digest>,
    ) -> BoxFuture<'a, Result<Option<Vec<u8>>, String>>;
}

/// From the markets themselves.
pub struct HttpLists {
    asker: Asker,
}

impl HttpLists {
    /// With certificates below `folder`; requests are written down in `audit`.
    pub fn new(folder: PathBuf, clock: Clock, audit: Arc<dyn EgressAudit>) -> Self {
        HttpLists {
            asker: Asker::new(folder, clock, audit, "revocations"),
        }
    }

    async fn get(&self, market: &Market, known: Option<Digest>) -> Result<Option<Vec<u8>>, String> {
        let base = market.root.address.as_str().trim_end_matches('/');
        let url = safe_url(&format!("{base}/{LIST}"))?;
        let way = Way {
            addresses: &market.addresses,
            ca_file: market.ca_file.as_deref(),
        };
        let until = Instant::now() + PATIENCE;
        // A list's tag is the digest of its file, so that every host of a store, and the next process, knows what there is.
        let known = known.map(|digest| format!("\"{digest}\""));
        let asked = self
            .asker
            .get_unless(&way, &url, known.as_deref(), until, MAX_FILE);
        asked.await
    }
}

impl ListSource for HttpLists {
    fn fetch<'a>(
        &'a self,
        market: &'a Market,
        known: Option<Digest>,
    ) -> BoxFuture<'a, Result<Option<Vec<u8>>, String>> {
        Box::pin(self.get(market, known))
    }
}

/// How the list of a market stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is none.
    Missing,
    /// It should have been replaced by now.
    Expired(Moment),
    /// It can be relied on until then.
    Fresh(Moment),
}

/// The lists that count now, and what they say.
#[derive(Default)]
pub struct InForce {
    /// Of the entries they are from.
    pub(super) revs: Vec<Rev>,
    /// By market; those without a list as well.
    pub(super) lists: Vec<(String, Option<List>)>,
    is_strict: bool,
    verdicts: Mutex<HashMap<Digest, Option<Arc<Fault>>>>,
}

impl InForce {
    pub(super) fn new(revs: Vec<Rev>, lists: Vec<(String, List)>, settings: &Settings) -> Self {
        let list_of = |origin: &str| {
            let found = lists.iter().find(|(of, _)| of == origin);
            found.map(|(_, list)| list.clone())
        };
        let all = settings.markets.iter().map(|market| {
            let origin = market.origin();
            (origin.to_owned(), list_of(origin))
        });
        InForce {
            revs,
            lists: all.collect(),
            is_strict: settings.stale == Stale::Refuse,
            verdicts: Mutex::default(),
        }
    }

    /// Whether it can refuse nothing.
    pub fn is_idle(&self) -> bool {
        let says_nothing = |(_, list): &(String, Option<List>)| {
            list.as_ref().is_none_or(|list| list.entries().is_empty())
        };
        !self.is_strict && self.lists.iter().all(says_nothing)
    }

    pub(super) fn list_of(&self, origin: &str) -> Option<(String, List)> {
        let found = self.lists.iter().find(|(of, _)| of == origin);
        let list = found.and_then(|(_, list)| list.clone())?;
        Some((origin.to_owned(), list))
    }

    /// Which version of a market's list it is.
    pub(super) fn version_of(&self, origin: &str) -> Option<u64> {
        let found = self.lists.iter().find(|(of, _)| of == origin);
        Some(found?.1.as_ref()?.version())
    }

    pub(super) fn revokes_other_than(&self, before: &InForce) -> bool {
        fn entries(lists: &InForce) -> impl Iterator<Item = &Entry> {
            let all = lists.lists.iter().filter_map(|(_, list)| list.as_ref());
            all.flat_map(|list| list.entries())
        }
        entries(self).ne(entries(before))
    }

    /// Whether a component may be called.
    pub(super) fn check(
        &self,
        component: &Digest,
        why: impl Fn() -> Option<Arc<Vouched>>,
        now: Moment,
    ) -> Result<(), Fault> {
        let verdict = match self.remembered(component) {
            Some(verdict) => verdict,
            None => self.judged(component, why().as_deref()),
        };
        match verdict {
            // Also a list that is too old revokes what it revokes.
            Some(fault) => Err((*fault).clone()),
            None if self.is_strict => self.is_fresh(why().as_deref(), now),
            None => Ok(()),
        }
    }

    fn remembered(&self, component: &Digest) -> Option<Option<Arc<Fault>>> {
        let verdicts = self.verdicts.lock();
        let verdicts = verdicts.unwrap_or_else(PoisonError::into_inner);
        verdicts.get(component).cloned()
    }

    fn judged(&self, component: &Digest, vouched: Option<&Vouched>) -> Option<Arc<Fault>> {
        let hit = self.hits(component, vouched).next();
        let verdict = hit.map(|(origin, entry)| Arc::new(refusal(component, origin, entry)));
        if vouched.is_none() {
            // What it is called may be learned in a moment.
            return verdict;
        }
        let verdicts = self.verdicts.lock();
        let mut verdicts = verdicts.unwrap_or_else(PoisonError::into_inner);
        if verdicts.len() >= VERDICTS {
            verdicts.clear();
        }
        verdicts.insert(*component, verdict.clone());
        verdict
    }

    /// The entries that hit a component, with whose they are. Another market's list hits what this one vouches for by its digest only: names
    /// are each market's own.
    pub fn hits<'l>(
        &'l self,
        component: &'l Digest,
        vouched: Option<&'l Vouched>,
    ) -> impl Iterator<Item = (&'l str, &'l Entry)> {
        let facts = vouched.and_then(|vouched| vouched.facts.as_ref());
        let installed = facts.map(|facts| facts.installed(*component));
        let is_anothers = move |origin: &str| {
            let why = vouched.map(|vouched| &vouched.why);
            matches!(why, Some(Why::Market { origin: own, .. }) if own != origin)
        };
        let lists = self.lists.iter();
        lists.flat_map(move |(origin, list)| {
            let by_name = installed.as_ref().filter(|_| !is_anothers(origin));
            let entries: Vec<&Entry> = match (list, by_name) {
                (None, _) => Vec::new(),
                (Some(list), Some(installed)) => list.hits(installed),
                (Some(list), None) => list.naming_file(component).into_iter().collect(),
            };
            entries
                .into_iter()
                .map(move |entry| (origin.as_str(), entry))
        })
    }

    fn is_fresh(&self, vouched: Option<&Vouched>, now: Moment) -> Result<(), Fault> {
        let Some(Why::Market { origin, .. }) = vouched.map(|vouched| &vouched.why) else {
            return Ok(());
        };
        let since = match self.standing(origin, now) {
            Standing::Fresh(_) => return Ok(()),
            Standing::Expired(at) => format!("expired at {at}"),
            Standing::Missing => "was never seen here".to_owned(),
        };
        let message = format!(
            "Whether it was revoked is not known: the revocation list of the market `{origin}` {since}."
        );
        Err(Fault::new(Code::SkillUnverified, message).with_hint(
            "The operator sees to it that the market is reached, or imports a newer list: `metier admin revocations import FILE`.",
        ))
    }

    /// How a market's list stands.
    pub fn standing(&self, origin: &str, now: Moment) -> Standing {
        let found = self.lists.iter().find(|(of, _)| of == origin);
        match found.and_then(|(_, list)| list.as_ref()) {
            None => Standing::Missing,
            Some(list) if list.expires() > now => Standing::Fresh(list.expires()),
            Some(list) => Standing::Expired(list.expires()),
        }
    }
}

fn refusal(component: &Digest, origin: &str, entry: &Entry) -> Fault {
    let Entry { target, why, at } = entry;
    let message = format!(
        "The market `{origin}` revoked {target} at {at}: {}.",
        why.as_str().trim_end_matches('.')
    );
    Fault::new(Code::SkillRevoked, message).with_detail("digest", component.to_string())
}

/// The list in a file of the store. It was newer than others, and not of the future, when it was taken: a clock that was set back since makes
/// nothing run again.
pub(super) fn read(market: &Market, file: &[u8]) -> Option<(String, List)> {
    let at_the_end = Moment::default().plus(Duration::MAX);
    match Seen::default().accept(file, &market.root.revocation, at_the_end) {
        Ok(accepted) => Some((market.origin().to_owned(), accepted.list().clone())),
        Err(why) => {
            tracing::error!(market = market.origin(), %why, "a revocation list of the store is none any more");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::time::{Duration, SystemTime};

    use metier_market::{
        fixtures::Moment,
        log::LogSigner,
        revoked::{List, Seen, sign},
        trust::{Algorithm, KeyPair, Review, Revocation, SigningKey, TrustRoot},
    };

    use super::{Market, read};

    #[test]
    fn a_clock_that_was_set_back_makes_nothing_run_again() {
        let pair = || KeyPair::generate(Algorithm::Ed25519).unwrap();
        let key = SigningKey::<Revocation>::new(pair());
        let log = LogSigner::new("market.example", pair()).unwrap();
        let root = TrustRoot::new(
            "https://market.example".parse().unwrap(),
            SigningKey::<Review>::new(pair()).verifying(),
            key.verifying(),
            log.key().clone(),
        );
        let market = Market {
            root: root.unwrap(),
            namespaces: Vec::new(),
            addresses: Vec::new(),
            ca_file: None,
        };
        let day = Duration::from_secs(86_400);
        let now = Moment::from(SystemTime::now());
        let issued = now.plus(day * 365);
        let list = List::new(1, issued, issued.plus(day), Vec::new()).unwrap();
        let file = sign(&list, &key).unwrap();
        let taken = Seen::default().accept(file.as_bytes(), &market.root.revocation, now);
        assert!(taken.is_err(), "it is not taken anew");
        assert!(read(&market, file.as_bytes()).is_some());
    }
}
