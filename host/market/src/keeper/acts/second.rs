//! The second person: where a namespace has the 2-person rule, a version waits for another member.
//!
//! What the market's review passed waits in the same [`Queue`](super::Queue) as what it did not. The member who approves of it signs what they
//! saw ([`Approval`]); the signature is in the version's leaf, and whoever installs it verifies it.

use metier_core::{Digest, SkillName};

use super::{ActError, Submission, Waiting, WaitsFor, queue::nothing};
use crate::{
    keeper::{Market, ledger::Appended, ledger::moment},
    state::{Account, Approval, LeafSignature, Namespace, Reason, Role},
};

impl Market {
    /// Whether a version of the namespace waits for another member.
    pub(super) fn needs_a_member(&self, submission: &Submission) -> Result<bool, ActError> {
        let namespace = Namespace::of(&submission.name);
        self.owned(&namespace, |owned| owned.two_person)
    }

    /// Publishes what waits for another member, who approves of it.
    ///
    /// # Errors
    /// [`ActError`]: it waits on.
    pub async fn approve(
        &self,
        by: &Account,
        id: &str,
        signature: LeafSignature,
    ) -> Result<Appended, ActError> {
        let waiting = self.for_member(by, id)?;
        let (mut candidate, report) = self.looked_at_again(&waiting).await?;
        let approval = Approval {
            name: waiting.submission.name.clone(),
            version: waiting.submission.version.clone(),
            digest: candidate.record.component,
            manifest: candidate.record.manifest,
            key: candidate.key,
            security_fix: candidate.security_fix,
        };
        self.has_signed(by, &waiting, &approval, &signature)?;
        candidate.approval = Some(signature);
        let appended = self.finish(&waiting.by, candidate, &report).await?;
        self.queue.done(id)?;
        Ok(appended)
    }

    /// Refuses it, for good: it is sent anew as another file or version.
    ///
    /// # Errors
    /// [`ActError`].
    pub fn refuse_as_member(&self, by: &Account, id: &str, why: Reason) -> Result<(), ActError> {
        self.for_member(by, id)?;
        self.queue.refuse(id, why)
    }

    /// The accounts whose approval something waits for; nothing where it waits for none of them.
    pub fn approvers(&self, id: &str) -> Option<Vec<Account>> {
        let waiting = self.queue.get(id)?;
        if waiting.waits_for != WaitsFor::Member || waiting.refused.is_some() {
            return None;
        }
        let now = moment(&*self.clock);
        let author = waiting.run.is_none().then_some(&waiting.by);
        let namespace = Namespace::of(&waiting.submission.name);
        let approvers = self.owned(&namespace, |owned| {
            let approvers = owned.approvers(author, now).into_iter();
            approvers.cloned().collect()
        });
        approvers.ok()
    }

    /// Whether an account sees what waits: it sent it, or belongs to its namespace.
    pub fn may_see(&self, account: &Account, waiting: &Waiting) -> bool {
        let is_members = || {
            let namespace = Namespace::of(&waiting.submission.name);
            let is_member = self.acts_as(account, &namespace, Role::Reviewer).is_ok();
            waiting.waits_for == WaitsFor::Member && is_member
        };
        *account == waiting.by || is_members()
    }

    /// Whether a file is of something that waits for the members of this account's namespace: they read what they are to approve of.
    pub fn may_read(&self, account: &Account, skill: &SkillName, file: &Digest) -> bool {
        let is_of = |waiting: &Waiting| {
            let submission = &waiting.submission;
            submission.name == *skill && [submission.manifest, waiting.component].contains(file)
        };
        let waiting = self.queue.waiting();
        let mut waiting = waiting.iter().filter(|waiting| is_of(waiting));
        waiting.any(|waiting| self.may_see(account, waiting))
    }

    /// What waits for a member that this account may be.
    fn for_member(&self, by: &Account, id: &str) -> Result<Waiting, ActError> {
        let waiting = self.queue.get(id);
        let waits =
            |waiting: &Waiting| waiting.refused.is_none() && waiting.waits_for == WaitsFor::Member;
        let waiting = waiting.filter(waits).ok_or_else(nothing)?;
        let namespace = Namespace::of(&waiting.submission.name);
        self.acts_as(by, &namespace, Role::Reviewer)?;
        Ok(waiting)
    }

    /// Whether it is the account's own signature, and counts: as the log asks, before anything is written.
    fn has_signed(
        &self,
        by: &Account,
        waiting: &Waiting,
        approval: &Approval,
        signature: &LeafSignature,
    ) -> Result<(), ActError> {
        let now = moment(&*self.clock);
        let author = waiting.run.is_none().then_some(&waiting.by);
        let namespace = Namespace::of(&approval.name);
        let (whose, checked) = self.owned(&namespace, |owned| {
            let whose = owned.key(signature.by).map(|key| key.account.clone());
            let checked = owned.check_approval(approval, author, signature, now);
            (whose, checked)
        })?;
        checked.map_err(crate::keeper::LedgerError::from)?;
        match whose.as_ref() == Some(by) {
            true => Ok(()),
            false => Err(ActError::Denied(format!(
                "the key {} is not `{by}`'s, who approves with one of their own",
                signature.by
            ))),
        }
    }
}
