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
            Source::new(text).position(offset),
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

/// The largest text that `unit` repeated between `head` and `tail` makes.
fn largest(head: &str, unit: impl Fn(usize) -> String, tail: &str) -> String {
    let mut text = head.to_owned();
    for count in 0.. {
        let unit = unit(count);
        if text.len() + unit.len() + tail.len() > MAX_TEXT_BYTES {
            break;
        }
        text.push_str(&unit);
    }
    text + tail
}

/// Texts come from strangers. Each of these takes a moment; when places were counted from the start of the text, most
/// took longer than anybody waits.
#[test]
fn the_largest_texts_are_read_in_one_walk() {
    let skill = "[skill]\nname = \"com.acme/x\"\nversion = \"0.1.0\"\n";
    let grant = "skill = \"com.acme/x\"\n";
    let rule = "[[capabilities.http]]\nhost = \"a.b\"\npaths = [\"/\"]\n";
    let methods = format!("{skill}{rule}methods = [");
    for (head, unit, tail) in [
        (skill, &|_| format!("{rule}methods = [\"GET\"]\n"), ""),
        (skill, &|n| format!("[tools.k{n}]\neffect = \"read\"\n"), ""),
        (&methods, &|_| "\"GET\",\n".to_owned(), "]\n"),
        (&methods, &|_| "\"GET\",".to_owned(), "]\n"),
    ] as [(&str, &dyn Fn(usize) -> String, &str); 4]
    {
        assert_eq!(Manifest::parse(&largest(head, unit, tail)).err(), None);
    }
    let wrong = largest(&methods, |_| "1,".to_owned(), "]\n");
    assert!(Manifest::parse(&wrong).is_err());
    let config = format!("{grant}tools = []\n[config]\n");
    let config = largest(&config, |n| format!("k{n} = ''\n"), "");
    assert_eq!(Grant::parse(&config).err(), None);
    let tools = largest(&format!("{grant}tools = ["), |_| "'a',".to_owned(), "]");
    assert_eq!(Grant::parse(&tools).err(), None);
}
