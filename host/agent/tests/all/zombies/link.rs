//! One host's way to the store, and to the world: it can be held up for as long as somebody wants.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use metier_core::{Digest, TenantId};
use metier_store::{
    Blobs, Catalog, Health, Hints, Journal, Leases, Ledger, Memory, Query, Result, Store, WakeHint,
    types::*,
};
use tokio::time::Instant;

use super::sea::Sea;

/// A host's way to everything outside.
#[derive(Clone)]
pub struct Link {
    pub name: String,
    pub sea: Arc<Sea>,
    stopped: Arc<Mutex<Option<Instant>>>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

impl Link {
    pub fn of(name: &str, sea: &Arc<Sea>) -> Link {
        Link {
            name: name.to_owned(),
            sea: sea.clone(),
            stopped: Arc::default(),
        }
    }

    /// The whole host stands still for a while and knows nothing of it.
    pub fn stop(&self, wait: Duration) {
        *self.stopped.lock().unwrap() = Some(Instant::now() + wait);
    }

    /// Goes on when the host does.
    pub async fn pass(&self) {
        loop {
            let until = *self.stopped.lock().unwrap();
            match until.filter(|until| *until > Instant::now()) {
                Some(until) => tokio::time::sleep_until(until).await,
                None => return,
            }
        }
    }

    fn store(&self) -> &dyn Store {
        &*self.sea.store
    }
}

#[async_trait]
impl Journal for Link {
    async fn create(&self, run: &NewRun) -> Result<Head> {
        self.sea.at_once(self.store().create(run))
    }

    async fn append(&self, lease: &Lease, expect: &Head, batch: &Batch) -> Result<Head> {
        self.pass().await;
        let (host, lease, expect, batch) = (self.name.clone(), *lease, *expect, batch.clone());
        let done = self.sea.send(move |sea| {
            Box::pin(async move {
                let done = sea.store.append(&lease, &expect, &batch).await;
                sea.appended(&host, &lease, &batch, &done);
                done
            })
        });
        let done = done.await;
        self.pass().await;
        done
    }

    async fn read(&self, run: &RunId, from: Seq, max: usize) -> Result<Vec<Event>> {
        self.pass().await;
        self.sea.at_once(self.store().read(run, from, max))
    }
}

#[async_trait]
impl Leases for Link {
    async fn claim(
        &self,
        host: &HostId,
        serve: &[(PoolId, Duration)],
        max: usize,
        ttl: Duration,
    ) -> Result<Vec<Claim>> {
        self.pass().await;
        let (host, serve) = (host.clone(), serve.to_vec());
        let claims = self.sea.send(move |sea| {
            Box::pin(async move {
                let claims = sea.store.claim(&host, &serve, max, ttl).await?;
                sea.claimed(host.as_str(), &claims, ttl);
                Ok(claims)
            })
        });
        let claims = claims.await;
        self.pass().await;
        claims
    }

    async fn renew(&self, host: &HostId, leases: &[Lease], ttl: Duration) -> Result<Vec<RunId>> {
        self.pass().await;
        let (host, leases) = (host.clone(), leases.to_vec());
        let held = self.sea.send(move |sea| {
            Box::pin(async move {
                let now = sea.store.now().await?;
                let held = sea.store.renew(&host, &leases, ttl).await?;
                sea.renewed(&leases, &held, now.after(ttl));
                Ok(held)
            })
        });
        let held = held.await;
        self.pass().await;
        held
    }

    async fn release(&self, lease: &Lease) -> Result<()> {
        self.pass().await;
        let lease = *lease;
        self.sea
            .send(move |sea| {
                Box::pin(async move {
                    sea.store.release(&lease).await?;
                    sea.released(&lease);
                    Ok(())
                })
            })
            .await
    }

    async fn signal(&self, run: &RunId, key: &SignalKey, body: &[u8]) -> Result<bool> {
        self.sea.at_once(self.store().signal(run, key, body))
    }

    async fn inbox(&self, run: &RunId) -> Result<Vec<Signal>> {
        self.pass().await;
        self.sea.at_once(self.store().inbox(run))
    }

    async fn now(&self) -> Result<Time> {
        self.sea.at_once(self.store().now())
    }
}

#[async_trait]
impl Ledger for Link {
    async fn post(&self, tenant: &TenantId, key: &Key, line: &LedgerLine) -> Result<bool> {
        self.sea.at_once(self.store().post(tenant, key, line))
    }

    async fn total(&self, tenant: &TenantId) -> Result<NanoDollars> {
        self.sea.at_once(self.store().total(tenant))
    }

    async fn set_cap(
        &self,
        tenant: &TenantId,
        account: &AccountName,
        cap: Option<NanoDollars>,
    ) -> Result<()> {
        self.sea.at_once(self.store().set_cap(tenant, account, cap))
    }

    async fn budget(&self, tenant: &TenantId, account: &AccountName) -> Result<Budget> {
        self.sea.at_once(self.store().budget(tenant, account))
    }
}

#[async_trait]
impl Catalog for Link {
    async fn get(&self, kind: &Kind, key: &Key) -> Result<Option<Entry>> {
        self.pass().await;
        self.sea.at_once(self.store().get(kind, key))
    }

    async fn put(
        &self,
        kind: &Kind,
        key: &Key,
        expect: Expect,
        value: Option<&[u8]>,
        ttl: Option<Duration>,
    ) -> Result<Rev> {
        self.pass().await;
        self.sea
            .at_once(self.store().put(kind, key, expect, value, ttl))
    }

    async fn changes(&self, kind: &Kind, since: Rev, max: usize) -> Result<Vec<Entry>> {
        self.sea.at_once(self.store().changes(kind, since, max))
    }
}

#[async_trait]
impl Blobs for Link {
    async fn put_blob(&self, digest: &Digest, bytes: &[u8]) -> Result<()> {
        self.pass().await;
        self.sea.at_once(self.store().put_blob(digest, bytes))
    }

    async fn get_blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>> {
        self.pass().await;
        self.sea.at_once(self.store().get_blob(digest))
    }
}

#[async_trait]
impl Query for Link {
    async fn runs(&self, filter: &RunFilter, page: Page) -> Result<Vec<RunRow>> {
        self.sea.at_once(self.store().runs(filter, page))
    }

    async fn run(&self, run: &RunId) -> Result<Option<RunRow>> {
        self.sea.at_once(self.store().run(run))
    }

    async fn usage(&self, filter: &UsageFilter) -> Result<Vec<Usage>> {
        self.sea.at_once(self.store().usage(filter))
    }

    async fn spending(&self, filter: &UsageFilter, every: Duration) -> Result<Vec<Spending>> {
        self.sea.at_once(self.store().spending(filter, every))
    }

    async fn audit(&self, run: &RunId, after: Seq, max: usize) -> Result<Vec<AuditEntry>> {
        self.sea.at_once(self.store().audit(run, after, max))
    }
}

#[async_trait]
impl Memory for Link {
    async fn save(&self, tenant: &TenantId, scope: &Key, memo: &Memo) -> Result<()> {
        self.sea.at_once(self.store().save(tenant, scope, memo))
    }

    async fn search(
        &self,
        tenant: &TenantId,
        scope: &Key,
        query: &str,
        max: usize,
    ) -> Result<Vec<Memo>> {
        self.sea
            .at_once(self.store().search(tenant, scope, query, max))
    }

    async fn forget(&self, tenant: &TenantId, scope: &Key, id: &Key) -> Result<bool> {
        self.sea.at_once(self.store().forget(tenant, scope, id))
    }
}

/// Hints may be lost, and here they all are: they come from the store's own thread, whenever that has time.
impl WakeHint for Link {
    fn hints(&self) -> Hints {
        super::SILENT.hints()
    }
}

#[async_trait]
impl Health for Link {
    async fn check(&self, thorough: bool) -> Result<()> {
        self.sea.at_once(self.store().check(thorough))
    }
}
