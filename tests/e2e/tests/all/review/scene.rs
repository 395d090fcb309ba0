//! A host with the skills of an account review, and the services they use.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use metier_core::Code;
use metier_e2e::{Ended, Guest, Installed, TestHost};
use metier_emulator_calendar as calendar;
use metier_emulator_jira as jira;
use metier_emulator_kit::Book;
use metier_emulator_salesforce as salesforce;
use metier_market::pack::{Inputs, pack};
use serde_json::{Value, json};

use crate::salesforce::{LOGIN, ORG, grant as salesforce_grant, packed, write};

/// What a deck is.
pub const PPTX: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

const SITE: &str = "acme.atlassian.net";
const GOOGLE: &str = "www.googleapis.com";
const TOKENS: &str = "oauth2.googleapis.com";

/// How often a call is made before the service is given up.
const ATTEMPTS: usize = 5;

/// One tool call of the story.
pub struct Step {
    skill: Installed,
    tool: &'static str,
    arguments: Value,
}

impl Step {
    pub fn of(skill: &Installed, tool: &'static str, arguments: Value) -> Step {
        Step {
            skill: skill.clone(),
            tool,
            arguments,
        }
    }
}

pub struct Scene {
    host: TestHost,
    pub salesforce: salesforce::Emulator,
    pub jira: jira::Emulator,
    pub calendar: calendar::Emulator,
    pub salesforce_skill: Installed,
    deck_skill: Installed,
    jira_skill: Installed,
    calendar_skill: Installed,
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

impl Scene {
    pub async fn start() -> Scene {
        let salesforce = salesforce::Emulator::start(salesforce::Options {
            tls_hosts: names(&[ORG, LOGIN]),
            sizes: salesforce::Sizes {
                accounts: 20,
                contacts: 20,
                opportunities: 20,
                cases: 5,
            },
            ..salesforce::Options::default()
        })
        .unwrap();
        let jira = jira::Emulator::start(jira::Options {
            tls_hosts: names(&[SITE]),
            ..jira::Options::default()
        })
        .unwrap();
        let calendar = calendar::Emulator::start(calendar::Options {
            tls_hosts: names(&[GOOGLE, TOKENS]),
            ..calendar::Options::default()
        })
        .unwrap();
        let host = TestHost::start();
        for (name, text) in [
            ("key.pem", salesforce.private_key_pem().unwrap()),
            ("ca.pem", salesforce.ca_pem().unwrap()),
            ("jira.pem", jira.ca_pem().unwrap()),
            ("jira-token", jira::TOKEN),
            ("calendar.pem", calendar.ca_pem().unwrap()),
            ("client-secret", calendar::CLIENT_SECRET),
            ("refresh-token", calendar::REFRESH_TOKEN),
        ] {
            write(&host, name, text);
        }
        Scene {
            salesforce_skill: host
                .install(packed().await, &salesforce_grant(&salesforce))
                .await,
            deck_skill: host
                .install(Guest::named("capabilities"), "[artifacts]\n")
                .await,
            jira_skill: host
                .install(described(&host, "jira").await, &jira_grant(&jira))
                .await,
            calendar_skill: host
                .install(
                    described(&host, "google-calendar").await,
                    &calendar_grant(&calendar),
                )
                .await,
            host,
            salesforce,
            jira,
            calendar,
        }
    }

    /// A step of the story, after the answers of those before it.
    pub fn step(&self, number: usize, before: &[Value]) -> Step {
        match number {
            0 => Step::of(
                &self.salesforce_skill,
                "query",
                json!({
                    "soql": "SELECT Id, Name, Amount FROM Opportunity ORDER BY Amount DESC LIMIT 5",
                }),
            ),
            1 => Step::of(
                &self.deck_skill,
                "output.put-artifact",
                json!({
                    "name": "deck.pptx", "media-type": PPTX, "body": self.deck_text(&before[0]),
                }),
            ),
            2 => Step::of(
                &self.jira_skill,
                "add-attachment",
                json!({
                    "issueIdOrKey": "ABC-1",
                    "file": { "artifact": before[1], "name": "Account review.pptx", "media_type": PPTX },
                }),
            ),
            3 => Step::of(
                &self.jira_skill,
                "add-comment",
                json!({
                    "issueIdOrKey": "ABC-1",
                    "body": { "body": { "type": "doc", "version": 1, "content": [
                        { "type": "paragraph", "content": [{ "type": "text", "text": "The deck is attached." }] },
                    ] } },
                }),
            ),
            _ => Step::of(
                &self.calendar_skill,
                "book-meeting",
                json!({
                    "calendarId": "primary", "sendUpdates": "all", "summary": "Account review",
                    "start": { "dateTime": "2026-01-06T10:00:00+01:00" }, "end": { "dateTime": "2026-01-06T10:30:00+01:00" },
                    "attendees": [{ "email": calendar::OTHER }],
                }),
            ),
        }
    }

    /// What stands in for a deck: all that was found.
    pub fn deck_text(&self, table: &Value) -> String {
        table.to_string()
    }

    /// The story, each step taken so many times under its one key; the answers of the last times.
    pub async fn tell(&self, run: &str, times: usize) -> Vec<Value> {
        let mut answers = Vec::new();
        for number in 0..5 {
            let step = self.step(number, &answers);
            let mut answer = Value::Null;
            for _ in 0..times {
                answer = self.take(&format!("{run}/{number}"), &step).await;
            }
            answers.push(answer);
        }
        answers
    }

    pub async fn tell_without_keys(&self) {
        let mut answers = Vec::new();
        for number in 0..5 {
            let Step {
                skill,
                tool,
                arguments,
            } = self.step(number, &answers);
            answers.push(self.host.call(&skill, tool, arguments).await.json());
        }
    }

    pub async fn take(&self, key: &str, step: &Step) -> Value {
        let arguments = step.arguments.clone();
        let ended = self
            .host
            .call_known_by(key, &step.skill, step.tool, arguments);
        ended.await.json()
    }

    /// As [`Scene::take`], and made again while the service cannot be reached: a connection that was reset is found out by
    /// using it.
    pub async fn insist(&self, key: &str, step: &Step) -> Value {
        for _ in 0..ATTEMPTS {
            let arguments = step.arguments.clone();
            let ended = self
                .host
                .call_known_by(key, &step.skill, step.tool, arguments);
            let ended = ended.await;
            match &ended.outcome.result {
                Err(fault) if fault.code == Code::UpstreamUnavailable => {}
                _ => return ended.json(),
            }
        }
        panic!("the service was never reached");
    }

    pub async fn attach(&self, file: Value) -> Ended {
        let arguments = json!({ "issueIdOrKey": "ABC-1", "file": file });
        self.host
            .call(&self.jira_skill, "add-attachment", arguments)
            .await
    }

    /// The digest of an artifact this tenant has no part in.
    pub async fn deck_of_another_tenant(&self) -> String {
        let skill =
            self.host
                .install_for("elsewhere", Guest::named("capabilities"), "[artifacts]\n");
        let skill = skill.await;
        let arguments = json!({ "name": "deck.pptx", "media-type": PPTX, "body": "not yours" });
        self.host
            .call(&skill, "output.put-artifact", arguments)
            .await
            .text()
    }

    pub fn books(&self) -> [&Book; 3] {
        [
            self.salesforce.book(),
            self.jira.book(),
            self.calendar.book(),
        ]
    }

    /// Of the service a step changes.
    pub fn book_of(&self, step: &Step) -> &Book {
        match step.skill.digest == self.calendar_skill.digest {
            true => self.calendar.book(),
            false => self.jira.book(),
        }
    }

    /// How often something was changed.
    pub fn applied(&self) -> u64 {
        self.books().iter().map(|book| book.counts().applied).sum()
    }

    /// All that the story can change.
    pub fn state(&self) -> Value {
        json!([self.jira.state(), self.calendar.state()])
    }
}

/// A skill made of a description, as it is in the repository.
async fn described(host: &TestHost, name: &str) -> Guest {
    let skills = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../skills");
    let read = |path: PathBuf| {
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let text = |path: PathBuf| String::from_utf8(read(path)).unwrap();
    let folder = skills.join(name);
    let plan = "assets/operations.json";
    let inputs = Inputs {
        component: read(skills.join("openapi/openapi.wasm")),
        manifest: text(folder.join("skill.toml")),
        skill_md: Some(text(folder.join("SKILL.md"))),
        resources: BTreeMap::from([(plan.to_owned(), read(folder.join(plan)))]),
        ..Inputs::default()
    };
    let packed = pack(host.host(), inputs).await;
    Guest::bytes(
        packed
            .unwrap_or_else(|error| panic!("{name}: {error}"))
            .bytes,
    )
}

fn jira_grant(emulator: &jira::Emulator) -> String {
    let (address, user) = (emulator.addr(), jira::USER);
    format!(
        r#"
[[http]]
host = "{SITE}"
methods = ["*"]
paths = ["/rest/api/3/**"]
credential = "jira"
connect = "{address}"
addresses = ["127.0.0.0/8"]
ca-file = "jira.pem"

[config]
base-url = "https://{SITE}"

[artifacts]

[credentials.jira]
kind = "basic"
username = "{user}"
secret = {{ file = "jira-token" }}
hosts = ["{SITE}"]
"#
    )
}

fn calendar_grant(emulator: &calendar::Emulator) -> String {
    let (address, client) = (emulator.addr(), calendar::CLIENT_ID);
    format!(
        r#"
[[http]]
host = "{GOOGLE}"
methods = ["*"]
paths = ["/calendar/v3/**"]
credential = "google-calendar"
connect = "{address}"
addresses = ["127.0.0.0/8"]
ca-file = "calendar.pem"

[artifacts]

[credentials.google-calendar]
kind = "oauth2-refresh-token"
token-url = "https://{TOKENS}/token"
client-id = "{client}"
client-secret = {{ file = "client-secret" }}
secret = {{ file = "refresh-token" }}
hosts = ["{GOOGLE}"]
connect = "{address}"
addresses = ["127.0.0.0/8"]
ca-file = "calendar.pem"
"#
    )
}
