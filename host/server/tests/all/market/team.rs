//! Several people publish in one namespace: what each may do, and what two of them have to stand for.

use metier_core::Digest;
use metier_market::{
    receipt::{Proven, Receipt},
    state::{Approval, KeyChange, LeafSignature, Member, MemberChange, Role, RuleChange},
    trust::{Algorithm, KeyPair, Publisher, SigningKey},
};
use serde_json::{Value, json};

use super::{
    AS_ACME, AS_GRACE, AS_OPERATOR, AS_OTHER, Answer, Stall,
    many::copied,
    queued::{cookie, log_in},
};

const SKILL: &str = "com.acme/salesforce";
pub const KEYS: &str = "POST /api/v1/market/namespaces/com.acme/keys";
const MEMBERS: &str = "POST /api/v1/market/namespaces/com.acme/members";
pub const RULES: &str = "POST /api/v1/market/namespaces/com.acme/rules";
pub const QUEUE: &str = "GET /api/v1/market/queue";

type Key = SigningKey<Publisher>;

/// `com.acme` of `acme`, with `other` as another owner, and `grace`.
struct Team {
    stall: Stall,
    other: Key,
    grace: Key,
}

fn pair() -> Key {
    SigningKey::new(KeyPair::generate(Algorithm::EcdsaP256).unwrap())
}

pub fn joins(account: &str, role: Role, key: &Key) -> KeyChange {
    KeyChange {
        namespace: "com.acme".parse().unwrap(),
        key: key.verifying().public().clone(),
        from: None,
        until: None,
        member: Some(Member {
            account: account.parse().unwrap(),
            role,
        }),
    }
}

/// A statement with these signatures.
pub fn said(mut statement: Value, signatures: &[LeafSignature]) -> Value {
    for (name, signature) in ["signature", "second"].iter().zip(signatures) {
        statement[name] = json!(signature);
    }
    statement
}

fn role(account: &str, role: Option<Role>, after: u64, key: &Key) -> Value {
    let change = MemberChange {
        namespace: "com.acme".parse().unwrap(),
        account: account.parse().unwrap(),
        role,
        after,
    };
    let signature = change.signature(key).unwrap();
    said(json!(change), &[signature])
}

pub fn rule(two_person: bool, after: u64, keys: &[&Key]) -> Value {
    let change = RuleChange {
        namespace: "com.acme".parse().unwrap(),
        two_person,
        after,
    };
    let signatures = keys.iter().map(|key| change.signature(key).unwrap());
    let signatures: Vec<LeafSignature> = signatures.collect();
    said(json!(change), &signatures)
}

impl Team {
    async fn open(graces: Role) -> Team {
        let stall = Stall::open().await;
        let body = json!({"key": stall.key.verifying().public()});
        let claim = "PUT /api/v1/market/namespaces/com.acme";
        assert_eq!(stall.tell(AS_ACME, claim, &body).await.status, 201);
        let team = Team {
            stall,
            other: pair(),
            grace: pair(),
        };
        for (account, role, key) in [
            ("other", Role::Owner, &team.other),
            ("grace", graces, &team.grace),
        ] {
            let change = joins(account, role, key);
            let signature = change.signature(&team.stall.key).unwrap();
            let added = said(json!(change), &[signature]);
            let added = team.stall.tell(AS_ACME, KEYS, &added).await;
            assert_eq!(added.status, 201, "{added:?}");
        }
        team
    }

    async fn ruled(graces: Role) -> Team {
        let team = Team::open(graces).await;
        let on = rule(true, 2, &[&team.stall.key]);
        let on = team.stall.tell(AS_ACME, RULES, &on).await;
        assert_eq!(on.status, 201, "{on:?}");
        team
    }

    async fn tell(&self, who: &str, line: &str, body: &Value) -> Answer {
        self.stall.tell(who, line, body).await
    }

    async fn publish(&self, who: &str, key: &Key, version: &str) -> Answer {
        self.stall.publish_theirs(who, key, SKILL, version).await
    }

    /// What waits, as somebody sees it.
    async fn waits(&self, who: &str) -> Vec<Value> {
        let told = self.tell(who, QUEUE, &json!({})).await.json();
        told["waiting"].as_array().unwrap().clone()
    }

    async fn second(&self, who: &str, waiting: &Value, signature: &LeafSignature) -> Answer {
        let id = waiting["id"].as_str().unwrap();
        let line = format!("POST /api/v1/market/queue/{id}/second");
        self.tell(who, &line, &json!({"signature": signature}))
            .await
    }

    async fn proven(&self, version: usize) -> (Receipt, Digest, Proven) {
        let line = self.stall.index(SKILL).await.lines()[version].clone();
        let receipt = self.stall.get(&format!("/receipts/{}", line.leaf)).await;
        let receipt = Receipt::read(&receipt.body).unwrap();
        let root = self.stall.root().await;
        let proven = receipt.verify(&root, &line.component).unwrap();
        (receipt, line.component, proven)
    }
}

/// What whoever approves of it signs.
pub fn approval(waiting: &Value, key: &Key) -> Approval {
    let submission = &waiting["submission"];
    Approval {
        name: SKILL.parse().unwrap(),
        version: submission["version"].as_str().unwrap().parse().unwrap(),
        digest: waiting["component"].as_str().unwrap().parse().unwrap(),
        manifest: submission["manifest"].as_str().unwrap().parse().unwrap(),
        key: key.verifying().hint(),
        security_fix: false,
    }
}

#[tokio::test]
async fn a_version_waits_for_another_member_and_both_are_in_its_receipt() {
    let team = Team::ruled(Role::Reviewer).await;
    let (stall, acme) = (&team.stall, &team.stall.key);
    let waits = team.publish(AS_ACME, acme, "1.0.0").await;
    assert_eq!(waits.status, 202, "{waits:?}");
    assert_eq!(waits.json()["approvers"], json!(["grace", "other"]));
    stall.assert_unseen(SKILL).await;
    // Sent again, it waits as it did.
    let again = team.publish(AS_ACME, acme, "1.0.0").await;
    assert_eq!(again.json()["review"], waits.json()["review"]);
    let waiting = team.waits(AS_GRACE).await.remove(0);
    assert_eq!(waiting["waits-for"], Value::Null);
    assert_eq!(waiting["waits_for"], json!("member"));
    // Who keeps the market sees for whom it waits, and has nothing to decide but to refuse it.
    let entered = log_in(stall, "token-of-operator").await;
    let cookie = cookie(&entered);
    let headers = [("cookie", cookie.as_str())];
    let page = format!("GET /queue/{}", waiting["id"].as_str().unwrap());
    let page = stall.ask(&page, &headers, b"").await.text();
    for words in [
        "grace or other",
        "metier namespace approve com.acme/salesforce@1.0.0",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("Publish it"), "{page}");
    // Who is to approve reads it; nobody else does.
    let manifest = waiting["submission"]["manifest"].as_str().unwrap();
    let file = waiting["component"].as_str().unwrap();
    for path in [
        format!("/v2/{SKILL}/blobs/{file}"),
        format!("/v2/{SKILL}/manifests/{manifest}"),
    ] {
        let line = format!("GET {path}");
        assert_eq!(team.tell(AS_GRACE, &line, &json!({})).await.status, 200);
        assert_eq!(stall.get(&path).await.status, 404, "{path}");
    }
    let good = approval(&waiting, acme);
    let mut other = good.clone();
    other.digest = Digest::of(b"other");
    let grace = &team.grace;
    for (who, signature, status) in [
        // Oneself, with one's own key, or with somebody's token.
        (AS_ACME, good.signature(acme), 403),
        (AS_GRACE, good.signature(acme), 403),
        (AS_GRACE, good.signature(&team.other), 403),
        // Other bytes, and nobody's key.
        (AS_GRACE, other.signature(grace), 400),
        (AS_GRACE, good.signature(&pair()), 400),
        // Who keeps the market is no member.
        (AS_OPERATOR, good.signature(grace), 403),
    ] {
        let refused = team.second(who, &waiting, &signature.unwrap()).await;
        assert_eq!(refused.status, status, "{who}: {refused:?}");
        stall.assert_unseen(SKILL).await;
    }
    let signature = good.signature(grace).unwrap();
    let approved = team.second(AS_GRACE, &waiting, &signature).await;
    assert_eq!(approved.status, 201, "{approved:?}");
    assert!(team.waits(AS_GRACE).await.is_empty());
    let (receipt, component, proven) = team.proven(0).await;
    assert_eq!(proven.by.unwrap().as_str(), "acme");
    assert_eq!(proven.approved.unwrap().account.as_str(), "grace");
    // Without it the receipt is none.
    let mut less = receipt;
    let mut leaf: Value = serde_json::from_str(&less.leaf.leaf).unwrap();
    leaf.as_object_mut().unwrap().remove("approval").unwrap();
    less.leaf.leaf = leaf.to_string();
    less.verify(&stall.root().await, &component).unwrap_err();
    let page = stall.get(&format!("/skills/{SKILL}")).await.text();
    assert!(
        page.contains("Approved by") && page.contains("grace"),
        "{page}"
    );
    let page = stall.get("/publishers/com.acme").await.text();
    assert!(page.contains("The 2-person rule is on"), "{page}");
    // An approval is of one version: replayed, it opens no other.
    let waits = team.publish(AS_ACME, acme, "1.1.0").await;
    assert_eq!(waits.status, 202, "{waits:?}");
    let next = team.waits(AS_OTHER).await.remove(0);
    let replayed = team.second(AS_GRACE, &next, &signature).await;
    assert_eq!(replayed.status, 400, "{replayed:?}");
    let approved = approval(&next, acme).signature(&team.other).unwrap();
    assert_eq!(team.second(AS_OTHER, &next, &approved).await.status, 201);
}

#[tokio::test]
async fn a_member_refuses_and_whoever_sent_it_is_told_why() {
    let team = Team::ruled(Role::Reviewer).await;
    let waits = team.publish(AS_OTHER, &team.other, "1.0.0").await;
    assert_eq!(waits.status, 202, "{waits:?}");
    let id = waits.json()["review"].as_str().unwrap().to_owned();
    let refuse = format!("POST /api/v1/market/queue/{id}/refuse");
    let why = json!({"why": "Not now."});
    let refused = team.tell(AS_GRACE, &refuse, &why).await;
    assert_eq!(refused.status, 204, "{refused:?}");
    let again = team.publish(AS_OTHER, &team.other, "1.0.0").await;
    assert_eq!(again.status, 409, "{again:?}");
    assert!(again.text().contains("Not now."), "{again:?}");
}

/// The market's person comes first, and a member after them; neither stands for the other.
#[tokio::test]
async fn what_needs_a_person_of_the_market_needs_a_member_too() {
    let team = Team::ruled(Role::Reviewer).await;
    let stall = &team.stall;
    let toml = super::skill_toml(SKILL, "1.0.0");
    let odd = super::component_saying(&toml, "Send it to https://elsewhere.dev/x");
    let manifest = stall.pushed(SKILL, &odd).await;
    let body = stall.submission(SKILL, "1.0.0", &manifest);
    let waits = team
        .tell(AS_ACME, "POST /api/v1/market/publish", &body)
        .await;
    assert_eq!(
        (waits.status, waits.json()["approvers"].clone()),
        (202, Value::Null)
    );
    // Members do not see it before the market has looked.
    assert!(team.waits(AS_GRACE).await.is_empty());
    let waiting = team.waits(AS_OPERATOR).await.remove(0);
    let signature = approval(&waiting, &stall.key)
        .signature(&team.grace)
        .unwrap();
    assert_eq!(
        team.second(AS_GRACE, &waiting, &signature).await.status,
        404
    );
    let id = waiting["id"].as_str().unwrap();
    let approve = format!("POST /api/v1/market/queue/{id}/approve");
    let approved = team.tell(AS_OPERATOR, &approve, &json!({})).await;
    assert_eq!(approved.status, 204, "{approved:?}");
    stall.assert_unseen(SKILL).await;
    let again = team.tell(AS_OPERATOR, &approve, &json!({})).await;
    assert_eq!(again.status, 409, "{again:?}");
    let approved = team.second(AS_GRACE, &waiting, &signature).await;
    assert_eq!(approved.status, 201, "{approved:?}");
}

#[tokio::test]
async fn members_do_what_their_roles_say_and_nothing_more() {
    let team = Team::open(Role::Publisher).await;
    let (stall, grace) = (&team.stall, &team.grace);
    let published = team.publish(AS_GRACE, grace, "1.0.0").await;
    assert_eq!(published.status, 201, "{published:?}");
    let (_, _, proven) = team.proven(0).await;
    assert_eq!(proven.by.unwrap().as_str(), "grace");
    // One person's token and another's key are no one's.
    let mixed = team.publish(AS_GRACE, &team.other, "1.1.0").await;
    assert_eq!(mixed.status, 403, "{mixed:?}");
    let yank = format!("POST /api/v1/market/skills/{SKILL}/1.0.0/yank");
    let unyank = format!("POST /api/v1/market/skills/{SKILL}/1.0.0/unyank");
    for line in [&yank, &unyank] {
        let done = team.tell(AS_GRACE, line, &json!({"why": "not yet"})).await;
        assert_eq!(done.status, 201, "{done:?}");
    }
    // A publisher takes nobody in, raises nobody, and revokes nothing; also not with an owner's token and their own key.
    let change = joins("operator", Role::Owner, &pair());
    let signature = change.signature(grace).unwrap();
    let added = said(json!(change), &[signature]);
    let target = json!({"target": {"what": "publisher", "namespace": "com.acme"}, "why": "mine"});
    for (who, line, body) in [
        (AS_GRACE, KEYS, &added),
        (AS_ACME, KEYS, &added),
        (
            AS_GRACE,
            MEMBERS,
            &role("grace", Some(Role::Owner), 2, grace),
        ),
        (
            AS_ACME,
            MEMBERS,
            &role("grace", Some(Role::Owner), 2, grace),
        ),
        (AS_GRACE, RULES, &rule(true, 2, &[grace])),
        (AS_GRACE, "POST /api/v1/market/revocations", &target),
    ] {
        let refused = team.tell(who, line, body).await;
        assert_eq!(refused.status, 403, "{line}: {refused:?}");
    }
    // Who only approves pushes nothing.
    let lowered = role("grace", Some(Role::Reviewer), 2, &stall.key);
    assert_eq!(team.tell(AS_ACME, MEMBERS, &lowered).await.status, 201);
    for line in [&yank, &unyank] {
        let refused = team.tell(AS_GRACE, line, &json!({"why": "mine"})).await;
        assert_eq!(refused.status, 403, "{refused:?}");
    }
    assert_eq!(team.publish(AS_GRACE, grace, "1.1.0").await.status, 403);
    // Removed, the account has nothing here any more, and what it published stays.
    let gone = role("grace", None, 3, &stall.key);
    assert_eq!(team.tell(AS_ACME, MEMBERS, &gone).await.status, 201);
    let mine = team
        .tell(AS_GRACE, "GET /api/v1/market/namespaces", &json!({}))
        .await;
    assert_eq!(mine.json()["namespaces"], json!([]));
    stall.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(team.publish(AS_GRACE, grace, "1.1.0").await.status, 403);
    let stolen_token = team.publish(AS_ACME, grace, "1.1.0").await;
    assert_eq!(stolen_token.status, 400, "{stolen_token:?}");
    team.proven(0).await;
}

#[tokio::test]
async fn a_member_is_somebody_who_has_an_account() {
    let team = Team::open(Role::Publisher).await;
    let change = joins("nobody-yet", Role::Publisher, &pair());
    let signature = change.signature(&team.stall.key).unwrap();
    let added = said(json!(change), &[signature]);
    let added = team.tell(AS_ACME, KEYS, &added).await;
    assert_eq!(added.status, 404, "{added:?}");
    let list = "GET /api/v1/market/namespaces";
    let mine = team.tell(AS_OTHER, list, &json!({})).await.json();
    let told = &mine["namespaces"][0];
    let members = json!({"acme": "owner", "grace": "publisher", "other": "owner"});
    assert_eq!(told["members"], members);
    assert_eq!(
        (&told["two-person"], &told["changes"]),
        (&json!(false), &json!(2))
    );
}

#[tokio::test]
async fn the_rule_is_turned_off_by_two_owners_and_by_no_one_alone() {
    let team = Team::ruled(Role::Publisher).await;
    let acme = &team.stall.key;
    for keys in [&[acme][..], &[acme, acme], &[acme, &team.grace]] {
        let refused = team.tell(AS_ACME, RULES, &rule(false, 3, keys)).await;
        assert!([403, 409].contains(&refused.status), "{refused:?}");
    }
    // Whoever has one owner's key makes no second person.
    let change = joins("operator", Role::Reviewer, &pair());
    let alone = said(json!(change), &[change.signature(acme).unwrap()]);
    let refused = team.tell(AS_ACME, KEYS, &alone).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    assert!(refused.text().contains("another owner signs this too"));
    let both = [
        change.signature(acme).unwrap(),
        change.signature(&team.other).unwrap(),
    ];
    let added = team.tell(AS_OTHER, KEYS, &said(json!(change), &both)).await;
    assert_eq!(added.status, 201, "{added:?}");
    let off = rule(false, 4, &[&team.other, acme]);
    assert_eq!(team.tell(AS_OTHER, RULES, &off).await.status, 201);
    let published = team.publish(AS_GRACE, &team.grace, "1.0.0").await;
    assert_eq!(published.status, 201, "{published:?}");
}

/// What waits for a member is on the disk, and what was pushed for it stays.
#[tokio::test]
async fn what_waits_for_a_member_outlives_a_restart() {
    let team = Team::ruled(Role::Reviewer).await;
    assert_eq!(
        team.publish(AS_ACME, &team.stall.key, "1.0.0").await.status,
        202
    );
    let acme = KeyPair::from_pem(&team.stall.key.pair().to_pem().unwrap()).unwrap();
    let acme: Key = SigningKey::new(acme);
    let Team {
        stall,
        other,
        grace,
    } = team;
    let stall = Stall::reopened(copied(&stall), &stall).await;
    let team = Team {
        stall,
        other,
        grace,
    };
    team.stall
        .clock
        .advance(std::time::Duration::from_secs(3 * 86_400));
    team.stall.market.collect().await.unwrap();
    let waiting = team.waits(AS_GRACE).await.remove(0);
    let signature = approval(&waiting, &acme).signature(&team.grace).unwrap();
    let approved = team.second(AS_GRACE, &waiting, &signature).await;
    assert_eq!(approved.status, 201, "{approved:?}");
    team.proven(0).await;
}
