#![expect(clippy::unwrap_used, reason = "tests")]
use proptest::prelude::*;

use super::*;

fn price() -> Price {
    Price {
        input: 3_000_000_000,
        output: 15_000_000_000,
        cached_read: Some(300_000_000),
        cache_write: Some(3_750_000_000),
        long: Some(Box::new(Long {
            over: 200_000,
            price: Price {
                input: 6_000_000_000,
                output: 22_500_000_000,
                cached_read: None,
                cache_write: None,
                long: None,
            },
        })),
    }
}

fn usage(input: u64, cached_read: u64, cache_write: u64, output: u64) -> Usage {
    Usage {
        input,
        cached_read,
        cache_write,
        output,
        ..Usage::default()
    }
}

#[test]
fn costs_are_exact() {
    for (used, nanos) in [
        (usage(0, 0, 0, 0), 0),
        (usage(1_000_000, 1_000_000, 0, 0), 6_000_000_000),
        (usage(1_000, 0, 0, 0), 3_000_000),
        (usage(1_000, 1_000, 0, 0), 300_000),
        (usage(1_000, 0, 1_000, 0), 3_750_000),
        (
            usage(1_000, 400, 100, 10),
            1_500_000 + 120_000 + 375_000 + 150_000,
        ),
        (usage(200_000, 0, 0, 0), 600_000_000),
        (usage(200_001, 0, 0, 0), 1_200_006_000),
        (usage(u64::MAX, 0, 0, u64::MAX), u64::MAX),
    ] {
        assert_eq!(price().cost(&used), NanoDollars(nanos), "{used:?}");
    }
    let cheap = Price {
        input: 1,
        output: 1,
        cached_read: None,
        cache_write: None,
        long: None,
    };
    assert_eq!(
        cheap.cost(&usage(1, 0, 0, 1)),
        NanoDollars(1),
        "rounded up once, not twice"
    );
}

proptest! {
    /// What is reserved is enough, however the tokens are split.
    #[test]
    fn no_use_costs_more_than_its_worst_case(
        input in 0_u64..400_000, cached in 0_u64..400_000, written in 0_u64..400_000, output in 0_u64..100_000,
        more_input in 0_u64..100_000, more_output in 0_u64..100_000,
    ) {
        let cached = cached.min(input);
        let written = written.min(input - cached);
        let most = price().worst_case(input + more_input, output + more_output);
        prop_assert!(price().cost(&usage(input, cached, written, output)) <= most);
    }
}

#[test]
fn a_candidates_own_price_counts_before_the_tables() {
    let json = serde_json::json!({
        "name": "a", "format": "openai-chat", "model": "m", "base-url": "https://a.example", "context": 1, "max-output": 1,
    });
    let mut candidate: Candidate = serde_json::from_value(json).unwrap();
    let mut table = PriceTable::default();
    assert_eq!(table.of(&candidate), None);
    table.prices.insert("m".to_owned(), price());
    assert_eq!(table.of(&candidate), Some(&price()));
    let own = Price {
        input: 0,
        output: 0,
        cached_read: None,
        cache_write: None,
        long: None,
    };
    candidate.price = Some(own.clone());
    assert_eq!(table.of(&candidate), Some(&own));
}
