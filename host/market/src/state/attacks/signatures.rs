//! Attacks on what comes with a version: nobody alone can put one there, neither the market nor a thief.
#![expect(clippy::unwrap_used, reason = "tests")]

use metier_core::Digest;

use super::NAME;
use crate::{
    state::{
        Bundles, Publication, Unproven, subject_name,
        tests::{publication, version},
    },
    trust::{
        KeyPair, KeyRecord, Publisher, Review, Reviewed, Revocation, Signature, SigningKey,
        TrustRoot, Untrusted, VerifyingKey,
        tests::{day, pair, publisher, review, root},
    },
};

/// A version, who signed it, and who trusts whom.
struct Case {
    key: SigningKey<Publisher>,
    reviewer: SigningKey<Review>,
    root: TrustRoot,
    publication: Publication,
    bundle: String,
    review: String,
}

fn reviewed(number: &str) -> Reviewed {
    Reviewed {
        version: version(number),
        ..review()
    }
}

fn case() -> Case {
    let (key, reviewer) = (publisher(), SigningKey::<Review>::new(pair()));
    let mut publication = publication(NAME, "1.2.0", &key);
    let name = subject_name(&publication.name, &publication.version);
    let bundle = key.sign(&publication.manifest, &name, &Signature).unwrap();
    let review = reviewer.sign(&publication.manifest, &name, &reviewed("1.2.0"));
    let (bundle, review) = (bundle.to_json(), review.unwrap().to_json());
    publication.bundle = Digest::of(bundle.as_bytes());
    publication.review = Digest::of(review.as_bytes());
    let root = TrustRoot {
        review: reviewer.verifying(),
        ..root()
    };
    Case {
        key,
        reviewer,
        root,
        publication,
        bundle,
        review,
    }
}

impl Case {
    fn keys(&self) -> Vec<KeyRecord<Publisher>> {
        vec![KeyRecord::new(self.key.verifying(), day(1))]
    }

    fn judged(&self, keys: &[KeyRecord<Publisher>]) -> Result<Reviewed, Unproven> {
        let bundles = Bundles {
            publisher: self.bundle.as_bytes(),
            review: self.review.as_bytes(),
        };
        self.publication.verify(day(5), keys, bundles, &self.root)
    }

    /// A market that lies writes the leaf that fits.
    fn with_bundle(mut self, bundle: String) -> Self {
        self.publication.bundle = Digest::of(bundle.as_bytes());
        self.bundle = bundle;
        self
    }

    fn with_review(mut self, review: String) -> Self {
        self.publication.review = Digest::of(review.as_bytes());
        self.review = review;
        self
    }

    fn sign_review(&self, key: &SigningKey<Review>, number: &str) -> String {
        let name = subject_name(&self.publication.name, &self.publication.version);
        let review = key.sign(&self.publication.manifest, &name, &reviewed(number));
        review.unwrap().to_json()
    }
}

#[test]
fn both_signatures_count() {
    let case = case();
    assert_eq!(case.judged(&case.keys()), Ok(reviewed("1.2.0")));
}

#[test]
fn attack_market_without_the_publishers_key() {
    let case = case();
    let (keys, market) = (case.keys(), publisher());
    let name = subject_name(&case.publication.name, &case.publication.version);
    let forged = market.sign(&case.publication.manifest, &name, &Signature);
    let mut case = case.with_bundle(forged.unwrap().to_json());
    case.publication.key = market.verifying().hint();
    let error = case.judged(&keys);
    assert!(matches!(
        error,
        Err(Unproven::Untrusted(Untrusted::UnknownKey {
            role: "publisher",
            ..
        }))
    ));
}

#[test]
fn attack_publishers_key_without_the_market() {
    let case = case();
    let keys = case.keys();
    let thief = SigningKey::<Review>::new(pair());
    let forged = case.sign_review(&thief, "1.2.0");
    let error = case.with_review(forged).judged(&keys);
    assert!(matches!(
        error,
        Err(Unproven::Untrusted(Untrusted::UnknownKey {
            role: "review",
            ..
        }))
    ));
}

#[test]
fn attack_bundles_the_log_does_not_name() {
    let mut swapped = case();
    swapped.bundle.push(' ');
    assert_eq!(
        swapped.judged(&swapped.keys()),
        Err(Unproven::OtherBundle("publisher's"))
    );
    let mut swapped = case();
    swapped.review.push(' ');
    assert_eq!(
        swapped.judged(&swapped.keys()),
        Err(Unproven::OtherBundle("review"))
    );
}

#[test]
fn attack_signature_by_another_key_of_the_namespace() {
    let mut case = case();
    let second = publisher();
    case.publication.key = second.verifying().hint();
    let keys = [
        case.keys(),
        vec![KeyRecord::new(second.verifying(), day(1))],
    ]
    .concat();
    assert!(matches!(case.judged(&keys), Err(Unproven::OtherKey { .. })));
}

#[test]
fn attack_signature_after_the_key_was_ended() {
    let case = case();
    let mut keys = case.keys();
    keys[0].ended = Some(day(4));
    let error = case.judged(&keys);
    assert!(matches!(
        error,
        Err(Unproven::Untrusted(Untrusted::Time { .. }))
    ));
}

#[test]
fn attack_review_of_an_earlier_version() {
    let case = case();
    let keys = case.keys();
    let old = case.sign_review(&case.reviewer, "1.1.0");
    assert_eq!(
        case.with_review(old).judged(&keys),
        Err(Unproven::OtherReview)
    );
}

#[test]
fn attack_review_key_as_a_publishers() {
    let mut case = case();
    let pem = case.reviewer.pair().to_pem().unwrap();
    let same = SigningKey::<Publisher>::new(KeyPair::from_pem(&pem).unwrap());
    let name = subject_name(&case.publication.name, &case.publication.version);
    let bundle = same.sign(&case.publication.manifest, &name, &Signature);
    case.key = same;
    case.publication.key = case.key.verifying().hint();
    let keys = case.keys();
    let case = case.with_bundle(bundle.unwrap().to_json());
    assert!(matches!(case.judged(&keys), Err(Unproven::MarketsKey(_))));
    // The same for the key of revocations.
    let mut other = self::case();
    let public = other.key.verifying().public().clone();
    other.root.revocation = VerifyingKey::<Revocation>::new(public);
    assert!(matches!(
        other.judged(&other.keys()),
        Err(Unproven::MarketsKey(_))
    ));
}
