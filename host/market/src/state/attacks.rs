//! One attack on the market's state each, and each is refused.
#![expect(clippy::unwrap_used, reason = "tests")]

use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    Account, Change, KeyAdded, KeyEnded, Leaf, LeafError, LeafSignature, Price, Reason, Refused,
    State, Thaw,
    tests::{
        acme, apply, claim, end, freeze, history, leaf, namespace, new_key, publication, publish,
        revoke, skill, thaw, unrevoke, unyank, version, yank,
    },
};
use crate::{
    log::MAX_LEAF,
    revoked::Target,
    trust::{
        Algorithm, KeyPair, SigningKey, Unusable,
        tests::{day, moment, publisher},
    },
};

const NAME: &str = "com.acme/salesforce";

#[test]
fn attack_namespace_of_somebody_else() {
    let (mut state, _) = acme();
    let thief = publisher();
    let error = apply(&mut state, day(2), Change::Namespace(claim("com.acme", "evil", &thief)));
    let taken = Refused::Taken(namespace("com.acme"), "acme".parse().unwrap());
    assert_eq!(error, Err(taken));
}

#[test]
fn attack_claim_again_to_change_the_key() {
    let (mut state, _) = acme();
    let error = apply(&mut state, day(2), Change::Namespace(claim("com.acme", "acme", &publisher())));
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
fn attack_key_change_unsigned() {
    let (mut state, _) = acme();
    let unsigned = KeyAdded {
        recovered: false,
        ..new_key("com.acme", &publisher(), day(2)).recovered()
    };
    let error = apply(&mut state, day(2), Change::Key(unsigned));
    assert_eq!(error, Err(Refused::KeyUnsigned(namespace("com.acme"))));
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
    apply(&mut state, day(2), Change::Namespace(claim("org.other", "other", &other))).unwrap();
    let added = new_key("com.acme", &publisher(), day(3)).sign(&other).unwrap();
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
    added.signature.as_mut().unwrap().by = by;
    let error = apply(&mut state, day(2), Change::Key(added.clone()));
    assert_eq!(error, Err(Refused::BadSignature(by, namespace("com.acme"))));
    for signature in ["", "*", &STANDARD.encode([0; 64]), &"A".repeat(400_000)] {
        let signature = signature.to_owned();
        added.signature = Some(LeafSignature { by, signature });
        let error = apply(&mut state, day(2), Change::Key(added.clone()));
        assert_eq!(error, Err(Refused::BadSignature(by, namespace("com.acme"))));
    }
}

#[test]
fn attack_key_change_of_other_words_than_were_signed() {
    let (state, key) = acme();
    let good = new_key("com.acme", &publisher(), day(2)).sign(&key).unwrap();
    let swapped = publisher().verifying().public().clone();
    for changed in [
        KeyAdded { key: swapped, ..good.clone() },
        KeyAdded { from: day(3), ..good.clone() },
        KeyAdded { until: Some(day(9)), ..good.clone() },
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
    apply(&mut state, day(2), Change::Namespace(claim("org.acme", "acme", &key))).unwrap();
    let good = new_key("com.acme", &publisher(), day(2)).sign(&key).unwrap();
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
    apply(&mut state, day(3), Change::KeyEnd(end("com.acme", &key, day(3)))).unwrap();
    let added = new_key("com.acme", &publisher(), day(4)).sign(&key).unwrap();
    let error = apply(&mut state, day(4), Change::Key(added));
    assert!(matches!(error, Err(Refused::KeyNotGood(_, Unusable::Ended(_)))));
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
    let by_expired = new_key("com.acme", &publisher(), day(6)).sign(&key).unwrap();
    let error = apply(&mut state, day(6), Change::Key(by_expired));
    assert!(matches!(error, Err(Refused::KeyNotGood(_, Unusable::Expired(_)))));
    let by_future = new_key("com.acme", &publisher(), day(6)).sign(&later).unwrap();
    let error = apply(&mut state, day(6), Change::Key(by_future));
    assert!(matches!(error, Err(Refused::KeyNotGood(_, Unusable::NotYet(_)))));
}

#[test]
fn attack_key_change_told_twice() {
    let (mut state, key) = acme();
    let second = publisher();
    let added = new_key("com.acme", &second, day(2)).sign(&key).unwrap();
    apply(&mut state, day(2), Change::Key(added.clone())).unwrap();
    apply(&mut state, day(3), Change::KeyEnd(end("com.acme", &second, day(3)))).unwrap();
    let error = apply(&mut state, day(4), Change::Key(added));
    assert!(matches!(error, Err(Refused::KeyThere(..))), "an ended key does not come back");
}

/// A key that says it is good since before its leaf is good from the leaf on.
#[test]
fn attack_key_backdated() {
    let (mut state, key) = acme();
    let second = publisher();
    let added = new_key("com.acme", &second, moment("1999-01-01T00:00:00Z")).sign(&key).unwrap();
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
        let recovered = new_key("com.acme", &publisher(), at).recovered();
        let error = apply(&mut state, at, Change::Key(recovered));
        assert_eq!(error, Err(Refused::KeyLeft(namespace("com.acme"))));
    }
}

#[test]
fn attack_recovered_too_early() {
    let (mut state, key) = acme();
    // Backdating the end does not shorten the wait.
    apply(&mut state, day(5), Change::KeyEnd(end("com.acme", &key, day(1)))).unwrap();
    for at in ["2026-11-05T00:00:02Z", "2026-11-07T23:59:59Z", "2026-11-08T00:00:00Z"] {
        let recovered = new_key("com.acme", &publisher(), day(5)).recovered();
        let error = apply(&mut state, moment(at), Change::Key(recovered));
        let earliest = moment("2026-11-08T00:00:01Z");
        assert_eq!(error, Err(Refused::TooEarly(namespace("com.acme"), earliest)));
    }
    let recovered = new_key("com.acme", &publisher(), day(5)).recovered();
    let at = moment("2026-11-08T00:00:01Z");
    apply(&mut state, at, Change::Key(recovered)).unwrap();
}

/// A key that somebody else has is no reason to wait less.
#[test]
fn attack_recovered_by_a_backdated_theft() {
    let (mut state, key) = acme();
    let stolen = KeyEnded {
        compromised: true,
        since: Some(day(1)),
        ..end("com.acme", &key, day(5))
    };
    apply(&mut state, day(5), Change::KeyEnd(stolen)).unwrap();
    let recovered = new_key("com.acme", &publisher(), day(6)).recovered();
    let error = apply(&mut state, day(6), Change::Key(recovered));
    assert!(matches!(error, Err(Refused::TooEarly(..))), "{error:?}");
}

#[test]
fn attack_recovered_with_a_signature() {
    let (mut state, key) = acme();
    let added = new_key("com.acme", &publisher(), day(2)).sign(&key).unwrap();
    let both = KeyAdded {
        recovered: true,
        ..added
    };
    let error = apply(&mut state, day(2), Change::Key(both));
    assert_eq!(error, Err(Refused::KeyUnsigned(namespace("com.acme"))));
}

#[test]
fn attack_end_of_anothers_key() {
    let (mut state, _) = acme();
    let other = publisher();
    let error = apply(&mut state, day(2), Change::KeyEnd(end("com.acme", &other, day(2))));
    assert!(matches!(error, Err(Refused::ForeignKey(..))));
}

#[test]
fn attack_ended_key_made_good_again() {
    let (mut state, key) = acme();
    apply(&mut state, day(3), Change::KeyEnd(end("com.acme", &key, day(3)))).unwrap();
    let error = apply(&mut state, day(4), Change::KeyEnd(end("com.acme", &key, day(20))));
    assert_eq!(error, Err(Refused::KeyEndedBefore(key.verifying().hint())));
    for (compromised, since) in [(true, None), (false, Some(day(2)))] {
        let odd = KeyEnded {
            compromised,
            since,
            ..end("com.acme", &key, day(4))
        };
        let error = apply(&mut state, day(4), Change::KeyEnd(odd));
        assert_eq!(error, Err(Refused::KeyTimes(namespace("com.acme"))));
    }
}

#[test]
fn attack_publication_under_nobodys_namespace() {
    let (mut state, key) = acme();
    let error = apply(&mut state, day(2), publish("org.nobody/tool", "1.0.0", &key));
    assert_eq!(error, Err(Refused::NoNamespace(namespace("org.nobody"))));
    let nested = apply(&mut state, day(2), publish("com.acme.tools/tool", "1.0.0", &key));
    assert_eq!(nested, Err(Refused::NoNamespace(namespace("com.acme.tools"))));
}

#[test]
fn attack_publication_by_a_foreign_key() {
    let (mut state, _) = acme();
    let other = publisher();
    apply(&mut state, day(2), Change::Namespace(claim("org.other", "other", &other))).unwrap();
    let error = apply(&mut state, day(2), publish(NAME, "1.0.0", &other));
    assert!(matches!(error, Err(Refused::ForeignKey(..))));
}

#[test]
fn attack_publication_by_a_key_that_is_not_good() {
    let (state, key) = acme();
    let mut ended = state.clone();
    apply(&mut ended, day(3), Change::KeyEnd(end("com.acme", &key, day(3)))).unwrap();
    let error = apply(&mut ended, day(4), publish(NAME, "1.0.0", &key));
    assert!(matches!(error, Err(Refused::KeyNotGood(_, Unusable::Ended(_)))));
    let mut stolen = state.clone();
    let theft = KeyEnded {
        compromised: true,
        since: Some(day(2)),
        ..end("com.acme", &key, day(28))
    };
    apply(&mut stolen, day(3), Change::KeyEnd(theft)).unwrap();
    let error = apply(&mut stolen, day(4), publish(NAME, "1.0.0", &key));
    assert!(matches!(error, Err(Refused::KeyNotGood(_, Unusable::Compromised(_)))));
    let (mut future, later) = (state, publisher());
    let added = new_key("com.acme", &later, day(20)).sign(&key).unwrap();
    apply(&mut future, day(3), Change::Key(added)).unwrap();
    let error = apply(&mut future, day(4), publish(NAME, "1.0.0", &later));
    assert!(matches!(error, Err(Refused::KeyNotGood(_, Unusable::NotYet(_)))));
}

#[test]
fn attack_version_published_twice() {
    let (mut state, key) = acme();
    apply(&mut state, day(2), publish(NAME, "1.0.0", &key)).unwrap();
    let mut other = publication(NAME, "1.0.0", &key);
    other.digest = metier_core::Digest::of(b"other bytes");
    let error = apply(&mut state, day(3), Change::Publish(Box::new(other)));
    assert_eq!(error, Err(Refused::VersionThere(skill(NAME), version("1.0.0"))));
    apply(&mut state, day(4), yank(NAME, "1.0.0")).unwrap();
    let error = apply(&mut state, day(5), publish(NAME, "1.0.0", &key));
    assert!(matches!(error, Err(Refused::VersionThere(..))), "also when it is yanked");
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
    apply(&mut state, day(1), Change::Namespace(claim("org.evil", "evil", &thief))).unwrap();
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
    let added = new_key("com.acme", &publisher(), day(3)).sign(&key).unwrap();
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
        Target::Digest { digest: publication.digest },
        Target::Publisher { namespace: namespace("com.acme") },
        Target::Versions { name: skill(NAME), versions: "<2".parse().unwrap() },
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
    assert_eq!(apply(&mut state, day(2), unyank(NAME, "1.0.0")), no_version());
    apply(&mut state, day(2), publish(NAME, "1.0.0", &key)).unwrap();
    let error = apply(&mut state, day(2), unyank(NAME, "1.0.0"));
    assert!(matches!(error, Err(Refused::NotYanked(..))));
    apply(&mut state, day(2), yank(NAME, "1.0.0")).unwrap();
    let error = apply(&mut state, day(2), yank(NAME, "1.0.0"));
    assert!(matches!(error, Err(Refused::Yanked(..))));
    let all = || Target::Publisher { namespace: namespace("com.acme") };
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
}

fn fields() -> Value {
    let bytes = leaf(day(2), yank(NAME, "1.0.0")).encode().unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn decoded(value: &Value) -> LeafError {
    let text = metier_core::canonical::text(value);
    Leaf::decode(text.as_bytes()).unwrap_err()
}

#[test]
fn attack_leaf_of_a_type_nobody_knows() {
    let mut newer = fields();
    newer["type"] = json!("escrow");
    let error = decoded(&newer);
    assert_eq!(error, LeafError::Newer("escrow".into()));
    assert!(error.to_string().ends_with("update metier"));
}

#[test]
fn attack_leaf_with_members_nobody_knows() {
    let mut newer = fields();
    newer["unless"] = json!("it rains");
    assert!(matches!(decoded(&newer), LeafError::Shape { kind: "yank", .. }));
}

#[test]
fn attack_leaf_in_another_form() {
    let good = String::from_utf8(leaf(day(2), yank(NAME, "1.0.0")).encode().unwrap()).unwrap();
    for form in [
        good.replace(',', ", "),
        format!("{good}\n"),
        format!("\u{feff}{good}"),
        good.replace(r#""at""#, r#""\u0061t""#),
        good.replacen('{', r#"{"at":"2026-11-02T00:00:00Z","#, 1),
        good.replace("T00", "t00"),
        good.replace(r#""by":"acme""#, r#""by":7"#),
        good.replace(r#""by":"acme","#, ""),
        good.replace("2026-11-02", "2026-11-32"),
        "[]".into(),
        "null".into(),
        String::new(),
    ] {
        assert_eq!(Leaf::decode(form.as_bytes()), Err(LeafError::NoLeaf), "{form}");
    }
    let range = json!({"what": "versions", "name": NAME, "versions": ">=1.0.0,<2.0.0"});
    let odd = json!({"type": "revoke", "at": "2026-11-02T00:00:00Z", "by": "acme", "target": range, "why": "x"});
    assert_eq!(decoded(&odd), LeafError::NoLeaf, "a range has one text");
}

#[test]
fn attack_huge_leaf() {
    let huge = format!("\"{}\"", "x".repeat(MAX_LEAF));
    assert_eq!(Leaf::decode(huge.as_bytes()), Err(LeafError::TooLong));
    let deep = "[".repeat(60_000);
    assert_eq!(Leaf::decode(deep.as_bytes()), Err(LeafError::NoLeaf));
}

#[test]
fn attack_texts_that_do_not_read_as_they_are() {
    for text in ["", " x", "x ", "a\nb", "a\u{202e}b", "a\u{200b}b", "a\u{1b}[2Jb", &"x".repeat(301)] {
        assert!(text.parse::<Reason>().is_err(), "{text:?}");
        assert!(text.parse::<Price>().is_err(), "{text:?}");
    }
    assert!("Löscht Akten — immer…".parse::<Reason>().is_ok());
    for text in ["", "Acme", "a_b", "ada@acme.example", "-a", "a--b", "a b", &"x".repeat(65)] {
        assert!(text.parse::<Account>().is_err(), "{text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Whatever bit of a leaf is changed, it is another leaf or none: never the same one.
    #[test]
    fn every_bit_of_a_leaf_counts(
        which in 0..15_usize, place in any::<prop::sample::Index>(), bit in 0..8_u8,
    ) {
        let good = history()[which].clone();
        let mut bytes = good.encode().unwrap();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        if let Ok(other) = Leaf::decode(&bytes) {
            prop_assert_ne!(&other, &good);
            prop_assert_eq!(other.encode().unwrap(), bytes);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Leaf::decode(&bytes).is_err());
    }
}
