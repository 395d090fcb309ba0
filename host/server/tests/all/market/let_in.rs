//! Getting in: a key answers a challenge, once; a namespace is proven.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use metier_market::{
    keeper::{login::Login, proof::Lookup, registry::RegistryLimits, sessions::LoginLimits},
    state::{Account, ProofMethod},
    trust::{Algorithm, KeyPair, Publisher, SigningKey},
};
use serde_json::json;
use tempfile::TempDir;
use url::Url;

use super::{AS_ACME, Answer, Options, Stall, many::copied};

const TOKENS: &str = "POST /api/v1/market/tokens";

impl Stall {
    pub fn url(&self) -> Url {
        format!("http://{}", self.address).parse().unwrap()
    }

    async fn challenge(&self) -> String {
        let told = self.ask("POST /api/v1/market/challenges", &[], b"{}").await;
        told.json()["challenge"].as_str().unwrap().to_owned()
    }

    async fn answer(&self, login: &Login) -> Answer {
        let body = serde_json::to_vec(login).unwrap();
        self.ask(TOKENS, &[], &body).await
    }

    /// Logs an account in, and gives back what its requests carry.
    pub async fn let_in(&self, account: &str, pair: &KeyPair) -> String {
        let challenge = self.challenge().await;
        let account = account.parse().unwrap();
        let login = Login::sign(account, pair, challenge, &self.url()).unwrap();
        let told = self.answer(&login).await;
        assert_eq!(told.status, 200, "{told:?}");
        format!("Bearer {}", told.json()["token"].as_str().unwrap())
    }
}

fn pair() -> KeyPair {
    KeyPair::generate(Algorithm::Ed25519).unwrap()
}

fn account(name: &str) -> Account {
    name.parse().unwrap()
}

#[tokio::test]
async fn an_account_is_its_keys_and_a_challenge_is_answered_once() {
    let stall = Stall::open().await;
    let (mine, theirs) = (pair(), pair());
    let challenge = stall.challenge().await;
    let login = Login::sign(account("carol"), &mine, challenge, &stall.url()).unwrap();
    assert_eq!(stall.answer(&login).await.status, 200);
    let replayed = stall.answer(&login).await;
    assert_eq!(replayed.status, 401, "{replayed:?}");
    let challenge = stall.challenge().await;
    let taken = Login::sign(account("carol"), &theirs, challenge, &stall.url()).unwrap();
    assert_eq!(stall.answer(&taken).await.status, 403);
    stall.let_in("carol", &mine).await;
}

/// Accounts are files of the market and in no leaf: one whose file is lost is not free while its namespaces are there.
#[tokio::test]
async fn whoever_owns_a_namespace_is_nobody_elses_to_be() {
    let stall = Stall::open().await;
    let (mine, theirs) = (pair(), pair());
    let carol = stall.let_in("carol", &mine).await;
    let key = SigningKey::<Publisher>::new(pair());
    let body = json!({"key": key.verifying().public()});
    let claim = "PUT /api/v1/market/namespaces/dev.carol";
    assert_eq!(stall.tell(&carol, claim, &body).await.status, 201);
    stall.let_in("dave", &theirs).await;
    let copied = copied(&stall);
    std::fs::remove_dir_all(copied.path().join("accounts")).unwrap();
    let again = Stall::reopened(copied, &stall).await;
    let challenge = again.challenge().await;
    let login = Login::sign(account("carol"), &theirs, challenge, &again.url()).unwrap();
    assert_eq!(again.answer(&login).await.status, 403);
    // Who owns nothing begins anew.
    again.let_in("dave", &theirs).await;
}

#[tokio::test]
async fn a_login_counts_for_its_challenge_account_key_and_market_alone() {
    let stall = Stall::open().await;
    let elsewhere: Url = "https://market.example".parse().unwrap();
    let key = pair();
    let never = "A".repeat(43);
    let url = stall.url();
    let sign = |name, challenge: &str, url: &Url| {
        Login::sign(account(name), &key, challenge.to_owned(), url).unwrap()
    };
    let of_other_market = sign("carol", &stall.challenge().await, &elsewhere);
    let mut of_other_account = sign("carol", &stall.challenge().await, &url);
    of_other_account.account = account("dave");
    let mut of_other_key = sign("carol", &stall.challenge().await, &url);
    of_other_key.key = pair().public().clone();
    let mut of_other_challenge = sign("carol", &stall.challenge().await, &url);
    of_other_challenge.challenge = stall.challenge().await;
    let mut nonsense = sign("carol", &stall.challenge().await, &url);
    nonsense.signature = "nonsense".to_owned();
    let never = sign("carol", &never, &url);
    for login in [
        of_other_market,
        of_other_account,
        of_other_key,
        of_other_challenge,
        nonsense,
        never,
    ] {
        let refused = stall.answer(&login).await;
        assert_eq!(refused.status, 401, "{login:?}: {refused:?}");
    }
    // A failed answer uses its challenge up.
    let mut wrong = sign("carol", &stall.challenge().await, &url);
    let right = wrong.signature.clone();
    wrong.signature = "AAAA".to_owned();
    assert_eq!(stall.answer(&wrong).await.status, 401);
    wrong.signature = right;
    assert_eq!(stall.answer(&wrong).await.status, 401);
    // Names of the operator's file and the market's own are nobody's to take.
    for name in ["acme", "operator", "market"] {
        let login = sign(name, &stall.challenge().await, &url);
        assert_eq!(stall.answer(&login).await.status, 403, "{name}");
    }
}

#[tokio::test]
async fn challenges_last_five_minutes_and_tokens_an_hour() {
    let stall = Stall::open().await;
    let key = pair();
    let login = Login::sign(
        account("carol"),
        &key,
        stall.challenge().await,
        &stall.url(),
    )
    .unwrap();
    stall.clock.advance(Duration::from_secs(300));
    assert_eq!(stall.answer(&login).await.status, 401);
    let token = stall.let_in("carol", &key).await;
    let line = "GET /api/v1/market/namespaces";
    assert_eq!(stall.tell(&token, line, &json!({})).await.status, 200);
    stall.clock.advance(Duration::from_secs(3_599));
    assert_eq!(stall.tell(&token, line, &json!({})).await.status, 200);
    stall.clock.advance(Duration::from_secs(1));
    assert_eq!(stall.tell(&token, line, &json!({})).await.status, 401);
}

#[tokio::test]
async fn an_account_keeps_its_key_over_a_restart_and_nobody_is_logged_in_after_it() {
    let stall = Stall::open().await;
    let (mine, theirs) = (pair(), pair());
    let token = stall.let_in("carol", &mine).await;
    let kept = TempDir::new().unwrap();
    let accounts = kept.path().join("accounts");
    std::fs::create_dir(&accounts).unwrap();
    std::fs::copy(
        stall.folder.path().join("accounts/carol"),
        accounts.join("carol"),
    )
    .unwrap();
    let again = Stall::in_folder(kept, RegistryLimits::default()).await;
    let line = "GET /api/v1/market/namespaces";
    assert_eq!(again.tell(&token, line, &json!({})).await.status, 401);
    let challenge = again.challenge().await;
    let taken = Login::sign(account("carol"), &theirs, challenge, &again.url()).unwrap();
    assert_eq!(again.answer(&taken).await.status, 403);
    again.let_in("carol", &mine).await;
}

/// One address that asks for everything there is locks out itself.
#[tokio::test]
async fn one_address_takes_only_its_own_part_of_challenges_and_accounts() {
    let logins = LoginLimits {
        challenges_each: 3,
        new_accounts_each: 2,
        ..LoginLimits::default()
    };
    let change = |options| Options { logins, ..options };
    let stall = Stall::with(TempDir::new().unwrap(), change).await;
    let line = "POST /api/v1/market/challenges";
    for number in 0..4 {
        let told = stall.ask(line, &[], b"{}").await;
        assert_eq!(told.status, if number < 3 { 200 } else { 429 }, "{told:?}");
        assert_eq!(told.header("retry-after"), (number == 3).then_some("300"));
    }
    let elsewhere = stall.ask_from("127.0.0.2", line, b"{}").await;
    assert_eq!(elsewhere.status, 200, "{elsewhere:?}");
    // Nobody is believed to stand before somebody else.
    let headers = [("x-forwarded-for", "203.0.113.7")];
    assert_eq!(stall.ask(line, &headers, b"{}").await.status, 429);
    stall.clock.advance(Duration::from_secs(300));
    for number in 0..3 {
        let challenge = stall.challenge().await;
        let account = account(&format!("account-{number}"));
        let login = Login::sign(account, &pair(), challenge, &stall.url()).unwrap();
        let told = stall.answer(&login).await;
        assert_eq!(told.status, if number < 2 { 200 } else { 429 }, "{told:?}");
    }
    let challenge = stall.challenge().await;
    let login = Login::sign(account("somebody-else"), &pair(), challenge, &stall.url()).unwrap();
    let body = serde_json::to_vec(&login).unwrap();
    let elsewhere = stall.ask_from("127.0.0.2", TOKENS, &body).await;
    assert_eq!(elsewhere.status, 200, "{elsewhere:?}");
}

/// What domains publish, for a test.
#[derive(Debug, Default)]
pub struct Domains(Mutex<BTreeMap<String, Vec<String>>>);

impl Domains {
    pub fn say(&self, place: &str, lines: &[&str]) {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        self.0.lock().unwrap().insert(place.to_owned(), lines);
    }
}

/// A market that looks at domains, and what they publish.
pub async fn looking() -> (Stall, Arc<Domains>) {
    let domains = Arc::new(Domains::default());
    let lookup = domains.clone();
    let stall = Stall::with(TempDir::new().unwrap(), move |options| Options {
        any_namespace: false,
        lookup,
        ..options
    });
    (stall.await, domains)
}

#[async_trait::async_trait]
impl Lookup for Domains {
    fn can(&self, _: ProofMethod) -> bool {
        true
    }

    async fn lines(&self, _: ProofMethod, place: &str) -> Result<Vec<String>, String> {
        let lines = self.0.lock().unwrap().get(place).cloned();
        match lines {
            Some(lines) if lines == ["unreachable"] => Err("nobody answers".to_owned()),
            other => Ok(other.unwrap_or_default()),
        }
    }
}

#[tokio::test]
async fn a_namespace_is_whose_account_its_domain_names() {
    let (stall, domains) = looking().await;
    let (mine, theirs) = (pair(), pair());
    let carol = stall.let_in("carol", &mine).await;
    let dave = stall.let_in("dave", &theirs).await;
    let wanted = |method: &str| json!({"name": "dev.carol", "method": method});
    let terms = "POST /api/v1/market/namespaces";
    let dns = stall.tell(&carol, terms, &wanted("dns")).await.json();
    assert_eq!(dns["where"], "_metier.carol.dev");
    let https = stall.tell(&carol, terms, &wanted("https")).await.json();
    assert_eq!(
        https["where"],
        "https://carol.dev/.well-known/metier-publisher.txt"
    );
    let line = https["proof"].as_str().unwrap();
    let claim = "PUT /api/v1/market/namespaces/dev.carol";
    let key = SigningKey::<Publisher>::new(pair());
    let body = json!({"key": key.verifying().public()});
    assert_eq!(stall.tell(&carol, claim, &body).await.status, 403);
    // A line that only begins with the right one is another.
    domains.say("_metier.carol.dev", &[&format!("{line}x"), "spf"]);
    assert_eq!(stall.tell(&carol, claim, &body).await.status, 403);
    domains.say("_metier.carol.dev", &["spf", line]);
    // Only for the account it names.
    assert_eq!(stall.tell(&dave, claim, &body).await.status, 403);
    // The market's own keys are no publisher's.
    let root = stall.market.root().review.public().clone();
    assert_eq!(
        stall
            .tell(&carol, claim, &json!({"key": root}))
            .await
            .status,
        400
    );
    assert_eq!(stall.tell(&carol, claim, &body).await.status, 201);
    let proof = stall
        .tell(&carol, "GET /api/v1/market/namespaces", &json!({}))
        .await
        .json();
    assert_eq!(proof["namespaces"][0]["proof"]["method"], "dns");
    // Whoever has the domain later does not have the namespace.
    let theirs = stall.tell(&dave, terms, &wanted("dns")).await.json();
    domains.say("_metier.carol.dev", &[theirs["proof"].as_str().unwrap()]);
    assert_eq!(stall.tell(&dave, claim, &body).await.status, 403);

    // It is looked for again: lost, the namespace is frozen; unknown, nothing changes; there again, it thaws.
    let look = async |hours: u64, lines: &[&str]| {
        domains.say("_metier.carol.dev", lines);
        stall.clock.advance(Duration::from_secs(hours * 3_600));
        stall.market.check_proofs().await.unwrap()
    };
    assert_eq!(look(24, &["unreachable"]).await.frozen, 0);
    for (hours, frozen) in [(24, 0), (12, 0), (12, 1)] {
        assert_eq!(look(hours, &[]).await.frozen, frozen);
    }
    let carol = stall.let_in("carol", &mine).await;
    let skill = "dev.carol/tool";
    let frozen = publish(&stall, &carol, &key, skill).await;
    assert_eq!(frozen.status, 409, "{frozen:?}");
    stall.assert_unseen(skill).await;
    assert_eq!(look(8, &[line]).await.thawed, 1);
    let carol = stall.let_in("carol", &mine).await;
    assert_eq!(publish(&stall, &carol, &key, skill).await.status, 201);
    let foreign = stall
        .tell(AS_ACME, terms, &json!({"name": "com", "method": "dns"}))
        .await;
    assert_eq!(foreign.status, 400, "{foreign:?}");
}

async fn publish(stall: &Stall, who: &str, key: &SigningKey<Publisher>, skill: &str) -> Answer {
    stall.publish_as(who, key, skill, "1.0.0").await
}
