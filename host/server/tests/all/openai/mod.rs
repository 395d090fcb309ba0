//! The OpenAI-compatible endpoints.

mod agents;
mod cancelled;
mod chat;
mod left;
mod mistakes;
mod narrow;
mod providers;
mod responses;
mod script;
mod wrong;

use serde_json::{Value, json};

use crate::{scene::Scene, wire::Reply};
use script::{Script, routes};

/// A service whose models say what the script has.
async fn scene(script: &std::sync::Arc<Script>) -> Scene {
    Scene::with(routes(), script.clone()).await
}

impl Scene {
    /// A question in Chat Completions, with the administrator's key.
    async fn chat(&self, body: Value) -> Reply {
        let key = self.admin.clone();
        self.ask(&key, "POST /v1/chat/completions", &body.to_string())
            .await
    }

    /// A question in Responses.
    async fn respond(&self, body: Value) -> Reply {
        let key = self.admin.clone();
        self.ask(&key, "POST /v1/responses", &body.to_string())
            .await
    }

    /// What is booked, when everything is: all accounts with their sums in nano-dollars.
    async fn booked(&self) -> Vec<(String, i64)> {
        self.service.booked().await;
        let filter = metier_store::types::UsageFilter::default();
        let usage = self.service.store().usage(&filter).await.unwrap();
        let lines = usage.into_iter();
        lines
            .map(|line| (line.account.to_string(), line.amount.0))
            .collect()
    }
}

/// The data of a stream's events; the mark of its end is a text.
fn events(reply: &Reply) -> Vec<Value> {
    let data = reply
        .body
        .lines()
        .filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap_or_else(|_| json!(data)))
        .collect()
}

/// The names of a stream's events.
fn kinds(reply: &Reply) -> Vec<&str> {
    let names = reply.body.lines();
    names
        .filter_map(|line| line.strip_prefix("event: "))
        .collect()
}

/// A question of one message.
fn hello(model: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": "Hello" }] })
}

/// All words of a chat's stream.
fn words(reply: &Reply) -> String {
    let events = events(reply);
    let words = events
        .iter()
        .filter_map(|event| event["choices"][0]["delta"]["content"].as_str());
    words.collect()
}
