//! Logins, and the host itself.

use serde_json::{Value, json};

use super::parts::{APPLICATION_LIFECYCLE, AUTHENTICATION, Activity, Filling, OTHER, Status};
use crate::audit::Record;

/// A key opened, or did not.
pub fn login(record: Record) -> Value {
    let opened = record.rest.get("opened") == Some(&Value::Bool(true));
    let status = match opened {
        true => Status::Success,
        false => Status::Failure,
    };
    let mut event = Filling::of(record, &AUTHENTICATION, (1, "Logon"), status);
    event.take("opened");
    let key = event.take_text("key").map(|key| format!("key/{key}"));
    let user = event.record().principal.clone().or(key);
    let user = user.unwrap_or_else(|| "unknown".into());
    event.set("user", json!({"uid": user, "name": user}));
    event.set("service", json!({"name": "metier"}));
    event.set("auth_protocol_id", json!(OTHER));
    event.set("auth_protocol", json!("API key"));
    event.set("logon_type_id", json!(3));
    event.set("logon_type", json!("Network"));
    event.end()
}

/// A host began, ended, or found something about its trail.
pub fn host(record: Record) -> Value {
    let state = record.rest.get("state").and_then(Value::as_str);
    let state = state.unwrap_or("unknown").to_owned();
    let (activity, status): (Activity<'_>, _) = match state.as_str() {
        "started" => ((3, "Start"), Status::Success),
        "ended" => ((4, "Stop"), Status::Success),
        other => ((OTHER, other), Status::Failure),
    };
    let mut event = Filling::of(record, &APPLICATION_LIFECYCLE, activity, status);
    event.take("state");
    event.set(
        "app",
        json!({"name": "Metier", "version": env!("CARGO_PKG_VERSION")}),
    );
    event.end()
}
