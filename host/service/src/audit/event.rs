//! What is written down beside calls and requests: what people and programs did to the service, and what they were refused.

use metier_core::{CallId, Code, Digest, Fault, PrincipalId, TenantId};
use serde::Serialize;

use super::search::{Filter, Found};
use crate::{Caller, Right, Role};

/// Who writes events down.
pub trait Notes: Send + Sync {
    /// Writes one down, before the caller's answer is sent.
    fn note(&self, event: &Event<'_>);

    /// Whether what is begun now can be written down when it ends.
    ///
    /// # Errors
    /// `storage-full` or `storage-unavailable`, where calls are refused rather than made unseen.
    fn ready(&self) -> Result<(), Fault>;

    /// What was written down, the newest first. Looks at a bounded number of bytes, so a page may have fewer records than asked for, or
    /// none, and still name a next one.
    ///
    /// # Errors
    /// `storage-unavailable`, or `invalid-arguments` for a cursor that is none.
    fn search(&self, filter: &Filter, cursor: Option<&str>, max: usize) -> Result<Found, Fault>;

    /// How well it goes.
    fn health(&self) -> Health {
        Health::default()
    }
}

/// How well writing goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Records that the system has and the disk may not have yet.
    pub undurable: u64,
    /// How often a record could not be written, or not be made durable, since the process began.
    pub failures: u64,
    /// Whether records cannot be written now.
    pub is_failing: bool,
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoNotes;

impl Notes for NoNotes {
    fn note(&self, _: &Event<'_>) {}

    fn ready(&self) -> Result<(), Fault> {
        Ok(())
    }

    fn search(&self, _: &Filter, _: Option<&str>, _: usize) -> Result<Found, Fault> {
        Ok(Found::default())
    }
}

/// Something that happened, with who did it to whom.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Event<'a> {
    /// What.
    #[serde(flatten)]
    pub what: What<'a>,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<&'a TenantId>,
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<&'a PrincipalId>,
    /// In which request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<&'a CallId>,
}

impl<'a> Event<'a> {
    /// Something a caller did.
    pub fn by(caller: &'a Caller, what: What<'a>) -> Self {
        Event {
            what,
            tenant: Some(&caller.tenant),
            principal: Some(&caller.principal),
            request: caller.request.as_ref(),
        }
    }
}

/// What happened. It carries names, digests and codes; of texts only grants and policies, which are what an audit is about.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum What<'a> {
    /// Something was refused before it began.
    Denied {
        /// The right that is missing.
        #[serde(skip_serializing_if = "Option::is_none")]
        right: Option<Right>,
        /// The tool that was asked for, as it was written.
        #[serde(skip_serializing_if = "Option::is_none")]
        tool: Option<&'a str>,
        /// Why.
        code: Code,
        /// Refusals of this sort that were left out since the last record of one.
        #[serde(skip_serializing_if = "is_none")]
        left_out: u64,
    },
    /// A key was used for the first time in a while, or did not open.
    Login {
        /// Whether it opened.
        opened: bool,
        /// The key's id, where it has the form of one.
        #[serde(skip_serializing_if = "Option::is_none")]
        key: Option<&'a str>,
        /// Refusals that were left out since the last record of one.
        #[serde(skip_serializing_if = "is_none")]
        left_out: u64,
    },
    /// A key was changed.
    Key {
        /// How.
        change: KeyChange,
        /// Its id.
        key: &'a str,
        /// What it may do.
        role: Role,
    },
    /// A tenant was changed; it is the record's.
    Tenant {
        /// How.
        change: TenantChange,
    },
    /// A skill was changed.
    Skill {
        /// How.
        change: SkillChange,
        /// What its tools are named with.
        alias: &'a str,
        /// Its bytes.
        digest: Digest,
        /// The bytes before.
        #[serde(skip_serializing_if = "Option::is_none")]
        before: Option<Digest>,
        /// The market that vouches for the bytes, or `nobody`; nothing where they are taken away.
        #[serde(skip_serializing_if = "Option::is_none")]
        vouched_by: Option<&'a str>,
    },
    /// A skill's grant was changed.
    Grant {
        /// Of which skill.
        alias: &'a str,
        /// SHA-256 of the text before; nothing where there was none.
        #[serde(skip_serializing_if = "Option::is_none")]
        before: Option<Digest>,
        /// SHA-256 of the text now.
        #[serde(skip_serializing_if = "Option::is_none")]
        after: Option<Digest>,
        /// The text now.
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<&'a str>,
    },
    /// An agent was changed.
    Agent {
        /// How.
        change: AgentChange,
        /// Its name.
        agent: &'a str,
        /// Which version is meant.
        version: &'a str,
        /// Of its definition.
        digest: Digest,
    },
    /// A secret was changed.
    Secret {
        /// How.
        change: SecretChange,
        /// Its name. Nothing else of it is known here.
        name: &'a str,
    },
    /// A user connected an account, or took it back.
    Account {
        /// How.
        change: AccountChange,
        /// For which skill.
        alias: &'a str,
        /// What the skill's grant calls it.
        credential: &'a str,
    },
    /// A question was decided.
    Approval {
        /// In which run.
        run: &'a str,
        /// Which question: the number of its event.
        question: u64,
        /// What was decided.
        verdict: &'a str,
    },
    /// A run was changed from outside.
    Run {
        /// How.
        change: RunChange,
        /// Which.
        run: &'a str,
        /// Of which agent.
        #[serde(skip_serializing_if = "Option::is_none")]
        agent: Option<&'a str>,
        /// Of which version of it.
        #[serde(skip_serializing_if = "Option::is_none")]
        version: Option<&'a str>,
    },
    /// A tenant's policies were changed.
    PolicySet {
        /// How.
        change: PolicyChange,
        /// What their decisions are worth.
        #[serde(skip_serializing_if = "Option::is_none")]
        mode: Option<&'a str>,
        /// SHA-256 of the text before; nothing where there was none.
        #[serde(skip_serializing_if = "Option::is_none")]
        before: Option<Digest>,
        /// SHA-256 of the text now.
        #[serde(skip_serializing_if = "Option::is_none")]
        after: Option<Digest>,
        /// The text now.
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<&'a str>,
    },
    /// A trigger was changed.
    Trigger {
        /// How.
        change: TriggerChange,
        /// Its name.
        trigger: &'a str,
        /// What it starts.
        agent: &'a str,
    },
    /// A trigger started something, or did not.
    Fired {
        /// Its name.
        trigger: &'a str,
        /// What became of it: `started`, `overlapped`, `missed`, `failed`, or why a message was refused.
        outcome: &'a str,
        /// The tick it is about, RFC 3339.
        #[serde(skip_serializing_if = "Option::is_none")]
        tick: Option<&'a str>,
        /// The run that was started.
        #[serde(skip_serializing_if = "Option::is_none")]
        run: Option<&'a str>,
        /// Why nothing was started.
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<Code>,
        /// Refusals that were left out since the last record of one.
        #[serde(skip_serializing_if = "is_none")]
        left_out: u64,
    },
    /// An endpoint that events are sent to was changed.
    Webhook {
        /// How.
        change: TriggerChange,
        /// Its name.
        endpoint: &'a str,
    },
    /// An event was given up, or sent again after that.
    Delivery {
        /// To which endpoint.
        endpoint: &'a str,
        /// The event's id.
        event: &'a str,
        /// What became of it: `dead`, `dropped` or `redelivered`.
        outcome: &'a str,
    },
    /// A policy decided.
    Policy {
        /// What.
        decision: Decision,
        /// On which tool.
        tool: &'a str,
        /// By which policies.
        policies: &'a [String],
    },
    /// Of the host itself.
    Host {
        /// What.
        state: HostState,
        /// Records that could not be written, or bytes set aside.
        #[serde(skip_serializing_if = "is_none")]
        count: u64,
        /// The head that was expected, or the file where torn bytes are.
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<&'a str>,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

/// What becomes of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyChange {
    /// It is there.
    Made,
    /// It has a new secret.
    Rotated,
    /// It opens nothing any more.
    Revoked,
}

/// What becomes of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TenantChange {
    /// It is there.
    Made,
    /// Its keys do not open.
    Suspended,
    /// They open again.
    Resumed,
}

/// What becomes of a skill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkillChange {
    /// It is there.
    Installed,
    /// Other bytes have its alias.
    Replaced,
    /// Its tools are there again.
    Enabled,
    /// Its tools are not there.
    Disabled,
    /// It is gone.
    Removed,
}

/// What becomes of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgentChange {
    /// A version was deployed, and is current.
    Deployed,
    /// A version that was there is current.
    MadeCurrent,
}

/// What becomes of a trigger, or of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TriggerChange {
    /// It is there.
    Made,
    /// It is otherwise now.
    Replaced,
    /// It does something again.
    Enabled,
    /// It does nothing.
    Disabled,
    /// It has another secret.
    Rotated,
    /// It is gone.
    Removed,
}

/// What becomes of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretChange {
    /// It has a value, or another.
    Set,
    /// It is gone.
    Removed,
}

/// What becomes of a user's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountChange {
    /// The user agreed.
    Connected,
    /// It is forgotten.
    Disconnected,
}

/// What becomes of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunChange {
    /// It was started.
    Started,
    /// It was told to end.
    Cancelled,
    /// It was told to go on.
    Resumed,
    /// Another was made of its past.
    Forked,
}

/// What becomes of a tenant's policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyChange {
    /// They are there, or others.
    Set,
    /// They are gone.
    Removed,
}

/// What a policy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Yes.
    Allowed,
    /// No.
    Denied,
    /// No, but only to be looked at.
    WouldDeny,
}

/// What happens to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostState {
    /// It began.
    Started,
    /// It ended in order.
    Ended,
    /// A part of a record was at the trail's end, as a crash leaves it. It is set aside.
    Torn,
    /// The trail does not have the head that was kept of it: something was cut off or changed while no host ran.
    Broken,
    /// Records could not be written, and are missing before this one.
    Lost,
}
