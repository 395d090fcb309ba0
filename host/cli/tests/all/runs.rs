//! `metier run` and `metier runs` with chains that need neither skills nor models.

use std::{
    io::{BufRead, BufReader},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::sandbox::Sandbox;

/// Waits a moment, then is done.
const CHAIN: &str = r#"
[chain]
name = "moment"

[[step]]
name = "pause"
wait = "5ms"

[output]
value = "waited for ${input.whom}"
"#;

/// A home in which the chain was run once, and the run's id.
fn after_a_run() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    sandbox.write("chain.toml", CHAIN);
    let ran = sandbox.metier(&["run", "chain.toml", "--input", r#"{"whom":"Ada"}"#]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (0, "waited for Ada\n"),
        "{ran:?}"
    );
    let list = sandbox.metier(&["runs", "list", "--output", "json"]);
    let rows: Value = serde_json::from_str(&list.stdout).unwrap();
    let id = rows[0]["run"].as_str().unwrap().to_owned();
    (sandbox, id)
}

#[test]
fn a_run_that_has_ended_is_not_resumed_and_says_how_it_ended() {
    let (sandbox, id) = after_a_run();
    let before = sandbox.metier(&["runs", "show", &id]).stdout;
    let ran = sandbox.metier(&["runs", "resume", &id]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (0, "waited for Ada\n"),
        "{ran:?}"
    );
    assert_eq!(sandbox.metier(&["runs", "show", &id]).stdout, before);
}

#[test]
fn a_run_is_watched_in_lines_for_people_and_for_programs() {
    let (sandbox, id) = after_a_run();
    let people = sandbox.metier(&["runs", "watch", &id]);
    assert_eq!(people.code, 0, "{people:?}");
    assert!(people.stdout.contains("waiting    5.0 ms"), "{people:?}");
    assert!(people.stdout.contains("ended      completed"), "{people:?}");

    let programs = sandbox.metier(&["runs", "watch", &id, "--output", "json"]);
    let events: Vec<Value> = programs
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let seqs: Vec<u64> = events.iter().filter_map(|it| it["seq"].as_u64()).collect();
    assert_eq!(seqs, (1..=events.len() as u64).collect::<Vec<_>>());
    let kind = |at: usize| events[at]["entry"]["event"]["kind"].as_str();
    assert_eq!(kind(0), Some("started"));
    assert_eq!(kind(events.len() - 1), Some("ended"));
}

#[test]
fn a_run_that_is_not_there_is_said() {
    let sandbox = Sandbox::new();
    for action in ["watch", "show", "resume"] {
        let ran = sandbox.metier(&["runs", action, "01K00000000000000000000000"]);
        assert_ne!(ran.code, 0, "{action}");
        assert!(ran.stderr.contains("no run"), "{action}: {ran:?}");
    }
}

#[test]
fn files_that_are_too_large_are_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("chain.toml", CHAIN.to_owned() + &"#".repeat(1 << 20));
    let ran = sandbox.metier(&["run", "chain.toml"]);
    assert!(ran.stderr.contains("more than 1048576 bytes"), "{ran:?}");
}

/// A chain that waits for longer than a test takes.
const LONG: &str = "[chain]\nname = \"long\"\n[[step]]\nname = \"pause\"\nwait = \"600s\"\n";

#[test]
fn what_one_process_does_another_may_look_at() {
    let sandbox = Sandbox::new();
    sandbox.write("chain.toml", LONG);
    let mut running = sandbox.command(&["run", "chain.toml"]).spawn().unwrap();
    let listed = || {
        let list = sandbox.metier(&["runs", "list", "--output", "json"]);
        serde_json::from_str::<Value>(&list.stdout).unwrap_or_default()
    };
    let begun = Instant::now();
    while listed()[0]["run"].is_null() {
        assert!(begun.elapsed() < Duration::from_secs(30), "no run began");
    }
    let id = listed()[0]["run"].as_str().unwrap().to_owned();
    let shown = sandbox.metier(&["runs", "show", &id]);
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(shown.stdout.contains("started    long"), "{shown:?}");
    assert_eq!(sandbox.metier(&["approvals", "list"]).code, 0);

    let mut watching = sandbox.command(&["runs", "watch", &id]).spawn().unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    let line = lines.next().unwrap().unwrap();
    assert!(line.contains("started    long"), "{line}");

    let cancelled = sandbox.metier(&["runs", "cancel", &id]);
    assert!(
        cancelled.stderr.contains("is in use by process"),
        "{cancelled:?}"
    );
    for process in [&mut watching, &mut running] {
        process.kill().unwrap();
        process.wait().unwrap();
    }
}
