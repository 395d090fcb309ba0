//! A market killed while it is published to: of every publication all is there afterwards, or nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::{
    market::{Stall, WEATHER, published, shell},
    sandbox::Sandbox,
    vouched::fetched,
};

/// How often it is killed: a new publisher has 20 versions in a day.
const KILLS: u64 = 3;

/// Publishers at once.
const PUBLISHERS: usize = 2;

/// Numbers of versions; each has the length of `0.1.0`, for it takes its place in the file.
static NEXT: AtomicU32 = AtomicU32::new(200);

/// The same skill as another version.
fn file_of(sandbox: &Sandbox, version: &str) -> String {
    let (old, new) = (
        b"version = \"0.1.0\"",
        format!("version = \"{version}\"").into_bytes(),
    );
    let mut bytes = WEATHER.clone();
    let mut found = 0;
    for place in 0..=bytes.len() - old.len() {
        if bytes[place..].starts_with(old) {
            bytes[place..place + old.len()].copy_from_slice(&new);
            found += 1;
        }
    }
    assert_eq!(found, 1, "the manifest says the version once");
    let name = format!("weather-{version}.wasm");
    sandbox.write(&name, bytes);
    name
}

fn next_version() -> String {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{}.{}.{}", number / 100, number / 10 % 10, number % 10)
}

/// Versions that were sent, and whether the market said that it has them.
type Sent = Mutex<BTreeMap<String, bool>>;

/// Publishes until the market answers no more.
fn publish(sandbox: &Sandbox, url: &str, sent: &Sent) {
    loop {
        let version = next_version();
        let file = file_of(sandbox, &version);
        sent.lock().unwrap().insert(version.clone(), false);
        let ran = shell(sandbox, url, &format!("metier publish {file}"));
        fs::remove_file(sandbox.path(&file)).unwrap();
        match ran.code {
            0 => sent.lock().unwrap().insert(version, true),
            _ => return,
        };
    }
}

/// The versions that the market names.
fn listed(stall: &Stall) -> BTreeSet<String> {
    let index = fetched(stall, "/index/com.acme/weather");
    let lines = index.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["vers"].as_str().map(ToOwned::to_owned)
    });
    lines.flatten().collect()
}

fn answered(sent: &Sent) -> usize {
    let sent = sent.lock().unwrap();
    sent.values().filter(|is_answered| **is_answered).count()
}

/// Waits until some are published, and then a little less or more, so that it hits another moment each time.
fn until_busy(sent: &Sent, kill: u64) {
    let before = answered(sent);
    for _ in 0..6_000 {
        if answered(sent) >= before + 2 {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    thread::sleep(Duration::from_millis(37 * kill));
}

/// What nobody heard the end of is whole where it is there, and can be published where it is not.
fn settle(sandbox: &Sandbox, stall: &Stall, version: &str, is_there: bool) {
    let line = match is_there {
        true => format!("metier install com.acme/weather@={version} --yes --to of-{version}"),
        false => format!("metier publish {}", file_of(sandbox, version)),
    };
    let ran = shell(sandbox, &stall.url, &line);
    assert_eq!(ran.code, 0, "{line}: {}", ran.stderr);
    let _ = fs::remove_file(sandbox.path("metier.lock"));
}

#[test]
fn a_market_that_is_killed_has_all_of_a_publication_or_nothing() {
    let sandbox = Sandbox::new();
    let mut stall = Stall::any(&sandbox);
    published(&sandbox, &stall);
    let url = stall.url.clone();
    let sent = Sent::default();
    for kill in 0..KILLS {
        thread::scope(|scope| {
            for _ in 0..PUBLISHERS {
                scope.spawn(|| publish(&sandbox, &url, &sent));
            }
            until_busy(&sent, kill);
            stall.kill();
        });
        stall = Stall::again(&sandbox, &url);
        let there = listed(&stall);
        for (version, is_answered) in &mut *sent.lock().unwrap() {
            let is_there = there.contains(version);
            assert!(
                is_there || !*is_answered,
                "{version} was published and is lost"
            );
            if !*is_answered {
                settle(&sandbox, &stall, version, is_there);
                *is_answered = true;
            }
        }
    }
    // Nothing was said twice, and the log is the one that was seen before the first kill.
    let all = sent.lock().unwrap().len() + 1;
    assert_eq!(listed(&stall).len(), all);
    let install =
        "metier install com.acme/weather --yes --to newest && metier verify newest/weather.wasm";
    let ran = shell(&sandbox, &url, install);
    assert_eq!(ran.code, 0, "{ran:?}");
}
