//! Each fault, seen from outside.

use std::net::Shutdown;
use std::time::Duration;

use metier_emulator_salesforce::{Fault, Rule};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::client::Client;

const LIMITS: &str = "/services/data/v62.0/limits";

#[tokio::test]
async fn errors_of_every_shape() {
    let client = Client::start();
    let cases = [
        (Fault::ServerError, 500),
        (
            Fault::Unavailable {
                retry_after_s: Some(7),
            },
            503,
        ),
        (Fault::SessionExpired, 401),
        (
            Fault::RequestLimit {
                retry_after_s: Some(7),
            },
            403,
        ),
    ];
    for (fault, status) in cases {
        client.emulator.faults().push(Rule::once(fault.clone()));
        let answer = client.get(LIMITS).await;
        assert_eq!(answer.status, status, "{fault:?}");
        if matches!(
            fault,
            Fault::Unavailable { .. } | Fault::RequestLimit { .. }
        ) {
            assert_eq!(answer.headers["retry-after"], "7");
        }
        assert_eq!(
            client.get(LIMITS).await.status,
            200,
            "{fault:?} happened twice"
        );
    }
}

#[tokio::test]
async fn a_redirect_points_where_it_was_told() {
    let client = Client::start();
    let to = "http://169.254.169.254/latest/meta-data/";
    client.emulator.faults().push(Rule::once(Fault::Redirect {
        to: to.to_owned(),
        status: 307,
    }));
    let answer = client.get(LIMITS).await;
    assert_eq!(
        (answer.status, answer.headers["location"].to_str().unwrap()),
        (307, to)
    );
}

#[tokio::test]
async fn the_secret_comes_back_in_header_and_body() {
    let client = Client::start();
    client.emulator.faults().push(Rule::once(Fault::SecretEcho));
    let answer = client.get(LIMITS).await;
    let secret = format!("Bearer {}", client.token);
    assert_eq!(
        answer.headers["x-echo-authorization"].to_str().unwrap(),
        secret
    );
    assert_eq!(answer.json()["records"][0]["Name"], secret);
}

#[tokio::test]
async fn a_huge_body_has_the_size_it_was_told_and_no_length() {
    let client = Client::start();
    for bytes in [2u64, 3, 100, 1_000_000] {
        client
            .emulator
            .faults()
            .push(Rule::once(Fault::HugeBody { bytes }));
        let answer = client.get(LIMITS).await;
        assert_eq!(u64::try_from(answer.body.len()).unwrap(), bytes);
        assert!(!answer.headers.contains_key("content-length") && answer.json().is_string());
    }
}

#[tokio::test]
async fn broken_json_is_broken_and_unwanted_gzip_is_gzip() {
    let client = Client::start();
    client
        .emulator
        .faults()
        .push(Rule::once(Fault::MalformedJson));
    client.emulator.faults().push(Rule::once(Fault::Gzip));
    let broken = client.get(LIMITS).await;
    assert_eq!(broken.status, 200);
    assert!(serde_json::from_slice::<serde_json::Value>(&broken.body).is_err());
    let zipped = client.get(LIMITS).await;
    assert_eq!(
        (
            zipped.headers["content-encoding"].to_str().unwrap(),
            &zipped.body[..2]
        ),
        ("gzip", &[0x1F, 0x8B][..])
    );
}

/// Send a request by hand and read until the connection ends.
async fn raw(client: &Client) -> (Vec<u8>, std::io::Result<usize>) {
    let mut stream = tokio::net::TcpStream::connect(client.emulator.addr())
        .await
        .unwrap();
    let request = format!(
        "GET {LIMITS} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        client.token
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut read = Vec::new();
    let end = stream.read_to_end(&mut read).await;
    (read, end)
}

#[tokio::test]
async fn a_reset_is_a_reset_before_and_within_the_answer() {
    let client = Client::start();
    client
        .emulator
        .faults()
        .push(Rule::once(Fault::Reset { after_bytes: None }));
    let (read, end) = raw(&client).await;
    assert_eq!(
        (read.len(), end.unwrap_err().kind()),
        (0, std::io::ErrorKind::ConnectionReset)
    );
    client.emulator.faults().push(Rule::once(Fault::Reset {
        after_bytes: Some(5),
    }));
    let (read, end) = raw(&client).await;
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert!(
        read.starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&read)
    );
}

#[tokio::test]
async fn slow_answers_are_true_answers() {
    let client = Client::start();
    let truth = client.get(LIMITS).await;
    client.emulator.faults().push(Rule::once(Fault::Slow {
        first_byte_ms: 5,
        drop_bytes: 10,
        drop_ms: 1,
    }));
    let slow = client.get(LIMITS).await;
    assert_eq!((slow.status, slow.body.len()), (200, truth.body.len()));
}

#[tokio::test]
async fn held_answers_wait_until_they_are_let_go() {
    let client = Client::start();
    client.emulator.faults().push(Rule::always(Fault::Hold));
    let release = async {
        while client.emulator.requests().in_flight() < 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        client.emulator.faults().clear();
    };
    let (first, second, ()) = tokio::join!(client.get(LIMITS), client.get(LIMITS), release);
    assert_eq!((first.status, second.status), (200, 200));
}

#[tokio::test]
async fn the_switches_work_over_http() {
    let client = Client::start();
    let body = r#"[{"kind":"server-error","times":1}]"#;
    let put = client
        .try_send(
            "PUT",
            "/__faults",
            &[("content-type", "application/json")],
            body,
        )
        .await
        .unwrap();
    assert_eq!(put.status, 204);
    assert_eq!(
        client.get("/__faults").await.json(),
        json!([{"kind": "server-error", "path": "/services/data", "times": 1}])
    );
    assert_eq!(client.get(LIMITS).await.status, 500);
    assert_eq!(client.get("/__requests").await.json()["total"], 1);
    assert_eq!(client.send("POST", "/__revoke", "").await.status, 204);
    assert_eq!(client.get(LIMITS).await.status, 401);
}

#[tokio::test]
async fn dropping_it_closes_the_door() {
    let client = Client::start();
    let mut open = std::net::TcpStream::connect(client.emulator.addr()).unwrap();
    let addr = client.emulator.addr();
    drop(client);
    assert!(std::net::TcpStream::connect(addr).is_err());
    let _ = open.shutdown(Shutdown::Write);
    assert_eq!(std::io::Read::read(&mut open, &mut [0; 1]).unwrap_or(0), 0);
}
