//! A service on loopback that remembers everything it was asked, and answers in every way a service can.
//!
//! | path | answer |
//! |---|---|
//! | `/echo…` | 200 and the request as JSON: `method`, `target`, `headers`, `body` |
//! | `/status/N` | status N |
//! | `/redirect?URL` | 302 to URL, which is taken as it stands |
//! | `/hold…` | 200, once [`Upstream::release`] was called |
//! | `/drip` | 200 and one byte every few milliseconds, for ever |
//! | `/bytes/N` | 200 and N bytes |
//! | `/stall` | 200, one byte, and nothing more |
//! | anything else | 200 and `ok` |

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use bytes::Bytes;
use futures::StreamExt;
use futures::stream;
use http_body_util::BodyExt;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Most bytes of a request body that are remembered.
const REMEMBERED: usize = 64 << 10;

/// Between two bytes of `/drip`.
const DRIP: Duration = Duration::from_millis(5);

/// How long a test waits for a request before it has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Bytes of one piece of `/bytes/N`.
const PIECE: usize = 16 << 10;

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body's beginning.
    pub body: Vec<u8>,
    /// The body's length so far.
    pub length: usize,
}

impl Seen {
    /// Every value of a header.
    pub fn header(&self, name: &str) -> Vec<&str> {
        let values = self.headers.iter().filter(|(known, _)| known == name);
        values.map(|(_, value)| value.as_str()).collect()
    }
}

/// A running service; stops when dropped.
pub struct Upstream {
    address: SocketAddr,
    memory: Arc<Memory>,
    server: JoinHandle<()>,
}

struct Memory {
    seen: Mutex<Vec<Seen>>,
    count: watch::Sender<usize>,
    released: watch::Sender<bool>,
}

impl Upstream {
    /// On a free port of 127.0.0.1.
    pub async fn start() -> Upstream {
        Upstream::start_at("127.0.0.1:0").await
    }

    /// On this address of loopback.
    pub async fn start_at(address: &str) -> Upstream {
        let listener = TcpListener::bind(address)
            .await
            .expect("a port on loopback");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let memory = Arc::new(Memory {
            seen: Mutex::default(),
            count: watch::Sender::new(0),
            released: watch::Sender::new(false),
        });
        let router = Router::new().fallback(answer).with_state(memory.clone());
        let server = tokio::spawn(async move {
            axum::serve(listener, router)
                .await
                .expect("axum serves until it is stopped");
        });
        Upstream {
            address,
            memory,
            server,
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it was asked so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.memory.lock().clone()
    }

    /// Wait until it was asked so many times.
    pub async fn asked(&self, times: usize) {
        let mut count = self.memory.count.subscribe();
        let asked = count.wait_for(|count| *count >= times);
        let asked = tokio::time::timeout(PATIENCE, asked).await;
        asked
            .expect("it was never asked")
            .expect("the service is running");
    }

    /// Let every `/hold` answer, now and later.
    pub fn release(&self) {
        self.memory.released.send_replace(true);
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, seen: Seen) -> usize {
        let mut all = self.lock();
        all.push(seen);
        self.count.send_replace(all.len());
        all.len() - 1
    }

    fn received(&self, at: usize, bytes: &[u8]) {
        let seen = &mut self.lock()[at];
        let room = REMEMBERED.saturating_sub(seen.body.len()).min(bytes.len());
        seen.body.extend_from_slice(&bytes[..room]);
        seen.length += bytes.len();
    }
}

async fn answer(State(memory): State<Arc<Memory>>, request: Request<Body>) -> Response<Body> {
    let (head, mut body) = request.into_parts();
    let target = head
        .uri
        .path_and_query()
        .map_or("/", |it| it.as_str())
        .to_owned();
    let at = memory.begin(Seen {
        method: head.method.to_string(),
        target: target.clone(),
        headers: texts(&head.headers),
        body: Vec::new(),
        length: 0,
    });
    while let Some(Ok(frame)) = body.frame().await {
        if let Some(bytes) = frame.data_ref() {
            memory.received(at, bytes);
        }
    }
    let seen = memory.lock()[at].clone();
    respond(&memory, &target, &seen).await
}

async fn respond(memory: &Memory, target: &str, seen: &Seen) -> Response<Body> {
    let number = |prefix: &str| {
        target
            .strip_prefix(prefix)
            .and_then(|rest| rest.parse::<usize>().ok())
    };
    if target.starts_with("/echo") {
        return json_of(seen);
    }
    if target.starts_with("/hold") {
        let mut released = memory.released.subscribe();
        released
            .wait_for(|released| *released)
            .await
            .expect("the service is running");
    }
    if let Some(status) =
        number("/status/").and_then(|number| StatusCode::from_u16(number as u16).ok())
    {
        return with(status, Body::empty());
    }
    if let Some(length) = number("/bytes/") {
        return with(StatusCode::OK, Body::from_stream(pieces(length)));
    }
    if let Some((_, to)) = target
        .strip_prefix("/redirect")
        .and_then(|rest| rest.split_once('?'))
    {
        let mut response = with(StatusCode::FOUND, Body::empty());
        response
            .headers_mut()
            .insert(header::LOCATION, to.parse().expect("a header value"));
        return response;
    }
    match target {
        "/drip" => with(StatusCode::OK, Body::from_stream(drops())),
        "/stall" => with(
            StatusCode::OK,
            Body::from_stream(one_byte().chain(stream::pending())),
        ),
        _ => with(StatusCode::OK, Body::from("ok")),
    }
}

type Piece = Result<Bytes, std::convert::Infallible>;

fn pieces(length: usize) -> impl futures::Stream<Item = Piece> {
    stream::unfold(length, |left| async move {
        let piece = left.min(PIECE);
        (piece > 0).then(|| (Ok(Bytes::from(vec![b'x'; piece])), left - piece))
    })
}

fn drops() -> impl futures::Stream<Item = Piece> {
    stream::unfold((), |()| async {
        tokio::time::sleep(DRIP).await;
        Some((Ok(Bytes::from_static(b"x")), ()))
    })
}

fn one_byte() -> impl futures::Stream<Item = Piece> {
    stream::once(async { Ok(Bytes::from_static(b"x")) })
}

fn json_of(seen: &Seen) -> Response<Body> {
    let body = json!({
        "method": seen.method,
        "target": seen.target,
        "headers": seen.headers,
        "body": String::from_utf8_lossy(&seen.body),
    });
    let mut response = with(StatusCode::OK, Body::from(body.to_string()));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/json"),
    );
    response
}

fn with(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), text(value)))
        .collect()
}
