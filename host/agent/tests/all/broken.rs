//! A run whose work breaks off within the host: its lease is let run out, and it is taken up again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use metier_agent::{
    driver::{Shift, Watch},
    journal::{Entry, Event, Seq},
    models::Delta,
};
use metier_store::{
    Store,
    sqlite::{Options, SqliteStore},
    types::{RunId, RunState},
};

use crate::world::{World, started};

const CHAIN: &str = r#"
[chain]
name = "c"
[[step]]
name = "a"
tool = "s.idempotent"
args = { n = 1 }
"#;

/// Panics once, when the first intent is durable.
#[derive(Default)]
struct Breaks(AtomicU64);

impl Watch for Breaks {
    fn event(&self, _: RunId, _: Seq, entry: &Entry) {
        let first = matches!(entry.event, Event::Intended(_)) && self.0.fetch_add(1, SeqCst) == 0;
        assert!(!first, "the watch breaks, as it is meant to");
    }

    fn delta(&self, _: RunId, _: Seq, _: Delta) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_taken_up_again_when_its_lease_has_run_out() {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::in_memory(Options::default()).unwrap());
    let world = World::on(store.clone());
    let run = world.start(started(CHAIN)).await;
    let shift = Shift {
        lease: Duration::from_millis(300),
        ..Shift::of("host".parse().unwrap(), "pool".parse().unwrap())
    };
    let ended = async {
        while !matches!(
            store.run(&run).await.unwrap().unwrap().state,
            RunState::Done { .. }
        ) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let breaks = Arc::new(Breaks::default());
    let runs = world.watched(breaks.clone());
    tokio::time::timeout(Duration::from_secs(20), runs.work(shift, ended))
        .await
        .expect("the run is held by nobody and yet by this host")
        .unwrap();
    assert!(breaks.0.load(SeqCst) >= 1);
    assert_eq!(world.outside.done(), [r#"idempotent {"n":1}"#]);
}
