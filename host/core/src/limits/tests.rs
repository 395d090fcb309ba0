//! Who can raise a limit, and who cannot.
#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;

/// Effective memory in MiB for an ask and a grant.
fn memory(ask: Option<u64>, grant: Option<u64>) -> u64 {
    let of = |mib: Option<u64>| LimitsAsk {
        memory: mib.map(ByteSize::mib),
        ..LimitsAsk::default()
    };
    Limits::effective(&Limits::HOST_CEILING, &of(ask), &of(grant)).memory_bytes >> 20
}

#[test]
fn a_skill_lowers_and_only_an_operator_raises() {
    for (ask, grant, effective, why) in [
        (None, None, 64, "the default"),
        (Some(16), None, 16, "a skill may ask for less"),
        (Some(512), None, 64, "and not for more by itself"),
        (
            Some(512),
            Some(256),
            256,
            "an operator raises up to the grant",
        ),
        (
            Some(128),
            Some(256),
            128,
            "and the skill gets what it asked for",
        ),
        (None, Some(256), 256, "also when it did not ask"),
        (None, Some(8), 8, "an operator lowers"),
        (Some(16), Some(8), 8, "below what the skill asks"),
        (
            Some(1 << 20),
            Some(1 << 20),
            1024,
            "the host's ceiling is above both",
        ),
    ] {
        assert_eq!(memory(ask, grant), effective, "{why}");
    }
}

#[test]
fn every_limit_follows_the_rule_and_the_default_is_below_the_ceiling() {
    let host = Limits::HOST_CEILING;
    let nothing = LimitsAsk::default();
    assert_eq!(
        Limits::effective(&host, &nothing, &nothing),
        Limits::default()
    );
    let text = |number: &str, span: &str| {
        format!(
            r#"{{"memory":"{number}","table-elements":{number},"cpu":"{span}","wall":"{span}","log-bytes":"{number}",
            "artifact-bytes":"{number}","requests":{number},"request-bytes":"{number}","response-bytes":"{number}",
            "result-bytes":"{number}"}}"#
        )
    };
    let read = |number, span| serde_json::from_str::<LimitsAsk>(&text(number, span)).unwrap();
    let fixed = |limits: Limits| Limits {
        arguments_bytes: 0,
        ..limits
    };
    let least = Limits {
        memory_bytes: 1,
        table_elements: 1,
        cpu: Duration::from_millis(1),
        wall: Duration::from_millis(1),
        log_bytes: 1,
        artifact_bytes: 1,
        requests: 1,
        request_bytes: 1,
        response_bytes: 1,
        result_bytes: 1,
        arguments_bytes: 0,
    };
    assert_eq!(
        fixed(Limits::effective(&host, &read("1", "1ms"), &nothing)),
        least,
        "each key lowers its limit"
    );
    assert_eq!(
        fixed(Limits::effective(&host, &nothing, &read("1", "1ms"))),
        least
    );
    let much = read("4294967295", "999h");
    assert_eq!(
        Limits::effective(&host, &much, &nothing),
        Limits::default(),
        "no key raises alone"
    );
    let raised = Limits::effective(&host, &nothing, &much);
    assert_eq!(
        (raised.requests, raised.cpu, raised.wall),
        (host.requests, host.cpu, host.wall)
    );
}

proptest! {
    #[test]
    fn asking_never_raises(ask: Option<u32>, grant: Option<u32>) {
        let (ask, grant) = (ask.map(u64::from), grant.map(u64::from));
        prop_assert!(memory(ask, grant) <= memory(None, grant));
        prop_assert!(memory(ask, grant) <= 1024);
    }
}
