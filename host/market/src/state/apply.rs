//! One leaf further. Everything is checked before anything is changed.

use super::{
    NamespaceKey, Owned, Role, State, Vouched, keys,
    leaf::{Change, Claim, Freeze, KeyAdded, KeyEnded, Leaf, Thaw},
    namespace::Namespace,
    refused::Refused,
};
use crate::fixtures::Moment;

impl State {
    /// Applies a leaf.
    ///
    /// # Errors
    /// When it cannot follow those before it. The state is as it was then.
    pub fn apply(&mut self, leaf: &Leaf) -> Result<(), Refused> {
        let at = leaf.at;
        if let Some(last) = self.last.filter(|last| at < *last) {
            return Err(Refused::Earlier { at, last });
        }
        match &leaf.change {
            Change::Namespace(claim) => self.claim(claim, at)?,
            Change::Key(added) => self.add_key(added, at)?,
            Change::KeyEnd(ended) => self.end_key(ended, at)?,
            Change::Member(changed) => self.change_member(changed, at)?,
            Change::Rule(changed) => self.change_rule(changed, at)?,
            Change::Publisher(added) => self.add_publisher(added, at)?,
            Change::PublisherEnd(ended) => self.end_publisher(ended, at)?,
            Change::Publish(publication) => self.publish(publication, at)?,
            Change::Yank(yank) => self.yank(yank)?,
            Change::Unyank(unyank) => self.unyank(unyank)?,
            Change::Revoke(revoke) => self.revoke(revoke, at)?,
            Change::Unrevoke(unrevoke) => self.unrevoke(unrevoke)?,
            Change::Freeze(freeze) => self.freeze(freeze)?,
            Change::Thaw(thaw) => self.thaw(thaw)?,
        }
        if changes_the_list(&leaf.change) {
            // One more than the leaf, so that the first of all is a change too.
            self.listed = self.size + 1;
        }
        self.last = Some(at);
        self.size += 1;
        Ok(())
    }

    pub(super) fn owned(&self, namespace: &Namespace) -> Result<&Owned, Refused> {
        let owned = self.namespaces.get(namespace);
        owned.ok_or_else(|| Refused::NoNamespace(namespace.clone()))
    }

    pub(super) fn owned_mut(&mut self, namespace: &Namespace) -> Result<&mut Owned, Refused> {
        let owned = self.namespaces.get_mut(namespace);
        owned.ok_or_else(|| Refused::NoNamespace(namespace.clone()))
    }

    fn claim(&mut self, claim: &Claim, at: Moment) -> Result<(), Refused> {
        let namespace = &claim.namespace;
        if let Some(owned) = self.namespaces.get(namespace) {
            return Err(match owned.owner == claim.owner {
                true => Refused::KeyInClaim(namespace.clone()),
                false => Refused::Taken(namespace.clone(), owned.owner.clone()),
            });
        }
        for above in namespace.above() {
            let owned = self.namespaces.get(&above);
            if let Some(owned) = owned.filter(|owned| owned.owner != claim.owner) {
                return Err(Refused::Below(above, owned.owner.clone()));
            }
        }
        if claim.proof.at > at {
            return Err(Refused::ProofTime);
        }
        let record = keys::record(&claim.key, at, claim.until)
            .ok_or_else(|| Refused::KeyTimes(namespace.clone()))?;
        let first = NamespaceKey {
            record,
            account: claim.owner.clone(),
            recovered: false,
            signed_by: None,
            voided: None,
            at,
            leaf: self.size,
        };
        let owned = Owned {
            owner: claim.owner.clone(),
            proof: claim.proof.clone(),
            frozen: None,
            keys: vec![first],
            members: [(claim.owner.clone(), Role::Owner)].into(),
            two_person: false,
            changes: 0,
            publishers: Vec::new(),
        };
        self.namespaces.insert(namespace.clone(), owned);
        Ok(())
    }

    fn add_key(&mut self, added: &KeyAdded, at: Moment) -> Result<(), Refused> {
        let leaf = self.size;
        let owned = self.owned_mut(&added.namespace)?;
        if owned.frozen.is_some() {
            return Err(Refused::Frozen(added.namespace.clone()));
        }
        let key = owned.check_added(added, at, leaf)?;
        let role = added
            .member
            .as_ref()
            .map_or(Role::Owner, |member| member.role);
        owned.members.insert(key.account.clone(), role);
        if matches!(added.vouched, Vouched::Domain(_)) {
            // There may be nobody left who could turn it off. That the keys begin anew, clients say loudly.
            owned.two_person = false;
        }
        owned.keys.push(key);
        owned.changes += 1;
        Ok(())
    }

    fn end_key(&mut self, ended: &KeyEnded, at: Moment) -> Result<(), Refused> {
        let owned = self.owned_mut(&ended.namespace)?;
        let (place, record) = owned.check_ended(ended, at)?;
        if let Some(key) = owned.keys.get_mut(place) {
            key.record = record;
            if ended.since.is_some() {
                key.voided = Some(key.voided.unwrap_or(at));
            }
        }
        owned.changes += 1;
        owned.void_what_compromised_keys_signed(at);
        Ok(())
    }

    fn freeze(&mut self, freeze: &Freeze) -> Result<(), Refused> {
        let owned = self.owned_mut(&freeze.namespace)?;
        if owned.frozen.is_some() {
            return Err(Refused::Frozen(freeze.namespace.clone()));
        }
        owned.frozen = Some(freeze.why.clone());
        Ok(())
    }

    fn thaw(&mut self, thaw: &Thaw) -> Result<(), Refused> {
        let owned = self.owned_mut(&thaw.namespace)?;
        if owned.frozen.is_none() {
            return Err(Refused::NotFrozen(thaw.namespace.clone()));
        }
        owned.frozen = None;
        Ok(())
    }
}

/// Whether the revocation list can say something else after it: what is void is told as a range of versions, which a new one may lie in.
fn changes_the_list(change: &Change) -> bool {
    match change {
        Change::Revoke(_) | Change::Unrevoke(_) | Change::Publish(_) => true,
        Change::KeyEnd(ended) => ended.since.is_some(),
        Change::PublisherEnd(ended) => ended.since.is_some(),
        _ => false,
    }
}
