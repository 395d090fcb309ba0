//! Clients that go away.

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

/// Asks, and goes away once `until` was read; at once when it is empty.
pub async fn leave(scene: &Scene, path: &str, body: &Value, until: &str) {
    let mut stream = TcpStream::connect(scene.address).await.unwrap();
    let body = body.to_string();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        scene.address,
        scene.admin,
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut read = String::new();
    while !until.is_empty() && !read.contains(until) {
        let mut bytes = [0; 1024];
        let count = stream.read(&mut bytes).await.unwrap();
        assert!(count > 0, "{read}");
        read.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
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
        let waiting = async {
            while script.count() == 0 {
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
        };
        let mut stream = TcpStream::connect(scene.address).await.unwrap();
        let body = body.to_string();
        let request = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            scene.address,
            scene.admin,
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        waiting.await;
        drop(stream);
        script.is_given_up().await;
    }
}
