//! A dry run leaves everything as it was.

use std::{collections::BTreeMap, fs, path::Path};

use super::{Ask, Client, FirstKey, Scene, shop::weather};
use crate::trust::tests::day;

fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.display().to_string();
        match path.is_dir() {
            true => all.extend(tree(&path)),
            false => {
                all.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    all
}

#[tokio::test]
async fn a_dry_run_sees_everything_and_keeps_nothing() {
    let scene = Scene::new();
    scene.install().await.unwrap();
    {
        let mut shop = scene.script.shop();
        shop.recover();
        shop.publish("1.1.0", |_| {});
    }
    let before = tree(scene.home.path());
    let client = &scene.client;
    let kept = client.kept().clone().dry().unwrap();
    let dry = Client::new(scene.script.clone(), client.root().clone(), kept).unwrap();
    let witness = dry.advance().await.unwrap();
    dry.revocations(day(21)).await.unwrap();
    let index = dry.index(&weather(), Ask::Always).await.unwrap();
    let line = index.lines().last().unwrap();
    let remembered = dry.fetch(line, &witness, FirstKey::Remembered).await;
    let crate::client::ClientError::OtherFirstKey { found, .. } = remembered.unwrap_err() else {
        panic!("the first key is read from what is kept");
    };
    let said = FirstKey::Accepted(found);
    let fetched = dry.fetch(line, &witness, said).await.unwrap();
    assert!(!fetched.component().unwrap().is_empty());
    // What it learnt it knows until its end.
    let again = dry.fetch(line, &witness, FirstKey::Remembered).await;
    assert!(again.is_ok());
    scene.script.asked();
    dry.index(&weather(), Ask::WhenCold).await.unwrap();
    assert!(scene.script.asked().is_empty(), "it is warm");
    assert!(tree(scene.home.path()) == before, "something was written");
}
