//! Who vouches for skills: what is installed, loaded and called, and what is not.

mod fake;
mod polled;
mod revoked;

use std::sync::Arc;

use metier_core::{Code, Digest, Fault};
use metier_market::receipt::Receipt;
use metier_service::{
    NewSkill, Role,
    limits::Limits,
    market::{Market, Settings, Unsigned, Vouches},
};

use crate::scene::{SKILL, Scene, admin, somebody};
use fake::{FakeMarket, Published, ago, component, named, now, signing};

/// A host that trusts these markets.
async fn trusting(markets: &[&FakeMarket]) -> Scene {
    let scene = Scene::with(Limits::default()).await;
    trust(&scene, markets, Settings::default()).await;
    scene
}

async fn trust(scene: &Scene, markets: &[&FakeMarket], settings: Settings) {
    let markets = markets.iter().map(|market| Arc::new(market.market()));
    let markets = markets.collect::<Vec<Arc<Market>>>();
    let settings = Settings {
        markets,
        ..settings
    };
    let vouching = scene.service.vouching();
    vouching.use_settings(settings).await.unwrap();
}

async fn install(scene: &Scene, bytes: &[u8], receipt: &Receipt) -> Result<(), Fault> {
    let text = serde_json::to_vec(receipt).unwrap();
    install_by(scene, bytes, text, false).await
}

async fn install_by(
    scene: &Scene,
    bytes: &[u8],
    receipt: Vec<u8>,
    new_publisher: bool,
) -> Result<(), Fault> {
    let new = NewSkill {
        bytes: bytes.to_vec(),
        grant: None,
        vouches: Vouches::Receipt {
            receipt,
            new_publisher,
        },
    };
    let alias = Some("math".parse().unwrap());
    scene.service.install(&admin(), alias, new).await.map(drop)
}

fn first() -> (FakeMarket, Vec<u8>, Published) {
    let mut market = FakeMarket::new("market.example");
    let bytes = component("1.0.0");
    let published = market.publish(&bytes, "com.acme/adds", "1.0.0");
    (market, bytes, published)
}

#[tokio::test]
async fn what_a_market_vouches_for_is_installed_and_called() {
    let (market, bytes, published) = first();
    let scene = trusting(&[&market]).await;
    install(&scene, &bytes, &market.receipt(&published))
        .await
        .unwrap();
    let caller = somebody("local", Role::Caller, &[]);
    scene.call(&caller, "math.add").await.result.unwrap();
    let record = scene.record("skill");
    assert_eq!(record.rest["vouched-by"], "market.example");
    // Its word is enough for whoever has the file.
    let again = NewSkill {
        bytes,
        ..NewSkill::default()
    };
    let alias = Some("other".parse().unwrap());
    scene.service.install(&admin(), alias, again).await.unwrap();
}

#[tokio::test]
async fn what_nobody_vouches_for_is_installed_by_whoever_says_so_and_written_down() {
    let scene = trusting(&[]).await;
    let bytes = wat::parse_str(SKILL).unwrap();
    let alias = || Some("math".parse().unwrap());
    let new = NewSkill {
        bytes: bytes.clone(),
        ..NewSkill::default()
    };
    let refused = scene.service.install(&admin(), alias(), new).await;
    assert_eq!(refused.unwrap_err().code, Code::UnsignedSkill);
    assert!(scene.records("skill").is_empty());
    let new = NewSkill::unsigned(bytes.clone(), None);
    scene
        .service
        .install(&admin(), alias(), new.clone())
        .await
        .unwrap();
    assert_eq!(scene.record("skill").rest["vouched-by"], "nobody");
    let strict = Settings {
        unsigned: Unsigned::Refuse,
        ..Settings::default()
    };
    trust(&scene, &[], strict).await;
    let refused = scene
        .service
        .install(&admin(), Some("new".parse().unwrap()), new)
        .await;
    assert_eq!(refused.unwrap_err().code, Code::UnsignedSkill);
}

/// Nothing but what changed is wrong with each of them.
#[tokio::test]
async fn a_receipt_that_does_not_show_it_is_refused() {
    let (mut market, bytes, published) = first();
    let other_bytes = component("1.0.1");
    let other = market.publish(&other_bytes, "com.acme/adds", "1.0.1");
    let scene = trusting(&[&market]).await;
    let good = market.receipt(&published);
    let others = market.receipt(&other);
    let mut swapped = bytes.clone();
    *swapped.last_mut().unwrap() ^= 1;
    let stranger = FakeMarket::new("market.example");
    let unknown = FakeMarket::new("elsewhere.example");
    let changed = |change: &dyn Fn(&mut Receipt)| {
        let mut receipt = good.clone();
        change(&mut receipt);
        receipt
    };
    let self_made = |name: &str| -> Receipt {
        // The publisher's own hand under the market's word, and the reverse.
        let mut receipt = good.clone();
        match name {
            "review" => receipt.review.clone_from(&good.bundle),
            _ => receipt.bundle.clone_from(&good.review),
        }
        receipt
    };
    let cases: Vec<(&str, &[u8], Receipt)> = vec![
        ("swapped bytes", &swapped, good.clone()),
        ("another version's receipt", &bytes, others.clone()),
        (
            "another version's bundle",
            &bytes,
            changed(&|receipt| receipt.bundle.clone_from(&others.bundle)),
        ),
        (
            "another version's review",
            &bytes,
            changed(&|receipt| receipt.review.clone_from(&others.review)),
        ),
        (
            "another version's manifest",
            &bytes,
            changed(&|receipt| receipt.manifest.clone_from(&others.manifest)),
        ),
        ("a bundle as review", &bytes, self_made("review")),
        ("a review as bundle", &bytes, self_made("bundle")),
        (
            "no bundle",
            &bytes,
            changed(&|receipt| receipt.bundle.clear()),
        ),
        (
            "another proof",
            &bytes,
            changed(&|receipt| receipt.leaf.inclusion = others.leaf.inclusion.clone()),
        ),
        (
            "a rewritten leaf",
            &bytes,
            changed(&|receipt| receipt.leaf.leaf = receipt.leaf.leaf.replace("1.0.0", "9.0.0")),
        ),
        (
            "another place in the log",
            &bytes,
            changed(&|receipt| receipt.leaf.inclusion.index += 1),
        ),
        (
            "no history",
            &bytes,
            changed(&|receipt| receipt.history.clear()),
        ),
        (
            "a doubled history",
            &bytes,
            changed(&|receipt| receipt.history.push(receipt.history[0].clone())),
        ),
        (
            "a foreign leaf in the history",
            &bytes,
            changed(&|receipt| receipt.history.push(others.leaf.clone())),
        ),
        (
            "a checkpoint nobody signed",
            &bytes,
            changed(&|receipt| {
                receipt.checkpoint = receipt.checkpoint.replacen("\n3\n", "\n4\n", 1)
            }),
        ),
        (
            "another log's checkpoint",
            &bytes,
            changed(&|receipt| receipt.checkpoint = stranger.checkpoint()),
        ),
        (
            "another market's receipt",
            &bytes,
            unknown_receipt(unknown, &bytes),
        ),
        (
            "a market of the same name",
            &bytes,
            unknown_receipt(FakeMarket::new("market.example"), &bytes),
        ),
    ];
    for (what, bytes, receipt) in cases {
        assert!(
            receipt != good || bytes == swapped,
            "{what}: nothing is wrong"
        );
        let refused = install(&scene, bytes, &receipt).await;
        assert_eq!(
            refused.err().map(|fault| fault.code),
            Some(Code::SkillUnverified),
            "{what}"
        );
    }
    for (what, text) in [
        ("HTML", b"<!doctype html>".to_vec()),
        (
            "cut off",
            serde_json::to_vec(&good).unwrap()[..500].to_vec(),
        ),
        ("a further field", {
            let mut value = serde_json::to_value(&good).unwrap();
            value["more"] = true.into();
            value.to_string().into_bytes()
        }),
        ("nested too deeply", "[".repeat(100_000).into_bytes()),
    ] {
        let refused = install_by(&scene, &bytes, text, false).await;
        assert_eq!(
            refused.err().map(|fault| fault.code),
            Some(Code::SkillUnverified),
            "{what}"
        );
    }
    assert!(scene.records("skill").is_empty());
    install(&scene, &bytes, &good).await.unwrap();
}

fn unknown_receipt(market: FakeMarket, bytes: &[u8]) -> Receipt {
    let mut market = market;
    let published = market.publish(bytes, "com.acme/adds", "1.0.0");
    market.receipt(&published)
}

#[tokio::test]
async fn a_component_that_calls_itself_something_else_than_it_was_published_as_is_refused() {
    let mut market = FakeMarket::new("market.example");
    let bytes = named("com.acme/takes", "1.0.0");
    let published = market.publish(&bytes, "com.acme/adds", "1.0.0");
    let scene = trusting(&[&market]).await;
    let refused = install(&scene, &bytes, &market.receipt(&published)).await;
    assert_eq!(refused.unwrap_err().code, Code::SkillUnverified);
}

#[tokio::test]
async fn a_market_without_the_publishers_key_publishes_nothing_to_who_knows_it() {
    let (market, bytes, published) = first();
    let scene = trusting(&[&market]).await;
    install(&scene, &bytes, &market.receipt(&published))
        .await
        .unwrap();
    // All three keys of the market, and another log, in which the namespace has another key.
    let mut thief = market.taken_over();
    let evil = component("1.1.0");
    let published = thief.publish(&evil, "com.acme/adds", "1.1.0");
    let receipt = thief.receipt(&published);
    let refused = install(&scene, &evil, &receipt).await.unwrap_err();
    assert_eq!(refused.code, Code::SkillUnverified);
    assert!(refused.message.contains("com.acme"), "{refused}");
    // Unless an administrator says that the keys are meant: they are then for every tenant.
    let text = serde_json::to_vec(&receipt).unwrap();
    let new = NewSkill {
        bytes: evil.clone(),
        grant: None,
        vouches: Vouches::Receipt {
            receipt: text.clone(),
            new_publisher: true,
        },
    };
    let operator = somebody("acme", Role::Operator, &[]);
    let refused = scene.service.install(&operator, None, new).await;
    assert_eq!(refused.unwrap_err().code, Code::Forbidden);
    install_by(&scene, &evil, text, true).await.unwrap();
}

#[tokio::test]
async fn a_market_vouches_for_the_namespaces_it_is_trusted_for() {
    let (market, bytes, published) = first();
    let scene = trusting(&[]).await;
    let receipt = market.receipt(&published);
    for (namespace, code) in [
        ("com.acm", Some(Code::SkillUnverified)),
        ("com.acme.sub", Some(Code::SkillUnverified)),
        ("com.acme", None),
        ("com", None),
    ] {
        let settings = Settings {
            markets: vec![Arc::new(Market {
                namespaces: vec![namespace.to_owned()],
                ..market.market()
            })],
            ..Settings::default()
        };
        let vouching = scene.service.vouching();
        vouching.use_settings(settings).await.unwrap();
        let installed = install(&scene, &bytes, &receipt).await;
        assert_eq!(installed.err().map(|fault| fault.code), code, "{namespace}");
    }
}

#[tokio::test]
async fn a_key_the_one_before_signed_is_the_publishers() {
    let (mut market, bytes, published) = first();
    let scene = trusting(&[&market]).await;
    install(&scene, &bytes, &market.receipt(&published))
        .await
        .unwrap();
    market.rotate(ago(500));
    let next = component("1.1.0");
    let published = market.publish_at(&next, "com.acme/adds", "1.1.0", ago(400));
    install(&scene, &next, &market.receipt(&published))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_thief_of_the_publishers_key_needs_the_markets_review() {
    let (mut market, bytes, published) = first();
    let scene = trusting(&[&market]).await;
    let good = market.receipt(&published);
    // The thief signs, and makes up a review.
    let honest = std::mem::replace(&mut market.review, copy_of_nobody());
    let evil = component("1.1.0");
    let published = market.publish(&evil, "com.acme/adds", "1.1.0");
    market.review = honest;
    let refused = install(&scene, &evil, &market.receipt(&published)).await;
    assert_eq!(refused.unwrap_err().code, Code::SkillUnverified);
    install(&scene, &bytes, &good).await.unwrap();
}

fn copy_of_nobody() -> metier_market::trust::SigningKey<metier_market::trust::Review> {
    let pair = signing();
    let pem = pair.pair().to_pem().unwrap();
    metier_market::trust::SigningKey::new(metier_market::trust::KeyPair::from_pem(&pem).unwrap())
}

#[tokio::test]
async fn what_a_compromised_key_signed_since_is_not_loaded_any_more() {
    let (mut market, bytes, published) = first();
    let scene = trusting(&[&market]).await;
    market.end_key(ago(100), Some(ago(2_000)));
    let refused = install(&scene, &bytes, &market.receipt(&published)).await;
    assert_eq!(refused.unwrap_err().code, Code::SkillUnverified);
}

/// A receipt of before shows it good for ever: the list is what says that it is not.
#[tokio::test]
async fn an_older_receipt_of_a_void_version_is_worth_nothing_with_the_list() {
    let (mut market, bytes, published) = first();
    let scene = trusting(&[&market]).await;
    let older = market.receipt(&published);
    install(&scene, &bytes, &older).await.unwrap();
    market.end_key(ago(100), Some(ago(2_000)));
    // What the fold of this log says, as a market's list has it.
    let list = market.derived_list(1, ago(60));
    let service = &scene.service;
    service.import_revocations(&admin(), &list).await.unwrap();
    let caller = somebody("local", Role::Caller, &[]);
    let refused = scene.call(&caller, "math.add").await.result.unwrap_err();
    assert_eq!(refused.code, Code::SkillRevoked);
    assert!(refused.message.contains("other hands"), "{refused:?}");
    let refused = install(&scene, &bytes, &older).await;
    assert_eq!(refused.unwrap_err().code, Code::SkillRevoked);
}

#[tokio::test]
async fn what_is_not_trusted_any_more_is_not_loaded_any_more() {
    let (market, bytes, published) = first();
    let store = metier_store::open(&metier_store::StoreUrl::SqliteMemory)
        .await
        .unwrap();
    let one = Scene::over(store.clone()).await;
    trust(&one, &[&market], Settings::default()).await;
    install(&one, &bytes, &market.receipt(&published))
        .await
        .unwrap();
    // Another host, or the next start: the receipt is verified again before the component is loaded.
    let other = Scene::over(store.clone()).await;
    let caller = somebody("local", Role::Caller, &[]);
    let refused = other.call(&caller, "math.add").await.result.unwrap_err();
    assert_eq!(refused.code, Code::SkillUnverified);
    trust(&other, &[&market], Settings::default()).await;
    other.call(&caller, "math.add").await.result.unwrap();
    // What is in the store without any reason to be loaded is not.
    let third = Scene::over(store.clone()).await;
    trust(&third, &[&market], Settings::default()).await;
    let key = Digest::of(&bytes).to_string();
    let (kind, key) = ("vouched".parse().unwrap(), key.parse().unwrap());
    let any = metier_store::types::Expect::Any;
    store.put(&kind, &key, any, None, None).await.unwrap();
    third.service.look().await.unwrap();
    let refused = third.call(&caller, "math.add").await.result.unwrap_err();
    assert_eq!(refused.code, Code::SkillUnverified);
}
