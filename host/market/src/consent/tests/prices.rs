//! Prices: whatever may cost more asks.

use super::super::{Class, Part};
use super::{class, update};

const PRICE: &str = "per-call = \"0.002 USD\"\ntrial = { calls = 100 }\nmonthly-cap = \"20 USD\"\n";

#[test]
fn whatever_may_cost_more_asks() {
    for (what, to) in [
        (
            "raised",
            "per-call = \"0.002000001 USD\"\ntrial = { calls = 100 }\nmonthly-cap = \"20 USD\"\n",
        ),
        (
            "another unit, cheaper by its number",
            "per-unit = \"0.0001 USD\"\nbill-on = \"requests\"\ntrial = { calls = 100 }\nmonthly-cap = \"20 USD\"\n",
        ),
        (
            "trial gone",
            "per-call = \"0.002 USD\"\nmonthly-cap = \"20 USD\"\n",
        ),
        (
            "trial shorter",
            "per-call = \"0.002 USD\"\ntrial = { calls = 99 }\nmonthly-cap = \"20 USD\"\n",
        ),
        (
            "trial of another kind",
            "per-call = \"0.002 USD\"\ntrial = { days = 100 }\nmonthly-cap = \"20 USD\"\n",
        ),
        (
            "cap gone",
            "per-call = \"0.002 USD\"\ntrial = { calls = 100 }\n",
        ),
        (
            "cap raised",
            "per-call = \"0.002 USD\"\ntrial = { calls = 100 }\nmonthly-cap = \"21 USD\"\n",
        ),
        (
            "cheaper, and the cap gone",
            "per-call = \"0.001 USD\"\ntrial = { calls = 100 }\n",
        ),
    ] {
        assert_eq!(class(PRICE, to), Class::ReconsentPrice, "{what}");
    }
    let paid_now = super::compare(
        &super::skill()
            .with(&format!("[pricing]\n{PRICE}"), "")
            .contents(),
        &super::skill().contents(),
    );
    assert_eq!(paid_now.class, Class::ReconsentPrice, "was free");
    assert_eq!(
        paid_now.why[0].words,
        "the price was: free; it is: $0.002 for each call that answers; the first 100 calls are free; never more than $20.00 a month"
    );
}

#[test]
fn what_costs_less_does_not() {
    for to in [
        "free = true\n",
        "per-call = \"0.001 USD\"\ntrial = { calls = 200 }\nmonthly-cap = \"10 USD\"\n",
    ] {
        let change = update(|skill| skill.with(PRICE, to));
        assert_eq!(
            (change.class, change.why[0].part),
            (Class::Auto, Part::Price),
            "{to}"
        );
    }
    assert!(
        update(|skill| skill.with("0.002 USD", "0.0020USD"))
            .why
            .is_empty(),
        "the same amount"
    );
}
