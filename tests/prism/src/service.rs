//! One description: some of its operations as a skill, called through a real host, with Prism at the other end.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use metier_e2e::{Guest, TestHost};
use metier_market::pack::{Inputs, pack};
use metier_openapi::skill::{self, About, Files};
use metier_openapi::{Conversion, Document, Listing, Made, Server, convert_at};
use metier_openapi_plan::Operation;
use serde_json::Value;

use crate::prism::Prism;
use crate::random::Random;
use crate::values;
use crate::verdict::{self, Verdict};

/// Operations taken of one service, so that 500 are spread over at least 100 of them.
pub const OPERATIONS: usize = 5;

/// One operation and what became of it.
pub struct Judged {
    /// `GET /pets/{id}`.
    pub route: String,
    /// What became of it.
    pub verdict: Verdict,
    /// Whether Prism also finds the credentials it wants.
    pub credential: bool,
}

/// Samples a description. The error is why Prism, or the generator, cannot read it at all.
pub async fn run(
    prism: &mut Prism,
    host: &TestHost,
    component: &[u8],
    description: &Path,
    seed: u64,
) -> Result<Vec<Judged>> {
    let bytes = std::fs::read(description)?;
    let document = Document::parse(&bytes)?;
    let listing = Listing::of(&document);
    let name = description.to_string_lossy();
    let mut routes: Vec<_> = listing.operations.iter().collect();
    routes.sort_by_key(|listed| listed.route());
    let mut chosen =
        Random::of(seed, name.rsplit("/api/").next().unwrap_or_default()).shuffled(routes);
    chosen.truncate(OPERATIONS);
    prism.open(description, "")?;
    let server = Server::at(&format!("http://127.0.0.1:{}", prism.port))?;
    let mut conversion = convert_at(&document, chosen, Ok(server.clone()));
    let left_out = conversion.left_out.iter().map(|problem| Judged {
        route: problem.to_string().chars().take(80).collect(),
        verdict: Verdict::NotSent(problem.to_string()),
        credential: true,
    });
    let mut judged: Vec<Judged> = left_out.collect();
    // Prism is where every server of the description is.
    for made in &mut conversion.operations {
        made.operation.base_url = None;
        made.server = server.clone();
    }
    if conversion.operations.is_empty() {
        return Ok(judged);
    }
    match skill(host, component, &document, &conversion).await {
        Ok(skill) => {
            for made in &conversion.operations {
                judged.push(call(prism, host, &skill, made, seed).await?);
            }
        }
        Err(error) => judged.extend(conversion.operations.iter().map(|made| Judged {
            route: made.route.clone(),
            verdict: Verdict::NotSent(format!("no skill: {error:#}")),
            credential: true,
        })),
    }
    Ok(judged)
}

async fn skill(
    host: &TestHost,
    component: &[u8],
    document: &Document,
    conversion: &Conversion,
) -> Result<metier_e2e::Installed> {
    let about = About {
        name: "com.example/sample".parse()?,
        version: "0.1.0".parse()?,
    };
    let files = skill::write(document, &about, conversion)?;
    let grant = grant(&files)?;
    let inputs = Inputs {
        component: component.to_vec(),
        manifest: files.manifest,
        skill_md: Some(files.skill_md),
        resources: BTreeMap::from([("assets/operations.json".to_owned(), files.plan.into_bytes())]),
        ..Inputs::default()
    };
    let packed = pack(host.host(), inputs)
        .await
        .map_err(|error| anyhow!("{error}"))?;
    let installed = host
        .try_install("local", Guest::bytes(packed.bytes), &grant)
        .await;
    installed.map_err(|fault| anyhow!("{fault}"))
}

/// What an operator grants: all the manifest asks for, with a secret for every credential.
///
/// Where OAuth would fetch a token first, the operator has one already: there is no issuer on this machine.
fn grant(files: &Files) -> Result<String> {
    let manifest: toml::Table = files.manifest.parse()?;
    let rules = manifest
        .get("capabilities")
        .and_then(|asks| asks.get("http"))
        .and_then(toml::Value::as_array);
    let mut text = String::from("[artifacts]\n");
    for rule in rules.context("the manifest asks for no http")? {
        let mut rule = rule.as_table().cloned().context("a rule is a table")?;
        rule.insert(
            "addresses".to_owned(),
            toml::Value::Array(vec!["127.0.0.0/8".into()]),
        );
        text.push_str(&format!("[[http]]\n{rule}"));
    }
    let proposed: toml::Table = files.grant.parse()?;
    let credentials = proposed.get("credentials").and_then(toml::Value::as_table);
    for (name, credential) in credentials.into_iter().flatten() {
        let said = |key: &str| credential.get(key).and_then(toml::Value::as_str);
        let lines = match said("kind").unwrap_or_default() {
            "basic" => "kind = \"basic\"\nusername = \"somebody\"\n".to_owned(),
            kind @ "api-key-header" => format!(
                "kind = \"{kind}\"\nheader = {:?}\n",
                said("header").unwrap_or_default()
            ),
            kind @ "api-key-query" => format!(
                "kind = \"{kind}\"\nparameter = {:?}\n",
                said("parameter").unwrap_or_default()
            ),
            _ => "kind = \"bearer\"\n".to_owned(),
        };
        text.push_str(&format!(
            "[credentials.{name:?}]\n{lines}secret = {{ env = \"SECRET\" }}\nhosts = [\"127.0.0.1\"]\n"
        ));
    }
    Ok(text)
}

/// What a body needs, also where it is optional: Prism misses any body that is described, and so do most services.
pub fn of_body(operation: &Operation) -> Vec<&str> {
    let Some(body) = &operation.body else {
        return Vec::new();
    };
    let fields = body.fields.iter().filter(|_| body.whole.is_none());
    let needed = fields.clone().filter(|field| field.required);
    let mut names: Vec<&str> = needed.map(|field| field.argument.as_str()).collect();
    if names.is_empty() {
        names.extend(fields.take(1).map(|field| field.argument.as_str()));
    }
    names.into_iter().chain(body.whole.as_deref()).collect()
}

async fn call(
    prism: &mut Prism,
    host: &TestHost,
    skill: &metier_e2e::Installed,
    made: &Made,
    seed: u64,
) -> Result<Judged> {
    let arguments: Value = values::arguments(
        &made.operation.input_schema,
        &of_body(&made.operation),
        &mut Random::of(seed, &made.route),
    );
    let ended = host
        .call(skill, &made.operation.tool, arguments.clone())
        .await;
    let fault = ended.outcome.result.as_ref().err();
    let fault = fault.map(|fault| {
        let arguments: String = arguments.to_string().chars().take(200).collect();
        format!("{} {fault} {:?} [{arguments}]", fault.code, fault.details)
    });
    let exchanges = prism.seen()?;
    Ok(Judged {
        route: made.route.clone(),
        verdict: verdict::of(&exchanges, fault.as_deref()),
        credential: exchanges.first().is_none_or(|exchange| exchange.credential),
    })
}
