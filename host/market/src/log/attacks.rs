//! One attack on a log each, and each is refused.
#![expect(clippy::unwrap_used, reason = "tests")]

use base64::{Engine, engine::general_purpose::STANDARD};
use metier_core::code::Blame;
use proptest::prelude::*;

use super::{
    Checkpoint, Consistency, Hash, Inclusion, LogFault, LogKey, LogSigner, Tree, Witness,
    leaf_hash,
    note::MAX_NOTE,
    tests::{leaf, named, note_of, signer, tree},
};
use crate::trust::{Algorithm, KeyPair};

/// What a client remembers of a log of this size.
fn seen(signer: &LogSigner, size: u64) -> Witness {
    Witness::first(signer.key(), &note_of(&tree(size), signer)).unwrap()
}

/// A log in which one leaf is another.
fn rewritten(at: u64, size: u64) -> Tree {
    let mut tree = Tree::default();
    for number in 0..size {
        tree.push(&leaf(if number == at { 1_000_000 } else { number }));
    }
    tree
}

#[test]
fn attack_truncated_log() {
    let signer = signer();
    let witness = seen(&signer, 10);
    for size in [0, 1, 8, 9] {
        let proof = tree(10).consistency(size, 10);
        let error = witness.advance(&note_of(&tree(size), &signer), proof.as_ref());
        assert_eq!(
            error,
            Err(LogFault::Shorter {
                before: 10,
                now: size
            })
        );
    }
}

#[test]
fn attack_forked_log_of_the_same_size() {
    let signer = signer();
    let witness = seen(&signer, 10);
    let fork = rewritten(9, 10);
    let error = witness.advance(&note_of(&fork, &signer), None).unwrap_err();
    assert!(
        matches!(error, LogFault::Forked { size: 10, .. }),
        "{error}"
    );
}

#[test]
fn attack_rewritten_leaf_under_a_larger_log() {
    let signer = signer();
    for before in 1..40 {
        let witness = seen(&signer, before);
        for at in 0..before {
            let fork = rewritten(at, 40);
            let proof = fork.consistency(before, 40);
            let error = witness.advance(&note_of(&fork, &signer), proof.as_ref());
            assert_eq!(error, Err(LogFault::Rewritten { before }), "leaf {at}");
        }
    }
}

#[test]
fn attack_growth_without_a_proof() {
    let signer = signer();
    let witness = seen(&signer, 10);
    let note = note_of(&tree(20), &signer);
    let unproven = Err(LogFault::Unproven {
        before: 10,
        now: 20,
    });
    assert_eq!(witness.advance(&note, None), unproven);
    let whole = tree(30);
    for (old, new) in [(9, 20), (10, 19), (10, 30), (0, 20), (20, 20)] {
        let proof = whole.consistency(old, new);
        assert_eq!(
            witness.advance(&note, proof.as_ref()),
            unproven,
            "{old} to {new}"
        );
    }
}

/// Between two sizes where the honest proof is empty, an empty one must not do for others.
#[test]
fn attack_empty_proof() {
    let signer = signer();
    for (old, new) in [(1, 2), (4, 8), (7, 8), (8, 9)] {
        let proof = Consistency {
            old,
            new,
            path: vec![],
        };
        let error = seen(&signer, old).advance(&note_of(&tree(new), &signer), Some(&proof));
        assert_eq!(error, Err(LogFault::Rewritten { before: old }));
    }
}

#[test]
fn attack_foreign_origin() {
    let (ours, foreign) = (signer(), named("evil.example/log"));
    // The market's own key under the name of another log: the signature is good, the log is not.
    let pem = ours.pair().to_pem().unwrap();
    let same = LogSigner::new("market.example/log", KeyPair::from_pem(&pem).unwrap()).unwrap();
    let other = Checkpoint {
        origin: "evil.example/log".into(),
        ..Checkpoint::of(&tree(5), ours.key())
    };
    let error = Checkpoint::open(other.sign(&same).unwrap().as_bytes(), ours.key()).unwrap_err();
    assert!(matches!(error, LogFault::ForeignOrigin { .. }), "{error}");
    let error = Checkpoint::open(&note_of(&tree(5), &foreign), ours.key()).unwrap_err();
    assert!(matches!(error, LogFault::ForeignKey(_)), "{error}");
}

#[test]
fn attack_foreign_key_of_the_same_name() {
    let (ours, thief) = (signer(), signer());
    let witness = seen(&ours, 5);
    let error = witness
        .advance(&note_of(&tree(5), &thief), None)
        .unwrap_err();
    assert_eq!(error, LogFault::ForeignKey("market.example/log".into()));
    assert_eq!(error.blame(), Blame::Operator);
}

#[test]
fn attack_foreign_signature_under_the_id_of_a_trusted_key() {
    let (ours, thief) = (signer(), signer());
    let signature = |signer: &LogSigner| {
        let note = String::from_utf8(note_of(&tree(5), signer)).unwrap();
        let line = note.trim_end().rsplit_once(' ').unwrap().1.to_owned();
        STANDARD.decode(line).unwrap()
    };
    let forged = [&signature(&ours)[..4], &signature(&thief)[4..]].concat();
    let note = String::from_utf8(note_of(&tree(5), &ours)).unwrap();
    let (text, _) = note.trim_end().rsplit_once(' ').unwrap();
    let note = format!("{text} {}\n", STANDARD.encode(forged));
    let error = Checkpoint::open(note.as_bytes(), ours.key()).unwrap_err();
    assert_eq!(error, LogFault::BadSignature("market.example/log".into()));
}

#[test]
fn attack_unsigned_checkpoint() {
    let signer = signer();
    let note = String::from_utf8(note_of(&tree(5), &signer)).unwrap();
    let text = note.split_once("\n\n").unwrap().0;
    for unsigned in [
        text.to_owned(),
        format!("{text}\n"),
        format!("{text}\n\n"),
        format!("{text}\n\n\u{2014} market.example/log \n"),
        format!("{text}\n\n\u{2014} market.example/log AAAA\n"),
    ] {
        assert!(
            Checkpoint::open(unsigned.as_bytes(), signer.key()).is_err(),
            "{unsigned}"
        );
    }
}

#[test]
fn attack_a_bad_signature_of_the_log_beside_a_good_one() {
    let signer = signer();
    let note = String::from_utf8(note_of(&tree(5), &signer)).unwrap();
    let other = String::from_utf8(note_of(&tree(6), &signer)).unwrap();
    let bad = other.split_once("\n\n").unwrap().1;
    let both = format!("{note}{bad}");
    let error = Checkpoint::open(both.as_bytes(), signer.key()).unwrap_err();
    assert!(matches!(error, LogFault::BadSignature(_)));
}

#[test]
fn attack_text_put_between_text_and_signature() {
    let signer = signer();
    let note = String::from_utf8(note_of(&tree(5), &signer)).unwrap();
    for changed in [
        note.replacen("\n5\n", "\n6\n", 1),
        note.replacen("\n\n", "\nextension\n\n", 1),
        note.replacen("\n\n", "\n\n\n", 1),
        format!("x\n\n{note}"),
        note.replace('\n', "\r\n"),
    ] {
        assert!(
            Checkpoint::open(changed.as_bytes(), signer.key()).is_err(),
            "{changed}"
        );
    }
}

#[test]
fn attack_signed_text_that_is_no_checkpoint() {
    let signer = signer();
    let root = tree(5).root();
    for text in [
        "market.example/log\n".to_owned(),
        "market.example/log\n5\n".to_owned(),
        format!("market.example/log\n05\n{root}\n"),
        format!("market.example/log\n+5\n{root}\n"),
        format!("market.example/log\n-5\n{root}\n"),
        format!("market.example/log\n18446744073709551616\n{root}\n"),
        "market.example/log\n5\nAAAA\n".to_owned(),
        "market.example/log\n5\n\n".to_owned(),
    ] {
        let note = signer.sign(&text).unwrap();
        let error = Checkpoint::open(note.as_bytes(), signer.key());
        assert_eq!(error, Err(LogFault::NoCheckpoint), "{text}");
    }
}

#[test]
fn attack_huge_checkpoint() {
    let signer = signer();
    let mut text = format!("market.example/log\n5\n{}\n", tree(5).root());
    text.push_str(&"x\n".repeat(MAX_NOTE / 2));
    let error = Checkpoint::open(signer.sign(&text).unwrap().as_bytes(), signer.key());
    assert_eq!(error, Err(LogFault::NoCheckpoint));
    let mut many = String::from_utf8(note_of(&tree(5), &signer)).unwrap();
    (0..100).for_each(|_| many.push_str("\u{2014} other AAAAAAAA\n"));
    let error = Checkpoint::open(many.as_bytes(), signer.key());
    assert_eq!(error, Err(LogFault::NoCheckpoint));
}

#[test]
fn attack_size_no_log_can_have() {
    let signer = signer();
    let text = format!("market.example/log\n{}\n{}\n", u64::MAX, tree(5).root());
    let note = signer.sign(&text).unwrap();
    for path in [vec![], vec![tree(5).root(); 64], vec![tree(5).root(); 1000]] {
        let proof = Consistency {
            old: 5,
            new: u64::MAX,
            path: path.clone(),
        };
        let error = seen(&signer, 5).advance(note.as_bytes(), Some(&proof));
        assert_eq!(error, Err(LogFault::Rewritten { before: 5 }));
        let huge = Witness::first(signer.key(), note.as_bytes()).unwrap();
        for index in [0, u64::MAX - 1, u64::MAX] {
            let path = path.clone();
            let proof = Inclusion {
                index,
                size: u64::MAX,
                path,
            };
            assert!(huge.check(b"leaf", &proof).is_err());
        }
    }
}

#[test]
fn attack_proof_of_another_leaf() {
    let signer = signer();
    let (witness, whole) = (seen(&signer, 20), tree(20));
    let proof = whole.inclusion(3, 20).unwrap();
    assert_eq!(witness.check(&leaf(3), &proof), Ok(()));
    let error = witness.check(&leaf(4), &proof);
    assert_eq!(error, Err(LogFault::NotIncluded { index: 3, size: 20 }));
    let moved = Inclusion {
        index: 4,
        ..proof.clone()
    };
    let error = witness.check(&leaf(3), &moved);
    assert_eq!(error, Err(LogFault::NotIncluded { index: 4, size: 20 }));
}

#[test]
fn attack_proof_against_another_checkpoint() {
    let signer = signer();
    let witness = seen(&signer, 20);
    let proof = tree(21).inclusion(3, 21).unwrap();
    let error = witness.check(&leaf(3), &proof);
    let other = LogFault::OtherSize {
        proof: 21,
        checkpoint: 20,
    };
    assert_eq!(error, Err(other));
    let lying = Inclusion { size: 20, ..proof };
    assert!(witness.check(&leaf(3), &lying).is_err());
}

/// A log that signs a root for more leaves than it is over: short paths to it prove nothing.
#[test]
fn attack_root_of_fewer_leaves_than_signed() {
    let tree = tree(8);
    let (four, two) = (tree.root_at(4).unwrap(), tree.root_at(2).unwrap());
    let short = Inclusion {
        size: 8,
        ..tree.inclusion(0, 4).unwrap()
    };
    assert!(!short.proves(leaf_hash(&leaf(0)), 8, four));
    let other = tree.inclusion(0, 3).unwrap();
    assert!(!other.proves(leaf_hash(&leaf(0)), 4, tree.root_at(3).unwrap()));
    let short = Consistency {
        new: 8,
        ..tree.consistency(1, 2).unwrap()
    };
    assert!(!short.proves((1, tree.root_at(1).unwrap()), (8, two)));
}

/// A node of the tree offered as a leaf: leaves and nodes are hashed apart.
#[test]
fn attack_node_taken_for_a_leaf() {
    let (one, two) = (leaf_hash(&leaf(0)), leaf_hash(&leaf(1)));
    let node = [&one.as_bytes()[..], two.as_bytes()].concat();
    let mut forged = Tree::default();
    forged.push(&node);
    assert_ne!(forged.root(), tree(2).root());
}

#[test]
fn every_fault_says_what_to_do() {
    let hash = leaf_hash(b"");
    for (fault, words) in [
        (LogFault::NoCheckpoint, "no signed checkpoint"),
        (LogFault::ForeignKey("log".into()), "not signed by the key"),
        (LogFault::BadSignature("log".into()), "is wrong"),
        (
            LogFault::Shorter { before: 5, now: 4 },
            "leaves were taken away",
        ),
        (
            LogFault::Forked {
                size: 5,
                before: hash,
                now: hash,
            },
            "two histories",
        ),
        (LogFault::Rewritten { before: 5 }, "rewritten"),
        (LogFault::NotIncluded { index: 1, size: 5 }, "it is not"),
    ] {
        assert!(fault.to_string().contains(words), "{fault}");
        assert!(fault.hint().ends_with('.'));
    }
    assert_eq!(LogFault::Rewritten { before: 5 }.blame(), Blame::Upstream);
}

fn flipped(hash: Hash, bit: usize) -> Hash {
    let mut bytes = *hash.as_bytes();
    bytes[bit / 8] ^= 1 << (bit % 8);
    Hash(bytes)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever bit of a proof, a leaf or a root is changed, nothing is proven any more.
    #[test]
    fn every_bit_of_a_proof_counts(
        size in 2..300_u64, place in any::<prop::sample::Index>(), bit in 0..256_usize,
    ) {
        let tree = tree(size);
        let index = place.index(size as usize) as u64;
        let (hash, root) = (leaf_hash(&leaf(index)), tree.root());
        let good = tree.inclusion(index, size).unwrap();
        prop_assert!(good.proves(hash, size, root));
        prop_assert!(!good.proves(flipped(hash, bit), size, root));
        prop_assert!(!good.proves(hash, size, flipped(root, bit)));
        let mut bad = good.clone();
        let at = place.index(bad.path.len());
        bad.path[at] = flipped(bad.path[at], bit);
        prop_assert!(!bad.proves(hash, size, root));
        bad = good.clone();
        bad.path.remove(at);
        prop_assert!(!bad.proves(hash, size, root));
        bad = good.clone();
        bad.path.push(root);
        prop_assert!(!bad.proves(hash, size, root));

        let old = (index, tree.root_at(index).unwrap());
        let mut bad = tree.consistency(index, size).unwrap();
        prop_assert!(bad.proves(old, (size, root)));
        if !bad.path.is_empty() {
            let at = place.index(bad.path.len());
            bad.path[at] = flipped(bad.path[at], bit);
            prop_assert!(!bad.proves(old, (size, root)));
        }
    }

    /// Whatever bit of a checkpoint is changed, it is none of ours.
    #[test]
    fn every_bit_of_a_checkpoint_counts(place in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let signer = signer();
        let mut note = note_of(&tree(3), &signer);
        let place = place.index(note.len());
        note[place] ^= 1 << bit;
        prop_assert!(Checkpoint::open(&note, signer.key()).is_err());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let key = LogKey::new("log", KeyPair::generate(Algorithm::Ed25519).unwrap().public().clone());
        prop_assert!(Checkpoint::open(&bytes, &key.unwrap()).is_err());
        let text = String::from_utf8_lossy(&bytes);
        prop_assert!(text.parse::<super::TilePath>().is_err());
        prop_assert!(text.parse::<LogKey>().is_err());
        _ = super::unbundle(&bytes, 3);
    }
}
