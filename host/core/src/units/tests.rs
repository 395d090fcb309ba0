//! Both units, read and shown.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use proptest::prelude::*;

use super::*;

#[test]
fn sizes_are_read_as_written() {
    for (text, bytes) in [
        ("64MiB", 64 << 20),
        ("1GB", 1_000_000_000),
        ("1 gib", 1 << 30),
        ("4096", 4096),
        ("0", 0),
        ("7B", 7),
        ("2KB", 2000),
    ] {
        assert_eq!(text.parse::<ByteSize>().unwrap().bytes(), bytes, "{text}");
    }
    for text in [
        "",
        "MiB",
        "-1",
        "1.5MiB",
        "1 MiB ",
        "1XB",
        "99999999999TiB",
        "+5",
    ] {
        assert!(text.parse::<ByteSize>().is_err(), "{text}");
    }
    assert_eq!(
        serde_json::from_str::<ByteSize>("17").unwrap(),
        ByteSize(17)
    );
    assert_eq!(ByteSize::mib(64).to_string(), "64MiB");
    assert_eq!(ByteSize(1_500).to_string(), "1500B");
}

#[test]
fn spans_are_read_as_written() {
    for (text, millis) in [
        ("5s", 5_000),
        ("250ms", 250),
        ("2m", 120_000),
        ("1 h", 3_600_000),
    ] {
        assert_eq!(
            text.parse::<Span>().unwrap().duration(),
            Duration::from_millis(millis),
            "{text}"
        );
    }
    for text in ["", "5", "s", "-5s", "1.5s", "5 sec", "99999999999999h"] {
        assert!(text.parse::<Span>().is_err(), "{text}");
    }
    assert_eq!(Span::seconds(90).to_string(), "90s");
    assert_eq!(Span::default().to_string(), "0s");
}

proptest! {
    #[test]
    fn what_is_shown_reads_back(bytes: u64, nanos: u64) {
        let size = ByteSize(bytes);
        prop_assert_eq!(size.to_string().parse::<ByteSize>().unwrap(), size);
        let span = Span(Duration::from_nanos(nanos));
        prop_assert_eq!(span.to_string().parse::<Span>().unwrap(), span);
    }
}

#[test]
fn days_are_read_and_written_as_hours() {
    let span: Span = "90d".parse().unwrap();
    assert_eq!(span.to_string(), "2160h");
    assert!("400000000d".parse::<Span>().is_err());
}
