//! Trusted publishers, and what their runs publish.

use metier_core::SkillName;

use super::{ActError, Outcome, Said, Submission, act::Act, narrow::narrow, publish::Whose};
use crate::{
    keeper::{
        Market,
        ledger::{Appended, moment},
        proof::Shows,
        runs::RunBearer,
    },
    state::{
        Account, Change, LeafSignature, Namespace, PublisherAdded, PublisherChange,
        PublisherEnding, PublisherRefused, Refused, Role, Run, Vouched,
    },
};

impl Market {
    /// Trusts runs with what a namespace publishes.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn add_publisher(
        &self,
        by: &Account,
        change: PublisherChange,
        said: Said,
    ) -> Result<Appended, ActError> {
        self.acts_as(by, &change.namespace, Role::Owner)?;
        let (signature, second) = said.by_key()?;
        let known = self.id_tokens.issuers(&change.namespace);
        let issuer = change.publisher.issuer.as_str();
        if !known.iter().any(|known| known == issuer) {
            let known = match known.is_empty() {
                true => "of none".to_owned(),
                false => format!("those of {}", known.join(", ")),
            };
            let message = format!(
                "this market takes no ID tokens of {issuer} for `{}`, but {known}",
                change.namespace
            );
            return Err(ActError::Invalid(message));
        }
        narrow(&change.publisher).map_err(ActError::Invalid)?;
        let acting = self.acting(by, Act::Publisher)?;
        let added = Change::Publisher(PublisherAdded {
            second,
            ..change.with(signature)
        });
        let appended = self.ledger.append(by, added).await;
        drop(acting);
        Ok(appended?)
    }

    /// Trusts them no more. Without a signature of one of its keys, the domain has to have the line that names the ending.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn end_publisher(
        &self,
        by: &Account,
        ending: PublisherEnding,
        signature: Option<LeafSignature>,
    ) -> Result<Appended, ActError> {
        let namespace = ending.namespace.clone();
        let (vouched, acting) = match signature {
            Some(signature) => {
                self.acts_as(by, &namespace, Role::Owner)?;
                let acting = self.acting(by, Act::Publisher)?;
                (Vouched::Key(signature), Some(acting))
            }
            // As for a key: what a thief used up does not keep the domain from ending it.
            None => {
                self.acts_for(by, &namespace)?;
                let PublisherEnding {
                    publisher, since, ..
                } = ending;
                let shows = Shows::EndPublisher { publisher, since };
                let proof = self.proven(by, &namespace, shows).await?;
                (Vouched::Domain(proof), None)
            }
        };
        let change = Change::PublisherEnd(ending.vouched(vouched));
        let appended = self.ledger.append(by, change).await;
        drop(acting);
        let appended = appended?;
        // As for a key: it is ended, whatever becomes of search.
        let _ = self.index_of(&namespace).await;
        Ok(appended)
    }

    /// Publishes what a run pushed, for whoever has the namespace.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn publish_run(
        &self,
        bearer: &RunBearer,
        submission: &Submission,
    ) -> Result<Outcome, ActError> {
        let run = self.run_for(bearer, &submission.name)?;
        let owner = self.ledger.look(|view| {
            let owned = view.state.namespace(&bearer.namespace);
            owned.map(|owned| owned.owner.clone())
        });
        let missing = || Refused::NoNamespace(bearer.namespace.clone());
        let owner = owner.ok_or_else(|| ActError::Ledger(missing().into()))?;
        self.publish_as(&Whose::run(owner), submission, Some(run))
            .await
    }

    /// The run by which a skill is published.
    pub(in crate::keeper) fn run_for(
        &self,
        bearer: &RunBearer,
        skill: &SkillName,
    ) -> Result<Run, ActError> {
        if Namespace::of(skill) != bearer.namespace {
            let message = format!("the run publishes in `{}` alone", bearer.namespace);
            return Err(ActError::Denied(message));
        }
        let now = moment(&*self.clock);
        let mut why = PublisherRefused::Shape("the run is covered by none");
        let found = self.ledger.look(|view| {
            let owned = view.state.namespace(&bearer.namespace)?;
            let mut runs = bearer.runs.iter();
            let covered = runs.find(|run| match owned.check_run(run, skill, now) {
                Ok(()) => true,
                Err(refused) => {
                    why = refused;
                    false
                }
            });
            covered.cloned()
        });
        found.ok_or_else(|| ActError::Denied(why.to_string()))
    }
}
