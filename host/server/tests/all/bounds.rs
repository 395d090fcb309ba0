//! What slow, large and malformed requests come to.

use std::{sync::Arc, time::Duration};

use metier_server::{Settings, listen};
use metier_service::agents::Models;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    scene::{NoModel, Scene},
    wire::{PATIENCE, exchange},
};

async fn impatient() -> Scene {
    let settings = Settings {
        timeout: Duration::from_millis(300),
        max_body: 4_096,
        ..Settings::default()
    };
    let limits = listen::Limits {
        header_timeout: Duration::from_millis(300),
        connections: 4,
        ..listen::Limits::default()
    };
    Scene::seen(Models::default(), Arc::new(NoModel), settings, limits).await
}

/// What comes back until the other side closes; the test fails when it does not.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let read = stream.read_to_end(&mut text);
    tokio::time::timeout(PATIENCE, read).await.unwrap().unwrap();
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn a_head_that_does_not_come_ends_the_connection() {
    let scene = impatient().await;
    let mut stream = TcpStream::connect(scene.address).await.unwrap();
    stream
        .write_all(b"GET /livez HTTP/1.1\r\nhost: 127")
        .await
        .unwrap();
    let told = rest(&mut stream).await;
    assert!(!told.contains("204"), "{told}");
}

#[tokio::test]
async fn a_body_that_does_not_come_ends_the_request() {
    let scene = impatient().await;
    let head = format!(
        "POST /api/v1/keys HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: 100\r\nconnection: close\r\n\r\n{{",
        scene.address, scene.admin
    );
    let mut stream = TcpStream::connect(scene.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let told = rest(&mut stream).await;
    assert!(told.starts_with("HTTP/1.1 504"), "{told}");
    assert!(told.contains("deadline-exceeded"), "{told}");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let scene = impatient().await;
    let large = format!(r#"{{"name": "{}"}}"#, "x".repeat(8_000));
    let refused = scene.ask(&scene.admin, "POST /api/v1/keys", &large).await;
    assert_eq!((refused.status, refused.code()), (413, "invalid-arguments"));
}

#[tokio::test]
async fn whoever_comes_when_all_connections_are_taken_waits_and_is_served() {
    let scene = impatient().await;
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(TcpStream::connect(scene.address).await.unwrap());
    }
    // They say nothing, and are ended for it; then there is room.
    let text = format!(
        "GET /livez HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
        scene.address
    );
    let told = exchange(scene.address, text.as_bytes()).await;
    assert!(told.starts_with("HTTP/1.1 204"), "{told}");
}

#[tokio::test]
async fn malformed_requests_are_answered_or_cut_off_and_never_served() {
    let scene = impatient().await;
    let (address, key) = (scene.address, scene.admin.clone());
    let auth = format!("authorization: Bearer {key}");
    let smuggled = "GET /api/v1/me HTTP/1.1\r\nhost: x\r\n\r\n";
    for text in [
        // Two lengths, and a length beside chunks: what one reads as the end, another does not.
        format!(
            "POST /api/v1/keys HTTP/1.1\r\nhost: {address}\r\n{auth}\r\ncontent-length: 0\r\ncontent-length: 40\r\n\r\n{smuggled}"
        ),
        format!(
            "POST /api/v1/keys HTTP/1.1\r\nhost: {address}\r\n{auth}\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n"
        ),
        // Two hosts, and none.
        format!(
            "GET /api/v1/me HTTP/1.1\r\nhost: {address}\r\nhost: evil.example\r\n{auth}\r\nconnection: close\r\n\r\n"
        ),
        format!("GET /api/v1/me HTTP/1.1\r\n{auth}\r\nconnection: close\r\n\r\n"),
        // Two keys.
        format!(
            "GET /api/v1/me HTTP/1.1\r\nhost: {address}\r\n{auth}\r\n{auth}\r\nconnection: close\r\n\r\n"
        ),
        // No HTTP at all, and lines that break in the middle.
        "\x16\x03\x01\x02\x00\x01\x00".to_owned(),
        format!("GET /api/v1/me HTTP/1.1\nhost: {address}\nx: a\r\n\tb\n\n"),
        format!(
            "GET /api/v1/../../etc/passwd HTTP/1.1\r\nhost: {address}\r\n{auth}\r\nconnection: close\r\n\r\n"
        ),
    ] {
        let told = exchange(address, text.as_bytes()).await;
        assert!(!told.contains(" 200 OK"), "{text:?}: {told}");
        assert!(!told.contains(" 500 "), "{text:?}: {told}");
    }
}

#[tokio::test]
async fn json_that_is_none_or_another_is_told() {
    let scene = Scene::start().await;
    for body in [
        "",
        "{",
        "[]",
        "null",
        "\"x\"",
        r#"{"name": 1, "role": "viewer"}"#,
        r#"{"name": "x", "role": "king"}"#,
        r#"{"name": "x", "name": "y", "role": "viewer"}"#,
        r#"{"name": "x", "role": "viewer", "more": true}"#,
        r#"{"name": "x", "role": "viewer", "expires_in": -1}"#,
        "\u{feff}{}",
    ] {
        let refused = scene.ask(&scene.admin, "POST /api/v1/keys", body).await;
        assert_eq!(
            (refused.status, refused.code()),
            (400, "invalid-arguments"),
            "{body}"
        );
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let refused = scene.ask(&scene.admin, "POST /api/v1/keys", &deep).await;
    assert_eq!(refused.status, 400);
    let form = format!(
        "authorization: Bearer {}\r\ncontent-type: application/x-www-form-urlencoded\r\n",
        scene.admin
    );
    let refused = scene
        .send("POST /api/v1/keys", &form, b"name=x&role=admin")
        .await;
    assert_eq!((refused.status, refused.code()), (415, "request-refused"));
    let bytes = format!(
        "authorization: Bearer {}\r\ncontent-type: application/json\r\n",
        scene.admin
    );
    let refused = scene
        .send("POST /api/v1/keys", &bytes, &[0xff, 0xfe, 0x00])
        .await;
    assert_eq!(refused.status, 400);
}
