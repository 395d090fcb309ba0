//! A file and its receipt, without a network.

use metier_core::Code;

use super::{ClientError, Scene, shop::Shop};
use crate::{
    client::{Fetched, FirstKey, Known, trust, vouch},
    revoked::{Entry, Target},
    trust::{Moment, tests::day},
};

fn now() -> Moment {
    day(21)
}

fn known(scene: &Scene) -> Vec<Known> {
    Known::all(scene.home.path(), None).unwrap()
}

async fn installed(scene: &Scene) -> (Fetched, Vec<u8>) {
    let stranger = crate::client::meet(&*scene.script, &scene.client.market().address);
    trust(scene.client.kept(), &stranger.await.unwrap()).unwrap();
    let fetched = scene.install().await.unwrap();
    let bytes = fetched.component().unwrap();
    scene.script.asked();
    (fetched, bytes)
}

#[tokio::test]
async fn a_receipt_is_enough_and_nobody_is_asked() {
    let scene = Scene::new();
    let (fetched, bytes) = installed(&scene).await;
    let vouched = vouch(&known(&scene), &fetched.receipt, &bytes, now()).unwrap();
    assert_eq!(vouched.proven.index, fetched.proven.index);
    assert!(vouched.first_key_known && vouched.list.is_none());
    assert!(scene.script.asked().is_empty());
    let mut changed = bytes.clone();
    *changed.last_mut().unwrap() ^= 1;
    let error = vouch(&known(&scene), &fetched.receipt, &changed, now()).unwrap_err();
    assert!(matches!(error, ClientError::Receipt(_)), "{error}");
    let error = vouch(&[], &fetched.receipt, &bytes, now()).unwrap_err();
    assert!(matches!(error, ClientError::UnknownMarket(_)), "{error}");
    assert!(error.to_string().contains("market.example/log"), "{error}");
}

#[tokio::test]
async fn what_the_last_list_revokes_is_refused_also_when_it_expired() {
    let scene = Scene::new();
    let (fetched, bytes) = installed(&scene).await;
    scene.script.shop().revoked.push(Entry {
        target: Target::Digest {
            digest: *fetched.contents.component(),
        },
        why: "it leaks".parse().unwrap(),
        at: day(20),
    });
    scene.client.revocations(now()).await.unwrap();
    let later = now().plus(std::time::Duration::from_secs(40 * 86_400));
    for now in [now(), later, day(1)] {
        let error = vouch(&known(&scene), &fetched.receipt, &bytes, now).unwrap_err();
        assert_eq!(error.fault().code, Code::SkillRevoked, "{error}");
    }
    // A list somebody wrote over is not one that says nothing.
    let list = scene.client.kept().folder().join("revocations.json");
    std::fs::write(list, "{}").unwrap();
    let error = vouch(&known(&scene), &fetched.receipt, &bytes, now()).unwrap_err();
    assert!(matches!(error, ClientError::Revocations(_)), "{error}");
}

#[tokio::test]
async fn keys_that_begin_anew_are_noticed_and_not_remembered() {
    let scene = Scene::new();
    let (old, _) = installed(&scene).await;
    {
        let mut shop = scene.script.shop();
        shop.recover();
        shop.publish("1.1.0", |_| {});
    }
    let other = tempfile::tempdir().unwrap();
    let elsewhere = super::client(&scene.script, &other);
    let fetched = super::install(&elsewhere).await.unwrap();
    assert_ne!(old.proven.first_key, fetched.proven.first_key);
    let bytes = fetched.component().unwrap();
    for _ in 0..2 {
        let error = vouch(&known(&scene), &fetched.receipt, &bytes, now()).unwrap_err();
        assert!(
            matches!(error, ClientError::OtherFirstKey { .. }),
            "{error}"
        );
    }
    let said = FirstKey::Accepted(fetched.proven.first_key);
    let witness = scene.client.advance().await.unwrap();
    let line = scene.script.shop().versions[1].line.clone();
    scene.client.fetch(&line, &witness, said).await.unwrap();
    vouch(&known(&scene), &fetched.receipt, &bytes, now()).unwrap();
}

#[tokio::test]
async fn another_market_with_the_same_name_of_its_log_vouches_for_nothing() {
    let (scene, other) = (Scene::new(), Scene::of(Shop::with(&["1.0.0"])));
    let (fetched, bytes) = installed(&scene).await;
    installed(&other).await;
    let error = vouch(&known(&other), &fetched.receipt, &bytes, now()).unwrap_err();
    assert!(matches!(error, ClientError::Receipt(_)), "{error}");
}
