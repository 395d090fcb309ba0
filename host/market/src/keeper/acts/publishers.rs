//! Trusted publishers, and what their runs publish.

use metier_core::SkillName;

use super::{ActError, Outcome, Submission};
use crate::{
    keeper::{
        Market,
        ledger::{Appended, moment},
        runs::RunBearer,
    },
    state::{
        Account, Change, Namespace, PublisherAdded, PublisherEnded, PublisherRefused, Refused, Run,
        TrustedPublisher,
    },
};

/// Issuers that everybody gets tokens of, and the claims by which one of them is not everybody's: one of each list, whole.
const SHARED: [(&str, &[&[&str]]); 2] = [
    (
        "https://token.actions.githubusercontent.com",
        &[&["repository", "repository_id"], &["workflow_ref"]],
    ),
    ("https://gitlab.com", &[&["project_path", "project_id"]]),
];

impl Market {
    /// Trusts runs with what a namespace publishes.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn add_publisher(
        &self,
        by: &Account,
        added: PublisherAdded,
    ) -> Result<Appended, ActError> {
        self.acts_for(by, &added.namespace)?;
        let known = self.id_tokens.issuers();
        let issuer = added.publisher.issuer.as_str();
        if !known.iter().any(|known| known == issuer) {
            let known = match known.is_empty() {
                true => "of none".to_owned(),
                false => format!("those of {}", known.join(", ")),
            };
            let message = format!("this market takes no ID tokens of {issuer}, but {known}");
            return Err(ActError::Invalid(message));
        }
        narrow(&added.publisher).map_err(ActError::Invalid)?;
        Ok(self.ledger.append(by, Change::Publisher(added)).await?)
    }

    /// Trusts them no more.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn end_publisher(
        &self,
        by: &Account,
        ended: PublisherEnded,
    ) -> Result<Appended, ActError> {
        self.acts_for(by, &ended.namespace)?;
        let namespace = ended.namespace.clone();
        let change = Change::PublisherEnd(ended);
        let appended = self.ledger.append(by, change).await?;
        self.index_of(&namespace).await?;
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
        self.publish_as(&owner, submission, Some(run)).await
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

/// Whether a publisher of an issuer that everybody gets tokens of is somebody.
fn narrow(publisher: &TrustedPublisher) -> Result<(), String> {
    let issuer = publisher.issuer.as_str();
    let shared = SHARED.iter().find(|(shared, _)| *shared == issuer);
    let needed = shared.map(|(_, needed)| *needed).unwrap_or_default();
    for any in needed {
        let names = |name: &&&str| {
            let mut claims = publisher.claims.iter();
            // Of a workflow, the state it is of may be any.
            claims.any(|(claim, wanted)| {
                let is_whole = !wanted.as_str().ends_with("/*");
                claim.as_str() == **name && is_whole
            })
        };
        if !any.iter().any(|name| names(&name)) {
            return Err(format!(
                "everybody gets tokens of {issuer}: name `{}`, whole",
                any.join("` or `")
            ));
        }
    }
    Ok(())
}
