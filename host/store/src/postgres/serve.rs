//! The traits, each method one call of the module that does it: checks first, then one statement.

use std::time::Duration;

use async_trait::async_trait;
use metier_core::ids::{Digest, TenantId};

use super::{
    PostgresStore, append, catalog, create, error::column, leases, ledger, memory, query, settings,
};
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
impl Journal for PostgresStore {
    async fn create(&self, run: &NewRun) -> Result<Head> {
        rules::check_run(run)?;
        create::create(self, run).await
    }

    async fn append(&self, lease: &Lease, expect: &Head, batch: &Batch) -> Result<Head> {
        rules::check_batch(batch)?;
        append::append(self, lease, expect, batch).await
    }

    async fn read(&self, run: &RunId, from: Seq, max: usize) -> Result<Vec<Event>> {
        append::read(self, *run, from, max.min(MAX_PAGE)).await
    }
}

#[async_trait]
impl Leases for PostgresStore {
    async fn claim(
        &self,
        host: &HostId,
        serve: &[(PoolId, Duration)],
        max: usize,
        ttl: Duration,
    ) -> Result<Vec<Claim>> {
        leases::claim(self, host, serve, max.min(MAX_LEASES), ttl).await
    }

    async fn renew(&self, host: &HostId, leases: &[Lease], ttl: Duration) -> Result<Vec<RunId>> {
        rules::at_most("leases renewed at once", leases.len(), MAX_LEASES)?;
        leases::renew(self, host, leases, ttl).await
    }

    async fn release(&self, lease: &Lease) -> Result<()> {
        leases::release(self, lease).await
    }

    async fn signal(&self, run: &RunId, key: &SignalKey, body: &[u8]) -> Result<bool> {
        rules::at_most("bytes of a signal", body.len(), MAX_SIGNAL_BYTES)?;
        leases::signal(self, *run, key, body).await
    }

    async fn inbox(&self, run: &RunId) -> Result<Vec<Signal>> {
        leases::inbox(self, *run).await
    }

    async fn now(&self) -> Result<Time> {
        let rows = self.client.read("SELECT {now}", &[]).await?;
        let now = rows.first().map(|row| column(row, 0)).transpose()?;
        Ok(Time(now.unwrap_or_default()))
    }
}

#[async_trait]
impl Ledger for PostgresStore {
    async fn post(&self, tenant: &TenantId, key: &Key, line: &LedgerLine) -> Result<bool> {
        rules::check_line(line)?;
        ledger::post(self, tenant.as_str(), key, line).await
    }

    async fn total(&self, tenant: &TenantId) -> Result<NanoDollars> {
        ledger::total(self, tenant.as_str()).await
    }

    async fn set_cap(
        &self,
        tenant: &TenantId,
        account: &AccountName,
        cap: Option<NanoDollars>,
    ) -> Result<()> {
        rules::not_negative(cap.map_or(0, |cap| cap.0))?;
        ledger::set_cap(self, tenant.as_str(), account, cap).await
    }

    async fn budget(&self, tenant: &TenantId, account: &AccountName) -> Result<Budget> {
        ledger::budget(self, tenant.as_str(), account).await
    }
}

#[async_trait]
impl Catalog for PostgresStore {
    async fn get(&self, kind: &Kind, key: &Key) -> Result<Option<Entry>> {
        catalog::get(self, kind, key).await
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
        catalog::put(self, kind, key, expect, value, ttl).await
    }

    async fn changes(&self, kind: &Kind, since: Rev, max: usize) -> Result<Vec<Entry>> {
        catalog::changes(self, kind, since, max.min(MAX_PAGE)).await
    }
}

#[async_trait]
impl Blobs for PostgresStore {
    async fn put_blob(&self, digest: &Digest, bytes: &[u8]) -> Result<()> {
        memory::put_blob(self, digest, bytes).await
    }

    async fn get_blob(&self, digest: &Digest) -> Result<Option<Vec<u8>>> {
        memory::get_blob(self, digest).await
    }
}

#[async_trait]
impl Query for PostgresStore {
    async fn runs(&self, filter: &RunFilter, page: Page) -> Result<Vec<RunRow>> {
        query::runs(
            self,
            filter,
            Page {
                max: page.max.min(MAX_PAGE),
                ..page
            },
        )
        .await
    }

    async fn run(&self, run: &RunId) -> Result<Option<RunRow>> {
        query::run(self, *run).await
    }

    async fn usage(&self, filter: &UsageFilter) -> Result<Vec<Usage>> {
        ledger::usage(self, filter).await
    }

    async fn spending(&self, filter: &UsageFilter, every: Duration) -> Result<Vec<Spending>> {
        ledger::spending(self, filter, every).await
    }

    async fn audit(&self, run: &RunId, after: Seq, max: usize) -> Result<Vec<AuditEntry>> {
        query::audit(self, *run, after, max.min(MAX_PAGE)).await
    }
}

#[async_trait]
impl Memory for PostgresStore {
    async fn save(&self, tenant: &TenantId, scope: &Key, memo: &Memo) -> Result<()> {
        rules::check_memo(memo)?;
        memory::save(self, tenant.as_str(), scope, memo).await
    }

    async fn search(
        &self,
        tenant: &TenantId,
        scope: &Key,
        query: &str,
        max: usize,
    ) -> Result<Vec<Memo>> {
        memory::search(self, tenant.as_str(), scope, query, max.min(MAX_PAGE)).await
    }

    async fn forget(&self, tenant: &TenantId, scope: &Key, id: &Key) -> Result<bool> {
        memory::forget(self, tenant.as_str(), scope, id).await
    }
}

impl WakeHint for PostgresStore {
    fn hints(&self) -> Hints {
        Hints(self.hinting.heard.subscribe())
    }
}

#[async_trait]
impl Health for PostgresStore {
    async fn check(&self, _thorough: bool) -> Result<()> {
        settings::check(&self.client).await
    }
}
