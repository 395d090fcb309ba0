//! Who may see and change a tenant's policies.

use std::sync::Arc;

use metier_agent::definition::Name;
use metier_core::{Digest, Fault, ToolName};
use metier_runtime::registry::Installed;

use super::{
    asked::Asked,
    policies::{Mode, Policy, no_policy},
};
use crate::{
    audit::{PolicyChange, What},
    directory::now,
    identity::{Caller, Right},
    service::{CallRequest, Service},
};

impl Service {
    /// The tenant's policies.
    ///
    /// # Errors
    /// `forbidden`, or `not-found` when it has none.
    pub fn policy(&self, caller: &Caller) -> Result<Arc<Policy>, Fault> {
        self.needs(caller, Right::See)?;
        let kept = self.policies().of(&caller.tenant);
        Ok(kept.ok_or_else(no_policy)?.value)
    }

    /// Gives the tenant policies, instead of what it had.
    ///
    /// # Errors
    /// `forbidden`; `invalid-arguments` with every mistake by its line; `conflict`.
    pub async fn put_policy(
        &self,
        caller: &Caller,
        text: String,
        mode: Mode,
    ) -> Result<Policy, Fault> {
        self.needs(caller, Right::Operate)?;
        let policy = Policy {
            text,
            mode,
            by: caller.principal.clone(),
            changed: now(),
        };
        let before = self.policies().of(&caller.tenant);
        self.policies().put(&caller.tenant, &policy).await?;
        let what = What::PolicySet {
            change: PolicyChange::Set,
            mode: Some(mode.as_str()),
            before: before.map(|before| digest(&before.value.text)),
            after: Some(digest(&policy.text)),
            text: Some(&policy.text),
        };
        self.note(caller, what);
        Ok(policy)
    }

    /// Takes the tenant's policies away.
    ///
    /// # Errors
    /// `forbidden`, or `not-found` when it has none.
    pub async fn remove_policy(&self, caller: &Caller) -> Result<(), Fault> {
        self.needs(caller, Right::Operate)?;
        let before = self.policies().of(&caller.tenant);
        self.policies().remove(&caller.tenant).await?;
        let what = What::PolicySet {
            change: PolicyChange::Removed,
            mode: None,
            before: before.map(|before| digest(&before.value.text)),
            after: None,
            text: None,
        };
        self.note(caller, what);
        Ok(())
    }

    /// Goes on only when the tenant's policies let the caller do this.
    pub(crate) fn permits(
        &self,
        caller: &Caller,
        alias: &Name,
        installed: &Installed,
        tool: &ToolName,
        request: &CallRequest,
    ) -> Result<(), Fault> {
        let skill = installed.skill();
        let info = skill.manifest().skill.as_ref();
        let found = installed.tool(tool.as_str())?;
        self.policies().permit(&Asked {
            tenant: &caller.tenant,
            principal: &caller.principal,
            role: caller.role.as_str(),
            request: request.id.as_ref().or(caller.request.as_ref()),
            alias: alias.as_str(),
            tool: tool.as_str(),
            effect: found.info.effect,
            skill: info.map_or(&"", |info| &info.name),
            version: info.map_or(&"", |info| &info.version),
            digest: skill.digest(),
            arguments: &request.arguments,
            tainted: false,
            surface: request.surface,
        })
    }
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}
