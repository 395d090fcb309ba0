//! One call: what goes in, what it used, what it left behind.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{CallId, Digest, PrincipalId, TenantId, ToolName};

/// A tool call as every surface hands it to the host.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its identity in logs, audits and errors.
    pub id: CallId,
    /// For whom: decides grant, data and bill.
    pub tenant: TenantId,
    /// Who calls.
    pub principal: PrincipalId,
    /// Which skill, by the bytes it consists of.
    pub skill: Digest,
    /// Which of its tools.
    pub tool: ToolName,
    /// JSON text, an object; kept as text so that it is parsed once, where it is used.
    pub arguments: String,
    /// How long the caller waits; the host's own wall limit applies as well.
    pub deadline: Option<Duration>,
    /// Names this attempt and all its repetitions, for effects that must happen once.
    pub idempotency_key: Option<String>,
    /// The call of another skill that asked for it.
    pub within: Option<CallId>,
    /// How many calls it is below one that no skill asked for.
    pub depth: u16,
}

/// What a call used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Usage {
    /// From the question to the answer, waiting for a permit included.
    #[serde(with = "micros", rename = "wall-us")]
    pub wall: Duration,
    /// On a processor: the guest, and what the host did for it.
    #[serde(with = "micros", rename = "cpu-us")]
    pub cpu: Duration,
    /// Most linear memory at once, in bytes.
    pub memory_peak_bytes: u64,
    /// Outbound requests, redirects and refused ones included.
    pub requests: u32,
    /// Bytes of request bodies.
    pub request_bytes: u64,
    /// Bytes of response bodies.
    pub response_bytes: u64,
    /// Bytes of log text.
    pub log_bytes: u64,
    /// Bytes of artifacts.
    pub artifact_bytes: u64,
}

/// A file a skill handed back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Artifact {
    /// Its identity: where the host keeps it.
    pub digest: Digest,
    /// The file name the skill gave it; a plain name, safe to show and to save under.
    pub name: String,
    /// The media type the skill gave it.
    pub media_type: String,
    /// Its size in bytes.
    pub size: u64,
}

/// Durations as whole microseconds, the resolution of the meters.
pub(crate) mod micros {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        value: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(value.as_micros()).unwrap_or(u64::MAX))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_micros)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::time::Duration;

    use super::Usage;

    #[test]
    fn usage_on_the_wire() {
        let usage = Usage {
            wall: Duration::from_millis(2),
            requests: 1,
            ..Usage::default()
        };
        let json = serde_json::to_string(&usage).unwrap();
        assert_eq!(
            json,
            r#"{"wall-us":2000,"cpu-us":0,"memory-peak-bytes":0,"requests":1,"request-bytes":0,"response-bytes":0,"log-bytes":0,"artifact-bytes":0}"#
        );
        assert_eq!(serde_json::from_str::<Usage>(&json).unwrap(), usage);
    }
}
