//! The keys of a namespace, its members and its rule: changed by the word of owners, or keys by that of the domain.

use http::Method;
use serde_json::{Value, json};

use super::{Client, ClientError, ToProve};
use crate::{
    keeper::{acts::Said, proof::Shows},
    state::{
        KeyChange, KeyEnding, LeafSignature, MemberChange, Namespace, ProofMethod, RuleChange,
    },
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
        said: &Said,
        token: &str,
    ) -> Result<Value, ClientError> {
        self.change(&change.namespace, "keys", json!(change), said, token)
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
        let said = Said {
            first: signature.cloned(),
            second: None,
        };
        self.change(&ending.namespace, "key-ends", json!(ending), &said, token)
            .await
    }

    /// Gives a member another role, or removes it.
    ///
    /// # Errors
    /// When the market does not take it.
    pub async fn change_member(
        &self,
        change: &MemberChange,
        said: &Said,
        token: &str,
    ) -> Result<Value, ClientError> {
        self.change(&change.namespace, "members", json!(change), said, token)
            .await
    }

    /// Turns the 2-person rule on or off.
    ///
    /// # Errors
    /// When the market does not take it.
    pub async fn change_rule(
        &self,
        change: &RuleChange,
        said: &Said,
        token: &str,
    ) -> Result<Value, ClientError> {
        self.change(&change.namespace, "rules", json!(change), said, token)
            .await
    }

    /// Tells the market a statement about a namespace, with who says so.
    pub(super) async fn change(
        &self,
        namespace: &Namespace,
        what: &str,
        mut body: Value,
        said: &Said,
        token: &str,
    ) -> Result<Value, ClientError> {
        let path = format!("api/v1/market/namespaces/{namespace}/{what}");
        if let Some(members) = body.as_object_mut() {
            let said = [("signature", &said.first), ("second", &said.second)];
            for (name, signature) in said {
                let signature = signature.as_ref().map(|signature| json!(signature));
                members.extend(signature.map(|signature| (name.to_owned(), signature)));
            }
        }
        self.tell_json(Method::POST, &path, &body, Some(token))
            .await
    }
}
