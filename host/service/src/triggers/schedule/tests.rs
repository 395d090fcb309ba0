#![expect(clippy::unwrap_used, reason = "tests")]
use jiff::Timestamp;
use metier_core::Code;
use proptest::prelude::*;

use super::{Schedule, written};

fn at(text: &str) -> u64 {
    let moment: Timestamp = text.parse().unwrap();
    moment.as_millisecond().try_into().unwrap()
}

fn schedule(expression: &str, zone: &str) -> Schedule {
    Schedule::read(expression, zone, at("2026-01-01T00:00:00Z")).unwrap()
}

fn upcoming(expression: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let schedule = schedule(expression, zone);
    schedule
        .upcoming(at(after), count)
        .into_iter()
        .map(written)
        .collect()
}

#[test]
fn fields_are_read_as_cron_reads_them() {
    let after = "2026-11-29T10:45:30Z"; // A Sunday.
    let first = |expression| upcoming(expression, "UTC", after, 1).remove(0);
    for (expression, expected) in [
        ("* * * * *", "2026-11-29T10:46:00Z"),
        ("*/15 * * * *", "2026-11-29T11:00:00Z"),
        ("0 9-17/4 * * *", "2026-11-29T13:00:00Z"),
        ("30 6 * * MON-FRI", "2026-11-30T06:30:00Z"),
        ("0 0 * * 7", "2026-12-06T00:00:00Z"),
        ("0 0 1 jan,jul *", "2027-01-01T00:00:00Z"),
        ("0 0 29 2 *", "2028-02-29T00:00:00Z"),
        // Either, where both are restricted.
        ("0 0 13 * FRI", "2026-12-04T00:00:00Z"),
        ("0 0 L * *", "2026-11-30T00:00:00Z"),
        ("0 0 * * MON#2", "2026-12-14T00:00:00Z"),
        ("@hourly", "2026-11-29T11:00:00Z"),
        ("@daily", "2026-11-30T00:00:00Z"),
        ("@midnight", "2026-11-30T00:00:00Z"),
        ("@weekly", "2026-12-06T00:00:00Z"),
        ("@monthly", "2026-12-01T00:00:00Z"),
        ("@yearly", "2027-01-01T00:00:00Z"),
    ] {
        assert_eq!(first(expression), expected, "{expression}");
    }
}

#[test]
fn what_is_no_schedule_or_never_comes_is_refused() {
    let long = "1,".repeat(100) + " * * * *";
    for (expression, zone) in [
        ("", "UTC"),
        ("* * * *", "UTC"),
        ("* * * * * *", "UTC"),
        ("* * * * * * 2027", "UTC"),
        ("60 * * * *", "UTC"),
        ("* 24 * * *", "UTC"),
        ("* * 0 * *", "UTC"),
        ("*/0 * * * *", "UTC"),
        ("@reboot", "UTC"),
        ("@every 5m", "UTC"),
        ("5-1 * * * *", "UTC"),
        ("* * * * \u{661}", "UTC"),
        ("0 0 30 2 *", "UTC"),
        ("0 0 31 4,6,9,11 *", "UTC"),
        (&long, "UTC"),
        ("* * * * *", ""),
        ("* * * * *", "Europe/Atlantis"),
        ("* * * * *", "../../etc/passwd"),
        ("* * * * *", "Etc/Unknown"),
        ("* * * * *", "+02:00"),
    ] {
        let read = Schedule::read(expression, zone, at("2026-01-01T00:00:00Z"));
        let fault = read.err();
        let code = fault.as_ref().map(|fault| fault.code);
        assert_eq!(code, Some(Code::InvalidArguments), "{expression} {zone}");
    }
}

/// Berlin: 29 March 2026, 02:00 is 03:00; 25 October 2026, 03:00 is 02:00 again.
#[test]
fn a_fixed_time_comes_once_where_clocks_are_changed() {
    let daily = upcoming("30 2 * * *", "Europe/Berlin", "2026-03-27T12:00:00Z", 3);
    let expected = [
        "2026-03-28T01:30:00Z",
        "2026-03-29T01:00:00Z",
        "2026-03-30T00:30:00Z",
    ];
    assert_eq!(daily, expected);
    let daily = upcoming("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2);
    assert_eq!(daily, ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
}

#[test]
fn what_comes_every_hour_goes_on_where_clocks_are_changed() {
    let hourly = upcoming("0 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", 4);
    let expected = [
        "2026-10-25T00:00:00Z",
        "2026-10-25T01:00:00Z",
        "2026-10-25T02:00:00Z",
        "2026-10-25T03:00:00Z",
    ];
    assert_eq!(hourly, expected);
    let hourly = upcoming("0 * * * *", "Europe/Berlin", "2026-03-28T23:30:00Z", 3);
    let expected = [
        "2026-03-29T00:00:00Z",
        "2026-03-29T01:00:00Z",
        "2026-03-29T02:00:00Z",
    ];
    assert_eq!(hourly, expected);
}

#[test]
fn a_moment_is_due_from_its_second_on() {
    let schedule = schedule("0 12 * * *", "UTC");
    let noon = at("2026-05-05T12:00:00Z");
    assert_eq!(schedule.last(noon), Some(noon));
    assert_eq!(schedule.last(noon + 999), Some(noon));
    assert_eq!(schedule.last(noon - 1), Some(noon - 24 * 60 * 60 * 1000));
    assert_eq!(schedule.next(noon), Some(noon + 24 * 60 * 60 * 1000));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Looking back finds the same moments as looking forward, also where clocks are changed: what is missed is what would have come.
    #[test]
    fn backwards_and_forwards_agree(
        minute in prop::sample::select(vec!["*", "*/7", "0", "30", "5,45"]),
        hour in prop::sample::select(vec!["*", "*/3", "2", "1-3", "0"]),
        zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
        start in prop::sample::select(vec!["2026-03-06T00:00:00Z", "2026-03-27T00:00:00Z", "2026-04-03T00:00:00Z", "2026-10-02T00:00:00Z", "2026-10-23T00:00:00Z", "2026-10-30T00:00:00Z"]),
    ) {
        let schedule = schedule(&format!("{minute} {hour} * * *"), zone);
        let (start, end) = (at(start), at(start) + 3 * 24 * 60 * 60 * 1000);
        let forward: Vec<u64> = schedule.upcoming(start, 4_500).into_iter().take_while(|moment| *moment <= end).collect();
        let back = std::iter::successors(schedule.last(end), |moment| schedule.last(moment - 1));
        let mut back: Vec<u64> = back.take_while(|moment| *moment > start).collect();
        back.reverse();
        prop_assert_eq!(forward, back);
    }
}
