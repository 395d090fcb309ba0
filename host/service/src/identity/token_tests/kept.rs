//! How keys are fetched, kept and given up.

use std::sync::{Arc, atomic::Ordering};

use jsonwebtoken::Algorithm;
use serde_json::json;

use super::{
    super::{FETCH_PACE, KEPT_FOR, REFRESH_AFTER, RETRY_PACE},
    Key, Scene, claims, issuer,
};

#[tokio::test]
async fn rotated_keys_are_taken_up_and_unknown_ids_cause_no_flood() {
    let (one, two) = (
        Key::new(Algorithm::ES256, "one"),
        Key::new(Algorithm::ES256, "two"),
    );
    let scene = Scene::of(issuer(), &[&one]);
    let (first, second) = (one.sign(&claims(&json!({}))), two.sign(&claims(&json!({}))));
    assert!(scene.opens(&first).await.is_some());
    scene.publish(&[&two]);
    for _ in 0..20 {
        assert_eq!(scene.opens(&second).await, None);
    }
    assert_eq!(scene.source.asked.load(Ordering::Relaxed), 1);
    scene.now.fetch_add(FETCH_PACE, Ordering::Relaxed);
    assert!(scene.opens(&second).await.is_some());
    assert_eq!(scene.opens(&first).await, None);
    assert_eq!(scene.source.asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn whoever_waits_for_keys_waits_for_one_fetch_that_nobody_can_end() {
    let key = Key::new(Algorithm::ES256, "one");
    let scene = Arc::new(Scene::of(issuer(), &[&key]));
    let good = key.sign(&claims(&json!({})));
    let closed = scene.source.gate.lock().await;
    let opens = |token: String| {
        let scene = scene.clone();
        tokio::spawn(async move { scene.opens(&token).await.is_some() })
    };
    let gone = opens(good.clone());
    while scene.source.asked.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    let waiting: Vec<_> = (0..20).map(|_| opens(good.clone())).collect();
    tokio::task::yield_now().await;
    drop(closed);
    for opened in waiting {
        assert!(opened.await.unwrap());
    }
    assert_eq!(scene.source.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn old_keys_are_fetched_anew_and_very_old_ones_open_nothing() {
    let (one, two) = (
        Key::new(Algorithm::ES256, "one"),
        Key::new(Algorithm::ES256, "two"),
    );
    let scene = Scene::of(issuer(), &[&one]);
    let first = one.sign(&claims(&json!({})));
    assert!(scene.opens(&first).await.is_some());
    scene.publish(&[&two]);
    scene.now.fetch_add(REFRESH_AFTER, Ordering::Relaxed);
    // It opens still, and meanwhile it is found out that its key was taken back.
    assert!(scene.opens(&first).await.is_some());
    while scene.tokens.issuers[0]
        .known()
        .age(scene.now.load(Ordering::Relaxed))
        > 0
    {
        tokio::task::yield_now().await;
    }
    assert_eq!(scene.opens(&first).await, None);
    let second = two.sign(&claims(&json!({})));
    assert!(scene.opens(&second).await.is_some());
    scene.source.keys.lock().unwrap().clear();
    scene.now.fetch_add(KEPT_FOR, Ordering::Relaxed);
    assert_eq!(scene.opens(&second).await, None);
    scene.publish(&[&two]);
    assert_eq!(scene.opens(&second).await, None);
    scene.now.fetch_add(RETRY_PACE, Ordering::Relaxed);
    assert!(scene.opens(&second).await.is_some());
}
