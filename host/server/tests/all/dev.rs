//! The server of `metier dev`, with a listener on loopback and requests as bytes.

mod server;

use std::time::Duration;

use metier_server::dev::ServeError;
use server::{Reply, Server, tools};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn tools_are_listed_and_called() {
    let server = Server::start().await;
    let listed = server.get("/tools").await;
    assert_eq!(listed.status, 200);
    assert_eq!(listed.json["tools"][0]["name"], "add");
    assert_eq!(listed.json["tools"][0]["inputSchema"]["type"], "object");
    assert!(listed.json["tools"][0]["effect"].is_string());
    assert!(
        listed.json["digest"]
            .as_str()
            .unwrap()
            .starts_with("sha256:")
    );
    let answer = server.call("add", r#"{"a": 2, "b": 3}"#).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "5"));
    assert_eq!(server.seen(), ["add"]);
}

#[tokio::test]
async fn a_failure_has_a_status_a_code_and_the_id_of_its_request() {
    let server = Server::start().await;
    for (reply, status, code) in [
        (server.call("ad", "{}").await, 404, "unknown-tool"),
        (
            server.call("add", r#"{"a": "x"}"#).await,
            400,
            "invalid-arguments",
        ),
        (
            server.call("add", "nonsense").await,
            400,
            "invalid-arguments",
        ),
        (server.call("crash", "{}").await, 500, "skill-trap"),
        (server.get("/nothing").await, 404, "request-refused"),
        (server.get("/tools/add").await, 405, "request-refused"),
    ] {
        assert_eq!(
            (reply.status, reply.code()),
            (status, code),
            "{}",
            reply.body
        );
        assert!(!reply.json["error"]["hint"].as_str().unwrap().is_empty());
        let id = reply.json["request_id"].as_str().unwrap();
        assert!(
            reply.head.contains(&format!("x-request-id: {id}")),
            "{}",
            reply.head
        );
    }
}

#[tokio::test]
async fn a_body_is_json_and_bounded() {
    let server = Server::start().await;
    let form = server
        .send("POST /tools/add", "content-type: text/plain\r\n", "{}")
        .await;
    assert_eq!((form.status, form.code()), (415, "request-refused"));
    let most = server.most_bytes();
    let head = format!(
        "POST /tools/add HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        most + 1
    );
    let large = Reply::of(&server.raw(head.as_bytes()).await);
    assert_eq!(large.status, 413, "{}", large.body);
    assert!(server.seen().is_empty());
}

/// A body that does not say how long it is, and goes on and on.
#[tokio::test]
async fn a_body_that_is_longer_than_it_says_is_cut_off() {
    let server = Server::start().await;
    let most = usize::try_from(server.most_bytes()).unwrap();
    let chunk = |declared: usize, sent: usize, end: &str| {
        let head = "POST /tools/add HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
        format!("{head}{declared:x}\r\n{}{end}", " ".repeat(sent))
    };
    // It never ends: the answer comes as soon as there is a byte too many, which is the last that is sent.
    let large = Reply::of(&server.raw(chunk(2 * most, most + 1, "").as_bytes()).await);
    assert_eq!(
        (large.status, large.code()),
        (413, "invalid-arguments"),
        "{}",
        large.body
    );
    // Within the limit it is the host that judges.
    let fits = Reply::of(
        &server
            .raw(chunk(most, most, "\r\n0\r\n\r\n").as_bytes())
            .await,
    );
    assert_eq!(
        (fits.status, fits.code()),
        (400, "invalid-arguments"),
        "{}",
        fits.body
    );
    assert!(server.seen().is_empty() || server.seen() == ["add"]);
}

/// One more connection than there may be waits until another ends.
#[tokio::test]
async fn connections_are_bounded() {
    let server = Server::start().await;
    let mut idle = Vec::new();
    for _ in 0..metier_server::dev::MAX_CONNECTIONS {
        idle.push(TcpStream::connect(server.address()).await.unwrap());
    }
    let mut one_more = Box::pin(server.get("/tools"));
    let waited = tokio::time::timeout(Duration::from_secs(1), &mut one_more).await;
    assert!(
        waited.is_err(),
        "the connection was served beside {} others",
        idle.len()
    );
    idle.pop();
    assert_eq!(one_more.await.status, 200);
}

#[tokio::test]
async fn a_web_page_is_kept_out() {
    let server = Server::start().await;
    let own = server.address();
    let accepted = [
        format!("host: {own}\r\n"),
        format!("host: {own}\r\norigin: http://{own}\r\n"),
        "host: localhost:1\r\n".to_owned(),
        "host: [::1]\r\n".to_owned(),
    ];
    let refused = [
        "host: evil.example\r\n".to_owned(),
        "host: localhost.evil.example\r\n".to_owned(),
        "host: 127.0.0.1.evil.example\r\n".to_owned(),
        "host: 192.168.0.1\r\n".to_owned(),
        "".to_owned(),
        format!("host: {own}\r\norigin: https://evil.example\r\n"),
        format!("host: {own}\r\norigin: http://localhost:1\r\n"),
        format!("host: {own}\r\norigin: null\r\n"),
        format!("host: {own}\r\nhost: evil.example\r\n"),
    ];
    for (hosts, fine) in accepted
        .iter()
        .map(|h| (h, true))
        .chain(refused.iter().map(|h| (h, false)))
    {
        let text = format!(
            "POST /tools/add HTTP/1.1\r\n{hosts}connection: close\r\ncontent-type: application/json\r\ncontent-length: 16\r\n\r\n{{\"a\": 2, \"b\": 3}}"
        );
        let reply = Reply::of(&server.raw(text.as_bytes()).await);
        if fine {
            assert_eq!(reply.status, 200, "{hosts}");
        } else {
            assert!(
                matches!(reply.status, 400 | 403),
                "{hosts} {}",
                reply.status
            );
        }
    }
    assert_eq!(
        server.seen().len(),
        accepted.len(),
        "nothing else was called"
    );
    let page = server
        .raw(b"GET /tools HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n")
        .await;
    assert_eq!(Reply::of(&page).status, 403);
}

#[tokio::test]
async fn only_this_machine_is_served() {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let (tools, _) = tools().await;
    let serving = metier_server::dev::serve(listener, tools, std::future::pending());
    let refused = tokio::time::timeout(Duration::from_secs(10), serving).await;
    assert!(matches!(refused, Ok(Err(ServeError::NotLoopback(_)))));
}

#[tokio::test]
async fn it_ends_when_it_is_told_although_a_client_stays() {
    let server = Server::start().await;
    let idle = TcpStream::connect(server.address()).await.unwrap();
    server.stop().await;
    drop(idle);
}
