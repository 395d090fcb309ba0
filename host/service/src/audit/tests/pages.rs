//! Searching.

use std::collections::BTreeSet;

use super::*;
use crate::audit::{Filter, search::search};

/// All pages, each of at most `max`.
fn all(root: &Path, filter: &Filter, max: usize) -> Vec<crate::audit::Record> {
    let (mut records, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let found = search(root, filter, cursor.as_deref(), max).unwrap();
        assert!(found.records.len() <= max);
        records.extend(found.records);
        match found.next {
            None => return records,
            next => cursor = next,
        }
    }
}

#[test]
fn pages_have_every_record_once_the_newest_first() {
    let data = Data::new();
    let (first, second) = (data.open(), data.open());
    for key in 0..60 {
        let trail = if key % 3 == 0 { &second } else { &first };
        note(trail, "acme", &format!("{key}"));
        if key % 5 == 0 {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    let root = data.0.path().join("audit");
    for max in [1, 7, 59, 500] {
        let found = all(&root, &Filter::default(), max);
        assert!(found.is_sorted_by(|one, next| one.at >= next.at));
        let keys: Vec<_> = found.iter().filter_map(|one| one.rest.get("key")).collect();
        let once: BTreeSet<String> = keys.iter().map(ToString::to_string).collect();
        assert_eq!((keys.len(), once.len(), found.len()), (60, 60, 62), "{max}");
    }
}

#[test]
fn a_page_that_was_begun_is_not_moved_by_new_records() {
    let data = Data::new();
    let trail = data.open();
    (0..10).for_each(|key| note(&trail, "acme", &format!("{key}")));
    let root = data.0.path().join("audit");
    let first = search(&root, &Filter::default(), None, 5).unwrap();
    (10..40).for_each(|key| note(&trail, "acme", &format!("{key}")));
    let next = search(&root, &Filter::default(), first.next.as_deref(), 5).unwrap();
    assert_eq!(next.records[0].seq + 1, first.records[4].seq);
}

#[test]
fn filters_leave_out_what_is_not_meant() {
    let data = Data::new();
    let trail = data.open();
    note(&trail, "acme", "one");
    note(&trail, "other", "one");
    note(&trail, "acme", "two");
    let root = data.0.path().join("audit");
    let count = |filter: Filter| all(&root, &filter, 2).len();
    let none = Filter::default;
    let acme = Some("acme".parse().unwrap());
    assert_eq!(count(none()), 4);
    let filter = Filter {
        tenant: acme.clone(),
        ..none()
    };
    assert_eq!(count(filter), 2);
    let text = Some("\"one\"".to_owned());
    let filter = Filter {
        tenant: acme,
        text,
        ..none()
    };
    assert_eq!(count(filter), 1);
    let kind = Some("host".to_owned());
    assert_eq!(count(Filter { kind, ..none() }), 1);
    let principal = Some("local".to_owned());
    let filter = Filter {
        principal,
        ..none()
    };
    assert_eq!(count(filter), 3);
    let from = Some(u64::MAX);
    assert_eq!(count(Filter { from, ..none() }), 0);
    let to = Some(0);
    assert_eq!(count(Filter { to, ..none() }), 0);
}

#[test]
fn what_is_no_record_is_passed_over() {
    let data = written(3);
    let path = data.last_segment();
    let mut bytes = b"{}\nnot a record\n\n".to_vec();
    bytes.extend(fs::read(&path).unwrap());
    bytes.extend(vec![b'x'; 3 << 20]);
    fs::write(path, bytes).unwrap();
    let root = data.0.path().join("audit");
    assert_eq!(all(&root, &Filter::default(), 500).len(), 5);
}

#[test]
fn a_cursor_that_is_none_is_refused() {
    let data = written(1);
    let root = data.0.path().join("audit");
    for cursor in ["", "1", "1.2", "1.x.3", "1.2.3,", "../..", "1.-2.3"] {
        let found = search(&root, &Filter::default(), Some(cursor), 5);
        assert_eq!(
            found.unwrap_err().code,
            metier_core::Code::InvalidArguments,
            "{cursor}"
        );
    }
    let beyond = search(&root, &Filter::default(), Some("1.99999999999.9999999"), 5);
    assert_eq!(beyond.unwrap().records.len(), 3);
}
