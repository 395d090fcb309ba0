//! `[[issuer]]` of `metier.toml`: whose tokens open, and what their claims are worth.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use metier_core::TenantId;
use metier_runtime::egress::EgressAudit;
use metier_service::{
    Role,
    directory::now,
    identity::{
        keys::{self, HttpKeys},
        token::{Issuer, SigningAlgorithm, Tokens},
    },
};
use serde::{Deserialize, Serialize};

use crate::errors::Failure;

/// The claim that has roles where nothing else is said.
const ROLES: &str = "roles";

/// Most issuers: each is an address that the service calls.
const MAX_ISSUERS: usize = 64;

/// One issuer, as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct IssuerTable {
    /// Exactly what `iss` is.
    pub url: String,
    /// What `aud` is or contains.
    pub audience: Texts,
    /// Where its keys are, instead of what discovery finds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_url: Option<String>,
    /// What signs its tokens.
    #[serde(default = "algorithms")]
    pub algorithms: Vec<String>,
    /// Networks it may be in beside public ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// The only certificates that vouch for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// The tenant of tokens whose claim names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantId>,
    /// The claim that names the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_claim: Option<String>,
    /// The role of tokens whose claims give none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The claim that has roles or groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_claim: Option<String>,
    /// What each of them is worth.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<String, Role>,
    /// The claim that says who it is.
    #[serde(default = "principal_claim")]
    pub principal_claim: String,
}

/// A text or several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Texts {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

fn algorithms() -> Vec<String> {
    ["RS256", "ES256", "EdDSA"].map(str::to_owned).to_vec()
}

fn principal_claim() -> String {
    "sub".to_owned()
}

impl IssuerTable {
    /// What is named in it is relative to a folder.
    pub fn set_below(&mut self, folder: &Path) {
        if let Some(file) = &mut self.ca_file {
            *file = folder.join(&*file);
        }
    }

    fn issuer(&self) -> Result<Issuer, String> {
        let named = |name: &String| {
            SigningAlgorithm::named(name).ok_or_else(|| {
                let all: Vec<&str> = SigningAlgorithm::names().collect();
                format!(
                    "`{name}` is no algorithm that signs tokens: there are {}",
                    all.join(", ")
                )
            })
        };
        let algorithms: Result<Vec<_>, String> = self.algorithms.iter().map(named).collect();
        let audiences = match &self.audience {
            Texts::One(text) => vec![text.clone()],
            Texts::Many(texts) => texts.clone(),
        };
        let tenant = self.tenant.clone();
        let has_claim = self.role_claim.is_some() || self.roles.is_empty();
        let role_claim = match has_claim {
            true => self.role_claim.clone(),
            false => Some(ROLES.to_owned()),
        };
        let issuer = Issuer {
            url: self.url.clone(),
            audiences,
            algorithms: algorithms?,
            keys: self.jwks_url.clone(),
            addresses: self.addresses.clone(),
            ca_file: self.ca_file.as_ref().map(|file| file.display().to_string()),
            tenant: tenant.or_else(|| self.tenant_claim.is_none().then(TenantId::local)),
            tenant_claim: self.tenant_claim.clone(),
            role: self.role,
            role_claim,
            roles: self.roles.clone(),
            principal_claim: self.principal_claim.clone(),
        };
        keys::check(&issuer)?;
        Ok(issuer)
    }
}

/// All of them, checked.
///
/// # Errors
/// The first that can never be.
pub fn issuers(tables: &[IssuerTable]) -> Result<Vec<Issuer>, Failure> {
    let hint = "`metier config show` explains `[[issuer]]`.";
    if tables.len() > MAX_ISSUERS {
        let message = format!("There are more than {MAX_ISSUERS} issuers.");
        return Err(Failure::usage(message, hint));
    }
    let mut issuers: Vec<Issuer> = Vec::new();
    for table in tables {
        let wrong = |why: String| {
            let url = crate::text::one_line(&table.url);
            Failure::usage(format!("The issuer `{url}`: {why}."), hint)
        };
        let issuer = table.issuer().map_err(wrong)?;
        if issuers.iter().any(|other| other.url == issuer.url) {
            return Err(wrong("it is there twice".to_owned()));
        }
        issuers.push(issuer);
    }
    Ok(issuers)
}

/// Whoever looks at their tokens; the requests for their keys are written down in `audit`.
///
/// # Errors
/// As [`issuers`].
pub fn tokens(tables: &[IssuerTable], audit: Arc<dyn EgressAudit>) -> Result<Arc<Tokens>, Failure> {
    let source = HttpKeys::new(PathBuf::from("/"), Arc::new(SystemTime::now), audit);
    let clock = Arc::new(now);
    Ok(Arc::new(Tokens::new(
        issuers(tables)?,
        Arc::new(source),
        clock,
    )))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::{IssuerTable, issuers};

    fn read(text: &str) -> Result<String, String> {
        let table: IssuerTable = toml::from_str(text).map_err(|error| error.to_string())?;
        let read = issuers(&[table]).map_err(|failure| failure.fault.message)?;
        Ok(format!("{:?}", read.first().unwrap()))
    }

    #[test]
    fn an_issuer_is_of_the_tenant_local_and_has_roles_unless_it_is_told_otherwise() {
        let read = read(
            "url = \"https://login.example\"\naudience = \"metier\"\nroles = { ops = \"operator\" }",
        )
        .unwrap();
        for part in [
            "RS256",
            "tenant_claim: None",
            "local",
            "role_claim: Some(\"roles\")",
            "role: None",
        ] {
            assert!(read.contains(part), "{part}: {read}");
        }
    }

    #[test]
    fn what_cannot_be_is_said() {
        let base = "url = \"https://login.example\"\naudience = \"metier\"\n";
        for (more, words) in [
            ("", "gives nobody a role"),
            (
                "role = \"viewer\"\nalgorithms = [\"HS256\"]",
                "no algorithm",
            ),
            (
                "role = \"viewer\"\njwks-url = \"http://login.example/keys\"",
                "not https",
            ),
            ("role = \"king\"", "king"),
            (
                "role = \"viewer\"\naddresses = [\"x\"]",
                "`x` is no network",
            ),
            ("role = \"viewer\"\ntennant = \"x\"", "tennant"),
        ] {
            let why = read(&format!("{base}{more}")).unwrap_err();
            assert!(why.contains(words), "{more}: {why}");
        }
        let one: IssuerTable = toml::from_str(&format!("{base}role = \"viewer\"")).unwrap();
        let twice = issuers(&[one.clone(), one]).unwrap_err();
        assert!(twice.fault.message.contains("twice"));
    }
}
