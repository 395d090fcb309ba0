#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use metier_core::Digest;
use proptest::prelude::*;

use super::{
    Checkpoint, EMPTY, Hash, LogKey, LogSigner, TilePath, Tiles, Tree, Witness, bundle, grown,
    leaf_hash, note, unbundle,
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

#[test]
fn a_hundred_thousand_leaves_are_appended_at_once() {
    let began = Instant::now();
    let mut tree = Tree::default();
    for number in 0..100_000_u64 {
        tree.push(&number.to_be_bytes());
        tree.root();
    }
    let took = began.elapsed();
    assert!(
        took < Duration::from_secs(20),
        "{took:?}: hashes are computed again"
    );
}

#[test]
fn paths_of_tiles_are_those_of_c2sp() {
    let hashes = |level, index, width| TilePath::Hashes {
        level,
        index,
        width,
    };
    for (text, path) in [
        ("tile/0/000", hashes(0, 0, 256)),
        ("tile/7/001.p/1", hashes(7, 1, 1)),
        ("tile/0/x001/x234/067", hashes(0, 1_234_067, 256)),
        ("tile/3/x999/999.p/255", hashes(3, 999_999, 255)),
        (
            "tile/entries/x273/x042/064.p/9",
            TilePath::Entries {
                index: 273_042_064,
                width: 9,
            },
        ),
    ] {
        assert_eq!(text.parse(), Ok(path));
        assert_eq!(path.to_string(), text);
    }
}

#[test]
fn other_paths_are_no_tiles() {
    for text in [
        "",
        "tile/",
        "tile/0/",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/8/000",
        "tile/255/000",
        "tile/-1/000",
        "tile/+1/000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/+1",
        "tile/0/000.p/",
        "tile/0/000/../000",
        "tile/8/0/000",
        "tile/data/000",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "/tile/0/000",
        "checkpoint",
        &format!("tile/0/{}000", "x001/".repeat(100_000)),
    ] {
        assert!(text.parse::<TilePath>().is_err(), "{text}");
    }
}

#[test]
fn a_growing_log_writes_the_tiles_that_change() {
    let paths = |old, new| -> Vec<_> { grown(old, new).map(|path| path.to_string()).collect() };
    assert_eq!(paths(0, 0), Vec::<String>::new());
    assert_eq!(paths(300, 300), Vec::<String>::new());
    assert_eq!(paths(0, 3), ["tile/entries/000.p/3", "tile/0/000.p/3"]);
    assert_eq!(
        paths(250, 520),
        [
            "tile/entries/000",
            "tile/entries/001",
            "tile/entries/002.p/8",
            "tile/0/000",
            "tile/0/001",
            "tile/0/002.p/8",
            "tile/1/000.p/2",
        ]
    );
    assert_eq!(grown(0, u64::MAX).take(3).count(), 3);
}

#[test]
fn tiles_have_the_hashes_of_their_level() {
    let tree = tree(600);
    let first = tree.tile(0, 0, 256).unwrap();
    assert_eq!(first.len(), 8192);
    assert_eq!(first[32..64], *leaf_hash(&leaf(1)).as_bytes());
    let above = tree.tile(1, 0, 2).unwrap();
    assert_eq!(above[..32], *tree.root_at(256).unwrap().as_bytes());
    let partial = tree.tile(0, 2, 88).unwrap();
    assert_eq!(partial[87 * 32..], *leaf_hash(&leaf(599)).as_bytes());
    for (level, index, width) in [(0, 2, 89), (0, 3, 1), (1, 0, 3), (0, 0, 0), (0, 0, 257)] {
        assert_eq!(tree.tile(level, index, width), None);
    }
    assert_eq!(tree.tile(255, u64::MAX, 256), None);
    assert_eq!(tree.tile(0, u64::MAX, 256), None);
}

#[test]
fn every_tile_a_growing_log_writes_is_there() {
    let tree = tree(1000);
    for path in grown(0, 1000) {
        if let TilePath::Hashes {
            level,
            index,
            width,
        } = path
        {
            let tile = tree.tile(level, index, width);
            assert_eq!(
                tile.map(|tile| tile.len()),
                Some(usize::from(width) * 32),
                "{path}"
            );
        }
    }
}

fn fetched(tree: &Tree, size: u64, paths: Vec<TilePath>) -> Tiles {
    let mut tiles = Tiles::of(size);
    for path in paths {
        if let TilePath::Hashes {
            level,
            index,
            width,
        } = path
        {
            let tile = tree.tile(level, index, width).unwrap();
            assert!(tiles.add(path, &tile));
        }
    }
    tiles
}

#[test]
fn proofs_are_made_from_the_tiles_alone() {
    let tree = tree(70_000);
    for size in [
        1, 2, 255, 256, 257, 300, 511, 512, 65_535, 65_536, 65_537, 70_000,
    ] {
        for part in [0, 1, 255, 256, 257, 300, 512, 65_536, 65_537, 69_999] {
            if part >= size {
                continue;
            }
            let paths = Tiles::for_inclusion(part, size);
            assert!(paths.len() <= 6, "{paths:?}");
            let tiles = fetched(&tree, size, paths);
            assert_eq!(
                tiles.inclusion(part),
                tree.inclusion(part, size),
                "{part} {size}"
            );
            let tiles = fetched(&tree, size, Tiles::for_consistency(part, size));
            assert_eq!(
                tiles.consistency(part),
                tree.consistency(part, size),
                "{part} {size}"
            );
        }
    }
}

#[test]
fn tiles_that_are_missing_or_of_another_length_make_no_proof() {
    let tree = tree(300);
    let tile = tree.tile(0, 0, 256).unwrap();
    let path: TilePath = "tile/0/000".parse().unwrap();
    let mut tiles = Tiles::of(300);
    for wrong in [
        &tile[1..],
        &tile[32..],
        &[tile.as_slice(), &[0; 32]].concat(),
    ] {
        assert!(!tiles.add(path, wrong));
    }
    assert!(!tiles.add("tile/entries/000".parse().unwrap(), &tile));
    assert_eq!(tiles.inclusion(3), None);
    assert!(tiles.add(path, &tile));
    assert_eq!(tiles.inclusion(3), None, "the second tile is missing");
    assert_eq!(Tiles::of(u64::MAX).inclusion(u64::MAX - 1), None);
    assert!(Tiles::for_consistency(1, u64::MAX).len() < 64);
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
