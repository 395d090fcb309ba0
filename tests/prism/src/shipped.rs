//! A shipped skill as it is packed: every tool it has sends requests that Prism accepts.
//!
//! The file is the one an operator installs, its plan and address included: the grant alone says that the service is on this
//! machine. Arguments are those of its fixtures and some made from each tool's input schema, and Prism mocks the description the
//! skill is made of. Where that is an excerpt, mended in places, Prism also mocks the description as it is published: there, the
//! fixtures' arguments have to do for every operation the published description has and `mend.json` does not say anew.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use metier_e2e::{Guest, Installed, TestHost};
use metier_market::{folder::MANIFEST_FILE, unpack};
use metier_openapi::{Document, Listing};
use metier_openapi_plan::{BaseUrlConfig, Operation, Plan, RESOURCE};
use serde_json::Value;

use crate::prism::{Place, Prism};
use crate::random::Random;
use crate::sampled::SEED;
use crate::service::of_body;
use crate::values;
use crate::verdict::{self, Verdict};

/// Arguments made for each tool, beside those of its fixtures.
const MADE: usize = 8;

/// One shipped skill.
pub struct Skill<'p> {
    /// Its folder, for the fixtures.
    pub folder: &'p Path,
    /// The packed file.
    pub file: &'p Path,
    /// The description it is made of.
    pub description: &'p Path,
    /// The description as its service publishes it.
    pub published: &'p Path,
    /// A parameter the published description wants the key in, where the skill has it sent as `Authorization`: its absence is told
    /// and not held against the skill.
    pub key: Option<&'p str>,
}

/// A call that will be made.
#[derive(Clone)]
struct Trial {
    tool: String,
    route: String,
    arguments: Value,
}

/// Calls every tool; the error is that Prism refused a request, or a tool was never tried.
pub fn run(place: Place, skill: &Skill<'_>) -> Result<()> {
    let bytes = std::fs::read(skill.file)?;
    let (_, files) = unpack::files(&bytes)?;
    let text = |name: &str| -> Result<&str> {
        let bytes = files.get(name).with_context(|| format!("no {name}"))?;
        Ok(std::str::from_utf8(bytes)?)
    };
    let plan = Plan::from_json(text(RESOURCE)?).map_err(|error| anyhow!("{error}"))?;
    let address = Address::of(&plan.base_url)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let _entered = runtime.enter();
    let host = TestHost::start();
    let mut prism = Prism::start(&Place {
        identity: Some(address.identity(host.folder())?),
        ..place
    })?;
    let grant = address.grant(text(MANIFEST_FILE)?, &plan, prism.port)?;
    let installed =
        runtime.block_on(host.try_install("local", Guest::bytes(bytes.clone()), &grant));
    let installed = installed.map_err(|fault| anyhow!("{fault}"))?;
    let recorded = fixtures(skill.folder, &plan)?;
    let trials = [recorded.clone(), made(&plan)].concat();
    let mut judge = |description: &Path, trials: Vec<Trial>, key: Option<&str>| {
        prism.open(description, &address.path)?;
        runtime.block_on(all(&mut prism, &host, &installed, trials, key))
    };
    let own = judge(skill.description, trials, None)?;
    let missed: Vec<&str> = plan
        .operations
        .iter()
        .map(|operation| operation.tool.as_str())
        .filter(|tool| !own.contains(*tool))
        .collect();
    ensure!(missed.is_empty(), "Prism judged no request of {missed:?}");
    if skill.description != skill.published {
        let mended = mended(skill.folder)?;
        let mut known = routes(skill.published)?;
        known.retain(|route| !mended.contains(route));
        let trials = recorded.into_iter();
        let trials = trials.filter(|trial| known.contains(&trial.route));
        judge(skill.published, trials.collect(), skill.key)?;
    }
    Ok(())
}

/// Makes the calls; the tools whose requests were all accepted, which is every one that was called.
async fn all(
    prism: &mut Prism,
    host: &TestHost,
    skill: &Installed,
    trials: Vec<Trial>,
    key: Option<&str>,
) -> Result<BTreeSet<String>> {
    let (mut tools, mut wrong, mut keyless) = (BTreeSet::new(), Vec::new(), 0);
    let count = trials.len();
    let lacks = key.map(|key| format!("must have required property '{key}' ["));
    for trial in trials {
        let ended = host.call(skill, &trial.tool, trial.arguments.clone()).await;
        let exchanges = prism.seen()?;
        let fault = ended.outcome.result.as_ref().err();
        let fault = fault.map(|fault| format!("{} {fault} {:?}", fault.code, fault.details));
        let credential = exchanges.first().is_none_or(|exchange| exchange.credential);
        let why = match verdict::of(&exchanges, fault.as_deref()) {
            Verdict::Accepted if credential => None,
            Verdict::Accepted => Some("no credential".to_owned()),
            Verdict::Refused(why) if is_only(&why, lacks.as_deref()) => {
                keyless += 1;
                None
            }
            Verdict::Refused(why) | Verdict::NotSent(why) | Verdict::Unjudged(why) => Some(why),
        };
        if let Some(why) = why {
            let arguments: String = trial.arguments.to_string().chars().take(300).collect();
            wrong.push(format!(
                "{} ({}) with {arguments}: {why}",
                trial.tool, trial.route
            ));
        }
        tools.insert(trial.tool);
    }
    if !wrong.is_empty() {
        bail!("{} of {count} requests:\n{}", wrong.len(), wrong.join("\n"));
    }
    let exception = match key.filter(|_| keyless > 0) {
        Some(key) => format!(", {keyless} of them but for the key, which is not in `{key}`"),
        None => String::new(),
    };
    writeln!(
        std::io::stdout(),
        "{count} requests of {} tools, all accepted{exception}",
        tools.len()
    )?;
    Ok(tools)
}

/// Whether a refusal has one reason, and that is this one.
fn is_only(why: &str, reason: Option<&str>) -> bool {
    reason.is_some_and(|reason| why.contains(reason) && !why.contains("; "))
}

/// Arguments made of each tool's input schema.
fn made(plan: &Plan) -> Vec<Trial> {
    let mut trials: Vec<Trial> = Vec::new();
    for operation in &plan.operations {
        let mut random = Random::of(SEED, &operation.tool);
        for _ in 0..MADE {
            let schema = &operation.input_schema;
            let arguments = values::arguments(schema, &of_body(operation), &mut random);
            let same = |trial: &Trial| trial.tool == operation.tool && trial.arguments == arguments;
            if !trials.iter().any(same) {
                trials.push(Trial {
                    tool: operation.tool.clone(),
                    route: route(operation),
                    arguments,
                });
            }
        }
    }
    trials
}

/// The arguments of the skill's recorded calls.
fn fixtures(folder: &Path, plan: &Plan) -> Result<Vec<Trial>> {
    let mut files: Vec<_> = std::fs::read_dir(folder.join("fixtures"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    files.sort();
    let mut trials = Vec::new();
    for file in files {
        let fixture: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
        let tool = fixture["tool"].as_str().context("a fixture has a tool")?;
        let operation = plan.operations.iter().find(|one| one.tool == tool);
        trials.push(Trial {
            tool: tool.to_owned(),
            route: route(operation.with_context(|| format!("there is no tool `{tool}`"))?),
            arguments: fixture["arguments"].clone(),
        });
    }
    ensure!(!trials.is_empty(), "there is no fixture");
    Ok(trials)
}

fn route(operation: &Operation) -> String {
    format!("{} {}", operation.method, operation.path)
}

/// The operations a description has.
fn routes(description: &Path) -> Result<BTreeSet<String>> {
    let document = Document::parse(&std::fs::read(description)?)?;
    let listing = Listing::of(&document);
    Ok(listing.operations.iter().map(|one| one.route()).collect())
}

/// The operations that `mend.json` says anew, because the published description has them wrong or not at all: judging them by it would
/// judge the mistake.
fn mended(folder: &Path) -> Result<BTreeSet<String>> {
    let file = folder.join("mend.json");
    if !file.is_file() {
        return Ok(BTreeSet::new());
    }
    let mend: Value = serde_json::from_slice(&std::fs::read(file)?)?;
    let paths = mend["paths"].as_object().into_iter().flatten();
    let routes = paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flat_map(|item| item.keys());
        methods.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    Ok(routes.collect())
}

/// Where the skill's requests go: `https://HOST/PATH`.
struct Address {
    host: String,
    path: String,
}

impl Address {
    fn of(base_url: &str) -> Result<Address> {
        let rest = base_url.strip_prefix("https://").context("no https URL")?;
        let at = rest.find('/').unwrap_or(rest.len());
        let (host, path) = rest.split_at(at);
        Ok(Address {
            host: host.to_owned(),
            path: path.to_owned(),
        })
    }

    /// A certificate for the host, and its key, in `folder`.
    fn identity(&self, folder: &Path) -> Result<[std::path::PathBuf; 2]> {
        let made = rcgen::generate_simple_self_signed([self.host.clone()])?;
        let files = [folder.join(CERTIFICATE), folder.join("key.pem")];
        std::fs::write(&files[0], made.cert.pem())?;
        std::fs::write(&files[1], made.signing_key.serialize_pem())?;
        Ok(files)
    }

    /// What an operator grants: all the manifest asks for, at this host, which is on this machine.
    fn grant(&self, manifest: &str, plan: &Plan, port: u16) -> Result<String> {
        let manifest: toml::Table = manifest.parse()?;
        let rules = manifest
            .get("capabilities")
            .and_then(|asks| asks.get("http"))
            .and_then(toml::Value::as_array);
        let mut text = String::from("[artifacts]\n");
        let mut credentials = BTreeSet::new();
        for rule in rules.context("the manifest asks for no http")? {
            let mut rule = rule.as_table().cloned().context("a rule is a table")?;
            credentials.extend(rule.get("credential").map(ToString::to_string));
            let mut set = |key: &str, value: toml::Value| rule.insert(key.to_owned(), value);
            set("host", self.host.as_str().into());
            set("connect", format!("127.0.0.1:{port}").into());
            set("addresses", toml::Value::Array(vec!["127.0.0.0/8".into()]));
            set("ca-file", CERTIFICATE.into());
            text.push_str(&format!("[[http]]\n{rule}"));
        }
        for name in credentials {
            text.push_str(&format!(
                "[credentials.{name}]\nkind = \"bearer\"\nsecret = {{ env = \"SECRET\" }}\nhosts = [{:?}]\n",
                self.host
            ));
        }
        if plan.base_url_config != BaseUrlConfig::Fixed {
            text.push_str(&format!("[config]\nbase-url = {:?}\n", plan.base_url));
        }
        Ok(text)
    }
}

/// The certificate's file in the host's folder, where the grant finds it.
const CERTIFICATE: &str = "service.pem";
