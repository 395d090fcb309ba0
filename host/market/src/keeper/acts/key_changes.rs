//! How the keys of a namespace change: by the word of one of them, or by that of the domain. A token alone changes none.

use super::{ActError, act::Act};
use crate::{
    keeper::{Market, ledger::Appended, ledger::moment, proof::Shows},
    state::{Account, Change, KeyChange, KeyEnding, LeafSignature, Namespace, Refused, Vouched},
};

impl Market {
    /// Adds a key to a namespace. Without a signature it is recovered: the domain has to have the line that names it.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn add_key(
        &self,
        by: &Account,
        change: KeyChange,
        signature: Option<LeafSignature>,
    ) -> Result<Appended, ActError> {
        self.acts_for(by, &change.namespace)?;
        self.not_ours(&change.key)?;
        let acting = self.acting(by, Act::Key)?;
        let vouched = match signature {
            Some(signature) => Vouched::Key(signature),
            None => {
                self.can_be_recovered(&change.namespace)?;
                let key = change.key.hint();
                let shows = Shows::Recover { key };
                Vouched::Domain(self.proven(by, &change.namespace, shows).await?)
            }
        };
        let change = Change::Key(change.vouched(vouched));
        let appended = self.ledger.append(by, change).await;
        drop(acting);
        Ok(appended?)
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
        self.acts_for(by, &ending.namespace)?;
        let namespace = ending.namespace.clone();
        let (vouched, acting) = match signature {
            Some(signature) => (Vouched::Key(signature), Some(self.acting(by, Act::Key)?)),
            // What a thief of the token used up does not keep the domain from ending a key: its line is good for one ending.
            None => {
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
