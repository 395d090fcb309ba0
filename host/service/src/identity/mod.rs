//! Who asks, and what they may ask for.

pub(crate) mod issuer;
mod key;
mod role;

pub mod keys;
pub mod token;

use std::sync::Arc;

use metier_core::{CallId, Code, Fault, PrincipalId, TenantId};

pub use key::{ApiKey, Former, IssuedKey, KeyId, KeyText, PREFIX, refused};
pub use role::{Right, Role};

/// Who asks: what a surface makes of its client's credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Whose skills, runs and data are meant.
    pub tenant: TenantId,
    /// Who it is, for audits and bills.
    pub principal: PrincipalId,
    /// What they may do.
    pub role: Role,
    /// The only tools they may call, as patterns: `salesforce.query`, `salesforce.*`. All of the tenant's when empty.
    pub tools: Arc<[String]>,
    /// In which request, where the surface has told it an id: audits name it.
    pub request: Option<CallId>,
}

impl Caller {
    /// Whoever started the process, on the command line.
    pub fn operator_of(tenant: TenantId) -> Caller {
        Caller {
            tenant,
            principal: PrincipalId::local(),
            role: Role::Admin,
            tools: Arc::from([]),
            request: None,
        }
    }

    /// The same in a request.
    #[must_use]
    pub fn within(self, request: CallId) -> Caller {
        Caller {
            request: Some(request),
            ..self
        }
    }

    /// Goes on only when the role includes the right.
    ///
    /// # Errors
    /// `forbidden`, saying which role has it.
    pub fn needs(&self, right: Right) -> Result<(), Fault> {
        if self.role.has(right) {
            return Ok(());
        }
        let roles: Vec<&str> = Role::ALL
            .into_iter()
            .filter(|role| role.has(right))
            .map(Role::as_str)
            .collect();
        let message = format!("A key with the role `{}` may not {right}.", self.role);
        let hint = format!("Use a key with one of the roles: {}.", roles.join(", "));
        Err(Fault::new(Code::Forbidden, message).with_hint(hint))
    }

    /// Whether their key is for all that a key with these patterns is for; nothing but a key for everything is for everything.
    pub fn is_for_all(&self, tools: &[String]) -> bool {
        let is_within = |tool: &String| self.tools.iter().any(|pattern| covers(pattern, tool));
        self.tools.is_empty() || (!tools.is_empty() && tools.iter().all(is_within))
    }

    /// Whether their key is for this tool, `alias.tool`.
    pub fn is_for(&self, tool: &str) -> bool {
        self.tools.is_empty() || self.tools.iter().any(|pattern| covers(pattern, tool))
    }

    /// Goes on only when their key is for this tool; `what` is what they called it.
    ///
    /// # Errors
    /// `forbidden`, saying what the key is for.
    pub fn needs_tool(&self, tool: &str, what: &str) -> Result<(), Fault> {
        if self.is_for(tool) {
            return Ok(());
        }
        let message = format!("The key is not for the {what}.");
        let hint = format!("It is for: {}.", self.tools.join(", "));
        Err(Fault::new(Code::Forbidden, message).with_hint(hint))
    }
}

/// `*` at the end stands for anything, so a pattern that begins so is covered as well.
fn covers(pattern: &str, tool: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => tool.starts_with(start),
        None => pattern == tool,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use metier_core::TenantId;

    use super::{Caller, Right, Role};

    fn caller(role: Role, tools: &[&str]) -> Caller {
        Caller {
            role,
            tools: tools
                .iter()
                .map(|tool| (*tool).to_owned())
                .collect::<Arc<[_]>>(),
            ..Caller::operator_of(TenantId::local())
        }
    }

    #[test]
    fn a_role_is_told_what_it_lacks() {
        let fault = caller(Role::Viewer, &[]).needs(Right::Call).err();
        let fault = fault.map(|fault| format!("{} {}", fault.message, fault.hint()));
        assert_eq!(
            fault.as_deref(),
            Some(
                "A key with the role `viewer` may not call tools and start runs. \
                 Use a key with one of the roles: admin, operator, caller."
            )
        );
        assert!(caller(Role::Operator, &[]).needs(Right::Operate).is_ok());
    }

    #[test]
    fn patterns_are_within_others_or_not() {
        let is_within = |own: &[&str], others: &[&str]| {
            let others: Vec<String> = others.iter().map(|tool| (*tool).to_owned()).collect();
            caller(Role::Operator, own).is_for_all(&others)
        };
        assert!(is_within(&[], &[]) && is_within(&[], &["jira.*"]));
        assert!(is_within(&["*"], &["*", "jira.*"]));
        assert!(is_within(
            &["jira.*"],
            &["jira.*", "jira.search", "jira.s*"]
        ));
        assert!(is_within(&["a.b", "jira.*"], &["jira.search", "a.b"]));
        for wider in [
            &[][..],
            &["*"],
            &["jira*"],
            &["j*"],
            &["a.b"],
            &["jira.x", "b.c"],
        ] {
            assert!(!is_within(&["jira.*"], wider), "{wider:?}");
        }
        assert!(!is_within(&["jira.search"], &["jira.search*"]));
    }

    #[test]
    fn patterns_end_in_a_star() {
        let some = caller(Role::Caller, &["jira.search", "salesforce.*"]);
        assert!(some.is_for("jira.search") && some.is_for("salesforce.query"));
        assert!(!some.is_for("jira.searches") && !some.is_for("salesforce"));
        assert!(caller(Role::Caller, &[]).is_for("anything.at-all"));
    }
}
