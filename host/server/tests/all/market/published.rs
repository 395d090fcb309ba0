//! Publishing: what is pushed, signed, reviewed and logged is seen, and nothing else.

use std::time::Duration;

use metier_core::{Digest, SkillName};
use metier_market::{
    fixtures::Moment,
    index::IndexFile,
    log::{Checkpoint, Consistency, TilePath, Witness, unbundle},
    receipt::Receipt,
    revoked::{Installed, Seen},
    state::{KeyChange, KeyEnding, Leaf, LeafSignature, State},
    trust::{Algorithm, KeyPair, Publisher, SigningKey, TrustRoot},
};
use serde_json::{Value, json};

use super::{
    AS_ACME, AS_OPERATOR, AS_OTHER, Answer, Stall, component, component_with, manifest_of,
    skill_toml,
};

const SKILL: &str = "com.acme/salesforce";

impl Stall {
    pub async fn root(&self) -> TrustRoot {
        let root = self.get("/.well-known/metier-market.toml").await;
        TrustRoot::from_toml(&root.text()).unwrap()
    }

    pub async fn tell(&self, who: &str, line: &str, body: &Value) -> Answer {
        let who = [("authorization", who)];
        self.ask(line, &who, body.to_string().as_bytes()).await
    }

    pub async fn index(&self, skill: &str) -> IndexFile {
        let name: SkillName = skill.parse().unwrap();
        let file = self.get(&format!("/index/{skill}")).await;
        IndexFile::read(&name, &file.body).unwrap()
    }

    /// Pushes a component as `acme`, and gives back the digest of its manifest.
    pub async fn pushed(&self, skill: &str, component: &[u8]) -> Digest {
        let manifest = self.manifest_of(skill, component).await;
        let digest = Digest::of(manifest.to_string().as_bytes());
        let answer = self.put(skill, &digest.to_string(), &manifest).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        digest
    }

    async fn manifest_of(&self, skill: &str, component: &[u8]) -> Value {
        let layer = self.blob(skill, component).await;
        let config = super::config(&layer);
        let config_digest = self.blob(skill, config.as_bytes()).await;
        manifest_of((&config_digest, config.len()), (&layer, component.len()))
    }

    /// Nothing of the skill is seen by anybody.
    pub async fn assert_unseen(&self, skill: &str) {
        for path in [
            format!("/index/{skill}"),
            format!("/api/v1/market/skills/{skill}"),
            format!("/skills/{skill}"),
        ] {
            assert_eq!(self.get(&path).await.status, 404, "{path}");
        }
        let found = self.get("/api/v1/market/search").await.json();
        let names = found["skills"].as_array().unwrap().iter();
        assert!(
            !names.into_iter().any(|found| found["name"] == skill),
            "{found}"
        );
    }
}

#[tokio::test]
async fn what_was_published_is_shown_by_its_receipt_until_it_is_yanked_and_revoked() {
    let stall = Stall::open().await;
    let root = stall.root().await;
    stall.publish(SKILL, "1.0.0").await;
    let first = stall.get("/log/checkpoint").await;
    let seen = Witness::first(&root.log, &first.body).unwrap();
    stall.publish(SKILL, "1.1.0").await;

    let index = stall.index(SKILL).await;
    let versions: Vec<_> = index
        .lines()
        .iter()
        .map(|line| line.vers.to_string())
        .collect();
    assert_eq!(versions, ["1.0.0", "1.1.0"]);
    let line = index.lines()[1].clone();
    let file = component(SKILL, "1.1.0");
    assert_eq!(line.component, Digest::of(&file));

    let receipt = stall.get(&format!("/receipts/{}", line.leaf)).await;
    let receipt = Receipt::read(&receipt.body).unwrap();
    let proven = receipt.verify(&root, &line.component).unwrap();
    assert_eq!(proven.index, line.leaf);
    assert_eq!(proven.publication.manifest, line.manifest);
    assert_eq!(proven.review.skill.as_str(), SKILL);
    receipt
        .verify(&root, &Digest::of(b"another file"))
        .unwrap_err();

    // The same against an older size, and what came before only.
    let older = stall
        .get(&format!("/receipts/{}?size={}", line.leaf - 1, line.leaf))
        .await;
    let older = Receipt::read(&older.body).unwrap();
    let proven = older
        .verify(&root, &Digest::of(&component(SKILL, "1.0.0")))
        .unwrap();
    assert_eq!(proven.size, line.leaf);
    for none in [
        "/receipts/0",
        "/receipts/99",
        "/receipts/x",
        "/receipts/2?size=2",
        "/receipts/1?size=99",
    ] {
        assert_eq!(stall.get(none).await.status, 404, "{none}");
    }

    // The log has only grown.
    let proof = stall
        .get(&format!("/log/consistency?from={}", seen.size()))
        .await;
    let proof: Consistency = serde_json::from_slice(&proof.body).unwrap();
    let newest = stall.get("/log/checkpoint").await;
    seen.advance(&newest.body, Some(&proof)).unwrap();

    let yanked = stall
        .tell(
            AS_ACME,
            &format!("POST /api/v1/market/skills/{SKILL}/1.1.0/yank"),
            &json!({"why": "It lies."}),
        )
        .await;
    assert_eq!(yanked.status, 201, "{yanked:?}");
    let index = stall.index(SKILL).await;
    assert_eq!(index.lines()[1].yanked.as_deref(), Some("It lies."));
    assert_eq!(
        index.log_size(),
        yanked.json()["leaf"].as_u64().unwrap() + 1
    );
    let found = stall.get("/api/v1/market/search?q=salesforce").await.json();
    assert_eq!(
        found["skills"][0]["version"], "1.0.0",
        "what is yanked is not what is found"
    );

    let target = json!({"what": "digest", "digest": line.component});
    let before = stall.get("/revocations").await;
    let revoked = stall
        .tell(
            AS_ACME,
            "POST /api/v1/market/revocations",
            &json!({"target": target, "why": "It steals."}),
        )
        .await;
    assert_eq!(revoked.status, 201, "{revoked:?}");
    let list = stall.get("/revocations").await;
    assert_ne!(list.header("etag"), before.header("etag"));
    let now: Moment = "2023-11-14T22:14:00Z".parse().unwrap();
    let mut seen = Seen::default();
    seen.accept(&before.body, &root.revocation, now).unwrap();
    let accepted = seen.accept(&list.body, &root.revocation, now).unwrap();
    let installed = Installed {
        name: SKILL.parse().unwrap(),
        version: "1.1.0".parse().unwrap(),
        digest: line.component,
        capabilities: Vec::new(),
    };
    let [hit] = accepted.list().hits(&installed)[..] else {
        panic!("{accepted:?}");
    };
    assert_eq!(hit.why.as_str(), "It steals.");
}

/// A monitor has the tiles and nothing else.
#[tokio::test]
async fn the_state_can_be_made_again_from_the_tiles() {
    let stall = Stall::open().await;
    for version in ["1.0.0", "1.1.0", "1.2.0"] {
        stall.publish(SKILL, version).await;
    }
    let root = stall.root().await;
    let note = stall.get("/log/checkpoint").await;
    let checkpoint = Checkpoint::open(&note.body, &root.log).unwrap();
    let width = u16::try_from(checkpoint.size).unwrap();
    let path = TilePath::Entries { index: 0, width };
    let tile = stall.get(&format!("/log/{path}")).await;
    let mut state = State::default();
    for leaf in unbundle(&tile.body, width).unwrap() {
        state.apply(&Leaf::decode(leaf).unwrap()).unwrap();
    }
    assert_eq!(state, stall.market.state(Clone::clone));
    let hashes = TilePath::Hashes {
        level: 0,
        index: 0,
        width,
    };
    assert_eq!(
        stall.get(&format!("/log/{hashes}")).await.body.len(),
        32 * usize::from(width)
    );
    for none in [
        "tile/0/000",
        "tile/0/000.p/9",
        "tile/entries/000.p/9",
        "tile/9/000",
        "tile/x",
    ] {
        assert_eq!(
            stall.get(&format!("/log/{none}")).await.status,
            404,
            "{none}"
        );
    }
}

#[tokio::test]
async fn what_was_only_pushed_is_seen_by_nobody() {
    let stall = Stall::open().await;
    let manifest = stall.blobs_of(SKILL, "1.0.0").await;
    assert_eq!(stall.put(SKILL, "1.0.0", &manifest).await.status, 201);
    stall.assert_unseen(SKILL).await;
    // Another manifest may be published under the tag, and is what the tag names then.
    let other = component_with(&skill_toml(SKILL, "1.0.0").replace("Queries", "Asks"));
    let digest = stall.pushed(SKILL, &other).await;
    let answer = stall.submit(AS_ACME, SKILL, "1.0.0", &digest).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let pulled = stall.get(&format!("/v2/{SKILL}/manifests/1.0.0")).await;
    assert_eq!(
        pulled.header("docker-content-digest"),
        Some(digest.to_string().as_str())
    );
    let again = stall.put(SKILL, "1.0.0", &manifest).await;
    assert_eq!(again.status, 409, "{again:?}");
}

#[tokio::test]
async fn the_same_again_is_the_leaf_that_is_there_and_another_body_is_refused() {
    let stall = Stall::open().await;
    let digest = stall.pushed(SKILL, &component(SKILL, "1.0.0")).await;
    let first = stall.submit(AS_ACME, SKILL, "1.0.0", &digest).await;
    let body = stall.submission(SKILL, "1.0.0", &digest);
    let again = stall
        .tell(AS_ACME, "POST /api/v1/market/publish", &body)
        .await;
    assert_eq!(
        (again.status, again.json()["leaf"].clone()),
        (201, first.json()["leaf"].clone())
    );
    assert_eq!(stall.market.state(|state| state.size()), 2);
    let other = component_with(&skill_toml(SKILL, "1.0.0").replace("Queries", "Asks"));
    let other = stall.pushed(SKILL, &other).await;
    let refused = stall.submit(AS_ACME, SKILL, "1.0.0", &other).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    // Two at once are one leaf.
    let digest = stall.pushed(SKILL, &component(SKILL, "1.1.0")).await;
    let (one, two) = tokio::join!(
        stall.submit(AS_ACME, SKILL, "1.1.0", &digest),
        stall.submit(AS_ACME, SKILL, "1.1.0", &digest)
    );
    assert_eq!(
        (one.status, one.json()["leaf"].clone()),
        (201, two.json()["leaf"].clone())
    );
    assert_eq!(stall.market.state(|state| state.size()), 3);
}

#[tokio::test]
async fn only_the_owner_publishes_with_a_key_of_the_namespace() {
    let stall = Stall::open().await;
    let digest = stall.pushed(SKILL, &component(SKILL, "1.0.0")).await;
    let body = stall.submission(SKILL, "1.0.0", &digest);
    let publish = "POST /api/v1/market/publish";
    let unclaimed = stall.tell(AS_ACME, publish, &body).await;
    assert_eq!(unclaimed.status, 404, "{unclaimed:?}");
    let claim = json!({"key": stall.key.verifying().public()});
    let line = "PUT /api/v1/market/namespaces/com.acme";
    assert_eq!(stall.tell(AS_ACME, line, &claim).await.status, 201);
    for (who, status) in [(AS_OTHER, 403), (AS_OPERATOR, 403), ("Bearer x", 401)] {
        for line in [
            line,
            publish,
            "POST /api/v1/market/namespaces/com.acme/keys",
            "POST /api/v1/market/namespaces/com.acme/key-ends",
            &format!("POST /api/v1/market/skills/{SKILL}/1.0.0/yank"),
        ] {
            let body = match line {
                _ if line.starts_with("PUT") => claim.clone(),
                _ if line.ends_with("/publish") => body.clone(),
                _ if line.ends_with("/keys") => added(&stall.key),
                _ if line.ends_with("/key-ends") => {
                    json!({"key": stall.key.verifying().hint()})
                }
                _ => json!({"why": "mine"}),
            };
            let refused = stall.tell(who, line, &body).await;
            assert_eq!(refused.status, status, "{who} {line}: {refused:?}");
        }
    }
    assert_eq!(stall.market.state(|state| state.size()), 1);

    // Another key, another manifest, another version, no bundle: each is refused, and nothing is seen.
    let stranger = SigningKey::<Publisher>::new(KeyPair::generate(Algorithm::EcdsaP256).unwrap());
    let sign = |key: &SigningKey<Publisher>, digest: &Digest, name: &str| {
        key.sign(digest, name, &metier_market::trust::Signature)
            .unwrap()
            .to_json()
    };
    let named = format!("{SKILL}@1.0.0");
    for bundle in [
        json!(sign(&stranger, &digest, &named)),
        json!(sign(&stall.key, &Digest::of(b"x"), &named)),
        json!(sign(&stall.key, &digest, &format!("{SKILL}@1.0.1"))),
        json!("{}"),
        json!(null),
    ] {
        let mut body = body.clone();
        body["bundle"] = bundle;
        let refused = stall.tell(AS_ACME, publish, &body).await;
        assert_eq!(refused.status, 400, "{refused:?}");
    }
    stall.assert_unseen(SKILL).await;
    let never = Digest::of(b"never pushed");
    let refused = stall.submit(AS_ACME, SKILL, "1.0.0", &never).await;
    assert_eq!(refused.status, 404, "{refused:?}");
    // What was pushed says it is another version.
    let refused = stall.submit(AS_ACME, SKILL, "1.0.1", &digest).await;
    assert_eq!(refused.status, 400, "{refused:?}");
    assert_eq!(stall.tell(AS_ACME, publish, &body).await.status, 201);
}

fn added(key: &SigningKey<Publisher>) -> Value {
    let change = KeyChange {
        namespace: "com.acme".parse().unwrap(),
        key: KeyPair::generate(Algorithm::Ed25519)
            .unwrap()
            .public()
            .clone(),
        from: None,
        until: None,
        member: None,
    };
    signed(json!(change), &change.signature(key).unwrap())
}

/// A statement as it is sent, with its signature.
pub fn signed(mut statement: Value, signature: &LeafSignature) -> Value {
    statement["signature"] = json!(signature);
    statement
}

#[tokio::test]
async fn a_further_key_is_signed_by_an_earlier_one_and_an_ended_one_signs_nothing_more() {
    let stall = Stall::open().await;
    stall.publish(SKILL, "1.0.0").await;
    let keys = "POST /api/v1/market/namespaces/com.acme/keys";
    let stranger = SigningKey::<Publisher>::new(KeyPair::generate(Algorithm::Ed25519).unwrap());
    let refused = stall.tell(AS_ACME, keys, &added(&stranger)).await;
    assert_eq!(refused.status, 400, "{refused:?}");
    let mut foreign = added(&stall.key);
    foreign["namespace"] = json!("com.aaa");
    assert_eq!(stall.tell(AS_ACME, keys, &foreign).await.status, 400);
    let done = stall.tell(AS_ACME, keys, &added(&stall.key)).await;
    assert_eq!(done.status, 201, "{done:?}");
    let ending = KeyEnding {
        namespace: "com.acme".parse().unwrap(),
        key: stall.key.verifying().hint(),
        from: None,
        since: Some("2023-11-14T00:00:00Z".parse().unwrap()),
    };
    let end = signed(json!(ending), &ending.signature(&stall.key).unwrap());
    let ended = stall
        .tell(
            AS_ACME,
            "POST /api/v1/market/namespaces/com.acme/key-ends",
            &end,
        )
        .await;
    assert_eq!(ended.status, 201, "{ended:?}");
    // What it signed is not found any more, and its receipt is worth nothing.
    assert_eq!(
        stall.get("/api/v1/market/search?q=salesforce").await.json()["total"],
        0
    );
    let index = stall.index(SKILL).await;
    let line = index.lines()[0].clone();
    let receipt = stall.get(&format!("/receipts/{}", line.leaf)).await;
    let receipt = Receipt::read(&receipt.body).unwrap();
    let root = stall.root().await;
    receipt.verify(&root, &line.component).unwrap_err();
    // The index says so, as of the leaf that did it; an older receipt does not, and the list does.
    assert!(
        line.void.as_ref().unwrap().contains("other hands"),
        "{line:?}"
    );
    assert_eq!(index.log_size(), ended.json()["leaf"].as_u64().unwrap() + 1);
    let older = stall
        .get(&format!("/receipts/{}?size={}", line.leaf, line.leaf + 1))
        .await;
    let older = Receipt::read(&older.body).unwrap();
    older.verify(&root, &line.component).unwrap();
    let list = stall.get("/revocations").await;
    let now: Moment = "2023-11-14T22:14:00Z".parse().unwrap();
    let accepted = Seen::default().accept(&list.body, &root.revocation, now);
    let accepted = accepted.unwrap();
    let named = accepted.list().naming_file(&line.component).unwrap();
    assert!(named.why.as_str().contains("other hands"), "{named:?}");
    stall.clock.advance(Duration::from_secs(60));
    let digest = stall.pushed(SKILL, &component(SKILL, "1.1.0")).await;
    let body = stall.submission(SKILL, "1.1.0", &digest);
    let refused = stall
        .tell(AS_ACME, "POST /api/v1/market/publish", &body)
        .await;
    assert_eq!(refused.status, 400, "{refused:?}");
    let mine = stall
        .tell(AS_ACME, "GET /api/v1/market/namespaces", &json!({}))
        .await
        .json();
    assert_eq!(mine["namespaces"][0]["keys"].as_array().unwrap().len(), 2);
}
