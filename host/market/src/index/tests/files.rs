//! Files: what is written is what is read; what was cut, joined, damaged or mixed is not read at all.

use metier_core::{
    NanoDollars, Price,
    manifest::price::{BillOn, Tariff},
};
use proptest::prelude::*;

use super::super::*;
use super::{index, index_of, line, weather};

fn read(text: &str) -> Result<IndexFile, IndexError> {
    IndexFile::read(&weather(), text.as_bytes())
}

/// A file with any lines, and an end that fits them.
fn with_end(lines: &[String], log_size: u64) -> String {
    let before: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let end = serde_json::json!({
        "v": 1,
        "end": {"name": "com.acme/weather", "count": lines.len(), "sha256": metier_core::Digest::of(before.as_bytes()), "log-size": log_size},
    });
    format!("{before}{end}\n")
}

#[test]
fn a_line_has_these_members() {
    let mut full = line("1.2.0", 7);
    full.security_fix = true;
    full.yanked = Some("loses data".to_owned());
    full.price = Price::Paid(Tariff {
        nano_dollars: NanoDollars(2_000_000),
        bill_on: BillOn::Call,
        trial: None,
        monthly_cap: None,
    });
    let text = full.write();
    for part in [
        r#""v":1"#,
        r#""vers":"1.2.0""#,
        r#""price":{"bill-on":"call","nano-dollars":2000000}"#,
        r#""security-fix":true"#,
        r#""yanked":"loses data""#,
        r#""leaf":7"#,
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(Line::read(&text).unwrap(), Some(full));
    let plain = line("1.2.0", 7).write();
    assert!(
        !plain.contains("price") && !plain.contains("yanked") && !plain.contains("security-fix")
    );
}

#[test]
fn what_is_written_is_what_is_read_and_always_the_same_bytes() {
    let file = index(&["1.0.0", "0.9.0", "1.10.0", "1.9.0"]);
    let text = file.write();
    assert_eq!(read(&text).unwrap(), file);
    assert_eq!(read(&text).unwrap().write(), text);
    let mut reversed: Vec<Line> = file.lines().to_vec();
    reversed.reverse();
    assert_eq!(index_of(reversed).write(), text);
    let versions: Vec<String> = file
        .lines()
        .iter()
        .map(|line| line.vers.to_string())
        .collect();
    assert_eq!(versions, ["0.9.0", "1.0.0", "1.9.0", "1.10.0"]);
    assert_eq!(file.log_size(), 14);
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let text = index(&["1.0.0", "1.1.0", "1.2.0"]).write();
    for cut in 0..text.len() {
        let short = &text[..cut];
        assert!(read(short).is_err(), "cut at {cut}: {short}");
    }
}

#[test]
fn lines_lost_repeated_or_swapped_are_refused() {
    let text = index(&["1.0.0", "1.1.0", "1.2.0"]).write();
    let lines: Vec<&str> = text.lines().collect();
    let file = |lines: &[&str]| {
        lines
            .iter()
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    let [a, b, c, end] = lines.as_slice() else {
        unreachable!()
    };
    for wrong in [
        vec![*a, *c, *end],
        vec![*a, *b, *b, *end],
        vec![*b, *a, *c, *end],
        vec![*end],
    ] {
        assert!(
            matches!(read(&file(&wrong)), Err(IndexError::Damaged { .. })),
            "{wrong:?}"
        );
    }
    let behind = file(&[a, b, c, end, a]);
    assert_eq!(
        read(&behind),
        Err(IndexError::Truncated),
        "nothing comes behind the end"
    );
    let other = with_end(&[a.replace("1000", "1001"), (*b).to_owned()], 99);
    let (spliced, _) = other.split_at(other.rfind("{\"v\":1,\"end\"").unwrap());
    assert!(matches!(
        read(&format!("{spliced}{end}\n")),
        Err(IndexError::Damaged { .. })
    ));
}

#[test]
fn a_line_of_another_skill_is_refused() {
    let mut other = line("9.0.0", 3);
    other.name = "com.evil/weather".parse().unwrap();
    let text = with_end(&[line("1.0.0", 2).write(), other.write()], 10);
    assert!(matches!(read(&text), Err(IndexError::OtherSkill { .. })));
    let whole = index(&["1.0.0"]).write();
    let asked = IndexFile::read(&"com.acme/climate".parse().unwrap(), whole.as_bytes());
    assert!(
        matches!(asked, Err(IndexError::OtherSkill { .. })),
        "a whole file in the place of another"
    );
}

#[test]
fn two_lines_with_one_place_in_the_order_are_refused() {
    for (first, second) in [
        ("1.0.0", "1.0.0"),
        ("1.0.0", "1.0.0+later"),
        ("1.0.0+1", "1.0.0+2"),
        ("1.0.0-rc.1+a", "1.0.0-rc.1+b"),
    ] {
        let text = with_end(&[line(first, 2).write(), line(second, 3).write()], 10);
        assert!(
            matches!(read(&text), Err(IndexError::SameVersion { .. })),
            "{first} and {second}"
        );
    }
}

#[test]
fn versions_that_are_none_are_refused_and_not_skipped() {
    for version in [
        "01.0.0",
        "1.0",
        "v1.0.0",
        "1.0.0-01",
        "1.0.0 ",
        "1.0.0.0",
        "99999999999999999999.0.0",
        "1.٢.0",
    ] {
        let text = with_end(&[line("1.0.0", 2).write().replace("1.0.0", version)], 10);
        assert!(
            matches!(read(&text), Err(IndexError::Line { line: 1, .. })),
            "{version}"
        );
    }
}

#[test]
fn what_a_later_market_says_more_is_let_be() {
    let more = line("1.0.0", 2).write().replacen('{', "{\"stars\":[5],", 1);
    let newer = r#"{"v":2,"name":"com.acme/weather","what":"ever"}"#.to_owned();
    let file = read(&with_end(&[more, newer], 10)).unwrap();
    assert_eq!((file.lines().len(), file.skipped()), (1, 1));
    let end = with_end(&[], 0).replace("\"v\":1", "\"v\":2");
    assert_eq!(read(&end), Err(IndexError::Newer(2)));
    let twice = line("1.0.0", 2).write().replacen('{', "{\"size\":1,", 1);
    assert!(
        read(&with_end(&[twice], 10)).is_err(),
        "a member that is there twice"
    );
}

#[test]
fn leaves_are_in_the_log_and_each_ones_own() {
    let beyond = with_end(&[line("1.0.0", 10).write()], 10);
    assert!(matches!(read(&beyond), Err(IndexError::Leaf { .. })));
    let shared = with_end(&[line("1.0.0", 2).write(), line("1.1.0", 2).write()], 10);
    assert!(matches!(read(&shared), Err(IndexError::Leaf { .. })));
}

#[test]
fn sizes_are_bounded() {
    let padded = |length: usize| {
        line("1.0.0", 2)
            .write()
            .replacen('{', &format!("{{\"x\":\"{}\",", "y".repeat(length)), 1)
    };
    assert!(read(&with_end(&[padded(100)], 10)).is_ok());
    assert!(matches!(
        read(&with_end(&[padded(MAX_LINE_BYTES)], 10)),
        Err(IndexError::LongLine(1))
    ));
    let many: Vec<String> = (0..=MAX_LINES).map(|_| r#"{"v":2}"#.to_owned()).collect();
    assert_eq!(read(&with_end(&many, 10)), Err(IndexError::TooMany));
    assert!(read(&with_end(&many[1..], 10)).is_ok());
    let large = format!("{}\n", " ".repeat(MAX_FILE_BYTES));
    assert_eq!(read(&large), Err(IndexError::TooLarge));
    assert_eq!(
        IndexFile::read(&weather(), b"\xff\n"),
        Err(IndexError::NotText)
    );
    let deep = format!(
        "{{\"v\":1,\"x\":{}{}}}",
        "[".repeat(2_000),
        "]".repeat(2_000)
    );
    assert!(matches!(
        read(&with_end(&[deep], 10)),
        Err(IndexError::Line { .. })
    ));
}

#[test]
fn the_reason_of_a_yank_hides_nothing() {
    for why in ["", "a\nb", "a\u{202e}b", &"x".repeat(301)] {
        let mut yanked = line("1.0.0", 2);
        yanked.yanked = Some(why.to_owned());
        assert!(
            matches!(
                read(&with_end(&[yanked.write()], 10)),
                Err(IndexError::Line { .. })
            ),
            "{why:?}"
        );
        assert!(IndexFile::new(weather(), vec![yanked], 10).is_err());
    }
}

/// What proxies and captive portals answer instead.
#[test]
fn what_is_no_index_is_refused() {
    for answer in [
        "",
        "\n",
        "<!doctype html>\n<html></html>\n",
        "null\n",
        "{}\n",
        "[]\n",
        "{\"v\":1}\n",
        "{\"v\":1,\"end\":null}\n",
    ] {
        assert!(read(answer).is_err(), "{answer:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_mean_exactly_themselves(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(IndexFile::read(&weather(), &bytes).is_err());
    }

    /// No single byte of a file can be changed unnoticed.
    #[test]
    fn a_changed_byte_is_noticed(at in 0_usize..2_000, to in any::<u8>()) {
        let file = index(&["1.0.0", "1.1.0"]);
        let mut bytes = file.write().into_bytes();
        let at = at % bytes.len();
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        match IndexFile::read(&weather(), &bytes) {
            Err(_) => {}
            // Of the end only the log size is not counted or hashed.
            Ok(read) => prop_assert_eq!(read.lines(), file.lines()),
        }
    }
}
