//! Keys that are lost or stolen: what a token alone is worth, and what the domain says.

use std::{sync::Arc, time::Duration};

use metier_market::{
    state::{KeyChange, KeyEnding},
    trust::{Algorithm, KeyPair, Publisher, SigningKey},
};
use serde_json::{Value, json};

use super::{
    AS_ACME, Answer, Stall,
    let_in::{Domains, looking},
    published::signed,
};

const PLACE: &str = "_metier.acme.com";
pub const KEYS: &str = "POST /api/v1/market/namespaces/com.acme/keys";
pub const ENDS: &str = "POST /api/v1/market/namespaces/com.acme/key-ends";
const TERMS: &str = "POST /api/v1/market/namespaces";

/// `com.acme` with the key of the stall, proven, in a market that looks.
struct Proven {
    stall: Stall,
    domains: Arc<Domains>,
    claim: String,
}

impl Proven {
    async fn open() -> Proven {
        let (stall, domains) = looking().await;
        let mut proven = Proven {
            stall,
            domains,
            claim: String::new(),
        };
        proven.claim = proven.line(&json!("claim")).await;
        proven.domains.say(PLACE, &[&proven.claim]);
        let body = json!({"key": proven.stall.key.verifying().public()});
        let claim = "PUT /api/v1/market/namespaces/com.acme";
        assert_eq!(proven.tell(claim, &body).await.status, 201);
        proven
    }

    async fn tell(&self, line: &str, body: &Value) -> Answer {
        self.stall.tell(AS_ACME, line, body).await
    }

    /// The line for this, as the market says it.
    async fn line(&self, shows: &Value) -> String {
        let body = json!({"name": "com.acme", "method": "dns", "shows": shows});
        let told = self.tell(TERMS, &body).await.json();
        assert_eq!(told["where"], PLACE, "{told}");
        told["proof"].as_str().unwrap().to_owned()
    }

    fn leaves(&self) -> u64 {
        self.stall.market.state(|state| state.size())
    }
}

pub fn key() -> SigningKey<Publisher> {
    SigningKey::new(KeyPair::generate(Algorithm::Ed25519).unwrap())
}

fn ending(key: &SigningKey<Publisher>) -> KeyEnding {
    KeyEnding {
        namespace: "com.acme".parse().unwrap(),
        key: key.verifying().hint(),
        from: None,
        since: None,
    }
}

pub fn change(key: &SigningKey<Publisher>) -> KeyChange {
    KeyChange {
        namespace: "com.acme".parse().unwrap(),
        key: key.verifying().public().clone(),
        from: None,
        until: None,
        member: None,
    }
}

#[tokio::test]
async fn whoever_has_only_the_token_ends_no_key() {
    let proven = Proven::open().await;
    let owners = &proven.stall.key;
    // Nobody's signature, and one of a key of nobody; the line of the claim stands at the domain all the while.
    let unsigned = proven.tell(ENDS, &json!(ending(owners))).await;
    assert_eq!(unsigned.status, 403, "{unsigned:?}");
    assert!(unsigned.text().contains("end="), "{unsigned:?}");
    let thief = key();
    let signature = ending(owners).signature(&thief).unwrap();
    let foreign = signed(json!(ending(owners)), &signature);
    assert_eq!(proven.tell(ENDS, &foreign).await.status, 400);
    // The line of another ending: of another key, and of one since when it was not stolen.
    let hint = owners.verifying().hint();
    for shows in [
        json!({"end": {"key": thief.verifying().hint()}}),
        json!({"recover": {"key": hint}}),
        json!({"end": {"key": hint, "since": "2023-11-14T00:00:00Z"}}),
    ] {
        let line = proven.line(&shows).await;
        proven.domains.say(PLACE, &[&proven.claim, &line]);
        let refused = proven.tell(ENDS, &json!(ending(owners))).await;
        assert_eq!(refused.status, 403, "{shows}: {refused:?}");
    }
    // Said to be stolen since another time than the domain says.
    let since = |time: &str| KeyEnding {
        since: Some(time.parse().unwrap()),
        ..ending(owners)
    };
    let refused = proven
        .tell(ENDS, &json!(since("2023-01-01T00:00:00Z")))
        .await;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert_eq!(proven.leaves(), 1);
    let done = proven
        .tell(ENDS, &json!(since("2023-11-14T00:00:00Z")))
        .await;
    assert_eq!(done.status, 201, "{done:?}");
}

#[tokio::test]
async fn whoever_has_only_the_token_recovers_no_key() {
    let proven = Proven::open().await;
    let owners = &proven.stall.key;
    let (next, thiefs) = (key(), key());
    // While there is a key, nobody even looks.
    let early = proven.tell(KEYS, &json!(change(&thiefs))).await;
    assert_eq!(early.status, 409, "{early:?}");
    let signature = ending(owners).signature(owners).unwrap();
    let ended = signed(json!(ending(owners)), &signature);
    assert_eq!(proven.tell(ENDS, &ended).await.status, 201);
    // It is good until the second after.
    proven.stall.clock.advance(Duration::from_secs(2));
    let line = proven
        .line(&json!({"recover": {"key": next.verifying().hint()}}))
        .await;
    proven.domains.say(PLACE, &[&proven.claim, &line]);
    let early = proven.tell(KEYS, &json!(change(&next))).await;
    assert_eq!(early.status, 409, "{early:?}");
    assert!(early.text().contains("from"), "{early:?}");
    proven
        .stall
        .clock
        .advance(Duration::from_secs(72 * 3_600 + 2));
    // The line of the claim is there, and the one of the owner's key: neither names the thief's.
    proven.domains.say(PLACE, &[&proven.claim]);
    for key in [&thiefs, &next] {
        let refused = proven.tell(KEYS, &json!(change(key))).await;
        assert_eq!(refused.status, 403, "{refused:?}");
        assert!(refused.text().contains("recover="), "{refused:?}");
    }
    proven.domains.say(PLACE, &[&proven.claim, &line]);
    assert_eq!(proven.tell(KEYS, &json!(change(&thiefs))).await.status, 403);
    // Nor does a thief of the token choose times for the owner's key.
    let spoiled = KeyChange {
        until: Some("2023-11-18T00:00:00Z".parse().unwrap()),
        ..change(&next)
    };
    assert_eq!(proven.tell(KEYS, &json!(spoiled)).await.status, 400);
    let done = proven.tell(KEYS, &json!(change(&next))).await;
    assert_eq!(done.status, 201, "{done:?}");
    let mine = proven
        .tell("GET /api/v1/market/namespaces", &json!({}))
        .await;
    let keys = mine.json()["namespaces"][0]["keys"].clone();
    assert_eq!(keys[1]["recovered"], true, "{keys}");
}
