//! Where an installed skill goes: to the service, or into a directory.

use std::path::Path;

use http::Method;
use metier_agent::definition::Name;
use metier_core::{Code, SkillName};
use metier_market::client::{Fetched, FirstKey, write_file};
use serde_json::{Value, json};

use super::grant;
use crate::{
    args::market_client::Target,
    commands::{
        App,
        admin::client::{Body, Client},
    },
    errors::Failure,
    text,
};

/// What takes the skill.
pub enum Placing<'t> {
    /// A running service.
    Service(Box<Client>),
    /// A directory.
    Directory(&'t Path),
}

impl Placing<'_> {
    /// As the command line says; that the service can be asked at all is found out first.
    ///
    /// # Errors
    /// Without a key for the service.
    pub fn of<'t>(app: &App, target: &'t Target) -> Result<Placing<'t>, Failure> {
        match &target.to {
            Some(to) => Ok(Placing::Directory(to)),
            None => {
                let client = Client::new(app, target.tenant.as_deref())?;
                Ok(Placing::Service(Box::new(client)))
            }
        }
    }

    /// Whether a service takes it.
    pub fn is_service(&self) -> bool {
        matches!(self, Placing::Service(_))
    }

    /// Puts it there.
    ///
    /// # Errors
    /// The service's, or the disk's.
    pub async fn put(
        &self,
        alias: &Name,
        fetched: &Fetched,
        first_key: FirstKey,
    ) -> Result<Value, Failure> {
        let grant = grant::text(fetched.contents.manifest(), fetched.contents.component());
        match self {
            Placing::Service(client) => {
                let mut parts = vec![
                    ("component", "application/wasm", fetched.component.clone()),
                    ("receipt", "application/json", fetched.receipt.clone()),
                ];
                // A grant that is there is somebody's work and stays.
                let is_there = is_there(client, alias, fetched.contents.name()).await?;
                if !is_there {
                    parts.push(("grant", "application/toml", grant.into_bytes()));
                }
                let meant = match first_key {
                    FirstKey::Remembered => "",
                    FirstKey::Accepted(_) => "?new_publisher=true",
                };
                let path = format!("/skills/{}{meant}", alias.as_str());
                client.ask(Method::PUT, &path, Body::Form(parts)).await?;
                Ok(json!({"alias": alias, "grant-kept": is_there}))
            }
            Placing::Directory(folder) => directory(folder, alias, fetched, &grant),
        }
    }
}

/// Whether the service has this skill by that alias already.
async fn is_there(client: &Client, alias: &Name, name: &SkillName) -> Result<bool, Failure> {
    let path = format!("/skills/{}", alias.as_str());
    let answer = match client.ask(Method::GET, &path, Body::None).await {
        Ok(answer) => answer,
        Err(failure) if failure.fault.code == Code::NotFound => return Ok(false),
        Err(failure) => return Err(failure),
    };
    let skill: Value = serde_json::from_slice(&answer).unwrap_or_default();
    match skill["name"].as_str() {
        Some(there) if there == name.to_string() => Ok(true),
        there => Err(Failure::usage(
            format!(
                "The alias `{}` is that of {}.",
                alias.as_str(),
                text::one_line(there.unwrap_or("a skill without a name"))
            ),
            "Choose another with `--as ALIAS`, or take that one away: `metier admin skill remove ALIAS`.",
        )),
    }
}

/// The receipt before the component: a kill in between leaves a component that its receipt does not fit, which is refused and mended by the
/// next install. A grant that is there is somebody's work and stays.
fn directory(
    folder: &Path,
    alias: &Name,
    fetched: &Fetched,
    grant: &str,
) -> Result<Value, Failure> {
    let place = |end: &str| folder.join(format!("{}{end}", alias.as_str()));
    let put = |end: &str, bytes: &[u8]| {
        let path = place(end);
        let shown = text::one_line(&path.display().to_string());
        write_file(&path, bytes)
            .map_err(|error| Failure::unwritable(&format!("The file `{shown}`"), &error))
    };
    put(".receipt.json", &fetched.receipt)?;
    let granted = place(".grant.toml");
    let is_new = !granted.exists();
    if is_new {
        put(".grant.toml", grant.as_bytes())?;
    }
    put(".wasm", &fetched.component)?;
    Ok(json!({
        "file": place(".wasm"),
        "receipt": place(".receipt.json"),
        "grant": granted,
        "grant-kept": !is_new,
    }))
}

/// What it is called here: as told, or the end of its name.
///
/// # Errors
/// When that is no alias.
pub fn alias(told: Option<&Name>, name: &SkillName) -> Result<Name, Failure> {
    match told {
        Some(told) => Ok(told.clone()),
        None => name.short().parse().map_err(|_| {
            Failure::usage(
                format!("`{}` cannot be an alias.", name.short()),
                "Name one with --as: it begins with a letter.",
            )
        }),
    }
}
