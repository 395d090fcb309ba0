#![expect(clippy::unwrap_used, reason = "tests")]

use metier_core::Digest;
use proptest::prelude::*;

use super::{
    Checkpoint, EMPTY, Hash, LogKey, LogSigner, Tree, Witness, bundle, leaf_hash, note, unbundle,
};
use crate::trust::{Algorithm, KeyPair};

pub(super) fn signer() -> LogSigner {
    named("market.example/log")
}

pub(super) fn named(name: &str) -> LogSigner {
    LogSigner::new(name, KeyPair::generate(Algorithm::Ed25519).unwrap()).unwrap()
}

pub(super) fn leaf(number: u64) -> Vec<u8> {
    format!("leaf {number}").into_bytes()
}

pub(super) fn tree(size: u64) -> Tree {
    let mut tree = Tree::default();
    (0..size).for_each(|number| _ = tree.push(&leaf(number)));
    tree
}

pub(super) fn note_of(tree: &Tree, signer: &LogSigner) -> Vec<u8> {
    let checkpoint = Checkpoint::of(tree, signer.key());
    checkpoint.sign(signer).unwrap().into_bytes()
}

fn hex(hash: Hash) -> String {
    Digest::from_sha256(*hash.as_bytes()).to_hex()
}

/// The roots that Certificate Transparency's own tests have for these leaves.
#[test]
fn roots_are_those_of_rfc_6962() {
    let leaves: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut tree = Tree::default();
    assert_eq!(tree.root(), EMPTY);
    for (leaf, root) in leaves.iter().zip(roots) {
        tree.push(leaf);
        assert_eq!(hex(tree.root()), root);
    }
}

/// Roots and every proof of the sizes up to 300, as `tlog_tiles` 0.2.0 makes them (a port of Go's `sumdb/tlog`), in one hash.
#[test]
fn proofs_are_those_of_another_implementation() {
    let tree = tree(300);
    let mut all = Vec::new();
    for size in 1..=300 {
        all.extend(tree.root_at(size).unwrap().as_bytes());
        let inclusions = (0..size).flat_map(|index| tree.inclusion(index, size).unwrap().path);
        all.extend(inclusions.flat_map(|hash| *hash.as_bytes()));
        let olds = (1..=size).flat_map(|old| tree.consistency(old, size).unwrap().path);
        all.extend(olds.flat_map(|hash| *hash.as_bytes()));
    }
    assert_eq!(
        Digest::of(&all).to_hex(),
        "0a0b9fef90c68fa76c666d34ede4edfa5191199d415b07bd0fc379f0100fb6d7"
    );
}

#[test]
fn every_proof_up_to_300_leaves_proves() {
    let tree = tree(300);
    for size in 1..=300 {
        let root = tree.root_at(size).unwrap();
        for index in 0..size {
            let proof = tree.inclusion(index, size).unwrap();
            assert!(
                proof.proves(leaf_hash(&leaf(index)), size, root),
                "{index} of {size}"
            );
            let other = leaf_hash(&leaf(index + 1));
            assert!(!proof.proves(other, size, root), "{index} of {size}");
        }
        for old in 0..=size {
            let before = (old, tree.root_at(old).unwrap());
            let proof = tree.consistency(old, size).unwrap();
            assert!(proof.proves(before, (size, root)), "{old} of {size}");
            let forged = (size, leaf_hash(b"forged"));
            assert!(old == 0 || !proof.proves(before, forged), "{old} of {size}");
            let past = (old, leaf_hash(b"forged"));
            assert!(!proof.proves(past, (size, root)), "{old} of {size}");
        }
    }
}

#[test]
fn there_is_no_proof_of_what_is_not_there() {
    let tree = tree(5);
    assert_eq!(tree.inclusion(5, 5), None);
    assert_eq!(tree.inclusion(0, 6), None);
    assert_eq!(tree.consistency(4, 3), None);
    assert_eq!(tree.consistency(1, 6), None);
    assert_eq!(tree.root_at(6), None);
    assert_eq!(tree.inclusion(0, u64::MAX), None);
}

/// Where hashes are computed again, this does not end.
#[test]
fn a_hundred_thousand_leaves_are_appended_at_once() {
    let mut tree = Tree::default();
    for number in 0..100_000_u64 {
        tree.push(&number.to_be_bytes());
        tree.root();
    }
    assert_eq!(tree.size(), 100_000);
}

#[test]
fn entry_bundles_read_back() {
    let leaves = [b"one".to_vec(), vec![], b"three".to_vec()];
    let bytes = bundle(&leaves).unwrap();
    assert_eq!(bytes, b"\x00\x03one\x00\x00\x00\x05three");
    assert_eq!(unbundle(&bytes, 3).unwrap(), leaves);
    for (bytes, width) in [
        (&bytes[..], 2),
        (&bytes[..], 4),
        (&bytes[..bytes.len() - 1], 3),
        (&bytes[..1], 0),
        (&[0xff, 0xff, 0][..], 1),
    ] {
        assert_eq!(unbundle(bytes, width), None);
    }
    assert_eq!(bundle(&[vec![0; 65_536]]), None);
    assert_eq!(bundle(&vec![vec![]; 257]), None);
    assert_eq!(bundle(&vec![vec![0; 65_535]; 1]).unwrap().len(), 65_537);
}

/// The example of Go's `sumdb/note`, which is that of the specification.
#[test]
fn notes_of_others_are_read() {
    let key: LogKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        .parse()
        .unwrap();
    let text = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n";
    let line = "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    let other = "\u{2014} EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";
    for signatures in [
        line.to_owned(),
        format!("{line}{other}"),
        format!("{other}{line}"),
    ] {
        let note = format!("{text}\n{signatures}");
        assert_eq!(note::open(note.as_bytes(), &key), Ok(text));
    }
}

#[test]
fn a_checkpoint_has_three_lines_and_a_signature() {
    let signer = signer();
    let tree = tree(300);
    let note = String::from_utf8(note_of(&tree, &signer)).unwrap();
    let text = "market.example/log\n300\n56/ILTiUT8eTBUUygJHUWCMojB9zTL2sBjlnE+vUtdU=\n";
    assert!(
        note.starts_with(&format!("{text}\n\u{2014} market.example/log ")),
        "{note}"
    );
    let read = Checkpoint::open(note.as_bytes(), signer.key()).unwrap();
    assert_eq!(read, Checkpoint::of(&tree, signer.key()));
}

#[test]
fn lines_after_the_root_are_the_business_of_others() {
    let signer = signer();
    let text = format!("market.example/log\n0\n{EMPTY}\nextension\n");
    let note = signer.sign(&text).unwrap();
    assert_eq!(
        Checkpoint::open(note.as_bytes(), signer.key())
            .unwrap()
            .size,
        0
    );
}

#[test]
fn keys_of_logs_read_back_and_have_one_text() {
    let key = signer().key().clone();
    assert_eq!(key.to_string().parse(), Ok(key.clone()));
    let text = key.to_string();
    for wrong in [
        text.replace("market.example", "other.example"),
        text.replace('+', " "),
        text.replacen('+', "+A", 1),
        format!("{text}="),
        "a+b".into(),
    ] {
        assert!(wrong.parse::<LogKey>().is_err(), "{wrong}");
    }
    let p256 = KeyPair::generate(Algorithm::EcdsaP256).unwrap();
    assert!(LogKey::new("log", p256.public().clone()).is_err());
    for name in ["", "a b", "a+b", "a\nb", &"x".repeat(257)] {
        assert!(LogKey::new(name, key.public().clone()).is_err(), "{name}");
    }
}

#[test]
fn a_witness_reads_back_as_it_was_kept() {
    let signer = signer();
    let witness = Witness::first(signer.key(), &note_of(&tree(7), &signer)).unwrap();
    let kept = serde_json::to_string(&witness).unwrap();
    assert_eq!(serde_json::from_str::<Witness>(&kept).unwrap(), witness);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// It does not matter in which steps a client hears of a log.
    #[test]
    fn a_witness_follows_a_log_in_any_steps(mut sizes in prop::collection::vec(0..400_u64, 1..8)) {
        sizes.sort_unstable();
        let (signer, whole) = (signer(), tree(400));
        let note = |size: u64| note_of(&tree(size), &signer);
        let mut witness = Witness::first(signer.key(), &note(sizes[0])).unwrap();
        for size in sizes {
            let proof = whole.consistency(witness.size(), size);
            witness = witness.advance(&note(size), proof.as_ref()).unwrap();
            prop_assert_eq!(witness.root(), whole.root_at(size).unwrap());
        }
    }
}
