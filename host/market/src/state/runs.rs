//! What a run of a CI service publishes: which run it was, whether somebody trusts it, and whether it still counts.
//!
//! The fold takes a version only from a run that a [trusted publisher](super::TrustedPublisher) covers, signed by the key that the run made for
//! itself alone.
//!
//! What it rests on: the market alone sees the ID token. It can claim a run there never was, of a publisher that is trusted, for the skills of
//! that publisher; whoever watches the log compares the runs in it with those of the CI service.

use std::collections::BTreeMap;

use metier_core::{Digest, SkillName};
use serde::{Deserialize, Serialize};

use super::{
    KnownPublisher, NamespaceKey, Owned, Published, PublisherRefused, leaf::Publication,
    words::Word,
};
use crate::{
    fixtures::Moment,
    trust::{KeyHint, KeyRecord, PublicKey, Publisher, Unusable, VerifyingKey},
};

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

impl Owned {
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
        // One that was ended or stolen does not come back this way. One that came later says nothing of what was published before: the keys
        // of runs are there for everybody to read, and whoever added them would take all of it away.
        let before = |key: &&NamespaceKey| key.at < at;
        match self.key(run.key.hint()).filter(before) {
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
    pub fn void_from(&self, known: &KnownPublisher) -> Option<Moment> {
        let signer = self.key(known.signed_by);
        let stolen = signer.and_then(|key| key.record.compromised);
        let by_thief = stolen.filter(|since| *since <= known.at).map(|_| known.at);
        [known.compromised, by_thief].into_iter().flatten().min()
    }

    /// Why a signature of a version does not count any more: its key was in other hands, or its workflow, or the key that approved of it.
    pub fn void(&self, published: &Published) -> Option<Unusable> {
        let approval = || Some(self.void_approval(&published.publication, published.at)?.1);
        self.void_signature(published).or_else(approval)
    }

    fn void_signature(&self, published: &Published) -> Option<Unusable> {
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

    /// When it was said that a version is void, if it was.
    pub(super) fn void_said(&self, published: &Published) -> Option<Moment> {
        let publication = &published.publication;
        if self.void_signature(published).is_none() {
            let approval = publication.approval.as_ref()?;
            return self.key(approval.by)?.voided;
        }
        let Some(run) = &publication.run else {
            return self.key(publication.key)?.voided;
        };
        let known = self.publisher(&run.publisher).ok()?;
        let own = known.compromised.filter(|since| *since <= published.at);
        let own = own.and(known.voided);
        own.or_else(|| self.key(known.signed_by)?.voided)
    }

    /// Whether anything of it can be void.
    pub(super) fn was_in_other_hands(&self) -> bool {
        self.keys.iter().any(|key| key.voided.is_some())
            || self.publishers.iter().any(|known| known.voided.is_some())
    }

    /// The namespace's own key behind a publication: the one that signed it, or that trusts its run.
    pub fn key_behind(&self, publication: &Publication) -> KeyHint {
        let run = publication.run.as_ref();
        let known = run.and_then(|run| self.publisher(&run.publisher).ok());
        known.map_or(publication.key, |known| known.signed_by)
    }
}

impl Run {
    /// Its key, which is good for its run and nothing before.
    pub fn record(&self) -> KeyRecord<Publisher> {
        KeyRecord::new(VerifyingKey::new(self.key.clone()), self.at)
    }

    /// Which run it was, in words: `the workflow acme/salesforce release.yml at refs/tags/v1, run 7`.
    pub fn words(&self) -> String {
        let claim = |name: &str| {
            let mut claims = self.claims.iter();
            let found = claims.find(|(claim, _)| claim.as_str() == name);
            found.map(|(_, said)| said.as_str())
        };
        let mut words = match claim("workflow_ref").and_then(workflow) {
            Some((repository, file, at)) => {
                format!("the workflow {repository} {file} at {at}")
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
