//! The grant an install makes: what the manifest asks for, and no more.

use std::collections::BTreeSet;

use metier_core::{Digest, Manifest};

use crate::commands::inspect::grant_template;

/// Its text.
pub fn text(manifest: &Manifest, digest: &Digest) -> String {
    grant_template::write(manifest, digest)
}

/// What a person does next: the credentials that need a secret, and the settings that are empty.
pub fn next(manifest: &Manifest, in_service: bool) -> Vec<String> {
    let asks = &manifest.capabilities;
    let names: BTreeSet<String> = asks
        .http
        .iter()
        .filter_map(|ask| ask.credential.as_ref())
        .map(ToString::to_string)
        .collect();
    let command = match in_service {
        true => "metier admin secret set",
        false => "metier secret set",
    };
    let mut next: Vec<String> = names
        .iter()
        .map(|name| format!("it needs the credential `{name}`: {command} {name}"))
        .collect();
    if let Some(config) = asks
        .config
        .as_ref()
        .filter(|config| !config.keys.is_empty())
    {
        let keys: Vec<String> = config.keys.iter().map(|key| format!("`{key}`")).collect();
        next.push(format!(
            "its grant has the settings {} to fill in",
            keys.join(", ")
        ));
    }
    if !asks.files.is_empty() {
        next.push("its grant names folders on this machine: change them".to_owned());
    }
    next
}
