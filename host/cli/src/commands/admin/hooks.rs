//! Triggers, and endpoints that events are sent to.

use std::{collections::BTreeMap, path::Path};

use clap::ValueEnum;
use http::Method;
use serde_json::{Value, json};

use super::{Administrator, client::Body, encoded, seconds};
use crate::{
    args::hooks::{Starts, Trigger, Webhook},
    errors::Failure,
    given,
    printer::Format,
};

/// Largest file with a secret, in bytes.
const MAX_SECRET: u64 = 4 << 10;

impl Administrator<'_> {
    pub(super) async fn trigger(&self, action: &Trigger) -> Result<(), Failure> {
        match action {
            Trigger::List => self.list("/triggers", "no triggers").await,
            Trigger::Show { name } => self.show(&path("triggers", name)).await,
            Trigger::Cron { name, starts, .. } => {
                let new = with(starts, name.as_str(), "cron", cron(action))?;
                self.tell(Method::POST, "/triggers", Body::Json(new)).await
            }
            Trigger::Webhook { name, starts, .. } => {
                let new = with(starts, name.as_str(), "webhook", hook(action)?)?;
                self.secreted(Method::POST, "/triggers", new).await
            }
            Trigger::Enable { name } => self.switch("triggers", name, true).await,
            Trigger::Disable { name } => self.switch("triggers", name, false).await,
            Trigger::Rotate {
                name,
                secret_file,
                overlap,
            } => {
                let rotation = rotation(secret_file.as_deref(), *overlap)?;
                let path = format!("{}/rotate", path("triggers", name));
                self.secreted(Method::POST, &path, rotation).await
            }
            Trigger::Remove { name } => {
                let note = format!("The trigger `{name}` is gone.");
                self.done(Method::DELETE, &path("triggers", name), &note)
                    .await
            }
        }
    }

    pub(super) async fn webhook(&self, action: &Webhook) -> Result<(), Failure> {
        match action {
            Webhook::List => self.list("/webhooks", "no endpoints").await,
            Webhook::Show { name } => self.show(&path("webhooks", name)).await,
            Webhook::Create {
                name,
                url,
                events,
                secret_file,
            } => {
                let mut new = json!({"name": name.as_str(), "url": url, "events": events});
                if let Some(secret) = secret(secret_file.as_deref())? {
                    new["secret"] = secret.into();
                }
                self.secreted(Method::POST, "/webhooks", new).await
            }
            Webhook::Enable { name } => self.switch("webhooks", name, true).await,
            Webhook::Disable { name } => self.switch("webhooks", name, false).await,
            Webhook::Rotate {
                name,
                secret_file,
                overlap,
            } => {
                let rotation = rotation(secret_file.as_deref(), *overlap)?;
                let path = format!("{}/rotate", path("webhooks", name));
                self.secreted(Method::POST, &path, rotation).await
            }
            Webhook::Test { name } => {
                let path = format!("{}/test", path("webhooks", name));
                self.tell(Method::POST, &path, Body::None).await
            }
            Webhook::Deliveries { name, dead } => {
                let query = if *dead { "?dead=true" } else { "" };
                let path = format!("{}/deliveries{query}", path("webhooks", name));
                self.list(&path, "no deliveries").await
            }
            Webhook::Redeliver { name, event } => {
                let event = encoded(event);
                let path = format!("{}/deliveries/{event}/redeliver", path("webhooks", name));
                self.done(Method::POST, &path, "The event is tried again.")
                    .await
            }
            Webhook::Remove { name } => {
                let note = format!("The endpoint `{name}` is gone.");
                self.done(Method::DELETE, &path("webhooks", name), &note)
                    .await
            }
        }
    }

    async fn switch(&self, what: &str, name: &str, enabled: bool) -> Result<(), Failure> {
        let body = Body::Json(json!({"enabled": enabled}));
        self.tell(Method::PATCH, &path(what, name), body).await
    }

    /// A secret that was made is data: it can be put into a variable. Everything else about the thing is a note.
    async fn secreted(&self, method: Method, path: &str, body: Value) -> Result<(), Failure> {
        let answer = self.client.ask(method, path, Body::Json(body)).await?;
        let made: Value = serde_json::from_slice(&answer).unwrap_or_default();
        let Some(secret) = made["secret"].as_str() else {
            return self.print(&answer);
        };
        if self.app.printer.format == Format::Json {
            return self.print(&answer);
        }
        let name = made["name"].as_str().unwrap_or_default();
        if let Some(path) = made["webhook"]["path"].as_str() {
            self.app
                .printer
                .note(&format!("Messages are sent to {path} of the service."));
        }
        self.app
            .printer
            .note(&format!("The secret of `{name}`, shown this once:"));
        self.app.print(&format!("{secret}\n"))
    }
}

fn path(what: &str, name: &str) -> String {
    format!("/{what}/{}", encoded(name))
}

fn with(starts: &Starts, name: &str, key: &str, when: Value) -> Result<Value, Failure> {
    let input: Value = match &starts.input {
        None => json!({}),
        Some(text) => serde_json::from_str(text).map_err(|error| {
            Failure::usage(
                format!("--input is no JSON: {error}."),
                "Write an object: --input '{\"team\": \"a\"}'",
            )
        })?,
    };
    let mut new = json!({
        "name": name, "agent": starts.agent.as_str(), "input": input, "enabled": !starts.disabled,
    });
    if let Some(version) = &starts.version {
        new["version"] = version.as_str().into();
    }
    if let Some(session) = &starts.session {
        new["session"] = session.as_str().into();
    }
    new[key] = when;
    Ok(new)
}

fn cron(action: &Trigger) -> Value {
    let Trigger::Cron {
        schedule,
        zone,
        missed,
        missed_limit,
        overlap,
        time_key,
        ..
    } = action
    else {
        return Value::Null;
    };
    let mut cron = json!({
        "schedule": schedule, "zone": zone, "missed": word(missed), "missed_limit": missed_limit, "overlap": word(overlap),
    });
    if let Some(key) = time_key {
        cron["time_key"] = key.as_str().into();
    }
    cron
}

fn hook(action: &Trigger) -> Result<Value, Failure> {
    let Trigger::Webhook {
        scheme,
        secret_file,
        body_key,
        map,
        headers,
        ..
    } = action
    else {
        return Ok(Value::Null);
    };
    let mut hook = json!({"scheme": word(scheme)});
    if let Some(secret) = secret(secret_file.as_deref())? {
        hook["secret"] = secret.into();
    }
    let is_shaped = body_key.is_some() || !map.is_empty() || !headers.is_empty();
    if is_shaped {
        hook["shape"] =
            json!({"pointers": pairs("--map", map)?, "headers": pairs("--header", headers)?});
    }
    if let Some(key) = body_key {
        hook["shape"]["body_key"] = key.as_str().into();
    }
    Ok(hook)
}

fn pairs(flag: &str, texts: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let pair = |text: &String| match text.split_once('=') {
        Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
        None => Err(Failure::usage(
            format!("{flag} {text} has no `=`."),
            "Write KEY=VALUE: --map pr=/pull_request/number",
        )),
    };
    texts.iter().map(pair).collect()
}

fn rotation(file: Option<&Path>, overlap: Option<std::time::Duration>) -> Result<Value, Failure> {
    let mut rotation = json!({});
    if let Some(secret) = secret(file)? {
        rotation["secret"] = secret.into();
    }
    if let Some(overlap) = overlap {
        rotation["overlap"] = seconds(overlap);
    }
    Ok(rotation)
}

/// One line break at the end is the editor's.
fn secret(file: Option<&Path>) -> Result<Option<String>, Failure> {
    let Some(file) = file else {
        return Ok(None);
    };
    let text = given::file(file, "The secret", MAX_SECRET)?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Some(text.strip_suffix('\r').unwrap_or(text).to_owned()))
}

fn word(value: &impl ValueEnum) -> String {
    value
        .to_possible_value()
        .map(|value| value.get_name().to_owned())
        .unwrap_or_default()
}
