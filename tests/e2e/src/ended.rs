//! A call that ended: its outcome, and what the audit wrote about it.

use metier_core::{AuditRecord, Blame, Code, EgressRecord, Fault};
use metier_runtime::outcome::Outcome;
use serde_json::Value;

/// A call that ended.
#[derive(Debug)]
pub struct Ended {
    /// What the caller got.
    pub outcome: Outcome,
    /// The call's one audit record.
    pub record: AuditRecord,
    /// Its requests, allowed and refused.
    pub egress: Vec<EgressRecord>,
}

impl Ended {
    /// The answer, which there must be.
    pub fn json(&self) -> Value {
        match &self.outcome.result {
            Ok(json) => serde_json::from_str(json).expect("the answer is JSON"),
            Err(fault) => panic!("no answer: {} {fault} {:?}", fault.code, fault.details),
        }
    }

    /// The answer, which must be a string.
    pub fn text(&self) -> String {
        match self.json() {
            Value::String(text) => text,
            other => panic!("not a string: {other}"),
        }
    }

    /// Why there is no answer.
    pub fn fault(&self) -> &Fault {
        match &self.outcome.result {
            Ok(json) => panic!("it answered {}", shortened(json)),
            Err(fault) => fault,
        }
    }

    /// The call failed with this code, the right one is blamed, and the audit says the same.
    pub fn failed(&self, code: Code, blame: Blame) -> &Fault {
        let fault = self.fault();
        assert_eq!(
            (fault.code, fault.blame()),
            (code, blame),
            "{fault} {:?}",
            fault.details
        );
        assert_eq!(
            self.record.fault.as_ref().map(|fault| fault.code),
            Some(code),
            "the audit disagrees"
        );
        assert!(
            fault.message.lines().count() == 1,
            "one sentence: {}",
            fault.message
        );
        fault
    }

    /// The guest tried, and says that it was stopped every time; the audit knows the call went well otherwise.
    pub fn kept_out(&self) -> String {
        let text = self.text();
        assert!(text.starts_with("kept out: "), "{}", shortened(&text));
        assert_eq!(self.record.fault, None, "the audit disagrees");
        text
    }

    /// The codes of everything that was refused on the way.
    pub fn denials(&self) -> Vec<Code> {
        self.outcome
            .denials
            .iter()
            .map(|denial| denial.code())
            .collect()
    }
}

/// Enough of a long text for a failure's message.
fn shortened(text: &str) -> String {
    text.chars().take(500).collect()
}
