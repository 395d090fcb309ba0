//! Calls and requests as records. Of a failure only its code is written: its sentence may repeat arguments or answers.

use std::net::IpAddr;

use metier_core::{
    AuditRecord, CallId, Code, Digest, Effect, EgressRecord, NanoDollars, SkillName, Usage,
    audit::EgressOutcome, ids::CredentialName,
};
use serde::{Serialize, Serializer};

use super::record::write_hex;

/// A call.
#[derive(Serialize)]
#[serde(tag = "kind", rename = "call", rename_all = "kebab-case")]
pub struct CallLine<'r> {
    tenant: &'r str,
    principal: &'r str,
    request: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skill: Option<&'r str>,
    digest: Written<'r>,
    tool: &'r str,
    effect: Effect,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<Code>,
    started: u64,
    #[serde(flatten)]
    usage: &'r Usage,
    #[serde(skip_serializing_if = "NanoDollars::is_zero")]
    price_nano_dollars: NanoDollars,
}

impl<'r> CallLine<'r> {
    /// What is kept of it.
    pub fn of(record: &'r AuditRecord) -> Self {
        CallLine {
            tenant: record.tenant.as_str(),
            principal: record.principal.as_str(),
            request: record.call.as_str(),
            within: record.within.as_ref().map(CallId::as_str),
            skill: record.skill.as_ref().map(SkillName::as_str),
            digest: Written(&record.digest),
            tool: record.tool.as_str(),
            effect: record.effect,
            code: record.fault.as_ref().map(|fault| fault.code),
            started: record.started_unix_ms,
            usage: &record.usage,
            price_nano_dollars: record.price,
        }
    }
}

/// A request of a skill or of a model route.
#[derive(Serialize)]
#[serde(tag = "kind", rename = "egress", rename_all = "kebab-case")]
pub struct EgressLine<'r> {
    tenant: &'r str,
    request: &'r str,
    digest: Written<'r>,
    method: &'r str,
    target: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<&'r str>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<Code>,
    started: u64,
    wall_us: u64,
    request_bytes: u64,
    response_bytes: u64,
}

impl<'r> EgressLine<'r> {
    /// What is kept of it.
    pub fn of(record: &'r EgressRecord) -> Self {
        let (outcome, status, code) = match record.outcome {
            EgressOutcome::Answered { status } => ("answered", Some(status), None),
            EgressOutcome::Denied { code } => ("denied", None, Some(code)),
            EgressOutcome::Failed { code } => ("failed", None, Some(code)),
        };
        EgressLine {
            tenant: record.tenant.as_str(),
            request: record.call.as_str(),
            digest: Written(&record.digest),
            method: &record.method,
            target: &record.target,
            address: record.address,
            credential: record.credential.as_ref().map(CredentialName::as_str),
            outcome,
            status,
            code,
            started: record.started_unix_ms,
            wall_us: u64::try_from(record.wall.as_micros()).unwrap_or(u64::MAX),
            request_bytes: record.request_bytes,
            response_bytes: record.response_bytes,
        }
    }
}

/// A digest, written as it always is, without a text of its own in between.
struct Written<'r>(&'r Digest);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = *b"sha256:0000000000000000000000000000000000000000000000000000000000000000";
        write_hex(&mut text[7..], self.0.as_bytes());
        match str::from_utf8(&text) {
            Ok(text) => serializer.serialize_str(text),
            Err(error) => Err(serde::ser::Error::custom(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use metier_core::Digest;

    use super::Written;

    #[test]
    fn a_digest_is_written_as_everywhere() {
        let digest = Digest::of(b"x");
        let text = serde_json::to_string(&Written(&digest)).unwrap();
        assert_eq!(text, serde_json::to_string(&digest).unwrap());
    }
}
