//! `metier.lock`: what was resolved and consented to, by digest.
//!
//! ```toml
//! version = 1
//!
//! [[market]]
//! address = "https://market.example/"
//! origin = "market.example/log"
//!
//! [[market.skill]]
//! name = "com.acme/salesforce"
//! version = "1.2.0"
//! component = "sha256:…"
//! consent = "sha256:…"
//! leaf = 4711
//! as = "crm"
//! to = "skills"
//! ```
//!
//! `as`, and `to` or `tenant`, say where the skill was put, so that an update finds it ([`Placed`]); without `to` a service has it.
//!
//! `consent` is the digest of the whole consent record ([`crate::consent::Record`]). The same lock has the same bytes whoever writes
//! it: it is meant to be checked in and looked at. A lock that names a market which is not configured, or a skill under another market than
//! its namespace's, is refused whole: a file from elsewhere must not say where code comes from.

use std::collections::BTreeMap;

use metier_core::{
    Digest, SkillName,
    toml_text::{self, Item, Section, TextError},
};
use semver::Version;

use super::{Market, Markets, NoMarket, placed::Placed};

/// The form written and read here.
const FORM: i64 = 1;

/// Said at the top of the file.
const HEAD: &str = "# Written by metier: what is installed, from which market, and what was consented to. Check it in; do not edit it.\n";

/// One skill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// The version.
    pub version: Version,
    /// The skill's file.
    pub component: Digest,
    /// The consent record that somebody said yes to.
    pub consent: Digest,
    /// The number of the version's leaf in the market's log.
    pub leaf: u64,
    /// What it is called and where; unknown in a lock from before this was kept.
    pub placed: Option<Placed>,
}

/// What is locked, by market and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    markets: BTreeMap<Market, BTreeMap<SkillName, Locked>>,
}

/// A lock that is not used. None of it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// It cannot be read.
    #[error("metier.lock, {0}")]
    Text(#[from] TextError),
    /// It is of another form.
    #[error("metier.lock is of the form {0}, which this metier does not know")]
    Form(i64),
    /// It is another market's.
    #[error(
        "metier.lock is of the market {} with the log {}, which is not configured here", .0.address, .0.origin
    )]
    OtherMarket(Box<Market>),
    /// A skill is locked under another market than its own.
    #[error("metier.lock has {name} from {}, and here it comes from {}", .found.address, .configured.address)]
    Elsewhere {
        /// The skill.
        name: SkillName,
        /// The market it is locked under.
        found: Box<Market>,
        /// The market of its namespace.
        configured: Box<Market>,
    },
    /// A skill that no market is configured for.
    #[error(transparent)]
    NoMarket(#[from] NoMarket),
    /// Something is there twice.
    #[error("metier.lock has {0} twice")]
    Twice(String),
}

impl Lock {
    /// Reads a lock for these markets.
    ///
    /// # Errors
    /// See [`LockError`].
    pub fn read(text: &str, markets: &Markets) -> Result<Self, LockError> {
        let (form, blocks) = toml_text::parse(text, |root| {
            let form = root
                .require("version", "version = 1")?
                .number("a whole number")?;
            let blocks = match root.take("market") {
                Some(item) => item.tables(block)?,
                None => Vec::new(),
            };
            Ok((form, blocks))
        })?;
        if form != FORM {
            return Err(LockError::Form(form));
        }
        let mut lock = Lock::default();
        for block in blocks {
            let (market, skills) = block.value;
            if !markets.all().any(|known| *known == market) {
                return Err(LockError::OtherMarket(Box::new(market)));
            }
            if lock.markets.contains_key(&market) {
                return Err(LockError::Twice(format!("the market {}", market.address)));
            }
            lock.markets.insert(market.clone(), BTreeMap::new());
            for (name, locked) in skills {
                lock.add(&market, name, locked, markets)?;
            }
        }
        Ok(lock)
    }

    fn add(
        &mut self,
        market: &Market,
        name: SkillName,
        locked: Locked,
        markets: &Markets,
    ) -> Result<(), LockError> {
        let configured = markets.of(&name)?;
        if configured != market {
            let (found, configured) = (Box::new(market.clone()), Box::new(configured.clone()));
            return Err(LockError::Elsewhere {
                name,
                found,
                configured,
            });
        }
        let skills = self.markets.entry(market.clone()).or_default();
        match skills.contains_key(&name) {
            true => Err(LockError::Twice(name.to_string())),
            false => {
                skills.insert(name, locked);
                Ok(())
            }
        }
    }

    /// What is locked of a skill.
    pub fn get(&self, name: &SkillName) -> Option<&Locked> {
        self.markets.values().find_map(|skills| skills.get(name))
    }

    /// Locks a skill, in place of what was locked of it, under the market of its namespace.
    ///
    /// # Errors
    /// When no market is configured for it.
    pub fn set(
        &mut self,
        name: SkillName,
        locked: Locked,
        markets: &Markets,
    ) -> Result<(), NoMarket> {
        let market = markets.of(&name)?.clone();
        self.remove(&name);
        self.markets.entry(market).or_default().insert(name, locked);
        Ok(())
    }

    /// Unlocks a skill.
    pub fn remove(&mut self, name: &SkillName) -> Option<Locked> {
        self.markets
            .values_mut()
            .find_map(|skills| skills.remove(name))
    }

    /// Every skill, with its market, in the order they are written.
    pub fn iter(&self) -> impl Iterator<Item = (&Market, &SkillName, &Locked)> {
        let markets = self.markets.iter();
        markets.flat_map(|(market, skills)| {
            skills
                .iter()
                .map(move |(name, locked)| (market, name, locked))
        })
    }

    /// The file's text: equal locks have equal bytes.
    pub fn write(&self) -> String {
        let mut text = format!("{HEAD}version = {FORM}\n");
        for (market, skills) in self.markets.iter().filter(|(_, skills)| !skills.is_empty()) {
            text.push_str(&format!(
                "\n[[market]]\naddress = {}\norigin = {}\n",
                quoted(market.address.as_str()),
                quoted(market.origin.as_str())
            ));
            for (name, locked) in skills {
                text.push_str(&format!(
                    "\n[[market.skill]]\nname = {}\nversion = {}\ncomponent = {}\nconsent = {}\nleaf = {}\n",
                    quoted(name.as_str()),
                    quoted(&locked.version.to_string()),
                    quoted(&locked.component.to_string()),
                    quoted(&locked.consent.to_string()),
                    locked.leaf
                ));
                text.push_str(
                    &locked
                        .placed
                        .as_ref()
                        .map(Placed::write)
                        .unwrap_or_default(),
                );
            }
        }
        text
    }
}

type Block = (Market, Vec<(SkillName, Locked)>);

fn block(section: &mut Section<'_>) -> Result<Block, TextError> {
    let address = section
        .require("address", "address = \"https://market.example/\"")?
        .parsed()?;
    let origin = section
        .require("origin", "origin = \"market.example/log\"")?
        .parsed()?;
    let skills = match section.take("skill") {
        Some(item) => item.tables(skill)?,
        None => Vec::new(),
    };
    let skills = skills.into_iter().map(|skill| skill.value).collect();
    Ok((Market { address, origin }, skills))
}

fn skill(section: &mut Section<'_>) -> Result<(SkillName, Locked), TextError> {
    let name = section
        .require("name", "name = \"com.acme/salesforce\"")?
        .parsed()?;
    let digest = |item: Item<'_>| item.parsed::<Digest>();
    let locked = Locked {
        version: section
            .require("version", "version = \"1.2.0\"")?
            .parsed()?,
        component: digest(section.require("component", "component = \"sha256:…\"")?)?,
        consent: digest(section.require("consent", "consent = \"sha256:…\"")?)?,
        leaf: section
            .require("leaf", "leaf = 4711")?
            .number("a whole number of at least 0")?,
        placed: Placed::read(section)?,
    };
    Ok((name, locked))
}

pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
