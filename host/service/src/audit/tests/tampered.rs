//! A trail that somebody changed.

use proptest::prelude::*;

use super::*;
use crate::audit::Head;

#[test]
fn what_was_written_is_whole() {
    let data = written(20);
    let verified = data.verify();
    assert!(verified.is_whole(), "{:?}", verified.findings);
    assert_eq!((verified.records, verified.head.seq), (22, 22));
    assert!(segments::list(&data.folder()).unwrap().len() > 3);
}

#[test]
fn every_changed_byte_is_found() {
    let data = written(4);
    for segment in segments::list(&data.folder()).unwrap() {
        let path = segments::path(&data.folder(), segment);
        let bytes = fs::read(&path).unwrap();
        for place in 0..bytes.len() {
            for flip in [0x01, 0x20, 0x80] {
                let mut changed = bytes.clone();
                changed[place] ^= flip;
                fs::write(&path, &changed).unwrap();
                assert!(!data.verify().is_whole(), "segment {segment}, byte {place}");
            }
        }
        fs::write(&path, &bytes).unwrap();
    }
    assert!(data.verify().is_whole());
}

#[test]
fn every_cut_is_found() {
    let data = written(4);
    let path = data.last_segment();
    let bytes = fs::read(&path).unwrap();
    for length in 0..bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        assert!(!data.verify().is_whole(), "{length}");
    }
    fs::remove_file(&path).unwrap();
    assert!(!data.verify().is_whole());
}

#[test]
fn it_says_which_record() {
    let data = written(20);
    let mut all = lines(&data.folder());
    let (_, fifth) = &mut all[4];
    let place = memchr::memmem::find(fifth, b"key-3").unwrap();
    fifth[place + 4] = b'9';
    put(&data.folder(), &all);
    assert_eq!(data.verify().findings, [Finding::Changed { seq: 5 }]);

    let data = written(20);
    let mut all = lines(&data.folder());
    all.drain(6..9);
    put(&data.folder(), &all);
    let verified = data.verify();
    assert_eq!(verified.findings, [Finding::Missing { from: 7, to: 9 }]);
    assert_eq!(
        verified.findings[0].to_string(),
        "records 7 to 9 are missing"
    );
}

#[test]
fn a_record_that_was_written_anew_with_its_own_hash_is_found() {
    let data = written(6);
    let mut all = lines(&data.folder());
    let before = crate::audit::record::Sealed::read(all[2].1.trim_ascii_end())
        .unwrap()
        .head();
    let body = serde_json::json!({"kind": "key", "key": "forged"});
    let mut line = Vec::new();
    crate::audit::record::seal(&mut line, &before, 5, &body).unwrap();
    all[3].1 = line;
    put(&data.folder(), &all);
    assert_eq!(data.verify().findings, [Finding::Unlinked { seq: 5 }]);
}

#[test]
fn a_segment_that_is_gone_is_found() {
    let data = written(20);
    let all = segments::list(&data.folder()).unwrap();
    for segment in all {
        let path = segments::path(&data.folder(), segment);
        let kept = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(!data.verify().is_whole(), "segment {segment}");
        fs::write(&path, kept).unwrap();
    }
}

#[test]
fn segments_that_were_moved_elsewhere_are_given_by_their_last_record() {
    let data = written(20);
    let first = segments::path(&data.folder(), 1);
    let after = segments::last(&first).unwrap();
    fs::remove_file(first).unwrap();
    let expected = Expected {
        after,
        ..Expected::default()
    };
    assert!(data.verify_with(expected).is_whole());
}

#[test]
fn a_head_that_was_taken_away_or_forged_is_found() {
    let data = written(2);
    let path = data.folder().join("head.json");
    let kept = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(data.verify().findings, [Finding::NoHead]);
    let forged = String::from_utf8(kept).unwrap();
    fs::write(&path, forged.replace("\"seq\":4", "\"seq\":3")).unwrap();
    assert_eq!(data.verify().findings, [Finding::ForgedHead]);
}

/// The limit that the documentation names: the folder alone cannot tell, a head kept elsewhere does.
#[test]
fn an_older_head_put_back_is_found_by_one_kept_elsewhere() {
    let data = Data::new();
    let trail = data.open();
    note(&trail, "acme", "a");
    trail.sync().unwrap();
    let old = fs::read(data.folder().join("head.json")).unwrap();
    let length = fs::read(data.last_segment()).unwrap();
    note(&trail, "acme", "b");
    let elsewhere = trail.head();
    drop(trail);
    fs::write(data.folder().join("head.json"), old).unwrap();
    fs::write(data.last_segment(), length).unwrap();
    assert!(data.verify().is_whole());
    let head = Some(elsewhere);
    let expected = Expected {
        head,
        ..Expected::default()
    };
    let cut = Finding::CutOff {
        last: 2,
        head: elsewhere.seq,
    };
    assert_eq!(data.verify_with(expected).findings, [cut]);
    let other = Some(Head {
        seq: 1,
        ..elsewhere
    });
    let expected = Expected {
        head: other,
        ..Expected::default()
    };
    assert_eq!(
        data.verify_with(expected).findings,
        [Finding::OtherHead { seq: 1 }]
    );
}

/// Whoever can write the folder can write anything.
#[test]
fn a_forged_number_at_the_end_of_all_numbers_does_no_harm() {
    let data = written(1);
    let before = Head {
        seq: u64::MAX - 1,
        ..Head::NONE
    };
    let body = serde_json::json!({"kind": "host", "state": "lost", "count": u64::MAX});
    let mut line = Vec::new();
    crate::audit::record::seal(&mut line, &before, u64::MAX, &body).unwrap();
    fs::write(segments::path(&data.folder(), 1), line.repeat(3)).unwrap();
    assert!(!data.verify().is_whole());
    drop(data.open());
    assert!(!data.verify().is_whole());
}

#[derive(Clone, Debug)]
enum Change {
    Flip(prop::sample::Index, u8),
    Delete(prop::sample::Index),
    Swap(prop::sample::Index, prop::sample::Index),
    Repeat(prop::sample::Index, prop::sample::Index),
    Cut(prop::sample::Index),
}

fn change() -> impl Strategy<Value = Change> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        (index(), 1..=255u8).prop_map(|(at, flip)| Change::Flip(at, flip)),
        index().prop_map(Change::Delete),
        (index(), index()).prop_map(|(one, other)| Change::Swap(one, other)),
        (index(), index()).prop_map(|(one, at)| Change::Repeat(one, at)),
        index().prop_map(Change::Cut),
    ]
}

/// Whether anything is different after it.
fn make(change: &Change, lines: &mut Vec<(u64, Vec<u8>)>) -> bool {
    let count = lines.len();
    match change {
        Change::Flip(at, flip) => {
            let place = at.index(count * 100);
            let line = &mut lines[place / 100].1;
            let place = place % 100 * line.len() / 100;
            line[place] ^= flip;
        }
        Change::Delete(at) => drop(lines.remove(at.index(count))),
        Change::Swap(one, other) => {
            let (one, other) = (one.index(count), other.index(count));
            let (left, right) = (lines[one].1.clone(), lines[other].1.clone());
            (lines[one].1, lines[other].1) = (right, left);
            return one != other;
        }
        Change::Repeat(one, at) => {
            let (line, at) = (lines[one.index(count)].1.clone(), at.index(count));
            let segment = lines[at].0;
            lines.insert(at, (segment, line));
        }
        Change::Cut(at) => lines.truncate(at.index(count)),
    }
    true
}

fn put(folder: &Path, lines: &[(u64, Vec<u8>)]) {
    for segment in segments::list(folder).unwrap() {
        let of = lines.iter().filter(|(number, _)| *number == segment);
        let bytes: Vec<u8> = of.flat_map(|(_, line)| line.clone()).collect();
        fs::write(segments::path(folder, segment), bytes).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_no_trail_is_not_whole_and_does_no_harm(bytes in prop::collection::vec(any::<u8>(), 1..300)) {
        let data = written(1);
        fs::write(segments::path(&data.folder(), 1), &bytes).unwrap();
        prop_assert!(!data.verify().is_whole());
        drop(data.open());
        prop_assert!(!data.verify().is_whole());
    }

    #[test]
    fn any_change_of_any_trail_is_found(
        keys in prop::collection::vec("\\PC{0,40}", 0..20),
        segment_bytes in 300u64..3_000,
        change in change(),
    ) {
        let data = Data::new();
        let trail = Trail::open(&Settings { segment_bytes, ..data.settings() }).unwrap();
        keys.iter().for_each(|key| note(&trail, "acme", key));
        drop(trail);
        prop_assert!(data.verify().is_whole());
        let mut all = lines(&data.folder());
        if make(&change, &mut all) {
            put(&data.folder(), &all);
            prop_assert!(!data.verify().is_whole());
        }
    }
}
