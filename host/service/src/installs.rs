//! Skills installed for a tenant: which bytes, under which grant, by which alias.

use metier_agent::definition::Name;
use metier_core::{
    Code, Digest, Fault, Grant, PrincipalId, SkillName, TenantId,
    grant::{Reach, SecretSource},
};
use serde::{Deserialize, Serialize};

use crate::{
    identity::{Caller, Role},
    records::Record,
};

/// Largest grant, in bytes.
pub const MAX_GRANT: usize = 64 << 10;

/// A skill as a tenant has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Install {
    /// The bytes.
    pub digest: Digest,
    /// The name it gives itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<SkillName>,
    /// The version it gives itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The grant, as it was written; nothing to reach when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<String>,
    /// Whether its tools are there.
    pub enabled: bool,
    /// Who changed it last.
    pub by: PrincipalId,
    /// When, in milliseconds since 1970.
    pub changed: u64,
}

impl Record for Install {
    const KIND: &'static str = "skill";
}

/// Where the catalog has it.
pub fn key(tenant: &TenantId, alias: &Name) -> String {
    format!("{tenant}/{}", alias.as_str())
}

/// The alias a skill has unless another is chosen: the last part of its name.
pub fn alias_of(name: Option<&SkillName>) -> Option<Name> {
    let name = name?.to_string();
    name.rsplit('/').next()?.parse().ok()
}

/// Reads the text of a tenant's grant.
///
/// # Errors
/// `grant-invalid`.
pub fn grant(tenant: &TenantId, text: &str) -> Result<Grant, Fault> {
    if text.len() > MAX_GRANT {
        let message = format!("A grant has at most {MAX_GRANT} bytes.");
        return Err(Fault::new(Code::GrantInvalid, message));
    }
    let parsed = Grant::parse(text)
        .map_err(|error| Fault::new(Code::GrantInvalid, format!("The grant, {error}.")))?;
    Ok(Grant {
        tenant: tenant.clone(),
        ..parsed
    })
}

/// Whether the caller may give this grant. What reaches into the host itself, its files, its environment and its own network, is for
/// whoever administers it: a tenant's operator has only what is the tenant's.
///
/// # Errors
/// `forbidden`, naming the part.
pub fn may_give(caller: &Caller, grant: &Grant) -> Result<(), Fault> {
    if let Some(name) = vault_names(grant).find(|name| !is_entry(name)) {
        let message = format!("`{name}` is no name of a secret in this service.");
        let hint = "Use 1 to 64 of A-Z a-z 0-9 . _ -, as `PUT /api/v1/secrets/NAME` takes it.";
        return Err(Fault::new(Code::GrantInvalid, message).with_hint(hint));
    }
    if caller.role == Role::Admin {
        return Ok(());
    }
    let part = if !grant.files.is_empty() {
        Some("directories of the host")
    } else if secrets(grant)
        .any(|source| !matches!(source, SecretSource::Vault(_) | SecretSource::Account))
    {
        Some("secrets from the host's files or environment")
    } else if reaches(grant).any(|reach| *reach != Reach::default()) {
        Some("addresses, connections or roots of the host's own network")
    } else {
        None
    };
    match part {
        None => Ok(()),
        Some(part) => Err(Fault::new(
            Code::Forbidden,
            format!("The grant gives {part}, which only an admin may give."),
        )
        .with_hint("Keep secrets in the vault; ask the service's administrator for the rest.")),
    }
}

/// How everything is reached that the grant names: services, and the issuers of tokens.
fn reaches(grant: &Grant) -> impl Iterator<Item = &Reach> {
    let credentials = grant.credentials.values();
    let issuers = credentials.filter_map(|credential| credential.value.spec.token_endpoint());
    let rules = grant.http.iter().map(|rule| &rule.value.reach);
    rules.chain(issuers.map(|issuer| &issuer.reach))
}

fn secrets(grant: &Grant) -> impl Iterator<Item = &SecretSource> {
    grant.credentials.values().flat_map(|credential| {
        let more = credential.value.spec.more_secrets();
        std::iter::once(&credential.value.secret).chain(more)
    })
}

fn vault_names(grant: &Grant) -> impl Iterator<Item = &str> {
    secrets(grant).filter_map(|source| match source {
        SecretSource::Vault(name) => Some(name.as_str()),
        SecretSource::Env(_) | SecretSource::File(_) | SecretSource::Account => None,
    })
}

/// Whether a secret can be called so. No slash: what is before one says whose it is.
pub fn is_entry(name: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(is_word)
}

/// Where the vault has a tenant's secret.
pub fn vault_entry(tenant: &TenantId, name: &str) -> String {
    match *tenant == TenantId::local() {
        true => name.to_owned(),
        false => format!("{tenant}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use metier_core::{Code, TenantId};

    use super::{grant, may_give, vault_entry};
    use crate::{Caller, Role};

    fn as_operator(text: &str) -> Option<Code> {
        let tenant: TenantId = "acme".parse().unwrap();
        let caller = Caller {
            role: Role::Operator,
            ..Caller::operator_of(tenant.clone())
        };
        let grant = grant(&tenant, text).unwrap();
        assert_eq!(grant.tenant, tenant);
        may_give(&caller, &grant).err().map(|fault| fault.code)
    }

    #[test]
    fn an_operator_gives_what_is_the_tenants() {
        let http = "[[http]]\nhost = \"a.example\"\nmethods = [\"GET\"]\npaths = [\"/**\"]\n";
        let credential = |secret: &str| {
            format!(
                "{http}credential = \"c\"\n[credentials.c]\nkind = \"bearer\"\nsecret = {secret}\nhosts = [\"a.example\"]\n"
            )
        };
        let start = "skill = \"com.acme/x\"\ntools = [\"*\"]\n";
        let try_with = |rest: &str| as_operator(&format!("{start}{rest}"));
        assert_eq!(try_with(""), None);
        assert_eq!(try_with(&credential("{ vault = \"token\" }")), None);
        let forbidden = Some(Code::Forbidden);
        assert_eq!(try_with(&credential("{ env = \"PATH\" }")), forbidden);
        assert_eq!(
            try_with(&credential("{ file = \"/etc/shadow\" }")),
            forbidden
        );
        assert_eq!(
            try_with(&format!("{http}addresses = [\"10.0.0.0/8\"]\n")),
            forbidden
        );
        let issuer = |reach: &str| {
            format!(
                "{http}credential = \"c\"\n[credentials.c]\nkind = \"oauth2-user\"\nclient-id = \"m\"\nhosts = [\"a.example\"]\n\
                 authorize-url = \"https://a.example/a\"\ntoken-url = \"https://a.example/t\"\n{reach}"
            )
        };
        assert_eq!(try_with(&issuer("")), None);
        let inside = issuer("addresses = [\"10.0.0.0/8\"]\n");
        assert_eq!(try_with(&inside), forbidden);
        let files = "[[files]]\npath = \"/data\"\nsource = \"/\"\naccess = \"read\"\n";
        assert_eq!(try_with(files), forbidden);
        let others = credential("{ vault = \"other/token\" }");
        assert_eq!(try_with(&others), Some(Code::GrantInvalid));
    }

    #[test]
    fn no_tenant_can_name_anothers_secret() {
        let of = |tenant: &str, name| vault_entry(&tenant.parse().unwrap(), name);
        assert_eq!(of("local", "token"), "token");
        assert_eq!(of("acme", "token"), "acme/token");
    }
}
