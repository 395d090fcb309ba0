//! Clients of agents that go away, and come back.

use std::time::Duration;

use metier_agent::journal::Ending;
use metier_store::types::{Page, RunFilter, RunId};
use serde_json::json;

use super::{
    agents::{PLAIN, ending, run_of, with_agents},
    cancelled::{leave, leave_when},
    hello,
    script::{Script, Turn},
};
use crate::{scene::Scene, wire::Reply};

async fn latest(scene: &Scene) -> RunId {
    let filter = RunFilter::default();
    let page = Page {
        after: None,
        max: 1,
    };
    loop {
        let rows = scene.service.store().runs(&filter, page).await.unwrap();
        if let Some(row) = rows.first() {
            return row.run;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn whoever_goes_away_cancels_the_run() {
    let script = Script::new([Turn::says(&["Hel"]).for_ever()]);
    let scene = with_agents(&script, &[PLAIN]).await;
    let mut body = hello("agent:plain");
    body["stream"] = json!(true);
    leave(&scene, "/v1/chat/completions", &body, "Hel").await;
    let ended = ending(&scene, &latest(&scene).await).await;
    assert!(matches!(ended, Ending::Cancelled { .. }), "{ended:?}");
}

#[tokio::test]
async fn so_does_whoever_waits_for_the_whole_unless_the_request_has_a_name() {
    let never = || Turn::says(&["Hel"]).for_ever();
    let script = Script::new([never(), never()]);
    let scene = with_agents(&script, &[PLAIN]).await;
    let path = "/v1/chat/completions";
    leave_when(&scene, path, "", &hello("agent:plain"), async || {
        script.count() == 1
    })
    .await;
    let ended = ending(&scene, &latest(&scene).await).await;
    assert!(matches!(ended, Ending::Cancelled { .. }), "{ended:?}");
    let named = "idempotency-key: one\r\n";
    leave_when(&scene, path, named, &hello("agent:plain"), async || {
        script.count() == 2
    })
    .await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let state = scene
        .service
        .runs()
        .state(&latest(&scene).await)
        .await
        .unwrap();
    assert!(state.ended.is_none() && state.cancel.is_none(), "{state:?}");
}

#[tokio::test]
async fn a_request_with_a_name_can_be_repeated_and_is_one_run() {
    let script = Script::new([]);
    let scene = with_agents(&script, &[PLAIN]).await;
    let headers = format!(
        "authorization: Bearer {}\r\ncontent-type: application/json\r\nidempotency-key: one\r\n",
        scene.admin
    );
    let body = hello("agent:plain").to_string();
    let path = "POST /v1/chat/completions";
    let first = scene.send(path, &headers, body.as_bytes()).await;
    let second = scene.send(path, &headers, body.as_bytes()).await;
    assert_eq!(run_of(&first), run_of(&second));
    let answer = |reply: &Reply| reply.json["choices"].clone();
    assert_eq!((answer(&first), script.count()), (answer(&second), 1));
    let other = hello("agent:plain").to_string().replace("Hello", "Other");
    let conflict = scene.send(path, &headers, other.as_bytes()).await;
    assert_eq!(conflict.status, 409, "{}", conflict.body);
}
