//! Requests over connections that stay open, as many at once as there are connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use axum::body::Bytes;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A request that is sent again and again.
#[derive(Clone)]
pub struct Template {
    /// To whom.
    pub address: SocketAddr,
    /// The path.
    pub path: String,
    /// Beside the host.
    pub headers: HeaderMap,
    /// JSON.
    pub body: Bytes,
    /// What every good answer has in its body.
    pub marker: &'static str,
}

/// One connection.
pub struct Connection(SendRequest<Full<Bytes>>);

/// An answer, read to its end.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// All of it.
    pub body: Bytes,
    /// When its first bytes were there.
    pub first: Instant,
}

impl Connection {
    /// Opens one.
    pub async fn open(address: SocketAddr) -> Result<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Connection(sender))
    }

    /// Asks, and reads the whole answer.
    pub async fn ask(&mut self, template: &Template) -> Result<Answer> {
        let mut request = Request::post(&template.path)
            .header(header::HOST, template.address.to_string())
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(template.body.clone()))?;
        request.headers_mut().extend(template.headers.clone());
        self.0.ready().await?;
        let answer = self.0.send_request(request).await?;
        let (parts, mut body) = answer.into_parts();
        let (mut all, mut first) = (Vec::new(), None);
        while let Some(frame) = body.frame().await {
            first.get_or_insert_with(Instant::now);
            if let Ok(data) = frame?.into_data() {
                all.extend_from_slice(&data);
            }
        }
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body: all.into(),
            first: first.unwrap_or_else(Instant::now),
        })
    }

    /// Asks, and fails unless the answer is a good one.
    pub async fn succeed(&mut self, template: &Template) -> Result<Answer> {
        let answer = self.ask(template).await?;
        let text = String::from_utf8_lossy(&answer.body);
        ensure!(
            answer.status.is_success() && text.contains(template.marker),
            "{}: {text}",
            answer.status
        );
        Ok(answer)
    }
}

/// Makes `calls` calls over `at_once` connections; how long all took.
pub async fn run(template: &Template, at_once: usize, calls: u64) -> Result<Duration> {
    let mut connections = Vec::new();
    for _ in 0..at_once {
        let mut connection = Connection::open(template.address).await?;
        connection.succeed(template).await?;
        connections.push(connection);
    }
    let left = Arc::new(AtomicU64::new(calls));
    let begun = Instant::now();
    let mut workers = Vec::new();
    for mut connection in connections {
        let (template, left) = (template.clone(), left.clone());
        workers.push(tokio::spawn(async move {
            let take = |left: u64| left.checked_sub(1);
            while left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
                .is_ok()
            {
                connection.succeed(&template).await?;
            }
            anyhow::Ok(())
        }));
    }
    for worker in workers {
        worker.await.context("a worker broke off")??;
    }
    Ok(begun.elapsed())
}
