//! Proofs that are looked for again: what a lost one leads to, what a domain that is away does not, and what the owner is told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use metier_core::Digest;
use metier_market::{
    keeper::{acts::Checked, proof::Lookup},
    receipt::Receipt,
    state::{KeyChange, ProofMethod},
    trust::{Algorithm, KeyPair, Publisher, SigningKey},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Barrier;

use super::{
    Options, Stall, component,
    let_in::{Domains, looking},
    many::copied,
};

const PLACE: &str = "_metier.carol.dev";
const LINE: &str = "GET /api/v1/market/namespaces";

/// A market in which `carol` has proven `dev.carol` in DNS.
struct Scene {
    stall: Stall,
    domains: Arc<Domains>,
    carol: String,
    key: SigningKey<Publisher>,
    line: String,
    pair: KeyPair,
}

fn pair() -> KeyPair {
    KeyPair::generate(Algorithm::Ed25519).unwrap()
}

impl Scene {
    async fn new() -> Scene {
        let (stall, domains) = looking().await;
        let pair = pair();
        let carol = stall.let_in("carol", &pair).await;
        let wanted = json!({"name": "dev.carol", "method": "dns"});
        let terms = stall.tell(&carol, "POST /api/v1/market/namespaces", &wanted);
        let line = terms.await.json()["proof"].as_str().unwrap().to_owned();
        domains.say(PLACE, &[&line]);
        let key = SigningKey::<Publisher>::new(self::pair());
        let body = json!({"key": key.verifying().public()});
        let claim = "PUT /api/v1/market/namespaces/dev.carol";
        assert_eq!(stall.tell(&carol, claim, &body).await.status, 201);
        Scene {
            stall,
            domains,
            carol,
            key,
            line,
            pair,
        }
    }

    /// Some hours later, a look.
    async fn after(&self, hours: u64) -> Checked {
        self.stall.clock.advance(Duration::from_secs(hours * 3_600));
        self.stall.market.check_proofs().await.unwrap()
    }

    async fn told(&mut self) -> Value {
        // A token is good for an hour.
        self.carol = self.stall.let_in("carol", &self.pair).await;
        let told = self.stall.tell(&self.carol, LINE, &json!({})).await;
        told.json()["namespaces"][0].clone()
    }

    /// Loses the proof, and then has it again.
    async fn flap(&self) {
        self.domains.say(PLACE, &[]);
        let frozen = [
            self.after(24).await,
            self.after(12).await,
            self.after(12).await,
        ];
        assert_eq!(frozen.map(|checked| checked.frozen), [0, 0, 1]);
        self.domains.say(PLACE, &[&self.line]);
        assert_eq!(self.after(8).await.thawed, 1);
    }
}

#[tokio::test]
async fn a_namespace_is_frozen_when_its_proof_was_missed_for_a_day() {
    let mut scene = Scene::new().await;
    // Not more often than once a day, while it is there.
    assert_eq!(scene.after(23).await.looked, 0);
    assert_eq!(scene.after(1).await.looked, 1);
    scene.domains.say(PLACE, &[]);
    assert_eq!(scene.after(24).await, looked(0, 0));
    let told = scene.told().await;
    assert_eq!(told["checked"]["found"], "missing", "{told}");
    assert_eq!(told["checked"]["misses"], 1, "{told}");
    let page = scene.stall.get("/publishers/dev.carol").await.text();
    assert!(page.contains("it was not there"), "{page}");
    assert!(page.contains("unless it is back"), "{page}");
    // Sooner than a day later; a domain that is away is neither.
    assert_eq!(scene.after(7).await.looked, 0);
    assert_eq!(scene.after(1).await, looked(0, 0));
    scene.domains.say(PLACE, &["unreachable"]);
    assert_eq!(scene.after(8).await, looked(0, 0));
    let told = scene.told().await;
    assert_eq!(told["checked"]["found"], "unknown", "{told}");
    assert_eq!(told["checked"]["why"], "nobody answers", "{told}");
    assert_eq!(
        (&told["frozen"], &told["checked"]["misses"]),
        (&Value::Null, &json!(2))
    );
    // A restart forgets none of it.
    let (copied, lookup) = (copied(&scene.stall), scene.domains.clone());
    let now = metier_store::Clock::now(&*scene.stall.clock);
    let clock = Arc::new(metier_store::HeldClock::at(now));
    let held = clock.clone();
    let again = Stall::with(copied, |options| Options {
        any_namespace: false,
        clock: held,
        lookup,
        ..options
    });
    let again = again.await;
    scene.domains.say(PLACE, &[]);
    clock.advance(Duration::from_secs(8 * 3_600));
    assert_eq!(again.market.check_proofs().await.unwrap(), looked(1, 0));
    assert_eq!(scene.after(8).await, looked(1, 0));
    let told = scene.told().await;
    assert!(told["frozen"].is_string(), "{told}");
    // It is looked for on, and thaws.
    scene.domains.say(PLACE, &[&scene.line]);
    assert_eq!(scene.after(8).await, looked(0, 1));
    let told = scene.told().await;
    assert_eq!(
        (&told["frozen"], &told["checked"]["found"]),
        (&Value::Null, &json!("there"))
    );
    let page = scene.stall.get("/publishers/dev.carol").await.text();
    assert!(page.contains("it was there"), "{page}");
}

fn looked(frozen: usize, thawed: usize) -> Checked {
    Checked {
        looked: 1,
        frozen,
        thawed,
    }
}

/// A proof that comes and goes for years is in the log, and fills no receipt; that a namespace is frozen now is in it.
#[tokio::test]
async fn a_proof_that_flaps_fills_no_receipt() {
    let mut scene = Scene::new().await;
    let skill = "dev.carol/tool";
    let published = scene
        .stall
        .publish_theirs(&scene.carol, &scene.key, skill, "1.0.0")
        .await;
    assert_eq!(published.status, 201, "{published:?}");
    let leaf = published.json()["leaf"].as_u64().unwrap();
    for _ in 0..5 {
        scene.flap().await;
    }
    scene.carol = scene.stall.let_in("carol", &scene.pair).await;
    let key = SigningKey::<Publisher>::new(pair());
    let change = KeyChange {
        namespace: "dev.carol".parse().unwrap(),
        ..super::lost::change(&key)
    };
    let signature = change.signature(&scene.key).unwrap();
    let body = super::published::signed(json!(change), &signature);
    let line = "POST /api/v1/market/namespaces/dev.carol/keys";
    let added = scene.stall.tell(&scene.carol, line, &body).await;
    assert_eq!(added.status, 201, "{added:?}");
    let root = scene.stall.market.root();
    let component = Digest::of(&component(skill, "1.0.0"));
    let receipt = async || {
        let answer = scene.stall.get(&format!("/receipts/{leaf}")).await;
        let receipt = Receipt::read(&answer.body).unwrap();
        receipt.verify(root, &component).unwrap();
        let history = receipt.history.into_iter().map(|entry| entry.leaf);
        history.collect::<Vec<String>>()
    };
    let history = receipt().await;
    assert_eq!(history.len(), 2, "the claim and the key: {history:?}");
    scene.domains.say(PLACE, &[]);
    for hours in [24, 12, 12] {
        scene.after(hours).await;
    }
    let history = receipt().await;
    assert_eq!(history.len(), 3, "{history:?}");
    assert!(history[2].contains("\"type\":\"freeze\""), "{history:?}");
}

/// Answers when two ask at once.
#[derive(Debug)]
struct Together {
    domains: Arc<Domains>,
    both: Barrier,
    is_waiting: AtomicBool,
}

#[async_trait::async_trait]
impl Lookup for Together {
    fn can(&self, method: ProofMethod) -> bool {
        self.domains.can(method)
    }

    async fn lines(&self, method: ProofMethod, place: &str) -> Result<Vec<String>, String> {
        if self.is_waiting.load(Relaxed) {
            self.both.wait().await;
        }
        self.domains.lines(method, place).await
    }
}

/// One domain that takes its time keeps no other waiting.
#[tokio::test]
async fn proofs_are_looked_for_several_at_once() {
    let together = Arc::new(Together {
        domains: Arc::default(),
        both: Barrier::new(2),
        is_waiting: AtomicBool::new(false),
    });
    let lookup = together.clone();
    let stall = Stall::with(TempDir::new().unwrap(), move |options| Options {
        any_namespace: false,
        lookup,
        ..options
    });
    let stall = stall.await;
    let carol = stall.let_in("carol", &pair()).await;
    for (namespace, place) in [("dev.carol", PLACE), ("dev.caro", "_metier.caro.dev")] {
        let wanted = json!({"name": namespace, "method": "dns"});
        let terms = stall.tell(&carol, "POST /api/v1/market/namespaces", &wanted);
        let line = terms.await.json()["proof"].as_str().unwrap().to_owned();
        together.domains.say(place, &[&line]);
        let body = json!({"key": SigningKey::<Publisher>::new(pair()).verifying().public()});
        let claim = format!("PUT /api/v1/market/namespaces/{namespace}");
        assert_eq!(stall.tell(&carol, &claim, &body).await.status, 201);
    }
    together.is_waiting.store(true, Relaxed);
    stall.clock.advance(Duration::from_secs(24 * 3_600));
    let checked = tokio::time::timeout(Duration::from_secs(20), stall.market.check_proofs());
    assert_eq!(checked.await.unwrap().unwrap().looked, 2);
}
