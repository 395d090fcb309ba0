//! The list is well formed.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use super::*;

#[test]
fn every_code_is_kebab_case_unique_and_round_trips() {
    let mut seen = BTreeSet::new();
    for &code in Code::ALL {
        let text = code.as_str();
        assert!(seen.insert(text), "{text} twice");
        assert!(
            text.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
            "{text}"
        );
        assert_eq!(text.parse::<Code>().unwrap(), code);
        let json = serde_json::to_string(&code).unwrap();
        assert_eq!(json, format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<Code>(&json).unwrap(), code);
    }
    assert!("no-such-code".parse::<Code>().is_err());
}

#[test]
fn every_hint_is_one_sentence_and_skill_codes_blame_the_skill() {
    for &code in Code::ALL {
        let hint = code.hint();
        assert!(hint.ends_with('.') && hint.len() <= 120, "{code}: {hint}");
        assert!(!hint.contains('\n'), "{code}");
        if code.as_str().starts_with("skill-") {
            assert_eq!(code.blame(), Blame::Skill, "{code}");
        }
        if code.as_str().ends_with("-not-granted") {
            assert_eq!(code.blame(), Blame::Operator, "{code}");
        }
    }
}
