//! An issuer whose tokens open, and what its claims are worth here.
//!
//! | what | from which claim | without it |
//! |---|---|---|
//! | tenant | `tenant_claim` | the fixed `tenant`; tokens do not open where there is none |
//! | role | `role_claim`, each of whose texts `roles` may know | the fixed `role`; tokens do not open where there is none |
//! | principal | `principal_claim`, as `user/CLAIM@ISSUER` | tokens do not open |
//!
//! A claim is found by its whole name, and else along the dots in it: `realm_access.roles` is the claim of Keycloak, and
//! `https://acme.example/roles` is one of Auth0. A text with spaces is also each of its words, as in `scope`.

use std::{collections::BTreeMap, sync::Arc};

use jsonwebtoken::Algorithm;
use metier_core::{
    Digest, PrincipalId, TenantId,
    http::{CanonicalUrl, Host, Scheme},
};
use serde_json::{Map, Value};

use super::{Caller, Role};

/// What signs tokens unless an issuer is told to use others: what providers use.
pub const ALGORITHMS: [SigningAlgorithm; 3] = [
    SigningAlgorithm(Algorithm::RS256),
    SigningAlgorithm(Algorithm::ES256),
    SigningAlgorithm(Algorithm::EdDSA),
];

/// All that may sign tokens: none of them has a secret that is shared, so no public key is taken for one.
const KNOWN: [(&str, Algorithm); 9] = [
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA),
];

/// An algorithm by which an issuer's public keys check signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SigningAlgorithm(Algorithm);

impl SigningAlgorithm {
    /// The algorithm of this name in RFC 7518.
    pub fn named(name: &str) -> Option<Self> {
        let found = KNOWN.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, algorithm)| SigningAlgorithm(algorithm))
    }

    /// The names there are.
    pub fn names() -> impl Iterator<Item = &'static str> {
        KNOWN.into_iter().map(|(name, _)| name)
    }

    /// Whether a token says that it is signed by this one.
    pub(super) fn is(self, told: Algorithm) -> bool {
        self.0 == told
    }
}

/// An issuer whose tokens open.
#[derive(Clone, Debug, PartialEq)]
pub struct Issuer {
    /// Exactly what `iss` has to be: `https://login.example/realms/acme`.
    pub url: String,
    /// One of these is what `aud` has to be or contain.
    pub audiences: Vec<String>,
    /// What may sign its tokens.
    pub algorithms: Vec<SigningAlgorithm>,
    /// Where its keys are; found out by discovery when absent.
    pub keys: Option<String>,
    /// Networks its addresses may be in beside public ones, as in a grant: `10.0.0.0/8`.
    pub addresses: Vec<String>,
    /// The file with the only certificates that vouch for it, relative to the folder of its [`KeySource`](super::token::KeySource).
    pub ca_file: Option<String>,
    /// The claim that names the tenant.
    pub tenant_claim: Option<String>,
    /// The tenant of tokens that have no such claim; they do not open when absent.
    pub tenant: Option<TenantId>,
    /// The claim that says the role: a text, or a list of texts such as groups.
    pub role_claim: Option<String>,
    /// What each of its texts is worth. The mightiest counts; others count for nothing.
    pub roles: BTreeMap<String, Role>,
    /// The role of tokens in which nothing counts; they do not open when absent.
    pub role: Option<Role>,
    /// The claim that says who it is: `sub`, unless there is a better one.
    pub principal_claim: String,
}

/// What may be fetched from: an `https` address, or an `http` address of this machine.
///
/// # Errors
/// Why not, in words.
pub fn safe_url(text: &str) -> Result<CanonicalUrl, String> {
    let url = CanonicalUrl::parse(text).map_err(|error| error.to_string())?;
    if text.contains('#') {
        return Err(format!("{text} has a fragment"));
    }
    match url.scheme() == Scheme::Https || is_this_machine(url.host()) {
        true => Ok(url),
        false => Err(format!("{text} is not https")),
    }
}

/// Whether a host is the machine itself.
pub fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Ip(address) => address.is_loopback(),
        Host::Name(name) => &**name == "localhost",
    }
}

impl Issuer {
    /// One whose tokens are worth nothing here: only what they say is asked for.
    pub fn read_only(url: String, audience: String) -> Issuer {
        Issuer {
            url,
            audiences: vec![audience],
            algorithms: ALGORITHMS.to_vec(),
            keys: None,
            addresses: Vec::new(),
            ca_file: None,
            tenant_claim: None,
            tenant: None,
            role_claim: None,
            roles: BTreeMap::new(),
            role: None,
            principal_claim: "sub".to_owned(),
        }
    }

    /// Whether anything about it can never be.
    ///
    /// # Errors
    /// What, in words.
    pub fn check(&self) -> Result<(), String> {
        let url = safe_url(&self.url)?;
        if url.query().is_some() {
            return Err(format!("{} has a query", self.url));
        }
        self.keys.as_deref().map(safe_url).transpose()?;
        if self.audiences.is_empty() || self.audiences.iter().any(String::is_empty) {
            return Err("it names no audience, so that tokens for others would open".to_owned());
        }
        if self.algorithms.is_empty() {
            return Err("it names no algorithm".to_owned());
        }
        if self.tenant.is_none() && self.tenant_claim.is_none() {
            return Err("it names no tenant, and no claim that does".to_owned());
        }
        if self.role.is_none() && (self.roles.is_empty() || self.role_claim.is_none()) {
            return Err("it gives nobody a role: it needs `role` or `roles`".to_owned());
        }
        Ok(())
    }

    pub(super) fn caller(&self, claims: &Map<String, Value>) -> Result<Caller, String> {
        Ok(Caller {
            tenant: self.tenant_of(claims)?,
            principal: self.principal_of(claims)?,
            role: self.role_of(claims).ok_or("no claim gives it a role")?,
            tools: Arc::from([]),
            request: None,
        })
    }

    /// A claim that is there and is no tenant's name is not as good as none.
    fn tenant_of(&self, claims: &Map<String, Value>) -> Result<TenantId, String> {
        let claim = self.tenant_claim.as_ref();
        let Some(claim) = claim.and_then(|name| found(claims, name)) else {
            return self
                .tenant
                .clone()
                .ok_or_else(|| "no claim names its tenant".to_owned());
        };
        let named = claim.as_str().and_then(|name| name.parse().ok());
        named.ok_or_else(|| "its tenant has no name a tenant can have".to_owned())
    }

    fn role_of(&self, claims: &Map<String, Value>) -> Option<Role> {
        let claim = self.role_claim.as_ref();
        // A list's texts are whole, for groups have names that people give them; a text alone is also the words in it, as `scope` has them.
        let told: Vec<&str> = match claim.and_then(|name| found(claims, name)) {
            Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(text)) => {
                let words = text.split_ascii_whitespace();
                std::iter::once(text.as_str()).chain(words).collect()
            }
            _ => Vec::new(),
        };
        let counts = |role: &Role| told.iter().any(|text| self.roles.get(*text) == Some(role));
        Role::ALL.into_iter().find(counts).or(self.role)
    }

    /// `user/SUBJECT@ISSUER`. A subject that does not fit is told by its digest, and so is one that looks like a digest.
    fn principal_of(&self, claims: &Map<String, Value>) -> Result<PrincipalId, String> {
        let subject = found(claims, &self.principal_claim).and_then(Value::as_str);
        let subject = subject.filter(|subject| !subject.is_empty());
        let subject = subject.ok_or("it does not say who it is")?;
        let host = self
            .url
            .split_once("://")
            .map_or(self.url.as_str(), |(_, host)| host);
        let host = host.trim_end_matches('/');
        let as_is = format!("user/{subject}@{host}").parse();
        match as_is.ok().filter(|_| !subject.starts_with("sha256:")) {
            Some(principal) => Ok(principal),
            None => {
                let digest = Digest::of(subject.as_bytes());
                let told = format!("user/{digest}@{host}").parse();
                told.map_err(|_| "its issuer's name is too long".to_owned())
            }
        }
    }
}

/// The claim of this name, or the one along its dots.
fn found<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c Value> {
    if let Some(claim) = claims.get(name) {
        return Some(claim);
    }
    let (first, rest) = name.split_once('.')?;
    found(claims.get(first)?.as_object()?, rest)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    use super::{ALGORITHMS, Issuer, SigningAlgorithm, safe_url};
    use crate::Role;

    fn issuer() -> Issuer {
        Issuer {
            url: "https://login.example".into(),
            audiences: vec!["metier".into()],
            algorithms: ALGORITHMS.to_vec(),
            keys: None,
            addresses: Vec::new(),
            ca_file: None,
            tenant_claim: Some("org.id".into()),
            tenant: None,
            role_claim: Some("realm_access.roles".into()),
            roles: [("ops".to_owned(), Role::Operator)].into(),
            role: None,
            principal_claim: "sub".into(),
        }
    }

    #[test]
    fn keys_come_by_https_or_from_this_machine() {
        for good in [
            "https://login.example/keys",
            "http://127.0.0.1:8080/keys",
            "http://[::1]/keys",
            "http://localhost/keys",
        ] {
            assert!(safe_url(good).is_ok(), "{good}");
        }
        for bad in [
            "http://login.example/keys",
            "http://169.254.169.254/latest",
            "http://127.0.0.1.evil.example/",
            "https://user@login.example/keys",
            "https://login.example/#keys",
            "file:///etc/passwd",
            "login.example",
        ] {
            assert!(safe_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_would_open_for_anybody_is_no_issuer() {
        assert_eq!(issuer().check(), Ok(()));
        let with = |change: fn(&mut Issuer)| {
            let mut changed = issuer();
            change(&mut changed);
            changed.check()
        };
        for wrong in [
            with(|issuer| issuer.url = "http://login.example".into()),
            with(|issuer| issuer.url = "https://login.example?x=1".into()),
            with(|issuer| issuer.keys = Some("http://login.example/keys".into())),
            with(|issuer| issuer.audiences.clear()),
            with(|issuer| issuer.audiences.push(String::new())),
            with(|issuer| issuer.algorithms.clear()),
            with(|issuer| issuer.tenant_claim = None),
            with(|issuer| issuer.role_claim = None),
            with(|issuer| issuer.roles.clear()),
        ] {
            assert!(wrong.is_err());
        }
        for secret in ["HS256", "none", "rs256", ""] {
            assert!(SigningAlgorithm::named(secret).is_none(), "{secret}");
        }
    }

    #[test]
    fn claims_are_found_by_name_and_along_dots_and_words_count() {
        let told = |claims: serde_json::Value| {
            let caller = issuer().caller(claims.as_object().unwrap());
            caller.map(|caller| (caller.tenant.to_string(), caller.role))
        };
        let good = Ok(("acme".to_owned(), Role::Operator));
        let nested =
            json!({"sub": "ada", "org": {"id": "acme"}, "realm_access": {"roles": ["ops"]}});
        assert_eq!(told(nested), good);
        let flat = json!({"sub": "ada", "org.id": "acme", "realm_access.roles": "openid ops"});
        assert_eq!(told(flat), good);
        let none = json!({"sub": "ada", "org": "acme", "realm_access": "ops"});
        assert!(told(none).is_err());
    }
}
