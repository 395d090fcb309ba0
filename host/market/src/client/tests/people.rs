//! A namespace of several people, and a market that lies about them.

use metier_core::Code;

use super::{ClientError, Scene, shop::Shop};
use crate::{
    client::{Known, vouch},
    receipt::ReceiptFault,
    state::{
        Change, Freeze, KeyChange, KeyEnding, Member, MemberChange, MemberRefused, Namespace,
        Publication, Refused, Role, RuleChange, Thaw,
    },
    trust::{Algorithm, KeyPair, Publisher, SigningKey, tests::day},
};

/// A shop whose version two people signed.
fn team() -> (Shop, SigningKey<Publisher>) {
    let mut shop = Shop::with(&[]);
    let bob = shop.team();
    shop.publish("1.0.0", approved_by(&bob));
    (shop, bob)
}

fn approved_by(key: &SigningKey<Publisher>) -> impl FnOnce(&mut Publication) + '_ {
    |publication| {
        let approval = publication.to_approve().signature(key);
        publication.approval = Some(approval.unwrap());
    }
}

fn somebody() -> SigningKey<Publisher> {
    SigningKey::new(KeyPair::generate(Algorithm::Ed25519).unwrap())
}

fn member_refused(error: &ClientError) -> &MemberRefused {
    match error {
        ClientError::Receipt(ReceiptFault::Contradiction(Refused::Member(why))) => why,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn both_who_stand_for_a_version_are_shown() {
    let (shop, bob) = team();
    let proven = Scene::of(shop).install().await.unwrap().proven;
    assert_eq!(proven.by.unwrap().as_str(), "acme");
    let approved = proven.approved.unwrap();
    assert_eq!(approved.account.as_str(), "bob");
    assert_eq!(approved.key, bob.verifying().hint());
    assert_eq!(proven.history, [0, 1, 2]);
}

/// Its log has a version that nobody approved of: the market wrote it down all the same.
#[tokio::test]
async fn a_market_that_drops_the_rule_is_found() {
    let (mut shop, _) = team();
    shop.publish("1.1.0", |_| {});
    let error = Scene::of(shop).install().await.unwrap_err();
    assert_eq!(*member_refused(&error), MemberRefused::NeedsApproval);
    assert_eq!(error.fault().code, Code::SkillUnverified);
}

/// The leaf in the receipt, without its approval, is no leaf of the log.
#[tokio::test]
async fn a_receipt_without_its_approval_is_none() {
    let (shop, _) = team();
    let version = shop.versions[0].clone();
    let mut receipt = shop.receipt(&version, shop.leaves.len() as u64);
    let mut leaf: serde_json::Value = serde_json::from_str(&receipt.leaf.leaf).unwrap();
    leaf.as_object_mut().unwrap().remove("approval").unwrap();
    receipt.leaf.leaf = metier_core::canonical::text(&leaf);
    let error = receipt.verify(&shop.root(), &version.line.component);
    assert!(matches!(error, Err(ReceiptFault::Log(_))), "{error:?}");
}

#[tokio::test]
async fn an_approval_that_the_market_forged_is_found() {
    let (mut shop, bob) = team();
    let market = somebody();
    shop.publish("1.1.0", |publication| {
        let mut forged = publication.to_approve().signature(&market).unwrap();
        forged.by = bob.verifying().hint();
        publication.approval = Some(forged);
    });
    let error = Scene::of(shop).install().await.unwrap_err();
    let fault = ReceiptFault::Contradiction(Refused::BadSignature(
        bob.verifying().hint(),
        "com.acme".parse().unwrap(),
    ));
    assert!(
        matches!(&error, ClientError::Receipt(found) if *found == fault),
        "{error}"
    );
}

/// It turns the rule off, with the one signature it has of an owner: for the rule being on.
#[tokio::test]
async fn a_market_that_turns_the_rule_off_is_found() {
    let (mut shop, _) = team();
    let off = RuleChange {
        namespace: "com.acme".parse().unwrap(),
        two_person: false,
        after: 2,
    };
    let signature = RuleChange {
        two_person: true,
        after: 1,
        ..off.clone()
    };
    let signature = signature.signature(&shop.key).unwrap();
    shop.append(Change::Rule(off.with(signature.clone(), Some(signature))));
    shop.publish("1.1.0", |_| {});
    let error = Scene::of(shop).install().await.unwrap_err();
    assert_eq!(error.fault().code, Code::SkillUnverified);
    let forged = matches!(
        error,
        ClientError::Receipt(ReceiptFault::Contradiction(Refused::BadSignature(..)))
    );
    assert!(forged, "{error}");
}

/// It leaves the rule out of a receipt: whoever saw it before misses it, on the wire and beside a file.
#[tokio::test]
async fn a_market_that_hides_the_rule_is_found_by_whoever_saw_it() {
    let (mut shop, _) = team();
    shop.publish("1.1.0", |_| {});
    let scene = Scene::of(shop);
    let witness = scene.client.advance().await.unwrap();
    let lines: Vec<_> = {
        let shop = scene.script.shop();
        shop.versions
            .iter()
            .map(|version| version.line.clone())
            .collect()
    };
    let fetch = |line| scene.client.fetch(line, &witness, Default::default());
    fetch(&lines[0]).await.unwrap();
    scene.script.shop().history.retain(|leaf| *leaf != 2);
    let error = fetch(&lines[1]).await.unwrap_err();
    assert!(
        matches!(&error, ClientError::LessHistory { leaf: 2, .. }),
        "{error}"
    );
    assert_eq!(error.fault().code, Code::SkillUnverified);
    let (receipt, component) = {
        let shop = scene.script.shop();
        let version = &shop.versions[1];
        let receipt = shop.receipt(version, shop.leaves.len() as u64);
        (
            serde_json::to_vec(&receipt).unwrap(),
            version.component.clone(),
        )
    };
    let known = Known::new(scene.client.root().clone(), scene.client.kept().clone());
    let error = vouch(&[known], &receipt, &component, day(20)).unwrap_err();
    assert!(matches!(error, ClientError::LessHistory { .. }), "{error}");
    // As it was, it is believed again.
    scene.script.shop().history = vec![0, 1, 2];
    fetch(&lines[0]).await.unwrap();
}

/// Whoever approved of it was not who they seemed: it is worth nothing, by every receipt from then on.
#[tokio::test]
async fn an_approval_by_a_stolen_key_is_none() {
    let (mut shop, bob) = team();
    let theft = KeyEnding {
        namespace: "com.acme".parse().unwrap(),
        key: bob.verifying().hint(),
        from: None,
        since: Some(day(1)),
    };
    shop.append(Change::KeyEnd(theft.sign(&shop.key).unwrap()));
    let error = Scene::of(shop).install().await.unwrap_err();
    let stolen = matches!(
        error,
        ClientError::Receipt(ReceiptFault::Contradiction(Refused::KeyNotGood(..)))
    );
    assert!(stolen, "{error}");
}

/// An older receipt shows less, and hides nothing.
#[tokio::test]
async fn a_receipt_of_before_is_as_good_as_it_was() {
    let (shop, _) = team();
    let scene = Scene::of(shop);
    scene.install().await.unwrap();
    let shop = scene.script.shop();
    let version = &shop.versions[0];
    let receipt = shop.receipt(version, version.line.leaf + 1);
    let receipt = serde_json::to_vec(&receipt).unwrap();
    let known = Known::new(scene.client.root().clone(), scene.client.kept().clone());
    vouch(&[known], &receipt, &version.component, day(20)).unwrap();
}

/// What was so when a version was published is what counts: not what a market would rather have had before or after it.
#[tokio::test]
async fn a_history_in_another_order_is_none() {
    let (shop, _) = team();
    let version = &shop.versions[0];
    let good = shop.receipt(version, shop.leaves.len() as u64);
    good.verify(&shop.root(), &version.line.component).unwrap();
    let mut turned = good.clone();
    turned.history.swap(1, 2);
    let mut twice = good;
    let again = twice.history[1].clone();
    twice.history.push(again);
    for wrong in [turned, twice] {
        let error = wrong.verify(&shop.root(), &version.line.component);
        assert!(matches!(error, Err(ReceiptFault::History)), "{error:?}");
    }
}

/// A version of before the rule needs nobody, and one of a member who has gone stays.
#[tokio::test]
async fn what_was_published_before_is_judged_by_what_was_so_then() {
    let mut shop = Shop::with(&["0.9.0"]);
    let bob = shop.team();
    shop.publish("1.0.0", approved_by(&bob));
    shop.now = day(2);
    let carol = KeyChange {
        namespace: "com.acme".parse().unwrap(),
        key: somebody().verifying().public().clone(),
        from: None,
        until: None,
        member: Some(Member {
            account: "carol".parse().unwrap(),
            role: Role::Owner,
        }),
    };
    let second = carol.signature(&bob).unwrap();
    let mut added = carol.sign(&shop.key).unwrap();
    added.second = Some(second);
    shop.append(Change::Key(added));
    let gone = MemberChange {
        namespace: "com.acme".parse().unwrap(),
        account: "bob".parse().unwrap(),
        role: None,
        after: 3,
    };
    let signature = gone.signature(&shop.key).unwrap();
    shop.append(Change::Member(gone.with(signature, None)));
    let size = shop.leaves.len() as u64;
    for version in &shop.versions {
        let receipt = shop.receipt(version, size);
        receipt
            .verify(&shop.root(), &version.line.component)
            .unwrap();
    }
    Scene::of(shop).install().await.unwrap();
}

/// A freeze that is over is in no later receipt; who saw it while it lasted misses nothing.
#[tokio::test]
async fn a_freeze_that_is_over_is_missed_by_nobody() {
    let (mut shop, bob) = team();
    let namespace: Namespace = "com.acme".parse().unwrap();
    let frozen = shop.append(Change::Freeze(Freeze {
        namespace: namespace.clone(),
        why: "its proof is gone".parse().unwrap(),
    }));
    shop.history.push(usize::try_from(frozen).unwrap());
    let scene = Scene::of(shop);
    let seen = scene.install().await.unwrap().proven;
    assert_eq!(seen.history, [0, 1, 2], "{frozen} comes and goes");
    {
        let mut shop = scene.script.shop();
        shop.history.pop();
        let why = "its proof is back".parse().unwrap();
        shop.append(Change::Thaw(Thaw { namespace, why }));
        shop.publish("1.1.0", approved_by(&bob));
    }
    let witness = scene.client.advance().await.unwrap();
    let line = scene.script.shop().versions[1].line.clone();
    let fetched = scene.client.fetch(&line, &witness, Default::default());
    assert_eq!(fetched.await.unwrap().proven.history, [0, 1, 2]);
}
