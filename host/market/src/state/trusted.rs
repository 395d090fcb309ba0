//! Which runs may publish: of whose ID tokens, with which claims, and which skills.

use std::collections::{BTreeMap, BTreeSet};

use metier_core::{Digest, SkillName};
use serde::{Deserialize, Serialize};

use super::{PublisherChange, PublisherRefused, namespace::Namespace, words::Word};
use crate::fixtures::Moment;

/// Most claims, and most skills, of one.
const MAX_CLAIMS: usize = 16;
const MAX_SKILLS: usize = 64;

/// Most bytes of both: it is in every receipt of its namespace, with as many others as there can be.
const MAX_LENGTH: usize = 4 << 10;

/// What every ID token for a market has, whoever's it is.
const OF_EVERY_TOKEN: [&str; 6] = ["iss", "aud", "exp", "nbf", "iat", "jti"];

/// Behind what a `*` may stand: so `acme/*` does not mean `acme-evil/tools`.
const BOUNDS: [char; 3] = ['/', '@', ':'];

/// Which runs may publish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TrustedPublisher {
    /// Whose ID tokens: exactly what `iss` is in them.
    pub issuer: Word,
    /// What they say. A `*` at the end, behind `/`, `@` or `:`, stands for anything.
    pub claims: BTreeMap<Word, Word>,
    /// The only skills they publish; all of the namespace when there are none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub skills: BTreeSet<SkillName>,
    /// When this was signed: one that was ended comes back by a new signature alone.
    pub from: Moment,
}

impl TrustedPublisher {
    /// What leaves call it in a namespace.
    pub fn id(&self, namespace: &Namespace) -> Digest {
        self.clone().of(namespace.clone()).id()
    }

    /// That a namespace trusts it.
    pub fn of(self, namespace: Namespace) -> PublisherChange {
        PublisherChange {
            namespace,
            publisher: self,
        }
    }

    /// Whether it says something that can be checked.
    ///
    /// # Errors
    /// What it does not say.
    pub fn check(&self, namespace: &Namespace) -> Result<(), PublisherRefused> {
        let wrong = |why| Err(PublisherRefused::Shape(why));
        let issuer = self.issuer.as_str();
        if !(issuer.starts_with("https://") || issuer.starts_with("http://")) {
            return wrong("its issuer is no address");
        }
        let tells = |name: &Word| !OF_EVERY_TOKEN.contains(&name.as_str());
        if !self.claims.keys().any(tells) || self.claims.len() > MAX_CLAIMS {
            return wrong("it names no claim that tells one run from another, or more than 16");
        }
        if !self
            .claims
            .values()
            .all(|wanted| is_pattern(wanted.as_str()))
        {
            return wrong("a `*` stands at the end of a claim, behind `/`, `@` or `:`, or nowhere");
        }
        if self.skills.len() > MAX_SKILLS {
            return wrong("it names more than 64 skills");
        }
        if self.length() > MAX_LENGTH {
            return wrong("its claims and skills are longer than 4 KiB");
        }
        let is_within = |skill: &SkillName| Namespace::of(skill) == *namespace;
        match self.skills.iter().all(is_within) {
            true => Ok(()),
            false => wrong("it names a skill of another namespace"),
        }
    }

    /// Bytes of what it names.
    fn length(&self) -> usize {
        let claims = self.claims.iter();
        let claims = claims.map(|(name, wanted)| name.as_str().len() + wanted.as_str().len());
        let skills = self.skills.iter().map(|skill| skill.as_str().len());
        claims.chain(skills).sum()
    }

    /// Whether it covers a skill of its namespace.
    pub fn is_for(&self, skill: &SkillName) -> bool {
        self.skills.is_empty() || self.skills.contains(skill)
    }

    /// The first claim that a run does not have as it is wanted.
    pub fn differs(&self, said: &BTreeMap<Word, Word>) -> Option<&Word> {
        let mut wanted = self.claims.iter();
        wanted
            .find(|(name, wanted)| {
                let said = said.get(*name);
                !said.is_some_and(|said| is_so(wanted.as_str(), said.as_str()))
            })
            .map(|(name, _)| name)
    }
}

/// Whether a `*` stands only where it may.
fn is_pattern(wanted: &str) -> bool {
    match wanted.split_once('*') {
        None => true,
        Some((start, rest)) => rest.is_empty() && start.ends_with(BOUNDS),
    }
}

fn is_so(wanted: &str, said: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(start) => said.starts_with(start),
        None => wanted == said,
    }
}
