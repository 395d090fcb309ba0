//! Who somebody is to a market, and what only they may do: tokens, namespaces, keys, yanks, revocations.

use bytes::Bytes;
use http::Method;
use metier_core::{Code, SkillName};
use semver::Version;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    Client, ClientError,
    http::{Request, json as read_json},
};
use crate::{
    fixtures::Moment,
    keeper::login::Login,
    revoked::Target,
    state::{Account, Namespace, ProofMethod, Reason},
    trust::{KeyPair, PublicKey},
};

/// Largest answer, in bytes.
const MAX_ANSWER: usize = 1 << 20;

/// A token, kept for its owner alone.
const TOKEN: &str = "token.json";

/// A token and until when it is one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The token; never shown.
    pub token: String,
    /// Until when.
    pub expires: Moment,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token(until {})", self.expires)
    }
}

/// What to publish to prove a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ToProve {
    /// The text to publish.
    pub proof: String,
    /// Where.
    #[serde(rename = "where")]
    pub place: String,
}

#[derive(Deserialize)]
struct Challenge {
    challenge: String,
}

impl Client {
    /// Gets a token by a key, and keeps it. The first key that names a free account has it.
    ///
    /// # Errors
    /// When the account is somebody else's.
    pub async fn login(&self, account: &Account, key: &KeyPair) -> Result<Token, ClientError> {
        let Challenge { challenge } = self
            .post("api/v1/market/challenges", &json!({}), None)
            .await?;
        let login = Login::sign(account.clone(), key, challenge, &self.root.address)?;
        let token: Token = self
            .post("api/v1/market/tokens", &json!(login), None)
            .await?;
        let account = Some(account.clone());
        let token = Token { account, ..token };
        self.kept.write_json(TOKEN, &token)?;
        Ok(token)
    }

    /// The token of the last login, whether it is still one or not.
    pub fn last_token(&self) -> Option<Token> {
        self.kept.read_json(TOKEN)
    }

    /// Whether the market takes a token: it ends after an hour, and when the market is started anew.
    ///
    /// # Errors
    /// When the market does not tell.
    pub async fn is_good(&self, token: &Token, now: Moment) -> Result<bool, ClientError> {
        if token.expires <= now {
            return Ok(false);
        }
        match self.namespaces(&token.token).await {
            Ok(_) => Ok(true),
            Err(ClientError::Refused(fault)) if fault.code == Code::Unauthenticated => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Asks how a namespace can be proven.
    ///
    /// # Errors
    /// When it is somebody else's.
    pub async fn claim(
        &self,
        namespace: &Namespace,
        method: ProofMethod,
        token: &str,
    ) -> Result<ToProve, ClientError> {
        let body = json!({"name": namespace, "method": method});
        self.post("api/v1/market/namespaces", &body, Some(token))
            .await
    }

    /// Has the proof looked up; the namespace has this key first.
    ///
    /// # Errors
    /// When the proof is not there.
    pub async fn prove(
        &self,
        namespace: &Namespace,
        key: &PublicKey,
        token: &str,
    ) -> Result<Value, ClientError> {
        let path = format!("api/v1/market/namespaces/{namespace}");
        self.tell_json(Method::PUT, &path, &json!({"key": key}), Some(token))
            .await
    }

    /// The namespaces of the account that is logged in.
    ///
    /// # Errors
    /// When the market does not tell.
    pub async fn namespaces(&self, token: &str) -> Result<Value, ClientError> {
        let path = "api/v1/market/namespaces";
        let bytes = self
            .read(Request::get(path).with_token(token), MAX_ANSWER)
            .await?;
        read_json(path, &bytes)
    }

    /// Takes a version back, or takes that back.
    ///
    /// # Errors
    /// When it is not the account's.
    pub async fn yank(
        &self,
        name: &SkillName,
        version: &Version,
        yank: bool,
        why: &Reason,
        token: &str,
    ) -> Result<Value, ClientError> {
        let what = if yank { "yank" } else { "unyank" };
        let path = format!("api/v1/market/skills/{name}/{version}/{what}");
        let told = self.post(&path, &json!({"why": why}), Some(token)).await;
        self.forget_index(name);
        told
    }

    /// Revokes something: hosts stop it.
    ///
    /// # Errors
    /// When the account may not.
    pub async fn revoke(
        &self,
        target: &Target,
        why: &Reason,
        token: &str,
    ) -> Result<Value, ClientError> {
        let body = json!({"target": target, "why": why});
        self.post("api/v1/market/revocations", &body, Some(token))
            .await
    }

    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
        token: Option<&str>,
    ) -> Result<T, ClientError> {
        self.tell_json(Method::POST, path, body, token).await
    }

    pub(super) async fn tell_json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        token: Option<&str>,
    ) -> Result<T, ClientError> {
        let bytes = Bytes::from(body.to_string());
        let mut request = Request::send(method, path, "application/json", bytes);
        request.token = token.map(str::to_owned);
        let answer = self.read(request, MAX_ANSWER).await?;
        read_json(path, &answer)
    }
}
