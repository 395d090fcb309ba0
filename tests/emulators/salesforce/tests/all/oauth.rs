//! Logging in over the wire.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use metier_emulator_salesforce::Options;
use serde_json::json;

use crate::client::{Client, NOW};

const TOKEN: &str = "/services/oauth2/token";

fn assertion(client: &Client, aud: &str) -> String {
    let key =
        EncodingKey::from_rsa_pem(client.emulator.private_key_pem().unwrap().as_bytes()).unwrap();
    let claims =
        json!({ "iss": "metier-test", "sub": "admin@acme.example", "aud": aud, "exp": NOW + 100 });
    encode(&Header::new(Algorithm::RS256), &claims, &key).unwrap()
}

#[tokio::test]
async fn an_assertion_buys_a_token_that_works_until_it_expires() {
    let mut client = Client::with(Options {
        token_seconds: 30,
        ..Options::default()
    });
    let aud = client.emulator.instance_url().to_owned();
    let form = format!(
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={}",
        assertion(&client, &aud)
    );
    let answer = client.form(TOKEN, &form).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["instance_url"], aud);
    client.token = answer.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(client.get("/services/data/v62.0/limits").await.status, 200);
    client.clock.advance(30);
    assert_eq!(
        client.get("/services/data/v62.0/limits").await.code(),
        "INVALID_SESSION_ID"
    );
    assert_eq!(client.emulator.requests().token_requests(), 1);
}

#[tokio::test]
async fn refusals_have_oauths_shape() {
    let client = Client::start();
    let form = format!(
        "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion={}",
        assertion(&client, "https://evil.example")
    );
    let answer = client.form(TOKEN, &form).await;
    assert_eq!(
        (answer.status, answer.json()),
        (
            400,
            json!({"error": "invalid_grant", "error_description": "audience is invalid"})
        )
    );
    let answer = client
        .form(
            TOKEN,
            "grant_type=client_credentials&client_id=metier-test&client_secret=wrong",
        )
        .await;
    assert_eq!(answer.json()["error"], "invalid_client");
}

#[tokio::test]
async fn revoking_ends_a_token() {
    let client = Client::start();
    assert_eq!(
        client
            .form(
                "/services/oauth2/revoke",
                &format!("token={}", client.token)
            )
            .await
            .status,
        200
    );
    assert_eq!(client.get("/services/data/v62.0/limits").await.status, 401);
    let other = Client::start();
    other.emulator.revoke_tokens();
    assert_eq!(other.get("/services/data/v62.0/limits").await.status, 401);
}
