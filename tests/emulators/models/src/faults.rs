//! What goes wrong on purpose.
//!
//! A rule says what goes wrong, for which paths and how often. The first rule that fits a request wins; none are set at the
//! start. Rules are set in-process through [`Faults`], or with `PUT /__faults` and a JSON list:
//! `[{"kind":"rate-limited","retry_after_s":2,"times":1}]`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// What goes wrong. Pieces are the events of a stream; an answer that is not streamed has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Fault {
    /// The true answer, late and slowly.
    Slow {
        /// Milliseconds before the head.
        #[serde(default)]
        head_ms: u64,
        /// Milliseconds before each piece.
        #[serde(default)]
        piece_ms: u64,
    },
    /// The true answer stands still until [`Faults::release`]; where nobody calls that, it hangs.
    Hold {
        /// After so many pieces; none means before the head.
        #[serde(default)]
        after: Option<usize>,
    },
    /// The connection is reset (TCP RST).
    Reset {
        /// After so many pieces; none means instead of an answer.
        #[serde(default)]
        after: Option<usize>,
    },
    /// The body ends as if it were whole.
    BreakOff {
        /// After so many pieces.
        after: usize,
    },
    /// 429, in the provider's words.
    RateLimited {
        /// Seconds in `Retry-After`, when there is one.
        #[serde(default)]
        retry_after_s: Option<u32>,
    },
    /// Anthropic's 529, or a 503 of the others.
    Overloaded {
        /// Seconds in `Retry-After`, when there is one.
        #[serde(default)]
        retry_after_s: Option<u32>,
    },
    /// 200, and inside it that the provider is overloaded: in place of the body, or after the first words of a stream.
    ErrorInside,
    /// 307 to another place.
    Redirect {
        /// Where to.
        to: String,
    },
    /// 401 with the key that was sent in its words.
    SecretEcho,
    /// 200 with a body that is no JSON, or a stream with an event that is none.
    NotJson,
    /// The first tool is called with arguments that are no JSON.
    BadArguments,
    /// A tool is called that nobody offered.
    UnknownTool,
    /// The first tool is called many times at once.
    ManyCalls {
        /// How many times.
        count: usize,
    },
    /// The first tool is called with the same arguments, whatever it answered before.
    SameCall,
    /// Words without end.
    LongText {
        /// How many bytes.
        bytes: usize,
    },
    /// Words that are not UTF-8.
    NotUtf8,
    /// No words and no calls.
    Empty,
}

/// A fault and when it happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// What goes wrong.
    #[serde(flatten)]
    pub fault: Fault,
    /// Only for paths that start so.
    #[serde(default)]
    pub path: String,
    /// How often before the rule goes away; none means always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

impl Rule {
    /// Always, for everybody.
    #[must_use]
    pub fn always(fault: Fault) -> Self {
        Self {
            fault,
            path: String::new(),
            times: None,
        }
    }

    /// Once, for whoever asks next.
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
#[derive(Debug)]
pub struct Faults {
    rules: Mutex<Vec<Rule>>,
    /// How often what is held was let go.
    released: watch::Sender<u64>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            rules: Mutex::default(),
            released: watch::Sender::new(0),
        }
    }
}

impl Faults {
    /// Add a rule behind the others.
    pub fn push(&self, rule: Rule) {
        self.rules().push(rule);
    }

    /// Have these rules and no others. What is held stays so.
    pub fn replace(&self, rules: Vec<Rule>) {
        *self.rules() = rules;
    }

    /// Let everything held right now go on.
    pub fn release(&self) {
        self.released.send_modify(|times| *times += 1);
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

    /// What to wait on, from now.
    pub(crate) fn hold(&self) -> watch::Receiver<u64> {
        self.released.subscribe()
    }

    fn rules(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_used_up_in_order_and_only_on_their_paths() {
        let faults = Faults::default();
        faults.push(Rule::once(Fault::Empty).on("/model/"));
        faults.push(Rule::once(Fault::NotJson));
        faults.push(Rule::always(Fault::ErrorInside));
        assert_eq!(faults.take("/v1/messages"), Some(Fault::NotJson));
        assert_eq!(faults.take("/v1/messages"), Some(Fault::ErrorInside));
        assert_eq!(faults.take("/model/x/converse"), Some(Fault::Empty));
        assert_eq!(faults.list(), [Rule::always(Fault::ErrorInside)]);
    }

    #[test]
    fn rules_read_as_documented() {
        let text = r#"[{"kind":"rate-limited","retry_after_s":2,"times":1}]"#;
        let rules: Result<Vec<Rule>, _> = serde_json::from_str(text);
        let rate_limited = Fault::RateLimited {
            retry_after_s: Some(2),
        };
        assert_eq!(rules.ok(), Some(vec![Rule::once(rate_limited)]));
    }
}
