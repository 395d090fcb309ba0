//! Servers, resolvers and calls for the tests of egress and credentials.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use axum::Router;
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use metier_core::{
    audit::EgressRecord,
    grant::Grant,
    ids::{Digest, PrincipalId, TenantId},
    limits::Limits,
    manifest::Manifest,
    run::RunScope,
};
use tokio::net::TcpListener;

use crate::{
    credentials::{AccountStore, Credentials, SecretSources, vault::Vault},
    egress::{
        Body, Egress, EgressAudit, EgressCall, EgressConfig, EgressError, Resolve, Resolving,
        Unresolved, Upstream, whole,
    },
    meter::Meter,
};

/// The name every test server is known by.
pub const HOST: &str = "api.test.example";

/// Serves on a free port of this machine until the test's runtime ends.
pub async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// Serves raw bytes: each connection is read until its head ends, answered with `answer` and then held open or closed.
pub async fn serve_raw(answer: &'static [u8], close: bool) -> SocketAddr {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut seen = Vec::new();
                while !seen.windows(4).any(|window| window == b"\r\n\r\n") {
                    if stream.read_buf(&mut seen).await.unwrap_or(0) == 0 {
                        return;
                    }
                }
                let _gone = stream.write_all(answer).await;
                if !close {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    address
}

/// Answers from a table; a list of lists is walked through, one per question.
#[derive(Default)]
pub struct Names(Mutex<HashMap<String, Vec<Vec<IpAddr>>>>);

impl Names {
    pub fn of(name: &str, answers: &[&[&str]]) -> Self {
        let answers = answers
            .iter()
            .map(|list| list.iter().map(|ip| ip.parse().unwrap()).collect());
        Names(Mutex::new(HashMap::from([(
            name.to_owned(),
            answers.collect(),
        )])))
    }
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, host: &'a str) -> Resolving<'a> {
        let mut names = self.0.lock().unwrap();
        let answer = names.get_mut(host).map(|answers| {
            if answers.len() > 1 {
                answers.remove(0)
            } else {
                answers[0].clone()
            }
        });
        Box::pin(std::future::ready(answer.ok_or(Unresolved)))
    }
}

/// Keeps records.
#[derive(Default)]
pub struct Audit(Mutex<Vec<EgressRecord>>);

impl Audit {
    pub fn records(&self) -> Vec<EgressRecord> {
        self.0.lock().unwrap().clone()
    }

    pub fn last(&self) -> EgressRecord {
        self.records().pop().unwrap()
    }
}

impl EgressAudit for Audit {
    fn record(&self, record: EgressRecord) {
        self.0.lock().unwrap().push(record);
    }
}

/// A clock that moves when told.
#[derive(Clone, Default)]
pub struct HeldClock(Arc<AtomicU64>);

impl HeldClock {
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_millis() as u64, Ordering::SeqCst);
    }

    pub fn now(&self) -> SystemTime {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        start + Duration::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// What a test sets up, before it becomes a [`Rig`].
pub struct Setup {
    pub manifest: String,
    pub grant: String,
    pub limits: Limits,
    pub config: EgressConfig,
    pub env: HashMap<String, String>,
    pub directory: std::path::PathBuf,
    pub vault: Option<Arc<Vault>>,
    pub accounts: Option<Arc<dyn AccountStore>>,
    pub clock: HeldClock,
    pub upstream: Upstream,
}

impl Setup {
    /// A rule for everything at [`HOST`] on this port, which resolves to this machine; plain or TLS.
    pub fn to(server: SocketAddr, scheme: &str) -> Self {
        let (port, clock) = (server.port(), HeldClock::default());
        let rule = |credential: &str| {
            format!(
                "scheme = \"{scheme}\"\nhost = \"{HOST}\"\nport = {port}\n\
                 methods = [\"GET\", \"POST\", \"PUT\", \"HEAD\"]\npaths = [\"/**\"]\n{credential}"
            )
        };
        let now = clock.clone();
        Setup {
            manifest: format!(
                "[skill]\nname = \"com.acme/x\"\nversion = \"1.0.0\"\n[[capabilities.http]]\n{}",
                rule("")
            ),
            grant: format!(
                "skill = \"com.acme/x\"\ntools = [\"*\"]\n[[http]]\n{}addresses = [\"127.0.0.0/8\"]\n",
                rule("")
            ),
            limits: Limits::default(),
            config: EgressConfig {
                resolver: Arc::new(Names::of(HOST, &[&["127.0.0.1"]])),
                clock: Arc::new(move || now.now()),
                ..EgressConfig::default()
            },
            env: HashMap::new(),
            directory: std::path::PathBuf::from("/nonexistent"),
            vault: None,
            accounts: None,
            upstream: Upstream::Network,
            clock,
        }
    }

    /// Attaches a credential called `key` with these lines; its secret is `secret`.
    pub fn with_credential(mut self, lines: &str, secret: &str) -> Self {
        self.manifest.push_str("credential = \"key\"\n");
        self.grant.push_str(&format!(
            "credential = \"key\"\n[credentials.key]\n{lines}\nhosts = [\"{HOST}\"]\nsecret = {{ env = \"KEY\" }}\n"
        ));
        self.env.insert("KEY".to_owned(), secret.to_owned());
        self
    }

    /// Attaches an OAuth credential whose issuer is this server's `/token`.
    pub fn with_issuer(self, server: SocketAddr, lines: &str, secret: &str) -> Self {
        let url = format!("http://{server}/token");
        let lines = format!("{lines}\ntoken-url = \"{url}\"\naddresses = [\"127.0.0.0/8\"]");
        self.with_credential(&lines, secret)
    }

    /// Attaches a credential of users whose issuer is this server's `/token`; each has an account in `accounts`.
    pub fn with_accounts(
        mut self,
        server: SocketAddr,
        lines: &str,
        accounts: Arc<dyn AccountStore>,
    ) -> Self {
        self.manifest.push_str("credential = \"key\"\n");
        self.grant.push_str(&format!(
            "credential = \"key\"\n[credentials.key]\nkind = \"oauth2-user\"\nclient-id = \"me\"\n\
             authorize-url = \"http://{server}/authorize\"\ntoken-url = \"http://{server}/token\"\n\
             addresses = [\"127.0.0.0/8\"]\nhosts = [\"{HOST}\"]\n{lines}\n"
        ));
        self.accounts = Some(accounts);
        self
    }

    /// More lines in the grant's rule.
    pub fn with_reach(mut self, lines: &str) -> Self {
        self.grant =
            self.grant
                .replacen("addresses = [\"127.0.0.0/8\"]\n", &format!("{lines}\n"), 1);
        self
    }

    pub fn resolver(mut self, names: Names) -> Self {
        self.config.resolver = Arc::new(names);
        self
    }

    pub fn directory(mut self, directory: &Path) -> Self {
        self.directory = directory.to_owned();
        self
    }

    pub fn rig(self) -> Rig {
        let egress = Egress::new(self.config.clone());
        self.rig_on(egress)
    }

    pub fn upstream(mut self, upstream: Upstream) -> Self {
        self.upstream = upstream;
        self
    }

    /// Another tenant's call over the same connections.
    pub fn rig_on(self, egress: Egress) -> Rig {
        let env = Arc::new(Mutex::new(self.env));
        let read = env.clone();
        let sources = SecretSources {
            env: Arc::new(move |name: &str| read.lock().unwrap().get(name).cloned()),
            directory: self.directory,
            vault: self.vault.map(|vault| vault as _),
            accounts: self.accounts,
        };
        let grant = Arc::new(
            Grant::parse(&self.grant).unwrap_or_else(|error| panic!("{error}\n{}", self.grant)),
        );
        let clock = self.clock.clone();
        let clock: crate::egress::Clock = Arc::new(move || clock.now());
        let credentials = Arc::new(Credentials::new(
            &grant,
            sources,
            Arc::new(egress.clone()),
            clock,
        ));
        let audit = Arc::new(Audit::default());
        let call = Arc::new(EgressCall {
            manifest: Arc::new(Manifest::parse(&self.manifest).unwrap()),
            grant,
            run: Arc::new(RunScope::unrestricted()),
            credentials,
            upstream: self.upstream,
            meter: Arc::new(Meter::new(self.limits)),
            keys: None,
            audit: audit.clone(),
            call: "call-1".parse().unwrap(),
            tenant: TenantId::local(),
            principal: PrincipalId::local(),
            digest: Digest::of(b"skill"),
            deadline: None,
        });
        Rig {
            egress,
            call,
            audit,
            env,
            clock: self.clock,
        }
    }
}

/// A call ready to send.
pub struct Rig {
    pub egress: Egress,
    pub call: Arc<EgressCall>,
    pub audit: Arc<Audit>,
    pub env: Arc<Mutex<HashMap<String, String>>>,
    pub clock: HeldClock,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Seen {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Seen {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Rig {
    pub async fn send(&self, request: Request<Body>) -> Result<Seen, EgressError> {
        let response = self.egress.send(&self.call, request).await?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Seen {
            status: parts.status,
            headers: parts.headers,
            body,
        })
    }

    pub async fn get(&self, url: &str) -> Result<Seen, EgressError> {
        self.send(Request::get(url).body(whole("")).unwrap()).await
    }

    /// The same call in the name of somebody else.
    pub fn by(&self, principal: &str) -> Rig {
        let mut call = EgressCall::clone(&self.call);
        call.principal = principal.parse().unwrap();
        Rig {
            egress: self.egress.clone(),
            call: Arc::new(call),
            audit: self.audit.clone(),
            env: self.env.clone(),
            clock: self.clock.clone(),
        }
    }

    /// The same call with its time running out.
    pub fn with_deadline(mut self, left: Duration) -> Self {
        let mut call = EgressCall::clone(&self.call);
        call.deadline = Some(std::time::Instant::now() + left);
        self.call = Arc::new(call);
        self
    }
}

/// `http://api.test.example:port/path`
pub fn url(server: SocketAddr, path: &str) -> String {
    format!("http://{HOST}:{}{path}", server.port())
}
