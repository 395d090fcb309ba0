//! What prices mean, and which are refused.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use super::*;
use crate::manifest::Manifest;

fn parse(pricing: &str) -> Result<Price, String> {
    let text =
        format!("[skill]\nname = \"com.acme/x\"\nversion = \"0.1.0\"\n[pricing]\n{pricing}\n");
    let manifest = Manifest::parse(&text).map_err(|error| {
        format!(
            "{}:{}: {} ({})",
            error.line(),
            error.column(),
            error.message(),
            error.hint().unwrap_or("-")
        )
    })?;
    Ok(manifest.pricing.value)
}

#[test]
fn each_kind_of_price_in_words() {
    for (pricing, words) in [
        ("free = true", "free"),
        (
            "per-call = \"0.002 USD\"",
            "$0.002 for each call that answers",
        ),
        (
            "per-call = \"1 USD\"\ntrial = { calls = 1 }\nmonthly-cap = \"1 USD\"",
            "$1.00 for each call that answers; the first call is free; never more than $1.00 a month",
        ),
        (
            "per-unit = \"0.01 USD\"\nbill-on = \"cpu\"\ntrial = { days = 14 }",
            "$0.01 for each second it computes; the first 14 days are free",
        ),
        (
            "per-unit = \"0.01 USD\"\nbill-on = \"write\"",
            "$0.01 for each call that answers, of tools that write",
        ),
    ] {
        assert_eq!(parse(pricing).unwrap().words(), words);
    }
    let without = Manifest::parse("[skill]\nname = \"com.acme/x\"\nversion = \"0.1.0\"\n").unwrap();
    assert!(without.pricing.is_free());
}

#[test]
fn nonsense_is_refused_by_line_and_in_words() {
    for (pricing, complaint) in [
        (
            "",
            "4:2: [pricing] lacks `per-call` (write `per-call = \"0.002 USD\"`)",
        ),
        (
            "free = false",
            "5:8: `free = false` says no price; write `per-call` or `per-unit` (-)",
        ),
        (
            "free = true\ntrial = { calls = 1 }",
            "6:9: what is free has no unit, trial or cap (-)",
        ),
        (
            "free = true\nper-call = \"1 USD\"",
            "6:12: `free`, `per-call` and `per-unit` exclude each other (-)",
        ),
        (
            "per-call = \"1 USD\"\nper-unit = \"1 USD\"",
            "6:12: `free`, `per-call` and `per-unit` exclude each other (-)",
        ),
        (
            "per-call = \"0 USD\"",
            "5:12: a price of nothing is written `free = true` (-)",
        ),
        (
            "per-call = 0.002",
            "5:12: `pricing.per-call` is a number, not a string (-)",
        ),
        (
            "per-call = \"0.002 EUR\"",
            "5:12: `0.002 EUR` is no amount of money; write dollars with at most 9 decimals, such as \"0.50 USD\" (-)",
        ),
        (
            "per-call = \"1000.01 USD\"",
            "5:12: $1000.01 for one unit is more than the highest price, $1000.00 (-)",
        ),
        (
            "per-call = \"1 USD\"\nbill-on = \"cpu\"",
            "6:11: `bill-on` says what a unit is: it goes with `per-unit` (-)",
        ),
        (
            "per-unit = \"1 USD\"",
            "4:2: [pricing] lacks `bill-on` (write `bill-on = \"requests\"`)",
        ),
        (
            "per-unit = \"1 USD\"\nbill-on = \"read\"",
            "6:11: every call counts as this: write `per-call` instead of `per-unit` (-)",
        ),
        (
            "per-unit = \"1 USD\"\nbill-on = \"request\"",
            "6:11: `pricing.bill-on` is `request`, not one of requests, request-bytes, response-bytes, artifact-bytes, cpu, idempotent, write, destructive (did you mean `requests`?)",
        ),
        (
            "per-call = \"1 USD\"\nmonthly-cap = \"0.5 USD\"",
            "6:15: the monthly cap of $0.50 is less than one unit, which costs $1.00 (-)",
        ),
        (
            "per-call = \"1 USD\"\nmonthly-cap = \"1000001 USD\"",
            "6:15: a monthly cap of $1000001.00 is more than the highest, $1000000.00 (-)",
        ),
        (
            "per-call = \"1 USD\"\ntrial = {}",
            "6:1: [pricing.trial] lacks `calls` (write `trial = { calls = 100 }`)",
        ),
        (
            "per-call = \"1 USD\"\ntrial = { calls = 0 }",
            "6:19: a trial has 1 to 1000000 calls or 1 to 366 days (-)",
        ),
        (
            "per-call = \"1 USD\"\ntrial = { days = 367 }",
            "6:18: a trial has 1 to 1000000 calls or 1 to 366 days (-)",
        ),
        (
            "per-call = \"1 USD\"\ntrial = { calls = 1, days = 1 }",
            "6:29: a trial has calls or days, not both (-)",
        ),
        (
            "per-cal = \"1 USD\"",
            "5:1: unknown key `per-cal` in [pricing] (did you mean `per-call`?)",
        ),
    ] {
        assert_eq!(parse(pricing).unwrap_err(), complaint, "{pricing}");
    }
}

#[test]
fn a_call_costs_its_units_rounded_up() {
    let usage = Usage {
        requests: 3,
        request_bytes: 1 << 19,
        response_bytes: 1,
        artifact_bytes: 3 << 20,
        cpu: Duration::from_millis(1_500),
        ..Usage::default()
    };
    let cost = |bill_on, effect| {
        let tariff = Tariff {
            nano_dollars: NanoDollars(1_001),
            bill_on,
            trial: None,
            monthly_cap: None,
        };
        Price::Paid(tariff).of_call(effect, &usage).0
    };
    assert_eq!(cost(BillOn::Call, Effect::Read), 1_001);
    assert_eq!(cost(BillOn::Effect(Effect::Write), Effect::Idempotent), 0);
    assert_eq!(
        cost(BillOn::Effect(Effect::Write), Effect::Destructive),
        1_001
    );
    assert_eq!(cost(BillOn::Requests, Effect::Read), 3_003);
    assert_eq!(
        cost(BillOn::RequestBytes, Effect::Read),
        501,
        "half a MiB, rounded up"
    );
    assert_eq!(cost(BillOn::ResponseBytes, Effect::Read), 1);
    assert_eq!(cost(BillOn::ArtifactBytes, Effect::Read), 3_003);
    assert_eq!(cost(BillOn::Cpu, Effect::Read), 1_502);
    assert_eq!(
        Price::Free.of_call(Effect::Destructive, &usage),
        NanoDollars(0)
    );
    let endless = Usage {
        response_bytes: u64::MAX,
        ..Usage::default()
    };
    let dear = Tariff {
        nano_dollars: MAX_UNIT_PRICE,
        bill_on: BillOn::ResponseBytes,
        trial: None,
        monthly_cap: None,
    };
    assert_eq!(
        Price::Paid(dear).of_call(Effect::Read, &endless).0,
        u64::MAX,
        "saturates"
    );
}

#[test]
fn json_has_every_part_and_obeys_the_same_rules() {
    let full = parse("per-unit = \"0.01 USD\"\nbill-on = \"write\"\ntrial = { days = 14 }\nmonthly-cap = \"5 USD\"").unwrap();
    let json = serde_json::to_string(&full).unwrap();
    assert_eq!(
        json,
        r#"{"nano-dollars":10000000,"bill-on":"write","trial":{"days":14},"monthly-cap":5000000000}"#
    );
    assert_eq!(serde_json::from_str::<Price>(&json).unwrap(), full);
    assert_eq!(serde_json::to_string(&Price::Free).unwrap(), "null");
    assert_eq!(serde_json::from_str::<Price>("null").unwrap(), Price::Free);
    for wrong in [
        json.replace("10000000", "0"),
        json.replace("10000000", "-1"),
        json.replace("14", "0"),
        json.replace("5000000000", "1"),
        json.replace("write", "read"),
    ] {
        assert!(serde_json::from_str::<Price>(&wrong).is_err(), "{wrong}");
    }
}
