//! The traits, each method one call of the module that does it: checks first, then the writer or a reader.

use std::time::Duration;

use async_trait::async_trait;
use metier_core::ids::{Digest, TenantId};

use super::{SqliteStore, append, budget, catalog, create, leases, ledger, memory, query, schema};
use crate::{
    limits::{MAX_LEASES, MAX_PAGE, MAX_SIGNAL_BYTES},
    rules,
    traits::{
        Blobs, Catalog, Health, Hints, Journal, Leases, Ledger, Memory, Query, Result, WakeHint,
    },
    types::{
        AccountName, AuditEntry, Batch, Budget, Claim, Entry, Event, Expect, Head, HostId, Key,
        Kind, Lease, LedgerLine, Memo, NanoDollars, NewRun, Page, PoolId, Rev, RunFilter, RunId,
        RunRow, Seq, Signal, SignalKey, Spending, Time, Usage, UsageFilter,
    },
};

#[async_trait]
impl Journal for SqliteStore {
    async fn create(&self, run: &NewRun) -> Result<Head> {
        rules::check_run(run)?;
        let run = run.clone();
        self.write(move |tx| create::create(tx, &run)).await
    }

    async fn append(&self, lease: &Lease, expect: &Head, batch: &Batch) -> Result<Head> {
        rules::check_batch(batch)?;
        let (lease, expect, batch) = (*lease, *expect, batch.clone());
        self.write(move |tx| append::append(tx, &lease, &expect, &batch))
            .await
    }

    async fn read(&self, run: &RunId, from: Seq, max: usize) -> Result<Vec<Event>> {
        let run = *run;
        self.read(move |conn| append::read(conn, run, from, max.min(MAX_PAGE)))
            .await
    }
}

#[async_trait]
impl Leases for SqliteStore {
    async fn claim(
        &self,
        host: &HostId,
        serve: &[(PoolId, Duration)],
        max: usize,
        ttl: Duration,
    ) -> Result<Vec<Claim>> {
        let (host, serve, max) = (host.clone(), serve.to_vec(), max.min(MAX_LEASES));
        if self.readers.is_some() {
            let (serve, now) = (serve.clone(), self.clock.now());
            if !self
                .read(move |conn| leases::is_due(conn, &serve, now))
                .await?
            {
                return Ok(Vec::new());
            }
        }
        self.write(move |tx| leases::claim(tx, &host, &serve, max, ttl))
            .await
    }

    async fn renew(&self, host: &HostId, leases: &[Lease], ttl: Duration) -> Result<Vec<RunId>> {
        rules::at_most("leases renewed at once", leases.len(), MAX_LEASES)?;
        let (host, leases) = (host.clone(), leases.to_vec());
        self.write(move |tx| leases::renew(tx, &host, &leases, ttl))
            .await
    }

    async fn release(&self, lease: &Lease) -> Result<()> {
        let lease = *lease;
        self.write(move |tx| leases::release(tx, &lease)).await
    }

    async fn signal(&self, run: &RunId, key: &SignalKey, body: &[u8]) -> Result<bool> {
        rules::at_most("bytes of a signal", body.len(), MAX_SIGNAL_BYTES)?;
        let (run, key, body) = (*run, key.clone(), body.to_vec());
        self.write(move |tx| leases::signal(tx, run, &key, &body))
            .await
    }

    async fn inbox(&self, run: &RunId) -> Result<Vec<Signal>> {
        let run = *run;
        self.read(move |conn| leases::inbox(conn, run)).await
    }

    async fn now(&self) -> Result<Time> {
        Ok(self.clock.now())
    }
}

#[async_trait]
impl Ledger for SqliteStore {
    async fn post(&self, tenant: &TenantId, key: &Key, line: &LedgerLine) -> Result<bool> {
        rules::check_line(line)?;
        let (tenant, key, line) = (tenant.clone(), key.clone(), line.clone());
        self.write(move |tx| ledger::post(tx, tenant.as_str(), &key, &line))
            .await
    }

    async fn total(&self, tenant: &TenantId) -> Result<NanoDollars> {
        let tenant = tenant.clone();
        self.read(move |conn| ledger::total(conn, tenant.as_str()))
            .await
    }

    async fn set_cap(
        &self,
        tenant: &TenantId,
        account: &AccountName,
        cap: Option<NanoDollars>,
    ) -> Result<()> {
        rules::not_negative(cap.map_or(0, |cap| cap.0))?;
        let (tenant, account) = (tenant.clone(), account.clone());
        self.write(move |tx| budget::set_cap(tx.conn, tenant.as_str(), &account, cap))
            .await
    }

    async fn budget(&self, tenant: &TenantId, account: &AccountName) -> Result<Budget> {
        let (tenant, account) = (tenant.clone(), account.clone());
        self.read(move |conn| budget::budget(conn, tenant.as_str(), &account))
            .await
    }
}

#[async_trait]
impl Catalog for SqliteStore {
    async fn get(&self, kind: &Kind, key: &Key) -> Result<Option<Entry>> {
        let (kind, key, now) = (kind.clone(), key.clone(), self.clock.now());
        self.read(move |conn| catalog::get(conn, &kind, &key, now))
            .await
    }

    async fn put(
        &self,
        kind: &Kind,
        key: &Key,
        expect: Expect,
        value: Option<&[u8]>,
        ttl: Option<Duration>,
    ) -> Result<Rev> {
        rules::check_value(value)?;
        let (kind, key, value) = (kind.clone(), key.clone(), value.map(<[u8]>::to_vec));
        self.write(move |tx| catalog::put(tx, &kind, &key, expect, value.as_deref(), ttl))
            .await
    }

    async fn changes(&self, kind: &Kind, since: Rev, max: usize) -> Result<Vec<Entry>> {
        let (looked, now) = (kind.clone(), self.clock.now());
        if self
            .read(move |conn| catalog::has_expired(conn, &looked, now))
            .await?
        {
            let kind = kind.clone();
            self.write(move |tx| catalog::bury(tx, &kind)).await?;
        }
        let kind = kind.clone();
        self.read(move |conn| catalog::changes(conn, &kind, since, max.min(MAX_PAGE)))
            .await
    }
}

#[async_trait]
impl Blobs for SqliteStore {
    async fn put_blob(&self, digest: &Digest, bytes: &[u8]) -> Result<()> {
        self.blobs.put(digest, bytes).await
    }

    async fn get_blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>> {
        self.blobs.get(digest).await
    }
}

#[async_trait]
impl Query for SqliteStore {
    async fn runs(&self, filter: &RunFilter, page: Page) -> Result<Vec<RunRow>> {
        let (filter, page) = (
            filter.clone(),
            Page {
                max: page.max.min(MAX_PAGE),
                ..page
            },
        );
        self.read(move |conn| query::runs(conn, &filter, page))
            .await
    }

    async fn run(&self, run: &RunId) -> Result<Option<RunRow>> {
        let run = *run;
        self.read(move |conn| query::run(conn, run)).await
    }

    async fn usage(&self, filter: &UsageFilter) -> Result<Vec<Usage>> {
        let filter = filter.clone();
        self.read(move |conn| ledger::usage(conn, &filter)).await
    }

    async fn spending(&self, filter: &UsageFilter, every: Duration) -> Result<Vec<Spending>> {
        let filter = filter.clone();
        self.read(move |conn| ledger::spending(conn, &filter, every))
            .await
    }

    async fn audit(&self, run: &RunId, after: Seq, max: usize) -> Result<Vec<AuditEntry>> {
        let run = *run;
        self.read(move |conn| query::audit(conn, run, after, max.min(MAX_PAGE)))
            .await
    }
}

#[async_trait]
impl Memory for SqliteStore {
    async fn save(&self, tenant: &TenantId, scope: &Key, memo: &Memo) -> Result<()> {
        rules::check_memo(memo)?;
        let (tenant, scope, memo) = (tenant.clone(), scope.clone(), memo.clone());
        self.write(move |tx| memory::save(tx, tenant.as_str(), &scope, &memo))
            .await
    }

    async fn search(
        &self,
        tenant: &TenantId,
        scope: &Key,
        query: &str,
        max: usize,
    ) -> Result<Vec<Memo>> {
        let (tenant, scope, query) = (tenant.clone(), scope.clone(), query.to_owned());
        self.read(move |conn| {
            memory::search(conn, tenant.as_str(), &scope, &query, max.min(MAX_PAGE))
        })
        .await
    }

    async fn forget(&self, tenant: &TenantId, scope: &Key, id: &Key) -> Result<bool> {
        let (tenant, scope, id) = (tenant.clone(), scope.clone(), id.clone());
        self.write(move |tx| memory::forget(tx, tenant.as_str(), &scope, &id))
            .await
    }
}

impl WakeHint for SqliteStore {
    fn hints(&self) -> Hints {
        Hints(self.writer.hints.subscribe())
    }
}

#[async_trait]
impl Health for SqliteStore {
    async fn check(&self, thorough: bool) -> Result<()> {
        let path = self.path.clone();
        self.read(move |conn| schema::check(conn, path.as_deref(), thorough))
            .await
    }
}
