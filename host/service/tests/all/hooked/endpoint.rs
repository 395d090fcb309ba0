//! Somebody's endpoint, and a service that sends to it.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use metier_core::EgressRecord;
use metier_runtime::egress::{EgressAudit, EgressConfig};
use metier_service::{
    Service,
    hooks::{
        manage::NewEndpoint,
        outlet::{Outlet, Reachable},
        record::Delivery,
    },
    limits::Limits,
};
use metier_store::types::RunId;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::{
    scene::{Scene, admin},
    ticked::{deploy, named, work_until_ended},
};

/// What an endpoint was sent.
#[derive(Clone, Debug)]
pub struct Seen {
    pub head: String,
    pub body: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.unwrap_or_else(|| panic!("{name} in {}", self.head)).1
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Somebody's endpoint on this machine.
#[derive(Clone)]
pub struct Receiver {
    pub address: SocketAddr,
    pub seen: Arc<Mutex<Vec<Seen>>>,
    pub answer: Arc<Mutex<String>>,
}

impl Receiver {
    pub async fn start() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Receiver {
            address: listener.local_addr().unwrap(),
            seen: Arc::default(),
            answer: Arc::default(),
        };
        receiver.answers("204 No Content", "");
        let theirs = receiver.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(theirs.clone().serve(stream));
            }
        });
        receiver
    }

    async fn serve(self, mut stream: tokio::net::TcpStream) {
        let mut bytes = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let seen = Seen {
                    head: head.to_owned(),
                    body: body.to_owned(),
                };
                if body.len() >= seen.header("content-length").parse().unwrap() {
                    self.seen.lock().unwrap().push(seen);
                    break;
                }
            }
            let mut more = [0; 4096];
            match stream.read(&mut more).await {
                Ok(0) | Err(_) => return,
                Ok(count) => bytes.extend_from_slice(&more[..count]),
            }
        }
        let answer = self.answer.lock().unwrap().clone();
        let _ = stream.write_all(answer.as_bytes()).await;
        if answer.contains("transfer-encoding") {
            // Without an end.
            let piece = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
            while stream.write_all(piece.as_bytes()).await.is_ok() {}
        }
    }

    pub fn answers(&self, status: &str, headers: &str) {
        let end = match headers.contains("transfer-encoding") {
            true => "\r\n",
            false => "content-length: 0\r\nconnection: close\r\n\r\n",
        };
        *self.answer.lock().unwrap() = format!("HTTP/1.1 {status}\r\n{headers}{end}");
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook?token=x", self.address)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn kinds(&self) -> Vec<String> {
        let kind = |seen: &Seen| seen.json()["type"].as_str().unwrap().to_owned();
        self.seen().iter().map(kind).collect()
    }
}

/// Keeps where requests went.
#[derive(Default)]
pub struct Heard(pub Mutex<Vec<EgressRecord>>);

impl EgressAudit for Heard {
    fn record(&self, record: EgressRecord) {
        self.0.lock().unwrap().push(record);
    }
}

pub fn open_here() -> Reachable {
    Reachable {
        loopback: true,
        ..Reachable::default()
    }
}

pub fn send_through(service: &Service, config: EgressConfig, reachable: Reachable) -> Arc<Heard> {
    let heard = Arc::new(Heard::default());
    let outlet = Outlet::new(config, heard.clone(), reachable).unwrap();
    service.send_through(Arc::new(outlet));
    heard
}

pub async fn scene() -> Scene {
    let scene = Scene::with_math(Limits::default()).await;
    deploy(&scene.service).await;
    send_through(&scene.service, EgressConfig::default(), open_here());
    scene
}

pub fn new(url: impl Into<String>) -> NewEndpoint {
    NewEndpoint {
        url: url.into(),
        events: Default::default(),
        secret: None,
    }
}

pub async fn make(scene: &Scene, name: &str, new: NewEndpoint) -> String {
    let made = scene
        .service
        .make_endpoint(&admin(), &named(name), new)
        .await;
    made.unwrap().1.unwrap()
}

pub async fn run(scene: &Scene) -> RunId {
    let run = begun(scene).await;
    work_until_ended(&scene.service).await;
    run
}

pub async fn begun(scene: &Scene) -> RunId {
    let request = metier_service::agents::StartRequest {
        agent: named("sums"),
        version: None,
        input: serde_json::json!({}),
        session: None,
        idempotency_key: None,
    };
    scene.service.start(&admin(), request).await.unwrap()
}

pub async fn deliveries(scene: &Scene) -> Vec<Arc<Delivery>> {
    scene.service.all_deliveries(&admin(), "out").await.unwrap()
}
