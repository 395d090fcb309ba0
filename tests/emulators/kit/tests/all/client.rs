//! A service that counts, and a client.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Router, middleware};
use metier_emulator_kit::client::{Answer, ask};
use metier_emulator_kit::{Book, Place, Served, observe, routes};

/// Counts to one more with each `POST /count`; refuses the first of `POST /moody`.
pub struct Counter {
    pub book: Arc<Book>,
    pub count: Arc<AtomicU64>,
    pub served: Served,
}

impl Counter {
    pub fn start() -> Counter {
        let (count, moods) = (Arc::new(AtomicU64::new(0)), AtomicU64::new(0));
        let book = Arc::new(Book::new(|path| path == "/search"));
        let counting = Arc::clone(&count);
        let reading = Arc::clone(&count);
        let counts = async move || (counting.fetch_add(1, Ordering::SeqCst) + 1).to_string();
        let moods = Arc::new(moods);
        let moody = async move || match moods.fetch_add(1, Ordering::SeqCst) {
            0 => StatusCode::BAD_REQUEST,
            _ => StatusCode::CREATED,
        };
        let router = Router::new()
            .route(
                "/count",
                post(counts).get(async move || reading.load(Ordering::SeqCst).to_string()),
            )
            .route("/moody", post(moody))
            .route("/search", post(async || "found"))
            .route("/", get(async || "hello"))
            .layer(middleware::from_fn_with_state(Arc::clone(&book), observe))
            .merge(routes(Arc::clone(&book)));
        let place = Place::take(0, &[]).unwrap();
        let served = place.serve("counter", router).unwrap();
        Counter {
            book,
            count,
            served,
        }
    }

    pub fn counted(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    pub async fn post(&self, path: &str, key: &str, body: &str) -> Answer {
        self.ask("POST", path, key, body).await.unwrap()
    }

    /// None when the connection goes away.
    pub async fn ask(&self, method: &str, path: &str, key: &str, body: &str) -> Option<Answer> {
        let json = ("content-type", "application/json");
        let key = ("idempotency-key", key);
        let headers = if key.1.is_empty() {
            vec![json]
        } else {
            vec![json, key]
        };
        ask(self.served.addr(), method, path, &headers, body.as_bytes()).await
    }
}
