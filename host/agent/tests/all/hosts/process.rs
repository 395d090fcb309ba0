//! A host as a process, and the file that is its world.

use std::{
    fs,
    hash::{BuildHasher, RandomState},
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use futures::future::BoxFuture;
use metier_agent::{
    driver::{Parts, Runs, Shift, ToolCall, ToolEnd, Tools, Watch},
    journal::{Entry, Millis, Seq},
    models::{Answer, Delta, Model, ModelFailure, Question, Sink},
};
use metier_core::{Artifact, Code, Fault, TenantId};
use metier_store::types::RunId;
use serde_json::json;
use tokio::time::sleep;

use super::{LEASE, path_of};
use crate::world::answer;

/// How long a tool or a model takes.
const TAKES: Duration = Duration::from_millis(400);

const STORE: &str = "METIER_HOSTS_STORE";
const WORLD: &str = "METIER_HOSTS_WORLD";
const NAME: &str = "METIER_HOSTS_NAME";

/// Not a test of its own: the host that the test starts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a host of the test beside it"]
async fn host_process() {
    let [Ok(url), Ok(world), Ok(name)] = [STORE, WORLD, NAME].map(std::env::var) else {
        return;
    };
    let store = loop {
        match metier_store::open(&url.parse().unwrap()).await {
            Ok(store) => break store,
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    };
    let outside = Outside::in_file(Path::new(&world));
    let runs = Runs::new(Parts {
        store,
        tools: outside.clone(),
        models: outside.clone(),
        watch: outside,
        clock: Arc::new(now),
        ids: Arc::new(number),
    });
    let mut shift = Shift::of(name.parse().unwrap(), "pool".parse().unwrap());
    shift.at_once = 120;
    shift.lease = LEASE;
    runs.work(shift, std::future::pending()).await.unwrap();
}

pub(super) fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Millis(u64::try_from(since.as_millis()).unwrap())
}

/// A number no other process has.
pub(super) fn number() -> u128 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let half = || u128::from(RandomState::new().hash_one(NEXT.fetch_add(1, SeqCst)));
    half() << 64 | half()
}

/// What was done to the world, line by line: `did KEY WHAT` and `told RUN SEQ`.
pub(super) struct Outside(Mutex<fs::File>);

impl Outside {
    pub(super) fn in_file(path: &Path) -> Arc<Outside> {
        let file = fs::OpenOptions::new().append(true).create(true).open(path);
        Arc::new(Outside(Mutex::new(file.unwrap())))
    }

    fn line(&self, line: &str) {
        let mut file = self.0.lock().unwrap();
        file.write_all(line.as_bytes()).unwrap();
    }
}

#[async_trait]
impl Tools for Outside {
    async fn call(&self, call: ToolCall) -> ToolEnd {
        sleep(TAKES / 2).await;
        let (key, tool, arguments) = (call.idempotency_key, call.tool.tool, call.arguments);
        self.line(&format!("did {key} {tool} {arguments}\n"));
        sleep(TAKES / 2).await;
        ToolEnd {
            result: Ok(json!({ "done": key }).to_string()),
            artifacts: Vec::new(),
            price: metier_core::NanoDollars::default(),
        }
    }

    async fn keep(&self, _: &TenantId, _: &str, _: &str, _: Vec<u8>) -> Result<Artifact, Fault> {
        Err(Fault::new(
            Code::StorageUnavailable,
            "Nothing is kept here.",
        ))
    }
}

impl Model for Outside {
    fn ask<'a>(
        &'a self,
        question: &'a Question,
        _: &'a dyn Sink,
    ) -> BoxFuture<'a, Result<Answer, ModelFailure>> {
        Box::pin(async move {
            sleep(TAKES).await;
            Ok(answer(&question.step))
        })
    }
}

impl Watch for Outside {
    fn event(&self, run: RunId, seq: Seq, _: &Entry) {
        self.line(&format!("told {run} {seq}\n"));
    }

    fn delta(&self, _: RunId, _: Seq, _: Delta) {}
}

/// The hosts of one test; they end with it.
pub(super) struct Hosts {
    url: String,
    dir: PathBuf,
    running: Vec<(String, Child)>,
    started: usize,
}

impl Hosts {
    pub(super) fn new(url: &str, dir: &Path) -> Hosts {
        Hosts {
            url: url.to_owned(),
            dir: dir.to_owned(),
            running: Vec::new(),
            started: 0,
        }
    }

    pub(super) fn start(&mut self) {
        self.started += 1;
        let name = format!("host-{}", self.started);
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["hosts::process::host_process", "--exact", "--ignored"])
            .env(STORE, &self.url)
            .env(WORLD, path_of(&self.dir, &name))
            .env(NAME, &name)
            .stdout(Stdio::null())
            .spawn();
        self.running.push((name, child.unwrap()));
    }

    /// The one that has been at work for longest; it counts as gone.
    pub(super) fn oldest(&mut self) -> (String, Child) {
        self.running.remove(0)
    }

    /// The process of the one started last.
    pub(super) fn youngest(&self) -> u32 {
        self.running.last().unwrap().1.id()
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for (_, host) in &mut self.running {
            let _ = host.kill();
            let _ = host.wait();
        }
    }
}

/// Stops a process for a while: it wakes up believing that it still holds everything. One that was killed meanwhile stays dead.
pub(super) async fn stall(process: u32, wait: Duration) {
    let signal = |name: &str| {
        let mut kill = Command::new("kill");
        let kill = kill
            .args([name, &process.to_string()])
            .stderr(Stdio::null());
        kill.status().unwrap().success()
    };
    assert!(signal("-STOP"));
    sleep(wait).await;
    signal("-CONT");
}
