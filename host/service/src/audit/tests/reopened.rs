//! A trail that is taken up again.

use std::{io::Write, time::Instant};

use super::*;

fn append(path: &Path, bytes: &[u8]) {
    let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(bytes).unwrap();
}

#[test]
fn it_goes_on_where_it_ended() {
    let data = written(10);
    let before = data.verify().head;
    drop(data.open());
    let verified = data.verify();
    assert!(verified.is_whole(), "{:?}", verified.findings);
    assert_eq!(verified.head.seq, before.seq + 2);
}

#[test]
fn a_torn_record_is_set_aside_and_told() {
    let whole = lines(&written(1).folder())[1].1.clone();
    let garbage = [b"\0\0\0\n\0\0{}\n".to_vec(), vec![b'x'; 5_000]];
    for torn in [&whole[..10], &whole[..whole.len() - 1], &garbage.concat()] {
        let data = written(5);
        let before = data.verify().head;
        append(&data.last_segment(), torn);
        let findings = data.verify().findings;
        let last = findings.last().unwrap();
        let is_torn = matches!(last, Finding::Torn { after, .. } if *after == before.seq);
        assert!(is_torn, "{findings:?}");
        drop(data.open());
        let verified = data.verify();
        assert!(verified.is_whole(), "{:?}", verified.findings);
        assert_eq!((verified.torn, verified.head.seq), (1, before.seq + 3));
        let files = fs::read_dir(data.folder()).unwrap();
        let aside: Vec<_> = files
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "torn"))
            .collect();
        assert_eq!(aside.len(), 1);
        assert_eq!(fs::read(&aside[0]).unwrap(), torn);
    }
}

/// A host that begins writes a new head: what it found must not be forgotten with the old one.
#[test]
fn a_cut_end_is_found_after_the_next_host_began_too() {
    for cut in ["records", "segments", "head.json"] {
        let data = written(10);
        match cut {
            "records" => {
                let all = lines(&data.folder());
                let last = all.last().unwrap();
                let bytes = fs::read(data.last_segment()).unwrap();
                let length = bytes.len() - last.1.len();
                fs::write(data.last_segment(), &bytes[..length]).unwrap();
            }
            "segments" => {
                for segment in segments::list(&data.folder()).unwrap() {
                    fs::remove_file(segments::path(&data.folder(), segment)).unwrap();
                }
            }
            file => fs::remove_file(data.folder().join(file)).unwrap(),
        }
        drop(data.open());
        let verified = data.verify();
        assert!(
            matches!(verified.findings[..], [Finding::FoundBroken { .. }]),
            "{cut}: {:?}",
            verified.findings
        );
    }
}

#[test]
fn one_process_writes_a_folder_and_the_next_takes_another() {
    let data = Data::new();
    let (first, second) = (data.open(), data.open());
    assert!(first.folder().ends_with("1") && second.folder().ends_with("2"));
    note(&first, "acme", "a");
    note(&second, "acme", "b");
    drop(first);
    assert!(data.open().folder().ends_with("1"));
    drop(second);
    let root = data.0.path().join("audit");
    for folder in segments::trails(&root).unwrap() {
        assert!(verify(&folder, &Expected::default()).unwrap().is_whole());
    }
}

#[test]
fn the_head_on_the_disk_follows_within_the_while() {
    let data = Data::new();
    let trail = data.open();
    note(&trail, "acme", "a");
    let written = trail.head();
    let began = Instant::now();
    let kept = || crate::audit::head::read(&data.folder(), None).unwrap();
    while kept() != crate::audit::head::KeptHead::Is(written) {
        assert!(began.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn nobody_else_on_the_machine_reads_the_trail_or_its_key() {
    use std::os::unix::fs::PermissionsExt;
    let data = written(1);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o77;
    let key = data.0.path().join("audit.key");
    let root = data.0.path().join("audit");
    for path in [&key, &root, &data.folder(), &data.last_segment()] {
        assert_eq!(mode(path), 0, "{}", path.display());
    }
}

/// It begins a segment before it writes the first record of it.
#[test]
fn a_host_that_is_killed_between_two_segments_leaves_a_whole_trail() {
    let data = written(10);
    let head = data.folder().join("head.json");
    let earlier = fs::read(&head).unwrap();
    drop(data.open());
    fs::write(&head, earlier).unwrap();
    let last = segments::list(&data.folder()).unwrap().pop().unwrap();
    fs::write(segments::path(&data.folder(), last + 1), "").unwrap();
    drop(data.open());
    let verified = data.verify();
    assert!(verified.is_whole(), "{:?}", verified.findings);
}
