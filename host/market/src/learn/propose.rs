//! Writes the proposal: TOML to be pasted.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use metier_core::{
    CredentialName, Limits, Manifest, ManifestError, Method,
    http::{Host, Scheme},
};
use metier_runtime::skill::Skill;
use serde_json::json;

use super::{Peak, Used, limits, paths};

/// One rule about requests.
struct Rule {
    scheme: Scheme,
    host: Host,
    port: u16,
    methods: Vec<Method>,
    paths: Vec<String>,
    credential: Option<CredentialName>,
}

/// The `[capabilities]` and `[limits]` of a manifest.
pub fn manifest(was: &Manifest, used: &Used, (peak, host): (&Peak, &Limits)) -> String {
    let mut sections: Vec<String> = rules(used)
        .iter()
        .map(|rule| rule.write("[[capabilities.http]]"))
        .collect();
    if !used.buckets.is_empty() {
        sections.push(format!(
            "[capabilities.kv]\nbuckets = {}",
            json!(used.buckets)
        ));
    }
    // A rehearsal has no directories, so nothing is known about them.
    sections.extend(was.capabilities.files.iter().map(|ask| {
        format!(
            "[[capabilities.files]]\npath = {}\naccess = \"{}\"",
            json!(ask.path),
            ask.access
        )
    }));
    sections.extend(
        used.artifacts
            .then(|| "[capabilities.artifacts]".to_owned()),
    );
    if !used.keys.is_empty() {
        sections.push(format!(
            "[capabilities.config]\nkeys = {}",
            json!(used.keys)
        ));
    }
    sections.extend(used.log.then(|| "[capabilities.log]".to_owned()));
    sections.extend(of_others(used, "capabilities."));
    sections.extend(limits::manifest(was, peak, host));
    text(&sections)
}

/// A grant file.
pub fn grant(skill: &Skill, used: &Used, (peak, host): (&Peak, &Limits)) -> String {
    let subject = match skill.manifest().name() {
        Some(name) => format!("skill = {}", json!(name)),
        None => format!("digest = \"{}\"", skill.digest()),
    };
    let rules = rules(used);
    let mut sections = vec![format!("{subject}\ntools = {}", json!(used.tools))];
    sections.extend(rules.iter().map(|rule| rule.write("[[http]]")));
    if !used.buckets.is_empty() {
        sections.push(format!("[kv]\nbuckets = {}", json!(used.buckets)));
    }
    sections.extend(used.artifacts.then(|| "[artifacts]".to_owned()));
    // A key without a value may be optional: it is for the operator to say.
    let values = used
        .config_values
        .iter()
        .filter(|(key, _)| used.keys.contains(*key));
    let values: Vec<String> = values
        .map(|(key, value)| format!("{} = {}", json!(key), json!(value)))
        .collect();
    if !values.is_empty() {
        sections.push(format!("[config]\n{}", values.join("\n")));
    }
    sections.extend(used.log.then(|| "[log]".to_owned()));
    sections.extend(of_others(used, ""));
    sections.extend(limits::grant(skill.manifest(), peak, host));
    sections.extend(credentials(&rules));
    text(&sections)
}

/// The manifest of `was` with these capabilities and limits instead of its own.
pub fn read(was: &Manifest, proposal: &str) -> Result<Manifest, ManifestError> {
    let head = "[skill]\nname = \"com.example/proposal\"\nversion = \"0.0.0\"\n\n";
    let read = Manifest::parse(&format!("{head}{proposal}"))?;
    Ok(Manifest {
        capabilities: read.capabilities,
        limits: read.limits,
        ..was.clone()
    })
}

/// What is asked of models and other skills: in a manifest or a grant.
fn of_others(used: &Used, prefix: &str) -> Vec<String> {
    let mut sections = Vec::new();
    if !used.routes.is_empty() {
        sections.push(format!("[{prefix}model]\nroutes = {}", json!(used.routes)));
    }
    if !used.calls.is_empty() {
        sections.push(format!("[{prefix}calls]\ntools = {}", json!(used.calls)));
    }
    sections
}

fn text(sections: &[String]) -> String {
    match sections.is_empty() {
        true => String::new(),
        false => format!("{}\n", sections.join("\n\n")),
    }
}

type Place = (String, u16, Option<CredentialName>);

/// One for each host, set of methods and credential.
fn rules(used: &Used) -> Vec<Rule> {
    let mut places: BTreeMap<Place, BTreeMap<String, (Method, BTreeSet<String>)>> = BTreeMap::new();
    let mut hosts = BTreeMap::new();
    for request in &used.http {
        let url = &request.url;
        let origin = format!("{}://{}", url.scheme(), url.host());
        hosts.insert(origin.clone(), (url.scheme(), url.host().clone()));
        let place = (origin, url.port(), request.credential.clone());
        let methods = places.entry(place).or_default();
        let (_, paths) = methods
            .entry(request.method.to_string())
            .or_insert_with(|| (request.method.clone(), BTreeSet::new()));
        paths.insert(paths::pattern(url.path_segments()));
    }
    let mut rules: Vec<Rule> = Vec::new();
    for ((origin, port, credential), methods) in places {
        let first = rules.len();
        let Some((scheme, host)) = hosts.get(&origin) else {
            continue;
        };
        for (method, used) in methods.into_values() {
            let paths = paths::generalised(&used);
            match rules[first..].iter_mut().find(|rule| rule.paths == paths) {
                Some(rule) => rule.methods.push(method),
                None => rules.push(Rule {
                    scheme: *scheme,
                    host: host.clone(),
                    port,
                    methods: vec![method],
                    paths,
                    credential: credential.clone(),
                }),
            }
        }
    }
    rules
}

impl Rule {
    fn write(&self, head: &str) -> String {
        let mut text = head.to_owned();
        let mut line = |key: &str, value: serde_json::Value| {
            // Writing to a string does not fail.
            let _ = write!(text, "\n{key} = {value}");
        };
        if self.scheme != Scheme::Https {
            line("scheme", json!(self.scheme.to_string()));
        }
        line("host", json!(self.host.to_string()));
        if self.port != self.scheme.default_port() {
            line("port", json!(self.port));
        }
        let methods: Vec<&str> = self.methods.iter().map(Method::as_str).collect();
        line("methods", json!(methods));
        line("paths", json!(self.paths));
        if let Some(name) = &self.credential {
            line("credential", json!(name));
        }
        text
    }
}

fn credentials(rules: &[Rule]) -> Vec<String> {
    let mut named: BTreeMap<&CredentialName, BTreeSet<String>> = BTreeMap::new();
    for rule in rules {
        if let Some(name) = &rule.credential {
            named.entry(name).or_default().insert(rule.host.to_string());
        }
    }
    let section = |(name, hosts): (&CredentialName, BTreeSet<String>)| {
        format!(
            "# How the secret is used and where it is kept is yours to say.\n[credentials.{}]\nkind = \"bearer\"\nsecret = {{ vault = {} }}\nhosts = {}",
            json!(name),
            json!(name),
            json!(hosts)
        )
    };
    named.into_iter().map(section).collect()
}
