//! A log that does not only grow.

use super::{ClientError, Scene, script::Lie, shop::Shop};
use crate::log::{LogFault, Tree};

fn log_fault(error: ClientError) -> LogFault {
    match error {
        ClientError::Log(fault) => fault,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_log_is_followed_and_kept() {
    let scene = Scene::new();
    assert_eq!(scene.client.advance().await.unwrap().size(), 2);
    scene.script.shop().publish("1.1.0", |_| {});
    assert_eq!(scene.client.advance().await.unwrap().size(), 3);
    let again = super::client(&scene.script, &scene.home);
    assert_eq!(again.witness().unwrap().size(), 3);
}

#[tokio::test]
async fn a_log_that_was_shortened_is_refused() {
    let scene = Scene::of(Shop::with(&["1.0.0", "1.1.0"]));
    scene.install().await.unwrap();
    scene.script.shop().leaves.pop();
    let error = scene.client.advance().await.unwrap_err();
    assert!(matches!(
        log_fault(error),
        LogFault::Shorter { before: 3, now: 2 }
    ));
    assert_eq!(
        scene.client.witness().unwrap().size(),
        3,
        "it is remembered"
    );
}

#[tokio::test]
async fn a_log_that_was_forked_is_refused() {
    let scene = Scene::new();
    scene.install().await.unwrap();
    let mut other = Tree::default();
    other.push(b"another");
    other.push(b"past");
    let note = scene.script.shop().note(&other);
    scene
        .script
        .lie("log/checkpoint", Lie::Bytes(note.into_bytes()));
    let error = scene.client.advance().await.unwrap_err();
    assert!(matches!(log_fault(error), LogFault::Forked { size: 2, .. }));
}

#[tokio::test]
async fn a_log_that_was_rewritten_is_refused() {
    let scene = Scene::new();
    scene.install().await.unwrap();
    {
        let mut shop = scene.script.shop();
        shop.publish("1.1.0", |_| {});
        shop.leaves[1] = b"rewritten".to_vec();
    }
    let error = scene.client.advance().await.unwrap_err();
    assert!(matches!(
        log_fault(error),
        LogFault::Rewritten { before: 2 }
    ));
}

#[tokio::test]
async fn a_fork_for_one_receipt_is_noticed() {
    let scene = Scene::new();
    let witness = scene.client.advance().await.unwrap();
    // The receipt is right in itself: of another log of the same size, signed by the same key.
    let line = {
        let mut shop = scene.script.shop();
        let mut fork = Shop::with(&["1.0.0"]).leaves;
        std::mem::swap(&mut shop.leaves[0], &mut fork[0]);
        shop.versions[0].line.clone()
    };
    let said = super::FirstKey::Remembered;
    let error = scene.client.fetch(&line, &witness, said).await.unwrap_err();
    assert!(matches!(log_fault(error), LogFault::Forked { .. }));
}

#[tokio::test]
async fn a_proof_that_is_none_is_no_proof() {
    let scene = Scene::new();
    scene.install().await.unwrap();
    scene.script.shop().publish("1.1.0", |_| {});
    scene.script.lie("log/consistency", Lie::Html);
    let error = scene.client.advance().await.unwrap_err();
    assert!(error.to_string().contains("HTML"), "{error}");
    scene.script.be_honest();
    let other = br#"{"old":1,"new":3,"path":[]}"#.to_vec();
    scene.script.lie("log/consistency", Lie::Bytes(other));
    let error = scene.client.advance().await.unwrap_err();
    assert!(matches!(
        log_fault(error),
        LogFault::Unproven { before: 2, now: 3 }
    ));
    // It is asked for some times, and not without end.
    assert!(scene.script.asked().len() < 20);
}
