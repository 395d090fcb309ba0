//! Emulated providers, and a route to each of their formats.

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use metier_agent::models::{
    Answer, Delta, Message, Model as _, ModelFailure, ModelRequest, Question, Role, Routed, Sink,
};
use metier_agent::routes::{Health, PriceTable, Routes};
use metier_core::{EgressRecord, TenantId};
use metier_emulator_models::{ACCESS_KEY_ID, Emulator, KEY, Options};
use metier_runtime::credentials::SecretSources;
use metier_runtime::egress::{Clock, EgressAudit};
use metier_service::models::{LivePace, ModelTransport, egress_for_models};
use tempfile::TempDir;
use tokio::sync::Notify;

/// Every format: its word, what follows the emulator's address, and its credential.
pub const FORMATS: [(&str, &str, &str); 6] = [
    ("anthropic", "", "anthropic"),
    ("openai-chat", "/v1", "bearer"),
    ("openai-responses", "/v1", "bearer"),
    ("azure-openai", "/openai/v1", "azure"),
    ("gemini", "/v1beta", "gemini"),
    ("bedrock", "", "bedrock"),
];

/// A second provider's key.
pub const OTHER_KEY: &str = "another-key-0123456789";

/// The credentials that routes name.
const CREDENTIALS: &str = r#"
[credentials.anthropic]
kind = "api-key-header"
header = "x-api-key"
secret = { env = "KEY" }

[credentials.bearer]
kind = "bearer"
secret = { env = "KEY" }

[credentials.other]
kind = "api-key-header"
header = "x-api-key"
secret = { env = "OTHER" }

[credentials.azure]
kind = "api-key-header"
header = "api-key"
secret = { env = "KEY" }

[credentials.gemini]
kind = "api-key-header"
header = "x-goog-api-key"
secret = { env = "KEY" }

[credentials.bedrock]
kind = "sigv4"
access-key-id = { env = "ID" }
secret = { env = "KEY" }
region = "eu-central-1"
service = "bedrock"
"#;

pub struct Scene {
    _folder: TempDir,
    pub emulator: Emulator,
    pub routes: Routes,
    pub routed: Routed,
    pub audit: Arc<Audit>,
}

/// What left, and what was not let out.
#[derive(Default)]
pub struct Audit(Mutex<Vec<EgressRecord>>);

impl Audit {
    pub fn records(&self) -> Vec<EgressRecord> {
        self.0.lock().unwrap().clone()
    }
}

impl EgressAudit for Audit {
    fn record(&self, record: EgressRecord) {
        self.0.lock().unwrap().push(record);
    }
}

/// Keeps what is heard.
#[derive(Default)]
pub struct Ear {
    heard: Mutex<Vec<Delta>>,
    words: Notify,
}

impl Ear {
    pub fn heard(&self) -> Vec<Delta> {
        self.heard.lock().unwrap().clone()
    }

    /// Waits for the first words.
    pub async fn first_words(&self) {
        self.words.notified().await;
    }

    pub fn text(&self) -> String {
        let heard = self.heard();
        let words = heard.iter().filter_map(|delta| match delta {
            Delta::Text { text } => Some(text.as_str()),
            _ => None,
        });
        words.collect()
    }
}

impl Sink for Ear {
    fn delta(&self, delta: Delta) {
        if matches!(delta, Delta::Text { .. }) {
            self.words.notify_one();
        }
        self.heard.lock().unwrap().push(delta);
    }
}

impl Scene {
    /// Over plain http, with one attempt.
    pub fn plain() -> Scene {
        Scene::start(false, "")
    }

    /// As that, with whole answers instead of streams.
    pub fn whole() -> Scene {
        Scene::start(
            false,
            "stream = false
",
        )
    }

    /// As that, over https.
    pub fn secure() -> Scene {
        Scene::start(true, "")
    }

    /// As [`Scene::plain`], with a second for the head and two for all of an answer.
    pub fn hasty() -> Scene {
        Scene::start(
            false,
            "first-byte-seconds = 1
answer-seconds = 2
",
        )
    }

    /// With more keys for each candidate.
    fn start(secure: bool, more: &str) -> Scene {
        let retry = "attempts = 1, broken-answers = 0, base-ms = 1, max-ms = 5_000";
        Scene::with(secure, |base| {
            let entry = |(format, path, credential): &(&str, &str, &str)| {
                let candidate = candidate(format, format, &format!("{base}{path}"), credential);
                format!(
                    "[routes.{format}]
candidates = [\"{format}\"]
retry = {{ {retry} }}
{candidate}{more}"
                )
            };
            FORMATS.iter().map(entry).collect()
        })
    }

    /// With a routes file made of the emulator's base URL.
    pub fn with(secure: bool, routes: impl FnOnce(&str) -> String) -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let tls_hosts = if secure {
            vec!["127.0.0.1".to_owned()]
        } else {
            Vec::new()
        };
        let emulator = Emulator::start(Options {
            tls_hosts,
            ..Options::default()
        })
        .unwrap();
        let scheme = if secure { "https" } else { "http" };
        if let Some(pem) = emulator.ca_pem() {
            std::fs::write(folder.path().join("ca.pem"), pem).unwrap();
        }
        let text = routes(&format!("{scheme}://{}", emulator.addr())) + CREDENTIALS;
        let routes = Routes::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let audit = Arc::new(Audit::default());
        let routed = routed(&routes, &folder, audit.clone());
        Scene {
            _folder: folder,
            emulator,
            routes,
            routed,
            audit,
        }
    }

    pub fn question(&self, route: &str, request: ModelRequest) -> Question {
        Question {
            step: "1".to_owned(),
            route: Arc::new(self.routes.route(route).unwrap()),
            prices: Arc::new(PriceTable::default()),
            needs: Default::default(),
            request,
        }
    }

    pub async fn ask(&self, route: &str, request: ModelRequest) -> Result<Answer, ModelFailure> {
        self.ask_heard(route, request, &Ear::default()).await
    }

    pub async fn ask_heard(
        &self,
        route: &str,
        request: ModelRequest,
        ear: &Ear,
    ) -> Result<Answer, ModelFailure> {
        let question = self.question(route, request);
        self.routed.ask(&question, ear).await
    }
}

/// A candidate at a dollar a million tokens; more keys may follow.
pub fn candidate(name: &str, format: &str, base: &str, credential: &str) -> String {
    let ca = if base.starts_with("https") {
        "ca-file = \"ca.pem\"\n"
    } else {
        ""
    };
    format!(
        "[candidates.{name}]\nformat = \"{format}\"\nmodel = \"m.x\"\nbase-url = \"{base}\"\ncredential = \"{credential}\"\n\
         region = \"eu-central-1\"\ncontext = 1_000_000\nmax-output = 4_000\nfeatures = [\"tools\", \"schema\"]\n\
         price = {{ input = 1_000_000_000, output = 1_000_000_000 }}\n{ca}"
    )
}

fn routed(routes: &Routes, folder: &TempDir, audit: Arc<Audit>) -> Routed {
    let clock: Clock = Arc::new(SystemTime::now);
    let sources = SecretSources {
        env: Arc::new(|name: &str| match name {
            "KEY" => Some(KEY.to_owned()),
            "OTHER" => Some(OTHER_KEY.to_owned()),
            "ID" => Some(ACCESS_KEY_ID.to_owned()),
            _ => None,
        }),
        directory: folder.path().to_owned(),
        vault: None,
        accounts: None,
    };
    let transport = ModelTransport::new(
        routes,
        egress_for_models(clock.clone()),
        &sources,
        &clock,
        audit,
        TenantId::local(),
    );
    let health = Arc::new(Health::default());
    Routed::new(
        Arc::new(transport.unwrap()),
        Arc::new(LivePace::default()),
        health,
    )
}

pub fn hello() -> ModelRequest {
    says("Hello")
}

pub fn says(words: &str) -> ModelRequest {
    ModelRequest {
        messages: vec![Message::text(Role::User, words)],
        ..ModelRequest::default()
    }
}
