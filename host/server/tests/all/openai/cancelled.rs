//! Clients that go away.

use std::time::Duration;

use metier_agent::models::ModelRequest;
use metier_service::{Caller, books::AT_ONCE};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    hello, scene,
    script::{Script, Turn},
};
use crate::scene::Scene;

/// Asks, and goes away once `until` was read.
pub async fn leave(scene: &Scene, path: &str, body: &Value, until: &str) {
    let mut stream = begin(scene, path, "", body).await;
    let mut read = String::new();
    while !read.contains(until) {
        let mut bytes = [0; 1024];
        let count = stream.read(&mut bytes).await.unwrap();
        assert!(count > 0, "{read}");
        read.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
}

/// Asks, and goes away once something is so.
pub async fn leave_when(
    scene: &Scene,
    path: &str,
    headers: &str,
    body: &Value,
    is_so: impl AsyncFn() -> bool,
) {
    let _stream = begin(scene, path, headers, body).await;
    while !is_so().await {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn begin(scene: &Scene, path: &str, headers: &str, body: &Value) -> TcpStream {
    let mut stream = TcpStream::connect(scene.address).await.unwrap();
    let (address, key, body) = (scene.address, &scene.admin, body.to_string());
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n{headers}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn a_stream_that_nobody_reads_gives_its_question_up() {
    for path in ["/v1/chat/completions", "/v1/responses"] {
        let script = Script::new([Turn::says(&["Hel"]).for_ever()]);
        let scene = scene(&script).await;
        let mut body = hello("quick");
        if path == "/v1/responses" {
            body = json!({ "model": "quick", "input": "Hello" });
        }
        body["stream"] = json!(true);
        leave(&scene, path, &body, "Hel").await;
        script.is_given_up().await;
        // It had begun to cost something.
        let booked = scene.booked().await;
        assert_eq!(
            (booked.len(), booked[0].0.as_str()),
            (1, "model/one"),
            "{path}"
        );
        assert!((1..10_000_000).contains(&booked[0].1), "{booked:?}");
    }
}

#[tokio::test]
async fn so_does_whoever_waits_for_a_whole_answer_or_for_the_first_word() {
    for stream in [false, true] {
        let script = Script::new([Turn::says(&[]).for_ever()]);
        let scene = scene(&script).await;
        let mut body = hello("quick");
        body["stream"] = json!(stream);
        let asked = async || script.count() > 0;
        leave_when(&scene, "/v1/chat/completions", "", &body, asked).await;
        script.is_given_up().await;
    }
}

#[tokio::test]
async fn beyond_so_many_questions_at_once_others_are_told_to_come_back() {
    let script = Script::new([]);
    let scene = scene(&script).await;
    let caller = Caller::operator_of("local".parse().unwrap());
    let asking = (0..AT_ONCE).map(|number| {
        let id = format!("q-{number}").parse().unwrap();
        let request = ModelRequest::default();
        scene.service.ask(&caller, &id, "quick", request).unwrap()
    });
    let asking: Vec<_> = asking.collect();
    let busy = scene.chat(hello("quick")).await;
    assert_eq!((busy.status, busy.code()), (503, "busy"), "{}", busy.body);
    assert_eq!(busy.header("retry-after"), Some("1"));
    drop(asking);
    assert_eq!(scene.chat(hello("quick")).await.status, 200);
    assert_eq!(script.count(), 1);
}
