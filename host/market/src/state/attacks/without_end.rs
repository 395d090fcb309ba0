//! Attacks that fill a namespace, so that its owner has no room, or nobody takes a receipt of it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use super::publishers::{add, refused, trusting, word};
use crate::{
    fixtures::Moment,
    state::{
        Change, KeyEnding, MAX_PUBLISHERS, PublisherRefused, Refused,
        tests::{
            acme, apply, by_domain, ending, freeze, leaf, namespace, new_key, no_more, recovered,
            stolen, trusted,
        },
    },
    trust::{
        Algorithm, KeyPair, SigningKey,
        tests::{day, publisher},
    },
};

#[test]
fn attack_too_many_keys() {
    let (mut state, key) = acme();
    let edwards = || SigningKey::new(KeyPair::generate(Algorithm::Ed25519).unwrap());
    for _ in 1..1_000 {
        let added = new_key("com.acme", &edwards(), day(2)).sign(&key).unwrap();
        state.apply(&leaf(day(2), Change::Key(added))).unwrap();
    }
    let added = new_key("com.acme", &edwards(), day(2)).sign(&key).unwrap();
    let error = state.apply(&leaf(day(2), Change::Key(added)));
    assert_eq!(error, Err(Refused::TooManyKeys(namespace("com.acme"))));
    // They were a thief's: they go with the stolen key, and its owner has room for one of their own.
    let theft = KeyEnding {
        since: Some(day(2)),
        ..ending("com.acme", &key)
    };
    let theft = Change::KeyEnd(theft.vouched(by_domain(day(3))));
    apply(&mut state, day(3), theft).unwrap();
    let own = Change::Key(recovered("com.acme", &publisher()));
    apply(&mut state, day(10), own).unwrap();
}

/// Every receipt of a namespace carries all its changes, so there is an end to them; the last word is the domain's.
#[test]
fn attack_changes_of_keys_without_end() {
    let (mut state, key) = acme();
    let owner = SigningKey::new(KeyPair::generate(Algorithm::Ed25519).unwrap());
    let added = new_key("com.acme", &owner, day(2)).sign(&key).unwrap();
    apply(&mut state, day(2), Change::Key(added)).unwrap();
    let other = SigningKey::new(KeyPair::generate(Algorithm::Ed25519).unwrap());
    let added = new_key("com.acme", &other, day(2)).sign(&owner).unwrap();
    apply(&mut state, day(2), Change::Key(added)).unwrap();
    // Ended a second earlier each time.
    let before = |moment: Moment, seconds: u64| moment.plus(Duration::from_secs(4_000 - seconds));
    let earlier = |seconds| KeyEnding {
        from: Some(before(day(8), seconds)),
        ..ending("com.acme", &other)
    };
    let stolen_earlier = |seconds| KeyEnding {
        since: Some(before(day(2), seconds)),
        ..ending("com.acme", &other)
    };
    for seconds in 0..2_998 {
        let ended = Change::KeyEnd(earlier(seconds).sign(&owner).unwrap());
        state.apply(&leaf(day(3), ended)).unwrap();
    }
    let one_more = Change::KeyEnd(earlier(3_000).sign(&owner).unwrap());
    let error = state.apply(&leaf(day(3), one_more));
    assert_eq!(error, Err(Refused::TooManyChanges(namespace("com.acme"))));
    for seconds in 3_000..3_500 {
        let ended = Change::KeyEnd(stolen_earlier(seconds).vouched(by_domain(day(3))));
        state.apply(&leaf(day(3), ended)).unwrap();
    }
    let one_more = Change::KeyEnd(stolen_earlier(3_500).vouched(by_domain(day(3))));
    let error = state.apply(&leaf(day(3), one_more));
    assert_eq!(error, Err(Refused::TooManyChanges(namespace("com.acme"))));
}

/// Every receipt of a namespace carries these endings too, so there is an end to them.
#[test]
fn attack_publisher_that_is_stolen_earlier_and_earlier() {
    let (mut state, key, id) = trusting();
    let mut stolen = |seconds: u64| {
        let since = day(2).plus(Duration::from_secs(10_000 - seconds));
        let ended = Change::PublisherEnd(no_more(id, Some(since), &key));
        state.apply(&leaf(day(3), ended))
    };
    let taken = (0..4_000).take_while(|seconds| stolen(*seconds).is_ok());
    assert_eq!(taken.count(), 2_999);
    let error = stolen(5_000);
    assert_eq!(error, Err(Refused::TooManyChanges(namespace("com.acme"))));
    let added = trusted(day(3)).of(namespace("com.acme")).sign(&key);
    let error = state.apply(&leaf(day(3), Change::Publisher(added.unwrap())));
    assert_eq!(error, Err(Refused::TooManyChanges(namespace("com.acme"))));
}

#[test]
fn attack_publishers_that_fill_every_receipt() {
    let (mut state, key) = acme();
    let mut long = trusted(day(2));
    for number in 0..14 {
        let wanted = "x".repeat(290);
        long.claims
            .insert(word(&format!("c{number}")), word(&wanted));
    }
    let added = long.of(namespace("com.acme")).sign(&key).unwrap();
    let error = apply(&mut state, day(2), Change::Publisher(added));
    let why = refused(error).to_string();
    assert!(why.contains("4 KiB"), "{why}");
}

/// A thief fills the namespace; its owner has room all the same.
#[test]
fn attack_publishers_of_a_stolen_key_without_end() {
    let (mut state, key) = acme();
    let second = publisher();
    let added = new_key("com.acme", &second, day(2)).sign(&key).unwrap();
    apply(&mut state, day(2), Change::Key(added)).unwrap();
    for number in 0..MAX_PUBLISHERS {
        let mut one = trusted(day(3));
        one.claims
            .insert(word("environment"), word(&format!("e{number}")));
        add(&mut state, day(3), one, &second);
    }
    let theft = Change::KeyEnd(stolen("com.acme", &second, day(2)));
    apply(&mut state, day(4), theft).unwrap();
    add(&mut state, day(5), trusted(day(5)), &key);
}

/// What thieves filled counts for nothing but the length of receipts, and that has an end all the same.
#[test]
fn attack_publishers_of_several_stolen_keys_without_end() {
    let (mut state, key) = acme();
    for theft in 0..2 {
        let (at, stolen_key) = (day(2 + theft), publisher());
        let added = new_key("com.acme", &stolen_key, at).sign(&key).unwrap();
        apply(&mut state, at, Change::Key(added)).unwrap();
        for number in 0..MAX_PUBLISHERS {
            let mut one = trusted(at);
            one.claims
                .insert(word("environment"), word(&format!("e{theft}-{number}")));
            add(&mut state, at, one, &stolen_key);
        }
        let ended = Change::KeyEnd(stolen("com.acme", &stolen_key, at));
        apply(&mut state, at, ended).unwrap();
    }
    let added = trusted(day(5))
        .of(namespace("com.acme"))
        .sign(&key)
        .unwrap();
    let error = apply(&mut state, day(5), Change::Publisher(added));
    assert_eq!(refused(error), PublisherRefused::TooMany);
}

#[test]
fn attack_publisher_for_a_namespace_that_is_frozen_or_full() {
    let (mut state, key) = acme();
    for number in 0..MAX_PUBLISHERS {
        let mut one = trusted(day(2));
        one.claims
            .insert(word("environment"), word(&format!("e{number}")));
        add(&mut state, day(2), one, &key);
    }
    let added = trusted(day(3))
        .of(namespace("com.acme"))
        .sign(&key)
        .unwrap();
    let error = apply(&mut state, day(3), Change::Publisher(added.clone()));
    assert_eq!(refused(error), PublisherRefused::TooMany);
    let (mut state, key) = acme();
    apply(&mut state, day(2), freeze("com.acme")).unwrap();
    let added = trusted(day(3))
        .of(namespace("com.acme"))
        .sign(&key)
        .unwrap();
    let error = apply(&mut state, day(3), Change::Publisher(added));
    assert_eq!(error, Err(Refused::Frozen(namespace("com.acme"))));
}
