//! Where an installed skill goes: to the service, or into a directory.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use http::Method;
use metier_agent::definition::Name;
use metier_core::{Code, Fault, SkillName};
use metier_market::{
    client::{Fetched, FirstKey, write_file},
    index::{At, Placed, Word},
};
use serde_json::{Value, json};

use super::{agents, grant};
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
pub enum Placing {
    /// A running service; a tenant of it, or that of the key.
    Service(Box<Client>, Option<String>),
    /// A directory.
    Directory(PathBuf),
}

impl Placing {
    /// As the command line says; that the service can be asked at all is found out first.
    ///
    /// # Errors
    /// Without a key for the service.
    pub fn of(app: &App, target: &Target) -> Result<Placing, Failure> {
        match &target.to {
            Some(to) => Ok(Placing::Directory(to.clone())),
            None => Placing::service(app, target.tenant.clone()),
        }
    }

    /// Where it is already, unless the command line says otherwise.
    ///
    /// # Errors
    /// As [`Placing::of`]; when a lock names a directory that is not below its own.
    pub fn again(
        app: &App,
        target: &Target,
        name: &SkillName,
        placed: Option<&Placed>,
    ) -> Result<Placing, Failure> {
        match placed.map(|placed| &placed.at) {
            Some(at) if target.to.is_none() && target.tenant.is_none() => match at {
                At::Directory(to) => Ok(Placing::Directory(below(name, to)?)),
                At::Service(tenant) => Placing::service(app, tenant.as_ref().map(Word::to_string)),
            },
            _ => Placing::of(app, target),
        }
    }

    fn service(app: &App, tenant: Option<String>) -> Result<Placing, Failure> {
        let client = Client::new(app, tenant.as_deref())?;
        Ok(Placing::Service(Box::new(client), tenant))
    }

    /// What the lock says of it; nothing where it has no words for it.
    pub fn placed(&self, alias: &Name) -> Option<Placed> {
        let word = |text: &str| text.parse::<Word>().ok();
        let at = match self {
            Placing::Directory(to) => At::Directory(word(to.to_str()?)?),
            Placing::Service(_, None) => At::Service(None),
            Placing::Service(_, Some(tenant)) => At::Service(Some(word(tenant)?)),
        };
        let alias = word(alias.as_str())?;
        Some(Placed { alias, at })
    }

    /// Whether a service takes it.
    pub fn is_service(&self) -> bool {
        matches!(self, Placing::Service(..))
    }

    /// Puts a skill there by itself, unless an agent there pins another file of its alias.
    ///
    /// # Errors
    /// The service's, or the disk's.
    pub async fn put(
        &self,
        alias: &Name,
        fetched: &Fetched,
        first_key: FirstKey,
    ) -> Result<Value, Failure> {
        let component = fetched.contents.component();
        match self {
            Placing::Service(client, _) => {
                agents::is_free_in(client, alias, component).await?;
            }
            Placing::Directory(folder) => agents::is_free(folder, alias, component)?,
        }
        self.put_pinned(alias, fetched, first_key).await
    }

    /// Puts one there that an agent pins, with the agent.
    ///
    /// # Errors
    /// The service's, or the disk's.
    pub async fn put_pinned(
        &self,
        alias: &Name,
        fetched: &Fetched,
        first_key: FirstKey,
    ) -> Result<Value, Failure> {
        let grant = grant::text(fetched.contents.manifest(), fetched.contents.component());
        match self {
            Placing::Service(client, _) => {
                let mut parts = vec![
                    ("component", "application/wasm", fetched.component()?),
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
    put(".wasm", &fetched.component()?)?;
    Ok(json!({
        "file": place(".wasm"),
        "receipt": place(".receipt.json"),
        "grant": granted,
        "grant-kept": !is_new,
    }))
}

/// A directory that a lock names. A lock may come from elsewhere: it must not say what is written over outside of its own directory.
fn below(name: &SkillName, told: &Word) -> Result<PathBuf, Failure> {
    let path = Path::new(told.as_str());
    let goes_up = path.components().any(|part| part == Component::ParentDir);
    // What is there already may be a link to somewhere else.
    let there = path.ancestors().find(|part| part.exists());
    let there = there.unwrap_or(Path::new("."));
    let real = fs::canonicalize(".").and_then(|here| Ok((here, fs::canonicalize(there)?)));
    match real {
        Ok((here, real)) if !goes_up && real.starts_with(&here) => Ok(path.to_owned()),
        _ => {
            let shown = text::one_line(told.as_str());
            let message =
                format!("metier.lock puts {name} into `{shown}`, which is not in this directory.");
            Err(Fault::new(Code::InvalidArguments, message)
                .with_hint(format!(
                    "Say so yourself: metier update {name} --to {shown}"
                ))
                .into())
        }
    }
}

/// What it is called here: as told, as it was, or the end of its name.
///
/// # Errors
/// When that is no alias.
pub fn alias(
    told: Option<&Name>,
    name: &SkillName,
    placed: Option<&Placed>,
) -> Result<Name, Failure> {
    if let Some(told) = told {
        return Ok(told.clone());
    }
    let known = placed.map_or(name.short(), |placed| placed.alias.as_str());
    known.parse().map_err(|_| {
        Failure::usage(
            format!("`{}` cannot be an alias.", text::one_line(known)),
            "Name one with --as: it begins with a letter.",
        )
    })
}
