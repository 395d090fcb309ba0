//! What is written down about every call and every request, allowed and denied alike.
//!
//! Records hold no arguments, answers or bodies, and URLs without their query: those carry data and keys.

use std::{net::IpAddr, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    call::{Usage, micros},
    code::Code,
    effect::Effect,
    fault::Fault,
    http::{CanonicalUrl, Method},
    ids::{CallId, CredentialName, Digest, PrincipalId, SkillName, TenantId, ToolName},
    money::NanoDollars,
};

/// One call, written once when it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AuditRecord {
    /// When it began, in milliseconds since 1970 (UTC).
    pub started_unix_ms: u64,
    /// Which call.
    pub call: CallId,
    /// The call of another skill that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<CallId>,
    /// For whom.
    pub tenant: TenantId,
    /// By whom.
    pub principal: PrincipalId,
    /// The name the skill gives itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill: Option<SkillName>,
    /// The bytes it consists of.
    pub digest: Digest,
    /// Which tool.
    pub tool: ToolName,
    /// What the tool does to the world.
    pub effect: Effect,
    /// Why it failed; nothing when it succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// What it used.
    pub usage: Usage,
    /// What its publisher asks for it, by the skill's `[pricing]`, before trial and cap: those are for whoever makes out the bill.
    #[serde(
        default,
        rename = "price-nano-dollars",
        skip_serializing_if = "NanoDollars::is_zero"
    )]
    pub price: NanoDollars,
}

/// One outbound request, or the attempt at one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct EgressRecord {
    /// When it began, in milliseconds since 1970 (UTC).
    pub started_unix_ms: u64,
    /// In which call.
    pub call: CallId,
    /// For whom.
    pub tenant: TenantId,
    /// By which skill.
    pub digest: Digest,
    /// With which method; as text, since a refused one need not be a method.
    pub method: String,
    /// Where to, without the query; for a URL that could not be read, why.
    pub target: String,
    /// The address connected to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// The credential attached, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialName>,
    /// What came of it.
    pub outcome: EgressOutcome,
    /// Bytes of the request body.
    pub request_bytes: u64,
    /// Bytes of the response body.
    pub response_bytes: u64,
    /// From the question to the last byte.
    #[serde(with = "micros", rename = "wall-us")]
    pub wall: Duration,
}

/// What came of an outbound request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum EgressOutcome {
    /// It was sent, and this status came back.
    Answered {
        /// The HTTP status.
        status: u16,
    },
    /// It was refused before anything was sent.
    Denied {
        /// Why.
        code: Code,
    },
    /// It was allowed, and no whole answer came back.
    Failed {
        /// Why.
        code: Code,
    },
}

impl EgressRecord {
    /// The method and target of a request that could be read.
    pub fn target_of(method: &Method, url: &CanonicalUrl) -> (String, String) {
        (method.to_string(), url.without_query().to_owned())
    }
}
