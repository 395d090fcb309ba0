//! Namespaces and their keys.

use serde::Serialize;

use super::{ActError, act::Act};
use crate::{
    keeper::{
        Market,
        ledger::Appended,
        ledger::moment,
        proof::{self, Shows},
    },
    state::{Account, Change, Claim, Namespace, Owned, Proof, ProofMethod, Reason, Role, Word},
    trust::PublicKey,
};

/// What somebody publishes to show that a namespace is theirs.
#[derive(Clone, Debug, Serialize)]
pub struct Terms {
    /// The line.
    pub proof: String,
    /// Where it has to stand.
    #[serde(rename = "where")]
    pub place: String,
}

impl Market {
    /// What `by` publishes to claim a namespace, or to change its keys where none is left that could sign.
    ///
    /// # Errors
    /// Where the market never looks.
    pub fn terms(
        &self,
        by: &Account,
        namespace: &Namespace,
        method: ProofMethod,
        shows: Shows,
    ) -> Result<Terms, ActError> {
        if !self.any_namespace && !self.lookup.can(method) {
            let message = "this market does not look there: ask for the other method";
            return Err(ActError::Invalid(message.to_owned()));
        }
        Ok(Terms {
            proof: proof::line(self.keys.log.key().name(), by, namespace, shows),
            place: proof::place(namespace, method),
        })
    }

    /// Claims a namespace with its first key, when its proof is found.
    ///
    /// # Errors
    /// [`ActError`]. The same claim again, by the same account with the same key, is the leaf that is there.
    pub async fn claim(
        &self,
        by: &Account,
        namespace: Namespace,
        key: PublicKey,
    ) -> Result<Appended, ActError> {
        let there = self.ledger.look(|view| {
            let owned = view.state.namespace(&namespace)?;
            let first = owned.keys.first()?;
            let is_same = owned.owner == *by && *first.record.key.public() == key;
            is_same.then_some(Appended {
                leaf: first.leaf,
                at: first.at,
            })
        });
        if let Some(there) = there {
            return Ok(there);
        }
        self.not_ours(&key)?;
        let acting = self.acting(by, Act::Claim)?;
        let proof = self.proven(by, &namespace, Shows::Claim).await?;
        let claim = Claim {
            namespace,
            owner: by.clone(),
            proof,
            key,
            until: None,
        };
        let appended = self.ledger.append(by, Change::Namespace(claim)).await;
        drop(acting);
        Ok(appended?)
    }

    /// Whether the domain has the line that shows this, now.
    pub(super) async fn proven(
        &self,
        by: &Account,
        namespace: &Namespace,
        shows: Shows,
    ) -> Result<Proof, ActError> {
        if self.any_namespace {
            let place = "nowhere: this market takes every namespace as it is claimed";
            return self.proof(ProofMethod::Https, place);
        }
        let line = proof::line(self.keys.log.key().name(), by, namespace, shows);
        let mut told = Vec::new();
        let methods = [ProofMethod::Https, ProofMethod::Dns];
        for method in methods
            .into_iter()
            .filter(|method| self.lookup.can(*method))
        {
            let place = proof::place(namespace, method);
            match self.lookup.lines(method, &place).await {
                Ok(lines) if lines.iter().any(|found| found.trim() == line) => {
                    return self.proof(method, &place);
                }
                Ok(_) => told.push(format!("`{place}` does not have it")),
                Err(why) => told.push(format!("`{place}`: {why}")),
            }
        }
        let told = told.join(", ");
        Err(ActError::Denied(format!(
            "`{namespace}` is not proven: the line `{line}` is looked for, and {told}"
        )))
    }

    fn proof(&self, method: ProofMethod, place: &str) -> Result<Proof, ActError> {
        let place: Word = place
            .parse()
            .map_err(|_| ActError::Invalid("the namespace is too long".to_owned()))?;
        Ok(Proof {
            method,
            place,
            at: moment(&*self.clock),
        })
    }

    /// A publisher must not sign with the market's keys: then one hand had both signatures.
    pub(super) fn not_ours(&self, key: &PublicKey) -> Result<(), ActError> {
        match self.keys.root.has_hint(key.hint()) {
            true => Err(ActError::Invalid(
                "this is a key of the market itself".to_owned(),
            )),
            false => Ok(()),
        }
    }

    /// Makes sure that somebody may do in a namespace what takes a role; whose it is. What has to be signed, the log asks for besides.
    pub(in crate::keeper) fn acts_as(
        &self,
        by: &Account,
        namespace: &Namespace,
        role: Role,
    ) -> Result<Account, ActError> {
        let now = moment(&*self.clock);
        let (owner, theirs) = self.owned(namespace, |owned| {
            (owned.owner.clone(), owned.role_at(by, now))
        })?;
        match theirs {
            Some(theirs) if theirs >= role => Ok(owner),
            Some(theirs) => Err(ActError::Denied(format!(
                "`{by}` is a {theirs} of `{namespace}`, and this takes a {role}"
            ))),
            None => Err(ActError::Denied(format!(
                "the namespace `{namespace}` is not `{by}`'s"
            ))),
        }
    }

    /// The same where the domain speaks, which names an account: the one that claimed the namespace, whatever became of its keys.
    pub(super) fn acts_for(&self, by: &Account, namespace: &Namespace) -> Result<(), ActError> {
        let owner = self.owned(namespace, |owned| owned.owner.clone())?;
        match owner == *by {
            true => Ok(()),
            false => Err(ActError::Denied(format!(
                "`{by}` has not claimed the namespace `{namespace}`: the domain speaks for `{owner}`"
            ))),
        }
    }

    pub(super) fn owned<T>(
        &self,
        namespace: &Namespace,
        look: impl FnOnce(&Owned) -> T,
    ) -> Result<T, ActError> {
        let found = self
            .ledger
            .look(|view| view.state.namespace(namespace).map(look));
        let nobody = || format!("nobody has claimed the namespace `{namespace}`");
        found.ok_or_else(|| ActError::Missing(nobody()))
    }
}

pub(super) fn reason(text: &str) -> Result<Reason, ActError> {
    text.parse()
        .map_err(|error: crate::state::InvalidReason| ActError::Invalid(error.to_string()))
}
