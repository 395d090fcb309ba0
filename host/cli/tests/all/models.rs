//! `metier models` with emulated providers.

use metier_emulator_models::{Answer, Emulator, Fault, KEY, Options, Rule};
use serde_json::Value;

use crate::sandbox::{Ran, Sandbox};

/// Two providers' models under one route, the second with a price above the route's rule.
fn sandbox(emulator: &Emulator) -> Sandbox {
    let sandbox = Sandbox::new();
    let address = emulator.addr();
    let routes = format!(
        r#"
[routes.drafting]
candidates = ["sonnet", "sol", "local"]
retry = {{ attempts = 1 }}

[routes.drafting.needs]
max-price = {{ input = 2_500_000_000, output = 20_000_000_000 }}

[candidates.sonnet]
format = "anthropic"
model = "claude-sonnet-5-5"
base-url = "http://{address}"
credential = "anthropic"
context = 1_000_000
max-output = 128_000
features = ["tools", "vision"]

[candidates.sol]
format = "openai-responses"
model = "gpt-6-sol"
base-url = "http://{address}/v1"
credential = "openai"
context = 400_000
max-output = 800
features = ["tools"]

[candidates.local]
format = "openai-chat"
model = "nobody-knows"
base-url = "http://{address}/v1"
context = 8_000
max-output = 4_000

[credentials.anthropic]
kind = "api-key-header"
header = "x-api-key"
secret = {{ env = "ANTHROPIC_API_KEY" }}

[credentials.openai]
kind = "bearer"
secret = {{ env = "OPENAI_API_KEY" }}
"#
    );
    sandbox.write("routes.toml", routes);
    sandbox
}

fn metier(sandbox: &Sandbox, words: &[&str]) -> Ran {
    let mut command = sandbox.command(words);
    command
        .env("ANTHROPIC_API_KEY", KEY)
        .env("OPENAI_API_KEY", KEY)
        .env("COLUMNS", "200");
    Ran::of(&command.output().unwrap())
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| unreachable!("{error}: {ran:?}"))
}

#[test]
fn candidates_are_listed_with_what_is_known_of_them() {
    let emulator = Emulator::start(Options::default()).unwrap();
    let sandbox = sandbox(&emulator);
    let listed = metier(&sandbox, &["models", "list"]);
    assert_eq!(listed.code, 0, "{listed:?}");
    insta::assert_snapshot!(listed.stdout);
    let data = json(&metier(&sandbox, &["models", "list", "--output", "json"]));
    assert_eq!(data[0]["price"]["input"], 2_000_000_000_u64);
    assert_eq!(data[2]["state"], "it has no price");
    let without = json(&sandbox.metier(&["models", "list", "--output", "json"]));
    assert_eq!(
        without[0]["state"],
        "lacks its key: ANTHROPIC_API_KEY is not set"
    );
    assert_eq!(
        emulator.book().counts().requests,
        0,
        "nobody is asked without --ask"
    );
}

#[test]
fn who_is_asked_says_whether_it_is_well() {
    let emulator = Emulator::start(Options::default()).unwrap();
    let sandbox = sandbox(&emulator);
    emulator.faults().push(
        Rule::always(Fault::Overloaded {
            retry_after_s: None,
        })
        .on("/v1/responses"),
    );
    let data = json(&metier(
        &sandbox,
        &["models", "list", "--ask", "--output", "json"],
    ));
    assert!(
        data[0]["state"]
            .as_str()
            .unwrap()
            .starts_with("answers in "),
        "{data}"
    );
    assert!(
        data[1]["state"].as_str().unwrap().contains("Overloaded"),
        "{data}"
    );
}

#[test]
fn all_candidates_of_a_route_are_asked_the_same() {
    let emulator = Emulator::start(Options::default()).unwrap();
    let sandbox = sandbox(&emulator);
    let tried = metier(
        &sandbox,
        &[
            "models", "try", "Hello", "--route", "drafting", "--output", "json",
        ],
    );
    assert_eq!(tried.code, 0, "{tried:?}");
    let data = json(&tried);
    for (at, candidate) in ["sonnet", "sol"].into_iter().enumerate() {
        assert_eq!(
            (&data[at]["candidate"], &data[at]["answer"]),
            (&Value::from(candidate), &Value::from("You said: Hello"))
        );
        assert_eq!(data[at]["usage"]["output"], 4);
        assert_eq!(data[at]["cost-nano-dollars"], 2 * 2_000 + 4 * 10_000);
        assert!(
            data[at]["first-token-ms"].as_u64() <= data[at]["latency-ms"].as_u64(),
            "{data}"
        );
    }
    assert_eq!(
        data[2]["error"]["code"], "upstream-unauthorized",
        "the local one has no key"
    );
    let shown = metier(&sandbox, &["models", "try", "Hello", "--route", "drafting"]);
    assert!(
        shown
            .stdout
            .contains("\n── sonnet\nYou said: Hello\n\n── sol\nYou said: Hello\n"),
        "{}",
        shown.stdout
    );
    assert!(shown.stdout.contains("$0.000044"), "{}", shown.stdout);
}

#[test]
fn questions_come_from_files_and_answers_cannot_write_on_the_terminal() {
    let emulator = Emulator::start(Options::default()).unwrap();
    let sandbox = sandbox(&emulator);
    sandbox.write("prompt.txt", "From a file");
    for _ in 0..3 {
        emulator.script().push(Answer::text("Clear\u{1b}[2J it"));
    }
    let words = [
        "models",
        "try",
        "@prompt.txt",
        "--route",
        "drafting",
        "--system",
        "Be brief.",
        "--max-tokens",
        "77",
    ];
    let shown = metier(&sandbox, &words);
    assert!(
        shown.stdout.contains("Clear it") && !shown.stdout.contains('\u{1b}'),
        "{}",
        shown.stdout
    );
    let asked = emulator.script().asked();
    assert!(
        asked
            .iter()
            .all(|question| question.prompt() == "From a file" && question.system == "Be brief.")
    );
    assert!(asked.iter().all(|question| question.max_tokens == Some(77)));
}

#[test]
fn when_nobody_answers_the_exit_code_says_who_is_to_blame() {
    let emulator = Emulator::start(Options::default()).unwrap();
    let sandbox = sandbox(&emulator);
    emulator.faults().push(Rule::always(Fault::Overloaded {
        retry_after_s: None,
    }));
    let tried = metier(&sandbox, &["models", "try", "Hello", "--route", "drafting"]);
    assert_eq!(tried.code, 14, "{tried:?}");
    let tried = metier(&sandbox, &["models", "try", "Hello", "--route", "draftin"]);
    assert_eq!(tried.code, 10, "{tried:?}");
    assert!(
        tried.stderr.contains("there are: drafting"),
        "{}",
        tried.stderr
    );
    let nowhere = Sandbox::new().metier(&["models", "list"]);
    assert!(nowhere.stderr.contains("--routes FILE"), "{nowhere:?}");
}
