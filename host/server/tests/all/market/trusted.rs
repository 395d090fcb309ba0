//! Trusted publishing: runs of a CI service, which is a server on loopback, and everything that is no such run.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use jsonwebtoken::{Algorithm as Alg, EncodingKey, Header};
use metier_core::Digest;
use metier_market::{
    receipt::Receipt,
    state::{PublisherEnded, TrustedPublisher, Word},
    trust::{Algorithm, KeyPair, Publisher, SigningKey},
};
use metier_server::market::trusted::{ISSUERS, PublishedKeys};
use metier_store::{Clock, HeldClock, types::Time};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{AS_ACME, AS_OTHER, Answer, Options, Stall, component, many::copied};
use crate::tokens::provider::{Key, Provider, unsigned};

const SKILL: &str = "com.acme/salesforce";
const EXCHANGE: &str = "POST /api/v1/market/oidc/tokens";
const PUBLISHERS: &str = "POST /api/v1/market/namespaces/com.acme/publishers";

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
async fn stall(folder: TempDir, provider: &Provider, at: Time) -> Stall {
    let clock = Arc::new(HeldClock::at(at));
    let held = clock.clone();
    let issuers = [provider.url.clone(), ISSUERS[0].to_owned()];
    let mut stall = Stall::with(folder, |options| {
        let address = options.address.clone().unwrap();
        Options {
            clock: held,
            id_tokens: Arc::new(PublishedKeys::of(&issuers, &address).unwrap()),
            ..options
        }
    })
    .await;
    stall.clock = clock;
    stall
}

impl Works {
    async fn open() -> Works {
        let signs = Key::new(Alg::RS256, "one");
        let provider = Provider::start(&[&signs]).await;
        let now = Time(seconds() * 1_000_000);
        let stall = stall(TempDir::new().unwrap(), &provider, now).await;
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

    fn trusted(&self) -> TrustedPublisher {
        let claims = [
            ("repository", "acme/salesforce"),
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
            from: "2026-01-01T00:00:00Z".parse().unwrap(),
        }
    }

    async fn add(&self, who: &str, trusted: TrustedPublisher) -> Answer {
        let added = trusted.sign("com.acme".parse().unwrap(), &self.stall.key);
        let body = serde_json::to_value(added.unwrap()).unwrap();
        self.stall.tell(who, PUBLISHERS, &body).await
    }

    /// What the service says of a run, with some of it replaced; nothing where it is null.
    fn claims(&self, changes: &Value) -> Value {
        let market = format!("http://{}", self.stall.address);
        let mut claims = json!({
            "iss": self.provider.url, "aud": market, "jti": format!("{:?}", std::time::Instant::now()),
            "iat": seconds(), "nbf": seconds(), "exp": seconds() + 300,
            "sub": "repo:acme/salesforce:ref:refs/tags/v1", "repository": "acme/salesforce",
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
            "the GitHub workflow acme/salesforce release.yml at refs/tags/v1, run 7"
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_token_that_is_not_right_is_worth_nothing() {
    let works = Works::open().await;
    let good = works.claims(&json!({}));
    for wrong in [
        json!({"aud": "https://market.example"}),
        json!({"aud": format!("http://{}.evil.example", works.stall.address)}),
        json!({"aud": null}),
        json!({"exp": seconds() - 120}),
        json!({"exp": null}),
        json!({"nbf": seconds() + 600}),
        json!({"iat": seconds() + 600}),
        json!({"iat": null}),
        json!({"exp": seconds() + 2 * 86_400}),
        json!({"jti": null}),
        json!({"jti": ""}),
        json!({"iss": "https://login.example"}),
        json!({"iss": ISSUERS[1]}),
    ] {
        works.is_refused(401, &works.token(&wrong)).await;
    }
    works.is_refused(401, &unsigned(&good, "")).await;
    let public = works.signs.public().to_string();
    let secret = EncodingKey::from_secret(public.as_bytes());
    let mut header = Header::new(Alg::HS256);
    header.kid = Some("one".to_owned());
    let shared = jsonwebtoken::encode(&header, &good, &secret).unwrap();
    works.is_refused(401, &shared).await;
    let other = Key::new(Alg::RS256, "one");
    works.is_refused(401, &other.sign(&good)).await;
    works.is_refused(401, "no token").await;
    let huge = "x".repeat(100_000);
    works
        .is_refused(401, &works.token(&json!({"x": huge})))
        .await;
    // The same claims, untouched, open.
    let taken = works.exchange(&works.signs.sign(&good), &pair()).await;
    assert_eq!(taken.status, 200, "{taken:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_nobody_trusts_gets_nothing() {
    let works = Works::open().await;
    for other in [
        json!({"repository": "evil/salesforce"}),
        json!({"repository": "acme/salesforce-evil"}),
        json!({"repository": null}),
        json!({"repository": ["acme/salesforce"]}),
        json!({"workflow_ref": "acme/salesforce/.github/workflows/test.yml@refs/tags/v1"}),
        json!({"workflow_ref": "evil/x/.github/workflows/release.yml@refs/tags/v1"}),
        // A proposed change, by each of its signs.
        json!({"ref": "refs/pull/1/merge"}),
        json!({"event_name": "pull_request"}),
        json!({"event_name": "pull_request_target"}),
        json!({"pipeline_source": "merge_request_event"}),
    ] {
        works.is_refused(403, &works.token(&other)).await;
    }
    let body = |namespace: &str, key: &SigningKey<Publisher>| {
        let token = works.token(&json!({}));
        json!({"token": token, "namespace": namespace, "key": key.verifying().public()}).to_string()
    };
    // Somebody else's namespace, one of nobody, and a key that has another role.
    for (namespace, key, status) in [
        ("org.other", &pair(), 403),
        ("com.nobody", &pair(), 403),
        ("com.acme", &works.stall.key, 400),
    ] {
        let body = body(namespace, key);
        let answer = works.stall.ask(EXCHANGE, &[], body.as_bytes()).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_token_is_taken_once_also_by_a_market_that_was_started_anew() {
    let works = Works::open().await;
    let token = works.token(&json!({}));
    assert_eq!(works.exchange(&token, &pair()).await.status, 200);
    works.is_refused(401, &token).await;
    let taken = works.exchange(&token, &pair()).await;
    assert!(taken.text().contains("taken before"), "{taken:?}");
    // At the same address: the token is for it.
    let copied = copied(&works.stall);
    let kept = std::fs::read_to_string(copied.path().join("id-tokens.json")).unwrap();
    assert!(!kept.contains("acme"), "{kept}");
    let again = stall(copied, &works.provider, works.stall.clock.now()).await;
    let market = format!("http://{}", again.address);
    let jti = works.claims(&json!({}))["jti"].clone();
    let sign = |jti: &Value| works.token(&json!({"aud": market, "jti": jti}));
    let ask = |token: String| {
        let again = &again;
        async move {
            let key = pair();
            let body =
                json!({"token": token, "namespace": "com.acme", "key": key.verifying().public()});
            let answer = again.ask(EXCHANGE, &[], body.to_string().as_bytes()).await;
            answer.status
        }
    };
    assert_eq!(ask(sign(&jti)).await, 200);
    // The number of the one that the first process took.
    let used = token.split('.').nth(1).unwrap();
    let used = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, used).unwrap();
    let used: Value = serde_json::from_slice(&used).unwrap();
    assert_eq!(ask(sign(&used["jti"])).await, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_are_a_page_open_nothing() {
    let works = Works::open().await;
    let url = works.provider.url.clone();
    let page = format!("{url}/page");
    works
        .provider
        .discover(json!({"issuer": url, "jwks_uri": page}));
    works.is_refused(401, &works.token(&json!({}))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_token_of_a_run_publishes_its_skills_and_does_nothing_else() {
    let works = Works::open().await;
    let (run, key) = works.run().await;
    let base = "/api/v1/market";
    let published = works.stall.publish_theirs(&run, &key, SKILL, "1.0.0").await;
    assert_eq!(published.status, 201, "{published:?}");
    let why = json!({"why": "it leaks"});
    let target = json!({"what": "versions", "name": SKILL, "versions": "<2"});
    let revocation = json!({"target": target, "why": "it leaks"});
    let public = json!({"key": pair().verifying().public()});
    let claim = json!({"name": "dev.carol", "method": "https"});
    for (line, body) in [
        (format!("POST {base}/skills/{SKILL}/1.0.0/yank"), &why),
        (format!("POST {base}/skills/{SKILL}/1.0.0/unyank"), &why),
        (format!("POST {base}/revocations"), &revocation),
        (format!("POST {base}/unrevocations"), &revocation),
        (format!("POST {base}/namespaces"), &claim),
        (format!("GET {base}/namespaces"), &json!({})),
        (format!("PUT {base}/namespaces/dev.carol"), &public),
        (format!("POST {base}/namespaces/com.acme/keys"), &public),
        (format!("POST {base}/namespaces/com.acme/key-ends"), &public),
        (
            format!("POST {base}/namespaces/com.acme/publishers"),
            &public,
        ),
        (
            format!("POST {base}/namespaces/com.acme/publisher-ends"),
            &public,
        ),
        (format!("GET {base}/queue"), &json!({})),
        (format!("POST {base}/queue/1/approve"), &json!({})),
        (format!("POST {base}/queue/1/refuse"), &why),
    ] {
        let answer = works.stall.tell(&run, &line, body).await;
        assert_eq!(answer.status, 403, "{line}: {answer:?}");
    }
    // Files of other skills, and their versions.
    for other in ["com.acme/jira", "org.other/tool", "com.acme.x/salesforce"] {
        let answer = works.stall.publish_theirs(&run, &key, other, "1.0.0").await;
        assert_eq!(answer.status, 403, "{other}: {answer:?}");
        let manifest = Digest::of(b"manifest");
        let body = works.stall.submission(other, "1.0.0", &manifest);
        let answer = works
            .stall
            .tell(&run, "POST /api/v1/market/publish", &body)
            .await;
        assert_eq!(answer.status, 403, "{other}: {answer:?}");
    }
    // What another key signed, one of the namespace's own too.
    for other in [&pair(), &works.stall.key] {
        let answer = works
            .stall
            .publish_theirs(&run, other, SKILL, "1.1.0")
            .await;
        assert_eq!(answer.status, 400, "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_token_of_a_run_is_over_after_a_quarter_of_an_hour() {
    let works = Works::open().await;
    let (run, key) = works.run().await;
    works.stall.clock.advance(Duration::from_secs(15 * 60));
    let late = works.stall.publish_theirs(&run, &key, SKILL, "1.0.0").await;
    assert_eq!(late.status, 401, "{late:?}");
    let line = "POST /api/v1/market/publish";
    let body = works.stall.submission(SKILL, "1.0.0", &Digest::of(b"x"));
    assert_eq!(works.stall.tell(&run, line, &body).await.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_the_owner_trusts_no_more_publishes_no_more() {
    let works = Works::open().await;
    let (run, key) = works.run().await;
    let namespace = "com.acme".parse().unwrap();
    let ended = PublisherEnded::signed(namespace, works.id, None, &works.stall.key).unwrap();
    let body = serde_json::to_value(ended).unwrap();
    let line = "POST /api/v1/market/namespaces/com.acme/publisher-ends";
    assert_eq!(works.stall.tell(AS_OTHER, line, &body).await.status, 403);
    assert_eq!(works.stall.tell(AS_ACME, line, &body).await.status, 201);
    works.stall.clock.advance(Duration::from_secs(1));
    let late = works.stall.publish_theirs(&run, &key, SKILL, "1.0.0").await;
    assert_eq!(late.status, 403, "{late:?}");
    works.is_refused(403, &works.token(&json!({}))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_is_somebody_and_is_trusted_by_the_owner_alone() {
    let works = Works::open().await;
    let with = |change: &dyn Fn(&mut TrustedPublisher)| {
        let mut changed = works.trusted();
        changed.from = "2026-01-02T00:00:00Z".parse().unwrap();
        change(&mut changed);
        changed
    };
    let by_other = works.add(AS_OTHER, with(&|_| {})).await;
    assert_eq!(by_other.status, 403, "{by_other:?}");
    let unknown = with(&|all| all.issuer = word("https://ci.example"));
    let unknown = works.add(AS_ACME, unknown).await;
    assert_eq!(unknown.status, 400, "{unknown:?}");
    assert!(unknown.text().contains(ISSUERS[0]), "{unknown:?}");
    // Everybody gets tokens of GitHub.
    for missing in ["repository", "workflow_ref"] {
        let wide = with(&|all| {
            all.issuer = word(ISSUERS[0]);
            all.claims.remove(&word(missing));
        });
        let answer = works.add(AS_ACME, wide).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.text().contains(missing), "{answer:?}");
    }
    let wide = with(&|all| {
        all.issuer = word(ISSUERS[0]);
        all.claims.insert(word("repository"), word("acme/*"));
    });
    assert_eq!(works.add(AS_ACME, wide).await.status, 400);
    let unsigned = with(&|_| {}).sign("com.acme".parse().unwrap(), &pair());
    let body = serde_json::to_value(unsigned.unwrap()).unwrap();
    assert_eq!(
        works.stall.tell(AS_ACME, PUBLISHERS, &body).await.status,
        400
    );
    let listed = works
        .stall
        .ask(
            "GET /api/v1/market/namespaces",
            &[("authorization", AS_ACME)],
            b"",
        )
        .await;
    let publishers = listed.json()["namespaces"][0]["publishers"].clone();
    assert_eq!(publishers.as_array().unwrap().len(), 1, "{publishers}");
    assert_eq!(publishers[0]["id"], json!(works.id));
}
