//! `metier admin`: a running service, through its HTTP API like everybody else.

pub mod client;
mod hooks;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use http::Method;
use metier_agent::definition::Name;
use metier_market::revoked::MAX_FILE as MAX_LIST;
use metier_service::policy::MAX_TEXT;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{App, runs::begin, secret, skill_file};
use crate::{
    args::admin::{
        Admin, Agent, Grant, Key, Policy, Revocations, Secret, Skill, Tenant, What, Worth,
    },
    errors::Failure,
    exit::Exit,
    given,
    json::Json,
    printer::Format,
    render,
};
use client::{Body, Client};

/// Largest grant, in bytes.
const MAX_GRANT: u64 = 1 << 20;

/// Does what was asked.
///
/// # Errors
/// [`Failure`], also the service's own.
pub fn run(app: &App, args: &Admin) -> Result<Exit, Failure> {
    let client = Client::new(app, args.tenant.as_deref())?;
    let admin = Administrator { app, client };
    super::runtime()?.block_on(admin.administer(&args.what))?;
    Ok(Exit::Ok)
}

struct Administrator<'a> {
    app: &'a App,
    client: Client,
}

impl Administrator<'_> {
    async fn administer(&self, what: &What) -> Result<(), Failure> {
        match what {
            What::Whoami => self.show("/me").await,
            What::Tenant(action) => self.tenant(action).await,
            What::Key(action) => self.key(action).await,
            What::Skill(action) => self.skill(action).await,
            What::Grant(action) => self.grant(action).await,
            What::Policy(action) => self.policy(action).await,
            What::Revocations(action) => self.revocations(action).await,
            What::Secret(action) => self.secret(action).await,
            What::Agent(action) => self.agent(action).await,
            What::Trigger(action) => self.trigger(action).await,
            What::Webhook(action) => self.webhook(action).await,
        }
    }

    async fn tenant(&self, action: &Tenant) -> Result<(), Failure> {
        let (id, change) = match action {
            Tenant::List => return self.list("/tenants", "no tenants").await,
            Tenant::Create { id, name } => (id, json!({"name": name})),
            Tenant::Suspend { id } => (id, json!({"suspended": true})),
            Tenant::Restore { id } => (id, json!({"suspended": false})),
        };
        let path = format!("/tenants/{}", encoded(id));
        self.tell(Method::PUT, &path, Body::Json(change)).await
    }

    async fn key(&self, action: &Key) -> Result<(), Failure> {
        match action {
            Key::List => self.list("/keys", "no keys").await,
            Key::Create {
                name,
                role,
                tools,
                expires,
            } => {
                let mut new = json!({"name": name, "role": role, "tools": tools});
                if let Some(expires) = expires {
                    new["expires_in"] = seconds(*expires);
                }
                self.issued(Method::POST, "/keys", new).await
            }
            Key::Rotate { id, overlap } => {
                let path = format!("/keys/{}/rotate", encoded(id));
                let rotation = match overlap {
                    Some(overlap) => json!({"overlap": seconds(*overlap)}),
                    None => json!({}),
                };
                self.issued(Method::POST, &path, rotation).await
            }
            Key::Revoke { id } => {
                let path = format!("/keys/{}", encoded(id));
                self.done(
                    Method::DELETE,
                    &path,
                    &format!("The key `{id}` opens nothing any more."),
                )
                .await
            }
        }
    }

    /// A key's text is data: it can be put into a variable.
    async fn issued(&self, method: Method, path: &str, body: Value) -> Result<(), Failure> {
        let answer = self.client.ask(method, path, Body::Json(body)).await?;
        if self.app.printer.format == Format::Json {
            return self.print(&answer);
        }
        let issued: Value = serde_json::from_slice(&answer).unwrap_or_default();
        let (id, key) = (&issued["id"], issued["key"].as_str().unwrap_or_default());
        self.app
            .printer
            .note(&format!("The key {id}, shown this once:"));
        self.app.print(&format!("{key}\n"))
    }

    async fn skill(&self, action: &Skill) -> Result<(), Failure> {
        match action {
            Skill::List => self.list("/skills", "no skills").await,
            Skill::Install {
                file,
                alias,
                grant,
                allow_unsigned,
            } => {
                let (alias, grant) = (alias.as_ref(), grant.as_ref());
                self.install(file, alias, grant, *allow_unsigned).await
            }
            Skill::Enable { alias } => self.enable(alias, true).await,
            Skill::Disable { alias } => self.enable(alias, false).await,
            Skill::Remove { alias } => {
                let path = format!("/skills/{}", alias.as_str());
                self.done(
                    Method::DELETE,
                    &path,
                    &format!("The skill `{}` is gone.", alias.as_str()),
                )
                .await
            }
        }
    }

    async fn install(
        &self,
        file: &Path,
        alias: Option<&Name>,
        grant: Option<&PathBuf>,
        allow_unsigned: bool,
    ) -> Result<(), Failure> {
        let bytes = skill_file::read(file)?;
        // What cannot be read is told before anything is changed.
        let grant = grant
            .map(|path| given::file(path, "The grant", MAX_GRANT))
            .transpose()?;
        let body = Body::Bytes("application/wasm", bytes);
        let (method, path) = match alias {
            Some(alias) => (Method::PUT, format!("/skills/{}", alias.as_str())),
            None => (Method::POST, "/skills".to_owned()),
        };
        let path = match allow_unsigned {
            true => format!("{path}?allow_unsigned=true"),
            false => path,
        };
        let installed = self.client.ask(method, &path, body).await?;
        let Some(grant) = grant else {
            return self.print(&installed);
        };
        let skill: Value = serde_json::from_slice(&installed).unwrap_or_default();
        let alias = skill["alias"].as_str().unwrap_or_default();
        let body = Body::Bytes("application/toml", grant.into_bytes());
        self.tell(Method::PUT, &format!("/skills/{alias}/grant"), body)
            .await
    }

    async fn enable(&self, alias: &Name, enabled: bool) -> Result<(), Failure> {
        let body = Body::Json(json!({"enabled": enabled}));
        let path = format!("/skills/{}", alias.as_str());
        self.tell(Method::PATCH, &path, body).await
    }

    async fn grant(&self, action: &Grant) -> Result<(), Failure> {
        let path = |alias: &Name| format!("/skills/{}/grant", alias.as_str());
        match action {
            Grant::Show { alias } => {
                let text = self
                    .client
                    .ask(Method::GET, &path(alias), Body::None)
                    .await?;
                self.app.print(&String::from_utf8_lossy(&text))
            }
            Grant::Set { alias, file } => {
                let grant = given::file(file, "The grant", MAX_GRANT)?;
                let body = Body::Bytes("application/toml", grant.into_bytes());
                self.tell(Method::PUT, &path(alias), body).await
            }
            Grant::Remove { alias } => self.tell(Method::DELETE, &path(alias), Body::None).await,
        }
    }

    async fn revocations(&self, action: &Revocations) -> Result<(), Failure> {
        match action {
            Revocations::Show => self.show("/revocations").await,
            Revocations::Import { file } => {
                let list = given::file(file, "The revocation list", MAX_LIST as u64)?;
                let body = Body::Bytes("application/json", list.into_bytes());
                self.tell(Method::PUT, "/revocations", body).await
            }
        }
    }

    async fn policy(&self, action: &Policy) -> Result<(), Failure> {
        match action {
            Policy::Show => {
                let answer = self.client.ask(Method::GET, "/policy", Body::None).await?;
                if self.app.printer.format == Format::Json {
                    return self.print(&answer);
                }
                let policy: Value = serde_json::from_slice(&answer).unwrap_or_default();
                let told = |name: &str| policy[name].as_str().unwrap_or_default().to_owned();
                self.app
                    .printer
                    .note(&format!("In the mode {}, by {}:", told("mode"), told("by")));
                self.app.print(&told("text"))
            }
            Policy::Set { file, mode } => {
                let text = given::file(file, "The policies", MAX_TEXT as u64)?;
                let path = format!("/policy?mode={}", mode.as_str());
                let body = Body::Bytes("text/plain", text.into_bytes());
                self.client.ask(Method::PUT, &path, body).await?;
                let worth = match mode {
                    Worth::Enforce => "They hold from now on.",
                    Worth::LogOnly => {
                        "Nothing is denied: `metier audit search --kind policy` shows what they would say."
                    }
                };
                self.app
                    .printer
                    .note(&format!("The service has the policies. {worth}"));
                Ok(())
            }
            Policy::Remove => {
                let note = "There are no policies any more: roles and grants decide alone.";
                self.done(Method::DELETE, "/policy", note).await
            }
        }
    }

    async fn secret(&self, action: &Secret) -> Result<(), Failure> {
        match action {
            Secret::List => self.list("/secrets", "no secrets").await,
            Secret::Set { name, from_file } => {
                let value = secret::value(self.app, name, from_file.as_ref())?;
                let body = Body::Bytes("text/plain", value.expose().as_bytes().to_vec());
                let path = format!("/secrets/{}", encoded(name));
                self.client.ask(Method::PUT, &path, body).await?;
                self.app.printer.note(&format!(
                    "The service has `{name}`. A grant uses it with: secret = {{ vault = \"{name}\" }}"
                ));
                Ok(())
            }
            Secret::Rm { name } => {
                let path = format!("/secrets/{}", encoded(name));
                self.done(
                    Method::DELETE,
                    &path,
                    &format!("The secret `{name}` is forgotten."),
                )
                .await
            }
        }
    }

    async fn agent(&self, action: &Agent) -> Result<(), Failure> {
        match action {
            Agent::List => self.list("/agents", "no agents").await,
            Agent::Deploy { file } => {
                let body = Body::Json(bundle(file)?);
                self.tell(Method::POST, "/agents", body).await
            }
            Agent::Rollback { name, version } => {
                let body = Body::Json(json!({"version": version}));
                let path = format!("/agents/{}/current", name.as_str());
                self.tell(Method::PUT, &path, body).await
            }
        }
    }

    async fn show(&self, path: &str) -> Result<(), Failure> {
        self.tell(Method::GET, path, Body::None).await
    }

    async fn tell(&self, method: Method, path: &str, body: Body) -> Result<(), Failure> {
        let answer = self.client.ask(method, path, body).await?;
        self.print(&answer)
    }

    async fn list(&self, path: &str, none: &str) -> Result<(), Failure> {
        let answer = self.client.ask(Method::GET, path, Body::None).await?;
        let list: Value = serde_json::from_slice(&answer).unwrap_or_default();
        if self.app.printer.format == Format::Human
            && list["items"].as_array().is_some_and(Vec::is_empty)
        {
            self.app.printer.note(&format!("There are {none}."));
            return Ok(());
        }
        self.print(list["items"].to_string().as_bytes())
    }

    async fn done(&self, method: Method, path: &str, note: &str) -> Result<(), Failure> {
        self.client.ask(method, path, Body::None).await?;
        self.app.printer.note(note);
        Ok(())
    }

    fn print(&self, answer: &[u8]) -> Result<(), Failure> {
        let text = String::from_utf8_lossy(answer);
        match (self.app.printer.format, Json::parse(&text)) {
            (Format::Human, Ok(json)) => {
                let stdout = &self.app.printer.terminal.stdout;
                self.app.print(&render::draw(&render::view(json), stdout))
            }
            _ => self.app.print(&format!("{text}\n")),
        }
    }
}

/// A definition with every file it names.
fn bundle(file: &Path) -> Result<Value, Failure> {
    let whole = begin::whole(file)?;
    Ok(json!({"text": whole.text, "files": whole.files}))
}

fn seconds(span: Duration) -> Value {
    span.as_secs().into()
}

/// What stands in a path as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A name in a path, whatever it is.
fn encoded(name: &str) -> String {
    match name {
        // No step up, whatever it is called.
        "." | ".." => "%2e".repeat(name.len()),
        _ => utf8_percent_encode(name, PLAIN).to_string(),
    }
}
