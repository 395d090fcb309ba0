//! Attacks by the bytes of a bundle.
#![expect(clippy::unwrap_used, reason = "tests")]

use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{IN_TOTO, judged, over, record, refused};
use crate::trust::{
    Bundle, BundleError, KeyPair, MAX_BUNDLE, PublicKey, Untrusted,
    tests::{day, publisher, signed},
};

#[test]
fn attack_signed_by_a_certificate() {
    let key = publisher();
    let mut file: Value = serde_json::from_str(&signed(&key).to_json()).unwrap();
    for material in [
        json!({"certificate": {"rawBytes": "AAAA"}}),
        json!({"x509CertificateChain": {"certificates": []}, "publicKey": {"hint": key.verifying().hint()}}),
    ] {
        file["verificationMaterial"] = material;
        let error = Bundle::read(file.to_string().as_bytes()).unwrap_err();
        assert_eq!(error, BundleError::Certificate);
    }
}

#[test]
fn attack_malformed_files() {
    let key = publisher();
    let good = signed(&key).to_json();
    let base64 = |at: &str, value: &str| {
        let mut file: Value = serde_json::from_str(&good).unwrap();
        *file.pointer_mut(at).unwrap() = json!(value);
        Bundle::read(file.to_string().as_bytes()).unwrap_err()
    };
    let (payload, sig) = ("/dsseEnvelope/payload", "/dsseEnvelope/signatures/0/sig");
    for text in ["*", "A", "AAA", "AB==", "AA-_", " AAAA"] {
        assert_eq!(
            base64(payload, text),
            BundleError::Base64("payload"),
            "{text}"
        );
        assert_eq!(
            base64(sig, text),
            BundleError::Base64("signature"),
            "{text}"
        );
    }
    let hint = "/verificationMaterial/publicKey/hint";
    for text in ["", "AAAA", &STANDARD.encode([0; 33])] {
        assert_eq!(base64(hint, text), BundleError::Base64("hint"));
    }
    for text in [
        "",
        "{",
        "[]",
        "null",
        "\u{feff}{}",
        &good.replace("v0.3", "v0.2"),
        &good.replacen('{', r#"{"mediaType":"x","#, 1),
        &good.replacen('{', r#"{"messageSignature":{},"#, 1),
        &format!("{good}{good}"),
    ] {
        let error = Bundle::read(text.as_bytes()).unwrap_err();
        assert!(matches!(error, BundleError::Shape(_)), "{text}");
    }
}

#[test]
fn attack_malformed_signature_of_the_curve() {
    let key = publisher();
    let mut bundle = signed(&key);
    let good = bundle.signature.clone();
    for bad in [
        vec![0x30],
        vec![0x30, 0x80],
        [0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00].to_vec(),
        vec![0; 64],
        [good.as_slice(), &[0]].concat(),
        vec![0xff; 100_000],
    ] {
        bundle.signature = bad;
        assert!(matches!(
            refused(&bundle, &key),
            Untrusted::BadSignature { .. }
        ));
    }
}

#[test]
fn attack_huge_and_deep_files() {
    let key = publisher();
    let mut long = signed(&key).to_json();
    long.push_str(&" ".repeat(MAX_BUNDLE + 1 - long.len()));
    assert_eq!(Bundle::read(long.as_bytes()), Err(BundleError::TooLong));
    let short = &long[..MAX_BUNDLE];
    assert!(Bundle::read(short.as_bytes()).is_ok());
    let deep = "[".repeat(100_000);
    let error = Bundle::read(deep.as_bytes()).unwrap_err();
    assert!(matches!(error, BundleError::Shape(_)));
    let deep = format!(r#"{{"_type":{deep}"#);
    assert!(matches!(
        refused(&over(key.pair(), &deep, IN_TOTO), &key),
        Untrusted::Statement { .. }
    ));
}

/// Whatever bit of a bundle is changed, it does not count any more.
#[test]
fn every_bit_of_a_bundle_counts() {
    let key = publisher();
    let good = signed(&key).to_json().into_bytes();
    for place in 0..good.len() {
        for bit in 0..8 {
            let mut bytes = good.clone();
            bytes[place] ^= 1 << bit;
            let judged = judged(&bytes, &[record(&key)], day(2));
            assert!(judged.is_err(), "bit {bit} of byte {place}");
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(judged(&bytes, &[], day(2)).is_err());
        let text = String::from_utf8_lossy(&bytes);
        prop_assert!(PublicKey::from_pem(&text).is_err());
        prop_assert!(KeyPair::from_pem(&text).is_err());
    }
}
