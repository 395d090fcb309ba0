#![expect(clippy::unwrap_used, reason = "tests")]
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures::future::BoxFuture;
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use metier_core::Code;
use rcgen::KeyPair;
use serde_json::{Value, json};

use super::{ALGORITHMS, Issuer, KeySource, MAX_KEY_SET, MAX_TOKEN, SigningAlgorithm, Tokens};
use crate::{Caller, Role};

#[path = "token_tests/kept.rs"]
mod kept;

const URL: &str = "https://login.example/realms/acme";

struct Key {
    alg: Algorithm,
    secret: EncodingKey,
    raw: Vec<u8>,
    id: &'static str,
}

impl Key {
    fn new(alg: Algorithm, id: &'static str) -> Key {
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

    fn public(&self) -> Value {
        if self.alg == Algorithm::EdDSA {
            let x = BASE64_URL_SAFE_NO_PAD.encode(&self.raw);
            return json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": self.id, "x": x});
        }
        let mut key = Jwk::from_encoding_key(&self.secret, self.alg).unwrap();
        key.common.key_id = Some(self.id.to_owned());
        serde_json::to_value(key).unwrap()
    }

    fn sign(&self, claims: &Value) -> String {
        self.sign_as(Some(self.id), claims)
    }

    fn sign_as(&self, kid: Option<&str>, claims: &Value) -> String {
        let mut header = Header::new(self.alg);
        header.kid = kid.map(str::to_owned);
        jsonwebtoken::encode(&header, claims, &self.secret).unwrap()
    }
}

#[derive(Default)]
struct Source {
    keys: Mutex<Vec<u8>>,
    asked: AtomicUsize,
    /// Answers come when it lets them.
    gate: tokio::sync::Mutex<()>,
}

impl KeySource for Source {
    fn fetch<'a>(&'a self, _: &'a Issuer) -> BoxFuture<'a, Result<Vec<u8>, String>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            drop(self.gate.lock().await);
            match self.keys.lock().unwrap().clone() {
                keys if keys.is_empty() => Err("nobody is there".to_owned()),
                keys => Ok(keys),
            }
        })
    }
}

struct Scene {
    tokens: Tokens,
    source: Arc<Source>,
    now: Arc<AtomicU64>,
}

impl Scene {
    fn of(issuer: Issuer, keys: &[&Key]) -> Scene {
        let source = Arc::new(Source::default());
        let now = Arc::new(AtomicU64::new(1_000_000));
        let held = now.clone();
        let clock = Arc::new(move || held.load(Ordering::Relaxed));
        let tokens = Tokens::new(vec![issuer], source.clone(), clock);
        let scene = Scene {
            tokens,
            source,
            now,
        };
        scene.publish(keys);
        scene
    }

    fn publish(&self, keys: &[&Key]) {
        let keys: Vec<Value> = keys.iter().map(|key| key.public()).collect();
        let set = json!({"keys": keys}).to_string();
        *self.source.keys.lock().unwrap() = set.into_bytes();
    }

    async fn opens(&self, token: &str) -> Option<Caller> {
        match self.tokens.verify(token).await {
            Ok(caller) => Some(caller),
            Err(fault) => {
                assert_eq!(fault.code, Code::Unauthenticated);
                assert_eq!(fault.message, "The key is not valid.");
                None
            }
        }
    }
}

fn issuer() -> Issuer {
    Issuer {
        url: URL.into(),
        audiences: vec!["metier".into()],
        algorithms: ALGORITHMS.to_vec(),
        keys: None,
        addresses: Vec::new(),
        ca_file: None,
        tenant_claim: Some("org".into()),
        tenant: None,
        role_claim: Some("groups".into()),
        roles: [
            ("staff".to_owned(), Role::Caller),
            ("ops".to_owned(), Role::Operator),
        ]
        .into(),
        role: None,
        principal_claim: "sub".into(),
    }
}

fn now() -> i64 {
    i64::try_from(crate::directory::now() / 1000).unwrap()
}

/// Good claims, with some replaced, or taken out where the new value is null.
fn claims(changes: &Value) -> Value {
    let mut claims = json!({
        "iss": URL, "aud": "metier", "sub": "ada", "org": "acme", "groups": ["staff", "other"],
        "exp": now() + 300, "nbf": now() - 10, "iat": now(),
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
        .as_object_mut()
        .unwrap()
        .retain(|_, value| !value.is_null());
    claims
}

#[tokio::test]
async fn a_token_opens_by_each_of_three_algorithms() {
    for alg in [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA] {
        let key = Key::new(alg, "one");
        let scene = Scene::of(issuer(), &[&key]);
        let caller = scene.opens(&key.sign(&claims(&json!({})))).await.unwrap();
        assert_eq!(caller.tenant.as_str(), "acme");
        assert_eq!(caller.role, Role::Caller);
        assert_eq!(
            caller.principal.as_str(),
            "user/ada@login.example/realms/acme"
        );
        scene.opens(&key.sign(&claims(&json!({})))).await.unwrap();
        assert_eq!(scene.source.asked.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test]
async fn claims_that_are_not_right_do_not_open() {
    let key = Key::new(Algorithm::ES256, "one");
    let scene = Scene::of(issuer(), &[&key]);
    for changes in [
        json!({"iss": "https://login.example/realms/other"}),
        json!({"iss": format!("{URL}/")}),
        json!({"iss": null}),
        json!({"aud": "other"}),
        json!({"aud": ["other", "others"]}),
        json!({"aud": null}),
        json!({"exp": now() - 70}),
        json!({"exp": null}),
        json!({"exp": "never"}),
        json!({"nbf": now() + 90}),
        json!({"sub": null}),
        json!({"sub": ""}),
        json!({"org": null}),
        json!({"org": "no such/name"}),
        json!({"org": 7}),
        json!({"groups": null}),
        json!({"groups": ["admin"]}),
    ] {
        assert_eq!(
            scene.opens(&key.sign(&claims(&changes))).await,
            None,
            "{changes}"
        );
    }
    for changes in [
        json!({"aud": ["other", "metier"]}),
        json!({"exp": now() - 40}),
        json!({"nbf": now() + 40}),
        json!({"nbf": null}),
        json!({"groups": "staff"}),
    ] {
        assert!(
            scene.opens(&key.sign(&claims(&changes))).await.is_some(),
            "{changes}"
        );
    }
}

#[tokio::test]
async fn claims_say_tenant_and_role_and_defaults_stand_in() {
    let key = Key::new(Algorithm::EdDSA, "one");
    let with_defaults = Issuer {
        tenant: Some("beta".parse().unwrap()),
        role: Some(Role::Viewer),
        ..issuer()
    };
    let scene = Scene::of(with_defaults, &[&key]);
    let told = async |changes| {
        let caller = scene.opens(&key.sign(&claims(&changes))).await;
        caller.map(|caller| (caller.tenant.to_string(), caller.role))
    };
    let is = |tenant: &str, role| Some((tenant.to_owned(), role));
    assert_eq!(
        told(json!({"groups": ["staff", "ops"]})).await,
        is("acme", Role::Operator)
    );
    for groups in [
        json!(["admin"]),
        json!(["the ops of another"]),
        json!([["ops"]]),
        json!(7),
    ] {
        let told = told(json!({"groups": groups})).await;
        assert_eq!(told, is("acme", Role::Viewer), "{groups}");
    }
    let words = told(json!({"groups": "staff ops"})).await;
    assert_eq!(words, is("acme", Role::Operator));
    assert_eq!(
        told(json!({"org": null, "groups": null})).await,
        is("beta", Role::Viewer)
    );
    // What is there and makes no sense is not as good as nothing.
    assert_eq!(told(json!({"org": "no such/name"})).await, None);
}

#[tokio::test]
async fn no_algorithm_is_taken_on_the_tokens_word() {
    let key = Key::new(Algorithm::RS256, "one");
    let scene = Scene::of(issuer(), &[&key]);
    let good = key.sign(&claims(&json!({})));
    let (signed, _) = good.rsplit_once('.').unwrap();
    let (_, body) = signed.split_once('.').unwrap();
    for header in [
        json!({"alg": "none"}),
        json!({"alg": "none", "kid": "one"}),
        json!({"alg": "None", "kid": "one"}),
        json!({"alg": "HS256", "kid": "one"}),
        json!({"kid": "one"}),
    ] {
        let header = BASE64_URL_SAFE_NO_PAD.encode(header.to_string());
        for signature in ["", "AAAA"] {
            let token = format!("{header}.{body}.{signature}");
            assert_eq!(scene.opens(&token).await, None, "{token}");
        }
    }
    // The public key as the secret of an HMAC, in each form it is published in.
    let public = key.public();
    for secret in [public["n"].as_str().unwrap().to_owned(), public.to_string()] {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some("one".into());
        let secret = EncodingKey::from_secret(secret.as_bytes());
        let token = jsonwebtoken::encode(&header, &claims(&json!({})), &secret).unwrap();
        assert_eq!(scene.opens(&token).await, None);
    }
    let critical = json!({"alg": "RS256", "kid": "one", "crit": ["exp"]});
    let critical = BASE64_URL_SAFE_NO_PAD.encode(critical.to_string());
    let signature = good.rsplit_once('.').unwrap().1;
    assert_eq!(
        scene.opens(&format!("{critical}.{body}.{signature}")).await,
        None
    );
    assert!(scene.opens(&good).await.is_some());
}

#[tokio::test]
async fn a_set_with_a_secret_in_it_or_for_other_uses_opens_nothing() {
    let key = Key::new(Algorithm::ES256, "one");
    let scene = Scene::of(issuer(), &[]);
    let mut public = key.public();
    public["use"] = json!("enc");
    let octets = json!({"kty": "oct", "kid": "two", "alg": "HS256", "k": "c2VjcmV0"});
    let set = json!({"keys": [public, octets, {"kty": "new"}]}).to_string();
    *scene.source.keys.lock().unwrap() = set.into_bytes();
    assert_eq!(scene.opens(&key.sign(&claims(&json!({})))).await, None);
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("two".into());
    let secret = EncodingKey::from_secret(b"secret");
    let token = jsonwebtoken::encode(&header, &claims(&json!({})), &secret).unwrap();
    assert_eq!(scene.opens(&token).await, None);
}

#[tokio::test]
async fn somebody_elses_signature_does_not_open() {
    let (key, other) = (
        Key::new(Algorithm::ES256, "one"),
        Key::new(Algorithm::ES256, "one"),
    );
    let scene = Scene::of(issuer(), &[&key]);
    assert_eq!(scene.opens(&other.sign(&claims(&json!({})))).await, None);
    let good = key.sign(&claims(&json!({})));
    let forged = other.sign(&claims(&json!({"groups": ["ops"]})));
    let (head, _) = forged.rsplit_once('.').unwrap();
    let (_, signature) = good.rsplit_once('.').unwrap();
    assert_eq!(scene.opens(&format!("{head}.{signature}")).await, None);
    for token in [
        "",
        ".",
        "..",
        "a.b.c",
        "a.b.c.d",
        &good[1..],
        &format!("{good}.x"),
    ] {
        assert_eq!(scene.opens(token).await, None, "{token}");
    }
}

#[tokio::test]
async fn without_an_id_there_has_to_be_one_key_only() {
    let (one, two) = (
        Key::new(Algorithm::ES256, "one"),
        Key::new(Algorithm::ES256, "two"),
    );
    let good = one.sign_as(None, &claims(&json!({})));
    assert!(Scene::of(issuer(), &[&one]).opens(&good).await.is_some());
    assert_eq!(Scene::of(issuer(), &[&one, &two]).opens(&good).await, None);
}

#[tokio::test]
async fn what_is_too_large_does_not_open() {
    let key = Key::new(Algorithm::ES256, "one");
    let scene = Scene::of(issuer(), &[&key]);
    let sized = |length: usize| key.sign(&claims(&json!({"more": "x".repeat(length)})));
    assert!(scene.opens(&sized(MAX_TOKEN / 2)).await.is_some());
    assert_eq!(scene.opens(&sized(MAX_TOKEN)).await, None);
    let scene = Scene::of(issuer(), &[]);
    let set = json!({"keys": [key.public()], "more": "x".repeat(MAX_KEY_SET)}).to_string();
    *scene.source.keys.lock().unwrap() = set.into_bytes();
    assert_eq!(scene.opens(&sized(1)).await, None);
}

#[tokio::test]
async fn an_issuer_signs_by_what_it_is_told_to_only() {
    let key = Key::new(Algorithm::ES256, "one");
    let good = key.sign(&claims(&json!({})));
    for (algorithm, opens) in [("ES256", true), ("RS256", false)] {
        let issuer = Issuer {
            algorithms: vec![SigningAlgorithm::named(algorithm).unwrap()],
            ..issuer()
        };
        let scene = Scene::of(issuer, &[&key]);
        assert_eq!(scene.opens(&good).await.is_some(), opens, "{algorithm}");
    }
}

#[tokio::test]
async fn whoever_does_not_fit_a_principal_is_told_by_a_digest() {
    let key = Key::new(Algorithm::ES256, "one");
    let scene = Scene::of(issuer(), &[&key]);
    let told = async |sub: &str| {
        let caller = scene.opens(&key.sign(&claims(&json!({"sub": sub})))).await;
        caller.unwrap().principal.to_string()
    };
    let end = "@login.example/realms/acme";
    assert_eq!(
        told("auth0|7-ada@acme").await,
        format!("user/auth0|7-ada@acme{end}")
    );
    let odd = told("Ada Lovelace\n").await;
    assert!(
        odd.starts_with("user/sha256:") && odd.ends_with(end),
        "{odd}"
    );
    let long = told(&"a".repeat(300)).await;
    assert!(
        long.starts_with("user/sha256:") && long.len() < 200,
        "{long}"
    );
    // Nobody can call themselves what another is told by.
    let digest = odd
        .strip_prefix("user/")
        .unwrap()
        .strip_suffix(end)
        .unwrap();
    assert_ne!(told(digest).await, odd);
}
