//! Limits and a trail that cannot be written, as callers meet them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use metier_agent::{driver::Shift, journal::Seq};
use metier_core::{Code, Fault};
use metier_service::{
    Role,
    agents::{POOL, Source, StartRequest},
    audit::{Event, Filter, Found, Notes},
    hub::News,
    limits::{Limits, Rate},
};

use crate::{
    events::CHAIN,
    scene::{Scene, admin, somebody},
};

#[tokio::test]
async fn a_key_that_is_too_fast_is_refused_and_told_when_to_come_again() {
    let rate = Rate {
        per_second: 1,
        burst: 3,
    };
    let scene = Scene::with_math(Limits {
        key: Some(rate),
        ..Limits::default()
    })
    .await;
    let caller = somebody("local", Role::Caller, &[]);
    for _ in 0..3 {
        scene.call(&caller, "math.add").await.result.unwrap();
    }
    let mut refused = 0;
    for _ in 0..100 {
        if let Err(fault) = scene.call(&caller, "math.add").await.result {
            assert_eq!(fault.code, Code::RateLimited);
            assert!(fault.retry_after.unwrap() <= Duration::from_secs(1));
            refused += 1;
        }
    }
    assert!(refused >= 90, "{refused}");
    // What is refused so often is not written so often.
    let records = scene.records("denied");
    assert!(records.len() < 60, "{}", records.len());
    assert_eq!(records[0].rest["code"], "rate-limited");
}

#[tokio::test]
async fn a_tenant_has_so_many_calls_at_once() {
    let scene = Scene::with_math(Limits {
        calls: Some(1),
        ..Limits::default()
    })
    .await;
    let caller = somebody("local", Role::Caller, &[]);
    let permit = scene.service.admit(&caller).unwrap();
    let fault = scene.call(&caller, "math.add").await.result.unwrap_err();
    assert_eq!(fault.code, Code::RateLimited);
    drop(permit);
    scene.call(&caller, "math.add").await.result.unwrap();
    scene.call(&caller, "math.add").await.result.unwrap();
}

/// A trail whose disk is full for a while.
struct Full {
    trail: Arc<dyn Notes>,
    is_full: Arc<AtomicBool>,
}

impl Notes for Full {
    fn note(&self, event: &Event<'_>) {
        self.trail.note(event);
    }

    fn ready(&self) -> Result<(), Fault> {
        match self.is_full.load(Ordering::Relaxed) {
            true => Err(Fault::new(Code::StorageFull, "The disk is full.")),
            false => Ok(()),
        }
    }

    fn search(&self, filter: &Filter, cursor: Option<&str>, max: usize) -> Result<Found, Fault> {
        self.trail.search(filter, cursor, max)
    }
}

#[tokio::test]
async fn nothing_is_begun_that_cannot_be_written_down() {
    let (scene, is_full) = full_scene().await;
    let caller = somebody("local", Role::Caller, &[]);
    is_full.store(true, Ordering::Relaxed);
    let called = scene.call(&caller, "math.add").await;
    assert_eq!(called.result.unwrap_err().code, Code::StorageFull);
    let started = scene.service.start(&caller, sums()).await;
    assert_eq!(started.unwrap_err().code, Code::StorageFull);
    is_full.store(false, Ordering::Relaxed);
    scene.call(&caller, "math.add").await.result.unwrap();
    assert_eq!(scene.records("call").len(), 1);
}

#[tokio::test]
async fn whoever_starts_a_run_hears_it_from_its_first_event_on() {
    let scene = Scene::with_math(Limits::default()).await;
    let source = Source {
        text: CHAIN.into(),
        files: Default::default(),
    };
    scene.service.deploy(&admin(), source).await.unwrap();
    let begun = scene.service.start_heard(&admin(), sums()).await;
    let first = begun.unwrap().news.try_recv().unwrap();
    assert!(matches!(first, News::Event(Seq(1))), "{first:?}");
}

#[tokio::test]
async fn a_run_calls_no_tool_that_cannot_be_written_down() {
    let (scene, is_full) = full_scene().await;
    let service = &scene.service;
    let source = Source {
        text: CHAIN.into(),
        files: Default::default(),
    };
    service.deploy(&admin(), source).await.unwrap();
    let run = service.start(&admin(), sums()).await.unwrap();
    is_full.store(true, Ordering::Relaxed);
    let shift = Shift::of("host".parse().unwrap(), POOL.parse().unwrap());
    let ended = async {
        loop {
            if let Some(ending) = service.runs().state(&run).await.unwrap().ended {
                return format!("{ending:?}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let ending = tokio::select! {
        ending = ended => ending,
        worked = service.runs().work(shift, std::future::pending()) => panic!("{worked:?}"),
        () = tokio::time::sleep(Duration::from_secs(60)) => panic!("the run does not end"),
    };
    assert!(ending.contains("StorageFull"), "{ending}");
    assert!(scene.records("call").is_empty());
}

/// With `math`, and a disk that can be full.
async fn full_scene() -> (Scene, Arc<AtomicBool>) {
    let is_full = Arc::new(AtomicBool::new(false));
    let full = is_full.clone();
    let between = |trail| {
        Arc::new(Full {
            trail,
            is_full: full,
        }) as Arc<dyn Notes>
    };
    let scene = Scene::noting(Limits::default(), between).await;
    scene.install(None).await;
    (scene, is_full)
}

fn sums() -> StartRequest {
    StartRequest {
        agent: "sums".parse().unwrap(),
        version: None,
        input: serde_json::json!({}),
        session: None,
        idempotency_key: None,
    }
}
