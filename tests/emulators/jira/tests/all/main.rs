//! The site as a client sees it; `tests/interop/jira.py` drives it with the public client `jira`.

#![expect(clippy::unwrap_used, reason = "tests")]

mod attachments;
mod issues;
mod program;

use base64::Engine as _;
use metier_emulator_jira::{Emulator, Options, TOKEN, USER};
use metier_emulator_kit::client::{Answer, ask};
use serde_json::Value;

pub(crate) struct Site {
    pub(crate) emulator: Emulator,
    authorization: String,
}

impl Site {
    pub(crate) fn start() -> Site {
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{TOKEN}"));
        Site {
            emulator: Emulator::start(Options::default()).unwrap(),
            authorization: format!("Basic {pair}"),
        }
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        more: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut headers = vec![("authorization", self.authorization.as_str())];
        headers.extend_from_slice(more);
        let path = format!("/rest/api/3{path}");
        ask(self.emulator.addr(), method, &path, &headers, body)
            .await
            .unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.send("GET", path, &[], b"").await.json()
    }

    pub(crate) async fn put(&self, method: &str, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        self.send(method, path, &[], body.as_bytes()).await
    }
}
