//! The record: each part by its digest.

use metier_core::{
    Digest, Manifest, SkillName, canonical,
    http::{HttpRule, MethodSet},
    manifest::HttpAsk,
};
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Contents, words};

/// The form of records written here.
const FORM: u64 = 1;

/// What was consented to. Equal meanings have equal digests: the order of rules and the spelling of sizes do not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Record {
    /// The record's form: 1.
    pub v: u64,
    /// The skill.
    pub name: SkillName,
    /// The version.
    pub version: Version,
    /// The whole file.
    pub component: Digest,
    /// The component without our sections.
    pub code: Digest,
    /// What a model reads: SKILL.md, names, titles and descriptions of tools, the skill's description, packed texts.
    pub words: Digest,
    /// Schemas of arguments and answers, with the words in them.
    pub schemas: Digest,
    /// What each tool says it does to the world.
    pub effects: Digest,
    /// The reach and the resources it asks for.
    pub authority: Digest,
    /// What it costs.
    pub price: Digest,
    /// Packed files that nobody reads as text.
    pub files: Digest,
}

impl Record {
    /// The record of these contents.
    pub fn of(contents: &Contents) -> Self {
        let tools = contents.tools.iter();
        let schemas: Value = tools
            .clone()
            .map(|tool| json!([tool.name, tool.input_schema, tool.output_schema]))
            .collect();
        let effects: Value = tools.map(|tool| json!([tool.name, tool.effect])).collect();
        let files = contents
            .files
            .iter()
            .filter(|(path, body)| !words::is_read(path, body));
        let files: Value = files
            .map(|(path, body)| json!([path, Digest::of(body)]))
            .collect();
        Record {
            v: FORM,
            name: contents.name.clone(),
            version: contents.version.clone(),
            component: contents.component,
            code: contents.code,
            words: digest(&words::value(contents)),
            schemas: digest(&schemas),
            effects: digest(&effects),
            authority: digest(&authority(&contents.manifest)),
            price: digest(&json!(contents.manifest.pricing.value)),
            files: digest(&files),
        }
    }

    /// The digest of the whole record: what `metier.lock` keeps.
    pub fn digest(&self) -> Digest {
        digest(&json!(self))
    }

    /// The `authority` of a publication and of its line in the index: what it may do, and what its tools say they do.
    pub fn published_authority(&self) -> Digest {
        digest(&json!([self.authority, self.effects]))
    }

    /// The `words` of a publication and of its line in the index: everything a model reads.
    pub fn published_words(&self) -> Digest {
        digest(&json!([self.words, self.schemas]))
    }
}

pub(super) fn digest(value: &Value) -> Digest {
    Digest::of(canonical::text(value).as_bytes())
}

/// What is asked for, each list in one order and without repetitions.
fn authority(manifest: &Manifest) -> Value {
    let asks = &manifest.capabilities;
    let files = asks.files.iter().map(|ask| json!([ask.path, ask.access]));
    json!({
        "http": sorted(asks.http.iter().map(|ask| http(ask))),
        "kv": asks.kv.as_ref().map(|kv| sorted(kv.buckets.iter().map(|name| json!(name)))),
        "files": sorted(files),
        "artifacts": asks.artifacts.is_some(),
        "config": asks.config.as_ref().map(|config| sorted(config.keys.iter().map(|key| json!(key)))),
        "log": asks.log.is_some(),
        "model": asks.model.as_ref().map(|model| sorted(model.routes.iter().map(|route| json!(route)))),
        "calls": asks.calls.as_ref().map(|calls| sorted(calls.tools.iter().map(|tool| json!(tool.to_string())))),
        "limits": limits(manifest),
    })
}

fn http(ask: &HttpAsk) -> Value {
    let HttpRule {
        scheme,
        host,
        port,
        methods,
        paths,
    } = &ask.rule;
    let methods = match methods {
        MethodSet::Any => json!("*"),
        MethodSet::Listed(methods) => sorted(methods.iter().map(|method| json!(method))),
    };
    let paths = sorted(paths.iter().map(|path| json!(path.to_string())));
    json!([
        scheme,
        host.to_string(),
        port,
        methods,
        paths,
        ask.credential
    ])
}

fn limits(manifest: &Manifest) -> Value {
    let limits = &manifest.limits;
    json!({
        "memory": limits.memory.map(|size| size.bytes()),
        "table-elements": limits.table_elements,
        "cpu-ns": limits.cpu.map(|span| span.duration().as_nanos().to_string()),
        "wall-ns": limits.wall.map(|span| span.duration().as_nanos().to_string()),
        "log-bytes": limits.log_bytes.map(|size| size.bytes()),
        "artifact-bytes": limits.artifact_bytes.map(|size| size.bytes()),
        "requests": limits.requests,
        "request-bytes": limits.request_bytes.map(|size| size.bytes()),
        "response-bytes": limits.response_bytes.map(|size| size.bytes()),
        "result-bytes": limits.result_bytes.map(|size| size.bytes()),
    })
}

fn sorted(values: impl Iterator<Item = Value>) -> Value {
    let mut texts: Vec<(String, Value)> = values
        .map(|value| (canonical::text(&value), value))
        .collect();
    texts.sort_by(|(a, _), (b, _)| a.cmp(b));
    texts.dedup_by(|(a, _), (b, _)| a == b);
    texts.into_iter().map(|(_, value)| value).collect()
}
