//! What is told: ids and states. What runs were given, said and answered stays here, for whoever may ask for it.

use std::{fmt, str::FromStr};

use metier_core::TenantId;
use metier_store::types::{RunRow, RunState};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::triggers::schedule::written;

/// What sort of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// A run began.
    #[serde(rename = "run.started")]
    Started,
    /// A run waits for a person.
    #[serde(rename = "run.needs-approval")]
    NeedsApproval,
    /// A run ended as it should.
    #[serde(rename = "run.completed")]
    Completed,
    /// A run ended otherwise.
    #[serde(rename = "run.failed")]
    Failed,
    /// A run was ended.
    #[serde(rename = "run.cancelled")]
    Cancelled,
    /// Somebody wanted to see whether it arrives.
    #[serde(rename = "webhook.test")]
    Test,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 6] = [
        Kind::Started,
        Kind::NeedsApproval,
        Kind::Completed,
        Kind::Failed,
        Kind::Cancelled,
        Kind::Test,
    ];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Started => "run.started",
            Kind::NeedsApproval => "run.needs-approval",
            Kind::Completed => "run.completed",
            Kind::Failed => "run.failed",
            Kind::Cancelled => "run.cancelled",
            Kind::Test => "webhook.test",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that names no sort of event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such event: use {}", Kind::ALL.map(Kind::as_str).join(", "))]
pub struct UnknownKind;

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Kind::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or(UnknownKind)
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The same for the same event, whoever tells it and how often.
    pub id: String,
    /// What sort.
    pub kind: Kind,
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// The body, as it is sent.
    pub body: String,
}

impl Event {
    /// Something about a run: event `seq` of its journal.
    pub fn of_run(kind: Kind, row: &RunRow, seq: u64, at: u64) -> Event {
        let label = |name: &str| {
            let found = row.labels.iter().find(|(key, _)| key.as_str() == name);
            found.map(|(_, value)| value.clone())
        };
        let mut data = json!({
            "tenant": row.tenant, "run": row.run.to_string(), "agent": label("name"), "version": label("version"),
            "status": status(kind),
        });
        if kind == Kind::NeedsApproval {
            data["question"] = seq.into();
        }
        Event {
            id: format!("evt_{}_{seq}", row.run),
            kind,
            at,
            body: body(kind, at, &data),
        }
    }

    /// Something to try an endpoint with.
    pub fn test(tenant: &TenantId, endpoint: &str, id: &str, at: u64) -> Event {
        let data = json!({"tenant": tenant, "webhook": endpoint});
        Event {
            id: format!("evt_{id}"),
            kind: Kind::Test,
            at,
            body: body(Kind::Test, at, &data),
        }
    }
}

/// How a run ended, if it did.
pub fn ending(row: &RunRow) -> Option<Kind> {
    match &row.state {
        RunState::Done { outcome } => Some(match outcome.as_str() {
            "completed" => Kind::Completed,
            "cancelled" => Kind::Cancelled,
            _ => Kind::Failed,
        }),
        _ => None,
    }
}

/// In the form that Standard Webhooks recommend.
fn body(kind: Kind, at: u64, data: &Value) -> String {
    json!({"type": kind.as_str(), "timestamp": written(at), "data": data}).to_string()
}

fn status(kind: Kind) -> &'static str {
    match kind {
        Kind::Started => "running",
        Kind::NeedsApproval => "waiting",
        Kind::Completed => "completed",
        Kind::Failed => "failed",
        Kind::Cancelled => "cancelled",
        Kind::Test => "test",
    }
}
