//! Tenants and the keys that open them.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use metier_core::{CallId, Code, Fault, PrincipalId, TenantId};
use metier_store::{Store, types::Expect};
use serde::{Deserialize, Serialize};

use crate::{
    audit::{Event, KeyChange, NoNotes, Notes, TenantChange, What},
    identity::{ApiKey, Caller, Former, IssuedKey, KeyId, KeyText, Right, Role, refused},
    logins::Logins,
    noting, random,
    records::{Kept, Mirror, Record},
};

/// Longest name of a key, in bytes.
const MAX_NAME: usize = 128;

/// Most tool patterns of a key.
const MAX_TOOLS: usize = 64;

/// A tenant: whose skills, grants, secrets, runs and bill are wholly apart from everybody else's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Tenant {
    /// For people.
    #[serde(default)]
    pub name: String,
    /// Milliseconds since 1970.
    pub created: u64,
    /// Its keys do not open while this is so.
    #[serde(default)]
    pub suspended: bool,
}

impl Record for Tenant {
    const KIND: &'static str = "tenant";
}

/// A key that is to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What it is for, in words.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The only tools it may call; all when empty.
    pub tools: Vec<String>,
    /// When it stops working, from now; never when absent.
    pub lasts: Option<Duration>,
}

/// Tenants and keys.
pub struct Directory {
    tenants: Mirror<Tenant>,
    keys: Mirror<ApiKey>,
    audit: Arc<dyn Notes>,
    logins: Logins,
}

impl Directory {
    /// Those of `store`. The tenant `local` is always there.
    ///
    /// # Errors
    /// The store's.
    pub async fn open(store: Arc<dyn Store>) -> Result<Self, Fault> {
        Directory::open_noting(store, Arc::new(NoNotes)).await
    }

    /// Those of `store`, whose changes and logins are written down.
    ///
    /// # Errors
    /// The store's.
    pub async fn open_noting(store: Arc<dyn Store>, audit: Arc<dyn Notes>) -> Result<Self, Fault> {
        let directory = Directory {
            tenants: Mirror::open(store.clone()).await?,
            keys: Mirror::open(store).await?,
            audit,
            logins: Logins::default(),
        };
        let local = TenantId::local();
        if directory.tenants.get(local.as_str()).is_none() {
            let made = directory.add_tenant(&local, "").await;
            // Another host may have been quicker.
            made.or_else(|fault| (fault.code == Code::Conflict).then_some(()).ok_or(fault))?;
        }
        Ok(directory)
    }

    /// Learns what other hosts changed.
    ///
    /// # Errors
    /// The store's.
    pub async fn look(&self) -> Result<(), Fault> {
        self.tenants.look().await?;
        self.keys.look().await
    }

    /// Who the text of a key is, now.
    ///
    /// # Errors
    /// As [`Directory::identify`].
    pub fn authenticate(&self, text: &str) -> Result<Caller, Fault> {
        self.identify(text, None)
    }

    /// Who the text of a key is, now, in a request. A key that opens for the first time in a while is written down, and one that does not.
    ///
    /// # Errors
    /// `unauthenticated`, with the same words whatever the reason is.
    pub fn identify(&self, text: &str, request: Option<&CallId>) -> Result<Caller, Fault> {
        let text = KeyText::read(text);
        let id = text.as_ref().ok().map(|text| text.id);
        let caller = text.and_then(|text| self.opened(&text, now()));
        self.noted(caller, id, request)
    }

    /// What came of a key, or of a token, which has no id, is written down.
    pub(crate) fn noted(
        &self,
        caller: Result<Caller, Fault>,
        id: Option<&str>,
        request: Option<&CallId>,
    ) -> Result<Caller, Fault> {
        let what = match &caller {
            Ok(caller) => {
                let id = id.unwrap_or(caller.principal.as_str());
                self.logins.opened(id, now())
            }
            Err(_) => self.logins.refused(id, now()),
        };
        if let Some(what) = what {
            let caller = caller.as_ref().ok();
            self.audit.note(&Event {
                what,
                tenant: caller.map(|caller| &caller.tenant),
                principal: caller.map(|caller| &caller.principal),
                request,
            });
        }
        Ok(Caller {
            request: request.cloned(),
            ..caller?
        })
    }

    /// Whether there is such a tenant, and it is not suspended.
    pub(crate) fn is_open(&self, tenant: &TenantId) -> bool {
        let tenant = self.tenants.get(tenant.as_str());
        tenant.is_some_and(|tenant| !tenant.value.suspended)
    }

    fn opened(&self, text: &KeyText<'_>, now: u64) -> Result<Caller, Fault> {
        let key = self.keys.get(text.id).ok_or_else(refused)?;
        let opens = key.value.opens(text.secret, now) && !key.value.is_over(now);
        match opens && self.is_open(&key.value.tenant) {
            true => caller(text.id, &key.value),
            false => Err(refused()),
        }
    }

    /// The caller, acting for another tenant.
    ///
    /// # Errors
    /// `forbidden` unless they administer the service; `not-found` when there is no such tenant.
    pub fn acting_for(&self, caller: Caller, tenant: TenantId) -> Result<Caller, Fault> {
        if tenant == caller.tenant {
            return Ok(caller);
        }
        self.needs(&caller, Right::Administer)?;
        self.tenant(&tenant)?;
        Ok(Caller { tenant, ..caller })
    }

    /// All tenants, by id.
    ///
    /// # Errors
    /// `forbidden` unless they administer the service.
    pub fn tenants(&self, caller: &Caller) -> Result<BTreeMap<String, Arc<Tenant>>, Fault> {
        self.needs(caller, Right::Administer)?;
        let all = self.tenants.below("").into_iter();
        Ok(all.map(|(id, kept)| (id, kept.value)).collect())
    }

    /// Makes a tenant.
    ///
    /// # Errors
    /// `forbidden`, or `conflict` when it is there.
    pub async fn make_tenant(
        &self,
        caller: &Caller,
        id: &TenantId,
        name: &str,
    ) -> Result<(), Fault> {
        self.needs(caller, Right::Administer)?;
        no_longer(name)?;
        self.add_tenant(id, name).await?;
        self.note_tenant(caller, id, TenantChange::Made);
        Ok(())
    }

    /// Suspends a tenant or lifts that.
    ///
    /// # Errors
    /// `forbidden`, `not-found`.
    pub async fn suspend(
        &self,
        caller: &Caller,
        id: &TenantId,
        suspended: bool,
    ) -> Result<(), Fault> {
        self.needs(caller, Right::Administer)?;
        let kept = self.tenant(id)?;
        let changed = Tenant {
            suspended,
            ..(*kept.value).clone()
        };
        let expect = Expect::Rev(kept.rev);
        self.tenants.put(id.as_str(), expect, &changed).await?;
        let change = match suspended {
            true => TenantChange::Suspended,
            false => TenantChange::Resumed,
        };
        self.note_tenant(caller, id, change);
        Ok(())
    }

    async fn add_tenant(&self, id: &TenantId, name: &str) -> Result<(), Fault> {
        let tenant = Tenant {
            name: name.to_owned(),
            created: now(),
            suspended: false,
        };
        self.tenants.put(id.as_str(), Expect::Absent, &tenant).await
    }

    fn tenant(&self, id: &TenantId) -> Result<Kept<Tenant>, Fault> {
        let found = self.tenants.get(id.as_str());
        found.ok_or_else(|| Fault::new(Code::NotFound, format!("There is no tenant `{id}`.")))
    }

    /// The tenant's keys, by id.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn keys(&self, caller: &Caller) -> Result<Vec<(KeyId, Arc<ApiKey>)>, Fault> {
        self.needs(caller, Right::Operate)?;
        let all = self.keys.below("").into_iter();
        let theirs = all.filter(|(_, kept)| kept.value.tenant == caller.tenant);
        Ok(theirs.map(|(id, kept)| (id, kept.value)).collect())
    }

    /// Makes a key of the caller's tenant.
    ///
    /// # Errors
    /// `forbidden` also for a role mightier than their own, or for tools that theirs is not for; `invalid-arguments`.
    pub async fn issue(&self, caller: &Caller, new: NewKey) -> Result<IssuedKey, Fault> {
        self.needs(caller, Right::Operate)?;
        if !caller.role.may_give(new.role) {
            let message = format!("An {} cannot make a key for an {}.", caller.role, new.role);
            return Err(self.refused(caller, Fault::new(Code::Forbidden, message)));
        }
        if !caller.is_for_all(&new.tools) {
            let message = "A key for some tools cannot make one that is for others.";
            let hint = format!("Name tools of these only: {}.", caller.tools.join(", "));
            let fault = Fault::new(Code::Forbidden, message).with_hint(hint);
            return Err(self.refused(caller, fault));
        }
        let (issued, secret) = IssuedKey::new(random::name()?)?;
        let key = record(caller.tenant.clone(), new, secret)?;
        self.keys.put(&issued.id, Expect::Absent, &key).await?;
        self.note_key(caller, KeyChange::Made, &issued.id, key.role);
        Ok(issued)
    }

    /// The first key of a service that has none for its administrator; nothing when there is one.
    ///
    /// # Errors
    /// The store's.
    pub async fn first_key(&self) -> Result<Option<IssuedKey>, Fault> {
        let has_admin = |(_, kept): &(String, Kept<ApiKey>)| kept.value.role == Role::Admin;
        if self.keys.below("").iter().any(has_admin) {
            return Ok(None);
        }
        let caller = Caller::operator_of(TenantId::local());
        let new = NewKey {
            name: "made at the first start".into(),
            role: Role::Admin,
            tools: Vec::new(),
            lasts: None,
        };
        self.issue(&caller, new).await.map(Some)
    }

    /// Ends a key. It opens nothing any more when this returns, elsewhere within a second.
    ///
    /// # Errors
    /// `forbidden`, `not-found`.
    pub async fn revoke(&self, caller: &Caller, id: &str) -> Result<(), Fault> {
        let kept = self.key(caller, id)?;
        self.keys.remove(id, Expect::Rev(kept.rev)).await?;
        self.note_key(caller, KeyChange::Revoked, id, kept.value.role);
        Ok(())
    }

    /// Gives a key a new secret; the one it had opens for `overlap` longer.
    ///
    /// # Errors
    /// `forbidden`, `not-found`.
    pub async fn rotate(
        &self,
        caller: &Caller,
        id: &str,
        overlap: Duration,
    ) -> Result<IssuedKey, Fault> {
        let kept = self.key(caller, id)?;
        let (issued, secret) = IssuedKey::new(id.to_owned())?;
        let former = Former {
            secret: kept.value.secret,
            until: now().saturating_add(millis(overlap)),
        };
        let changed = ApiKey {
            secret,
            former: Some(former),
            ..(*kept.value).clone()
        };
        self.keys.put(id, Expect::Rev(kept.rev), &changed).await?;
        self.note_key(caller, KeyChange::Rotated, id, changed.role);
        Ok(issued)
    }

    fn needs(&self, caller: &Caller, right: Right) -> Result<(), Fault> {
        noting::needs(&*self.audit, caller, right)
    }

    fn refused(&self, caller: &Caller, fault: Fault) -> Fault {
        noting::refused(&*self.audit, caller, Right::Operate, &fault);
        fault
    }

    /// It is the tenant's record, whoever did it.
    fn note_tenant(&self, caller: &Caller, id: &TenantId, change: TenantChange) {
        let event = Event::by(caller, What::Tenant { change });
        let tenant = Some(id);
        self.audit.note(&Event { tenant, ..event });
    }

    fn note_key(&self, caller: &Caller, change: KeyChange, key: &str, role: Role) {
        let what = What::Key { change, key, role };
        self.audit.note(&Event::by(caller, what));
    }

    /// Another tenant's key is not there; a mightier one is not theirs to change.
    fn key(&self, caller: &Caller, id: &str) -> Result<Kept<ApiKey>, Fault> {
        self.needs(caller, Right::Operate)?;
        let found = self.keys.get(id);
        let theirs = found.filter(|kept| {
            kept.value.tenant == caller.tenant
                && caller.role.may_give(kept.value.role)
                && caller.is_for_all(&kept.value.tools)
        });
        theirs.ok_or_else(|| Fault::new(Code::NotFound, format!("There is no key `{id}`.")))
    }
}

fn caller(id: &str, key: &ApiKey) -> Result<Caller, Fault> {
    let principal: Result<PrincipalId, _> = format!("key/{id}").parse();
    Ok(Caller {
        tenant: key.tenant.clone(),
        principal: principal.map_err(|_| refused())?,
        role: key.role,
        tools: key.tools.clone().into(),
        request: None,
    })
}

fn record(tenant: TenantId, new: NewKey, secret: metier_core::Digest) -> Result<ApiKey, Fault> {
    no_longer(&new.name)?;
    if new.tools.len() > MAX_TOOLS {
        let message = format!("A key names at most {MAX_TOOLS} tools.");
        return Err(Fault::new(Code::InvalidArguments, message));
    }
    for tool in &new.tools {
        no_longer(tool)?;
    }
    let created = now();
    Ok(ApiKey {
        tenant,
        name: new.name,
        role: new.role,
        tools: new.tools,
        secret,
        former: None,
        created,
        expires: new.lasts.map(|lasts| created.saturating_add(millis(lasts))),
    })
}

fn no_longer(name: &str) -> Result<(), Fault> {
    match name.len() <= MAX_NAME && !name.chars().any(char::is_control) {
        true => Ok(()),
        false => Err(Fault::new(
            Code::InvalidArguments,
            format!("A name has at most {MAX_NAME} bytes and no control characters."),
        )),
    }
}

/// Milliseconds since 1970.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, millis)
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
