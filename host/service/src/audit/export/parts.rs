//! What all events have.

use serde_json::{Map, Value, json};

use super::OCSF;
use crate::audit::Record;

/// A class of events.
pub struct Class {
    pub uid: u64,
    pub name: &'static str,
    pub category: &'static str,
}

pub const API_ACTIVITY: Class = Class {
    uid: 6003,
    name: "API Activity",
    category: "Application Activity",
};
pub const HTTP_ACTIVITY: Class = Class {
    uid: 4002,
    name: "HTTP Activity",
    category: "Network Activity",
};
pub const AUTHENTICATION: Class = Class {
    uid: 3002,
    name: "Authentication",
    category: "Identity & Access Management",
};
pub const ENTITY_MANAGEMENT: Class = Class {
    uid: 3004,
    name: "Entity Management",
    category: "Identity & Access Management",
};
pub const APPLICATION_LIFECYCLE: Class = Class {
    uid: 6002,
    name: "Application Lifecycle",
    category: "Application Activity",
};

/// What was done: the number a class has for it, and its caption. `OTHER` has a caption of ours.
pub type Activity<'a> = (u64, &'a str);

pub const OTHER: u64 = 99;
pub const UNKNOWN: Activity<'static> = (0, "Unknown");

/// How it ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Success,
    Failure,
    /// It was refused.
    Denied,
}

/// An event being filled in.
pub struct Filling {
    record: Record,
    event: Map<String, Value>,
}

impl Filling {
    pub fn of(mut record: Record, class: &Class, activity: Activity<'_>, status: Status) -> Self {
        let (id, name) = activity;
        // When it happened; the record was written when it had ended.
        let started = record.rest.remove("started");
        let is_success = status == Status::Success;
        let event = json!({
            "category_uid": class.uid / 1000, "category_name": class.category,
            "class_uid": class.uid, "class_name": class.name,
            "activity_id": id, "activity_name": name,
            "type_uid": class.uid * 100 + id, "type_name": format!("{}: {name}", class.name),
            "time": started.unwrap_or_else(|| record.at.into()),
            "severity_id": if is_success { 1 } else { 2 },
            "severity": if is_success { "Informational" } else { "Low" },
            "status_id": if is_success { 1 } else { 2 },
            "status": if is_success { "Success" } else { "Failure" },
        });
        let mut filling = Filling {
            event: object(event),
            record,
        };
        filling.metadata(status);
        filling
    }

    fn metadata(&mut self, status: Status) {
        let record = &self.record;
        let mut metadata = object(json!({
            "version": OCSF, "log_name": "audit", "log_provider": "metier",
            "logged_time": record.at, "sequence": record.seq, "uid": record.hash,
            "product": {"name": "Metier", "vendor_name": "Metier", "version": env!("CARGO_PKG_VERSION")},
        }));
        let known = [
            ("tenant_uid", &record.tenant),
            ("correlation_uid", &record.request),
        ];
        for (name, value) in known {
            metadata.extend(value.clone().map(|value| (name.to_owned(), value.into())));
        }
        if status == Status::Denied {
            metadata.insert("profiles".into(), json!(["security_control"]));
            self.set("action_id", json!(2));
            self.set("action", json!("Denied"));
            self.set("disposition_id", json!(2));
            self.set("disposition", json!("Blocked"));
        }
        self.set("metadata", metadata.into());
    }

    /// Takes a field out of the record.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.record.rest.remove(name)
    }

    /// Takes a text out of the record.
    pub fn take_text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        }
    }

    pub fn record(&self) -> &Record {
        &self.record
    }

    pub fn set(&mut self, name: &str, value: Value) {
        self.event.insert(name.to_owned(), value);
    }

    /// Sets what is there.
    pub fn set_some(&mut self, name: &str, value: Option<Value>) {
        self.event
            .extend(value.map(|value| (name.to_owned(), value)));
    }

    /// Who did it.
    pub fn actor(&mut self) {
        let actor = match &self.record.principal {
            Some(principal) => json!({"user": {"uid": principal, "name": principal}}),
            None => json!({"app_name": "metier"}),
        };
        self.set("actor", actor);
    }

    /// What is left of the record goes to `unmapped`.
    pub fn end(mut self) -> Value {
        let rest = std::mem::take(&mut self.record.rest);
        if !rest.is_empty() {
            self.set("unmapped", rest.into());
        }
        self.event.into()
    }
}

/// The object it is.
pub fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
