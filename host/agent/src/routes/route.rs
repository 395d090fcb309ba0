//! A route: who may be asked, in which order, under which rules.

use serde::{Deserialize, Serialize};

use super::{Candidate, MaxPrice};

/// What a run names instead of a provider. A run pins it, candidates and all, when it begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Route {
    /// Its name: `drafting`.
    pub name: String,
    /// Who may be asked, best first.
    pub candidates: Vec<Candidate>,
    /// The route's own rules.
    #[serde(default)]
    pub needs: Needs,
    /// When to ask again.
    #[serde(default)]
    pub retry: Retry,
}

/// Rules a candidate has to fit. A route has some, a run may add more; both must be fulfilled.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Needs {
    /// It must be good for this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Its price must not be above this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_price: Option<MaxPrice>,
    /// Its usual time for an answer, where known, must not be above this, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_latency_ms: Option<u64>,
    /// It must be in one of these regions; empty: anywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    /// Its answers must be computed in one of these jurisdictions; empty: anywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub residency: Vec<String>,
    /// Shortest context, in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_context: Option<u64>,
}

/// When a failed question is asked again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Retry {
    /// Requests to one candidate, the first included, before the next is asked.
    pub attempts: u32,
    /// Answers that break off and are asked for again, per question: each may have to be paid.
    pub broken_answers: u32,
    /// First wait, in milliseconds; doubles with each attempt.
    pub base_ms: u64,
    /// Longest wait, in milliseconds. A provider that tells us to wait longer is left for the next candidate.
    pub max_ms: u64,
}

impl Default for Retry {
    /// Three attempts, half a second doubling to at most twenty: an overload that lasts longer is the next candidate's.
    fn default() -> Self {
        Retry {
            attempts: 3,
            broken_answers: 1,
            base_ms: 500,
            max_ms: 20_000,
        }
    }
}
