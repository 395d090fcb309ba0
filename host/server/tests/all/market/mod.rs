//! A market on loopback, and whoever pushes to it.

mod answer;
mod catalogue;
mod decided;
mod elsewhere;
mod known;
mod let_in;
mod looked_up;
mod lost;
mod many;
mod mirrored;
mod pages;
mod proofs;
mod published;
mod pulled;
mod pushed;
mod queued;
mod quotas;
mod refused;
mod team;
mod trusted;
mod unpublished;
mod uploads;
mod weight;

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use metier_core::Digest;
use metier_market::{
    fixtures,
    keeper::{Market, Options, accounts::FileAccounts, registry::RegistryLimits, sandbox::Sandbox},
    review::Replayed,
    trust::{Algorithm, KeyPair, Publisher, Signature, SigningKey},
};
use metier_server::{
    listen,
    market::{MarketApp, MarketSettings},
};
use metier_store::{Clock, HeldClock, depot::Warehouse, types::Time};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

pub use self::answer::Answer;
use crate::wire::PATIENCE;

/// The token of `acme`, who may publish in `com.acme`.
pub const ACME: &str = "token-of-acme";

/// The token of `other`, who may publish in `org.other`.
pub const OTHER: &str = "token-of-other";

pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A market that listens.
pub struct Stall {
    pub address: SocketAddr,
    pub market: Arc<Market>,
    pub clock: Arc<HeldClock>,
    pub folder: TempDir,
    /// What `acme` signs with.
    pub key: SigningKey<Publisher>,
}

/// A sandbox in which every recorded call goes well.
#[derive(Debug)]
pub struct AllWell;

#[async_trait::async_trait]
impl Sandbox for AllWell {
    async fn replay(&self, _: &[u8]) -> Replayed {
        let one = fixtures::Replayed {
            name: "query".parse().unwrap(),
            tool: Some("query".to_owned()),
            mismatches: Vec::new(),
            usage: Default::default(),
            stdio: String::new(),
        };
        Replayed::Went(fixtures::Report {
            fixtures: vec![one],
        })
    }
}

impl Stall {
    pub async fn open() -> Stall {
        Stall::limited(RegistryLimits::default()).await
    }

    pub async fn limited(limits: RegistryLimits) -> Stall {
        Stall::in_folder(TempDir::new().unwrap(), limits).await
    }

    pub async fn in_folder(folder: TempDir, limits: RegistryLimits) -> Stall {
        Stall::with(folder, |options| Options { limits, ..options }).await
    }

    /// The market in another folder, at the time and with the publisher's key of this one.
    pub async fn reopened(folder: TempDir, other: &Stall) -> Stall {
        let clock = Arc::new(HeldClock::at(other.clock.now()));
        let key = KeyPair::from_pem(&other.key.pair().to_pem().unwrap()).unwrap();
        let held = clock.clone();
        let mut stall = Stall::with(folder, |options| Options {
            clock: held,
            ..options
        })
        .await;
        stall.clock = clock;
        stall.key = SigningKey::new(key);
        stall
    }

    pub async fn with(folder: TempDir, change: impl FnOnce(Options) -> Options) -> Stall {
        let clock = Arc::new(HeldClock::at(Time(1_700_000_000_000_000)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let options = change(options(clock.clone(), address));
        let market = market(folder.path(), options);
        Stall::serve(folder, clock, listener, market)
    }

    /// A market whose files are kept elsewhere.
    pub async fn over(folder: TempDir, place: Arc<dyn Warehouse>) -> Stall {
        let clock = Arc::new(HeldClock::at(Time(1_700_000_000_000_000)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let options = options(clock.clone(), listener.local_addr().unwrap());
        let market = Market::open_over(folder.path(), accounts(), options, place).await;
        Stall::serve(folder, clock, listener, market.unwrap())
    }

    fn serve(
        folder: TempDir,
        clock: Arc<HeldClock>,
        listener: TcpListener,
        market: Market,
    ) -> Stall {
        let (address, market) = (listener.local_addr().unwrap(), Arc::new(market));
        let settings = MarketSettings {
            patience: Duration::from_millis(500),
            ..MarketSettings::default()
        };
        let app = Arc::new(MarketApp {
            market: market.clone(),
            settings,
        });
        tokio::spawn(async move {
            let limits = listen::Limits::default();
            listen::serve(listener, app.router(), &limits, std::future::pending()).await
        });
        Stall {
            address,
            market,
            clock,
            folder,
            key: SigningKey::new(KeyPair::generate(Algorithm::Ed25519).unwrap()),
        }
    }

    /// One request, and its answer.
    pub async fn ask(&self, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let stream = TcpStream::connect(self.address).await.unwrap();
        self.through(stream, line, headers, body).await
    }

    async fn through(
        &self,
        mut stream: TcpStream,
        line: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut head = format!(
            "{line} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n",
            self.address
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !headers.iter().any(|(name, _)| *name == "content-length") {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        // An answer may come before the body was read: then the other side does not read on.
        let _ = stream.write_all(&bytes).await;
        let mut told = Vec::new();
        let read = stream.read_to_end(&mut told);
        let read = tokio::time::timeout(PATIENCE, read).await.unwrap();
        assert!(read.is_ok() || !told.is_empty(), "{line}: {read:?}");
        Answer::of(line, &told)
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path}"), &[], b"").await
    }

    /// The same as `acme`.
    pub async fn write(&self, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut all = vec![("authorization", AS_ACME)];
        all.extend_from_slice(headers);
        self.ask(line, &all, body).await
    }

    /// What `acme` reads, also where it is not published.
    pub async fn own(&self, path: &str) -> Answer {
        self.write(&format!("GET {path}"), &[], b"").await
    }

    /// One request from another address of this machine.
    pub async fn ask_from(&self, from: &str, line: &str, body: &[u8]) -> Answer {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
        let stream = socket.connect(self.address).await.unwrap();
        self.through(stream, line, &[], body).await
    }

    /// Pushes a blob whole.
    pub async fn blob(&self, skill: &str, bytes: &[u8]) -> Digest {
        let digest = Digest::of(bytes);
        let line = format!("POST /v2/{skill}/blobs/uploads/?digest={digest}");
        let answer = self.write(&line, &[], bytes).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        digest
    }

    /// Pushes the blobs of a version and gives back its manifest.
    pub async fn blobs_of(&self, skill: &str, version: &str) -> Value {
        let component = component(skill, version);
        let layer = self.blob(skill, &component).await;
        let config = config(&layer);
        let config_digest = self.blob(skill, config.as_bytes()).await;
        manifest_of((&config_digest, config.len()), (&layer, component.len()))
    }

    pub async fn put(&self, skill: &str, reference: &str, manifest: &Value) -> Answer {
        let line = format!("PUT /v2/{skill}/manifests/{reference}");
        let headers = [("content-type", MANIFEST)];
        self.write(&line, &headers, manifest.to_string().as_bytes())
            .await
    }

    /// Publishes a version as `acme`.
    pub async fn publish(&self, skill: &str, version: &str) -> Digest {
        let manifest = self.blobs_of(skill, version).await;
        let answer = self.put(skill, version, &manifest).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let digest = Digest::of(manifest.to_string().as_bytes());
        let answer = self.submit(AS_ACME, skill, version, &digest).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        digest
    }

    /// Claims the namespace of a skill, and asks to publish what was pushed, signed by the key of `acme`.
    pub async fn submit(&self, who: &str, skill: &str, version: &str, manifest: &Digest) -> Answer {
        let namespace = skill.split('/').next().unwrap();
        let line = format!("PUT /api/v1/market/namespaces/{namespace}");
        let body = json!({"key": self.key.verifying().public()}).to_string();
        let who = [("authorization", who)];
        let claimed = self.ask(&line, &who, body.as_bytes()).await;
        assert_eq!(claimed.status, 201, "{claimed:?}");
        let body = self.submission(skill, version, manifest).to_string();
        let line = "POST /api/v1/market/publish";
        self.ask(line, &who, body.as_bytes()).await
    }

    /// The body of a submission.
    pub fn submission(&self, skill: &str, version: &str, manifest: &Digest) -> Value {
        let name = format!("{skill}@{version}");
        let bundle = self.key.sign(manifest, &name, &Signature).unwrap();
        json!({"name": skill, "version": version, "manifest": manifest, "bundle": bundle.to_json()})
    }

    /// Pushes, claims and asks to publish as somebody, with their key.
    pub async fn publish_as(
        &self,
        who: &str,
        key: &SigningKey<Publisher>,
        skill: &str,
        version: &str,
    ) -> Answer {
        let namespace = skill.split('/').next().unwrap();
        let headers = [("authorization", who)];
        let line = format!("PUT /api/v1/market/namespaces/{namespace}");
        let body = json!({"key": key.verifying().public()}).to_string();
        let claimed = self.ask(&line, &headers, body.as_bytes()).await;
        assert_eq!(claimed.status, 201, "{claimed:?}");
        self.publish_theirs(who, key, skill, version).await
    }

    /// The same in a namespace that is claimed.
    pub async fn publish_theirs(
        &self,
        who: &str,
        key: &SigningKey<Publisher>,
        skill: &str,
        version: &str,
    ) -> Answer {
        let headers = [("authorization", who)];
        let component = component(skill, version);
        let layer = Digest::of(&component);
        let config = config(&layer);
        let config_digest = Digest::of(config.as_bytes());
        for (digest, bytes) in [
            (&layer, component.as_slice()),
            (&config_digest, config.as_bytes()),
        ] {
            let line = format!("POST /v2/{skill}/blobs/uploads/?digest={digest}");
            let pushed = self.ask(&line, &headers, bytes).await;
            if pushed.status != 201 {
                return pushed;
            }
        }
        let manifest = manifest_of((&config_digest, config.len()), (&layer, component.len()));
        let manifest = manifest.to_string();
        let digest = Digest::of(manifest.as_bytes());
        let line = format!("PUT /v2/{skill}/manifests/{digest}");
        let headers = [("authorization", who), ("content-type", MANIFEST)];
        let pushed = self.ask(&line, &headers, manifest.as_bytes()).await;
        assert_eq!(pushed.status, 201, "{pushed:?}");
        let name = format!("{skill}@{version}");
        let bundle = key.sign(&digest, &name, &Signature).unwrap().to_json();
        let body = json!({"name": skill, "version": version, "manifest": digest, "bundle": bundle});
        let line = "POST /api/v1/market/publish";
        let headers = [("authorization", who)];
        self.ask(line, &headers, body.to_string().as_bytes()).await
    }

    /// Every file of the registry that is not finished.
    pub fn unfinished(&self) -> usize {
        let folder = self.folder.path().join("registry/blobs/unfinished");
        std::fs::read_dir(folder).unwrap().count()
    }
}

pub const AS_ACME: &str = "Bearer token-of-acme";
pub const AS_OTHER: &str = "Bearer token-of-other";

/// Who may publish nowhere, unless somebody takes them in.
pub const AS_GRACE: &str = "Bearer token-of-grace";

/// Who keeps the market.
pub const AS_OPERATOR: &str = "Bearer token-of-operator";

pub fn options(clock: Arc<dyn Clock>, address: SocketAddr) -> Options {
    Options {
        clock,
        address: Some(format!("http://{address}").parse().unwrap()),
        any_namespace: true,
        sandbox: Arc::new(AllWell),
        ..Options::default()
    }
}

pub fn market(folder: &Path, options: Options) -> Market {
    Market::open(folder, accounts(), options).unwrap()
}

fn accounts() -> Arc<FileAccounts> {
    let publisher = |name, token: &str, namespaces| {
        let digest = Digest::of(token.as_bytes());
        format!(
            "[[publisher]]\nname = \"{name}\"\ntoken-sha256 = \"{digest}\"\nnamespaces = {namespaces}\n"
        )
    };
    let accounts = publisher("acme", ACME, "[\"com.acme\", \"com.aaa\"]")
        + &publisher("other", OTHER, "[\"org.other\"]")
        + &publisher("grace", "token-of-grace", "[]")
        + &publisher("operator", "token-of-operator", "[\"*\"]");
    Arc::new(FileAccounts::read(&accounts).unwrap())
}

/// A skill's file: a component with nothing but what is said of it.
pub fn component(skill: &str, version: &str) -> Vec<u8> {
    component_with(&skill_toml(skill, version))
}

pub fn skill_toml(skill: &str, version: &str) -> String {
    let short = skill.split('/').next_back().unwrap();
    format!(
        "[skill]\nname = \"{skill}\"\nversion = \"{version}\"\ndescription = \"Queries {short} of a CRM\"\nlicense = \"MIT\"\n\n\
         [tools.query]\neffect = \"read\"\n\n[[capabilities.http]]\nhost = \"api.{short}.example\"\nmethods = [\"GET\"]\npaths = [\"/v1/*\"]\n"
    )
}

pub fn component_with(manifest: &str) -> Vec<u8> {
    component_saying(manifest, "Ask <script>alert(1)</script>.")
}

/// The same with other words in its SKILL.md.
pub fn component_saying(manifest: &str, said: &str) -> Vec<u8> {
    let tools = json!([{
        "name": "query",
        "description": "Finds <b>accounts</b>.",
        "inputSchema": {"type": "object", "properties": {"soql": {"type": "string"}}},
        "effect": "read",
    }]);
    // The linter wants the skill's short name.
    let mut lines = manifest.lines();
    let name = lines.find_map(|line| line.strip_prefix("name = \""));
    let name = name.unwrap_or("x/salesforce").trim_end_matches('"');
    let short = name.split('/').next_back().unwrap();
    let words = format!(
        "---\nname: {short}\ndescription: Use it to query accounts.\n---\n\n# Querying\n\n{said}\n"
    );
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    for (name, data) in [
        ("metier:manifest", manifest.as_bytes()),
        ("metier:tools", tools.to_string().as_bytes()),
        ("metier:skill-md", words.as_bytes()),
    ] {
        section(&mut bytes, name, data);
    }
    bytes
}

pub fn section(bytes: &mut Vec<u8>, name: &str, data: &[u8]) {
    let mut body = Vec::new();
    leb(&mut body, name.len());
    body.extend_from_slice(name.as_bytes());
    body.extend_from_slice(data);
    bytes.push(0);
    leb(bytes, body.len());
    bytes.extend_from_slice(&body);
}

fn leb(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

pub fn config(layer: &Digest) -> String {
    json!({"architecture": "wasm", "os": "wasip2", "layerDigests": [layer]}).to_string()
}

pub fn manifest_of(config: (&Digest, usize), layer: (&Digest, usize)) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": "application/vnd.wasm.config.v0+json", "digest": config.0, "size": config.1},
        "layers": [{"mediaType": "application/wasm", "digest": layer.0, "size": layer.1}],
    })
}
