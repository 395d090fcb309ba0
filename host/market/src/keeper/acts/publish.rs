//! Publishing: what was pushed is looked at, signed for and put into the log. Before the leaf nobody sees it.

use std::sync::Arc;

use metier_core::{Digest, SkillName, canonical};
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ActError, WaitsFor, gate::Doing};
use crate::{
    keeper::{
        Market,
        ledger::{Appended, LedgerError, moment},
        registry::{Component, Pin, Record},
        sandbox::In,
    },
    kind::Kind,
    review::{Names, Outcome as Gated, Report, Severity, review},
    state::{
        Account, Change, LeafSignature, Namespace, Price, Publication, Refused, Role, Run,
        subject_name,
    },
    trust::{KeyHint, Policy, Reviewed, ReviewedFinding, verify},
    ware::Said,
};

/// The body of `POST /api/v1/market/publish`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// The skill.
    pub name: SkillName,
    /// The version.
    pub version: Version,
    /// The digest of its OCI manifest, which was pushed before.
    pub manifest: Digest,
    /// The publisher's bundle over that manifest, as it is: its text, or the JSON itself.
    pub bundle: Value,
    /// Whether it mends a hole.
    #[serde(default)]
    pub security_fix: bool,
}

/// What came of a submission that was not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is there.
    Published(Appended),
    /// A person has to look, of the market or of the namespace; the id of its review.
    Waits(String),
}

/// A submission that belongs to its publisher, with everything its leaf says but the review.
pub(super) struct Candidate {
    pub record: Arc<Record>,
    said: Said,
    component: Component,
    bundle: Vec<u8>,
    /// What was pushed is not collected meanwhile.
    _pin: Pin,
    pub key: KeyHint,
    run: Option<Run>,
    /// That another member approved of it.
    pub approval: Option<LeafSignature>,
    pub security_fix: bool,
}

/// In whose namespace something is published, and by whom.
pub(super) struct Whose {
    /// Who claimed it: names near its own are no others', and what is published there counts as theirs.
    pub owner: Account,
    /// Who does it: a member, or, where a run does, the owner.
    pub by: Account,
}

impl Whose {
    /// What a run does is its owner's.
    pub fn run(owner: Account) -> Self {
        Whose {
            by: owner.clone(),
            owner,
        }
    }
}

impl Submission {
    /// The bytes of the publisher's bundle.
    pub fn bundle(&self) -> Vec<u8> {
        match &self.bundle {
            Value::String(text) => text.clone().into_bytes(),
            other => canonical::text(other).into_bytes(),
        }
    }
}

impl Market {
    /// Publishes what was pushed. The same again is the leaf that is there.
    ///
    /// # Errors
    /// [`ActError`]; nobody sees anything of it then.
    pub async fn publish(
        &self,
        by: &Account,
        submission: &Submission,
    ) -> Result<Outcome, ActError> {
        let namespace = Namespace::of(&submission.name);
        let owner = self.acts_as(by, &namespace, Role::Publisher)?;
        let by = by.clone();
        self.publish_as(&Whose { owner, by }, submission, None)
            .await
    }

    /// The same for whoever was found to act for the namespace, with one of its keys or in a run that it trusts.
    pub(super) async fn publish_as(
        &self,
        whose: &Whose,
        submission: &Submission,
        run: Option<Run>,
    ) -> Result<Outcome, ActError> {
        if let Some(there) = self.is_there(submission)? {
            return Ok(Outcome::Published(there));
        }
        if let Some(id) = self.queue.waits(submission, run.as_ref())? {
            return Ok(Outcome::Waits(id));
        }
        let now = moment(&*self.clock);
        let owner = &whose.owner;
        let doing = self
            .ledger
            .look(|view| self.gate.enter(owner, &submission.name, view, now))?;
        let candidate = self.candidate(submission, run.as_ref()).await?;
        self.is_by(&whose.by, &candidate)?;
        let report = self.reviewed(owner, &candidate).await?;
        match report.outcome {
            Gated::Refused => {
                self.gate.refused(owner, now);
                Err(ActError::Refused(Box::new(report)))
            }
            Gated::NeedsAPerson => {
                let pushed = (candidate.record.component, run);
                let waits = WaitsFor::Market;
                let id = self
                    .queue
                    .add(&whose.by, submission, pushed, report, (waits, now))?;
                Ok(Outcome::Waits(id))
            }
            Gated::Passed => self.take(whose, submission, candidate, report, doing).await,
        }
    }

    /// Puts what passed into the log. A name that is new is compared once more with those that came meanwhile.
    async fn take(
        &self,
        whose: &Whose,
        submission: &Submission,
        candidate: Candidate,
        report: Report,
        doing: Doing,
    ) -> Result<Outcome, ActError> {
        let name = &submission.name;
        let is_new = || {
            self.ledger
                .look(|view| view.state.versions(name).next().is_none())
        };
        let naming = match is_new() {
            true => Some(self.gate.naming.lock().await),
            false => None,
        };
        let owner = &whose.owner;
        if naming.is_some() && !self.names_beside(owner).near(name).is_empty() {
            let again = self.reviewed(owner, &candidate).await?;
            if again.outcome != Gated::Passed {
                let now = moment(&*self.clock);
                return match again.outcome {
                    Gated::Refused => Err(ActError::Refused(Box::new(again))),
                    _ => {
                        let pushed = (candidate.record.component, candidate.run);
                        let waits = (WaitsFor::Market, now);
                        let id = self
                            .queue
                            .add(&whose.by, submission, pushed, again, waits)?;
                        Ok(Outcome::Waits(id))
                    }
                };
            }
        }
        if self.needs_a_member(submission)? {
            let pushed = (candidate.record.component, candidate.run);
            let waits = (WaitsFor::Member, moment(&*self.clock));
            let id = self
                .queue
                .add(&whose.by, submission, pushed, report, waits)?;
            return Ok(Outcome::Waits(id));
        }
        let finished = self.finish(&whose.by, candidate, &report).await;
        drop((naming, doing));
        match finished {
            Ok(appended) => Ok(Outcome::Published(appended)),
            // Sent twice at once, one of them was first.
            Err(ActError::Ledger(LedgerError::Refused(Refused::VersionThere(..)))) => {
                let there = self.is_there(submission)?;
                let missing = || ActError::Busy("the version came and went");
                there.map(Outcome::Published).ok_or_else(missing)
            }
            Err(error) => Err(error),
        }
    }

    /// The leaf of the version, when it is this manifest with this bundle.
    fn is_there(&self, submission: &Submission) -> Result<Option<Appended>, ActError> {
        let Submission { name, version, .. } = submission;
        let bundle = Digest::of(&submission.bundle());
        self.ledger.look(|view| {
            let Some(there) = view.state.version(name, version) else {
                return Ok(None);
            };
            let (leaf, at) = (there.leaf, there.at);
            let publication = &there.publication;
            match (publication.manifest, publication.bundle) == (submission.manifest, bundle) {
                true => Ok(Some(Appended { leaf, at })),
                false => {
                    let refused = Refused::VersionThere(name.clone(), version.clone());
                    Err(ActError::Ledger(refused.into()))
                }
            }
        })
    }

    /// Whether the key it is signed with is that of the account: one person's token and another's key are no one's. A run has a key of its own.
    fn is_by(&self, by: &Account, candidate: &Candidate) -> Result<(), ActError> {
        let namespace = Namespace::of(&candidate.record.facts.name);
        let account = self.owned(&namespace, |owned| {
            owned.key(candidate.key).map(|key| key.account.clone())
        })?;
        match account.filter(|account| account != by && candidate.run.is_none()) {
            None => Ok(()),
            Some(account) => Err(ActError::Denied(format!(
                "the key {} is of `{account}`, and `{by}` publishes with one of their own",
                candidate.key
            ))),
        }
    }

    /// Reads what was pushed, and whether its publisher signed it.
    pub(super) async fn candidate(
        &self,
        submission: &Submission,
        run: Option<&Run>,
    ) -> Result<Candidate, ActError> {
        let Submission { name, version, .. } = submission;
        let bundle = submission.bundle();
        // A signature costs less than reading a file.
        let key = self.signed(submission, run, &bundle)?;
        let pin = self.registry.pin_whole(name, &submission.manifest).await?;
        let record = self.registry.record_of(name, &submission.manifest).await?;
        if record.facts.version != *version {
            let found = &record.facts.version;
            let message =
                format!("the manifest is of version {found}, and {version} is to be published");
            return Err(ActError::Invalid(message));
        }
        let component = self.registry.component(&record.component).await?;
        let said = Said::of(record.facts.kind, &component);
        let said = said.map_err(|error| ActError::Invalid(error.to_string()))?;
        Ok(Candidate {
            said,
            record,
            component,
            bundle,
            _pin: pin,
            key,
            run: run.cloned(),
            approval: None,
            security_fix: submission.security_fix,
        })
    }

    fn signed(
        &self,
        submission: &Submission,
        run: Option<&Run>,
        bundle: &[u8],
    ) -> Result<KeyHint, ActError> {
        let namespace = Namespace::of(&submission.name);
        let keys = match run {
            // Whether somebody trusts the run, the log is asked last.
            Some(run) => vec![run.record()],
            None => self.ledger.look(|view| {
                let owned = view.state.namespace(&namespace);
                owned.map(|owned| owned.records()).unwrap_or_default()
            }),
        };
        let policy = Policy {
            subject: submission.manifest,
            name: &subject_name(&submission.name, &submission.version),
            keys: &keys,
            at: moment(&*self.clock),
        };
        let verified = verify(bundle, &policy);
        let key = verified.map_err(|error| ActError::Invalid(error.to_string()))?;
        Ok(key.key)
    }

    pub(super) async fn reviewed(
        &self,
        by: &Account,
        candidate: &Candidate,
    ) -> Result<Report, ActError> {
        let room = self.gate.room.acquire().await;
        let _room = room.map_err(|_| ActError::Busy("the market is ending"))?;
        let names = self.names_beside(by);
        if candidate.record.facts.kind == Kind::Agent {
            return self.reviewed_agent(&candidate.component, &names).await;
        }
        Ok(review(&candidate.component, &names, &In(&*self.sandbox)).await)
    }

    /// The names others have.
    fn names_beside(&self, by: &Account) -> Names {
        self.ledger.look(|view| view.names_beside(by))
    }

    /// Signs the review and appends the leaf. What is written before it is known by digests alone, and nobody sees it.
    pub(super) async fn finish(
        &self,
        by: &Account,
        candidate: Candidate,
        report: &Report,
    ) -> Result<Appended, ActError> {
        let facts = &candidate.record.facts;
        let (name, version) = (facts.name.clone(), facts.version.clone());
        let manifest = candidate.record.manifest;
        let said = said(report, &name, &version, moment(&*self.clock));
        let signed = self
            .keys
            .review
            .sign(&manifest, &subject_name(&name, &version), &said)?;
        let (review, _review) = self.kept(signed.to_json().into_bytes()).await?;
        let (bundle, _bundle) = self.kept(candidate.bundle).await?;
        let publication = Publication {
            name: name.clone(),
            kind: facts.kind,
            version,
            digest: candidate.record.component,
            manifest,
            bundle,
            review,
            key: candidate.key,
            run: candidate.run,
            approval: candidate.approval,
            size: candidate.record.size,
            authority: candidate.said.authority,
            words: candidate.said.words,
            price: price(&facts.price),
            security_fix: candidate.security_fix,
        };
        let change = Change::Publish(Box::new(publication));
        let appended = self.ledger.append(by, change).await?;
        // It is there. What follows is made again at the next start, and no reason to say that it is not.
        let _ = self.show(&candidate.record).await;
        Ok(appended)
    }

    /// Keeps a file that is not collected while the pin lives: until the leaf names it.
    async fn kept(&self, bytes: Vec<u8>) -> Result<(Digest, Pin), ActError> {
        let pin = self.registry.pin(&Digest::of(&bytes));
        Ok((self.registry.keep_file(bytes).await?, pin))
    }

    async fn show(&self, record: &Record) -> Result<(), ActError> {
        self.registry.tag(&record.facts.name, record).await?;
        Ok(self.index(&record.facts.name).await?)
    }
}

fn price(price: &metier_core::Price) -> Option<Price> {
    match price.is_free() {
        true => None,
        // What has no plain line of words costs something all the same.
        false => price.words().parse().or_else(|_| "paid".parse()).ok(),
    }
}

fn said(
    report: &Report,
    name: &SkillName,
    version: &Version,
    at: crate::fixtures::Moment,
) -> Reviewed {
    let findings = report.findings.iter().map(|finding| ReviewedFinding {
        rule: finding.rule.clone(),
        severity: match finding.severity {
            Severity::Refuse => "error",
            Severity::Human => "warning",
            Severity::Note => "note",
        }
        .to_owned(),
        place: finding.place.clone(),
        message: finding.evidence.clone(),
    });
    Reviewed {
        skill: name.clone(),
        version: version.clone(),
        rules: report.rules.clone(),
        at,
        findings: findings.collect(),
    }
}
