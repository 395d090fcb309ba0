//! Publishing: blobs first, which nobody sees, then one request that everything depends on.

use bytes::Bytes;
use http::{Method, StatusCode};
use metier_core::{Digest, SkillName};
use serde::Deserialize;
use serde_json::json;

use super::{
    Client, ClientError,
    http::{DOWNLOAD, PATIENCE, Request, json as read_json},
    market::within,
};
use crate::{
    consent::Contents,
    fixtures::Moment,
    keeper::registry::manifest::MANIFEST,
    state::{Account, subject_name},
    trust::{Publisher, Signature, SigningKey},
    ware::{Said, Ware},
};

/// Largest answer, in bytes.
const MAX_ANSWER: usize = 1 << 20;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Published {
    /// It is there.
    Done {
        /// Its leaf.
        leaf: u64,
        /// Its page.
        page: String,
    },
    /// Another person looks at it first.
    Held {
        /// What to ask for.
        review: String,
        /// What whoever asked can read of it: in the queue, or, as a run, the version's page once it is let in.
        page: Option<String>,
        /// The members of the namespace of whom one has to approve; a person of the market looks where none are named.
        approvers: Option<Vec<Account>>,
    },
}

/// What is published.
pub struct Publishing<'p, W = Contents> {
    /// The file: a skill's component, or the package of an agent.
    pub component: &'p [u8],
    /// What it says, read from it.
    pub contents: &'p W,
    /// Whether it mends a hole, so that updates to it do not wait.
    pub security_fix: bool,
    /// Signs it.
    pub key: &'p SigningKey<Publisher>,
    /// When.
    pub now: Moment,
}

#[derive(Deserialize)]
struct Done {
    leaf: u64,
    page: String,
}

#[derive(Deserialize)]
struct Held {
    review: serde_json::Value,
    #[serde(default)]
    page: Option<String>,
    approvers: Option<Vec<Account>>,
}

impl Client {
    /// Publishes a version.
    ///
    /// # Errors
    /// When the market refuses it, with its findings.
    pub async fn publish<W: Ware>(
        &self,
        publishing: &Publishing<'_, W>,
        token: &str,
    ) -> Result<Published, ClientError> {
        let Said { name, version, .. } = &publishing.contents.said();
        let image = W::image(publishing.component, name.namespace(), publishing.now)?;
        let digest = image.digest();
        let subject = subject_name(name, version);
        let bundle = publishing.key.sign(&digest, &subject, &Signature)?;
        self.push_blob(name, publishing.component.to_vec(), token)
            .await?;
        self.push_blob(name, image.config.clone(), token).await?;
        let path = format!("v2/{name}/manifests/{digest}");
        self.send(Method::PUT, &path, MANIFEST, image.manifest, token)
            .await?;
        let body = json!({
            "name": name,
            "version": version,
            "manifest": digest,
            "bundle": bundle.to_json(),
            "security_fix": publishing.security_fix,
        });
        let published = self.tell(&body, token).await;
        // Whatever it was, the index is asked for anew.
        self.forget_index(name);
        published
    }

    async fn tell(&self, body: &serde_json::Value, token: &str) -> Result<Published, ClientError> {
        let path = "api/v1/market/publish";
        let bytes = Bytes::from(body.to_string());
        let request = Request::send(Method::POST, path, "application/json", bytes);
        let answer = self.ask(request.with_token(token)).await?;
        let status = answer.status;
        let bytes = within(PATIENCE, path, answer.whole(path, MAX_ANSWER)).await?;
        if status == StatusCode::ACCEPTED {
            let Held {
                review,
                page,
                approvers,
            } = read_json(path, &bytes)?;
            let review = match review {
                serde_json::Value::String(text) => text,
                other => other.to_string(),
            };
            return Ok(Published::Held {
                review,
                page,
                approvers,
            });
        }
        let Done { leaf, page } = read_json(path, &bytes)?;
        Ok(Published::Done { leaf, page })
    }

    /// Pushes a blob in one request.
    async fn push_blob(
        &self,
        name: &SkillName,
        bytes: Vec<u8>,
        token: &str,
    ) -> Result<(), ClientError> {
        let digest = Digest::of(&bytes);
        let path = format!("v2/{name}/blobs/uploads/?digest={digest}");
        self.send(
            Method::POST,
            &path,
            "application/octet-stream",
            bytes,
            token,
        )
        .await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        media: &'static str,
        bytes: Vec<u8>,
        token: &str,
    ) -> Result<(), ClientError> {
        let request = Request::send(method, path, media, bytes.into()).with_token(token);
        let sent = async {
            let answer = self.ask(request).await?;
            answer.whole(path, MAX_ANSWER).await
        };
        within(DOWNLOAD, path, sent).await.map(drop)
    }
}
