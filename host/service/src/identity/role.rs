//! Roles, each a set of rights.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Everything, for every tenant.
    Admin,
    /// Everything within one tenant.
    Operator,
    /// Calls tools and models, starts runs.
    Caller,
    /// Decides what waits for a person.
    Approver,
    /// Looks.
    Viewer,
}

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// Look at runs, skills, costs.
    See,
    /// Call tools and models, start, cancel and resume runs.
    Call,
    /// Decide approvals.
    Decide,
    /// Install and grant skills, deploy agents, make keys, keep secrets, read the audit.
    Operate,
    /// Make tenants, act for each of them.
    Administer,
}

impl Role {
    /// All of them, the mightiest first.
    pub const ALL: [Role; 5] = [
        Role::Admin,
        Role::Operator,
        Role::Caller,
        Role::Approver,
        Role::Viewer,
    ];

    /// Whether the role includes the right.
    pub fn has(self, right: Right) -> bool {
        match self {
            Role::Admin => true,
            Role::Operator => right != Right::Administer,
            Role::Caller => matches!(right, Right::See | Right::Call),
            Role::Approver => matches!(right, Right::See | Right::Decide),
            Role::Viewer => right == Right::See,
        }
    }

    /// Whether whoever has this role may give the other to somebody.
    pub fn may_give(self, other: Role) -> bool {
        self == Role::Admin || (self == Role::Operator && other != Role::Admin)
    }

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Operator => "operator",
            Role::Caller => "caller",
            Role::Approver => "approver",
            Role::Viewer => "viewer",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that is no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such role: use admin, operator, caller, approver or viewer")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Role::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or(UnknownRole)
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Right::See => "look at this",
            Right::Call => "call tools and start runs",
            Right::Decide => "decide approvals",
            Right::Operate => "operate the tenant",
            Right::Administer => "administer the service",
        })
    }
}
