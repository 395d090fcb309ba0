//! What was changed: keys, tenants, skills, grants, agents, triggers, endpoints, secrets, approvals.

use serde_json::{Value, json};

use super::parts::{Activity, ENTITY_MANAGEMENT, Filling, OTHER, Status, object};
use crate::audit::Record;

/// The entity's type in OCSF: its number, or else a name of ours.
const ORGANIZATION: u64 = 4;
const POLICY: u64 = 5;

/// Something was made, changed or taken away.
pub fn changed(record: Record) -> Value {
    let kind = record.kind.clone();
    let change = record.rest.get("change").and_then(Value::as_str);
    let change = change.unwrap_or_default().to_owned();
    let activity = activity(&kind, &change);
    let mut event = Filling::of(record, &ENTITY_MANAGEMENT, activity, Status::Success);
    event.take("change");
    event.actor();
    let entity = entity(&kind, &mut event);
    event.set("entity", entity);
    let verdict = event.take("verdict");
    event.set_some("comment", verdict);
    event.end()
}

fn activity<'a>(kind: &str, change: &'a str) -> Activity<'a> {
    match (kind, change) {
        (_, "made" | "installed" | "deployed" | "connected") => (1, "Create"),
        (_, "rotated" | "replaced" | "set") | ("grant" | "approval", _) => (3, "Update"),
        (_, "revoked" | "removed" | "disconnected") => (4, "Delete"),
        (_, "enabled") => (8, "Enable"),
        (_, "disabled") => (9, "Disable"),
        (_, "made-current") => (10, "Activate"),
        (_, "suspended") => (12, "Suspend"),
        (_, "resumed") => (13, "Resume"),
        (_, "") => (OTHER, "change"),
        (_, other) => (OTHER, other),
    }
}

fn entity(kind: &str, event: &mut Filling) -> Value {
    let tenant = event.record().tenant.clone();
    let named = match kind {
        "key" => event.take_text("key"),
        "tenant" | "policy-set" => tenant,
        "skill" | "grant" => event.take_text("alias"),
        "agent" => event.take_text("agent"),
        "trigger" => event.take_text("trigger"),
        "webhook" => event.take_text("endpoint"),
        "secret" => event.take_text("name"),
        "account" => account(event),
        "approval" => approval(event),
        _ => None,
    };
    let named = named.unwrap_or_else(|| kind.to_owned());
    let type_id = match kind {
        "tenant" => ORGANIZATION,
        "grant" | "policy-set" => POLICY,
        _ => OTHER,
    };
    let mut entity = object(json!({"name": named, "uid": named, "type_id": type_id, "type": kind}));
    let version = event.take("version").or_else(|| event.take("digest"));
    entity.extend(version.map(|version| ("version".to_owned(), version)));
    if matches!(kind, "grant" | "policy-set") {
        let [before, after, text] = ["before", "after", "text"].map(|name| event.take(name));
        let mut data = object(json!({"before": before, "after": after, "text": text}));
        data.extend(event.take("mode").map(|mode| ("mode".to_owned(), mode)));
        let data = Value::Object(data);
        entity.insert("data".into(), data);
    }
    entity.into()
}

/// An account is known by the skill and what its grant calls it.
fn account(event: &mut Filling) -> Option<String> {
    let alias = event.take_text("alias")?;
    let credential = event.take_text("credential")?;
    Some(format!("{alias}/{credential}"))
}

/// A question is known by its run and its number there.
fn approval(event: &mut Filling) -> Option<String> {
    let run = event.take_text("run")?;
    let question = event.take_text("question")?;
    Some(format!("{run}/{question}"))
}
