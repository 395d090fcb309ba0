//! The gate: what it lets through, and one attack for each rule.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod bombs;
mod gate;
mod naming;
mod texts;

use std::collections::BTreeMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use metier_core::package::{self, Resources, section};

use super::{Names, Outcome, Replay, Replayed, Report, review};
use crate::{fixtures, pack::sections::append};

const MANIFEST: &str = r#"[skill]
name = "com.acme/weather"
version = "1.0.0"
description = "Tells the weather."
license = "Apache-2.0"
homepage = "https://weather.acme.dev/docs"

[tools.forecast]
effect = "read"

[[capabilities.http]]
host = "api.acme.dev"
methods = ["GET"]
paths = ["/v1/forecast"]
"#;
const SKILL_MD: &str =
    "---\nname: weather\ndescription: Tells the weather.\n---\n\n# Weather\n\nAsk for a city.\n";
const TOOLS: &str = r#"[{"name": "forecast", "description": "Tell it.", "effect": "read", "inputSchema": {"type": "object", "properties": {
    "place": {"type": "string", "description": "Where."}}}}]"#;
const FIXTURE: &str = r#"{"tool": "forecast", "arguments": {}, "exchanges": [{"request": {"method": "GET",
    "url": "https://api.acme.dev/v1/forecast"}, "response": {"status": 200}}], "answer": "sun"}"#;

/// A file before it is packed.
struct Case {
    component: Vec<u8>,
    manifest: String,
    skill_md: String,
    tools: String,
    files: BTreeMap<String, Vec<u8>>,
    /// Sections behind ours.
    more: Vec<(&'static str, Vec<u8>)>,
    names: Vec<&'static str>,
}

fn good() -> Case {
    Case {
        component: wat::parse_str("(component)").unwrap(),
        manifest: MANIFEST.to_owned(),
        skill_md: SKILL_MD.to_owned(),
        tools: TOOLS.to_owned(),
        files: BTreeMap::from([("fixtures/forecast.json".to_owned(), FIXTURE.into())]),
        more: Vec::new(),
        names: Vec::new(),
    }
}

impl Case {
    fn bytes(&self) -> Vec<u8> {
        let files = self
            .files
            .iter()
            .map(|(path, body)| (path.parse().unwrap(), body.as_slice()));
        let files = Resources::new(files).unwrap().encode().unwrap();
        let tools = package::decode_tools(self.tools.as_bytes()).unwrap();
        let mut sections = vec![
            (section::MANIFEST, Some(self.manifest.clone().into_bytes())),
            (section::TOOLS, Some(package::encode_tools(&tools).unwrap())),
            (section::SKILL_MD, Some(self.skill_md.clone().into_bytes())),
            (section::RESOURCES, Some(files)),
        ];
        sections.extend(
            self.more
                .iter()
                .map(|(name, data)| (*name, Some(data.clone()))),
        );
        append(self.component.clone(), &sections)
    }

    fn review(&self) -> Report {
        reviewed(&self.bytes(), &self.names, &Sandbox(Replayed::Went(went())))
    }
}

/// A sandbox that always says the same.
struct Sandbox(Replayed);

impl Replay for Sandbox {
    async fn replay(&self, _: &[u8]) -> Replayed {
        self.0.clone()
    }
}

/// One fixture, as recorded.
fn went() -> fixtures::Report {
    let one = fixtures::Replayed {
        name: "forecast".parse().unwrap(),
        tool: Some("forecast".to_owned()),
        mismatches: Vec::new(),
        usage: Default::default(),
        stdio: String::new(),
    };
    fixtures::Report {
        fixtures: vec![one],
    }
}

fn reviewed(bytes: &[u8], names: &[&str], replay: &impl Replay) -> Report {
    let names: Names = names.iter().map(|name| name.parse().unwrap()).collect();
    let future = pin!(review(bytes, &names, replay));
    // Nothing here waits for anything.
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(report) => report,
        Poll::Pending => panic!("the sandbox of a test does not wait"),
    }
}

/// The rules that a changed skill breaks, each once, and what comes of it.
fn broken(change: impl FnOnce(&mut Case)) -> (Vec<String>, Outcome) {
    let mut case = good();
    change(&mut case);
    let report = case.review();
    let mut rules: Vec<String> = report
        .findings
        .iter()
        .map(|finding| finding.rule.clone())
        .collect();
    rules.sort();
    rules.dedup();
    (rules, report.outcome)
}

/// That the change breaks this rule and no other.
fn breaks(rule: &str, change: impl FnOnce(&mut Case)) {
    let (rules, _) = broken(change);
    assert_eq!(rules, [rule]);
}
