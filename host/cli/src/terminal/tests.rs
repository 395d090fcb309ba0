//! The rules about colour and width, as a table.

use std::{collections::BTreeMap, ffi::OsString};

use super::*;

fn environment(values: &[(&'static str, &str)]) -> Environment {
    let values = values
        .iter()
        .map(|(name, value)| (*name, OsString::from(value)));
    Environment::Fixed(values.collect::<BTreeMap<_, _>>())
}

#[test]
fn colour_follows_the_flag_then_the_environment_then_the_terminal() {
    use ColorChoice::{Always, Auto, Never};
    let xterm = ("TERM", "xterm-256color");
    for (choice, terminal, values, colour) in [
        (Auto, true, vec![xterm], true),
        (Auto, false, vec![xterm], false),
        (Auto, true, vec![("TERM", "dumb")], false),
        (Auto, true, vec![], false),
        (Auto, true, vec![xterm, ("NO_COLOR", "1")], false),
        (Auto, true, vec![xterm, ("NO_COLOR", "")], true),
        (Auto, false, vec![("CLICOLOR_FORCE", "1")], true),
        (Auto, false, vec![("CLICOLOR_FORCE", "0")], false),
        (
            Auto,
            true,
            vec![xterm, ("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")],
            false,
        ),
        (Always, false, vec![("NO_COLOR", "1")], true),
        (Never, true, vec![xterm, ("CLICOLOR_FORCE", "1")], false),
    ] {
        let stream = stream(terminal, 80, choice, &environment(&values));
        assert_eq!(stream.colour, colour, "{choice:?} {terminal} {values:?}");
    }
}

#[test]
fn width_is_the_terminals_unless_told_and_unknown_elsewhere() {
    let width = |terminal, columns, values: &[(&'static str, &str)]| {
        stream(terminal, columns, ColorChoice::Auto, &environment(values)).width
    };
    assert_eq!(width(true, 80, &[]), Some(80));
    assert_eq!(width(true, 0, &[]), None);
    assert_eq!(width(false, 0, &[]), None);
    assert_eq!(width(true, 80, &[("COLUMNS", "40")]), Some(40));
    assert_eq!(width(true, 80, &[("COLUMNS", "wide")]), Some(80));
}

#[test]
fn paint_without_colour_is_the_text() {
    assert_eq!(Paint::new(false).bad("x"), "x");
    assert_eq!(Paint::new(true).heading("x"), "\u{1b}[1mx\u{1b}[0m");
}
