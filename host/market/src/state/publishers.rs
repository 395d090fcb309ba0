//! Trusted publishing: runs of a CI service that publish for a namespace without one of its keys.
//!
//! A key of the namespace signs once which runs may ([`TrustedPublisher`]): those with ID tokens of an issuer and with these claims. So nobody
//! without the namespace's key can invent one, the market included. A version such a run publishes says which run it was ([`Run`]): the
//! claims, and the key that the run made for itself alone. The fold takes it only from a run that a trusted publisher covers.
//!
//! What it rests on: the market alone sees the ID token. It can claim a run there never was, of a publisher that is trusted, for the skills of
//! that publisher; whoever watches the log compares the runs in it with those of the CI service.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, engine::general_purpose::STANDARD};
use metier_core::{Digest, SkillName, canonical};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    LeafSignature, Owned, Published, State, encode::members, leaf::Publication,
    namespace::Namespace, refused::Refused, words::Word,
};
use crate::{
    fixtures::Moment,
    trust::{
        KeyError, KeyHint, KeyRecord, PublicKey, Publisher, SigningKey, Unusable, VerifyingKey, pae,
    },
};

/// Most trusted publishers of one namespace, also those that were removed: each is in every receipt.
pub const MAX_PUBLISHERS: usize = 200;

/// Most claims, and most skills, of one.
const MAX_CLAIMS: usize = 16;
const MAX_SKILLS: usize = 64;

/// What a signature on a trusted publisher is over, beside its bytes; no bundle has this type.
const PAYLOAD_TYPE: &str = "application/vnd.metier.publisher-change+json";

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
    /// When this was signed: one that was removed comes back by a new signature alone.
    pub from: Moment,
}

/// A namespace trusts a publisher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PublisherAdded {
    /// Which namespace.
    pub namespace: Namespace,
    /// Whom.
    pub publisher: TrustedPublisher,
    /// By a key of the namespace that is good.
    pub signature: LeafSignature,
}

/// A namespace trusts a publisher no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PublisherEnded {
    /// Which namespace.
    pub namespace: Namespace,
    /// Whom.
    pub publisher: Digest,
    /// Since when somebody else may have had its runs: what they published from then on is void. Nobody had when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Moment>,
    /// By a key of the namespace that is good.
    pub signature: LeafSignature,
}

/// The run that published a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Run {
    /// The trusted publisher that covers it.
    pub publisher: Digest,
    /// The key it made for itself; nobody has it afterwards.
    pub key: PublicKey,
    /// When its ID token was taken.
    pub at: Moment,
    /// What that said, as far as it is about the run and no person.
    pub claims: BTreeMap<Word, Word>,
}

/// A trusted publisher of a namespace, now or before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPublisher {
    /// What leaves call it.
    pub id: Digest,
    /// Which runs.
    pub publisher: TrustedPublisher,
    /// The key that signed it.
    pub signed_by: KeyHint,
    /// When it came.
    pub at: Moment,
    /// Which leaf brought it.
    pub leaf: u64,
    /// From when on it publishes no more.
    pub ended: Option<Moment>,
    /// From when on what it published is void.
    pub compromised: Option<Moment>,
    /// When that was said first.
    pub voided: Option<Moment>,
}

/// Why a leaf about trusted publishing is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublisherRefused {
    /// It says nothing that could be checked.
    #[error("this is no trusted publisher: {0}")]
    Shape(&'static str),
    /// Twice.
    #[error("the trusted publisher {0} is or was there; sign it anew")]
    There(Digest),
    /// Enough.
    #[error("the namespace has had as many trusted publishers as one can have")]
    TooMany,
    /// Not there.
    #[error("the namespace has no trusted publisher {0}")]
    Missing(Digest),
    /// Removed before.
    #[error("the trusted publisher {0} was removed before")]
    EndedBefore(Digest),
    /// Not any more.
    #[error("the trusted publisher {0} was removed at {1}")]
    Ended(Digest, Moment),
    /// In other hands, or signed by a key that was.
    #[error("the trusted publisher {0} may have been in other hands from {1} on")]
    Compromised(Digest, Moment),
    /// For other skills.
    #[error("the trusted publisher {0} is not for {1}")]
    OtherSkill(Digest, SkillName),
    /// Another run.
    #[error("the trusted publisher {0} does not cover this run: `{1}` is another")]
    OtherRun(Digest, Word),
    /// The run's time cannot be.
    #[error("the run is of {0}, before its trusted publisher or after its version")]
    RunTime(Moment),
    /// A key of the namespace's as one of a run.
    #[error("the key {0} of the run is one of the namespace")]
    NamespacesKey(KeyHint),
}

impl TrustedPublisher {
    /// What leaves call it in a namespace.
    pub fn id(&self, namespace: &Namespace) -> Digest {
        Digest::of(self.statement(namespace).as_bytes())
    }

    /// Signed by a key of the namespace.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn sign(
        self,
        namespace: Namespace,
        key: &SigningKey<Publisher>,
    ) -> Result<PublisherAdded, KeyError> {
        let signature = signature(&self.statement(&namespace), key)?;
        Ok(PublisherAdded {
            namespace,
            publisher: self,
            signature,
        })
    }

    fn statement(&self, namespace: &Namespace) -> String {
        let body = json!({"type": "publisher", "namespace": namespace, "publisher": members(self).unwrap_or_default()});
        canonical::text(&body)
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
        if self.claims.is_empty() || self.claims.len() > MAX_CLAIMS {
            return wrong("it names no claim, or more than 16");
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
        let is_within = |skill: &SkillName| Namespace::of(skill) == *namespace;
        match self.skills.iter().all(is_within) {
            true => Ok(()),
            false => wrong("it names a skill of another namespace"),
        }
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

impl PublisherEnded {
    /// Signed by a key of the namespace.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn signed(
        namespace: Namespace,
        publisher: Digest,
        since: Option<Moment>,
        key: &SigningKey<Publisher>,
    ) -> Result<Self, KeyError> {
        let signature = signature(&ending(&namespace, &publisher, since), key)?;
        Ok(PublisherEnded {
            namespace,
            publisher,
            since,
            signature,
        })
    }
}

fn ending(namespace: &Namespace, publisher: &Digest, since: Option<Moment>) -> String {
    let body = json!({"type": "publisher-end", "namespace": namespace, "publisher": publisher, "since": since});
    canonical::text(&body)
}

fn signature(statement: &str, key: &SigningKey<Publisher>) -> Result<LeafSignature, KeyError> {
    let signature = key.pair().sign(&pae(PAYLOAD_TYPE, statement.as_bytes()))?;
    Ok(LeafSignature {
        by: key.verifying().hint(),
        signature: STANDARD.encode(signature),
    })
}

impl State {
    pub(super) fn add_publisher(
        &mut self,
        added: &PublisherAdded,
        at: Moment,
    ) -> Result<(), Refused> {
        let leaf = self.size;
        let PublisherAdded {
            namespace,
            publisher,
            signature,
        } = added;
        let owned = self.owned_mut(namespace)?;
        if owned.frozen.is_some() {
            return Err(Refused::Frozen(namespace.clone()));
        }
        publisher.check(namespace)?;
        let id = publisher.id(namespace);
        if owned.publisher(&id).is_ok() {
            return Err(PublisherRefused::There(id).into());
        }
        if owned.publishers.len() >= MAX_PUBLISHERS {
            return Err(PublisherRefused::TooMany.into());
        }
        if publisher.from > at {
            return Err(PublisherRefused::Shape("it is signed later than now").into());
        }
        let statement = publisher.statement(namespace);
        owned.check_statement(namespace, &statement, signature, at)?;
        owned.publishers.push(KnownPublisher {
            id,
            publisher: publisher.clone(),
            signed_by: signature.by,
            at,
            leaf,
            ended: None,
            compromised: None,
            voided: None,
        });
        Ok(())
    }

    pub(super) fn end_publisher(
        &mut self,
        ended: &PublisherEnded,
        at: Moment,
    ) -> Result<(), Refused> {
        let PublisherEnded {
            namespace,
            publisher: id,
            since,
            signature,
        } = ended;
        let owned = self.owned_mut(namespace)?;
        let known = owned.publisher(id)?;
        let is_earlier = since.is_some_and(|since| known.compromised.is_none_or(|at| since < at));
        if known.ended.is_some() && !is_earlier {
            return Err(PublisherRefused::EndedBefore(*id).into());
        }
        let statement = ending(namespace, id, *since);
        owned.check_statement(namespace, &statement, signature, at)?;
        if let Some(known) = owned.publishers.iter_mut().find(|known| known.id == *id) {
            // As for keys: what was published in the second of the leaf, before it, stays good.
            let end = at.plus(std::time::Duration::from_secs(1));
            known.ended.get_or_insert(end);
            if is_earlier {
                known.compromised = *since;
                known.voided.get_or_insert(at);
            }
        }
        Ok(())
    }
}

impl Owned {
    /// A trusted publisher, by its id.
    ///
    /// # Errors
    /// When there is none.
    pub fn publisher(&self, id: &Digest) -> Result<&KnownPublisher, PublisherRefused> {
        let mut publishers = self.publishers.iter();
        let found = publishers.find(|known| known.id == *id);
        found.ok_or(PublisherRefused::Missing(*id))
    }

    /// The trusted publishers that cover something now.
    pub fn publishers_at(&self, at: Moment) -> impl Iterator<Item = &KnownPublisher> {
        let is_good = move |known: &&KnownPublisher| self.check_good(known, at).is_ok();
        self.publishers.iter().filter(is_good)
    }

    /// The keys whose signature makes a publication of that time: the namespace's, or the one of its run.
    ///
    /// # Errors
    /// When no trusted publisher covers the run.
    pub fn keys_for(
        &self,
        publication: &Publication,
        at: Moment,
    ) -> Result<Vec<KeyRecord<Publisher>>, PublisherRefused> {
        match &publication.run {
            None => Ok(self.records()),
            Some(run) => {
                self.check_run(run, &publication.name, at)?;
                Ok(vec![run.record()])
            }
        }
    }

    /// Whether a run publishes a skill at that time.
    ///
    /// # Errors
    /// Why not.
    pub fn check_run(
        &self,
        run: &Run,
        skill: &SkillName,
        at: Moment,
    ) -> Result<(), PublisherRefused> {
        let known = self.publisher(&run.publisher)?;
        self.check_good(known, at)?;
        if !known.publisher.is_for(skill) {
            return Err(PublisherRefused::OtherSkill(known.id, skill.clone()));
        }
        if let Some(name) = known.publisher.differs(&run.claims) {
            return Err(PublisherRefused::OtherRun(known.id, name.clone()));
        }
        if run.at < known.at || run.at > at {
            return Err(PublisherRefused::RunTime(run.at));
        }
        // One that was ended or stolen does not come back this way.
        match self.key(run.key.hint()) {
            Some(_) => Err(PublisherRefused::NamespacesKey(run.key.hint())),
            None => Ok(()),
        }
    }

    fn check_good(&self, known: &KnownPublisher, at: Moment) -> Result<(), PublisherRefused> {
        if let Some(since) = self.void_from(known).filter(|since| *since <= at) {
            return Err(PublisherRefused::Compromised(known.id, since));
        }
        match known.ended.filter(|end| *end <= at) {
            Some(end) => Err(PublisherRefused::Ended(known.id, end)),
            None => Ok(()),
        }
    }

    /// From when on what it published is void: a thief's act with a stolen key may have been to trust runs of their own.
    fn void_from(&self, known: &KnownPublisher) -> Option<Moment> {
        let signer = self.key(known.signed_by);
        let stolen = signer.and_then(|key| key.record.compromised);
        let by_thief = stolen.filter(|since| *since <= known.at).map(|_| known.at);
        [known.compromised, by_thief].into_iter().flatten().min()
    }

    /// Why the signature of a version does not count any more.
    pub fn void(&self, published: &Published) -> Option<Unusable> {
        let publication = &published.publication;
        match &publication.run {
            None => {
                let key = self.key(publication.key)?;
                key.record.usable_at(published.at).err()
            }
            Some(run) => {
                let known = self.publisher(&run.publisher).ok()?;
                let since = self.void_from(known)?;
                (since <= published.at).then_some(Unusable::Compromised(since))
            }
        }
    }

    /// The namespace's own key behind a publication: the one that signed it, or that trusts its run.
    pub fn key_behind(&self, publication: &Publication) -> KeyHint {
        let run = publication.run.as_ref();
        let known = run.and_then(|run| self.publisher(&run.publisher).ok());
        known.map_or(publication.key, |known| known.signed_by)
    }

    fn check_statement(
        &self,
        namespace: &Namespace,
        statement: &str,
        signature: &LeafSignature,
        at: Moment,
    ) -> Result<(), Refused> {
        let by = signature.by;
        let signer = self.key(by);
        let signer = signer.ok_or_else(|| Refused::ForeignKey(by, namespace.clone()))?;
        let usable = signer.record.usable_at(at);
        usable.map_err(|why| Refused::KeyNotGood(by, why))?;
        let bytes = STANDARD.decode(&signature.signature).unwrap_or_default();
        let message = pae(PAYLOAD_TYPE, statement.as_bytes());
        match signer.record.key.public().has_signed(&message, &bytes) {
            true => Ok(()),
            false => Err(Refused::BadSignature(by, namespace.clone())),
        }
    }
}

impl Run {
    /// Its key, which is good for its run and nothing before.
    pub fn record(&self) -> KeyRecord<Publisher> {
        KeyRecord::new(VerifyingKey::new(self.key.clone()), self.at)
    }

    /// Which run it was, in words: `the GitHub workflow acme/salesforce release.yml at refs/tags/v1, run 7`.
    pub fn words(&self) -> String {
        let claim = |name: &str| {
            let mut claims = self.claims.iter();
            let found = claims.find(|(claim, _)| claim.as_str() == name);
            found.map(|(_, said)| said.as_str())
        };
        let mut words = match claim("workflow_ref").and_then(workflow) {
            Some((repository, file, at)) => {
                format!("the GitHub workflow {repository} {file} at {at}")
            }
            None => {
                let all = self.claims.iter();
                let all: Vec<_> = all.map(|(name, said)| format!("{name}={said}")).collect();
                return format!("a run with {}", all.join(", "));
            }
        };
        if let Some(environment) = claim("environment") {
            words.push_str(&format!(" in {environment}"));
        }
        if let Some(run) = claim("run_id") {
            words.push_str(&format!(", run {run}"));
        }
        words
    }
}

/// `acme/salesforce/.github/workflows/release.yml@refs/tags/v1`: the repository, the file, and of which state.
fn workflow(text: &str) -> Option<(&str, &str, &str)> {
    let (path, at) = text.split_once('@')?;
    let (repository, file) = path.split_once("/.github/workflows/")?;
    Some((repository, file, at))
}
