//! Looking for the proofs of namespaces again: several at once, and what came of it in the log.

use std::sync::Arc;

use futures::{StreamExt, stream};

use super::{ActError, names::reason};
use crate::{
    keeper::{
        LedgerError, Market,
        ledger::moment,
        looks::Look,
        proof::{self, Shows},
    },
    state::{Account, Change, Freeze, Namespace, Owned, Thaw},
};

/// Proofs that are looked for at once: a domain that answers nothing keeps no other waiting.
const AT_ONCE: usize = 16;

/// What a look at all proofs came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Proofs that were looked for.
    pub looked: usize,
    /// Namespaces that lost theirs.
    pub frozen: usize,
    /// Namespaces that have it again.
    pub thawed: usize,
}

impl Market {
    /// Looks for every namespace's proof again that it is time for ([`crate::keeper::looks`]). What could not be looked up stays as it is.
    ///
    /// # Errors
    /// The log's, and the disk's, when all were looked for.
    pub async fn check_proofs(&self) -> Result<Checked, ActError> {
        let mut checked = Checked::default();
        if self.any_namespace {
            return Ok(checked);
        }
        let now = moment(&*self.clock);
        let all: Vec<_> = self.ledger.look(|view| {
            let all = view.state.namespaces();
            let due = all.filter(|(namespace, owned)| {
                let last = self.looks.last(namespace, owned);
                last.is_due(owned.frozen.is_some(), now)
            });
            due.map(|(namespace, owned)| (namespace.clone(), owned.clone()))
                .collect()
        });
        let looking = all.into_iter().map(|(namespace, owned)| async move {
            let found = self.has_proof(&namespace, &owned).await;
            (namespace, owned, found)
        });
        let mut looking = stream::iter(looking).buffer_unordered(AT_ONCE);
        let mut failed = None;
        while let Some((namespace, owned, found)) = looking.next().await {
            checked.looked += 1;
            let settled = self.settle(&namespace, &owned, found, &mut checked).await;
            failed = settled.err().or(failed);
        }
        failed.map_or(Ok(checked), Err)
    }

    /// When the proof of a namespace was looked for last, and what was found.
    pub fn last_look(&self, namespace: &Namespace) -> Option<Look> {
        if self.any_namespace {
            return None;
        }
        let owned = self.state(|state| state.namespace(namespace).cloned());
        owned.map(|owned| self.looks.last(namespace, &owned))
    }

    async fn has_proof(&self, namespace: &Namespace, owned: &Owned) -> Result<bool, String> {
        let log = self.keys.log.key().name();
        let line = proof::line(log, &owned.owner, namespace, Shows::Claim);
        let place = owned.proof.place.as_str();
        let lines = self.lookup.lines(owned.proof.method, place).await?;
        Ok(lines.iter().any(|found| found.trim() == line))
    }

    /// Keeps what was found, and freezes or thaws.
    async fn settle(
        &self,
        namespace: &Namespace,
        owned: &Owned,
        found: Result<bool, String>,
        checked: &mut Checked,
    ) -> Result<(), ActError> {
        let is_there = found == Ok(true);
        let last = self.looks.last(namespace, owned);
        let look = last.next(moment(&*self.clock), found);
        let is_lost = look.is_lost();
        let kept = self.looks.keep(namespace, look).await;
        let namespace = namespace.clone();
        let change = match owned.frozen.is_some() {
            false if is_lost => {
                checked.frozen += 1;
                let why = reason("its proof is not there any more")?;
                Some(Change::Freeze(Freeze { namespace, why }))
            }
            true if is_there => {
                checked.thawed += 1;
                let why = reason("its proof is there again")?;
                Some(Change::Thaw(Thaw { namespace, why }))
            }
            _ => None,
        };
        if let Some(change) = change {
            self.ledger.append(&self.itself()?, change).await?;
        }
        kept.map_err(|error| LedgerError::Disk(Arc::new(error)))?;
        Ok(())
    }

    /// The market, where it acts without being asked.
    fn itself(&self) -> Result<Account, ActError> {
        let itself = crate::keeper::ITSELF.parse();
        itself.map_err(|_| ActError::Busy("the market has no name for itself"))
    }
}
