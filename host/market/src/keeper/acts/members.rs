//! Members of a namespace, and its rule: by the word of its owners.

use super::{ActError, Said, act::Act};
use crate::{
    keeper::{Market, ledger::Appended},
    state::{Account, Change, MemberChange, Role, RuleChange},
};

impl Market {
    /// Gives a member another role, or removes it.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn change_member(
        &self,
        by: &Account,
        change: MemberChange,
        said: Said,
    ) -> Result<Appended, ActError> {
        self.acts_as(by, &change.namespace, Role::Owner)?;
        let (signature, second) = said.by_key()?;
        let acting = self.acting(by, Act::Key)?;
        let changed = Change::Member(change.with(signature, second));
        let appended = self.ledger.append(by, changed).await;
        drop(acting);
        Ok(appended?)
    }

    /// Turns the 2-person rule of a namespace on or off.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn change_rule(
        &self,
        by: &Account,
        change: RuleChange,
        said: Said,
    ) -> Result<Appended, ActError> {
        self.acts_as(by, &change.namespace, Role::Owner)?;
        let (signature, second) = said.by_key()?;
        let acting = self.acting(by, Act::Key)?;
        let changed = Change::Rule(change.with(signature, second));
        let appended = self.ledger.append(by, changed).await;
        drop(acting);
        Ok(appended?)
    }
}
