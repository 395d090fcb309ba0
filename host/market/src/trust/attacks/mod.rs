//! One attack on signatures each, and each is refused.
#![expect(clippy::unwrap_used, reason = "tests")]

mod file;

use metier_core::Digest;
use serde_json::{Value, json};

use super::{
    Algorithm, Bundle, BundleError, KeyPair, KeyRecord, Moment, Policy, Publisher, Review,
    Revocation, RootError, SigningKey, TrustRoot, Untrusted, Unusable, VerifyingKey,
    dsse::pae,
    tests::{NAME, day, manifest, pair, publisher, review, signed},
    verify,
};
use crate::log::LogKey;

pub(super) fn judged(
    bytes: &[u8],
    keys: &[KeyRecord<Publisher>],
    at: Moment,
) -> Result<(), Untrusted> {
    let policy = Policy {
        subject: manifest(),
        name: NAME,
        keys,
        at,
    };
    verify(bytes, &policy).map(|_| ())
}

pub(super) fn record(key: &SigningKey<Publisher>) -> KeyRecord<Publisher> {
    KeyRecord::new(key.verifying(), day(1))
}

pub(super) fn refused(bundle: &Bundle, key: &SigningKey<Publisher>) -> Untrusted {
    judged(bundle.to_json().as_bytes(), &[record(key)], day(2)).unwrap_err()
}

/// A bundle of this key over any payload at all.
pub(super) fn over(key: &KeyPair, payload: &str, payload_type: &str) -> Bundle {
    Bundle {
        hint: key.public().hint(),
        payload: payload.as_bytes().to_vec(),
        signature: key.sign(&pae(payload_type, payload.as_bytes())).unwrap(),
    }
}

pub(super) const IN_TOTO: &str = "application/vnd.in-toto+json";

pub(super) fn statement() -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": NAME, "digest": {"sha256": manifest().to_hex()}}],
        "predicateType": "https://sigstore.dev/cosign/sign/v1",
        "predicate": {},
    })
}

pub(super) fn stated(statement: &Value) -> Untrusted {
    let key = publisher();
    refused(&over(key.pair(), &statement.to_string(), IN_TOTO), &key)
}

#[test]
fn what_is_right_is_taken() {
    let key = publisher();
    let bundle = signed(&key).to_json();
    assert_eq!(judged(bundle.as_bytes(), &[record(&key)], day(2)), Ok(()));
    let bundle = over(key.pair(), &statement().to_string(), IN_TOTO).to_json();
    assert_eq!(judged(bundle.as_bytes(), &[record(&key)], day(2)), Ok(()));
}

#[test]
fn attack_swapped_bytes() {
    let key = publisher();
    let bundle = signed(&key).to_json();
    let policy = Policy {
        subject: Digest::of(b"other bytes"),
        name: NAME,
        keys: &[record(&key)],
        at: day(2),
    };
    let error = verify(bundle.as_bytes(), &policy).unwrap_err();
    assert!(matches!(error, Untrusted::Subject { .. }), "{error}");
}

#[test]
fn attack_payload_changed_after_signing() {
    let key = publisher();
    let mut bundle = signed(&key);
    bundle.payload = statement().to_string().into_bytes();
    assert!(matches!(
        refused(&bundle, &key),
        Untrusted::BadSignature { .. }
    ));
}

#[test]
fn attack_signature_replayed_for_another_name() {
    let key = publisher();
    let bundle = signed(&key).to_json();
    let policy = Policy {
        subject: manifest(),
        name: "com.evil/salesforce@1.2.0",
        keys: &[record(&key)],
        at: day(2),
    };
    let error = verify(bundle.as_bytes(), &policy).unwrap_err();
    assert!(matches!(error, Untrusted::Name { .. }), "{error}");
}

#[test]
fn attack_hint_of_a_trusted_key_on_a_foreign_signature() {
    let (key, thief) = (publisher(), publisher());
    let mut bundle = signed(&thief);
    bundle.hint = key.verifying().hint();
    assert!(matches!(
        refused(&bundle, &key),
        Untrusted::BadSignature { .. }
    ));
}

#[test]
fn attack_foreign_key() {
    let (key, thief) = (publisher(), publisher());
    assert!(matches!(
        refused(&signed(&thief), &key),
        Untrusted::UnknownKey { .. }
    ));
}

#[test]
fn attack_no_keys_at_all_trust_nobody() {
    let bundle = signed(&publisher()).to_json();
    let error = judged(bundle.as_bytes(), &[], day(2)).unwrap_err();
    assert!(matches!(error, Untrusted::UnknownKey { .. }));
}

/// Even where somebody gave one key two roles, what it signed in one does not count in the other.
#[test]
fn attack_review_taken_for_a_publishers_signature() {
    let pem = pair().to_pem().unwrap();
    let reviewer = SigningKey::<Review>::new(KeyPair::from_pem(&pem).unwrap());
    let publisher = SigningKey::<Publisher>::new(KeyPair::from_pem(&pem).unwrap());
    let bundle = reviewer.sign(&manifest(), NAME, &review()).unwrap();
    assert!(matches!(
        refused(&bundle, &publisher),
        Untrusted::PredicateType { .. }
    ));
}

#[test]
fn attack_publishers_signature_taken_for_a_review() {
    let key = publisher();
    let bundle = signed(&key).to_json();
    let as_review = VerifyingKey::<Review>::new(key.verifying().public().clone());
    let policy = Policy {
        subject: manifest(),
        name: NAME,
        keys: &[KeyRecord::new(as_review, day(1))],
        at: day(2),
    };
    let error = verify(bundle.as_bytes(), &policy).unwrap_err();
    assert!(matches!(error, Untrusted::PredicateType { .. }));
}

#[test]
fn attack_one_key_in_two_roles_of_a_market() {
    let log = KeyPair::generate(Algorithm::Ed25519).unwrap();
    let (one, two) = (pair(), pair());
    let address = || "https://market.example".parse().unwrap();
    let key = LogKey::new("market.example/log", log.public().clone()).unwrap();
    for (review, revocation) in [(&one, &one), (&log, &two), (&two, &log)] {
        let root = TrustRoot::new(
            address(),
            VerifyingKey::<Review>::new(review.public().clone()),
            VerifyingKey::<Revocation>::new(revocation.public().clone()),
            key.clone(),
        );
        assert_eq!(root, Err(RootError::SameKey));
    }
}

#[test]
fn attack_key_after_its_time() {
    let key = publisher();
    let bundle = signed(&key).to_json();
    let expired = KeyRecord {
        until: Some(day(5)),
        ..record(&key)
    };
    let at = |at| judged(bundle.as_bytes(), std::slice::from_ref(&expired), at);
    assert_eq!(at(day(4)), Ok(()));
    for late in [day(5), day(6)] {
        let why = Unusable::Expired(day(5));
        assert!(matches!(at(late), Err(Untrusted::Time { why: found, .. }) if found == why));
    }
}

#[test]
fn attack_key_before_its_time() {
    let key = publisher();
    let bundle = signed(&key).to_json();
    let future = KeyRecord::new(key.verifying(), day(5));
    let at = |at| judged(bundle.as_bytes(), std::slice::from_ref(&future), at);
    let why = Unusable::NotYet(day(5));
    assert!(matches!(at(day(4)), Err(Untrusted::Time { why: found, .. }) if found == why));
    assert_eq!(at(day(5)), Ok(()));
}

#[test]
fn attack_key_that_was_ended() {
    let key = publisher();
    let bundle = signed(&key).to_json();
    let ended = KeyRecord {
        ended: Some(day(5)),
        ..record(&key)
    };
    let at = |at| judged(bundle.as_bytes(), std::slice::from_ref(&ended), at);
    assert_eq!(at(day(4)), Ok(()), "what it signed before still counts");
    let why = Unusable::Ended(day(5));
    assert!(matches!(at(day(5)), Err(Untrusted::Time { why: found, .. }) if found == why));
}

#[test]
fn attack_key_in_other_hands() {
    let key = publisher();
    let bundle = signed(&key).to_json();
    let stolen = KeyRecord {
        ended: Some(day(9)),
        compromised: Some(day(3)),
        ..record(&key)
    };
    let at = |at| judged(bundle.as_bytes(), std::slice::from_ref(&stolen), at);
    assert_eq!(at(day(2)), Ok(()), "before the theft");
    let why = Unusable::Compromised(day(3));
    for late in [day(3), day(4), day(20)] {
        assert!(matches!(at(late), Err(Untrusted::Time { why: found, .. }) if found == why));
    }
}

#[test]
fn attack_unsigned() {
    let key = publisher();
    let mut file: Value = serde_json::from_str(&signed(&key).to_json()).unwrap();
    for (signatures, count) in [(json!([]), 0), (json!([{"sig": ""}, {"sig": ""}]), 2)] {
        file["dsseEnvelope"]["signatures"] = signatures;
        let error = Bundle::read(file.to_string().as_bytes()).unwrap_err();
        assert_eq!(error, BundleError::Signatures(count));
    }
    let mut bundle = signed(&key);
    bundle.signature.clear();
    assert!(matches!(
        refused(&bundle, &key),
        Untrusted::BadSignature { .. }
    ));
}

#[test]
fn attack_a_bad_signature_beside_a_good_one() {
    let key = publisher();
    let mut file: Value = serde_json::from_str(&signed(&key).to_json()).unwrap();
    let good = file["dsseEnvelope"]["signatures"][0].clone();
    for both in [
        json!([good, {"sig": "AAAA"}]),
        json!([{"sig": "AAAA"}, good]),
    ] {
        file["dsseEnvelope"]["signatures"] = both;
        let error = judged(file.to_string().as_bytes(), &[record(&key)], day(2)).unwrap_err();
        let error = matches!(
            error,
            Untrusted::Bundle {
                error: BundleError::Signatures(2),
                ..
            }
        );
        assert!(error);
    }
}

#[test]
fn attack_wrong_predicate_type() {
    let mut wrong = statement();
    wrong["predicateType"] = json!("https://slsa.dev/provenance/v1");
    assert!(matches!(stated(&wrong), Untrusted::PredicateType { .. }));
    wrong["predicateType"] = json!("https://sigstore.dev/cosign/sign/v1 ");
    assert!(matches!(stated(&wrong), Untrusted::PredicateType { .. }));
}

#[test]
fn attack_statement_about_two_things() {
    let mut wrong = statement();
    let other = json!({"name": "x", "digest": {"sha256": "0".repeat(64)}});
    wrong["subject"] = json!([wrong["subject"][0], other]);
    assert!(matches!(stated(&wrong), Untrusted::Statement { .. }));
    wrong["subject"] = json!([]);
    assert!(matches!(stated(&wrong), Untrusted::Statement { .. }));
}

#[test]
fn attack_statement_by_another_digest_alone() {
    let mut wrong = statement();
    wrong["subject"][0]["digest"] = json!({"sha512": "0".repeat(128)});
    assert!(matches!(stated(&wrong), Untrusted::Statement { .. }));
    wrong["subject"][0]["digest"] = json!({"sha256": manifest().to_hex().to_uppercase()});
    assert!(matches!(stated(&wrong), Untrusted::Statement { .. }));
}

#[test]
fn attack_statement_of_another_version_of_in_toto() {
    let mut wrong = statement();
    wrong["_type"] = json!("https://in-toto.io/Statement/v0.1");
    assert!(matches!(stated(&wrong), Untrusted::Statement { .. }));
}

#[test]
fn attack_review_with_members_nobody_knows() {
    let key = SigningKey::<Review>::new(pair());
    let mut predicate = serde_json::to_value(review()).unwrap();
    predicate["approved-for"] = json!("everybody");
    let mut wrong = statement();
    wrong["predicateType"] = json!("https://metier.dev/review/v1");
    wrong["predicate"] = predicate;
    let bundle = over(key.pair(), &wrong.to_string(), IN_TOTO).to_json();
    let policy = Policy {
        subject: manifest(),
        name: NAME,
        keys: &[KeyRecord::new(key.verifying(), day(1))],
        at: day(2),
    };
    let error = verify(bundle.as_bytes(), &policy).unwrap_err();
    assert!(matches!(error, Untrusted::Statement { .. }));
}

/// A text signed as something else, word for word a statement.
#[test]
fn attack_wrong_payload_type() {
    let key = publisher();
    let bundle = over(key.pair(), &statement().to_string(), "text/plain");
    assert!(matches!(
        refused(&bundle, &key),
        Untrusted::BadSignature { .. }
    ));
    let mut file: Value = serde_json::from_str(&bundle.to_json()).unwrap();
    file["dsseEnvelope"]["payloadType"] = json!("text/plain");
    let error = Bundle::read(file.to_string().as_bytes()).unwrap_err();
    assert_eq!(error, BundleError::PayloadType);
}

#[test]
fn attack_signed_without_the_encoding_of_dsse() {
    let key = publisher();
    let payload = statement().to_string();
    let bundle = Bundle {
        hint: key.verifying().hint(),
        signature: key.pair().sign(payload.as_bytes()).unwrap(),
        payload: payload.into_bytes(),
    };
    assert!(matches!(
        refused(&bundle, &key),
        Untrusted::BadSignature { .. }
    ));
}

#[test]
fn what_others_wrote_is_quoted_without_control_characters() {
    let mut wrong = statement();
    wrong["predicateType"] = json!("evil\u{1b}[2J\u{202e}");
    let text = stated(&wrong).to_string();
    assert!(
        text.contains("evil") && !text.contains(['\u{1b}', '\u{202e}']),
        "{text}"
    );
}
