//! The grants of the demo: what the operator allows.
//!
//! The skill is written for Salesforce's own host names. `connect` takes those names to the
//! emulator, as `curl --connect-to` does, and `ca-file` trusts its throwaway authority: rules,
//! certificates and OAuth are those of the real thing.

use anyhow::Result;

use super::stage::Stage;
use crate::emulator::{Ready, SALESFORCE_LOGIN as LOGIN, SALESFORCE_ORG as ORG};

/// Where its API is.
pub const ORG_URL: &str = "https://acme.my.salesforce.com";
/// The private key of the connected app.
pub const KEY: &str = "salesforce-key.pem";
/// The certificate authority to trust.
pub const AUTHORITY: &str = "authority.pem";

/// Reading by query, and nothing else.
pub const READ_ONLY: &str = "grant.toml";

/// As [`READ_ONLY`], with the skill told that its org is elsewhere.
pub const ELSEWHERE: &str = "elsewhere.toml";
const ELSEWHERE_URL: &str = "https://globex.my.salesforce.com";

/// For the hostile skill: to compute, for a second.
pub const ENEMY: &str = "hostile.toml";

const ENEMY_TEXT: &str = r#"skill = "test.metier/hostile"
tools = ["*"]

[limits]
cpu = "1s"
"#;

/// Writes every grant onto the stage.
pub fn write(stage: &Stage, ready: &Ready) -> Result<()> {
    stage.write(READ_ONLY, &read_only(ready, ORG_URL))?;
    stage.write(ELSEWHERE, &read_only(ready, ELSEWHERE_URL))?;
    stage.write(ENEMY, ENEMY_TEXT)
}

fn read_only(ready: &Ready, instance_url: &str) -> String {
    let Ready {
        address,
        client_id,
        username,
    } = ready;
    format!(
        r#"skill = "com.metier/salesforce"
tools = ["*"]

# Queries may be sent, to one host. Nothing else may be.
[[http]]
host = "{ORG}"
methods = ["GET"]
paths = ["/services/data/*/query", "/services/data/*/query/*"]
credential = "salesforce"
connect = "{address}"             # the demo's org runs on this machine
addresses = ["127.0.0.0/8"]
ca-file = "{AUTHORITY}"

[config]
instance-url = "{instance_url}"

# How the host logs in. The skill sees neither the key nor the token.
[credentials.salesforce]
kind = "oauth2-jwt-bearer"
token-url = "https://{LOGIN}/services/oauth2/token"
client-id = "{client_id}"
subject = "{username}"
audience = "https://{LOGIN}"
secret = {{ file = "{KEY}" }}
hosts = ["{ORG}"]
connect = "{address}"
addresses = ["127.0.0.0/8"]
ca-file = "{AUTHORITY}"
"#
    )
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use metier_core::grant::Grant;

    use super::*;

    #[test]
    fn the_grants_hold() {
        let ready = Ready {
            address: "127.0.0.1:8443".to_owned(),
            client_id: "demo".to_owned(),
            username: "admin@acme.example".to_owned(),
        };
        let grant = Grant::parse(&read_only(&ready, ORG_URL)).unwrap();
        let [http] = grant.http.as_slice() else {
            unreachable!("one rule, not {}", grant.http.len());
        };
        let rule = http.value.rule.to_string();
        assert_eq!(
            rule,
            "GET https://acme.my.salesforce.com{/services/data/*/query,/services/data/*/query/*}"
        );
    }
}
