//! Trusted publishing: whose runs publish in a namespace, and what a run does to publish.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;
use url::Url;

use super::{
    Client, ClientError, Network, Token,
    http::{Http, PATIENCE, Request},
};
use crate::{
    index::Address,
    keeper::{
        acts::Said,
        runs::{Exchange, audience},
    },
    state::{LeafSignature, Namespace, PublisherChange, PublisherEnding},
    trust::{KeyHint, PublicKey},
};

/// Largest answer with an ID token, in bytes.
const MAX_ID_TOKEN: usize = 64 << 10;

/// What a run got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetIn {
    /// The token, which publishes and does nothing else.
    pub token: Token,
    /// Which run the market takes it for, in words.
    pub run: String,
}

#[derive(Deserialize)]
struct Told {
    token: String,
    expires: crate::fixtures::Moment,
    run: String,
}

/// What GitHub answers.
#[derive(Deserialize)]
struct Given {
    value: String,
}

/// Asks GitHub for the ID token of the run this is, for a market at this audience. `url` and `bearer` are what it put into the environment.
///
/// # Errors
/// When it gives none.
pub async fn id_token(url: &str, bearer: &str, audience: &str) -> Result<String, ClientError> {
    let none = |why: &str| ClientError::NoIdToken(why.to_owned());
    let mut url: Url = url.parse().map_err(|_| none("its address is none"))?;
    url.query_pairs_mut().append_pair("audience", audience);
    let origin: Address = url.origin().ascii_serialization().parse()?;
    let network = Network::new(origin).map_err(|error| none(&error.0))?;
    let path = format!(
        "{}?{}",
        url.path().trim_start_matches('/'),
        url.query().unwrap_or_default()
    );
    let asked = async {
        let answer = network.ask(Request::get(&path).with_token(bearer)).await;
        let answer = answer.map_err(|error| none(&error.0))?;
        match answer.status {
            StatusCode::OK => answer.whole(url.path(), MAX_ID_TOKEN).await,
            status => Err(none(&format!("it answers {status}"))),
        }
    };
    let bytes = timeout(PATIENCE, asked).await;
    let bytes = bytes.map_err(|_| none("it took too long to answer"))??;
    let given: Given =
        serde_json::from_slice(&bytes).map_err(|_| none("its answer has no `value`"))?;
    Ok(given.value)
}

impl Client {
    /// What an ID token for this market names as its audience; with a key, it is worth nothing without that.
    pub fn audience(&self, key: Option<KeyHint>) -> String {
        audience(&self.root.address, key)
    }

    /// Gets a token for an ID token of a run, which signs with this key. It is not kept.
    ///
    /// # Errors
    /// When nobody trusts the run.
    pub async fn exchange(
        &self,
        id_token: String,
        namespace: &Namespace,
        key: &PublicKey,
    ) -> Result<LetIn, ClientError> {
        let exchange = Exchange {
            token: id_token,
            namespace: namespace.clone(),
            key: key.clone(),
        };
        let path = "api/v1/market/oidc/tokens";
        let told: Told = self.post(path, &json!(exchange), None).await?;
        let Told {
            token,
            expires,
            run,
        } = told;
        Ok(LetIn {
            token: Token {
                token,
                expires,
                account: None,
            },
            run,
        })
    }

    /// Trusts runs with what a namespace publishes.
    ///
    /// # Errors
    /// When the market does not take it.
    pub async fn add_publisher(
        &self,
        change: &PublisherChange,
        said: &Said,
        token: &str,
    ) -> Result<Value, ClientError> {
        self.change(&change.namespace, "publishers", json!(change), said, token)
            .await
    }

    /// Trusts them no more. Without a signature the domain has to say so.
    ///
    /// # Errors
    /// When the market does not take it.
    pub async fn end_publisher(
        &self,
        ending: &PublisherEnding,
        signature: Option<&LeafSignature>,
        token: &str,
    ) -> Result<Value, ClientError> {
        let PublisherEnding {
            namespace,
            publisher,
            since,
        } = ending;
        let path = format!("api/v1/market/namespaces/{namespace}/publisher-ends");
        let body = json!({"publisher": publisher, "since": since, "signature": signature});
        self.post(&path, &body, Some(token)).await
    }
}
