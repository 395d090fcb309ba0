//! The Salesforce skill against the emulator: over TLS, with OAuth it never sees.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use metier_core::{Blame, Code, EgressOutcome, Grant};
use metier_e2e::{Ended, Guest, Installed, TestHost};
use metier_emulator_salesforce::{Emulator, Fault, Options, Rule};
use metier_market::pack::{self, Inputs};
use metier_runtime::credentials::{Credentials, SecretSources};
use metier_runtime::host::{Host, HostConfig};
use serde_json::{Value, json};

pub const ORG: &str = "acme.my.salesforce.com";
pub const LOGIN: &str = "login.salesforce.com";

pub struct Org {
    pub host: TestHost,
    emulator: Emulator,
    skill: Installed,
}

impl Org {
    pub async fn new() -> Org {
        let tls_hosts = vec![ORG.to_owned(), LOGIN.to_owned()];
        let emulator = Emulator::start(Options {
            tls_hosts,
            ..Options::default()
        })
        .unwrap();
        let host = TestHost::start();
        write(&host, "key.pem", emulator.private_key_pem().unwrap());
        write(&host, "ca.pem", emulator.ca_pem().unwrap());
        let skill = host.install(packed().await, &grant(&emulator)).await;
        Org {
            host,
            emulator,
            skill,
        }
    }

    /// The grant, and the credentials it names, for whoever installs the skill himself.
    pub fn granted(&self) -> (Grant, Arc<Credentials>) {
        let head = "skill = \"com.metier/salesforce\"\ntools = [\"*\"]\n";
        let grant = Grant::parse(&format!("{head}{}", grant(&self.emulator))).unwrap();
        let sources = SecretSources::files_only(self.host.folder());
        let credentials = self.host.host().credentials(&grant, sources);
        (grant, credentials)
    }

    async fn call(&self, tool: &str, arguments: Value) -> Ended {
        self.host.call(&self.skill, tool, arguments).await
    }
}

pub fn write(host: &TestHost, name: &str, text: &str) {
    let path = host.folder().join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// The skill as `cargo xtask guests` packs it.
pub async fn packed() -> Guest {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../skills/salesforce");
    let built = metier_e2e::guests::target()
        .join("guests/salesforce/wasm32-wasip2/release/salesforce.wasm");
    let component = std::fs::read(&built)
        .unwrap_or_else(|error| panic!("{}: {error}; run `cargo xtask guests`", built.display()));
    let inputs = Inputs {
        component,
        manifest: std::fs::read_to_string(folder.join("skill.toml")).unwrap(),
        skill_md: Some(std::fs::read_to_string(folder.join("SKILL.md")).unwrap()),
        wit: Some(folder.join("wit")),
        ..Inputs::default()
    };
    let host = Host::new(HostConfig {
        calls: 1,
        ..HostConfig::default()
    })
    .unwrap();
    Guest::bytes(pack::pack(&host, inputs).await.unwrap().bytes)
}

pub fn grant(emulator: &Emulator) -> String {
    let (address, client, user) = (
        emulator.addr(),
        &emulator.clients()[0].id,
        &emulator.users()[0],
    );
    format!(
        r#"
[[http]]
host = "{ORG}"
methods = ["GET", "POST", "PATCH"]
paths = ["/services/data/**"]
credential = "salesforce"
connect = "{address}"
addresses = ["127.0.0.0/8"]
ca-file = "ca.pem"

[config]
instance-url = "https://{ORG}"

[credentials.salesforce]
kind = "oauth2-jwt-bearer"
token-url = "https://{LOGIN}/services/oauth2/token"
client-id = "{client}"
subject = "{user}"
audience = "https://{LOGIN}"
secret = {{ file = "key.pem" }}
hosts = ["{ORG}"]
connect = "{address}"
addresses = ["127.0.0.0/8"]
ca-file = "ca.pem"
"#
    )
}

#[tokio::test]
async fn a_query_is_answered_with_a_token_the_skill_never_sees() {
    let org = Org::new().await;
    let soql = "SELECT Id, Name FROM Account ORDER BY Name LIMIT 5";
    let ended = org.call("query", json!({ "soql": soql })).await;
    let table = ended.json();
    assert_eq!(table["columns"], json!(["Id", "Name"]));
    assert_eq!(table["rows"].as_array().unwrap().len(), 5);
    assert_eq!(org.emulator.requests().token_requests(), 1);
    org.call("query", json!({ "soql": soql })).await.json();
    assert_eq!(
        org.emulator.requests().token_requests(),
        1,
        "the token is kept"
    );
    let record = ended
        .egress
        .iter()
        .find(|record| record.method == "GET")
        .unwrap();
    assert_eq!(record.outcome, EgressOutcome::Answered { status: 200 });
    assert_eq!(record.credential.as_ref().unwrap().as_str(), "salesforce");
}

#[tokio::test]
async fn pages_are_followed_up_to_the_limit() {
    let org = Org::new().await;
    let ended = org
        .call(
            "query",
            json!({ "soql": "SELECT Id FROM Opportunity", "limit": 2500 }),
        )
        .await;
    assert_eq!(ended.json()["rows"].as_array().unwrap().len(), 2500);
    assert!(ended.outcome.usage.requests >= 2);
}

#[tokio::test]
async fn a_record_is_created_read_and_changed() {
    let org = Org::new().await;
    let fields = json!([{ "name": "Name", "value": "Metier GmbH" }]);
    let created = org
        .call(
            "create-record",
            json!({ "object": "Account", "fields": fields }),
        )
        .await
        .json();
    let id = created
        .as_str()
        .map(str::to_owned)
        .unwrap_or_else(|| created["id"].as_str().unwrap().to_owned());
    let change = json!([{ "name": "Industry", "value": "Energy" }]);
    org.call(
        "update-record",
        json!({ "object": "Account", "id": id, "fields": change }),
    )
    .await
    .json();
    let read = org
        .call(
            "get-record",
            json!({ "object": "Account", "id": id, "fields": ["Name", "Industry"] }),
        )
        .await;
    let text = read.json().to_string();
    assert!(
        text.contains("Metier GmbH") && text.contains("Energy"),
        "{text}"
    );
}

#[tokio::test]
async fn an_upstream_echo_of_the_token_is_blotted_out() {
    let org = Org::new().await;
    org.emulator.faults().push(Rule::once(Fault::SecretEcho));
    let ended = org
        .call("query", json!({ "soql": "SELECT Id FROM Account LIMIT 1" }))
        .await;
    let seen = format!("{ended:?}");
    let requests = org.emulator.requests().all();
    let sent = requests.iter().find_map(|request| {
        let header = request
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?;
        header.1.strip_prefix("Bearer ").map(str::to_owned)
    });
    let token = sent.expect("the emulator saw a token");
    assert!(!seen.contains(&token), "the token came back");
}

#[tokio::test]
async fn salesforces_own_words_reach_the_caller() {
    let org = Org::new().await;
    let ended = org.call("query", json!({ "soql": "SELEKT Id" })).await;
    ended.failed(Code::InvalidArguments, Blame::Caller);
    let ended = org
        .call(
            "get-record",
            json!({ "object": "Account", "id": "001000000000000AAA", "fields": ["Name"] }),
        )
        .await;
    ended.failed(Code::NotFound, Blame::Caller);
}

#[tokio::test]
async fn too_many_requests_and_an_outage_have_codes_of_their_own() {
    let org = Org::new().await;
    let query = json!({ "soql": "SELECT Id FROM Account LIMIT 1" });
    org.emulator.faults().push(Rule::once(Fault::RequestLimit {
        retry_after_s: Some(7),
    }));
    let fault = org
        .call("query", query.clone())
        .await
        .failed(Code::UpstreamRateLimited, Blame::Upstream)
        .clone();
    assert_eq!(fault.retry_after.map(|wait| wait.as_secs()), Some(7));
    org.emulator.faults().push(Rule::once(Fault::ServerError));
    org.call("query", query.clone())
        .await
        .failed(Code::UpstreamUnavailable, Blame::Upstream);
    org.emulator.faults().push(Rule::once(Fault::Reset {
        after_bytes: Some(10),
    }));
    org.call("query", query.clone())
        .await
        .failed(Code::UpstreamUnavailable, Blame::Upstream);
    org.call("query", query).await.json();
}

#[tokio::test]
async fn a_revoked_token_is_renewed_once_without_the_skill_noticing() {
    let org = Org::new().await;
    let query = json!({ "soql": "SELECT Id FROM Account LIMIT 1" });
    org.call("query", query.clone()).await.json();
    org.emulator.revoke_tokens();
    org.call("query", query).await.json();
    assert_eq!(org.emulator.requests().token_requests(), 2);
}
