//! What is kept of endpoints, of what is to be sent to them, and of the runs whose events they hear of.

use std::collections::BTreeSet;

use metier_core::{PrincipalId, TenantId};
use metier_store::types::RunId;
use serde::{Deserialize, Serialize};

use super::event::Kind;
use crate::{records::Record, triggers::secret::Sealed};

/// Where a tenant wants to hear of events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Endpoint {
    /// Which, for ever.
    pub id: String,
    /// Where.
    pub url: String,
    /// Of which; all when empty.
    #[serde(default)]
    pub events: BTreeSet<Kind>,
    /// Whether anything is sent.
    pub enabled: bool,
    /// Why not, where it was not a person who said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_why: Option<String>,
    /// What deliveries are signed with.
    pub secret: Sealed,
    /// Who made it.
    pub by: PrincipalId,
    /// When, in milliseconds since 1970.
    pub created: u64,
}

impl Record for Endpoint {
    const KIND: &'static str = "hook-endpoint";
}

impl Endpoint {
    /// Whether it is to hear of such events.
    pub fn wants(&self, kind: Kind) -> bool {
        self.enabled && (self.events.is_empty() || self.events.contains(&kind))
    }
}

/// An event on its way to an endpoint, or given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Delivery {
    /// The event's id, the same in every attempt.
    pub event: String,
    /// What sort of event.
    pub kind: Kind,
    /// The body, word for word.
    pub body: String,
    /// When the event was, in milliseconds since 1970.
    pub at: u64,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub next: u64,
    /// Whether it was given up.
    pub dead: bool,
    /// What came of the last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Attempt>,
}

/// An attempt that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Attempt {
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// What the endpoint answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why it does not count, in words.
    pub why: String,
}

impl Record for Delivery {
    const KIND: &'static str = "hook-delivery";
}

/// A run whose events are told, and how far they have been.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Followed {
    /// The last event of its journal that was dealt with.
    pub seq: u64,
    /// Since when, in milliseconds since 1970.
    pub since: u64,
}

impl Record for Followed {
    const KIND: &'static str = "hook-followed";
}

/// What the catalog calls a tenant's endpoint.
pub fn endpoint_key(tenant: &TenantId, name: &str) -> String {
    format!("{tenant}/{name}")
}

/// What the catalog calls a place in an endpoint's outbox.
pub fn slot_key(endpoint: &str, slot: usize) -> String {
    format!("{endpoint}/{slot}")
}

/// What the catalog calls a followed run.
pub fn run_key(tenant: &TenantId, run: RunId) -> String {
    format!("{tenant}/{run}")
}
