//! Places, and that nothing is overlooked.
#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;
use crate::{grant::Grant, manifest::Manifest};

#[test]
fn positions_count_lines_and_characters_from_one() {
    let text = "a\nüé = 1\n";
    for (offset, line, column) in [
        (0, 1, 1),
        (1, 1, 2),
        (2, 2, 1),
        (4, 2, 2),
        (6, 2, 3),
        (99, 3, 1),
    ] {
        assert_eq!(
            Position::of(text, offset),
            Position { line, column },
            "{offset}"
        );
    }
}

#[test]
fn a_section_is_finished_only_when_every_key_was_taken() {
    let read = |text: &str| {
        parse(text, |root| {
            root.take("a")
                .map(|item| item.number::<u8>("a small number"))
                .transpose()
        })
    };
    assert_eq!(read("a = 7").unwrap(), Some(7));
    assert_eq!(read("").unwrap(), None);
    assert!(
        read("a = 7\nb = 1")
            .unwrap_err()
            .message()
            .contains("unknown key `b`")
    );
    assert!(
        read("a = 256")
            .unwrap_err()
            .message()
            .contains("`a` is 256, not a small number")
    );
    assert_eq!(read("a = 0x10").unwrap(), Some(16));
}

#[test]
fn a_missing_key_that_is_only_misspelt_is_told_where_it_stands() {
    let error = parse("\ntols = 1", |root| {
        root.require("tools", "tools = []").map(|_| ())
    })
    .unwrap_err();
    assert_eq!(
        (error.line(), error.hint()),
        (2, Some("did you mean `tools`?"))
    );
}

#[test]
fn deep_nesting_is_refused_and_does_not_overflow() {
    let deep = format!("a = {}{}", "[".repeat(50_000), "]".repeat(50_000));
    assert!(Manifest::parse(&deep).is_err());
    let tables = format!("[{}]", "a.".repeat(30_000) + "a");
    assert!(Grant::parse(&tables).is_err());
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_with_a_place_inside_it(text in "\\PC{0,200}|([a-z\\[\\]=\"'{},. \n#0-9-]){0,200}") {
        for error in [Manifest::parse(&text).err(), Grant::parse(&text).err()].into_iter().flatten() {
            prop_assert!(error.line() >= 1 && error.line() <= text.matches('\n').count() + 1);
            prop_assert!(error.column() >= 1);
        }
    }
}
