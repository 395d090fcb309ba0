//! Trusted publishing: runs of a CI service, which is a server on loopback, and everything that is no such run.

mod approved;
mod bearer;
mod ended;
mod id_tokens;
mod owner;

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use jsonwebtoken::Algorithm as Alg;
use metier_core::Digest;
use metier_market::{
    receipt::Receipt,
    state::{PublisherEnding, TrustedPublisher, Word},
    trust::{Algorithm, KeyPair, Moment, Publisher, SigningKey},
};
use metier_server::market::trusted::{ISSUERS, PublishedKeys};
use metier_store::{Clock, HeldClock, types::Time};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{AS_ACME, Answer, Options, Stall, component, published::signed};
use crate::tokens::provider::{Key, Provider};

const SKILL: &str = "com.acme/salesforce";
const EXCHANGE: &str = "POST /api/v1/market/oidc/tokens";
const PUBLISHERS: &str = "POST /api/v1/market/namespaces/com.acme/publishers";
const ENDS: &str = "POST /api/v1/market/namespaces/com.acme/publisher-ends";

/// A market that takes ID tokens of a CI service, in which `com.acme` trusts a workflow.
struct Works {
    stall: Stall,
    provider: Provider,
    /// What the service signs ID tokens with.
    signs: Key,
    /// Whom `com.acme` trusts.
    id: Digest,
}

fn seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

fn pair() -> SigningKey<Publisher> {
    SigningKey::new(KeyPair::generate(Algorithm::EcdsaP256).unwrap())
}

fn word(text: &str) -> Word {
    text.parse().unwrap()
}

/// A market at the time it is, which takes ID tokens of a provider.
async fn stall(
    folder: TempDir,
    provider: &Provider,
    at: Time,
    change: impl FnOnce(Options) -> Options,
) -> Stall {
    let clock = Arc::new(HeldClock::at(at));
    let held = clock.clone();
    let issuers = [&provider.url, ISSUERS[0], ISSUERS[1]].map(str::to_owned);
    let mut stall = Stall::with(folder, |options| {
        let address = options.address.clone().unwrap();
        change(Options {
            clock: held,
            id_tokens: Arc::new(PublishedKeys::of(&issuers, &address).unwrap()),
            ..options
        })
    })
    .await;
    stall.clock = clock;
    stall
}

impl Works {
    async fn open() -> Works {
        Works::with(|options| options).await
    }

    async fn with(change: impl FnOnce(Options) -> Options) -> Works {
        let signs = Key::new(Alg::RS256, "one");
        let provider = Provider::start(&[&signs]).await;
        let now = Time(seconds() * 1_000_000);
        let stall = stall(TempDir::new().unwrap(), &provider, now, change).await;
        let body = json!({"key": stall.key.verifying().public()});
        let claim = "PUT /api/v1/market/namespaces/com.acme";
        assert_eq!(stall.tell(AS_ACME, claim, &body).await.status, 201);
        let mut works = Works {
            stall,
            provider,
            signs,
            id: Digest::of(b"nobody"),
        };
        let trusted = works.trusted();
        works.id = trusted.id(&"com.acme".parse().unwrap());
        let added = works.add(AS_ACME, trusted).await;
        assert_eq!(added.status, 201, "{added:?}");
        works
    }

    /// Now, as the market has it.
    fn now(&self) -> Moment {
        let micros = u64::try_from(self.stall.clock.now().0).unwrap();
        (UNIX_EPOCH + Duration::from_micros(micros)).into()
    }

    fn trusted(&self) -> TrustedPublisher {
        let claims = [
            ("repository", "acme/salesforce"),
            ("repository_owner_id", "65"),
            (
                "workflow_ref",
                "acme/salesforce/.github/workflows/release.yml@*",
            ),
        ];
        TrustedPublisher {
            issuer: word(&self.provider.url),
            claims: claims
                .map(|(name, wanted)| (word(name), word(wanted)))
                .into(),
            skills: [SKILL.parse().unwrap()].into(),
            from: self.now(),
        }
    }

    async fn add(&self, who: &str, trusted: TrustedPublisher) -> Answer {
        let change = trusted.of("com.acme".parse().unwrap());
        let signature = change.signature(&self.stall.key).unwrap();
        let body = signed(json!({"publisher": change.publisher}), &signature);
        self.stall.tell(who, PUBLISHERS, &body).await
    }

    fn ending(&self, since: Option<Moment>) -> PublisherEnding {
        PublisherEnding {
            namespace: "com.acme".parse().unwrap(),
            publisher: self.id,
            since,
        }
    }

    /// The same, signed by the owner's key.
    fn ended(&self, since: Option<Moment>) -> Value {
        let ending = self.ending(since);
        let signature = ending.signature(&self.stall.key).unwrap();
        signed(json!(ending), &signature)
    }

    /// What the service says of a run, with some of it replaced; nothing where it is null.
    fn claims(&self, changes: &Value) -> Value {
        let market = format!("http://{}", self.stall.address);
        let mut claims = json!({
            "iss": self.provider.url, "aud": market, "jti": format!("{:?}", std::time::Instant::now()),
            "iat": seconds(), "nbf": seconds(), "exp": seconds() + 300,
            "sub": "repo:acme/salesforce:ref:refs/tags/v1", "repository": "acme/salesforce",
            "repository_owner_id": "65",
            "workflow_ref": "acme/salesforce/.github/workflows/release.yml@refs/tags/v1",
            "ref": "refs/tags/v1", "event_name": "push", "run_id": "7", "actor": "ada",
        });
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value => claims[name] = value.clone(),
            }
        }
        claims
    }

    fn token(&self, changes: &Value) -> String {
        self.signs.sign(&self.claims(changes))
    }

    async fn exchange(&self, token: &str, key: &SigningKey<Publisher>) -> Answer {
        let body =
            json!({"token": token, "namespace": "com.acme", "key": key.verifying().public()});
        self.stall
            .ask(EXCHANGE, &[], body.to_string().as_bytes())
            .await
    }

    /// A run that is let in, and its key.
    async fn run(&self) -> (String, SigningKey<Publisher>) {
        let key = pair();
        let told = self.exchange(&self.token(&json!({})), &key).await;
        assert_eq!(told.status, 200, "{told:?}");
        let token = told.json()["token"].as_str().unwrap().to_owned();
        (format!("Bearer {token}"), key)
    }

    async fn is_refused(&self, status: u16, token: &str) {
        let answer = self.exchange(token, &pair()).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(!answer.text().contains("metier_run_"), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_publishes_without_a_key_and_its_receipt_says_which() {
    let works = Works::open().await;
    let (run, key) = works.run().await;
    let published = works.stall.publish_theirs(&run, &key, SKILL, "1.0.0").await;
    assert_eq!(published.status, 201, "{published:?}");
    let leaf = published.json()["leaf"].as_u64().unwrap();
    let receipt = works.stall.get(&format!("/receipts/{leaf}")).await;
    let receipt = Receipt::read(&receipt.body).unwrap();
    // Nobody whose name is in the token is in the log.
    assert!(!receipt.leaf.leaf.contains("ada"), "{}", receipt.leaf.leaf);
    let component = Digest::of(&component(SKILL, "1.0.0"));
    let root = works.stall.market.root();
    let proven = receipt.verify(root, &component).unwrap();
    assert_eq!(proven.first_key, works.stall.key.verifying().hint());
    let said = proven.publication.run.unwrap();
    assert_eq!(
        (said.publisher, said.words().as_str()),
        (
            works.id,
            "the workflow acme/salesforce release.yml at refs/tags/v1, run 7"
        )
    );
    let page = works.stall.get(&format!("/skills/{SKILL}/1.0.0")).await;
    assert!(page.text().contains(&said.words()), "{page:?}");
    let page = works.stall.get("/publishers/com.acme").await.text();
    assert!(page.contains("release.yml@*"), "{page}");
    // Whoever has the receipt without the leaf that trusts the workflow has nothing.
    let mut without = receipt.clone();
    let publisher = "\"type\":\"publisher\"";
    without
        .history
        .retain(|entry| !entry.leaf.contains(publisher));
    assert!(without.verify(root, &component).is_err());
}
