//! A disk that fills up while a run is at work: the run waits with all that it knows, and goes on when there is room.

use std::{sync::atomic::Ordering::SeqCst, time::Duration};

use metier_agent::{driver::Shift, journal::Ending};
use metier_store::types::RunState;
use serde_json::json;
use tokio::time::sleep;

use crate::world::{NEVER, World, started};

/// Writes long things that may not be repeated, one after the other.
const WRITES: &str = r#"
[chain]
name = "writes"
[[step]]
name = "each"
tool = "s.write"
args = { item = "${item}", text = "${input.text}" }
each = { over = "input.items", parallel = 1 }
"#;

#[tokio::test]
async fn a_full_disk_is_waited_out_and_nothing_is_done_twice() {
    let world = World::new();
    let (sqlite, _) = world.sqlite.clone().unwrap();
    let mut begun = started(WRITES);
    let items: Vec<u32> = (0..40).collect();
    begun.input = json!({ "items": items, "text": "x".repeat(7_000) });
    let run = world.start(begun).await;
    let runs = world.runs(NEVER).0;
    let shift = Shift::of("host".parse().unwrap(), "pool".parse().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let shutdown = async { drop(stopped.await) };
    let work = tokio::spawn(async move { runs.work(shift, shutdown).await });

    while world.outside.seen.load(SeqCst) < 3 {
        sleep(Duration::from_millis(1)).await;
    }
    // It counts even where it is undone with what was to be written together with it.
    drop(sqlite.set_max_pages(1).await);
    sleep(Duration::from_millis(600)).await;
    let seen = world.outside.seen.load(SeqCst);
    assert!(seen < 40, "the disk never was full");
    sleep(Duration::from_millis(600)).await;
    assert_eq!(world.outside.seen.load(SeqCst), seen, "it waits");
    let row = world.store.run(&run).await.unwrap().unwrap();
    assert!(matches!(row.state, RunState::Held { .. }), "{row:?}");

    while sqlite.set_max_pages(1_000_000).await.is_err() {}
    loop {
        let row = world.store.run(&run).await.unwrap().unwrap();
        if matches!(row.state, RunState::Done { .. }) {
            break;
        }
        sleep(Duration::from_millis(20)).await;
    }
    stop.send(()).unwrap();
    work.await.unwrap().unwrap();
    let state = world.runs(NEVER).0.state(&run).await.unwrap();
    assert!(
        matches!(state.ended, Some(Ending::Completed { .. })),
        "{:?}",
        state.ended
    );
    assert_eq!(world.outside.done().len(), 40);
    assert_eq!(
        world.outside.seen.load(SeqCst),
        40,
        "each once, no question asked"
    );
}
