#![expect(clippy::unwrap_used, reason = "tests")]

use super::{Cell, integer, number, number_words};

#[test]
fn whole_numbers_are_numbers_only_where_nothing_is_lost() {
    for (text, read) in [
        ("0", Some(0)),
        ("-42", Some(-42)),
        ("9223372036854775807", Some(i64::MAX)),
        ("-9223372036854775808", Some(i64::MIN)),
        ("9223372036854775808", None),
        ("00123", None),
        ("-0", None),
        ("+5", None),
        ("1,234", None),
        ("", None),
        ("-", None),
        ("12a", None),
    ] {
        assert_eq!(integer(text), read, "{text}");
    }
}

#[test]
fn fractions_are_read_and_look_alikes_are_not() {
    for (text, read) in [
        ("1.50", Some(1.5)),
        ("-0.25", Some(-0.25)),
        (".5", Some(0.5)),
        ("1e3", Some(1000.0)),
        ("6.02E+23", Some(6.02e23)),
        ("1e999", None),
        ("01.5", None),
        ("1.2.3", None),
        ("1e", None),
        ("e5", None),
        ("1e+-5", None),
        (".", None),
        ("nan", None),
        ("inf", None),
        ("3.14159265358979323846264", None),
    ] {
        assert_eq!(number(text), read, "{text}");
    }
}

#[test]
fn numbers_are_written_in_the_fewest_digits_that_give_them_back() {
    for (value, words) in [
        (0.1 + 0.2, "0.30000000000000004"),
        (1500.0, "1500"),
        (-0.0, "0"),
        (1e300, "1e300"),
        (2.5e-9, "2.5e-9"),
    ] {
        assert_eq!(number_words(value), words);
    }
    assert_eq!(Cell::Boolean(true).words().unwrap(), "true");
    assert_eq!(Cell::Empty.words(), None);
}
