#![expect(clippy::unwrap_used, reason = "tests")]

use jsonwebtoken::{EncodingKey, Header, encode};

use super::*;

const NOW: i64 = 1_795_212_505;

fn authority() -> (Authority, String) {
    let (client, private) = Client::generate("app").unwrap();
    let authority = Authority {
        clients: vec![client],
        users: vec!["admin@acme.example".to_owned()],
        audiences: vec!["https://login.salesforce.com".to_owned()],
        instance_url: "https://acme.my.salesforce.com".to_owned(),
        token_seconds: 60,
        book: TokenBook::new(1),
    };
    (authority, private)
}

fn claims_with(changes: Json) -> Json {
    let mut claims = json!({
        "iss": "app", "sub": "admin@acme.example", "aud": "https://login.salesforce.com", "exp": NOW + 180,
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

fn form(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn ask(authority: &Authority, assertion: &str) -> Result<Json, OAuthError> {
    authority.token(
        &form(&[("grant_type", JWT_BEARER), ("assertion", assertion)]),
        None,
        NOW,
    )
}

fn sign(private: &str, claims: &Json) -> String {
    let key = EncodingKey::from_rsa_pem(private.as_bytes()).unwrap();
    encode(&Header::new(Algorithm::RS256), claims, &key).unwrap()
}

#[test]
fn a_good_assertion_is_worth_a_token_that_expires() {
    let (authority, private) = authority();
    for exp in [json!(NOW + 300), json!((NOW + 180).to_string())] {
        let answer = ask(
            &authority,
            &sign(&private, &claims_with(json!({"exp": exp}))),
        )
        .unwrap();
        let token = answer["access_token"].as_str().unwrap();
        assert!(
            authority.book.accepts(token, NOW + 59) && !authority.book.accepts(token, NOW + 60)
        );
        assert_eq!(
            (&answer["token_type"], answer.get("expires_in")),
            (&json!("Bearer"), None)
        );
        assert!(authority.book.revoke(token) && !authority.book.accepts(token, NOW));
    }
}

#[test]
fn a_bad_assertion_is_worth_nothing() {
    let (authority, private) = authority();
    let (_, other) = Client::generate("other").unwrap();
    let cases = [
        (sign(&other, &claims_with(json!({}))), "invalid assertion"),
        (
            sign(
                &private,
                &claims_with(json!({"aud": "https://evil.example"})),
            ),
            "audience is invalid",
        ),
        (
            sign(&private, &claims_with(json!({"exp": NOW}))),
            "assertion has expired",
        ),
        (
            sign(&private, &claims_with(json!({"exp": NOW + 301}))),
            "assertion expires too far in the future",
        ),
        (
            sign(&private, &claims_with(json!({"exp": null}))),
            "invalid assertion",
        ),
        (
            sign(&private, &claims_with(json!({"sub": "eve@acme.example"}))),
            "user hasn't approved this consumer",
        ),
        (
            sign(&private, &claims_with(json!({"iss": "nobody"}))),
            "client identifier invalid",
        ),
        ("a.b.c".to_owned(), "invalid assertion"),
        (String::new(), "invalid assertion"),
    ];
    for (assertion, description) in cases {
        assert_eq!(
            ask(&authority, &assertion).unwrap_err().description,
            description
        );
    }
}

#[test]
fn the_public_key_is_no_hmac_secret_and_no_signature_is_no_signature() {
    let (authority, private) = authority();
    let public = authority.clients[0].public_key_pem.clone().unwrap();
    let claims = claims_with(json!({}));
    let confused = encode(
        &Header::new(Algorithm::HS256),
        &claims,
        &EncodingKey::from_secret(public.as_bytes()),
    )
    .unwrap();
    assert!(ask(&authority, &confused).is_err());
    let good = sign(&private, &claims);
    let (signed, _) = good.rsplit_once('.').unwrap();
    assert!(ask(&authority, &format!("{signed}.")).is_err());
    let (header, rest) = good.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    let forged = URL_SAFE_NO_PAD
        .encode(claims_with(json!({"sub": "admin@acme.example", "x": 1})).to_string());
    assert!(ask(&authority, &format!("{header}.{forged}.{signature}")).is_err());
}

#[test]
fn the_other_grants_need_the_secret() {
    let (authority, _) = authority();
    let good = [("client_id", "app"), ("client_secret", "app-secret")];
    let with = |extra: &[(&str, &str)], client: &[(&str, &str)]| {
        authority.token(&form(&[extra, client].concat()), None, NOW)
    };
    let credentials = [("grant_type", "client_credentials")];
    assert!(with(&credentials, &good).is_ok());
    assert!(
        with(
            &credentials,
            &[("client_id", "app"), ("client_secret", "wrong")]
        )
        .is_err()
    );
    assert!(
        authority
            .token(
                &form(&credentials),
                Some(("app".to_owned(), "app-secret".to_owned())),
                NOW
            )
            .is_ok()
    );
    assert!(
        with(
            &[
                ("grant_type", "refresh_token"),
                ("refresh_token", "5Aep861-app-refresh")
            ],
            &good
        )
        .is_ok()
    );
    assert!(
        with(
            &[("grant_type", "refresh_token"), ("refresh_token", "")],
            &good
        )
        .is_err()
    );
    assert!(
        with(
            &[
                ("grant_type", "password"),
                ("username", "admin@acme.example"),
                ("password", "x")
            ],
            &good
        )
        .is_ok()
    );
    assert!(
        with(
            &[
                ("grant_type", "password"),
                ("username", "eve"),
                ("password", "x")
            ],
            &good
        )
        .is_err()
    );
    assert_eq!(
        with(&[("grant_type", "magic")], &good).unwrap_err().error,
        "unsupported_grant_type"
    );
}
