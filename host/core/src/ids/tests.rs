//! Each name, both ways.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

#[test]
fn names_accept_and_refuse() {
    fn table<N: std::str::FromStr>(good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(text.parse::<N>().is_ok(), "{text}");
        }
        for text in bad {
            assert!(text.parse::<N>().is_err(), "{text}");
        }
    }
    let long = "a".repeat(129);
    table::<ToolName>(
        &["query", "a.b_C-9", &long[..128]],
        &["", "a b", "a/b", "ü", &long, "a\n"],
    );
    table::<TenantId>(&["acme", "0-a"], &["", "Acme", "-a", "..", ".a", "a/b"]);
    table::<CallId>(&["7f-A_"], &["", "a.b", "a:b"]);
    table::<PrincipalId>(&["ada@acme.example", "run/7"], &["", "a b", "a\r\nb"]);
    table::<BucketName>(&["cache"], &["", "..", "../x", "Cache"]);
    table::<ConfigKey>(&["instance-url"], &["", "a=b"]);
    table::<CredentialName>(&["salesforce"], &["", "sales force"]);
}

#[test]
fn an_invalid_name_says_the_rule() {
    let error = "a b".parse::<ToolName>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`a b` is no tool name: use 1 to 128 of A-Z a-z 0-9 . _ -"
    );
    assert!(serde_json::from_str::<ToolName>("\"a b\"").is_err());
}

#[test]
fn quoted_text_cannot_hide_or_flood() {
    assert_eq!(
        shown("a\u{1b}[31m\u{202e}b\n"),
        "a\u{fffd}[31m\u{fffd}b\u{fffd}"
    );
    assert_eq!(shown(&"x".repeat(10_000)).chars().count(), 81);
}

#[test]
fn digest_round_trips_and_refuses_other_spellings() {
    let digest = Digest::of(b"metier");
    assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
    let json = serde_json::to_string(&digest).unwrap();
    assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
    let text = digest.to_string();
    for bad in [
        text.to_uppercase(),
        text[..70].into(),
        format!("{text}0"),
        text.replace("sha256", "sha512"),
    ] {
        assert!(bad.parse::<Digest>().is_err(), "{bad}");
    }
}

#[test]
fn skill_names_say_which_part_is_wrong() {
    let name: SkillName = "com.acme/sales-force2".parse().unwrap();
    assert_eq!(name.short(), "sales-force2");
    for (text, part) in [
        ("salesforce", "skill name"),
        ("a.b/c/d", "skill name"),
        ("acme/x", "namespace"),
        ("com..acme/x", "namespace"),
        ("Com.acme/x", "namespace"),
        ("com.acme/", "short name"),
        ("com.acme/X", "short name"),
        ("com.acme/a--b", "short name"),
        ("com.acme/-a", "short name"),
    ] {
        let sentence = text.parse::<SkillName>().unwrap_err().to_string();
        assert!(sentence.contains(part), "{text}: {sentence}");
    }
}
