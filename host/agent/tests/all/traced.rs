//! Whoever goes on with a run does so in the trace of the request that began it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use metier_agent::{driver::Rest, driver::Runs, trace::Traces};
use tracing::{
    Event, Metadata, Span, Subscriber,
    span::{Attributes, Id, Record},
};

use crate::world::{NEVER, World, started};

/// Two segments: it waits in between.
const CHAIN: &str = r#"
[chain]
name = "patient"
[[step]]
name = "before"
tool = "s.read"
[[step]]
name = "pause"
wait = "30s"
[[step]]
name = "after"
tool = "s.read"
"#;

const BEGAN: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Wants every span, and does nothing with it.
struct Wanting(AtomicU64);

impl Subscriber for Wanting {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(self.0.fetch_add(1, SeqCst) + 1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Where a request is, and which traces spans were put into.
#[derive(Default)]
struct Known {
    here: Option<String>,
    joined: Mutex<Vec<String>>,
}

impl Traces for Known {
    fn here(&self) -> Option<String> {
        self.here.clone()
    }
    fn join(&self, _: &Span, traceparent: &str) {
        self.joined.lock().unwrap().push(traceparent.to_owned());
    }
}

async fn rest(runs: &Runs, host: &str) -> Option<Rest> {
    let (host, pool) = (host.parse().unwrap(), "pool".parse().unwrap());
    runs.rest(&host, &pool).await.unwrap()
}

#[tokio::test]
async fn each_segment_of_a_run_belongs_to_what_began_it() {
    let _wanting = tracing::subscriber::set_default(Wanting(AtomicU64::new(0)));
    let world = World::new();
    let asked = Arc::new(Known {
        here: Some(BEGAN.to_owned()),
        ..Known::default()
    });
    let front = world.runs(NEVER).0.traced(asked.clone());
    let new = metier_agent::driver::NewRun {
        id: None,
        tenant: metier_core::TenantId::local(),
        pool: "pool".parse().unwrap(),
        started: started(CHAIN),
    };
    front.start(new).await.unwrap();
    let (one, other) = (Arc::new(Known::default()), Arc::new(Known::default()));
    let first = rest(&world.runs(NEVER).0.traced(one.clone()), "one").await;
    assert!(matches!(first, Some(Rest::Waits(_))), "{first:?}");
    world.advance(Duration::from_secs(60)).await;
    let last = rest(&world.runs(NEVER).0.traced(other.clone()), "other").await;
    assert!(matches!(last, Some(Rest::Ended(_))), "{last:?}");
    for host in [one, other] {
        assert_eq!(*host.joined.lock().unwrap(), [BEGAN]);
    }
    assert!(asked.joined.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_run_that_began_in_no_trace_joins_none() {
    let _wanting = tracing::subscriber::set_default(Wanting(AtomicU64::new(0)));
    let world = World::new();
    world.start(started(CHAIN)).await;
    let host = Arc::new(Known::default());
    let runs = world.runs(NEVER).0.traced(host.clone());
    rest(&runs, "one").await;
    assert!(host.joined.lock().unwrap().is_empty());
}
