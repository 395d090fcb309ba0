#![expect(clippy::unwrap_used, reason = "tests")]
use super::*;

const GOOD: &str = r#"
[routes.drafting]
candidates = ["claude", "local"]
needs = { residency = ["eu"], max-price = { input = 5_000_000_000, output = 25_000_000_000 } }
retry = { attempts = 2 }

[candidates.claude]
format = "bedrock"
model = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
base-url = "https://bedrock-runtime.eu-central-1.amazonaws.com"
credential = "aws"
region = "eu-central-1"
residency = "eu"
context = 200_000
max-output = 64_000
features = ["tools", "vision", "documents"]
tags = ["drafting"]
options = { additionalModelRequestFields = { thinking = { type = "enabled", budget_tokens = 4096 } } }

[candidates.local]
format = "openai-chat"
model = "qwen3"
base-url = "http://127.0.0.1:11434/v1"
residency = "eu"
context = 32_000
max-output = 4_000
price = { input = 0, output = 0 }

[credentials.aws]
type = "sigv4"
"#;

#[test]
fn a_whole_file_is_read() {
    let routes = Routes::parse(GOOD).unwrap();
    let route = routes.route("drafting").unwrap();
    let names: Vec<_> = route
        .candidates
        .iter()
        .map(|candidate| candidate.name.as_str())
        .collect();
    assert_eq!(names, ["claude", "local"]);
    assert_eq!((route.retry.attempts, route.retry.broken_answers), (2, 1));
    assert_eq!(route.needs.residency, ["eu"]);
    assert_eq!(
        route.candidates[0].options["additionalModelRequestFields"]["thinking"]["budget_tokens"],
        4096
    );
    let back: Route = serde_json::from_value(serde_json::to_value(&route).unwrap()).unwrap();
    assert_eq!(back, route);
}

#[test]
fn what_is_wrong_is_named() {
    for (from, to, words) in [
        ("max-output = 4_000", "max-ouptut = 4_000", "max-ouptut"),
        ("attempts = 2", "atempts = 2", "atempts"),
        (
            "residency = [\"eu\"]",
            "residencies = [\"eu\"]",
            "residencies",
        ),
        (
            "[credentials.aws]",
            "[credential.aws]",
            "unknown field `credential`",
        ),
        ("format = \"bedrock\"", "format = \"bedrok\"", "bedrok"),
        (
            "\"claude\", \"local\"",
            "\"cloud\"",
            "no candidate `cloud`; there are: claude, local",
        ),
        ("\"claude\", \"local\"", "", "between 1 and 16 candidates"),
        ("attempts = 2", "attempts = 0", "between 1 and 10 attempts"),
        ("attempts = 2", "attempts = 11", "between 1 and 10 attempts"),
        (
            "attempts = 2",
            "broken-answers = 11",
            "at most 10 broken answers",
        ),
        (
            "credential = \"aws\"",
            "credential = \"amazon\"",
            "no credential `amazon`; there are: aws",
        ),
        (
            "region = \"eu-central-1\"",
            "region = \"us-east-1\"",
            "needs the `region`",
        ),
        ("region = \"eu-central-1\"", "", "needs the `region`"),
        (
            "http://127.0.0.1:11434/v1",
            "http://ollama.example/v1",
            "not https",
        ),
        (
            "http://127.0.0.1:11434/v1",
            "http://10.0.0.1/v1",
            "not https",
        ),
        (
            "http://127.0.0.1:11434/v1",
            "https://user:pw@a.example/v1",
            "user information",
        ),
        (
            "http://127.0.0.1:11434/v1",
            "https://a.example/v1?key=x",
            "it has a query",
        ),
        ("context = 32_000", "context = 0", "above 0"),
    ] {
        let error = Routes::parse(&GOOD.replace(from, to))
            .unwrap_err()
            .to_string();
        assert!(error.contains(words), "{to}: {error}");
    }
    let error = Routes::parse(GOOD).unwrap().route("drawing").unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no route `drawing`; there are: drafting"
    );
}

#[test]
fn prices_are_those_of_the_day() {
    let file = PriceFile::parse(
        r#"
        [[prices.m]]
        from = "2026-06-01"
        input = 2
        output = 4
        [[prices.m]]
        from = "2026-01-01"
        input = 1
        output = 3
        "#,
    )
    .unwrap();
    let input = |day: &str| file.at(day).prices.get("m").map(|price| price.input);
    assert_eq!(input("2025-12-31"), None);
    assert_eq!(input("2026-01-01"), Some(1));
    assert_eq!(input("2026-05-31"), Some(1));
    assert_eq!(input("2026-06-01"), Some(2));
    for bad in [
        "from = \"yesterday\"",
        "from = \"2026-1-1\"",
        "fro = \"2026-01-01\"",
    ] {
        let text = format!("[[prices.m]]\n{bad}\ninput = 1\noutput = 1\n");
        assert!(PriceFile::parse(&text).is_err(), "{bad}");
    }
}

#[test]
fn the_price_table_we_ship_is_read() {
    let text = include_str!("../../../prices.toml");
    let table = PriceFile::parse(text).unwrap().at("2026-11-28");
    assert!(table.prices.len() >= 10);
    for (model, price) in &table.prices {
        // A thousandth of a cent to a hundred dollars per million tokens: a slip of a digit or three is noticed.
        for amount in [price.input, price.output] {
            assert!(
                (10_000_000..=200_000_000_000).contains(&amount),
                "{model}: {amount}"
            );
        }
        assert!(
            price.cached_read.is_none_or(|cached| cached <= price.input),
            "{model}"
        );
    }
}
