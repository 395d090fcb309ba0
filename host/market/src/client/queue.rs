//! What waits for a person in a market, and what they decide.

use http::{Method, StatusCode};
use metier_core::Digest;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Client, ClientError, MAX_COMPONENT,
    http::{DOWNLOAD, Request, json as read_json},
    market::within,
};
use crate::{
    keeper::acts::Waiting,
    state::{LeafSignature, Reason},
};

/// Largest answer, in bytes: fifty reports of an account, or all of the market's.
const MAX_QUEUE: usize = 64 << 20;

/// Largest manifest of something that waits, and largest file, in bytes.
const MAX_SENT_MANIFEST: usize = 4 << 20;
const MAX_SENT: usize = MAX_COMPONENT as usize;

#[derive(Deserialize)]
struct Image {
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
struct Layer {
    digest: Digest,
}

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

    /// Lets one in, or refuses it with a reason. Whether it is published now: it may wait for another member of its namespace first.
    ///
    /// # Errors
    /// When the token is not that of who keeps the market; when the review refuses it by now.
    pub async fn decide(
        &self,
        id: &str,
        refused: Option<&Reason>,
        token: &str,
    ) -> Result<bool, ClientError> {
        let (path, body) = match refused {
            None => (of(id, "/approve"), json!({})),
            Some(why) => (of(id, "/refuse"), json!({"why": why})),
        };
        let body = body.to_string().into();
        let request = Request::send(Method::POST, path, "application/json", body);
        let answer = self.ask(request.with_token(token)).await?;
        Ok(answer.status == StatusCode::CREATED)
    }
}

impl Client {
    /// Approves, as another member, of what waits for one: it is published.
    ///
    /// # Errors
    /// When the market does not take it.
    pub async fn second(
        &self,
        id: &str,
        signature: &LeafSignature,
        token: &str,
    ) -> Result<Value, ClientError> {
        let body = json!({"signature": signature});
        self.post(&of(id, "/second"), &body, Some(token)).await
    }

    /// What waits: its file, with the manifest that was signed. Both are what the submission says they are.
    ///
    /// # Errors
    /// When they are not, or the market does not show them.
    pub async fn sent(&self, waiting: &Waiting, token: &str) -> Result<Vec<u8>, ClientError> {
        let (name, manifest) = (&waiting.submission.name, waiting.submission.manifest);
        let path = format!("v2/{name}/manifests/{manifest}");
        let request = Request::get(&path).with_token(token);
        let text = self.read(request, MAX_SENT_MANIFEST).await?;
        check(&manifest, &text)?;
        let Image { layers } = read_json(&path, &text)?;
        match layers.as_slice() {
            [layer] if layer.digest == waiting.component => {}
            _ => {
                let why = "it does not hold the file it is said to";
                return Err(super::http::not_json(&path, b"", why));
            }
        }
        let path = format!("v2/{name}/blobs/{}", waiting.component);
        let request = Request::get(&path).with_token(token);
        let file = async {
            let answer = self.ask(request).await?;
            answer.whole(&path, MAX_SENT).await
        };
        let file = within(DOWNLOAD, &path, file).await?;
        check(&waiting.component, &file)?;
        Ok(file)
    }
}

fn check(wanted: &Digest, bytes: &[u8]) -> Result<(), ClientError> {
    let (wanted, found) = (*wanted, Digest::of(bytes));
    match found == wanted {
        true => Ok(()),
        false => Err(ClientError::OtherBytes { wanted, found }),
    }
}

/// An id is one part of the path, whatever stands in it.
fn of(id: &str, what: &str) -> String {
    let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("api/v1/market/queue/{id}{what}")
}
