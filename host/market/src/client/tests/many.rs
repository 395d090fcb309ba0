//! How often a market is asked for a hundred skills.

use metier_core::SkillName;

use super::{Ask, Client, FirstKey, Scene, shop::Shop};
use crate::consent::Contents;

const SKILLS: usize = 100;

fn names() -> Vec<SkillName> {
    let name = |at| format!("com.acme/skill-{at:03}").parse().unwrap();
    (0..SKILLS).map(name).collect()
}

fn scene() -> Scene {
    let mut shop = Shop::with(&[]);
    for name in names() {
        shop.publish_as(name, "1.0.0", |_| {});
    }
    Scene::of(shop)
}

/// What an install of all of them asks.
async fn all(client: &Client) -> Vec<String> {
    let witness = client.advance().await.unwrap();
    let indexes = client.indexes(&names(), Ask::WhenCold).await;
    let lines = indexes
        .iter()
        .map(|index| index.as_ref().unwrap().lines()[0].clone());
    let lines: Vec<_> = lines.collect();
    let fetched = client
        .fetch_all(&lines, &witness, FirstKey::Remembered)
        .await;
    let name = |fetched: Result<crate::client::Fetched, _>| {
        let fetched: crate::client::Fetched = fetched.unwrap();
        assert!(!fetched.component().unwrap().is_empty());
        fetched.contents.name().to_string()
    };
    fetched.into_iter().map(name).collect()
}

#[tokio::test]
async fn a_hundred_skills_are_two_requests_each_with_a_warm_index() {
    let scene = scene();
    let indexes = scene.client.indexes(&names(), Ask::Always).await;
    assert!(indexes.iter().all(Result::is_ok));
    assert_eq!(scene.script.asked().len(), SKILLS);
    let found = all(&scene.client).await;
    let wanted: Vec<String> = names().iter().map(ToString::to_string).collect();
    assert_eq!(found, wanted, "each in its place");
    let asked = scene.script.asked();
    assert!(asked.len() <= 1 + 2 * SKILLS, "{}", asked.len());
    let of = |begins: &str| {
        let paths = asked.iter().map(|(_, path)| path);
        paths.filter(|path| path.starts_with(begins)).count()
    };
    assert_eq!(of("receipts/"), SKILLS);
    assert_eq!(of("v2/"), SKILLS);
    // What is here already is not fetched again.
    all(&scene.client).await;
    assert!(scene.script.asked().len() <= 1 + SKILLS);
}

#[tokio::test]
async fn they_are_asked_for_at_once_and_not_one_after_another() {
    let scene = scene();
    scene.client.indexes(&names(), Ask::Always).await;
    scene.script.be_slow(std::time::Duration::from_millis(50));
    all(&scene.client).await;
    let waited = scene.script.most_at_once();
    assert!((8..=64).contains(&waited), "{waited} at once");
}

#[tokio::test]
async fn one_that_fails_does_not_take_the_others_with_it() {
    let scene = scene();
    let witness = scene.client.advance().await.unwrap();
    let indexes = scene.client.indexes(&names(), Ask::Always).await;
    let lines: Vec<_> = indexes
        .into_iter()
        .map(|index| index.unwrap().lines()[0].clone())
        .collect();
    let path = format!("receipts/{}?", lines[7].leaf);
    scene.script.lie(&path, super::script::Lie::Html);
    let said = FirstKey::Remembered;
    let fetched = scene
        .client
        .fetch_all::<Contents>(&lines, &witness, said)
        .await;
    let failed = |(at, fetched): (usize, &Result<_, _>)| fetched.is_err().then_some(at);
    let failed: Vec<usize> = fetched.iter().enumerate().filter_map(failed).collect();
    assert_eq!(failed, [7]);
}
