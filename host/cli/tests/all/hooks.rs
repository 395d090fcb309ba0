//! `metier admin trigger` and `webhook`, and a service that is killed while it tells somebody something.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::{
    sandbox::{Ran, Sandbox},
    service::Serving,
};

/// How long anything here may take: a duty runs out, and a first wait is over.
const PATIENCE: Duration = Duration::from_secs(90);

const CHAIN: &str = r#"
[chain]
name = "sum"
version = "1.0.0"
description = "Adds."

[skills.teaching]
file = "teaching.wasm"
tools = ["add"]

[[step]]
name = "add"
tool = "teaching.add"
args = { a = 1, b = 2 }
"#;

/// Answers each request with the next of these, and the last from then on; tells the ids of events.
fn endpoint(answers: &'static [&'static str]) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (told, ids) = channel();
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut reader = BufReader::new(stream.unwrap());
            let (mut id, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                let Some((name, value)) = line.trim_end().split_once(": ") else {
                    match line.trim_end().is_empty() {
                        true => break,
                        false => continue,
                    }
                };
                match name.to_ascii_lowercase().as_str() {
                    "webhook-id" => id = value.to_owned(),
                    "content-length" => length = value.parse().unwrap(),
                    _ => {}
                }
            }
            reader.read_exact(&mut vec![0; length]).unwrap();
            let answer = answers.get(number).or(answers.last()).unwrap();
            let head =
                format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            reader.get_mut().write_all(head.as_bytes()).unwrap();
            told.send(id).unwrap();
        }
    });
    (url, ids)
}

fn served(sandbox: &Sandbox) -> Serving {
    sandbox.write("metier.toml", "[webhooks]\nloopback = true\n");
    let file = sandbox.path("metier.toml");
    Serving::start_with(sandbox, &["--config", &file.to_string_lossy()])
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"))
}

#[test]
fn an_event_outlives_a_kill_and_arrives_under_the_same_id() {
    let sandbox = Sandbox::new();
    let serving = served(&sandbox);
    let admin = serving.key.clone().unwrap();
    let (url, ids) = endpoint(&["503 Not now", "204 No Content"]);
    let made = serving.admin(&sandbox, &admin, &["webhook", "create", "out", &url]);
    assert!(made.stdout.starts_with("whsec_"), "{made:?}");
    let tried = serving.admin(
        &sandbox,
        &admin,
        &["webhook", "test", "out", "--output", "json"],
    );
    let event = json(&tried)["event"].as_str().unwrap().to_owned();
    assert_eq!(ids.recv_timeout(PATIENCE).unwrap(), event);
    serving.signal("KILL");
    serving.waited();
    let again = served(&sandbox);
    assert_eq!(ids.recv_timeout(PATIENCE).unwrap(), event, "the same event");
    let left = || {
        let words = ["webhook", "deliveries", "out", "--output", "json"];
        json(&again.admin(&sandbox, &admin, &words))
    };
    let mut waited = 0;
    while left() != Value::Array(vec![]) {
        thread::sleep(Duration::from_millis(50));
        waited += 1;
        assert!(waited < 200, "{}", left());
    }
    again.terminate();
}

#[test]
fn triggers_and_endpoints_are_administered() {
    let sandbox = Sandbox::new();
    let serving = served(&sandbox);
    let key = serving.key.clone().unwrap();
    let admin = |words: &[&str]| serving.admin(&sandbox, &key, words);
    let done = |words: &[&str]| {
        let ran = admin(words);
        assert_eq!(ran.code, 0, "{words:?} {ran:?}");
        ran
    };
    sandbox.write("sum.toml", CHAIN);
    done(&[
        "skill",
        "install",
        "--allow-unsigned",
        "teaching.wasm",
        "--as",
        "teaching",
    ]);
    done(&["agent", "deploy", "sum.toml"]);
    let cron = [
        "trigger",
        "cron",
        "nightly",
        "30 2 * * *",
        "--agent",
        "sum",
        "--zone",
        "Europe/Berlin",
    ];
    let settings = [
        "--missed",
        "all",
        "--missed-limit",
        "5",
        "--overlap",
        "allow",
        "--input",
        "{\"x\": 1}",
    ];
    done(&[&cron[..], &settings[..]].concat());
    let shown = json(&done(&["trigger", "show", "nightly", "--output", "json"]));
    assert_eq!(shown["cron"]["missed"], "all");
    assert_eq!(shown["cron"]["missed_limit"], 5);
    assert_eq!(shown["start"]["input"]["x"], 1);
    assert_eq!(shown["next"].as_array().unwrap().len(), 5);
    let wrong = admin(&["trigger", "cron", "never", "0 0 31 2 *", "--agent", "sum"]);
    assert!(wrong.stderr.contains("never comes"), "{wrong:?}");
    let hook = [
        "trigger", "webhook", "pulls", "--agent", "sum", "--scheme", "github",
    ];
    let shape = [
        "--map",
        "pr=/pull_request/number",
        "--header",
        "kind=x-github-event",
    ];
    let made = done(&[&hook[..], &shape[..]].concat());
    assert!(made.stdout.trim().len() >= 40, "the secret alone: {made:?}");
    assert!(made.stderr.contains("/hooks/in/local/pulls"), "{made:?}");
    let shown = json(&done(&["trigger", "show", "pulls", "--output", "json"]));
    assert_eq!(
        shown["webhook"]["shape"]["pointers"]["pr"],
        "/pull_request/number"
    );
    let broken = admin(&["trigger", "webhook", "x", "--agent", "sum", "--map", "pr"]);
    assert_eq!(broken.code, 2, "{broken:?}");
    let stripe = [
        "trigger", "webhook", "paid", "--agent", "sum", "--scheme", "stripe",
    ];
    assert!(admin(&stripe).stderr.contains("signing secret"));
    sandbox.write("stripe.txt", "whsec_stripe_made_this\n");
    done(&[&stripe[..], &["--secret-file", "stripe.txt"]].concat());
    assert_ne!(done(&["trigger", "rotate", "pulls"]).stdout, made.stdout);
    done(&["trigger", "disable", "nightly"]);
    done(&["trigger", "enable", "nightly"]);
    done(&["trigger", "remove", "nightly"]);
    let listed = json(&done(&["trigger", "list", "--output", "json"]));
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let url = "https://hooks.acme.example/x";
    done(&[
        "webhook",
        "create",
        "out",
        url,
        "--events",
        "run.completed,run.failed",
    ]);
    let inward = admin(&["webhook", "create", "in", "https://169.254.169.254/"]);
    assert!(inward.stderr.contains("public addresses"), "{inward:?}");
    done(&["webhook", "disable", "out"]);
    let off = json(&done(&["webhook", "show", "out", "--output", "json"]));
    assert_eq!(
        (&off["enabled"], &off["url"]),
        (&Value::Bool(false), &url.into())
    );
    done(&["webhook", "remove", "out"]);
    let none = done(&["webhook", "list"]);
    assert!(none.stderr.contains("no endpoints"), "{none:?}");
    serving.terminate();
}
