//! What waits for a person in a market, and what they decide.

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::{
    Client, ClientError,
    http::{Request, json as read_json},
};
use crate::{keeper::acts::Waiting, state::Reason};

/// Largest answer, in bytes: fifty reports of an account, or all of the market's.
const MAX_QUEUE: usize = 64 << 20;

#[derive(Deserialize)]
struct Listed {
    waiting: Vec<Waiting>,
}

impl Client {
    /// What waits: all of it for who keeps the market, their own for others.
    ///
    /// # Errors
    /// When the token is none.
    pub async fn queue(&self, token: &str) -> Result<Vec<Waiting>, ClientError> {
        let path = "api/v1/market/queue";
        let request = Request::get(path).with_token(token);
        let bytes = self.read(request, MAX_QUEUE).await?;
        let Listed { waiting } = read_json(path, &bytes)?;
        Ok(waiting)
    }

    /// One of it.
    ///
    /// # Errors
    /// When nothing of this id waits.
    pub async fn waiting(&self, id: &str, token: &str) -> Result<Waiting, ClientError> {
        let path = of(id, "");
        let request = Request::get(&path).with_token(token);
        let bytes = self.read(request, MAX_QUEUE).await?;
        read_json(&path, &bytes)
    }

    /// Lets one in, or refuses it with a reason.
    ///
    /// # Errors
    /// When the token is not that of who keeps the market; when the review refuses it by now.
    pub async fn decide(
        &self,
        id: &str,
        refused: Option<&Reason>,
        token: &str,
    ) -> Result<(), ClientError> {
        let (path, body) = match refused {
            None => (of(id, "/approve"), json!({})),
            Some(why) => (of(id, "/refuse"), json!({"why": why})),
        };
        let body = body.to_string().into();
        let request = Request::send(Method::POST, path, "application/json", body);
        // What it answers beside that it is done, nobody needs.
        self.ask(request.with_token(token)).await.map(drop)
    }
}

/// An id is one part of the path, whatever stands in it.
fn of(id: &str, what: &str) -> String {
    let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("api/v1/market/queue/{id}{what}")
}
