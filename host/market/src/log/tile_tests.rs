#![expect(clippy::unwrap_used, reason = "tests")]

use super::{
    TilePath, Tiles, Tree, grown, leaf_hash,
    tests::{leaf, tree},
};

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
