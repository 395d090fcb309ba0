//! Sessions that were ended.

use super::Browser;
use crate::scene::Scene;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_logged_out_is_out_wherever_the_cookie_is() {
    let scene = Scene::start().await;
    let (one, other) = (
        Browser::enter(&scene, &scene.admin).await,
        Browser::enter(&scene, &scene.admin).await,
    );
    assert_eq!(one.get("/console/runs").await.status, 200);
    let out = one.post("/console/logout", &[]).await;
    assert_eq!(
        out.header("location"),
        Some("/console/login"),
        "{}",
        out.head
    );
    // The browser was told to forget the cookie; this one did not.
    let again = one.get("/console/runs").await;
    let login = again.header("location").unwrap_or_default();
    assert!(
        again.status == 303 && login.starts_with("/console/login"),
        "{}",
        again.head
    );
    let posted = one.post("/console/tenant", &[("tenant", "local")]).await;
    assert_eq!(
        posted.header("location"),
        Some("/console/login"),
        "{}",
        posted.head
    );
    assert_eq!(other.get("/console/runs").await.status, 200);
}
