//! Schedules: ticks become runs, once each, also over restarts and on several hosts.

use std::sync::Arc;

use metier_agent::definition::Name;
use metier_service::{
    Service,
    agents::Source,
    directory::now,
    limits::Limits,
    runs::Wanted,
    triggers::{
        due::Missed,
        manage::{NewTrigger, NewWhen, TriggerChanges, upcoming},
        record::{Cron, Overlap, Start, TickOutcome},
    },
};
use metier_store::types::{Page, RunRow};
use serde_json::json;

use crate::{
    events::CHAIN,
    scene::{Scene, admin},
};

const HOUR: u64 = 60 * 60 * 1000;

/// The next full hour.
fn next_hour() -> u64 {
    (now() / HOUR + 1) * HOUR
}

pub fn named(name: &str) -> Name {
    name.parse().unwrap()
}

pub fn start_of(agent: &str) -> Start {
    Start {
        agent: named(agent),
        version: None,
        session: None,
        input: json!({}),
    }
}

pub fn cron() -> Cron {
    Cron {
        schedule: "@hourly".into(),
        zone: "UTC".into(),
        missed: Missed::Last,
        missed_limit: 10,
        overlap: Overlap::Allow,
        time_key: None,
    }
}

pub fn at(cron: Cron) -> NewTrigger {
    NewTrigger {
        start: start_of("sums"),
        when: NewWhen::Cron(cron),
        enabled: true,
    }
}

pub async fn deploy(service: &Service) {
    let source = Source {
        text: CHAIN.into(),
        files: Default::default(),
    };
    service.deploy(&admin(), source).await.unwrap();
}

async fn scene_with(cron: Cron) -> Scene {
    let scene = Scene::with_math(Limits::default()).await;
    deploy(&scene.service).await;
    let name = named("nightly");
    let made = scene.service.make_trigger(&admin(), &name, at(cron)).await;
    made.unwrap();
    scene
}

pub async fn runs(service: &Service) -> Vec<RunRow> {
    let page = Page {
        after: None,
        max: 500,
    };
    let listed = service.list_runs(&admin(), Wanted::default(), page).await;
    listed.unwrap()
}

async fn last(service: &Service) -> (TickOutcome, Option<String>) {
    let trigger = service.trigger(&admin(), "nightly").unwrap();
    let ticked = service.ticked(&admin(), "nightly", &trigger).await.unwrap();
    let ticked = ticked.unwrap();
    (ticked.outcome, ticked.why.clone())
}

#[tokio::test]
async fn a_tick_starts_one_run_as_the_trigger_and_is_written_down() {
    let scene = scene_with(Cron {
        time_key: Some("at".into()),
        ..cron()
    })
    .await;
    let (service, tick) = (&scene.service, next_hour());
    service.tick(tick - 1).await.unwrap();
    assert!(runs(service).await.is_empty());
    for late in [0, 1, 500, 2_000] {
        service.tick(tick + late).await.unwrap();
    }
    let [run] = runs(service).await.try_into().unwrap();
    let (_, state) = service.run_state(&admin(), run.run).await.unwrap();
    assert_eq!(state.started.principal.as_str(), "trigger/nightly");
    let told = state.started.input["at"].as_str().unwrap();
    assert!(told.ends_with(":00:00Z"), "{told}");
    assert!(!state.started.tainted, "an operator wrote the input");
    assert_eq!(last(service).await.0, TickOutcome::Started);
    let fired = scene.record("fired");
    assert_eq!(fired.rest["outcome"], "started");
    assert_eq!(fired.rest["run"], run.run.to_string());
    assert_eq!(fired.rest["tick"], told);
    assert_eq!(scene.record("trigger").rest["change"], "made");
    service.tick(tick + HOUR).await.unwrap();
    assert_eq!(runs(service).await.len(), 2);
}

#[tokio::test]
async fn two_hosts_with_one_tick_start_one_run() {
    let one = scene_with(cron()).await;
    let other = Scene::over(one.service.store().clone()).await;
    let tick = next_hour();
    let (first, second) = tokio::join!(one.service.tick(tick), other.service.tick(tick));
    first.and(second).unwrap();
    assert_eq!(runs(&one.service).await.len(), 1);
    // One that was held up handles the same tick again.
    let late = Scene::over(one.service.store().clone()).await;
    late.service.tick(tick + 1).await.unwrap();
    assert_eq!(runs(&one.service).await.len(), 1);
}

/// Without what was kept of the tick, the idempotency key of the run alone makes it one.
#[tokio::test]
async fn a_host_that_dies_between_run_and_record_starts_no_second_run() {
    let one = scene_with(cron()).await;
    let tick = next_hour();
    one.service.tick(tick).await.unwrap();
    let store = one.service.store();
    let (kind, key) = (
        "trigger-ticked".parse().unwrap(),
        "local/nightly".parse().unwrap(),
    );
    let any = metier_store::types::Expect::Any;
    store.put(&kind, &key, any, None, None).await.unwrap();
    let next = Scene::over(store.clone()).await;
    next.service.tick(tick + 10).await.unwrap();
    assert_eq!(runs(&one.service).await.len(), 1);
    assert_eq!(last(&next.service).await.0, TickOutcome::Started);
}

#[tokio::test]
async fn after_a_restart_missed_ticks_are_handled_as_it_is_said() {
    for (missed, limit, expected) in [
        (Missed::Skip, 10, 0),
        (Missed::Last, 10, 1),
        (Missed::All, 10, 4),
        (Missed::All, 2, 2),
    ] {
        let before = scene_with(Cron {
            missed,
            missed_limit: limit,
            ..cron()
        })
        .await;
        let store = before.service.store().clone();
        drop(before);
        // Nobody was there for four ticks, the last of them ten minutes ago.
        let after = Scene::over(store.clone()).await;
        let back = next_hour() + 3 * HOUR + 10 * 60 * 1000;
        for moment in [back, back + 1_000] {
            after.service.tick(moment).await.unwrap();
        }
        assert_eq!(
            runs(&after.service).await.len(),
            expected,
            "{missed:?} {limit}"
        );
        // And from then on as always.
        after.service.tick(next_hour() + 4 * HOUR).await.unwrap();
        let all = runs(&after.service).await.len();
        assert_eq!(all, expected + 1, "{missed:?} {limit}");
    }
}

#[tokio::test]
async fn while_a_run_goes_on_the_next_tick_starts_another_only_where_it_may() {
    for (overlap, expected) in [(Overlap::Allow, 2), (Overlap::Skip, 1)] {
        let scene = scene_with(Cron { overlap, ..cron() }).await;
        let tick = next_hour();
        scene.service.tick(tick).await.unwrap();
        scene.service.tick(tick + HOUR).await.unwrap();
        let all = runs(&scene.service).await;
        assert_eq!(all.len(), expected, "{overlap:?}");
        if overlap == Overlap::Skip {
            assert_eq!(last(&scene.service).await.0, TickOutcome::Overlapped);
            let why = "no more is wanted";
            scene
                .service
                .cancel(&admin(), all[0].run, why)
                .await
                .unwrap();
            work_until_ended(&scene.service).await;
            scene.service.tick(tick + 2 * HOUR).await.unwrap();
            assert_eq!(runs(&scene.service).await.len(), 2);
        }
    }
}

/// Runs are worked on until none of them goes on.
pub async fn work_until_ended(service: &Arc<Service>) {
    use metier_agent::driver::Shift;
    use metier_store::types::RunState;
    let shift = Shift::of("host".parse().unwrap(), "default".parse().unwrap());
    let ended = async {
        loop {
            let all = runs(service).await;
            if all
                .iter()
                .all(|run| matches!(run.state, RunState::Done { .. }))
            {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = ended => {}
        worked = service.runs().work(shift, std::future::pending()) => panic!("{worked:?}"),
        () = tokio::time::sleep(std::time::Duration::from_secs(60)) => panic!("the runs do not end"),
    }
}

#[tokio::test]
async fn what_is_off_starts_nothing_and_makes_up_for_nothing_later() {
    let scene = scene_with(Cron {
        missed: Missed::All,
        ..cron()
    })
    .await;
    let service = &scene.service;
    let change = async |enabled| {
        let changes = TriggerChanges {
            enabled: Some(enabled),
            ..TriggerChanges::default()
        };
        let changed = service.change_trigger(&admin(), "nightly", changes).await;
        changed.unwrap()
    };
    let off = change(false).await;
    assert!(upcoming(&off, now()).is_empty());
    let tick = next_hour();
    service.tick(tick).await.unwrap();
    assert!(runs(service).await.is_empty());
    change(true).await;
    service.tick(next_hour() - 1).await.unwrap();
    assert!(runs(service).await.is_empty());
    service
        .directory()
        .suspend(&admin(), &metier_core::TenantId::local(), true)
        .await
        .unwrap();
    service.tick(tick).await.unwrap();
    assert!(runs(service).await.is_empty(), "the tenant is suspended");
    service
        .directory()
        .suspend(&admin(), &metier_core::TenantId::local(), false)
        .await
        .unwrap();
    service.tick(tick).await.unwrap();
    assert_eq!(runs(service).await.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_started_is_passed_over_and_said() {
    let scene = scene_with(cron()).await;
    let service = &scene.service;
    let alias = named("math");
    service.uninstall(&admin(), &alias).await.unwrap();
    let tick = next_hour();
    service.tick(tick).await.unwrap();
    let (outcome, why) = last(service).await;
    assert_eq!(outcome, TickOutcome::Failed);
    assert!(why.unwrap().starts_with("not-found: "));
    assert_eq!(scene.record("fired").rest["code"], "not-found");
    scene.install(None).await;
    service.tick(tick + HOUR).await.unwrap();
    assert_eq!(
        runs(service).await.len(),
        1,
        "the one that failed is not made up for"
    );
}

#[tokio::test]
async fn what_cannot_be_started_just_now_is_tried_again() {
    let rate = metier_service::limits::Rate {
        per_second: 1,
        burst: 1,
    };
    let scene = Scene::with_math(Limits {
        key: Some(rate),
        ..Limits::default()
    })
    .await;
    deploy(&scene.service).await;
    let new = at(Cron {
        missed: Missed::All,
        ..cron()
    });
    scene
        .service
        .make_trigger(&admin(), &named("nightly"), new)
        .await
        .unwrap();
    // The key `trigger/nightly` may start one run a second.
    let back = next_hour() + 2 * HOUR;
    scene.service.tick(back).await.unwrap();
    assert_eq!(runs(&scene.service).await.len(), 1);
    for later in 1..40 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        scene.service.tick(back + later * 6_000).await.unwrap();
    }
    assert_eq!(runs(&scene.service).await.len(), 3);
}
