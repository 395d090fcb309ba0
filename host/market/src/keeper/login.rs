//! What a key signs so that its account is let in.

use base64::{Engine, engine::general_purpose::STANDARD};
use metier_core::canonical;
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use crate::{
    state::Account,
    trust::{KeyError, KeyPair, PublicKey, pae},
};

/// What a login's signature is over, beside its bytes; no bundle has this type.
pub const LOGIN_TYPE: &str = "application/vnd.metier.login.v1";

/// The body of `POST /api/v1/market/tokens`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// Which account. It is the key's from the first time on.
    pub account: Account,
    /// The key.
    pub key: PublicKey,
    /// What the market gave out.
    pub challenge: String,
    /// The key's signature, in base64.
    pub signature: String,
}

impl Login {
    /// Signs a challenge of the market at this address, as its trust root has it. A signature for one market is worth nothing at another,
    /// so that none can pass a challenge on.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn sign(
        account: Account,
        pair: &KeyPair,
        challenge: String,
        market: &Url,
    ) -> Result<Login, KeyError> {
        let signature = pair.sign(&signed(&account, &challenge, market))?;
        Ok(Login {
            account,
            key: pair.public().clone(),
            challenge,
            signature: STANDARD.encode(signature),
        })
    }

    /// Whether the key signed this for the market at this address.
    pub(super) fn is_signed(&self, market: &Url) -> bool {
        let message = signed(&self.account, &self.challenge, market);
        let signature = STANDARD.decode(&self.signature).unwrap_or_default();
        self.key.has_signed(&message, &signature)
    }
}

/// DSSE over the canonical JSON of `{account, challenge, market}`.
fn signed(account: &Account, challenge: &str, market: &Url) -> Vec<u8> {
    let body = json!({"account": account, "challenge": challenge, "market": market.as_str()});
    pae(LOGIN_TYPE, canonical::text(&body).as_bytes())
}
