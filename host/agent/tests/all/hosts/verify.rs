//! What has to be so after everything.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use metier_agent::{
    driver::Runs,
    journal::{Ending, Event, QuestionKind},
};
use metier_core::TenantId;
use metier_store::{Store, types::RunId};

use super::{MODEL_STEPS, STEPS};
use crate::world::PRICE;

/// Journals, money and deeds; says what was counted.
pub(super) async fn everything(runs: &Runs, store: &dyn Store, dir: &Path, count: u128) -> String {
    let (mut lengths, mut approved) = (BTreeMap::new(), BTreeMap::new());
    for number in 1..=count {
        let run = RunId::new(number);
        let length = journal(runs, run, &mut approved).await;
        lengths.insert(run.to_string(), length);
    }
    let total = count as i64 * MODEL_STEPS * PRICE;
    let tenant = TenantId::local();
    assert_eq!(store.total(&tenant).await.unwrap().0, total, "the ledger");
    let shared = store
        .budget(&tenant, &"tenant".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(
        (shared.settled.0, shared.reserved.0),
        (total, 0),
        "the budget"
    );
    let events: u64 = lengths.values().sum();
    let (calls, repeated) = deeds(dir, &lengths, &approved);
    let asked: u32 = approved.values().sum();
    format!(
        "{events} events, {calls} calls of tools, {repeated} of them repeated, {asked} after a question"
    )
}

/// One journal: whole, one intent for each step, one end. And which calls somebody allowed again.
async fn journal(runs: &Runs, run: RunId, approved: &mut BTreeMap<String, u32>) -> u64 {
    // Reading checks that there is no gap, and every hash.
    let told = runs.timeline(&run).await.unwrap();
    let events: Vec<&Event> = told.entries.iter().map(|entry| &entry.event).collect();
    let intents = events
        .iter()
        .filter(|event| matches!(event, Event::Intended(_)));
    assert_eq!(intents.count(), STEPS, "run {run}");
    assert!(
        matches!(events.last(), Some(Event::Ended(Ending::Completed { .. }))),
        "run {run}"
    );
    for event in &events {
        let Event::Decided { question, .. } = event else {
            continue;
        };
        if let Event::Asked(question) = events[question.0 as usize - 1]
            && let QuestionKind::Uncertain { effect, .. } = &question.what
        {
            *approved.entry(format!("{run}/{effect}")).or_default() += 1;
        }
    }
    events.len() as u64
}

/// Every call under one key; what may not be repeated only where somebody said so; whatever a host was told is durable is there.
fn deeds(
    dir: &Path,
    lengths: &BTreeMap<String, u64>,
    approved: &BTreeMap<String, u32>,
) -> (usize, usize) {
    let mut keys: BTreeMap<String, String> = BTreeMap::new();
    let mut calls: BTreeMap<(String, bool), u32> = BTreeMap::new();
    for file in fs::read_dir(dir).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        // A host may have been killed while it wrote its last line.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        for line in whole.lines() {
            let words: Vec<&str> = line.splitn(3, ' ').collect();
            match words[..] {
                ["did", key, what] => {
                    let known = keys
                        .entry(what.to_owned())
                        .or_insert_with(|| key.to_owned());
                    assert_eq!(known, key, "{what} was done under two keys");
                    *calls
                        .entry((key.to_owned(), what.starts_with("write")))
                        .or_default() += 1;
                }
                ["told", run, seq] => {
                    let seq: u64 = seq.parse().unwrap();
                    assert!(
                        seq <= lengths[run],
                        "event {seq} of {run} was durable, and is not there"
                    );
                }
                _ => panic!("{line}"),
            }
        }
    }
    for ((key, is_write), count) in &calls {
        let may = 1 + approved.get(key).copied().unwrap_or(0);
        assert!(!is_write || *count <= may, "{key} was called {count} times");
    }
    let done: BTreeSet<&String> = keys.values().collect();
    let steps = STEPS - MODEL_STEPS as usize;
    assert_eq!(done.len(), lengths.len() * steps, "calls");
    let repeated = calls.values().map(|count| *count as usize - 1).sum();
    (calls.values().sum::<u32>() as usize, repeated)
}
