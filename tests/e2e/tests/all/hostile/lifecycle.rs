//! Calls that are given up, crowd each other, or leave something behind.

use std::sync::Arc;
use std::time::Duration;

use metier_core::ids::CallId;
use metier_core::{Blame, Code, RunScope};
use metier_e2e::{TestHost, Upstream};
use metier_runtime::audit::{NoObserver, Observer};
use serde_json::json;
use tokio::sync::Notify;

use super::scene::{Scene, Web};
use crate::grants;

/// Begin a call, wait until `underway`, and give it up; gives back its id.
async fn give_up(
    scene: &Scene,
    behaviour: &str,
    argument: &str,
    observer: Arc<dyn Observer>,
    underway: impl Future,
) -> CallId {
    let arguments = json!({"behaviour": behaviour, "argument": argument});
    let call = scene.host.prepare(&scene.hostile, "run", &arguments);
    let (id, host) = (call.id.clone(), scene.host.host().clone());
    let task = tokio::spawn(async move {
        host.call(call, Arc::new(RunScope::unrestricted()), observer)
            .await
    });
    underway.await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    id
}

#[tokio::test]
pub async fn a_call_nobody_waits_for() {
    let web = Web::new("").await;
    let hanging = web.upstream.asked(1);
    let id = give_up(
        &web.scene,
        "get",
        "http://api.test/hold",
        Arc::new(NoObserver),
        hanging,
    )
    .await;
    let record = web.scene.host.records().written(&id).await;
    assert_eq!(record.fault.map(|fault| fault.code), Some(Code::Cancelled));
    web.scene.alive().await;
}

/// Tells when the first report came.
#[derive(Default)]
struct Started(Notify);

impl Observer for Started {
    fn progress(&self, _: &str, _: Option<f64>) {
        self.0.notify_one();
    }
}

#[tokio::test]
pub async fn a_loop_nobody_waits_for() {
    let scene = Scene::on(TestHost::builder().calls(1).start(), "").await;
    let started = Arc::new(Started::default());
    let underway = started.0.notified();
    let id = give_up(&scene, "loop-in-progress", "", started.clone(), underway).await;
    let record = scene.host.records().written(&id).await;
    assert_eq!(record.fault.map(|fault| fault.code), Some(Code::Cancelled));
    // There is room for one call only: its place was given back.
    scene.alive().await;
}

#[tokio::test]
pub async fn an_effect_before_a_trap() {
    let scene = Scene::new("[kv]\nbuckets = [\"cache\"]\n").await;
    scene
        .run("kv-then-panic", "cache")
        .await
        .failed(Code::SkillTrap, Blame::Skill);
    // A key-value store has no transactions: what was written is there, and nothing else is.
    assert_eq!(
        scene.run("kv-keys", "cache").await.text(),
        "got in: [\"done\"]"
    );
}

#[tokio::test]
pub async fn a_flood_of_calls() {
    let host = TestHost::builder()
        .calls(2)
        .patience(Duration::from_millis(20))
        .start();
    let upstream = Upstream::start().await;
    let scene = Scene::on(host, &grants::http("api.test", &upstream)).await;
    let hold = || {
        scene.host.call(
            &scene.hostile,
            "run",
            json!({"behaviour": "get", "argument": "http://api.test/hold"}),
        )
    };
    let crowd = async {
        upstream.asked(2).await;
        let refused = hold().await;
        refused.failed(Code::Busy, Blame::Host);
        assert_eq!(upstream.seen().len(), 2, "nothing of it was begun");
        assert_eq!(refused.outcome.usage.memory_peak_bytes, 0);
        upstream.release();
    };
    let (first, second, ()) = tokio::join!(hold(), hold(), crowd);
    assert!(first.text().starts_with("got in") && second.text().starts_with("got in"));
    scene.alive().await;
}

/// One thread for both: the loop has to give way.
#[tokio::test]
pub async fn a_loop_beside_a_good_skill() {
    let scene = Scene::new("[limits]\ncpu = \"2s\"\n").await;
    let looping = scene.host.call(
        &scene.hostile,
        "run",
        json!({"behaviour": "loop", "argument": ""}),
    );
    let beside = async {
        for _ in 0..20 {
            scene.alive().await;
        }
    };
    let mut looping = std::pin::pin!(looping);
    tokio::select! {
        biased;
        ended = &mut looping => panic!("the good skill had to wait until the loop was stopped: {ended:?}"),
        () = beside => {}
    }
    looping.await.failed(Code::SkillCpuExceeded, Blame::Skill);
}

#[tokio::test]
pub async fn a_narrowed_run() {
    let web = Web::new("[kv]\nbuckets = [\"cache\"]\n").await;
    let narrow = RunScope {
        http: Some(Vec::new()),
        kv: Some(Vec::new()),
        ..RunScope::unrestricted()
    };
    for (behaviour, argument) in [("get", "http://api.test/open"), ("kv-open", "cache")] {
        let arguments = json!({"behaviour": behaviour, "argument": argument});
        let ended = web
            .scene
            .host
            .call_within(&web.scene.hostile, "run", arguments, narrow.clone())
            .await;
        ended.kept_out();
        assert!(
            ended
                .denials()
                .iter()
                .all(|code| *code == Code::RunNarrowed),
            "{:?}",
            ended.denials()
        );
    }
    assert!(web.upstream.seen().is_empty());
    let none = RunScope::of_tools([]);
    let arguments = json!({"behaviour": "loop", "argument": ""});
    let ended = web
        .scene
        .host
        .call_within(&web.scene.hostile, "run", arguments, none)
        .await;
    ended.failed(Code::RunNarrowed, Blame::Operator);
    web.scene.alive().await;
}
