//! Finding skills by words and facets.
//!
//! What is found is derived from elsewhere: an index may be thrown away and filled again.
//!
//! - Every word of the query has to be there, the last one as the beginning of a word: whoever types sees what fits so far.
//! - A word nobody has is replaced by the nearest that somebody has, and that is said ([`Found::corrected`]).
//! - First comes a name that is what was typed, then all words in the name, one of them there, all in the description, all anywhere;
//!   and among equals the better [`standing`](SearchEntry::standing). To repeat a word gains nothing, and how often something was
//!   downloaded is not known here, so it cannot rank.
//! - Facets of the same kind widen, facets of different kinds narrow.
//! - Only the first [`MAX_RANKED`] are told and counted: of a query that fits more, counts are "at least" ([`Found::is_cut`]).

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use metier_core::ids::SkillName;

use crate::traits::Result;

/// Skills that are told of those that fit.
pub const MAX_RANKED: usize = 1_000;

/// Hits on one page.
pub const MAX_HITS: usize = 100;

/// Words of a query that count.
pub const MAX_QUERY_WORDS: usize = 12;

/// Bytes of a query that are looked at.
pub const MAX_QUERY_BYTES: usize = 512;

/// Facets in one query.
pub const MAX_QUERY_FACETS: usize = 24;

/// Facets of one skill.
pub const MAX_FACETS: usize = 64;

/// Bytes of everything a skill is found by.
pub const MAX_ENTRY_WORDS: usize = 64 << 10;

/// Bytes of a facet's value.
pub const MAX_FACET_BYTES: usize = 256;

/// What can be chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Facet {
    /// What it is: `skill` or `agent`.
    Kind,
    /// A kind of reach: `http`, `kv` …
    Capability,
    /// What its tools do to the world: `read`, `write` …
    Effect,
    /// A host it speaks to: `*.salesforce.com`.
    Service,
    /// What it was written in: `rust`.
    Language,
    /// `free` or `paid`.
    Price,
    /// A namespace: `com.acme`.
    Publisher,
}

impl Facet {
    /// All of them, in the order people read them.
    pub const ALL: [Facet; 7] = [
        Facet::Kind,
        Facet::Service,
        Facet::Effect,
        Facet::Capability,
        Facet::Language,
        Facet::Price,
        Facet::Publisher,
    ];

    /// Its name in an address: `capability`.
    pub fn name(self) -> &'static str {
        match self {
            Facet::Kind => "kind",
            Facet::Capability => "capability",
            Facet::Effect => "effect",
            Facet::Service => "service",
            Facet::Language => "language",
            Facet::Price => "price",
            Facet::Publisher => "publisher",
        }
    }

    /// The facet of this name.
    pub fn named(name: &str) -> Option<Facet> {
        Facet::ALL.into_iter().find(|facet| facet.name() == name)
    }
}

/// What is known of a skill, as far as it is looked for.
#[derive(Clone, Debug)]
pub struct SearchEntry {
    /// Its name.
    pub name: SkillName,
    /// One or two sentences.
    pub description: String,
    /// Everything else it is found by: names of its tools, and what they do.
    pub words: String,
    /// What it can be chosen by.
    pub facets: BTreeSet<(Facet, String)>,
    /// What comes first among equals, from 0 to 1000: what users of it said, never how often it was downloaded.
    pub standing: u16,
    /// What is shown of it, kept as it is.
    pub shown: String,
}

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct SearchQuery {
    /// Words. Any text is a query; none finds everything.
    pub text: String,
    /// What must be so.
    pub facets: BTreeSet<(Facet, String)>,
    /// Hits to leave out at the beginning.
    pub skip: usize,
    /// Hits at most.
    pub max: usize,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The best first.
    pub hits: Vec<Hit>,
    /// How many there are.
    pub total: usize,
    /// There are more than were counted.
    pub is_cut: bool,
    /// The words that were looked for instead of those nobody has.
    pub corrected: Option<String>,
    /// What those that fit can be chosen by further, the most frequent first.
    pub facets: BTreeMap<Facet, Vec<(String, usize)>>,
}

/// A skill that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Its name.
    pub name: SkillName,
    /// [`SearchEntry::shown`].
    pub shown: String,
}

/// An index of skills.
#[async_trait]
pub trait Search: std::fmt::Debug + Send + Sync {
    /// Adds skills, or replaces what is known of them.
    async fn put(&self, entries: Vec<SearchEntry>) -> Result<()>;

    /// Forgets a skill; `false` where it was not there.
    async fn remove(&self, name: &SkillName) -> Result<bool>;

    /// Forgets all.
    async fn clear(&self) -> Result<()>;

    /// Finds skills.
    async fn query(&self, query: &SearchQuery) -> Result<Found>;
}
