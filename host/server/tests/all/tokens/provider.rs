//! An OpenID provider, as far as whoever checks its tokens sees of it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use rcgen::KeyPair;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// A key of a provider's.
pub struct Key {
    alg: Algorithm,
    secret: EncodingKey,
    raw: Vec<u8>,
    id: &'static str,
}

impl Key {
    pub fn new(alg: Algorithm, id: &'static str) -> Key {
        let (kind, read): (_, fn(&[u8]) -> _) = match alg {
            Algorithm::RS256 => (&rcgen::PKCS_RSA_SHA256, EncodingKey::from_rsa_pem),
            Algorithm::ES256 => (&rcgen::PKCS_ECDSA_P256_SHA256, EncodingKey::from_ec_pem),
            _ => (&rcgen::PKCS_ED25519, EncodingKey::from_ed_pem),
        };
        let pair = KeyPair::generate_for(kind).unwrap();
        Key {
            alg,
            secret: read(pair.serialize_pem().as_bytes()).unwrap(),
            raw: pair.public_key_raw().to_vec(),
            id,
        }
    }

    pub fn public(&self) -> Value {
        if self.alg == Algorithm::EdDSA {
            let x = BASE64_URL_SAFE_NO_PAD.encode(&self.raw);
            return json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": self.id, "x": x});
        }
        let mut key = Jwk::from_encoding_key(&self.secret, self.alg).unwrap();
        key.common.key_id = Some(self.id.to_owned());
        serde_json::to_value(key).unwrap()
    }

    pub fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(self.alg);
        header.kid = Some(self.id.to_owned());
        jsonwebtoken::encode(&header, claims, &self.secret).unwrap()
    }
}

/// A token that says it needs no signature.
pub fn unsigned(claims: &Value, signature: &str) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({"alg": "none", "kid": "one"});
    format!("{}.{}.{signature}", part(&header), part(claims))
}

/// What it answers.
#[derive(Default)]
struct Said {
    discovery: Mutex<Value>,
    keys: Mutex<Value>,
    asked: AtomicUsize,
}

/// One at work.
pub struct Provider {
    pub url: String,
    said: Arc<Said>,
}

impl Provider {
    /// One that publishes these keys.
    pub async fn start(keys: &[&Key]) -> Provider {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let said = Arc::new(Said::default());
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(published))
            .route("/moved", get(|| async { Redirect::temporary("/keys") }))
            .route(
                "/page",
                get(|| async { Html("<!doctype html><title>Sign in</title>") }),
            )
            .route("/huge", get(huge))
            .route("/silent", get(silent))
            .with_state(said.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let provider = Provider { url, said };
        provider.publish(keys);
        let keys = format!("{}/keys", provider.url);
        provider.discover(json!({"issuer": provider.url, "jwks_uri": keys}));
        provider
    }

    /// Publishes other keys from now on.
    pub fn publish(&self, keys: &[&Key]) {
        let keys: Vec<Value> = keys.iter().map(|key| key.public()).collect();
        *self.said.keys.lock().unwrap() = json!({"keys": keys});
    }

    /// Has another discovery document from now on.
    pub fn discover(&self, document: Value) {
        *self.said.discovery.lock().unwrap() = document;
    }

    /// How often its keys were asked for.
    pub fn keys_asked(&self) -> usize {
        self.said.asked.load(Ordering::Relaxed)
    }
}

async fn discovery(State(said): State<Arc<Said>>) -> Json<Value> {
    Json(said.discovery.lock().unwrap().clone())
}

async fn published(State(said): State<Arc<Said>>) -> Json<Value> {
    said.asked.fetch_add(1, Ordering::Relaxed);
    Json(said.keys.lock().unwrap().clone())
}

/// The keys, and more behind them than anybody has to read.
async fn huge(State(said): State<Arc<Said>>) -> Response {
    let mut keys = said.keys.lock().unwrap().clone();
    keys["more"] = json!("x".repeat(1 << 20));
    Body::from(keys.to_string()).into_response()
}

async fn silent() {
    tokio::time::sleep(Duration::from_secs(600)).await;
}
