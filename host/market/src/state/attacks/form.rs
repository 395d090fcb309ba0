//! Attacks by the bytes of a leaf.
#![expect(clippy::panic, reason = "tests")]
#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::NAME;
use crate::{
    log::MAX_LEAF,
    state::{
        Account, Change, Leaf, LeafError, Price, Reason, Vouched,
        tests::{history, leaf, new_key, yank},
    },
    trust::tests::{day, publisher},
};

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
    assert!(matches!(
        decoded(&newer),
        LeafError::Shape { kind: "yank", .. }
    ));
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
        assert_eq!(
            Leaf::decode(form.as_bytes()),
            Err(LeafError::NoLeaf),
            "{form}"
        );
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
fn attack_leaf_that_would_be_too_long_to_serve() {
    let key = publisher();
    let mut added = new_key("com.acme", &key, day(2)).sign(&key).unwrap();
    let Vouched::Key(signature) = &mut added.vouched else {
        panic!("it is signed");
    };
    signature.signature = "A".repeat(MAX_LEAF);
    let error = leaf(day(2), Change::Key(added)).encode();
    assert_eq!(error, Err(LeafError::TooLong));
}

#[test]
fn attack_texts_that_do_not_read_as_they_are() {
    for text in [
        "",
        " x",
        "x ",
        "a\nb",
        "a\u{202e}b",
        "a\u{200b}b",
        "a\u{1b}[2Jb",
        &"x".repeat(301),
    ] {
        assert!(text.parse::<Reason>().is_err(), "{text:?}");
        assert!(text.parse::<Price>().is_err(), "{text:?}");
    }
    assert!("Löscht Akten — immer…".parse::<Reason>().is_ok());
    for text in [
        "",
        "Acme",
        "a_b",
        "ada@acme.example",
        "-a",
        "a--b",
        "a b",
        &"x".repeat(65),
    ] {
        assert!(text.parse::<Account>().is_err(), "{text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Whatever bit of a leaf is changed, it is another leaf or none: never the same one.
    #[test]
    fn every_bit_of_a_leaf_counts(
        which in 0..22_usize, place in any::<prop::sample::Index>(), bit in 0..8_u8,
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
