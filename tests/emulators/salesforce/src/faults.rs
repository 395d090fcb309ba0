//! Things that go wrong on purpose.
//!
//! A rule says what goes wrong, for which paths and how often. The first rule that fits a request
//! wins; none are set at the start. Rules are set in-process through [`Faults`], or with
//! `PUT /__faults` and a JSON list: `[{"kind":"slow","first_byte_ms":500,"times":1}]`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Fault {
    /// The true answer, late and in drops.
    Slow {
        /// Milliseconds before the first byte.
        #[serde(default)]
        first_byte_ms: u64,
        /// Bytes in a drop; 0 sends the body in one piece.
        #[serde(default)]
        drop_bytes: usize,
        /// Milliseconds between drops.
        #[serde(default)]
        drop_ms: u64,
    },
    /// The true answer, but only after [`Faults::release`] or [`Faults::clear`].
    Hold,
    /// 500 with an HTML body, as a broken instance answers.
    ServerError,
    /// 503 `SERVER_UNAVAILABLE`.
    Unavailable {
        /// Seconds in `Retry-After`, when there is one.
        #[serde(default)]
        retry_after_s: Option<u32>,
    },
    /// The connection is reset (TCP RST).
    Reset {
        /// After this many bytes of the true body; none means instead of an answer.
        #[serde(default)]
        after_bytes: Option<usize>,
    },
    /// 200 with a JSON string of this many bytes, sent without a length.
    HugeBody {
        /// How many.
        bytes: u64,
    },
    /// A redirect.
    Redirect {
        /// Where to.
        to: String,
        /// 301, 302, 303, 307 or 308.
        #[serde(default = "found")]
        status: u16,
    },
    /// 200 with the received `Authorization` in a header and in a record of the body.
    SecretEcho,
    /// 401 `INVALID_SESSION_ID`, whatever the token.
    SessionExpired,
    /// 403 `REQUEST_LIMIT_EXCEEDED`.
    RequestLimit {
        /// Seconds in `Retry-After`, when there is one.
        #[serde(default)]
        retry_after_s: Option<u32>,
    },
    /// 200 `application/json` that breaks off in the middle.
    MalformedJson,
    /// The true answer, compressed although nobody asked for it.
    Gzip,
}

fn found() -> u16 {
    302
}

/// A fault and when it happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// What goes wrong.
    #[serde(flatten)]
    pub fault: Fault,
    /// Only for paths that start so; the default leaves `OAuth` alone.
    #[serde(default = "api")]
    pub path: String,
    /// How often before the rule goes away; none means always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

fn api() -> String {
    "/services/data".to_owned()
}

impl Rule {
    /// Always, on every API call.
    #[must_use]
    pub fn always(fault: Fault) -> Self {
        Self {
            fault,
            path: api(),
            times: None,
        }
    }

    /// On the next API call only.
    #[must_use]
    pub fn once(fault: Fault) -> Self {
        Self {
            times: Some(1),
            ..Self::always(fault)
        }
    }

    /// The same, for paths that start with `path`.
    #[must_use]
    pub fn on(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }
}

/// The rules in force.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Mutex<Vec<Rule>>,
    released: Notify,
}

impl Faults {
    /// Add a rule behind the others.
    pub fn push(&self, rule: Rule) {
        self.rules().push(rule);
    }

    /// Have these rules and no others.
    pub fn replace(&self, rules: Vec<Rule>) {
        *self.rules() = rules;
        self.release();
    }

    /// Have no rules, and let go of everything held.
    pub fn clear(&self) {
        self.replace(Vec::new());
    }

    /// Let every request held right now have its answer.
    pub fn release(&self) {
        self.released.notify_waiters();
    }

    /// The rules in force.
    #[must_use]
    pub fn list(&self) -> Vec<Rule> {
        self.rules().clone()
    }

    /// The fault of a request to `path`, used up once.
    pub(crate) fn take(&self, path: &str) -> Option<Fault> {
        let mut rules = self.rules();
        let at = rules.iter().position(|rule| path.starts_with(&rule.path))?;
        let rule = rules.get_mut(at)?;
        let fault = rule.fault.clone();
        if let Some(times) = &mut rule.times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                rules.remove(at);
            }
        }
        Some(fault)
    }

    /// Wait to be let go.
    pub(crate) async fn held(&self) {
        self.released.notified().await;
    }

    fn rules(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn rules_are_used_up_in_order_and_only_on_their_paths() {
        let faults = Faults::default();
        faults.push(Rule::once(Fault::MalformedJson).on("/services/oauth2"));
        faults.push(Rule::once(Fault::ServerError));
        faults.push(Rule::always(Fault::SecretEcho));
        assert_eq!(
            faults.take("/services/data/v62.0"),
            Some(Fault::ServerError)
        );
        assert_eq!(faults.take("/services/data/v62.0"), Some(Fault::SecretEcho));
        assert_eq!(
            faults.take("/services/oauth2/token"),
            Some(Fault::MalformedJson)
        );
        assert_eq!(faults.take("/services/oauth2/token"), None);
        assert_eq!(faults.list(), vec![Rule::always(Fault::SecretEcho)]);
    }

    #[test]
    fn rules_read_as_documented() {
        let rules: Vec<Rule> = serde_json::from_str(
            r#"[{"kind":"slow","first_byte_ms":500,"times":1},{"kind":"redirect","to":"http://169.254.169.254/"},{"kind":"hold","path":"/"}]"#,
        )
        .unwrap();
        assert_eq!(
            rules[0],
            Rule::once(Fault::Slow {
                first_byte_ms: 500,
                drop_bytes: 0,
                drop_ms: 0
            })
        );
        assert_eq!(
            rules[1],
            Rule::always(Fault::Redirect {
                to: "http://169.254.169.254/".to_owned(),
                status: 302
            })
        );
        assert_eq!(rules[2], Rule::always(Fault::Hold).on("/"));
    }
}
