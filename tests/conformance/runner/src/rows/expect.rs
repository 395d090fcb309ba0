//! What a call must have come to.

use metier_core::{Blame, Code};
use metier_e2e::Ended;
use serde_json::Value;

use super::Checked;

/// Longest answer that is repeated in a failure, in characters.
const SHOWN: usize = 300;

/// The answer as JSON.
pub fn answered(ended: &Ended) -> Result<Value, String> {
    match &ended.outcome.result {
        Ok(json) => serde_json::from_str(json).map_err(|error| error.to_string()),
        Err(_) => Err(described(ended)),
    }
}

/// It answered exactly this.
pub fn answers(ended: &Ended, expected: &Value) -> Checked {
    let answer = answered(ended)?;
    // Compared as text: 1 and 1.0 are one number, 0.0 and -0.0 are two.
    let (found, wanted) = (answer.to_string(), expected.to_string());
    match found == wanted {
        true => Ok(()),
        false => Err(format!(
            "expected {}, got {}",
            shown(&wanted),
            shown(&found)
        )),
    }
}

/// It failed with this code, whose blame the audit repeats, and said all of this.
pub fn fails(ended: &Ended, code: Code, words: &[&str]) -> Checked {
    let Err(fault) = &ended.outcome.result else {
        return Err(format!("expected {code}: {}", described(ended)));
    };
    let missing = words.iter().find(|word| !fault.message.contains(**word));
    if fault.code != code || missing.is_some() {
        return Err(format!("expected {code} {words:?}: {}", described(ended)));
    }
    let audited = ended.record.fault.as_ref().map(|fault| fault.code);
    same("the audit's code", &audited, &Some(code))
}

/// As [`fails`], with somebody in particular to blame.
pub fn blames(ended: &Ended, code: Code, blame: Blame, words: &[&str]) -> Checked {
    fails(ended, code, words)?;
    same("the blame", &code.blame(), &blame)
}

/// Two things that must be equal.
pub fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Checked {
    match found == expected {
        true => Ok(()),
        false => Err(format!("{what}: expected {expected:?}, got {found:?}")),
    }
}

/// Something that must be so.
pub fn holds(so: bool, otherwise: impl FnOnce() -> String) -> Checked {
    match so {
        true => Ok(()),
        false => Err(otherwise()),
    }
}

/// How a call ended, in words.
pub fn described(ended: &Ended) -> String {
    match &ended.outcome.result {
        Ok(json) => format!("it answered {}", shown(json)),
        Err(fault) => format!("it failed with {}: {}", fault.code, report(ended)),
    }
}

/// Everything the caller is told about a failure.
pub fn report(ended: &Ended) -> String {
    let fault = ended.outcome.result.as_ref().err();
    let mut report = fault.map_or_else(String::new, |fault| fault.message.clone());
    for (name, value) in fault.iter().flat_map(|fault| &fault.details) {
        report.push_str(&format!(" [{name}: {value}]"));
    }
    report
}

fn shown(value: &impl std::fmt::Display) -> String {
    let text = value.to_string();
    match text.chars().count() > SHOWN {
        true => format!("{}…", text.chars().take(SHOWN).collect::<String>()),
        false => text,
    }
}
