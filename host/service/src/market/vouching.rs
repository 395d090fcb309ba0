//! Whether a component may be loaded, and called.

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};

use metier_core::{Code, Digest, Fault, Manifest};
use metier_market::{
    fixtures::Moment,
    receipt::{Proven, Receipt},
};
use metier_store::{
    Store,
    types::{Expect, Rev},
};

use super::{
    lists::{InForce, read},
    record::{Facts, KeptList, Known, Vouched, Why},
    settings::{Market, Settings, Stale, Unsigned},
};
use crate::{
    faults::of_store,
    records::{Kept, Mirror},
};

/// Who vouches for a file that is installed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Vouches {
    /// That was not said: it is refused.
    #[default]
    NotSaid,
    /// Nobody, and whoever installs it says that nobody has to.
    Nobody,
    /// A market, by this receipt.
    Receipt {
        /// Its bytes.
        receipt: Vec<u8>,
        /// Whether keys of its namespace are taken that no key known here vouches for.
        new_publisher: bool,
    },
}

/// A file that may be looked into, and why.
pub enum Admitted {
    /// A market vouches for it.
    Market(Box<Shown>),
    /// Why it may be loaded was known before, or needs no proof.
    Before(Why),
}

/// What a receipt showed.
pub struct Shown {
    market: Arc<Market>,
    proven: Proven,
    receipt: Vec<u8>,
    new_publisher: bool,
}

/// Everything this host knows of markets.
pub struct Vouching {
    store: Arc<dyn Store>,
    settings: RwLock<Arc<Settings>>,
    vouched: Mirror<Vouched>,
    known: Mirror<Known>,
    pub(super) lists: Mirror<KeptList>,
    in_force: RwLock<Arc<InForce>>,
    /// One after the other: an older list never replaces a newer one.
    gathering: tokio::sync::Mutex<()>,
    /// Whether runs that depend on what is revoked may be under way still.
    is_unended: AtomicBool,
}

impl Vouching {
    /// What the store knows; no market is trusted yet.
    ///
    /// # Errors
    /// The store's.
    pub async fn open(store: Arc<dyn Store>) -> Result<Self, Fault> {
        Ok(Vouching {
            settings: RwLock::default(),
            vouched: Mirror::open(store.clone()).await?,
            known: Mirror::open(store.clone()).await?,
            lists: Mirror::open(store.clone()).await?,
            in_force: RwLock::default(),
            gathering: tokio::sync::Mutex::default(),
            is_unended: AtomicBool::new(false),
            store,
        })
    }

    /// What is trusted from now on.
    ///
    /// # Errors
    /// The store's.
    pub async fn use_settings(&self, settings: Settings) -> Result<(), Fault> {
        *self
            .settings
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
        self.gather(true).await
    }

    /// What is trusted now.
    pub fn settings(&self) -> Arc<Settings> {
        let settings = self.settings.read().unwrap_or_else(PoisonError::into_inner);
        settings.clone()
    }

    /// Learns what other hosts wrote.
    ///
    /// # Errors
    /// The store's.
    pub async fn look(&self) -> Result<(), Fault> {
        self.vouched.look().await?;
        self.known.look().await?;
        self.lists.look().await?;
        self.gather(false).await
    }

    /// Whether runs that depend on what is revoked may be under way still: since other things are revoked than before, or this process began.
    pub(super) fn is_unended(&self) -> bool {
        self.is_unended.load(Ordering::Relaxed)
    }

    /// All of them were told to end.
    pub(super) fn are_ended(&self) {
        self.is_unended.store(false, Ordering::Relaxed);
    }

    /// Why a component may be loaded, if it may.
    pub fn why(&self, component: &Digest) -> Option<Arc<Vouched>> {
        let kept = self.vouched.get(&component.to_string())?;
        Some(kept.value)
    }

    /// Whether a file may be looked into at all, before it is.
    ///
    /// # Errors
    /// `unsigned-skill` where nobody vouches for it, `skill-unverified` where the receipt does not show it.
    pub fn admit(&self, component: &Digest, vouches: Vouches) -> Result<Admitted, Fault> {
        let before = self.why(component).map(|before| before.why.clone());
        match (vouches, before) {
            (
                Vouches::Receipt {
                    receipt,
                    new_publisher,
                },
                _,
            ) => {
                let (market, proven) = self.proven(&receipt, component)?;
                Ok(Admitted::Market(Box::new(Shown {
                    market,
                    proven,
                    receipt,
                    new_publisher,
                })))
            }
            // What a market vouched for needs nobody's word.
            (_, Some(why @ Why::Market { .. })) => Ok(Admitted::Before(why)),
            (Vouches::NotSaid, _) => Err(self.unsigned()),
            (Vouches::Nobody, _) => self.by_nobody().map(Admitted::Before),
        }
    }

    /// Keeps why a component may be loaded.
    ///
    /// # Errors
    /// `skill-unverified` where it calls itself something else than it was published as, or its publisher's keys are strangers; `skill-revoked`.
    pub async fn vouch(
        &self,
        component: Digest,
        manifest: &Manifest,
        admitted: Admitted,
    ) -> Result<Arc<Vouched>, Fault> {
        let facts = Facts::of(manifest);
        let why = match admitted {
            Admitted::Market(shown) => self.by_market(facts.as_ref(), *shown).await?,
            Admitted::Before(why) => {
                if why != Why::Nobody {
                    self.may_load(&component).await?;
                }
                why
            }
        };
        let vouched = Vouched { why, facts };
        let before = self.vouched.get(&component.to_string());
        self.keep(component, before, &vouched).await?;
        self.may_call(&component)?;
        Ok(Arc::new(vouched))
    }

    async fn keep(
        &self,
        component: Digest,
        before: Option<Kept<Vouched>>,
        vouched: &Vouched,
    ) -> Result<(), Fault> {
        if before
            .as_ref()
            .is_some_and(|before| *before.value == *vouched)
        {
            return Ok(());
        }
        let expect = before.map_or(Expect::Absent, |before| Expect::Rev(before.rev));
        let key = component.to_string();
        match self.vouched.put(&key, expect, vouched).await {
            // Somebody kept another reason at the same moment: both are reasons.
            Err(fault) if fault.code == Code::Conflict && self.why(&component).is_some() => Ok(()),
            kept => kept,
        }
    }

    fn by_nobody(&self) -> Result<Why, Fault> {
        match self.settings().unsigned {
            Unsigned::Ask => Ok(Why::Nobody),
            Unsigned::Refuse => Err(self.unsigned()),
        }
    }

    fn unsigned(&self) -> Fault {
        let message = "No publisher signed this file, and no market vouches for it.";
        let fault = Fault::new(Code::UnsignedSkill, message);
        match self.settings().unsigned {
            Unsigned::Ask => fault,
            Unsigned::Refuse => fault.with_hint(
                "Publish it in a market this host trusts; `[market] unsigned` says that it takes nothing else.",
            ),
        }
    }

    async fn by_market(&self, calls_itself: Option<&Facts>, shown: Shown) -> Result<Why, Fault> {
        let Shown {
            market,
            proven,
            receipt,
            new_publisher,
        } = shown;
        let published = &proven.publication;
        let is_itself =
            |facts: &Facts| (&facts.name, &facts.version) == (&published.name, &published.version);
        if !calls_itself.is_some_and(is_itself) {
            let message = format!(
                "It was published as {} {} and calls itself something else.",
                published.name, published.version
            );
            return Err(Fault::new(Code::SkillUnverified, message));
        }
        self.know(&market, &proven, new_publisher).await?;
        let digest = Digest::of(&receipt);
        let kept = self.store.put_blob(&digest, &receipt).await;
        kept.map_err(|error| of_store(&error))?;
        Ok(Why::Market {
            origin: market.origin().to_owned(),
            receipt: digest,
            leaf: proven.index,
            key: published.key,
        })
    }

    /// Verifies a receipt with the keys of the market it is of.
    fn proven(&self, receipt: &[u8], component: &Digest) -> Result<(Arc<Market>, Proven), Fault> {
        let receipt = Receipt::read(receipt).map_err(|error| error.fault())?;
        let settings = self.settings();
        let origin = receipt.checkpoint.lines().next().unwrap_or_default();
        let market = settings.market(origin).ok_or_else(|| {
            let origin = metier_core::ids::shown(origin);
            let message =
                format!("The receipt is of the market `{origin}`, which this host does not trust.");
            Fault::new(Code::SkillUnverified, message)
                .with_hint("An administrator trusts it with `[[market.trust]]` in metier.toml.")
        })?;
        let proven = receipt.verify(&market.root, component);
        let proven = proven.map_err(|error| error.fault())?;
        match market.may_vouch_for(proven.publication.name.namespace()) {
            true => Ok((market.clone(), proven)),
            false => Err(Fault::new(
                Code::SkillUnverified,
                format!(
                    "The market `{}` is not trusted for {}.",
                    market.origin(),
                    proven.publication.name
                ),
            )
            .with_hint("`namespaces` under `[[market.trust]]` says what a market is trusted for.")),
        }
    }

    /// Whether the publisher's keys go back to the one this host knows.
    async fn know(&self, market: &Market, proven: &Proven, is_meant: bool) -> Result<(), Fault> {
        let namespace = proven.publication.name.namespace();
        let key = Digest::of(format!("{}\n{namespace}", market.origin()).as_bytes()).to_string();
        let first_key = proven.first_key;
        let before = self.known.get(&key);
        let is_known = before
            .as_ref()
            .map(|known| known.value.first_key == first_key);
        let expect = match (before, is_known) {
            (_, Some(true)) => return Ok(()),
            (Some(before), _) if is_meant => Expect::Rev(before.rev),
            (Some(_), _) => return Err(strangers(namespace)),
            (None, _) => Expect::Absent,
        };
        match self.known.put(&key, expect, &Known { first_key }).await {
            Err(fault) if fault.code == Code::Conflict => {
                let known = self.known.get(&key);
                match known.is_some_and(|known| known.value.first_key == first_key) {
                    true => Ok(()),
                    false => Err(strangers(namespace)),
                }
            }
            kept => kept,
        }
    }

    /// Whether a component may be loaded: what vouches for it is verified again, with the keys that are trusted now.
    ///
    /// # Errors
    /// `skill-unverified`, `unsigned-skill`, the store's.
    pub async fn may_load(&self, component: &Digest) -> Result<(), Fault> {
        let Some(vouched) = self.why(component) else {
            let message = format!("Nothing is known here that vouches for {component}.");
            return Err(Fault::new(Code::SkillUnverified, message).with_hint("Install it again."));
        };
        let receipt = match &vouched.why {
            Why::Nobody => return self.by_nobody().map(drop),
            Why::Market { receipt, .. } => receipt,
        };
        let bytes = self.store.get_blob(receipt).await;
        let bytes = bytes.map_err(|error| of_store(&error))?.ok_or_else(|| {
            let message = format!("The receipt of {component} is not in the store any more.");
            Fault::new(Code::SkillUnverified, message).with_hint("Install it again.")
        })?;
        self.proven(&bytes, component).map(drop)
    }

    /// Whether a component may be called now: it is not revoked.
    ///
    /// # Errors
    /// `skill-revoked`; `skill-unverified` where the list of its market is too old and that is not enough.
    pub fn may_call(&self, component: &Digest) -> Result<(), Fault> {
        let in_force = self.in_force();
        if in_force.is_idle() {
            return Ok(());
        }
        in_force.check(component, || self.why(component), now())
    }

    pub(super) fn in_force(&self) -> Arc<InForce> {
        let in_force = self.in_force.read().unwrap_or_else(PoisonError::into_inner);
        in_force.clone()
    }

    /// Puts the lists of the store in force.
    async fn gather(&self, anew: bool) -> Result<(), Fault> {
        let _one_at_a_time = self.gathering.lock().await;
        let settings = self.settings();
        let kept: Vec<(Rev, Arc<KeptList>)> = self
            .lists
            .below("")
            .into_iter()
            .map(|(_, kept)| (kept.rev, kept.value))
            .collect();
        let revs: Vec<Rev> = kept.iter().map(|(rev, _)| *rev).collect();
        let before = self.in_force();
        if before.revs == revs && !anew {
            return Ok(());
        }
        let mut lists = Vec::new();
        for (_, kept) in kept {
            let Some(market) = settings.market(&kept.origin) else {
                continue;
            };
            let file = self.store.get_blob(&kept.file).await;
            let file = file.map_err(|error| of_store(&error))?;
            // What is in force stays when what should replace it is gone.
            lists.extend(match file {
                Some(file) => read(market, &file),
                None => before.list_of(&kept.origin),
            });
        }
        let in_force = InForce::new(revs, lists, &settings);
        if in_force.revokes_other_than(&before) {
            self.is_unended.store(true, Ordering::Relaxed);
        }
        *self
            .in_force
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(in_force);
        Ok(())
    }

    /// The file of the newest list of a market, where that is in force. One whose file was lost is fetched anew.
    pub(super) fn known_list(&self, market: &Market) -> Option<Digest> {
        let key = Digest::of(market.origin().as_bytes()).to_string();
        let kept = self.lists.get(&key)?.value;
        let in_force = self.in_force().version_of(market.origin())?;
        (kept.seen.version() == Some(in_force)).then_some(kept.file)
    }

    /// Takes a list of a market, if it is one and newer. Whether it was.
    ///
    /// # Errors
    /// Why it is not taken; what is in force stays.
    pub async fn take(&self, market: &Market, file: &[u8]) -> Result<bool, Fault> {
        let key = Digest::of(market.origin().as_bytes()).to_string();
        let before = self.lists.get(&key);
        let mut seen = before
            .as_ref()
            .map(|before| before.value.seen)
            .unwrap_or_default();
        let version = seen.version();
        let accepted = seen.accept(file, &market.root.revocation, now());
        accepted.map_err(|why| {
            let message = format!(
                "The list of the market `{}` is not taken: {why}.",
                market.origin()
            );
            Fault::new(Code::SkillUnverified, message)
        })?;
        if seen.version() == version {
            return Ok(false);
        }
        let digest = Digest::of(file);
        let kept = self.store.put_blob(&digest, file).await;
        kept.map_err(|error| of_store(&error))?;
        let expect = before.map_or(Expect::Absent, |before| Expect::Rev(before.rev));
        let list = KeptList {
            origin: market.origin().to_owned(),
            file: digest,
            seen,
        };
        match self.lists.put(&key, expect, &list).await {
            // Another host was quicker: what it took is looked at next.
            Err(fault) if fault.code == Code::Conflict => Ok(false),
            kept => kept.map(|()| true),
        }
    }

    /// Whether lists that are too old are enough.
    pub(super) fn is_strict(&self) -> bool {
        self.settings().stale == Stale::Refuse
    }
}

fn strangers(namespace: &str) -> Fault {
    let message = format!(
        "The keys of `{namespace}` are others than this host knows, and no key it knows vouches for them."
    );
    Fault::new(Code::SkillUnverified, message).with_hint(
        "Ask the publisher elsewhere whether the keys are theirs; `metier install NAME --accept-key KEY` takes them.",
    )
}

pub(super) fn now() -> Moment {
    Moment::from(SystemTime::now())
}
