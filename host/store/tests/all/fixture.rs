//! A store of each engine, and short ways to say what the checks need.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use metier_core::ids::{Digest, TenantId};
use metier_store::{
    HeldClock, Store,
    sqlite::{Options, SqliteStore},
    types::*,
};
use tempfile::TempDir;

use crate::cluster::{Cluster, SHARED};

/// How long a lease lasts where nothing is said of it.
pub const TTL: Duration = Duration::from_secs(60);

/// A store of its own for one check.
pub struct Fixture {
    pub store: Arc<dyn Store>,
    engine: Engine,
    next: AtomicU64,
}

enum Engine {
    Sqlite {
        clock: Arc<HeldClock>,
        _dir: TempDir,
        path: PathBuf,
    },
    Memory {
        clock: Arc<HeldClock>,
    },
    Postgres {
        schema: String,
    },
    /// The check brought its own.
    Other,
}

fn clock() -> Arc<HeldClock> {
    Arc::new(HeldClock::at(Time(1_000_000_000)))
}

impl Fixture {
    pub fn sqlite() -> Self {
        let (clock, dir) = (clock(), tempfile::tempdir().unwrap());
        let path = dir.path().join("runs.db");
        let options = Options {
            clock: clock.clone(),
            max_pages: None,
        };
        let store = Arc::new(SqliteStore::open(&path, options).unwrap());
        Fixture {
            store,
            engine: Engine::Sqlite {
                clock,
                _dir: dir,
                path,
            },
            next: AtomicU64::new(1),
        }
    }

    pub fn memory() -> Self {
        let clock = clock();
        let options = Options {
            clock: clock.clone(),
            max_pages: None,
        };
        let store = Arc::new(SqliteStore::in_memory(options).unwrap());
        Fixture {
            store,
            engine: Engine::Memory { clock },
            next: AtomicU64::new(1),
        }
    }

    pub async fn postgres() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let schema = format!("check_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        sql(&format!("CREATE SCHEMA {schema}")).await;
        let url = SHARED.url(&schema).parse().unwrap();
        let store = metier_store::open(&url).await.unwrap();
        let engine = Engine::Postgres { schema };
        Fixture {
            store,
            engine,
            next: AtomicU64::new(1),
        }
    }

    /// The short ways, over a store that a check made itself.
    pub fn over(store: Arc<dyn Store>) -> Self {
        Fixture {
            store,
            engine: Engine::Other,
            next: AtomicU64::new(1),
        }
    }

    /// A while that is over soon, and not before a busy server has answered a few times.
    pub fn short(&self) -> Duration {
        match &self.engine {
            Engine::Postgres { .. } | Engine::Other => Duration::from_secs(3),
            Engine::Sqlite { .. } | Engine::Memory { .. } => Duration::from_millis(60),
        }
    }

    /// Lets time pass on the store's clock.
    pub async fn pass(&self, span: Duration) {
        match &self.engine {
            Engine::Sqlite { clock, .. } | Engine::Memory { clock } => clock.advance(span),
            Engine::Postgres { .. } | Engine::Other => tokio::time::sleep(span).await,
        }
    }

    /// Changes rows behind the store's back; `false` where nobody can.
    pub async fn damage(&self, change: &str) -> bool {
        match &self.engine {
            Engine::Postgres { schema } => {
                sql(&format!("SET search_path = {schema}; {change}")).await;
                true
            }
            Engine::Sqlite { path, .. } => {
                rusqlite::Connection::open(path)
                    .unwrap()
                    .execute_batch(change)
                    .unwrap();
                true
            }
            Engine::Memory { .. } | Engine::Other => false,
        }
    }

    /// Changes a blob behind the store's back; `false` where nobody can.
    pub async fn damage_blob(&self, digest: &Digest) -> bool {
        match &self.engine {
            Engine::Postgres { .. } => self.damage("UPDATE blobs SET bytes = 'damaged'").await,
            Engine::Sqlite { path, .. } => {
                let hex = digest.to_hex();
                let folder = path.with_file_name("runs.db.blobs").join(&hex[..2]);
                std::fs::write(folder.join(&hex[2..]), b"damaged").unwrap();
                true
            }
            Engine::Memory { .. } | Engine::Other => false,
        }
    }

    fn number(&self) -> u128 {
        self.next.fetch_add(1, Ordering::Relaxed).into()
    }

    /// The next operation id.
    pub fn op(&self) -> OpId {
        OpId::new(self.number())
    }

    /// A run of tenant `local` in pool `default`, due at once, with one event.
    pub fn new_run(&self) -> NewRun {
        NewRun {
            run: RunId::new(self.number()),
            tenant: TenantId::local(),
            pool: pool("default"),
            labels: Labels::new(),
            events: vec![event("started", "{}")],
            caps: vec![],
            due: Due::Now,
        }
    }

    /// Makes and claims a run.
    pub async fn claimed(&self) -> Claim {
        self.claimed_of(&self.new_run()).await
    }

    /// Makes this run and claims it.
    pub async fn claimed_of(&self, run: &NewRun) -> Claim {
        self.store.create(run).await.unwrap();
        let claims = self.claim("ada").await;
        claims
            .into_iter()
            .find(|claim| claim.lease.run == run.run)
            .expect("it is due")
    }

    /// Claims what is due in `default`, for [`TTL`].
    pub async fn claim(&self, name: &str) -> Vec<Claim> {
        let serve = [(pool("default"), Duration::ZERO)];
        self.store
            .claim(&host(name), &serve, 1_000, TTL)
            .await
            .unwrap()
    }

    /// A batch of one event.
    pub fn batch(&self) -> Batch {
        Batch::of(self.op(), vec![event("step", "{\"n\":1}")])
    }

    /// A batch of one event after which the run is parked.
    pub fn parking(&self, due: Due) -> Batch {
        Batch {
            next: Next::Park { due },
            ..self.batch()
        }
    }

    /// A batch of one event that ends the run.
    pub fn ending(&self) -> Batch {
        Batch {
            next: Next::Done {
                outcome: "succeeded".parse().unwrap(),
            },
            ..self.batch()
        }
    }

    /// How an account of tenant `local` stands: cap, settled, reserved.
    pub async fn budget(&self, account: &str) -> (Option<i64>, i64, i64) {
        let budget = self
            .store
            .budget(&TenantId::local(), &name(account))
            .await
            .unwrap();
        (
            budget.cap.map(|cap| cap.0),
            budget.settled.0,
            budget.reserved.0,
        )
    }

    pub async fn set_cap(&self, account: &str, cap: Option<i64>) {
        self.store
            .set_cap(&TenantId::local(), &name(account), cap.map(NanoDollars))
            .await
            .unwrap();
    }
}

/// Runs statements on the shared server.
pub async fn sql(statements: &str) {
    on(&SHARED, statements).await;
}

/// Runs statements on a server, one by one.
pub async fn on(cluster: &Cluster, statements: &str) {
    let (client, connection) = tokio_postgres::connect(&cluster.plain_url(), tokio_postgres::NoTls)
        .await
        .unwrap();
    let running = tokio::spawn(connection);
    for statement in statements.split("; ") {
        client.batch_execute(statement).await.unwrap();
    }
    drop(client);
    running.await.unwrap().unwrap();
}

pub fn event(kind: &str, body: &str) -> NewEvent {
    NewEvent {
        kind: kind.parse().unwrap(),
        body: body.into(),
    }
}

pub fn pool(text: &str) -> PoolId {
    text.parse().unwrap()
}

pub fn host(text: &str) -> HostId {
    text.parse().unwrap()
}

pub fn name(text: &str) -> AccountName {
    text.parse().unwrap()
}

pub fn key(text: &str) -> Key {
    text.parse().unwrap()
}

pub fn kind(text: &str) -> Kind {
    text.parse().unwrap()
}

pub fn signal(text: &str) -> SignalKey {
    text.parse().unwrap()
}

pub fn tenant(text: &str) -> TenantId {
    text.parse().unwrap()
}
