//! Attacks on the keys of a namespace.
#![expect(clippy::panic, reason = "tests")]
#![expect(clippy::unwrap_used, reason = "tests")]

use base64::{Engine, engine::general_purpose::STANDARD};

use serde_json::{Value, json};

use super::NAME;
use crate::{
    state::{
        Change, KeyAdded, KeyEnding, Leaf, LeafError, LeafSignature, Refused, Standing, State,
        Vouched,
        tests::{
            acme, apply, by_domain, claim, end, ending, leaf, namespace, new_key, publish,
            recovered, skill, stolen, version,
        },
    },
    trust::{
        Unusable,
        tests::{day, moment, publisher},
    },
};

#[test]
fn attack_key_change_with_nobodys_word() {
    let (_, key) = acme();
    for change in [
        Change::Key(
            new_key("com.acme", &publisher(), day(2))
                .sign(&key)
                .unwrap(),
        ),
        Change::KeyEnd(end("com.acme", &key, day(2))),
    ] {
        let leaf = leaf(day(2), change).encode().unwrap();
        let mut fields: Value = serde_json::from_slice(&leaf).unwrap();
        let vouched = fields.as_object_mut().unwrap().remove("vouched").unwrap();
        for word in [
            Value::Null,
            json!({}),
            json!("domain"),
            json!({"key": null}),
        ] {
            fields["vouched"] = word;
            unread(&fields);
        }
        // Two words are no better than one.
        fields["vouched"] =
            json!({"key": vouched["key"], "domain": {"method": "dns", "place": "x", "at": day(1)}});
        unread(&fields);
        fields.as_object_mut().unwrap().remove("vouched");
        unread(&fields);
    }
}

fn unread(fields: &Value) {
    let text = metier_core::canonical::text(fields);
    let error = Leaf::decode(text.as_bytes()).unwrap_err();
    assert!(matches!(error, LeafError::Shape { .. }), "{error:?}");
}

#[test]
fn attack_key_change_signed_by_its_own_key() {
    let (mut state, _) = acme();
    let thief = publisher();
    let added = new_key("com.acme", &thief, day(2)).sign(&thief).unwrap();
    let error = apply(&mut state, day(2), Change::Key(added));
    let foreign = Refused::ForeignKey(thief.verifying().hint(), namespace("com.acme"));
    assert_eq!(error, Err(foreign));
}

#[test]
fn attack_key_change_signed_by_another_namespaces_key() {
    let (mut state, _) = acme();
    let other = publisher();
    apply(
        &mut state,
        day(2),
        Change::Namespace(claim("org.other", "other", &other)),
    )
    .unwrap();
    let added = new_key("com.acme", &publisher(), day(3))
        .sign(&other)
        .unwrap();
    let error = apply(&mut state, day(3), Change::Key(added));
    let foreign = Refused::ForeignKey(other.verifying().hint(), namespace("com.acme"));
    assert_eq!(error, Err(foreign));
}

#[test]
fn attack_key_change_with_the_hint_of_a_good_key() {
    let (mut state, key) = acme();
    let thief = publisher();
    let mut added = new_key("com.acme", &thief, day(2)).sign(&thief).unwrap();
    let by = key.verifying().hint();
    let Vouched::Key(signature) = &mut added.vouched else {
        panic!("it is signed");
    };
    signature.by = by;
    let error = apply(&mut state, day(2), Change::Key(added.clone()));
    assert_eq!(error, Err(Refused::BadSignature(by, namespace("com.acme"))));
    for signature in ["", "*", &STANDARD.encode([0; 64]), &"A".repeat(400_000)] {
        let signature = signature.to_owned();
        added.vouched = Vouched::Key(LeafSignature { by, signature });
        let error = apply(&mut state, day(2), Change::Key(added.clone()));
        assert_eq!(error, Err(Refused::BadSignature(by, namespace("com.acme"))));
    }
}

#[test]
fn attack_key_change_of_other_words_than_were_signed() {
    let (state, key) = acme();
    let good = new_key("com.acme", &publisher(), day(2))
        .sign(&key)
        .unwrap();
    let swapped = publisher().verifying().public().clone();
    for changed in [
        KeyAdded {
            key: swapped,
            ..good.clone()
        },
        KeyAdded {
            from: Some(day(3)),
            ..good.clone()
        },
        KeyAdded {
            until: Some(day(9)),
            ..good.clone()
        },
    ] {
        let error = apply(&mut state.clone(), day(4), Change::Key(changed));
        assert!(matches!(error, Err(Refused::BadSignature(..))), "{error:?}");
    }
    apply(&mut state.clone(), day(4), Change::Key(good)).unwrap();
}

/// One owner, two namespaces with one key: what it signed for one does not count for the other.
#[test]
fn attack_key_change_replayed_for_another_namespace() {
    let (mut state, key) = acme();
    apply(
        &mut state,
        day(2),
        Change::Namespace(claim("org.acme", "acme", &key)),
    )
    .unwrap();
    let good = new_key("com.acme", &publisher(), day(2))
        .sign(&key)
        .unwrap();
    let replayed = KeyAdded {
        namespace: namespace("org.acme"),
        ..good
    };
    let error = apply(&mut state, day(3), Change::Key(replayed));
    assert!(matches!(error, Err(Refused::BadSignature(..))));
}

#[test]
fn attack_key_change_signed_by_an_ended_key() {
    let (mut state, key) = acme();
    let second = publisher();
    let added = new_key("com.acme", &second, day(2)).sign(&key).unwrap();
    apply(&mut state, day(2), Change::Key(added)).unwrap();
    apply(
        &mut state,
        day(3),
        Change::KeyEnd(end("com.acme", &key, day(3))),
    )
    .unwrap();
    let added = new_key("com.acme", &publisher(), day(4))
        .sign(&key)
        .unwrap();
    let error = apply(&mut state, day(4), Change::Key(added));
    assert!(matches!(
        error,
        Err(Refused::KeyNotGood(_, Unusable::Ended(_)))
    ));
}

#[test]
fn attack_key_change_signed_by_an_expired_or_future_key() {
    let key = publisher();
    let mut claim = claim("com.acme", "acme", &key);
    claim.until = Some(day(5));
    let mut state = State::default();
    apply(&mut state, day(1), Change::Namespace(claim)).unwrap();
    let later = publisher();
    let added = new_key("com.acme", &later, day(9)).sign(&key).unwrap();
    apply(&mut state, day(2), Change::Key(added)).unwrap();
    let by_expired = new_key("com.acme", &publisher(), day(6))
        .sign(&key)
        .unwrap();
    let error = apply(&mut state, day(6), Change::Key(by_expired));
    assert!(matches!(
        error,
        Err(Refused::KeyNotGood(_, Unusable::Expired(_)))
    ));
    let by_future = new_key("com.acme", &publisher(), day(6))
        .sign(&later)
        .unwrap();
    let error = apply(&mut state, day(6), Change::Key(by_future));
    assert!(matches!(
        error,
        Err(Refused::KeyNotGood(_, Unusable::NotYet(_)))
    ));
}

#[test]
fn attack_key_change_told_twice() {
    let (mut state, key) = acme();
    let second = publisher();
    let added = new_key("com.acme", &second, day(2)).sign(&key).unwrap();
    apply(&mut state, day(2), Change::Key(added.clone())).unwrap();
    apply(
        &mut state,
        day(3),
        Change::KeyEnd(end("com.acme", &second, day(3))),
    )
    .unwrap();
    let error = apply(&mut state, day(4), Change::Key(added));
    assert!(
        matches!(error, Err(Refused::KeyThere(..))),
        "an ended key does not come back"
    );
}

/// A key that says it is good since before its leaf is good from the leaf on.
#[test]
fn attack_key_backdated() {
    let (mut state, key) = acme();
    let second = publisher();
    let added = new_key("com.acme", &second, moment("1999-01-01T00:00:00Z"))
        .sign(&key)
        .unwrap();
    apply(&mut state, day(5), Change::Key(added)).unwrap();
    assert_eq!(state.keys_at(&namespace("com.acme"), day(4)).count(), 1);
    assert_eq!(state.keys_at(&namespace("com.acme"), day(5)).count(), 2);
}

#[test]
fn attack_key_that_ends_before_it_begins() {
    let (mut state, key) = acme();
    let mut change = new_key("com.acme", &publisher(), day(2));
    change.until = Some(day(4));
    let added = change.sign(&key).unwrap();
    let error = apply(&mut state, day(5), Change::Key(added));
    assert_eq!(error, Err(Refused::KeyTimes(namespace("com.acme"))));
}

#[test]
fn attack_recovered_while_a_key_is_left() {
    let (mut state, _) = acme();
    for at in [day(2), day(29)] {
        let recovered = recovered("com.acme", &publisher());
        let error = apply(&mut state, at, Change::Key(recovered));
        assert_eq!(error, Err(Refused::KeyLeft(namespace("com.acme"))));
    }
}

#[test]
fn attack_recovered_while_a_key_has_some_days_left() {
    let mut claim = claim("com.acme", "acme", &publisher());
    claim.until = Some(day(9));
    let mut state = State::default();
    apply(&mut state, day(1), Change::Namespace(claim)).unwrap();
    for (at, refused) in [
        (day(8), Refused::KeyLeft(namespace("com.acme"))),
        (day(9), Refused::TooEarly(namespace("com.acme"), day(12))),
        (day(11), Refused::TooEarly(namespace("com.acme"), day(12))),
    ] {
        let recovered = recovered("com.acme", &publisher());
        let error = apply(&mut state, at, Change::Key(recovered));
        assert_eq!(error, Err(refused));
    }
}

#[test]
fn attack_recovered_too_early() {
    let (mut state, key) = acme();
    // Backdating the end does not shorten the wait.
    apply(
        &mut state,
        day(5),
        Change::KeyEnd(end("com.acme", &key, day(1))),
    )
    .unwrap();
    for at in [
        "2026-11-05T00:00:02Z",
        "2026-11-07T23:59:59Z",
        "2026-11-08T00:00:00Z",
    ] {
        let recovered = recovered("com.acme", &publisher());
        let error = apply(&mut state, moment(at), Change::Key(recovered));
        let earliest = moment("2026-11-08T00:00:01Z");
        assert_eq!(
            error,
            Err(Refused::TooEarly(namespace("com.acme"), earliest))
        );
    }
    let recovered = recovered("com.acme", &publisher());
    let at = moment("2026-11-08T00:00:01Z");
    apply(&mut state, at, Change::Key(recovered)).unwrap();
}

/// A key that somebody else has is no reason to wait less.
#[test]
fn attack_recovered_by_a_backdated_theft() {
    let (mut state, key) = acme();
    let theft = stolen("com.acme", &key, day(1));
    apply(&mut state, day(5), Change::KeyEnd(theft)).unwrap();
    let recovered = recovered("com.acme", &publisher());
    let error = apply(&mut state, day(6), Change::Key(recovered));
    assert!(matches!(error, Err(Refused::TooEarly(..))), "{error:?}");
}

/// Stolen on the third; the thief adds a key on the fourth, and with that another one; the owner notices on the sixth.
#[test]
fn attack_keys_added_by_a_thief() {
    let (mut state, key) = acme();
    let (owners, thiefs, next) = (publisher(), publisher(), publisher());
    for (at, new, by) in [(2, &owners, &key), (4, &thiefs, &key), (5, &next, &thiefs)] {
        let added = new_key("com.acme", new, day(at)).sign(by).unwrap();
        apply(&mut state, day(at), Change::Key(added)).unwrap();
    }
    apply(&mut state, day(5), publish(NAME, "6.6.6", &next)).unwrap();
    let theft = stolen("com.acme", &key, day(3));
    apply(&mut state, day(6), Change::KeyEnd(theft)).unwrap();
    let left: Vec<_> = state.keys_at(&namespace("com.acme"), day(7)).collect();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].record.key, owners.verifying());
    let evil = state.version(&skill(NAME), &version("6.6.6")).unwrap();
    assert!(matches!(
        state.standing(evil),
        Standing::Void(Unusable::Compromised(_))
    ));
}

/// Said to end some day, it ends now: otherwise the thief has until then.
#[test]
fn attack_compromised_key_with_a_late_end() {
    let (mut state, key) = acme();
    let ending = KeyEnding {
        from: Some(day(28)),
        since: Some(day(9)),
        ..ending("com.acme", &key)
    };
    let theft = ending.sign(&key).unwrap();
    apply(&mut state, day(3), Change::KeyEnd(theft)).unwrap();
    let error = apply(&mut state, day(4), publish(NAME, "1.0.0", &key));
    assert!(matches!(
        error,
        Err(Refused::KeyNotGood(_, Unusable::Ended(_)))
    ));
}

#[test]
fn attack_end_of_anothers_key() {
    let (mut state, _) = acme();
    let other = publisher();
    let error = apply(
        &mut state,
        day(2),
        Change::KeyEnd(end("com.acme", &other, day(2))),
    );
    assert!(matches!(error, Err(Refused::ForeignKey(..))));
}

#[test]
fn attack_ended_key_made_good_again() {
    let (mut state, key) = acme();
    apply(
        &mut state,
        day(3),
        Change::KeyEnd(end("com.acme", &key, day(3))),
    )
    .unwrap();
    // It signs nothing more itself; the domain says what it wants, and that changes nothing either.
    let later = Change::KeyEnd(end("com.acme", &key, day(20)));
    let error = apply(&mut state, day(4), later);
    assert!(matches!(error, Err(Refused::KeyNotGood(..))), "{error:?}");
    let again = ending("com.acme", &key).vouched(by_domain(day(4)));
    let error = apply(&mut state, day(4), Change::KeyEnd(again));
    assert_eq!(error, Err(Refused::KeyEndedBefore(key.verifying().hint())));
}
