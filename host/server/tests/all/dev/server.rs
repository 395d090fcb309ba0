//! A server for one test.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use metier_core::{Call, CallId, Grant, TenantId};
use metier_runtime::audit::{NoObserver, Observer};
use metier_runtime::credentials::SecretSources;
use metier_runtime::host::{Host, HostConfig};
use metier_runtime::outcome::Outcome;
use metier_server::dev::{ServeError, Tools, Watcher};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use crate::wire::Reply;
use crate::wire::{PATIENCE, SKILL, exchange};

/// The names of tools that ended.
#[derive(Default)]
pub struct Seen(Mutex<Vec<String>>);

struct Watching(Arc<Seen>);

impl Watcher for Watching {
    fn begins(&self, call: &Call) -> Arc<dyn Observer> {
        self.0.0.lock().unwrap().push(call.tool.to_string());
        Arc::new(NoObserver)
    }

    fn ended(&self, _: &CallId, _: &Outcome) {}
}

pub async fn tools() -> (Arc<Tools>, Arc<Seen>) {
    let config = HostConfig {
        calls: 2,
        ..HostConfig::default()
    };
    let host = Arc::new(Host::new(config).unwrap());
    let skill = host.load(wat::parse_str(SKILL).unwrap()).await.unwrap();
    let grant = Grant::compute_only(TenantId::local());
    let credentials = host.credentials(&grant, SecretSources::files_only("."));
    let installed = host.install(skill, grant, credentials).unwrap();
    let seen = Arc::new(Seen::default());
    let watching = Arc::new(Watching(seen.clone()));
    (Arc::new(Tools::new(host, Ok(installed), watching)), seen)
}

pub struct Server {
    address: SocketAddr,
    seen: Arc<Seen>,
    most: u64,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), ServeError>>,
}

impl Server {
    pub async fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (tools, seen) = tools().await;
        let most = tools.host().ceiling().arguments_bytes;
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            let _ = stopped.await;
        };
        let serving = tokio::spawn(metier_server::dev::serve(listener, tools, stopped));
        Server {
            address,
            seen,
            most,
            stop,
            serving,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn most_bytes(&self) -> u64 {
        self.most
    }

    pub fn seen(&self) -> Vec<String> {
        self.seen.0.lock().unwrap().clone()
    }

    pub async fn stop(self) {
        drop(self.stop);
        let ended = tokio::time::timeout(PATIENCE, self.serving).await;
        ended.unwrap().unwrap().unwrap();
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(&format!("GET {path}"), "", "").await
    }

    pub async fn call(&self, tool: &str, body: &str) -> Reply {
        let json = "content-type: application/json; charset=utf-8\r\n";
        self.send(&format!("POST /tools/{tool}"), json, body).await
    }

    pub async fn send(&self, what: &str, headers: &str, body: &str) -> Reply {
        let (address, length) = (self.address, body.len());
        let text = format!(
            "{what} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        );
        Reply::of(&self.raw(text.as_bytes()).await)
    }

    /// These very bytes, and all that comes back.
    pub async fn raw(&self, bytes: &[u8]) -> String {
        exchange(self.address, bytes).await
    }
}
