//! Long runs: what taking one up costs is bounded by a snapshot, and a snapshot is never the truth.

use metier_agent::{
    driver::{Decision, Rest, RunError},
    journal::{CodecError, Ending, Event, Seq, Verdict},
};
use metier_core::{PrincipalId, TenantId};
use metier_store::types::{Due, Expect, Key, Kind, Labels, NewEvent, NewRun, RunId};
use serde_json::json;

use crate::world::{NEVER, World, started};

/// Does many things, then asks.
const LONG: &str = r#"
[chain]
name = "long"
[limits]
parallel = 50
[[step]]
name = "each"
tool = "s.idempotent"
args = { item = "${item}" }
each = { over = "input.items", parallel = 1 }
[[step]]
name = "last"
tool = "s.destructive"
args = { after = "${size(steps.each.output)}" }
"#;

fn kind() -> Kind {
    "run-snapshot".parse().unwrap()
}

fn key(run: &RunId) -> Key {
    run.to_string().parse().unwrap()
}

/// A run that has done 500 things and waits for somebody.
async fn long(world: &World) -> RunId {
    let mut begun = started(LONG);
    let items: Vec<u32> = (0..500).collect();
    begun.input = json!({ "items": items });
    let run = world.start(begun).await;
    let (rest, _) = world.work(NEVER).await;
    assert!(matches!(rest, Some(Some(Rest::Asks(_)))), "{rest:?}");
    run
}

async fn approve(world: &World, run: &RunId) {
    let runs = world.runs(NEVER).0;
    let state = runs.state(run).await.unwrap();
    let (number, question) = state.questions.iter().next().unwrap();
    let decision = Decision {
        question: *number,
        hash: question.hash,
        verdict: Verdict::Approved,
        by: PrincipalId::local(),
    };
    runs.decide(run, decision).await.unwrap();
}

#[tokio::test]
async fn a_snapshot_is_used_and_dropping_it_changes_nothing() {
    let world = World::new();
    let run = long(&world).await;
    let runs = world.runs(NEVER).0;
    let whole = runs.timeline(&run).await.unwrap();
    assert!(whole.entries.len() > 1_000);
    assert_eq!(runs.state(&run).await.unwrap(), whole.state);

    let entry = world.store.get(&kind(), &key(&run)).await.unwrap().unwrap();
    let kept = String::from_utf8(entry.value.unwrap()).unwrap();
    let put = async |text: Option<&str>| {
        let (kind, key, bytes) = (kind(), key(&run), text.map(str::as_bytes));
        let put = world.store.put(&kind, &key, Expect::Any, bytes, None);
        put.await.unwrap();
        runs.state(&run).await.unwrap()
    };
    let (before, spent) = kept.split_once("\"spent\":").unwrap();
    let spent = spent.replacen("\"steps\":", "\"steps\":1", 1);
    let other = format!("{before}\"spent\":{spent}");
    assert_ne!(put(Some(&other)).await, whole.state, "it is used");
    let (line, _) = kept.split_once('\n').unwrap();
    let hash = &line[line.find("sha256:").unwrap()..][..20];
    let worthless = [
        other.replacen(hash, "sha256:0000000000000", 1),
        other.replacen("\"fold\":2", "\"fold\":1", 1),
        other.replacen("\"progress\"", "\"regress\"", 1),
        other[..other.len() / 2].to_owned(),
        "nonsense\n{}".to_owned(),
        String::new(),
    ];
    for text in &worthless {
        assert_eq!(
            put(Some(text)).await,
            whole.state,
            "{}",
            &text[..text.len().min(100)]
        );
    }
    assert_eq!(put(None).await, whole.state);

    approve(&world, &run).await;
    let (rest, _) = world.work(NEVER).await;
    assert!(
        matches!(rest, Some(Some(Rest::Ended(ending))) if matches!(*ending, Ending::Completed { .. }))
    );
    assert_eq!(world.outside.done().len(), 501);
}

#[tokio::test]
async fn a_run_that_has_ended_keeps_no_snapshot() {
    let world = World::new();
    let run = long(&world).await;
    assert!(
        world
            .store
            .get(&kind(), &key(&run))
            .await
            .unwrap()
            .is_some()
    );
    approve(&world, &run).await;
    world.work(NEVER).await;
    assert_eq!(world.store.get(&kind(), &key(&run)).await.unwrap(), None);
}

#[tokio::test]
async fn a_long_run_is_forked_at_any_of_its_events() {
    let world = World::new();
    let run = long(&world).await;
    let runs = world.runs(NEVER).0;
    let before = world.outside.done().len();
    let fork = RunId::new(77);
    let at = Seq(702);
    runs.fork(&run, fork, at, "pool".parse().unwrap())
        .await
        .unwrap();
    let (rest, _) = world.work(NEVER).await;
    assert!(matches!(rest, Some(Some(Rest::Asks(_)))), "{rest:?}");
    let told = runs.timeline(&fork).await.unwrap();
    assert_eq!(
        told.entries[..702],
        runs.timeline(&run).await.unwrap().entries[..702]
    );
    assert!(matches!(told.entries[702].event, Event::Forked { .. }));
    assert_eq!(
        world.outside.done().len(),
        before + 150,
        "what was done by then counts as done"
    );
    let last = runs.timeline(&run).await.unwrap().entries.len() as u64;
    let beyond = runs
        .fork(&run, RunId::new(78), Seq(last + 1), "pool".parse().unwrap())
        .await;
    assert!(matches!(beyond, Err(RunError::NoSuchEvent { last: there }) if there == Seq(last)));
}

#[tokio::test]
async fn a_journal_of_a_newer_release_is_refused_in_words_and_left_alone() {
    let world = World::new();
    let run = RunId::new(5);
    let new = NewRun {
        run,
        tenant: TenantId::local(),
        pool: "pool".parse().unwrap(),
        labels: Labels::new(),
        events: vec![NewEvent {
            kind: "started".parse().unwrap(),
            body: br#"{"v":99,"at":1,"event":{"kind":"dreamt"}}"#.to_vec(),
        }],
        caps: Vec::new(),
        due: Due::Now,
    };
    world.store.create(&new).await.unwrap();
    let runs = world.runs(NEVER).0;
    let host = "host".parse().unwrap();
    let refused = runs
        .rest(&host, &"pool".parse().unwrap())
        .await
        .unwrap_err();
    assert!(
        matches!(refused, RunError::Codec(CodecError::Newer(99))),
        "{refused:?}"
    );
    let text = refused.to_string();
    assert!(
        text.contains("version 99") && text.contains("use the Metier that wrote it"),
        "{text}"
    );
    let row = world.store.run(&run).await.unwrap().unwrap();
    assert_eq!(row.head.0, 1);
    let forked = runs
        .fork(&run, RunId::new(6), Seq(1), "pool".parse().unwrap())
        .await;
    assert!(matches!(
        forked,
        Err(RunError::Codec(CodecError::Newer(99)))
    ));
}
