//! Each user's own account, and nobody else's.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use metier_core::{code::Code, grant::Credential, ids::PrincipalId};
use serde_json::json;

use super::issuer::Service;
use crate::{
    credentials::{AccountStore, Code as IssuedCode, Secret, vault::VaultError},
    egress::tests::support::*,
};

/// Refresh tokens, how often each user changed theirs, and whether the place is full.
#[derive(Default)]
struct Accounts {
    all: Mutex<BTreeMap<String, (u64, Option<String>)>>,
    turn: Arc<tokio::sync::Mutex<()>>,
    full: AtomicBool,
}

impl Accounts {
    fn of(tokens: &[(&str, &str)]) -> Arc<Accounts> {
        let accounts = Accounts::default();
        for (user, token) in tokens {
            accounts.set(user, Some(token));
        }
        Arc::new(accounts)
    }

    /// As somebody connects or takes back.
    fn set(&self, user: &str, token: Option<&str>) {
        let mut all = self.all.lock().unwrap();
        let entry = all.entry(user.to_owned()).or_default();
        *entry = (entry.0 + 1, token.map(str::to_owned));
    }

    fn has(&self, user: &str) -> Option<String> {
        self.all.lock().unwrap().get(user)?.1.clone()
    }
}

impl AccountStore for Accounts {
    fn changes(&self, user: &PrincipalId) -> u64 {
        let all = self.all.lock().unwrap();
        all.get(user.as_str()).map_or(0, |(changes, _)| *changes)
    }

    fn turn(&self, _: &PrincipalId, _: &Credential) -> Arc<tokio::sync::Mutex<()>> {
        self.turn.clone()
    }

    fn token(&self, user: &PrincipalId, _: &Credential) -> Result<Option<Secret>, VaultError> {
        Ok(self.has(user.as_str()).map(Secret::new))
    }

    fn keep(
        &self,
        user: &PrincipalId,
        _: &Credential,
        old: &Secret,
        new: Secret,
    ) -> Result<(), VaultError> {
        if self.full.load(Ordering::SeqCst) {
            return Err(VaultError::Full);
        }
        let mut all = self.all.lock().unwrap();
        let entry = all.entry(user.to_string()).or_default();
        if entry.1.as_deref() == Some(old.expose()) {
            entry.1 = Some(new.expose().to_owned());
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_call_works_with_the_account_of_whoever_called() {
    let service = Service::default();
    let server = service.serve().await;
    let accounts = Accounts::of(&[("user/ada", "of-ada"), ("user/bob", "of-bob")]);
    let rig = Setup::to(server, "http")
        .with_accounts(server, "scope = \"mail\"", accounts)
        .rig();
    let to = url(server, "/");
    for (user, number) in [("user/ada", "1 "), ("user/bob", "2 "), ("user/ada", "1 ")] {
        assert_eq!(rig.by(user).get(&to).await.unwrap().text(), number);
    }
    let asked = service.asked.lock().unwrap().clone();
    let tokens: Vec<&str> = asked
        .iter()
        .map(|(form, _)| &*form["refresh_token"])
        .collect();
    assert_eq!(tokens, ["of-ada", "of-bob"]);
    let (form, _) = &asked[0];
    assert_eq!((&*form["client_id"], &*form["scope"]), ("me", "mail"));
    // Eve has none, and the host's own principal neither: nothing is sent for them.
    for rig in [rig.by("user/eve"), rig] {
        let error = rig.get(&to).await.unwrap_err();
        assert_eq!(error.code(), Code::AccountNotConnected);
        assert!(
            error.to_string().contains("connected no account"),
            "{error}"
        );
    }
    assert_eq!(service.asked(), 2);
}

#[tokio::test]
async fn a_token_that_was_replaced_is_kept_and_one_taken_back_is_used_no_more() {
    let replaced = json!({"access_token": "token-1", "expires_in": 100, "refresh_token": "newer"});
    let service = Service::answering([(200, replaced)]);
    let server = service.serve().await;
    let accounts = Accounts::of(&[("user/ada", "old")]);
    let rig = Setup::to(server, "http")
        .with_accounts(server, "", accounts.clone())
        .rig();
    let (ada, to) = (rig.by("user/ada"), url(server, "/"));
    ada.get(&to).await.unwrap();
    assert_eq!(accounts.has("user/ada").as_deref(), Some("newer"));
    rig.clock.advance(Duration::from_secs(3600));
    ada.get(&to).await.unwrap();
    let asked = service.asked.lock().unwrap()[1].0.clone();
    assert_eq!(asked["refresh_token"], "newer");
    // The token that was fetched would be good for another hour.
    accounts.set("user/ada", None);
    let error = ada.get(&to).await.unwrap_err();
    assert_eq!(error.code(), Code::AccountNotConnected);
    accounts.set("user/ada", Some("again"));
    ada.get(&to).await.unwrap();
    assert_eq!(service.asked(), 3);
}

#[tokio::test]
async fn a_code_becomes_an_account_and_is_proven_by_its_verifier() {
    let first = json!({"access_token": "token-1", "refresh_token": "first"});
    let without = json!({"access_token": "token-2"});
    let refused =
        json!({"error": "invalid_grant", "error_description": "the code was seen before"});
    let service = Service::answering([
        (200, first),
        (200, without),
        (400, refused),
        (200, json!({})),
    ]);
    let server = service.serve().await;
    let lines =
        format!("client-secret = {{ env = \"CLIENT\" }}\nrevoke-url = \"http://{server}/token\"");
    let mut setup = Setup::to(server, "http").with_accounts(server, &lines, Accounts::of(&[]));
    setup.env.insert("CLIENT".to_owned(), "proof".to_owned());
    let rig = setup.rig();
    let (credentials, name) = (&rig.call.credentials, "key".parse().unwrap());
    let code = IssuedCode {
        code: "c0de",
        redirect_uri: "https://metier.example/back",
        verifier: "v3rifier",
    };
    let token = credentials.connect(&name, &rig.call, &code).await.unwrap();
    assert_eq!(token.expose(), "first");
    let (form, authorization) = service.asked.lock().unwrap()[0].clone();
    assert_eq!(form["grant_type"], "authorization_code");
    assert_eq!(
        (&*form["code"], &*form["code_verifier"]),
        ("c0de", "v3rifier")
    );
    assert_eq!(form["redirect_uri"], "https://metier.example/back");
    // "me:proof"
    assert_eq!(authorization.as_deref(), Some("Basic bWU6cHJvb2Y="));
    assert!(!form.contains_key("client_id"), "{form:?}");
    let error = credentials
        .connect(&name, &rig.call, &code)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("no refresh token"), "{error}");
    let error = credentials
        .connect(&name, &rig.call, &code)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::CredentialExpired);
    assert!(!error.to_string().contains("seen before"), "{error}");
    assert!(credentials.revoke(&name, &rig.call, &token).await.unwrap());
    let (form, _) = service.asked.lock().unwrap()[3].clone();
    assert_eq!(form["token"], "first");
}

#[tokio::test]
async fn a_newer_token_is_not_lost_where_it_cannot_be_kept() {
    let newer = |number: u32| {
        let (access, refresh) = (format!("token-{number}"), format!("newer-{number}"));
        (
            200,
            json!({"access_token": access, "expires_in": 100, "refresh_token": refresh}),
        )
    };
    let service = Service::answering([newer(1), newer(2)]);
    let server = service.serve().await;
    let accounts = Accounts::of(&[("user/ada", "old")]);
    let rig = Setup::to(server, "http")
        .with_accounts(server, "", accounts.clone())
        .rig();
    let (ada, to) = (rig.by("user/ada"), url(server, "/"));
    accounts.full.store(true, Ordering::SeqCst);
    ada.get(&to).await.unwrap();
    assert_eq!(accounts.has("user/ada").as_deref(), Some("old"));
    accounts.full.store(false, Ordering::SeqCst);
    rig.clock.advance(Duration::from_secs(3600));
    ada.get(&to).await.unwrap();
    let asked = service.asked.lock().unwrap()[1].0.clone();
    assert_eq!(asked["refresh_token"], "newer-1");
    assert_eq!(accounts.has("user/ada").as_deref(), Some("newer-2"));
}

#[tokio::test]
async fn those_who_share_an_account_take_turns() {
    let newer = |number: u32| {
        let (access, refresh) = (format!("token-{number}"), format!("newer-{number}"));
        (
            200,
            json!({"access_token": access, "refresh_token": refresh}),
        )
    };
    let service = Service::answering([newer(1), newer(2)]);
    let server = service.serve().await;
    let accounts = Accounts::of(&[("user/ada", "old")]);
    let rig = || {
        let setup = Setup::to(server, "http").with_accounts(server, "", accounts.clone());
        setup.rig().by("user/ada")
    };
    let (one, other, to) = (rig(), rig(), url(server, "/"));
    let (first, second) = tokio::join!(one.get(&to), other.get(&to));
    first.unwrap();
    second.unwrap();
    let asked = service.asked.lock().unwrap().clone();
    let tokens: Vec<&str> = asked
        .iter()
        .map(|(form, _)| &*form["refresh_token"])
        .collect();
    assert_eq!(tokens, ["old", "newer-1"]);
    assert_eq!(accounts.has("user/ada").as_deref(), Some("newer-2"));
}
