#![expect(clippy::unwrap_used, reason = "tests")]

use metier_core::Digest;
use proptest::prelude::*;
use semver::{Version, VersionReq};

use super::{Accepted, Capability, Entry, Installed, List, Range, Seen, Target, sign};
use crate::trust::{
    Revocation, SigningKey,
    tests::{day, pair},
};

pub(super) fn key() -> SigningKey<Revocation> {
    SigningKey::new(pair())
}

pub(super) fn entry(target: Target) -> Entry {
    Entry {
        target,
        why: "steals".parse().unwrap(),
        at: day(1),
    }
}

pub(super) fn digest_entry() -> Entry {
    entry(Target::Digest {
        digest: Digest::of(b"component"),
    })
}

/// Issued on the second, good until the fourth.
pub(super) fn list(version: u64, entries: Vec<Entry>) -> List {
    List::new(version, day(2), day(4), entries).unwrap()
}

fn installed(name: &str, version: &str) -> Installed {
    Installed {
        name: name.parse().unwrap(),
        version: version.parse().unwrap(),
        digest: Digest::of(b"component"),
        capabilities: vec![Capability::Http, Capability::Kv],
    }
}

fn range(text: &str) -> Range {
    text.parse().unwrap()
}

#[test]
fn each_kind_of_entry_hits_what_it_says() {
    let versions = |name: &str, versions| Target::Versions {
        name: name.parse().unwrap(),
        versions: range(versions),
    };
    let publisher = |namespace: &str| Target::Publisher {
        namespace: namespace.parse().unwrap(),
    };
    let skill = installed("com.acme/salesforce", "1.4.0");
    for (target, hit) in [
        (digest_entry().target, true),
        (
            Target::Digest {
                digest: Digest::of(b"other"),
            },
            false,
        ),
        (versions("com.acme/salesforce", ">=1.2, <1.4.1"), true),
        (versions("com.acme/salesforce", "<1.4.0"), false),
        (versions("com.acme/jira", "*"), false),
        (publisher("com.acme"), true),
        (publisher("com.acme.tools"), false),
        (publisher("org.acme"), false),
        (
            Target::Capability {
                capability: Capability::Kv,
            },
            true,
        ),
        (
            Target::Capability {
                capability: Capability::Model,
            },
            false,
        ),
    ] {
        let list = list(1, vec![entry(target.clone())]);
        assert_eq!(!list.hits(&skill).is_empty(), hit, "{target}");
    }
    let nested = installed("com.acme.tools/jira", "1.0.0");
    let above = list(1, vec![entry(publisher("com.acme"))]);
    assert!(above.hits(&nested).is_empty(), "an owner of its own");
    let both = list(1, vec![digest_entry(), entry(publisher("com.acme"))]);
    assert_eq!(both.hits(&skill).len(), 2);
}

#[test]
fn ranges_hold_pre_releases_where_they_lie() {
    for (text, inside, outside) in [
        ("*", vec!["0.0.0", "1.0.0-rc.1", "9.9.9"], vec![]),
        (
            "<1.4.1",
            vec!["0.0.1", "1.4.0-rc.1", "1.4.1-rc.1", "1.4.0"],
            vec!["1.4.1", "1.4.2-a"],
        ),
        ("<=1.4", vec!["1.4.9", "1.4.0-a"], vec!["1.5.0-a", "1.5.0"]),
        ("<=1.4.1", vec!["1.4.1", "1.4.1-a"], vec!["1.4.2-a"]),
        (">1.4", vec!["1.5.0", "1.5.0-a"], vec!["1.4.9"]),
        (">1.4.1", vec!["1.4.2-a", "1.4.2"], vec!["1.4.1", "1.4.1-a"]),
        (">=1.4", vec!["1.4.0-a", "1.4.0"], vec!["1.3.9"]),
        ("=1.4", vec!["1.4.0-a", "1.4.7"], vec!["1.5.0-a", "1.3.9"]),
        ("1.*", vec!["1.0.0-a", "1.9.9"], vec!["2.0.0-a", "0.9.9"]),
        (
            "=1.4.1",
            vec!["1.4.1", "1.4.1+build"],
            vec!["1.4.1-a", "1.4.2"],
        ),
        (
            "^1.2.3",
            vec!["1.2.3", "1.9.0-a"],
            vec!["1.2.3-a", "2.0.0-a", "2.0.0"],
        ),
        ("^0.2.3", vec!["0.2.9"], vec!["0.3.0-a", "0.2.2"]),
        ("^0.0.3", vec!["0.0.3"], vec!["0.0.4-a", "0.0.2"]),
        ("^0.0", vec!["0.0.9"], vec!["0.1.0-a"]),
        ("^0", vec!["0.9.9"], vec!["1.0.0-a"]),
        ("~1.2.3", vec!["1.2.9"], vec!["1.3.0-a", "1.2.2"]),
        ("~1", vec!["1.9.9"], vec!["2.0.0-a"]),
        (
            "=1.0.0-rc.1",
            vec!["1.0.0-rc.1"],
            vec!["1.0.0", "1.0.0-rc.2"],
        ),
    ] {
        let range = range(text);
        let covers = |version: &str| range.covers(&version.parse().unwrap());
        assert!(
            inside.iter().all(|version| covers(version)),
            "{text} covers {inside:?}"
        );
        assert!(
            !outside.iter().any(|version| covers(version)),
            "{text} covers none of {outside:?}"
        );
    }
}

#[test]
fn what_is_no_range_is_refused() {
    let long = format!("=1.0.0-{}", "a".repeat(300));
    for text in ["", "latest", "1.x.2", ">= 1 <2", &long] {
        assert!(text.parse::<Range>().is_err(), "{text}");
    }
}

#[test]
fn ranges_at_the_end_of_numbers_do_not_overflow() {
    let last = u64::MAX;
    let version = Version::new(last, last, last);
    for text in [
        format!("^{last}.{last}.{last}"),
        format!("~{last}.{last}"),
        format!("={last}"),
        format!("<={last}"),
    ] {
        assert!(range(&text).covers(&version), "{text}");
    }
    assert!(!range(&format!(">{last}")).covers(&version));
}

proptest! {
    /// Of versions that are released, a range covers those Cargo's requirement matches.
    #[test]
    fn ranges_are_cargos_for_released_versions(
        op in prop::sample::select(vec!["", "=", ">", ">=", "<", "<=", "~", "^"]),
        parts in prop::collection::vec(0..4_u64, 1..4),
        version in prop::array::uniform3(0..4_u64),
    ) {
        let parts: Vec<_> = parts.iter().map(u64::to_string).collect();
        let text = format!("{op}{}", parts.join("."));
        let version = Version::new(version[0], version[1], version[2]);
        let cargos = VersionReq::parse(&text).unwrap().matches(&version);
        prop_assert_eq!(range(&text).covers(&version), cargos, "{} {}", text, version);
    }
}

#[test]
fn newer_lists_replace_older_ones_and_the_same_may_come_again() {
    let key = key();
    let mut seen = Seen::default();
    for version in [3, 3, 4, 9] {
        let list = list(version, vec![digest_entry()]);
        let file = sign(&list, &key).unwrap();
        let accepted = seen.accept(file.as_bytes(), &key.verifying(), day(3));
        assert_eq!(accepted, Ok(Accepted::Fresh(list)));
        assert_eq!(seen.version(), Some(version));
    }
    let kept = serde_json::to_string(&seen).unwrap();
    assert_eq!(serde_json::from_str::<Seen>(&kept).unwrap(), seen);
}

#[test]
fn another_order_of_fields_is_the_same_list() {
    let key = key();
    let file = sign(&list(3, vec![digest_entry()]), &key).unwrap();
    let spaced = file.replace(r#","list":{"entries""#, r#", "list": { "entries""#);
    assert_ne!(spaced, file);
    let mut seen = Seen::default();
    for file in [file, spaced] {
        let accepted = seen.accept(file.as_bytes(), &key.verifying(), day(3));
        assert!(accepted.is_ok(), "{accepted:?}");
    }
}

#[test]
fn the_file_has_the_documented_form() {
    let file = sign(&list(3, vec![digest_entry()]), &key()).unwrap();
    let (_, list) = file.split_once(r#","list":"#).unwrap();
    let digest = Digest::of(b"component");
    assert_eq!(
        list,
        format!(
            r#"{{"entries":[{{"at":"2026-11-01T00:00:00Z","target":{{"digest":"{digest}","what":"digest"}},"why":"steals"}}],"expires":"2026-11-04T00:00:00Z","issued":"2026-11-02T00:00:00Z","version":3}}}}"#
        )
    );
}
