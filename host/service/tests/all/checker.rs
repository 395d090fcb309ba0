//! Whether an event is one of OCSF 1.9, by the facts of the schema in `ocsf-1.9.json`: for the classes and objects used here, each
//! attribute's type, whether it is required, which values it may have, and of which attributes one must be there.
//!
//! The facts are those of <https://schema.ocsf.io/1.9.0>.

use serde_json::{Map, Value};

pub struct Schema(Value);

impl Schema {
    pub fn new() -> Self {
        Schema(serde_json::from_str(include_str!("ocsf-1.9.json")).unwrap())
    }

    /// Everything that is wrong with an event.
    pub fn check(&self, event: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        let uid = event["class_uid"].as_u64().unwrap_or_default();
        let Some(class) = self.0["classes"].get(uid.to_string()) else {
            return vec![format!("there is no class {uid}")];
        };
        let activity = event["activity_id"].as_u64().unwrap_or(u64::MAX);
        let facts = [
            ("type_uid", Value::from(uid * 100 + activity)),
            ("category_uid", class["category"].clone()),
            ("class_name", class["name"].clone()),
        ];
        for (name, value) in facts {
            if event[name] != value {
                wrong.push(format!("{name} is {}, not {value}", event[name]));
            }
        }
        if event["metadata"]["version"] != self.0["version"] {
            wrong.push("metadata.version".into());
        }
        self.object(event, class, "", &profiles(event), &mut wrong);
        wrong
    }

    fn object(
        &self,
        value: &Value,
        facts: &Value,
        at: &str,
        profiles: &[&str],
        wrong: &mut Vec<String>,
    ) {
        let (Some(object), Some(attributes)) = (value.as_object(), facts["attributes"].as_object())
        else {
            return wrong.push(format!("{at} is no object"));
        };
        for (name, has) in object {
            match attributes.get(name) {
                None => wrong.push(format!("{at}{name} is no attribute")),
                Some(facts) => self.attribute(has, facts, &format!("{at}{name}"), profiles, wrong),
            }
        }
        for (name, facts) in attributes {
            if facts["required"] == true && !object.contains_key(name) {
                wrong.push(format!("{at}{name} is missing"));
            }
        }
        if let Some(one_of) = facts["at_least_one"].as_array()
            && !has_one(object, one_of)
        {
            wrong.push(format!("{at} has none of {one_of:?}"));
        }
    }

    fn attribute(
        &self,
        value: &Value,
        facts: &Value,
        at: &str,
        profiles: &[&str],
        wrong: &mut Vec<String>,
    ) {
        if let Some(profile) = facts["profile"].as_str()
            && !profiles.contains(&profile)
        {
            wrong.push(format!("{at} needs the profile {profile}"));
        }
        if let Some(values) = facts["enum"].as_array()
            && !values.contains(value)
        {
            wrong.push(format!("{at} cannot be {value}"));
        }
        let kind = facts["type"].as_str().unwrap();
        match kind.strip_suffix("[]") {
            None => self.typed(value, kind, at, profiles, wrong),
            Some(kind) => match value.as_array() {
                None => wrong.push(format!("{at} is no list")),
                Some(items) => {
                    for item in items {
                        self.typed(item, kind, at, profiles, wrong);
                    }
                }
            },
        }
    }

    fn typed(
        &self,
        value: &Value,
        kind: &str,
        at: &str,
        profiles: &[&str],
        wrong: &mut Vec<String>,
    ) {
        let is_right = match kind {
            "integer_t" | "long_t" | "timestamp_t" | "port_t" => value.is_u64(),
            "boolean_t" => value.is_boolean(),
            "ip_t" => value.as_str().is_some_and(is_address),
            "json_t" | "object" => true,
            other if other.ends_with("_t") => value.is_string(),
            other => match self.0["objects"].get(other) {
                None => return wrong.push(format!("{at}: the facts of {other} are not here")),
                Some(facts) => {
                    return self.object(value, facts, &format!("{at}."), profiles, wrong);
                }
            },
        };
        if !is_right {
            wrong.push(format!("{at} is no {kind}: {value}"));
        }
    }
}

fn is_address(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok()
}

fn profiles(event: &Value) -> Vec<&str> {
    let profiles = event["metadata"]["profiles"].as_array();
    let profiles = profiles.into_iter().flatten();
    profiles.filter_map(Value::as_str).collect()
}

fn has_one(object: &Map<String, Value>, names: &[Value]) -> bool {
    let names = names.iter().filter_map(Value::as_str);
    names.into_iter().any(|name| object.contains_key(name))
}
