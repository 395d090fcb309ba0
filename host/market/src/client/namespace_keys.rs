//! The keys of a namespace: added and ended by the word of one of them, or by that of the domain.

use http::Method;
use serde_json::{Value, json};

use super::{Client, ClientError, ToProve};
use crate::{
    keeper::proof::Shows,
    state::{KeyChange, KeyEnding, LeafSignature, Namespace, ProofMethod},
};

impl Client {
    /// Asks what a domain has to publish for a change of keys that none of them signs.
    ///
    /// # Errors
    /// When the market never looks there.
    pub async fn terms(
        &self,
        namespace: &Namespace,
        method: ProofMethod,
        shows: Shows,
        token: &str,
    ) -> Result<ToProve, ClientError> {
        let body = json!({"name": namespace, "method": method, "shows": shows});
        let path = "api/v1/market/namespaces";
        self.tell_json(Method::POST, path, &body, Some(token)).await
    }

    /// Adds a key; without a signature the market looks at the domain.
    ///
    /// # Errors
    /// When nobody vouches for it who may.
    pub async fn add_key(
        &self,
        change: &KeyChange,
        signature: Option<&LeafSignature>,
        token: &str,
    ) -> Result<Value, ClientError> {
        let path = format!("api/v1/market/namespaces/{}/keys", change.namespace);
        self.change_keys(&path, json!(change), signature, token)
            .await
    }

    /// Ends a key; without a signature the market looks at the domain.
    ///
    /// # Errors
    /// When nobody vouches for it who may.
    pub async fn end_key(
        &self,
        ending: &KeyEnding,
        signature: Option<&LeafSignature>,
        token: &str,
    ) -> Result<Value, ClientError> {
        let path = format!("api/v1/market/namespaces/{}/key-ends", ending.namespace);
        self.change_keys(&path, json!(ending), signature, token)
            .await
    }

    async fn change_keys(
        &self,
        path: &str,
        mut body: Value,
        signature: Option<&LeafSignature>,
        token: &str,
    ) -> Result<Value, ClientError> {
        if let (Some(signature), Some(members)) = (signature, body.as_object_mut()) {
            members.insert("signature".to_owned(), json!(signature));
        }
        self.tell_json(Method::POST, path, &body, Some(token)).await
    }
}
