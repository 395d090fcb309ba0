//! How the keys of a namespace change: by the word of one of them, or by that of the domain. A token alone changes none.

use super::{ActError, act::Act};
use crate::{
    keeper::{Market, ledger::Appended, ledger::moment, proof::Shows},
    state::{
        Account, Change, KeyAdded, KeyChange, KeyEnding, LeafSignature, Namespace, Refused, Role,
        Vouched,
    },
};

/// Who says so: an owner, and where the 2-person rule wants it, another one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// One.
    pub first: Option<LeafSignature>,
    /// The other.
    pub second: Option<LeafSignature>,
}

impl Said {
    /// By a key; a statement without one is none.
    pub(super) fn by_key(self) -> Result<(LeafSignature, Option<LeafSignature>), ActError> {
        let unsigned = "this has to be signed, by a key of an owner of the namespace";
        let first = self
            .first
            .ok_or_else(|| ActError::Invalid(unsigned.to_owned()))?;
        Ok((first, self.second))
    }
}

impl Market {
    /// Adds a key to a namespace, of a member who may be new. Without a signature it is recovered: the domain has to have the line that names it.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn add_key(
        &self,
        by: &Account,
        change: KeyChange,
        said: Said,
    ) -> Result<Appended, ActError> {
        match &said.first {
            Some(_) => drop(self.acts_as(by, &change.namespace, Role::Owner)?),
            None => self.acts_for(by, &change.namespace)?,
        }
        self.not_ours(&change.key)?;
        let acting = self.acting(by, Act::Key)?;
        if let Some(member) = &change.member {
            self.is_somebody(&member.account).await?;
        }
        let vouched = match said.first {
            Some(signature) => Vouched::Key(signature),
            None => {
                self.can_be_recovered(&change.namespace)?;
                let key = change.key.hint();
                let shows = Shows::Recover { key };
                Vouched::Domain(self.proven(by, &change.namespace, shows).await?)
            }
        };
        let added = KeyAdded {
            second: said.second,
            ..change.vouched(vouched)
        };
        let appended = self.ledger.append(by, Change::Key(added)).await;
        drop(acting);
        Ok(appended?)
    }

    /// A member has an account here already: else whoever comes first with its name would be the member.
    async fn is_somebody(&self, account: &Account) -> Result<(), ActError> {
        let is_operators = self.accounts.knows(account.as_str()).await;
        let is_operators = is_operators.map_err(crate::keeper::MarketError::from)?;
        match is_operators || self.sessions.knows(account).await? {
            true => Ok(()),
            false => Err(ActError::Missing(format!(
                "nobody has the account `{account}` here: they log in first"
            ))),
        }
    }

    /// Ends a key of a namespace. Without a signature of one of its keys, the domain has to have the line that names the ending.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn end_key(
        &self,
        by: &Account,
        ending: KeyEnding,
        signature: Option<LeafSignature>,
    ) -> Result<Appended, ActError> {
        let namespace = ending.namespace.clone();
        let (vouched, acting) = match signature {
            Some(signature) => {
                // Everybody ends their own; whose it is, the log asks.
                self.acts_as(by, &namespace, Role::Reviewer)?;
                (Vouched::Key(signature), Some(self.acting(by, Act::Key)?))
            }
            // What a thief of the token used up does not keep the domain from ending a key: its line is good for one ending.
            None => {
                self.acts_for(by, &namespace)?;
                let KeyEnding { key, since, .. } = ending;
                let shows = Shows::End { key, since };
                let proof = self.proven(by, &namespace, shows).await?;
                (Vouched::Domain(proof), None)
            }
        };
        let change = Change::KeyEnd(ending.vouched(vouched));
        let appended = self.ledger.append(by, change).await;
        drop(acting);
        let appended = appended?;
        // It is ended. What search finds is made again at the next start, and no reason to say that it is not.
        let _ = self.index_of(&namespace).await;
        Ok(appended)
    }

    /// Nobody knocks at a domain for what the log would refuse.
    fn can_be_recovered(&self, namespace: &Namespace) -> Result<(), ActError> {
        let now = moment(&*self.clock);
        let checked = self.ledger.look(|view| {
            let owned = view.state.namespace(namespace);
            let missing = || Refused::NoNamespace(namespace.clone());
            owned.ok_or_else(missing)?.check_recovery(namespace, now)
        });
        Ok(checked.map_err(crate::keeper::LedgerError::from)?)
    }
}
