//! The error everyone passes around: a code, one sentence, and what helps.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::code::{Blame, Code};

/// Why a call failed.
///
/// The message is one sentence for a person or a model. It never carries a secret, a backtrace or the host's
/// internals: those go to the host's own log under the same call id. On the wire it is one JSON object with kebab-case
/// keys; `blame` is written for readers and derived from the code when read.
///
/// ```
/// use metier_core::{code::Code, fault::Fault};
/// let fault = Fault::new(Code::UnknownTool, "The skill has no tool `qurey`.").with_hint("Did you mean `query`?");
/// assert_eq!(fault.to_string(), "The skill has no tool `qurey`.");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Wire", into = "Wire")]
pub struct Fault {
    /// What kind of failure, for programs.
    pub code: Code,
    /// What happened, in one sentence, for people and models.
    pub message: String,
    /// What would help in this very case; [`Fault::hint`] falls back to the code's own.
    pub hint: Option<String>,
    /// How long to stay away, when somebody told.
    pub retry_after: Option<Duration>,
    /// More facts by name, such as `limit` or `path`; texts without secrets.
    pub details: BTreeMap<String, String>,
}

impl Fault {
    /// A failure with its sentence.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Fault {
            code,
            message: message.into(),
            hint: None,
            retry_after: None,
            details: BTreeMap::new(),
        }
    }

    /// Says what would help in this very case.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says how long to stay away.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Adds a fact by name.
    #[must_use]
    pub fn with_detail(mut self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.details.insert(name.into(), value.to_string());
        self
    }

    /// Who can mend it.
    pub const fn blame(&self) -> Blame {
        self.code.blame()
    }

    /// What to do: this failure's own hint, or else the code's.
    pub fn hint(&self) -> &str {
        self.hint.as_deref().unwrap_or(self.code.hint())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

/// The wire form. Blame travels for the reader's sake and is not believed on the way back in.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Wire {
    code: Code,
    #[serde(skip_deserializing)]
    blame: Option<Blame>,
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    details: BTreeMap<String, String>,
}

impl From<Fault> for Wire {
    fn from(fault: Fault) -> Self {
        Wire {
            code: fault.code,
            blame: Some(fault.blame()),
            message: fault.message,
            hint: fault.hint,
            retry_after_seconds: fault.retry_after.map(whole_seconds),
            details: fault.details,
        }
    }
}

impl From<Wire> for Fault {
    fn from(wire: Wire) -> Self {
        Fault {
            code: wire.code,
            message: wire.message,
            hint: wire.hint,
            retry_after: wire.retry_after_seconds.map(Duration::from_secs),
            details: wire.details,
        }
    }
}

/// Rounded up: coming back too early is the one mistake to avoid.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs()
        .saturating_add(u64::from(wait.subsec_nanos() > 0))
}

/// A text as a sentence: a capital first, unless it begins with a name such as `com.acme/weather`, a full stop last.
pub fn sentence(text: &str) -> String {
    let first = text.split_whitespace().next().unwrap_or_default();
    let is_name = first.trim_end_matches(['.', ':']).contains(['.', '/']);
    let mut letters = text.chars();
    let mut sentence: String = match is_name {
        true => text.to_owned(),
        false => {
            let first = letters.next().into_iter().flat_map(char::to_uppercase);
            first.chain(letters).collect()
        }
    };
    if !sentence.ends_with(['.', '!', '?', ':']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::time::Duration;

    use super::{Fault, sentence};
    use crate::code::{Blame, Code};

    #[test]
    fn a_sentence_begins_with_a_capital_and_a_name_as_it_is() {
        assert_eq!(sentence("nobody knows"), "Nobody knows.");
        assert_eq!(sentence("no."), "No.");
        assert_eq!(
            sentence("com.acme/weather 0.1.0 is void"),
            "com.acme/weather 0.1.0 is void."
        );
        assert_eq!(sentence(""), ".");
    }

    #[test]
    fn wire_form_is_kebab_case_and_reads_back() {
        let fault = Fault::new(Code::UpstreamRateLimited, "Too many requests.")
            .with_retry_after(Duration::from_millis(1_500))
            .with_detail("limit", 5);
        let json = serde_json::to_string(&fault).unwrap();
        assert_eq!(
            json,
            r#"{"code":"upstream-rate-limited","blame":"upstream","message":"Too many requests.","retry-after-seconds":2,"details":{"limit":"5"}}"#
        );
        let back: Fault = serde_json::from_str(&json).unwrap();
        assert_eq!(back.retry_after, Some(Duration::from_secs(2)));
        assert_eq!(back.blame(), Blame::Upstream);
    }

    #[test]
    fn blame_on_the_wire_is_not_believed() {
        let json = r#"{"code":"skill-trap","blame":"operator","message":"x"}"#;
        let fault: Fault = serde_json::from_str(json).unwrap();
        assert_eq!(fault.blame(), Blame::Skill);
    }

    #[test]
    fn own_hint_wins_over_the_codes() {
        let fault = Fault::new(Code::Busy, "Busy.");
        assert_eq!(fault.hint(), Code::Busy.hint());
        assert_eq!(fault.with_hint("Wait.").hint(), "Wait.");
    }
}
