//! The programs Metier is held against that are written here: the same work in a plain axum handler, and a model's provider.

#![expect(clippy::print_stdout, reason = "tells its parent where it listens")]

use std::convert::Infallible;
use std::time::Duration;

use anyhow::Result;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

/// Pieces of a streamed answer.
const PIECES: usize = 16;

/// How long the slow provider thinks: longer than it takes to begin a thousand runs.
const SLOW: Duration = Duration::from_secs(120);

#[derive(Deserialize)]
struct Arguments {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    name: String,
    amount: f64,
    #[expect(dead_code, reason = "it is read, as the skill reads it")]
    tags: Vec<String>,
}

#[derive(Serialize)]
struct Summary {
    count: usize,
    total: f64,
    longest: String,
}

/// As the bench's skill does it.
async fn summarize(Json(arguments): Json<Arguments>) -> Json<Summary> {
    let longest = arguments
        .items
        .iter()
        .map(|item| &item.name)
        .max_by_key(|name| name.len())
        .cloned();
    Json(Summary {
        count: arguments.items.len(),
        total: arguments.items.iter().map(|item| item.amount).sum(),
        longest: longest.unwrap_or_default(),
    })
}

#[derive(Deserialize)]
struct Question {
    #[serde(default)]
    stream: bool,
}

/// As OpenAI's chat completions answer, always the same.
async fn answer(Json(question): Json<Question>) -> Response {
    let usage = r#""usage":{"prompt_tokens":9,"completion_tokens":16,"total_tokens":25}"#;
    if !question.stream {
        let body = format!(
            r#"{{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{{"index":0,"message":{{"role":"assistant","content":"{}"}},"finish_reason":"stop"}}],{usage}}}"#,
            "total ".repeat(PIECES)
        );
        return ([(header::CONTENT_TYPE, "application/json")], body).into_response();
    }
    let chunk = |delta: &str, rest: &str| {
        format!(
            "data: {{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{rest}}}]}}\n\n"
        )
    };
    let mut pieces = vec![chunk(r#"{"role":"assistant","content":""}"#, "null")];
    pieces.extend((0..PIECES).map(|_| chunk(r#"{"content":"total "}"#, "null")));
    pieces.push(chunk("{}", r#""stop""#));
    pieces.push(format!(
        "data: {{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[],{usage}}}\n\ndata: [DONE]\n\n"
    ));
    let pieces = pieces
        .into_iter()
        .map(|piece| Ok::<_, Infallible>(Bytes::from(piece)));
    let body = Body::from_stream(futures::stream::iter(pieces));
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}

async fn slowly(question: Json<Question>) -> Response {
    tokio::time::sleep(SLOW).await;
    answer(question).await
}

/// Serves on a free loopback port until it is killed.
pub fn serve() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        println!("http://{}", listener.local_addr()?);
        let router = Router::new()
            .route("/summarize", post(summarize))
            .route("/v1/chat/completions", post(answer))
            .route("/slow/chat/completions", post(slowly));
        // As every provider does: the pieces of a stream are small, and each would wait for the one before to be acknowledged.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        axum::serve(listener, router).await?;
        Ok(())
    })
}
