#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use metier_core::Digest;
use serde_json::json;
use zeroize::Zeroizing;

use super::{
    Algorithm, Bundle, KeyError, KeyPair, KeyRecord, Moment, Policy, PublicKey, Publisher, Review,
    Reviewed, ReviewedFinding, Revocation, RootError, Signature, SigningKey, TrustRoot,
    VerifyingKey, verify,
};
use crate::log::LogKey;

/// Made by OpenSSL 3.0 (`genpkey`, `pkey -pubout`) for these tests, and used nowhere else.
const EC_PRIVATE: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgRD4tqTBC/s74eD+S
HbHZAXzpntkLSsXrVZkEgCCbKDOhRANCAASIrZYuDUPxjKqvQ5fKdLqIvKO8CEMq
GVZy+JD+U4WW0iHYqMWWvMlCSB0TSvN8fOxsZpI1mILb6geYlg36qF40
-----END PRIVATE KEY-----
";
const EC_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEiK2WLg1D8Yyqr0OXynS6iLyjvAhD
KhlWcviQ/lOFltIh2KjFlrzJQkgdE0rzfHzsbGaSNZiC2+oHmJYN+qheNA==
-----END PUBLIC KEY-----
";
const ED_PRIVATE: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIIc32odH+qcOfW6z7rvLIrT6b5KpyqX144/AMf/0KhYa
-----END PRIVATE KEY-----
";
const ED_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA6BVCZ1ktx1+ikDiDVQtFOUT8WKw9XkemwuDC7AoXWxQ=
-----END PUBLIC KEY-----
";

/// The same point as [`EC_PUBLIC`], compressed.
const EC_COMPRESSED: &str = "-----BEGIN PUBLIC KEY-----
MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgACiK2WLg1D8Yyqr0OXynS6iLyjvAhD
KhlWcviQ/lOFltI=
-----END PUBLIC KEY-----
";
const P384_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEhCAOlx5jsP8abvbZwbokF9D7e+UJCXDa
xp21UuenoqwOiTdowkObOhK9Lyhc7xVJl7FpGqK+LnfcMoo7COfliOiZ25wjRtYc
QbSxF8DUmsxOpnn57Li4/UVTcpoquBYh
-----END PUBLIC KEY-----
";

pub(crate) const NAME: &str = "com.acme/salesforce@1.2.0";

pub(crate) fn moment(text: &str) -> Moment {
    text.parse().unwrap()
}

/// The first second of this day of 2026-11.
pub(crate) fn day(day: u8) -> Moment {
    moment(&format!("2026-11-{day:02}T00:00:00Z"))
}

pub(crate) fn pair() -> KeyPair {
    KeyPair::generate(Algorithm::EcdsaP256).unwrap()
}

pub(crate) fn publisher() -> SigningKey<Publisher> {
    SigningKey::new(pair())
}

pub(crate) fn manifest() -> Digest {
    Digest::of(b"manifest")
}

pub(crate) fn signed(key: &SigningKey<Publisher>) -> Bundle {
    key.sign(&manifest(), NAME, &Signature).unwrap()
}

pub(crate) fn review() -> Reviewed {
    Reviewed {
        skill: "com.acme/salesforce".parse().unwrap(),
        version: "1.2.0".parse().unwrap(),
        rules: "2026.11".into(),
        at: day(10),
        findings: vec![ReviewedFinding {
            rule: "broad-http".into(),
            severity: "warning".into(),
            place: "skill.toml".into(),
            message: "any host".into(),
        }],
    }
}

#[test]
fn keys_of_openssl_are_read_and_written_as_openssl_does() {
    for (private, public, algorithm, hint) in [
        (
            EC_PRIVATE,
            EC_PUBLIC,
            Algorithm::EcdsaP256,
            "Vl0YAsbWSHoZCf+0/zWk2C3H1HlhvRJSDDesb6LmJrg=",
        ),
        (
            ED_PRIVATE,
            ED_PUBLIC,
            Algorithm::Ed25519,
            "0RtSJdjUjEqIAIWfl2NARp9LSwVRIXJu1jWTa5lk/p4=",
        ),
    ] {
        let pair = KeyPair::from_pem(private).unwrap();
        assert_eq!(pair.public(), &PublicKey::from_pem(public).unwrap());
        assert_eq!(pair.public().algorithm(), algorithm);
        assert_eq!(pair.public().hint().to_string(), hint);
        assert_eq!(pair.public().to_pem(), public);
        assert_eq!(pair.to_pem(), Ok(Zeroizing::new(private.to_owned())));
    }
}

#[test]
fn generated_keys_read_back_and_sign() {
    for algorithm in [Algorithm::EcdsaP256, Algorithm::Ed25519] {
        let pair = KeyPair::generate(algorithm).unwrap();
        let again = KeyPair::from_pem(&pair.to_pem().unwrap()).unwrap();
        let signature = again.sign(b"message").unwrap();
        assert!(pair.public().has_signed(b"message", &signature));
        assert!(!pair.public().has_signed(b"Message", &signature));
        let text = String::from(pair.public().clone());
        assert_eq!(PublicKey::try_from(text).as_ref(), Ok(pair.public()));
    }
}

#[test]
fn what_is_no_key_of_ours_says_what_it_is() {
    assert_eq!(PublicKey::from_pem(EC_PRIVATE), Err(KeyError::NotPublic));
    assert_eq!(PublicKey::from_pem(P384_PUBLIC), Err(KeyError::Kind));
    assert_eq!(PublicKey::from_pem("nonsense"), Err(KeyError::Pem));
    let two = format!("{EC_PUBLIC}{ED_PUBLIC}");
    assert_eq!(PublicKey::from_pem(&two), Err(KeyError::Pem));
    let private = |text| KeyPair::from_pem(text).err();
    assert_eq!(private(EC_PUBLIC), Some(KeyError::NotPrivate));
    assert_eq!(
        private("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
        Some(KeyError::Kind)
    );
}

#[test]
fn one_key_has_one_encoding_and_so_one_hint() {
    assert_eq!(PublicKey::from_pem(EC_COMPRESSED), Err(KeyError::Kind));
    let der = PublicKey::from_pem(EC_PUBLIC).unwrap().to_der().to_vec();
    let (_, compressed) = super::key::one_pem(EC_COMPRESSED).unwrap();
    let point = &compressed[compressed.len() - 33..];
    let mixed = [&der[..26], point].concat();
    assert_eq!(PublicKey::from_der(&mixed), Err(KeyError::Kind));
    assert_eq!(
        PublicKey::from_der(&[&der, &[0_u8][..]].concat()),
        Err(KeyError::Kind)
    );
    let mut off = der;
    *off.last_mut().unwrap() ^= 1;
    assert_eq!(
        PublicKey::from_der(&off),
        Err(KeyError::Kind),
        "no point of the curve"
    );
}

#[test]
fn moments_do_not_leave_what_can_be_written() {
    let last = moment("9999-12-31T23:59:59Z");
    assert_eq!(day(1).plus(Duration::MAX), last);
    assert_eq!(last.plus(Duration::from_secs(1)), last);
    assert_eq!(day(1).plus(Duration::from_secs(86_400)), day(2));
    assert_eq!(day(2).since(day(1)), Some(Duration::from_secs(86_400)));
    assert_eq!(day(1).since(day(2)), None);
    let text = serde_json::to_string(&day(3)).unwrap();
    assert_eq!(text, "\"2026-11-03T00:00:00Z\"");
    assert_eq!(serde_json::from_str::<Moment>(&text).unwrap(), day(3));
}

#[test]
fn a_private_key_is_not_printed() {
    let shown = format!("{:?}", KeyPair::from_pem(ED_PRIVATE).unwrap());
    assert!(
        shown.contains("0RtSJdjU") && shown.ends_with(", .. }"),
        "{shown}"
    );
}

/// Signed by `openssl dgst -sha256 -sign`, in the form `cosign sign --key` gives it: with annotations, key id and no predicate.
#[test]
fn a_bundle_of_cosigns_form_is_taken() {
    let bundle = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {
            "publicKey": {"hint": "Vl0YAsbWSHoZCf+0/zWk2C3H1HlhvRJSDDesb6LmJrg="},
            "tlogEntries": [],
            "timestampVerificationData": null,
        },
        "dsseEnvelope": {
            "payload": "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJkaWdlc3QiOnsic2hhMjU2IjoiOWY4NmQwODE4ODRjN2Q2NTlhMmZlYWEwYzU1YWQwMTVhM2JmNGYxYjJiMGI4MjJjZDE1ZDZjMTViMGYwMGEwOCJ9LCJhbm5vdGF0aW9ucyI6e319XSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vc2lnc3RvcmUuZGV2L2Nvc2lnbi9zaWduL3YxIiwicHJlZGljYXRlIjp7fX0=",
            "payloadType": "application/vnd.in-toto+json",
            "signatures": [{"sig": "MEQCIF+t4Y6yzHNyDD8vCX41jVNrz8zgP7CIIETvQ1Vk/wv2AiBuFSbuF5O3loOE8lNtXCnPfZ0lAdoMvS+y+P9kxZWRJQ==", "keyid": ""}],
        },
    });
    let key = VerifyingKey::<Publisher>::new(PublicKey::from_pem(EC_PUBLIC).unwrap());
    let policy = Policy {
        subject: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
            .parse()
            .unwrap(),
        name: NAME,
        keys: &[KeyRecord::new(key, day(1))],
        at: day(2),
    };
    let verified = verify(bundle.to_string().as_bytes(), &policy).unwrap();
    assert_eq!(verified.predicate, Signature);
}

#[test]
fn a_bundle_has_the_form_cosign_reads() {
    let key = SigningKey::<Publisher>::new(KeyPair::from_pem(ED_PRIVATE).unwrap());
    let text = signed(&key).to_json();
    let hint = "0RtSJdjUjEqIAIWfl2NARp9LSwVRIXJu1jWTa5lk/p4=";
    assert!(
        text.starts_with(r#"{"dsseEnvelope":{"payload":""#),
        "{text}"
    );
    assert!(
        text.contains(r#","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":""#)
    );
    assert!(text.ends_with(&format!(
        r#""}}]}},"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{{"publicKey":{{"hint":"{hint}"}}}}}}"#
    )));
    let payload = Bundle::read(text.as_bytes()).unwrap().payload;
    let digest = manifest().to_hex();
    assert_eq!(
        String::from_utf8(payload).unwrap(),
        format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","predicate":{{}},"predicateType":"https://sigstore.dev/cosign/sign/v1","subject":[{{"digest":{{"sha256":"{digest}"}},"name":"{NAME}"}}]}}"#
        )
    );
}

#[test]
fn a_review_reads_back_as_it_was_signed() {
    let key = SigningKey::<Review>::new(pair());
    let bundle = key.sign(&manifest(), NAME, &review()).unwrap();
    let policy = Policy {
        subject: manifest(),
        name: NAME,
        keys: &[KeyRecord::new(key.verifying(), day(1))],
        at: day(2),
    };
    let verified = verify(bundle.to_json().as_bytes(), &policy).unwrap();
    assert_eq!(verified.predicate, review());
    assert_eq!(verified.key, key.verifying().hint());
}

pub(crate) fn root() -> TrustRoot {
    let log = KeyPair::generate(Algorithm::Ed25519).unwrap();
    TrustRoot::new(
        "https://market.example".parse().unwrap(),
        VerifyingKey::<Review>::new(pair().public().clone()),
        VerifyingKey::<Revocation>::new(pair().public().clone()),
        LogKey::new("market.example/log", log.public().clone()).unwrap(),
    )
    .unwrap()
}

#[test]
fn a_trust_root_reads_back() {
    let root = root();
    assert_eq!(TrustRoot::from_toml(&root.to_toml()), Ok(root.clone()));
    assert!(root.has_hint(root.review.hint()) && root.has_hint(root.log.public().hint()));
    assert!(!root.has_hint(pair().public().hint()));
}

#[test]
fn a_trust_root_that_is_none_is_refused() {
    let text = root().to_toml();
    let error = |text: &str| TrustRoot::from_toml(text).unwrap_err();
    assert!(matches!(error("nonsense"), RootError::Shape(_)));
    assert!(matches!(
        error(&format!("{text}extra = 1\n")),
        RootError::Shape(_)
    ));
    let long = format!("{text}#{}", " ".repeat(70_000));
    assert!(matches!(error(&long), RootError::Shape(_)));
    let address = |address: &str| text.replace("https://market.example/", address);
    for wrong in [
        "file:///etc",
        "https://a:b@market.example",
        "https://market.example?x=1",
    ] {
        assert_eq!(error(&address(wrong)), RootError::Address, "{wrong}");
    }
    assert!(matches!(
        error(&text.replace("-----BEGIN", "BEGIN")),
        RootError::Key { .. }
    ));
    assert!(matches!(
        error(&text.replace("log+", "log+0")),
        RootError::Log(_)
    ));
}
