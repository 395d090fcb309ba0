//! Attacks on namespaces and versions.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::NAME;
use crate::{
    revoked::{Entry, Target},
    state::{
        Change, MAX_REVOKED, Refused, State, Thaw,
        tests::{
            acme, apply, claim, end, freeze, namespace, new_key, publication, publish, revoke,
            skill, stolen as stolen_key, thaw, unrevoke, unyank, version, yank,
        },
    },
    trust::{
        Unusable,
        tests::{day, publisher},
    },
};

#[test]
fn attack_namespace_of_somebody_else() {
    let (mut state, _) = acme();
    let thief = publisher();
    let error = apply(
        &mut state,
        day(2),
        Change::Namespace(claim("com.acme", "evil", &thief)),
    );
    let taken = Refused::Taken(namespace("com.acme"), "acme".parse().unwrap());
    assert_eq!(error, Err(taken));
}

#[test]
fn attack_claim_again_to_change_the_key() {
    let (mut state, _) = acme();
    let error = apply(
        &mut state,
        day(2),
        Change::Namespace(claim("com.acme", "acme", &publisher())),
    );
    assert_eq!(error, Err(Refused::KeyInClaim(namespace("com.acme"))));
}

#[test]
fn attack_namespace_below_somebody_elses() {
    let (mut state, _) = acme();
    for below in ["com.acme.tools", "com.acme.tools.deep.down"] {
        let change = Change::Namespace(claim(below, "evil", &publisher()));
        let error = apply(&mut state, day(2), change);
        let refused = Refused::Below(namespace("com.acme"), "acme".parse().unwrap());
        assert_eq!(error, Err(refused));
    }
}

#[test]
fn attack_namespace_proven_later() {
    let mut claim = claim("com.acme", "acme", &publisher());
    claim.proof.at = day(3);
    let error = apply(&mut State::default(), day(2), Change::Namespace(claim));
    assert_eq!(error, Err(Refused::ProofTime));
}

#[test]
fn attack_leaf_of_an_earlier_time() {
    let (mut state, key) = acme();
    apply(&mut state, day(5), publish(NAME, "1.0.0", &key)).unwrap();
    let error = apply(&mut state, day(4), publish(NAME, "1.1.0", &key));
    let refused = Refused::Earlier {
        at: day(4),
        last: day(5),
    };
    assert_eq!(error, Err(refused));
}

#[test]
fn attack_publication_under_nobodys_namespace() {
    let (mut state, key) = acme();
    let error = apply(
        &mut state,
        day(2),
        publish("org.nobody/tool", "1.0.0", &key),
    );
    assert_eq!(error, Err(Refused::NoNamespace(namespace("org.nobody"))));
    let nested = apply(
        &mut state,
        day(2),
        publish("com.acme.tools/tool", "1.0.0", &key),
    );
    assert_eq!(
        nested,
        Err(Refused::NoNamespace(namespace("com.acme.tools")))
    );
}

#[test]
fn attack_publication_by_a_foreign_key() {
    let (mut state, _) = acme();
    let other = publisher();
    apply(
        &mut state,
        day(2),
        Change::Namespace(claim("org.other", "other", &other)),
    )
    .unwrap();
    let error = apply(&mut state, day(2), publish(NAME, "1.0.0", &other));
    assert!(matches!(error, Err(Refused::ForeignKey(..))));
}

#[test]
fn attack_publication_by_a_key_that_is_not_good() {
    let (state, key) = acme();
    let mut ended = state.clone();
    apply(
        &mut ended,
        day(3),
        Change::KeyEnd(end("com.acme", &key, day(3))),
    )
    .unwrap();
    let error = apply(&mut ended, day(4), publish(NAME, "1.0.0", &key));
    assert!(matches!(
        error,
        Err(Refused::KeyNotGood(_, Unusable::Ended(_)))
    ));
    let mut stolen = state.clone();
    let theft = stolen_key("com.acme", &key, day(2));
    apply(&mut stolen, day(3), Change::KeyEnd(theft)).unwrap();
    let error = apply(&mut stolen, day(4), publish(NAME, "1.0.0", &key));
    assert!(matches!(
        error,
        Err(Refused::KeyNotGood(_, Unusable::Compromised(_)))
    ));
    let (mut future, later) = (state, publisher());
    let added = new_key("com.acme", &later, day(20)).sign(&key).unwrap();
    apply(&mut future, day(3), Change::Key(added)).unwrap();
    let error = apply(&mut future, day(4), publish(NAME, "1.0.0", &later));
    assert!(matches!(
        error,
        Err(Refused::KeyNotGood(_, Unusable::NotYet(_)))
    ));
}

#[test]
fn attack_version_published_twice() {
    let (mut state, key) = acme();
    apply(&mut state, day(2), publish(NAME, "1.0.0", &key)).unwrap();
    let mut other = publication(NAME, "1.0.0", &key);
    other.digest = metier_core::Digest::of(b"other bytes");
    let error = apply(&mut state, day(3), Change::Publish(Box::new(other)));
    assert_eq!(
        error,
        Err(Refused::VersionThere(skill(NAME), version("1.0.0")))
    );
    apply(&mut state, day(4), yank(NAME, "1.0.0")).unwrap();
    let error = apply(&mut state, day(5), publish(NAME, "1.0.0", &key));
    assert!(
        matches!(error, Err(Refused::VersionThere(..))),
        "also when it is yanked"
    );
}

#[test]
fn attack_version_told_apart_by_its_build_alone() {
    let (mut state, key) = acme();
    apply(&mut state, day(2), publish(NAME, "1.0.0", &key)).unwrap();
    let error = apply(&mut state, day(3), publish(NAME, "1.0.0+evil", &key));
    assert!(matches!(error, Err(Refused::BuildMetadata(..))));
}

#[test]
fn attack_file_published_under_another_name() {
    let (mut state, key) = acme();
    let thief = publisher();
    apply(
        &mut state,
        day(1),
        Change::Namespace(claim("org.evil", "evil", &thief)),
    )
    .unwrap();
    apply(&mut state, day(2), publish(NAME, "1.0.0", &key)).unwrap();
    let mut copy = publication("org.evil/salesforce", "9.0.0", &thief);
    copy.digest = publication(NAME, "1.0.0", &key).digest;
    let error = apply(&mut state, day(3), Change::Publish(Box::new(copy)));
    assert!(matches!(error, Err(Refused::DigestThere { .. })));
}

#[test]
fn attack_publication_in_a_frozen_namespace() {
    let (mut state, key) = acme();
    apply(&mut state, day(2), freeze("com.acme")).unwrap();
    let error = apply(&mut state, day(3), publish(NAME, "1.0.0", &key));
    assert_eq!(error, Err(Refused::Frozen(namespace("com.acme"))));
    let added = new_key("com.acme", &publisher(), day(3))
        .sign(&key)
        .unwrap();
    let error = apply(&mut state, day(3), Change::Key(added));
    assert_eq!(error, Err(Refused::Frozen(namespace("com.acme"))));
    apply(&mut state, day(4), thaw("com.acme")).unwrap();
    apply(&mut state, day(4), publish(NAME, "1.0.0", &key)).unwrap();
}

#[test]
fn attack_publication_of_what_is_revoked() {
    let (state, key) = acme();
    let publication = publication(NAME, "1.0.0", &key);
    for target in [
        Target::Digest {
            digest: publication.digest,
        },
        Target::Publisher {
            namespace: namespace("com.acme"),
        },
        Target::Versions {
            name: skill(NAME),
            versions: "<2".parse().unwrap(),
        },
    ] {
        let mut state = state.clone();
        apply(&mut state, day(2), revoke(target)).unwrap();
        let error = apply(&mut state, day(3), publish(NAME, "1.0.0", &key));
        assert!(matches!(error, Err(Refused::PublishedRevoked(..))));
    }
}

#[test]
fn attack_taking_away_and_back_what_is_not_there() {
    let (mut state, key) = acme();
    let no_version = || Err(Refused::NoVersion(skill(NAME), version("1.0.0")));
    assert_eq!(apply(&mut state, day(2), yank(NAME, "1.0.0")), no_version());
    assert_eq!(
        apply(&mut state, day(2), unyank(NAME, "1.0.0")),
        no_version()
    );
    apply(&mut state, day(2), publish(NAME, "1.0.0", &key)).unwrap();
    let error = apply(&mut state, day(2), unyank(NAME, "1.0.0"));
    assert!(matches!(error, Err(Refused::NotYanked(..))));
    apply(&mut state, day(2), yank(NAME, "1.0.0")).unwrap();
    let error = apply(&mut state, day(2), yank(NAME, "1.0.0"));
    assert!(matches!(error, Err(Refused::Yanked(..))));
    let all = || Target::Publisher {
        namespace: namespace("com.acme"),
    };
    let error = apply(&mut state, day(2), unrevoke(all()));
    assert!(matches!(error, Err(Refused::NotRevoked(_))));
    apply(&mut state, day(2), revoke(all())).unwrap();
    let error = apply(&mut state, day(2), revoke(all()));
    assert!(matches!(error, Err(Refused::Revoked(_))));
    let error = apply(&mut state, day(2), thaw("com.acme"));
    assert!(matches!(error, Err(Refused::NotFrozen(_))));
    apply(&mut state, day(2), freeze("com.acme")).unwrap();
    let error = apply(&mut state, day(2), freeze("com.acme"));
    assert!(matches!(error, Err(Refused::Frozen(_))));
    let nobody = Thaw {
        namespace: namespace("org.nobody"),
        why: "x".parse().unwrap(),
    };
    let error = apply(&mut state, day(2), Change::Thaw(nobody));
    assert!(matches!(error, Err(Refused::NoNamespace(_))));
}

#[test]
fn attack_more_revocations_than_a_list_can_have() {
    let (mut state, _) = acme();
    let target = |namespace: &str| Target::Publisher {
        namespace: namespace.parse().unwrap(),
    };
    for number in 0..MAX_REVOKED as u64 {
        let entry = Entry {
            target: target(&format!("org.evil{number}")),
            why: "steals".parse().unwrap(),
            at: day(2),
        };
        state.revoked.insert(number + 1, entry);
    }
    let error = apply(&mut state, day(3), revoke(target("org.other")));
    assert_eq!(error, Err(Refused::TooManyRevoked));
}
