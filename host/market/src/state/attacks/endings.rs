//! Attacks by ending keys, and by recovering them: a token is not enough for either.
#![expect(clippy::panic, reason = "tests")]
#![expect(clippy::unwrap_used, reason = "tests")]

use super::NAME;
use crate::{
    state::{
        Change, KeyAdded, KeyEnded, KeyEnding, LeafSignature, Refused, State, Vouched,
        tests::{
            acme, apply, by_domain, claim, end, ending, namespace, new_key, publish, recovered,
            stolen,
        },
    },
    trust::{
        Publisher, SigningKey, Unusable,
        tests::{day, moment, publisher},
    },
};

/// `com.acme` with two keys that are good.
fn two() -> (State, SigningKey<Publisher>, SigningKey<Publisher>) {
    let (mut state, first) = acme();
    let second = publisher();
    let added = new_key("com.acme", &second, day(2)).sign(&first).unwrap();
    apply(&mut state, day(2), Change::Key(added)).unwrap();
    (state, first, second)
}

fn refused(state: &State, ended: KeyEnded) -> Refused {
    apply(&mut state.clone(), day(4), Change::KeyEnd(ended)).unwrap_err()
}

fn signature(ended: &KeyEnded) -> LeafSignature {
    match &ended.vouched {
        Vouched::Key(signature) => signature.clone(),
        Vouched::Domain(_) => panic!("it is signed"),
    }
}

#[test]
fn a_key_is_ended_by_itself_by_another_or_by_the_domain() {
    let (state, first, second) = two();
    for vouched in [
        Vouched::Key(ending("com.acme", &first).signature(&first).unwrap()),
        Vouched::Key(ending("com.acme", &first).signature(&second).unwrap()),
        by_domain(day(4)),
    ] {
        let mut state = state.clone();
        let ended = ending("com.acme", &first).vouched(vouched);
        apply(&mut state, day(4), Change::KeyEnd(ended)).unwrap();
        let left: Vec<_> = state.keys_at(&namespace("com.acme"), day(5)).collect();
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].record.key, second.verifying());
    }
}

#[test]
fn attack_key_ended_by_a_stranger() {
    let (state, first, _) = two();
    let stranger = publisher();
    let ended = ending("com.acme", &first).sign(&stranger).unwrap();
    let foreign = Refused::ForeignKey(stranger.verifying().hint(), namespace("com.acme"));
    assert_eq!(refused(&state, ended), foreign);
    // With the hint of a key that is good.
    let mut signature = ending("com.acme", &first).signature(&stranger).unwrap();
    signature.by = first.verifying().hint();
    let ended = ending("com.acme", &first).vouched(Vouched::Key(signature));
    assert!(matches!(refused(&state, ended), Refused::BadSignature(..)));
}

#[test]
fn attack_ending_replayed_for_another_key_namespace_or_time() {
    let (mut state, first, second) = two();
    let other = Change::Namespace(claim("org.acme", "acme", &first));
    apply(&mut state, day(3), other).unwrap();
    let said = signature(&ending("com.acme", &first).sign(&first).unwrap());
    let good = ending("com.acme", &first);
    for changed in [
        KeyEnding {
            key: second.verifying().hint(),
            ..good.clone()
        },
        KeyEnding {
            namespace: namespace("org.acme"),
            ..good.clone()
        },
        KeyEnding {
            since: Some(day(1)),
            ..good.clone()
        },
        KeyEnding {
            from: Some(day(9)),
            ..good.clone()
        },
    ] {
        let ended = changed.vouched(Vouched::Key(said.clone()));
        assert!(matches!(refused(&state, ended), Refused::BadSignature(..)));
    }
    let ended = good.vouched(Vouched::Key(said));
    apply(&mut state, day(4), Change::KeyEnd(ended)).unwrap();
}

/// What was signed to add a key ends none, and the other way round.
#[test]
fn attack_signature_of_another_kind_of_change() {
    let (state, first, _) = two();
    let third = publisher();
    let change = new_key("com.acme", &third, day(4));
    let said = change.signature(&first).unwrap();
    let ended = ending("com.acme", &first).vouched(Vouched::Key(said));
    assert!(matches!(refused(&state, ended), Refused::BadSignature(..)));
    let said = ending("com.acme", &third).signature(&first).unwrap();
    let added = Change::Key(change.vouched(Vouched::Key(said)));
    let error = apply(&mut state.clone(), day(4), added);
    assert!(matches!(error, Err(Refused::BadSignature(..))));
}

/// A key from long ago in somebody's hands voids nothing: it does not even speak for itself any more.
#[test]
fn attack_ending_by_a_key_that_ended() {
    let (mut state, first, second) = two();
    apply(&mut state, day(2), publish(NAME, "1.0.0", &first)).unwrap();
    let ended = Change::KeyEnd(end("com.acme", &first, day(3)));
    apply(&mut state, day(3), ended).unwrap();
    for ended in [
        stolen("com.acme", &first, day(1)),
        ending("com.acme", &second).sign(&first).unwrap(),
    ] {
        let not_good = refused(&state, ended);
        assert!(
            matches!(not_good, Refused::KeyNotGood(_, Unusable::Ended(_))),
            "{not_good}"
        );
    }
    // The other key, which is good, says so.
    let theft = KeyEnding {
        since: Some(day(1)),
        ..ending("com.acme", &first)
    };
    let theft = theft.sign(&second).unwrap();
    apply(&mut state, day(4), Change::KeyEnd(theft)).unwrap();
}

/// The line at a domain names key and namespace, and no times: with times of their choice a thief of the token would spoil what the owner
/// proved.
#[test]
fn attack_times_that_the_domain_does_not_name() {
    let (mut state, first, second) = two();
    let later = KeyEnding {
        from: Some(day(4)),
        ..ending("com.acme", &first)
    };
    let ended = later.vouched(by_domain(day(4)));
    assert_eq!(
        refused(&state, ended),
        Refused::KeyTimes(namespace("com.acme"))
    );
    for key in [&first, &second] {
        let ended = ending("com.acme", key).vouched(by_domain(day(4)));
        apply(&mut state, day(4), Change::KeyEnd(ended)).unwrap();
    }
    let at = moment("2026-11-07T00:00:01Z");
    let next = publisher();
    let good = recovered("com.acme", &next);
    for spoiled in [
        KeyAdded {
            until: Some(day(9)),
            ..good.clone()
        },
        KeyAdded {
            from: Some(moment("2099-01-01T00:00:00Z")),
            ..good.clone()
        },
        KeyAdded {
            from: Some(day(1)),
            ..good.clone()
        },
    ] {
        let error = apply(&mut state, at, Change::Key(spoiled));
        assert_eq!(error, Err(Refused::KeyTimes(namespace("com.acme"))));
    }
    apply(&mut state, at, Change::Key(good)).unwrap();
    assert!(state.keys_at(&namespace("com.acme"), at).count() == 1);
}

#[test]
fn attack_proof_of_a_later_time() {
    let (mut state, first, second) = two();
    let ended = ending("com.acme", &first).vouched(by_domain(day(5)));
    assert_eq!(refused(&state, ended), Refused::ProofTime);
    for key in [&first, &second] {
        let ended = Change::KeyEnd(end("com.acme", key, day(4)));
        apply(&mut state, day(4), ended).unwrap();
    }
    let early = KeyAdded {
        vouched: by_domain(day(20)),
        ..recovered("com.acme", &publisher())
    };
    let error = apply(&mut state, day(9), Change::Key(early));
    assert_eq!(error, Err(Refused::ProofTime));
}
