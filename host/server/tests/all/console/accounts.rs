//! A user connects an account, and takes it back.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{Form, Json, Router, http::StatusCode, routing::post};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use metier_core::Digest;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::Browser;
use crate::scene::Scene;

/// An issuer: what it was asked, and what it answers.
#[derive(Clone, Default)]
struct Issuer {
    asked: Arc<Mutex<Vec<HashMap<String, String>>>>,
    refuses: Arc<Mutex<bool>>,
}

impl Issuer {
    async fn start(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let issuer = self.clone();
        let token = move |Form(form): Form<HashMap<String, String>>| async move {
            issuer.asked.lock().unwrap().push(form);
            match *issuer.refuses.lock().unwrap() {
                true => (
                    StatusCode::BAD_REQUEST,
                    Json(json!({"error": "invalid_grant"})),
                ),
                false => (
                    StatusCode::OK,
                    Json(json!({"access_token": "a", "refresh_token": "r3fresh"})),
                ),
            }
        };
        let router = Router::new()
            .route("/token", post(token.clone()))
            .route("/revoke", post(token));
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    fn last(&self) -> HashMap<String, String> {
        self.asked.lock().unwrap().last().unwrap().clone()
    }
}

/// The skill `math`, with an account that it never needs.
async fn granted(scene: &Scene, issuer: SocketAddr) {
    let skill = scene.ask(&scene.admin, "GET /api/v1/skills/math", "").await;
    let digest = skill.json["digest"].as_str().unwrap();
    let grant = format!(
        r#"digest = "{digest}"
tools = ["*"]

[[http]]
host = "mail.example"
methods = ["GET"]
paths = ["/**"]
credential = "mailbox"

[credentials.mailbox]
kind = "oauth2-user"
authorize-url = "http://{issuer}/authorize?prompt=consent"
token-url = "http://{issuer}/token"
revoke-url = "http://{issuer}/revoke"
addresses = ["127.0.0.0/8"]
client-id = "metier"
scope = "mail.read offline_access"
hosts = ["mail.example"]
"#
    );
    let headers = format!(
        "authorization: Bearer {}\r\ncontent-type: application/toml\r\n",
        scene.admin
    );
    let put = scene
        .send("PUT /api/v1/skills/math/grant", &headers, grant.as_bytes())
        .await;
    assert_eq!(put.status, 200, "{}", put.body);
}

/// Where the browser is sent to agree, as the pairs of the query.
async fn sent(browser: &Browser<'_>) -> HashMap<String, String> {
    let connect = browser
        .get("/console/accounts/connect?skill=math&credential=mailbox")
        .await;
    assert_eq!(connect.status, 303, "{}", connect.body);
    let to = connect.header("location").unwrap();
    assert!(to.contains("/authorize?prompt=consent&"), "{to}");
    let query = to.split_once('?').unwrap().1;
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text)
            .decode_utf8()
            .unwrap()
            .into_owned()
    };
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), decoded(value)))
        .collect()
}

async fn accounts(scene: &Scene, key: &str) -> Value {
    let listed = scene.ask(key, "GET /api/v1/accounts", "").await;
    assert_eq!(listed.status, 200, "{}", listed.body);
    listed.json["items"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_connected_by_its_user_for_themselves() {
    let (scene, issuer) = (Scene::with_math().await, Issuer::default());
    let address = issuer.start().await;
    granted(&scene, address).await;
    let (ada, bob) = (
        scene.key("local", "caller").await,
        scene.key("local", "caller").await,
    );
    let browser = Browser::enter(&scene, &ada).await;
    let page = browser.get("/console/accounts").await;
    for words in [
        "math",
        "mail.read offline_access",
        "mail.example",
        "Connect",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let asked = sent(&browser).await;
    assert_eq!(
        (&*asked["response_type"], &*asked["client_id"]),
        ("code", "metier")
    );
    assert_eq!(asked["scope"], "mail.read offline_access");
    assert_eq!(
        asked["redirect_uri"],
        format!("http://{}/console/accounts/connected", scene.address)
    );
    let back = format!(
        "/console/accounts/connected?code=c0de&state={}",
        asked["state"]
    );
    // From the issuer's page the browser comes without its cookie: it is sent round once more, and only once.
    let bare = scene.send(&format!("GET {back}"), "", b"").await;
    assert!(
        bare.body.contains("http-equiv=\"refresh\"") && bare.body.contains("again=1"),
        "{}",
        bare.body
    );
    let nobody = scene.send(&format!("GET {back}&again=1"), "", b"").await;
    assert_eq!(nobody.status, 303, "{}", nobody.body);
    // Somebody else's browser cannot take it.
    let other = Browser::enter(&scene, &bob).await;
    assert_eq!(other.get(&back).await.status, 400);
    assert!(issuer.asked.lock().unwrap().is_empty());
    let connected = browser.get(&back).await;
    assert_eq!(
        connected.header("location"),
        Some("/console/accounts?done=connected"),
        "{}",
        connected.body
    );
    let form = issuer.last();
    assert_eq!(
        (&*form["grant_type"], &*form["code"]),
        ("authorization_code", "c0de")
    );
    assert_eq!(form["redirect_uri"], asked["redirect_uri"]);
    let challenge = URL_SAFE_NO_PAD.encode(Digest::of(form["code_verifier"].as_bytes()).as_bytes());
    assert_eq!(asked["code_challenge"], challenge);
    assert_eq!(asked["code_challenge_method"], "S256");
    assert_eq!(accounts(&scene, &ada).await[0]["connected"], true);
    assert_eq!(accounts(&scene, &bob).await[0]["connected"], false);
    // The token is nobody's secret to list.
    let secrets = scene.ask(&scene.admin, "GET /api/v1/secrets", "").await;
    assert_eq!(secrets.json["items"], json!([]), "{}", secrets.body);
    let page = browser.get("/console/accounts?done=connected").await;
    assert!(
        page.body.contains("Disconnect") && !page.body.contains("r3fresh"),
        "{}",
        page.body
    );
    let gone = browser
        .post(
            "/console/accounts/disconnect",
            &[("skill", "math"), ("credential", "mailbox")],
        )
        .await;
    assert_eq!(
        gone.header("location"),
        Some("/console/accounts?done=revoked"),
        "{}",
        gone.body
    );
    assert_eq!(issuer.last()["token"], "r3fresh");
    assert_eq!(accounts(&scene, &ada).await[0]["connected"], false);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_belong_together_connects_nothing() {
    let (scene, issuer) = (Scene::with_math().await, Issuer::default());
    let address = issuer.start().await;
    granted(&scene, address).await;
    let browser = Browser::enter(&scene, &scene.admin).await;
    let state = sent(&browser).await["state"].clone();
    let turned: String = state.chars().rev().collect();
    for (query, status) in [
        (format!("code=c&state={turned}"), 400),
        ("code=c".to_owned(), 400),
        (format!("state={state}"), 400),
        (format!("code={}&state={state}", "c".repeat(9_000)), 400),
        ("error=access_denied".to_owned(), 403),
    ] {
        let refused = browser
            .get(&format!("/console/accounts/connected?{query}"))
            .await;
        assert_eq!(refused.status, status, "{query}: {}", refused.body);
    }
    assert!(issuer.asked.lock().unwrap().is_empty());
    for path in [
        "skill=math&credential=other",
        "skill=none&credential=mailbox",
        "skill=%2F&credential=%2F",
    ] {
        let missing = browser
            .get(&format!("/console/accounts/connect?{path}"))
            .await;
        assert_eq!(missing.status, 404, "{path}: {}", missing.body);
    }
    // The issuer's word is passed on as a code of ours, and nothing is kept.
    *issuer.refuses.lock().unwrap() = true;
    let refused = browser
        .get(&format!("/console/accounts/connected?code=c&state={state}"))
        .await;
    assert!(
        refused.body.contains("credential-expired"),
        "{}",
        refused.body
    );
    assert_eq!(accounts(&scene, &scene.admin).await[0]["connected"], false);
    let none = scene
        .ask(&scene.admin, "DELETE /api/v1/accounts/math/mailbox", "")
        .await;
    assert_eq!(none.status, 404, "{}", none.body);
    // A form of another site has no token.
    let cookie = format!(
        "cookie: {}\r\ncontent-type: application/x-www-form-urlencoded\r\n",
        browser.cookie
    );
    let forged = scene
        .send(
            "POST /console/accounts/disconnect",
            &cookie,
            b"skill=math&credential=mailbox",
        )
        .await;
    assert_eq!(forged.status, 403, "{}", forged.body);
    // Viewers call nothing, so they have nothing to connect.
    let viewer = Browser::enter(&scene, &scene.key("local", "viewer").await).await;
    let refused = viewer
        .get("/console/accounts/connect?skill=math&credential=mailbox")
        .await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_agreed_to_is_what_is_connected() {
    let (scene, issuer) = (Scene::with_math().await, Issuer::default());
    let address = issuer.start().await;
    granted(&scene, address).await;
    let browser = Browser::enter(&scene, &scene.admin).await;
    let state = sent(&browser).await["state"].clone();
    let back = |more: &str| format!("/console/accounts/connected?code=c&state={state}{more}");
    // Another issuer's answer.
    let other = browser.get(&back("&iss=https%3A%2F%2Fevil.example")).await;
    assert_eq!(other.status, 400, "{}", other.body);
    // A grant that asks for another thing than the user was asked.
    let elsewhere = issuer.start().await;
    granted(&scene, elsewhere).await;
    assert_eq!(browser.get(&back("")).await.status, 400);
    assert!(issuer.asked.lock().unwrap().is_empty());
    granted(&scene, address).await;
    let connected = browser
        .get(&back(&format!("&iss=http%3A%2F%2F{address}")))
        .await;
    assert_eq!(connected.status, 303, "{}", connected.body);
    assert_eq!(accounts(&scene, &scene.admin).await[0]["connected"], true);
    // Under a grant that asks for more nothing is connected.
    granted(&scene, elsewhere).await;
    assert_eq!(accounts(&scene, &scene.admin).await[0]["connected"], false);
    scene.stop().await;
}
