//! Labels and tags as the text of a column: JSON.

use serde_json::Value;

use crate::types::Labels;

/// A run's labels as a JSON object.
pub fn to_text(labels: &Labels) -> String {
    let pairs = labels
        .iter()
        .map(|(name, value)| (name.to_string(), Value::from(value.as_str())));
    Value::Object(pairs.collect()).to_string()
}

/// And back; nothing where it is not what we wrote.
pub fn from_text(text: &str) -> Option<Labels> {
    let Value::Object(pairs) = serde_json::from_str(text).ok()? else {
        return None;
    };
    let pairs = pairs
        .into_iter()
        .map(|(name, value)| Some((name.parse().ok()?, value.as_str()?.to_owned())));
    pairs.collect()
}

/// Tags as a JSON list.
pub fn tags_to_text(tags: &[String]) -> String {
    Value::from(tags).to_string()
}

/// And back; nothing where it is not what we wrote.
pub fn tags_from_text(text: &str) -> Option<Vec<String>> {
    serde_json::from_str(text).ok()
}
