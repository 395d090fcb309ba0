//! What is kept of a trigger.

use std::collections::BTreeMap;

use metier_agent::definition::Name;
use metier_core::{PrincipalId, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{due::Missed, secret::Sealed, signature::Scheme};
use crate::{
    identity::{Caller, Role},
    records::Record,
};

/// Something that starts runs of an agent by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Trigger {
    /// Which, for ever: one that is made anew under the same name is another.
    pub id: String,
    /// What is started.
    pub start: Start,
    /// When.
    pub when: When,
    /// Whether it starts anything.
    pub enabled: bool,
    /// Who made it.
    pub by: PrincipalId,
    /// When, in milliseconds since 1970.
    pub created: u64,
    /// Since when it is as it is: ticks before are none of its own.
    pub since: u64,
    /// The tools of the key it was made with, as patterns; all when empty.
    #[serde(default)]
    pub tools: Vec<String>,
}

/// What a trigger starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Start {
    /// The agent or chain.
    pub agent: Name,
    /// Its version; the current one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The conversation its runs continue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Name>,
    /// What each run is given, an object; what comes is added.
    pub input: Value,
}

/// When a trigger starts something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum When {
    /// At times.
    Cron(Cron),
    /// When something is sent.
    Webhook(Hook),
}

/// At which times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Cron {
    /// A cron expression.
    pub schedule: String,
    /// The time zone it is meant in.
    pub zone: String,
    /// What becomes of ticks that were missed.
    pub missed: Missed,
    /// How many at most, where all are made up for.
    pub missed_limit: u32,
    /// What becomes of a tick while the run of the one before goes on.
    pub overlap: Overlap,
    /// Under which key of the input the tick's time is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_key: Option<String>,
}

/// What becomes of a tick while the run of the one before goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overlap {
    /// It starts another.
    Allow,
    /// Nothing.
    #[default]
    Skip,
}

/// What is accepted, and what is made of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Hook {
    /// How it is signed.
    pub scheme: Scheme,
    /// With what.
    pub secret: Sealed,
    /// How it becomes input.
    pub shape: Shape,
    /// Messages a second; after a rest twice as many at once.
    pub per_second: u32,
}

/// How a message becomes an input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Shape {
    /// Under which key of the input the whole body is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_key: Option<String>,
    /// Keys of the input, with where in the body their values are: JSON pointers (RFC 6901).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pointers: BTreeMap<String, String>,
    /// Keys of the input, with the headers that are their values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

impl Record for Trigger {
    const KIND: &'static str = "trigger";
}

impl Trigger {
    /// Who its runs are started by.
    pub fn caller(&self, tenant: &TenantId, name: &str) -> Option<Caller> {
        Some(Caller {
            tenant: tenant.clone(),
            principal: format!("trigger/{name}").parse().ok()?,
            role: Role::Caller,
            tools: self.tools.clone().into(),
            request: None,
        })
    }
}

/// How far a schedule has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Ticked {
    /// Of which trigger.
    pub trigger: String,
    /// The last tick that was handled, in milliseconds since 1970.
    pub last: u64,
    /// What became of it.
    pub outcome: TickOutcome,
    /// The last run that was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Why nothing was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What became of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TickOutcome {
    /// A run was started.
    Started,
    /// The run before goes on.
    Overlapped,
    /// It was missed, and is not made up for.
    Missed,
    /// No run could be started.
    Failed,
}

impl TickOutcome {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            TickOutcome::Started => "started",
            TickOutcome::Overlapped => "overlapped",
            TickOutcome::Missed => "missed",
            TickOutcome::Failed => "failed",
        }
    }
}

impl Record for Ticked {
    const KIND: &'static str = "trigger-ticked";
}

/// What the catalog calls a tenant's trigger.
pub fn key(tenant: &TenantId, name: &str) -> String {
    format!("{tenant}/{name}")
}

/// The tenant and the name in such a key.
pub fn parts(key: &str) -> Option<(TenantId, &str)> {
    let (tenant, name) = key.split_once('/')?;
    Some((tenant.parse().ok()?, name))
}
