//! One attack on the revocation list each, and each is refused.
#![expect(clippy::unwrap_used, reason = "tests")]

use metier_core::{Digest, canonical};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    Accepted, List, ListError, ListRefused, MAX_ENTRIES, MAX_FILE, Seen, Target, sign,
    tests::{digest_entry, entry, key, list},
};
use crate::trust::{
    ListSummary, Moment, Publisher, Revocation, Signature, SigningKey, Untrusted, VerifyingKey,
    tests::{day, moment, pair},
};

fn accept(file: &str, key: &SigningKey<Revocation>, now: Moment) -> Result<Accepted, ListRefused> {
    Seen::default().accept(file.as_bytes(), &key.verifying(), now)
}

/// Any list, signed with any summary.
fn forged(key: &SigningKey<Revocation>, list: &Value, summary: &ListSummary) -> String {
    let text = canonical::text(list);
    let bundle = key.sign(&Digest::of(text.as_bytes()), "revocations", summary);
    format!(
        r#"{{"bundle":{},"list":{text}}}"#,
        bundle.unwrap().to_json()
    )
}

fn summary() -> ListSummary {
    ListSummary {
        version: 3,
        issued: day(2),
        expires: day(4),
    }
}

fn raw() -> Value {
    json!({"version": 3, "issued": day(2), "expires": day(4), "entries": []})
}

#[test]
fn attack_list_of_before() {
    let key = key();
    let mut seen = Seen::default();
    let new = sign(&list(7, vec![digest_entry()]), &key).unwrap();
    seen.accept(new.as_bytes(), &key.verifying(), day(3))
        .unwrap();
    let before = seen;
    let old = sign(&list(6, vec![]), &key).unwrap();
    let error = seen.accept(old.as_bytes(), &key.verifying(), day(3));
    assert_eq!(error, Err(ListRefused::Older { found: 6, seen: 7 }));
    assert_eq!(seen, before);
}

#[test]
fn attack_two_lists_of_one_version() {
    let key = key();
    let mut seen = Seen::default();
    let one = sign(&list(7, vec![digest_entry()]), &key).unwrap();
    seen.accept(one.as_bytes(), &key.verifying(), day(3))
        .unwrap();
    let other = sign(&list(7, vec![]), &key).unwrap();
    let error = seen.accept(other.as_bytes(), &key.verifying(), day(3));
    assert_eq!(error, Err(ListRefused::Forked(7)));
}

/// An old list kept in place: it is taken, for what it revokes, and told apart from a fresh one.
#[test]
fn attack_stale_list() {
    let key = key();
    let list = list(7, vec![digest_entry()]);
    let file = sign(&list, &key).unwrap();
    let fresh = accept(&file, &key, moment("2026-11-03T23:59:59Z"));
    assert_eq!(fresh, Ok(Accepted::Fresh(list.clone())));
    for late in [day(4), day(30)] {
        let accepted = accept(&file, &key, late).unwrap();
        assert_eq!(accepted, Accepted::Expired(list.clone()));
        assert_eq!(accepted.list().entries().len(), 1);
    }
}

/// A list that is stale does not let an older one in afterwards.
#[test]
fn attack_downgrade_after_a_stale_list() {
    let key = key();
    let mut seen = Seen::default();
    let stale = sign(&list(7, vec![digest_entry()]), &key).unwrap();
    seen.accept(stale.as_bytes(), &key.verifying(), day(20))
        .unwrap();
    let old = List::new(6, day(19), day(25), vec![]).unwrap();
    let old = sign(&old, &key).unwrap();
    let error = seen.accept(old.as_bytes(), &key.verifying(), day(20));
    assert_eq!(error, Err(ListRefused::Older { found: 6, seen: 7 }));
}

#[test]
fn attack_list_from_the_future() {
    let key = key();
    let file = sign(&list(7, vec![]), &key).unwrap();
    assert!(
        accept(&file, &key, day(1)).is_ok(),
        "clocks may be off by a day"
    );
    let now = moment("2026-10-31T23:59:59Z");
    let mut seen = Seen::default();
    let error = seen.accept(file.as_bytes(), &key.verifying(), now);
    let issued = day(2);
    assert_eq!(error, Err(ListRefused::FromTheFuture { issued, now }));
    assert_eq!(seen, Seen::default());
}

#[test]
fn attack_list_that_never_expires() {
    let long = List::new(1, day(1), moment("2027-01-01T00:00:00Z"), vec![]);
    assert_eq!(long, Err(ListError::TooLong));
    assert_eq!(
        List::new(1, day(2), day(1), vec![]),
        Err(ListError::Backwards)
    );
    let key = key();
    let expires = moment("9999-12-31T23:59:59Z");
    let mut list = raw();
    list["expires"] = json!(expires);
    let summary = ListSummary {
        expires,
        ..summary()
    };
    let error = accept(&forged(&key, &list, &summary), &key, day(3));
    assert_eq!(error, Err(ListRefused::List(ListError::TooLong)));
}

#[test]
fn attack_foreign_signature() {
    let (ours, thief) = (key(), key());
    let file = sign(&list(7, vec![]), &thief).unwrap();
    let error = accept(&file, &ours, day(3)).unwrap_err();
    assert!(matches!(
        error,
        ListRefused::Untrusted(Untrusted::UnknownKey { .. })
    ));
}

/// A publisher's or another statement about the same bytes, by a key that is trusted for lists.
#[test]
fn attack_list_signed_in_another_role() {
    let pem = pair().to_pem().unwrap();
    let same = |pem: &str| crate::trust::KeyPair::from_pem(pem).unwrap();
    let publisher = SigningKey::<Publisher>::new(same(&pem));
    let text = canonical::text(&raw());
    let bundle = publisher.sign(&Digest::of(text.as_bytes()), "revocations", &Signature);
    let file = format!(
        r#"{{"bundle":{},"list":{text}}}"#,
        bundle.unwrap().to_json()
    );
    let key = VerifyingKey::<Revocation>::new(publisher.verifying().public().clone());
    let error = Seen::default()
        .accept(file.as_bytes(), &key, day(3))
        .unwrap_err();
    assert!(matches!(
        error,
        ListRefused::Untrusted(Untrusted::PredicateType { .. })
    ));
}

#[test]
fn attack_entry_taken_out_of_a_signed_list() {
    let key = key();
    let file = sign(&list(7, vec![digest_entry()]), &key).unwrap();
    let mut value: Value = serde_json::from_str(&file).unwrap();
    value["list"]["entries"] = json!([]);
    let error = accept(&value.to_string(), &key, day(3)).unwrap_err();
    assert!(matches!(
        error,
        ListRefused::Untrusted(Untrusted::Subject { .. })
    ));
}

#[test]
fn attack_old_list_under_a_new_signature_or_time() {
    let key = key();
    for other in [
        ListSummary {
            version: 4,
            ..summary()
        },
        ListSummary {
            issued: day(3),
            ..summary()
        },
        ListSummary {
            expires: day(5),
            ..summary()
        },
    ] {
        let error = accept(&forged(&key, &raw(), &other), &key, day(3));
        assert_eq!(error, Err(ListRefused::Summary));
    }
    assert!(accept(&forged(&key, &raw(), &summary()), &key, day(3)).is_ok());
}

/// What a newer market may revoke by, nobody here can check: it must not be passed over.
#[test]
fn attack_entries_nobody_knows() {
    let key = key();
    for entry in [
        json!({"target": {"what": "author", "name": "x"}, "why": "x", "at": day(1)}),
        json!({"target": {"what": "digest"}, "why": "x", "at": day(1)}),
        json!({"target": {"what": "capability", "capability": "time"}, "why": "x", "at": day(1)}),
        json!({"target": {"what": "versions", "name": "com.acme/x", "versions": "sometimes"}, "why": "x", "at": day(1)}),
        json!({"target": {"what": "publisher", "namespace": "com.acme", "unless": 1}, "why": "x", "at": day(1)}),
        json!({"target": {"what": "publisher", "namespace": "com.acme"}, "why": "x", "at": day(1), "until": day(2)}),
    ] {
        let mut list = raw();
        list["entries"] = json!([entry]);
        let error = accept(&forged(&key, &list, &summary()), &key, day(3)).unwrap_err();
        assert!(matches!(error, ListRefused::Shape(_)), "{entry}: {error}");
    }
}

#[test]
fn attack_malformed_and_huge_files() {
    let key = key();
    let good = sign(&list(7, vec![]), &key).unwrap();
    for text in [
        String::new(),
        "{}".into(),
        "[]".into(),
        format!("{good}{good}"),
        good.replacen('{', r#"{"list":{},"#, 1),
        good.replacen('{', r#"{"more":1,"#, 1),
        format!(
            r#"{{"bundle":{},"list":{}}}"#,
            "[".repeat(50_000),
            "[".repeat(50_000)
        ),
    ] {
        let error = accept(&text, &key, day(3)).unwrap_err();
        assert!(matches!(error, ListRefused::Shape(_)), "{error}");
    }
    let unsigned = good.replacen(r#"{"bundle":{"#, r#"{"bundle":{"x":1,"#, 1);
    let error = accept(&unsigned, &key, day(3)).unwrap_err();
    assert!(matches!(
        error,
        ListRefused::Untrusted(Untrusted::Bundle { .. })
    ));
    let huge = vec![b' '; MAX_FILE + 1];
    let error = Seen::default().accept(&huge, &key.verifying(), day(3));
    assert_eq!(error, Err(ListRefused::TooLong));
    let many = vec![digest_entry(); MAX_ENTRIES + 1];
    assert_eq!(List::new(1, day(1), day(2), many), Err(ListError::TooMany));
}

/// A pre-release of the version that mends it is not mended.
#[test]
fn attack_revoked_version_as_a_pre_release() {
    let list = list(
        1,
        vec![entry(Target::Versions {
            name: "com.acme/salesforce".parse().unwrap(),
            versions: "<1.4.1".parse().unwrap(),
        })],
    );
    for version in ["1.4.0", "1.4.0-rc.1", "1.4.1-rc.1", "0.0.0-0"] {
        let installed = super::Installed {
            name: "com.acme/salesforce".parse().unwrap(),
            version: version.parse().unwrap(),
            digest: Digest::of(b"x"),
            capabilities: vec![],
        };
        assert_eq!(list.hits(&installed).len(), 1, "{version}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Whatever bit of the file is changed, it is refused, or it is the same list in other white space.
    #[test]
    fn every_bit_of_a_list_counts(place in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let key = key();
        let list = list(7, vec![digest_entry()]);
        let mut bytes = sign(&list, &key).unwrap().into_bytes();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        let accepted = Seen::default().accept(&bytes, &key.verifying(), day(3));
        prop_assert!(accepted.is_err(), "bit {} of byte {}", bit, place);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Seen::default().accept(&bytes, &key().verifying(), day(3)).is_err());
        let text = String::from_utf8_lossy(&bytes);
        _ = text.parse::<super::Range>();
    }
}
