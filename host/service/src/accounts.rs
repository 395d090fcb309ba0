//! Accounts of users: each connects their own, and calls in their name work with it.
//!
//! A grant's credential of the kind `oauth2-user` says at which issuer, for whom it asks and what for. One grant serves every user of the
//! tenant: the refresh token of each is in the vault, under the user and what they agreed to (where, for whom, what for, and to which hosts it
//! may go), so that skills that ask for the same share it, and a grant that asks for more asks again. A grant cannot name these entries, and nobody can list them.
//!
//! A user is a principal: the key, or the subject of the issuer that vouches for them. A run works with the account of whoever started it.
//!
//! Connecting is OAuth 2.0's authorization code with PKCE (RFC 6749, RFC 7636): what has to be remembered meanwhile goes with the user, sealed
//! for their tenant, and opens for nobody else and for ten minutes only.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use metier_agent::definition::Name;
use metier_core::{
    Code, CredentialName, Digest, Fault, PrincipalId, TenantId,
    grant::{Credential, CredentialSpec, SecretSource},
    http::CanonicalUrl,
};
use metier_runtime::{
    credentials::{
        AccountStore, Code as IssuedCode, Secret,
        vault::{Vault, VaultError},
    },
    registry::Installed,
};
use serde::{Deserialize, Serialize};

use crate::{
    audit::{AccountChange, What},
    directory::now,
    identity::{Caller, Right},
    installs, random,
    service::Service,
};

/// How long a user may take to agree.
const PATIENCE: Duration = Duration::from_secs(600);

/// What the seal is for.
const PURPOSE: &str = "account";

/// Longest code or state that is looked at, in bytes.
const MAX_ANSWER: usize = 8 << 10;

/// Users whose changes are remembered; with another, everything that was fetched for anybody is fetched anew.
const MAX_CHANGED: usize = 10_000;

/// Accounts whose turn is known; turns that nobody waits for are forgotten then.
const MAX_TURNS: usize = 10_000;

/// Bytes of one tenant's users' tokens together.
const MAX_TOKENS: usize = 4 << 20;

/// What changed on this host and whose turn it is, for all tenants.
#[derive(Default)]
pub struct Changes {
    known: Mutex<Known>,
    turns: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

/// Each change has a number of its own.
#[derive(Default)]
struct Known {
    last: u64,
    /// What users have who changed nothing since the others were forgotten.
    others: u64,
    of: HashMap<(TenantId, PrincipalId), u64>,
}

impl Changes {
    fn of(&self, tenant: &TenantId, user: &PrincipalId) -> u64 {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (tenant.clone(), user.clone());
        known.of.get(&key).copied().unwrap_or(known.others)
    }

    fn note(&self, tenant: &TenantId, user: &PrincipalId) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.last += 1;
        let number = known.last;
        if known.of.len() >= MAX_CHANGED {
            known.of.clear();
            known.others = number;
        }
        known.of.insert((tenant.clone(), user.clone()), number);
    }

    fn turn(&self, entry: String) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if turns.len() >= MAX_TURNS {
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        }
        turns.entry(entry).or_default().clone()
    }
}

/// The accounts of one tenant's users.
pub struct TenantAccounts {
    /// Where the tokens are.
    pub vault: Arc<Vault>,
    /// Whose users.
    pub tenant: TenantId,
    /// What changed.
    pub changes: Arc<Changes>,
}

impl AccountStore for TenantAccounts {
    fn changes(&self, user: &PrincipalId) -> u64 {
        self.changes.of(&self.tenant, user)
    }

    fn turn(&self, user: &PrincipalId, credential: &Credential) -> Arc<tokio::sync::Mutex<()>> {
        self.changes.turn(entry(&self.tenant, user, credential))
    }

    fn token(
        &self,
        user: &PrincipalId,
        credential: &Credential,
    ) -> Result<Option<Secret>, VaultError> {
        self.vault.get(&entry(&self.tenant, user, credential))
    }

    fn keep(
        &self,
        user: &PrincipalId,
        credential: &Credential,
        old: &Secret,
        new: Secret,
    ) -> Result<(), VaultError> {
        // What was taken back or connected anew meanwhile stays as it is.
        let entry = entry(&self.tenant, user, credential);
        self.vault.exchange(&entry, old, new).map(drop)
    }
}

/// Where the vault has a tenant's users' tokens. No secret of a tenant's has a name with two slashes.
fn below(tenant: &TenantId) -> String {
    format!("accounts/{tenant}/")
}

/// Where it has one: by the user, and by all that they agreed to.
fn entry(tenant: &TenantId, user: &PrincipalId, credential: &Credential) -> String {
    let short = |text: &str| Digest::of(text.as_bytes()).to_hex()[..32].to_owned();
    format!(
        "{}{}-{}",
        below(tenant),
        short(user.as_str()),
        short(&agreed(credential))
    )
}

/// Whom the user is sent to, for whom, what for, and where the token may go.
fn agreed(credential: &Credential) -> String {
    let mut hosts: Vec<String> = credential.hosts.iter().map(ToString::to_string).collect();
    hosts.sort();
    match &credential.spec {
        CredentialSpec::OAuth2User {
            authorize,
            token,
            client_id,
            scope,
            ..
        } => format!(
            "{}\n{}\n{client_id}\n{}\n{}",
            authorize.as_str(),
            token.url.as_str(),
            scope.as_deref().unwrap_or(""),
            hosts.join(" ")
        ),
        _ => String::new(),
    }
}

/// An account that a user may connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The skill that works with it.
    pub alias: Name,
    /// What its grant calls it.
    pub credential: CredentialName,
    /// At whose place the user agrees: a host.
    pub issuer: String,
    /// What is asked for, as the issuer calls it.
    pub scope: Option<String>,
    /// The only hosts it is sent to.
    pub hosts: Vec<String>,
    /// Whether the user has connected it.
    pub connected: bool,
}

/// What goes with the user and comes back.
#[derive(Serialize, Deserialize)]
struct Question {
    user: PrincipalId,
    alias: Name,
    credential: CredentialName,
    /// What the user agrees to.
    agreed: Digest,
    verifier: String,
    redirect_uri: String,
    /// Milliseconds since 1970.
    until: u64,
}

impl Service {
    /// The accounts that the caller may connect: those of the skills that are there, one by one.
    ///
    /// # Errors
    /// `forbidden`, or the vault's.
    pub async fn accounts(&self, caller: &Caller) -> Result<Vec<Account>, Fault> {
        self.needs(caller, Right::See)?;
        let mut accounts = Vec::new();
        for (alias, install) in self.skills(caller)? {
            let (Ok(alias), Some(text)) = (alias.parse::<Name>(), &install.grant) else {
                continue;
            };
            let grant = installs::grant(&caller.tenant, text)?;
            for (name, located) in &grant.credentials {
                let credential = &located.value;
                let CredentialSpec::OAuth2User {
                    authorize, scope, ..
                } = &credential.spec
                else {
                    continue;
                };
                accounts.push(Account {
                    alias: alias.clone(),
                    credential: name.clone(),
                    issuer: authorize.host().to_string(),
                    scope: scope.clone(),
                    hosts: credential.hosts.iter().map(ToString::to_string).collect(),
                    connected: self.is_connected(caller, credential).await?,
                });
            }
        }
        Ok(accounts)
    }

    async fn is_connected(&self, caller: &Caller, of: &Credential) -> Result<bool, Fault> {
        let entry = entry(&caller.tenant, &caller.principal, of);
        let found = self.with_vault(move |vault| vault.get(&entry)).await?;
        Ok(found.is_some())
    }

    /// Where to send the caller to agree. They come back to `redirect_uri`.
    ///
    /// # Errors
    /// `forbidden`, `not-found`.
    pub async fn connecting(
        &self,
        caller: &Caller,
        alias: &Name,
        credential: &CredentialName,
        redirect_uri: &str,
    ) -> Result<String, Fault> {
        self.needs(caller, Right::Call)?;
        let installed = self.bound(caller, alias).await?;
        let of = account(&installed, credential)?;
        let CredentialSpec::OAuth2User {
            authorize,
            client_id,
            scope,
            ..
        } = &of.spec
        else {
            return Err(no_account());
        };
        let verifier = URL_SAFE_NO_PAD.encode(random::bytes::<32>()?);
        let digest = Digest::of(verifier.as_bytes());
        let challenge = URL_SAFE_NO_PAD.encode(digest.as_bytes());
        let question = Question {
            user: caller.principal.clone(),
            alias: alias.clone(),
            credential: credential.clone(),
            agreed: Digest::of(agreed(of).as_bytes()),
            verifier,
            redirect_uri: redirect_uri.to_owned(),
            until: now().saturating_add(PATIENCE.as_millis() as u64),
        };
        let bytes = serde_json::to_vec(&question)
            .map_err(|error| Fault::new(Code::HostInternal, error.to_string()))?;
        let state = self.seal().close(&caller.tenant, PURPOSE, bytes)?;
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("state", &state)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        if let Some(scope) = scope {
            query.append_pair("scope", scope);
        }
        let base = authorize.as_str();
        let joined = if base.contains('?') { '&' } else { '?' };
        Ok(format!("{base}{joined}{}", query.finish()))
    }

    /// The caller came back from an issuer: the code becomes their account. Which skill it is for. `issuer` is who says to have sent them
    /// (RFC 9207), where it is said.
    ///
    /// # Errors
    /// `invalid-arguments` for what was not begun by this caller, too long ago, or under another grant; the issuer's refusal.
    pub async fn connected(
        &self,
        caller: &Caller,
        state: &str,
        code: &str,
        issuer: Option<&str>,
    ) -> Result<Name, Fault> {
        self.needs(caller, Right::Call)?;
        let question = self.question(caller, state).ok_or_else(not_begun)?;
        if code.is_empty() || code.len() > MAX_ANSWER {
            return Err(not_begun());
        }
        let installed = self.bound(caller, &question.alias).await?;
        let of = account(&installed, &question.credential)?.clone();
        let is_same = Digest::of(agreed(&of).as_bytes()) == question.agreed;
        if !is_same || !issuer.is_none_or(|issuer| is_of(issuer, &of.spec)) {
            return Err(not_begun());
        }
        let (tenant, user) = (caller.tenant.clone(), caller.principal.clone());
        let errand = self.host().errand(&installed, tenant, user)?;
        let code = IssuedCode {
            code,
            redirect_uri: &question.redirect_uri,
            verifier: &question.verifier,
        };
        let token = installed
            .credentials()
            .connect(&question.credential, &errand, &code)
            .await;
        let token = token.map_err(|error| error.fault())?;
        let (entry, below) = (
            entry(&caller.tenant, &caller.principal, &of),
            below(&caller.tenant),
        );
        let keep = move |vault: &Vault| {
            vault.set_within(&entry, token, |name| name.starts_with(&below), MAX_TOKENS)
        };
        self.with_vault(keep).await?;
        self.account_changed(
            caller,
            AccountChange::Connected,
            &question.alias,
            &question.credential,
        );
        Ok(question.alias)
    }

    /// Forgets the caller's account, and asks the issuer to take the token back. Whether it did: some have no way to.
    ///
    /// # Errors
    /// `forbidden`; `not-found` where none is connected; the vault's.
    pub async fn disconnect(
        &self,
        caller: &Caller,
        alias: &Name,
        credential: &CredentialName,
    ) -> Result<bool, Fault> {
        self.needs(caller, Right::See)?;
        let installed = self.bound(caller, alias).await?;
        let of = account(&installed, credential)?.clone();
        let entry = entry(&caller.tenant, &caller.principal, &of);
        let (read, removed) = (entry.clone(), entry);
        let token = self.with_vault(move |vault| vault.get(&read)).await?;
        let token = token.ok_or_else(no_account)?;
        // Here first: whatever the issuer says, nothing is sent with it any more.
        self.with_vault(move |vault| vault.remove(&removed)).await?;
        self.account_changed(caller, AccountChange::Disconnected, alias, credential);
        let (tenant, user) = (caller.tenant.clone(), caller.principal.clone());
        let errand = self.host().errand(&installed, tenant, user)?;
        let revoked = installed.credentials().revoke(credential, &errand, &token);
        Ok(revoked.await.unwrap_or_else(|error| {
            tracing::warn!(%error, "an issuer did not take a token back");
            false
        }))
    }

    fn question(&self, caller: &Caller, state: &str) -> Option<Question> {
        if state.len() > MAX_ANSWER {
            return None;
        }
        let bytes = self.seal().open_text(&caller.tenant, PURPOSE, state)?;
        let question: Question = serde_json::from_slice(&bytes).ok()?;
        let is_theirs = question.user == caller.principal && now() <= question.until;
        is_theirs.then_some(question)
    }

    fn account_changed(
        &self,
        caller: &Caller,
        change: AccountChange,
        alias: &Name,
        credential: &CredentialName,
    ) {
        if let Some(secrets) = self.secrets_kept() {
            secrets.accounts.note(&caller.tenant, &caller.principal);
        }
        let what = What::Account {
            change,
            alias: alias.as_str(),
            credential: credential.as_str(),
        };
        self.note(caller, what);
    }
}

fn account<'i>(installed: &'i Installed, name: &CredentialName) -> Result<&'i Credential, Fault> {
    let found = installed.grant().credentials.get(name);
    let found = found.filter(|found| found.value.secret == SecretSource::Account);
    Ok(&found.ok_or_else(no_account)?.value)
}

/// Whether an issuer's name is that of the place where the user was sent.
fn is_of(issuer: &str, spec: &CredentialSpec) -> bool {
    let CredentialSpec::OAuth2User { authorize, .. } = spec else {
        return false;
    };
    CanonicalUrl::parse(issuer).is_ok_and(|issuer| {
        issuer.scheme() == authorize.scheme()
            && issuer.host() == authorize.host()
            && issuer.port() == authorize.port()
    })
}

fn no_account() -> Fault {
    Fault::new(Code::NotFound, "There is no such account.")
}

fn not_begun() -> Fault {
    let message =
        "This does not belong to an account that you began to connect in the last ten minutes.";
    Fault::new(Code::InvalidArguments, message)
        .with_hint("Begin again on the page Accounts, and stay in the same browser.")
}
