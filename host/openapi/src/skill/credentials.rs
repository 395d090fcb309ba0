//! Which credential each operation gets, and what an operator writes for it.

use std::collections::{BTreeMap, BTreeSet};

use metier_core::ids::CredentialName;

use super::manifest::quoted;
use crate::operation::Made;
use crate::security::Scheme;

/// The credentials of a skill: one for each scheme in use.
pub(super) struct Credentials {
    /// By the scheme's name in the description.
    names: BTreeMap<String, String>,
    schemes: BTreeMap<String, Scheme>,
    scopes: BTreeMap<String, BTreeSet<String>>,
    /// The scheme of each operation, in their order.
    chosen: Vec<Option<String>>,
}

impl Credentials {
    /// Chooses for each operation the scheme most of them accept, so that one secret serves as many as it can.
    pub(super) fn of(made: &[Made], skill: &str) -> Self {
        let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
        let mut schemes = BTreeMap::new();
        for requirement in made.iter().flat_map(|one| &one.security) {
            if let Ok(scheme) = &requirement.scheme {
                *uses.entry(&requirement.name).or_default() += 1;
                schemes.insert(requirement.name.clone(), scheme.clone());
            }
        }
        let mut credentials = Credentials {
            names: BTreeMap::new(),
            schemes,
            scopes: BTreeMap::new(),
            chosen: Vec::new(),
        };
        for one in made {
            let usable = one
                .security
                .iter()
                .filter(|requirement| requirement.scheme.is_ok());
            // Alone before together with others; then what most accept; then what needs least.
            let best = usable.min_by_key(|requirement| {
                let uses = uses.get(requirement.name.as_str()).copied().unwrap_or(0);
                (
                    requirement.with_others,
                    usize::MAX - uses,
                    requirement.scheme.clone().ok(),
                    &requirement.name,
                )
            });
            if let Some(best) = best {
                let scopes = credentials.scopes.entry(best.name.clone()).or_default();
                scopes.extend(best.scopes.iter().take(1).cloned());
            }
            credentials.chosen.push(best.map(|best| best.name.clone()));
        }
        credentials.give_names(skill);
        credentials
    }

    fn give_names(&mut self, skill: &str) {
        let mut used: Vec<String> = Vec::new();
        for name in self.chosen.iter().flatten() {
            if !used.contains(name) {
                used.push(name.clone());
            }
        }
        for (index, scheme) in used.into_iter().enumerate() {
            let name = match index {
                0 => skill.to_owned(),
                _ => format!("{skill}-{}", index + 1),
            };
            if name.parse::<CredentialName>().is_ok() {
                self.names.insert(scheme, name);
            }
        }
    }

    /// The credential's name for the operation at this place.
    pub(super) fn name(&self, index: usize) -> Option<&str> {
        let scheme = self.chosen.get(index)?.as_ref()?;
        self.names.get(scheme).map(String::as_str)
    }

    /// Sections for a grant, one for each credential.
    pub(super) fn grant(&self, made: &[Made]) -> String {
        let mut text = String::new();
        for (scheme, name) in &self.names {
            let users = made
                .iter()
                .zip(&self.chosen)
                .filter(|(_, chosen)| chosen.as_ref() == Some(scheme));
            let hosts: BTreeSet<&str> = users.map(|(one, _)| one.server.host.as_str()).collect();
            let hosts: Vec<String> = hosts.into_iter().map(quoted).collect();
            let scopes: Vec<&str> = self
                .scopes
                .get(scheme)
                .into_iter()
                .flatten()
                .map(String::as_str)
                .collect();
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&format!("[credentials.{}]\n", quoted(name)));
            for line in self
                .schemes
                .get(scheme)
                .map_or_else(Vec::new, |scheme| lines(scheme, &scopes))
            {
                text.push_str(&line);
                text.push('\n');
            }
            text.push_str(&format!(
                "secret = {{ vault = {} }}\nhosts = [{}]\n",
                quoted(&format!("{name}-key")),
                hosts.join(", ")
            ));
        }
        text
    }
}

/// The keys of one kind of credential.
fn lines(scheme: &Scheme, scopes: &[&str]) -> Vec<String> {
    let token = |kind: &str, url: &str| {
        let mut lines = vec![
            format!("kind = {}", quoted(kind)),
            format!("token-url = {}", quoted(url)),
            "client-id = \"…\"".to_owned(),
        ];
        if !scopes.is_empty() {
            lines.push(format!("scope = {}", quoted(&scopes.join(" "))));
        }
        lines
    };
    match scheme {
        Scheme::Bearer => vec!["kind = \"bearer\"".to_owned()],
        Scheme::Basic => vec!["kind = \"basic\"".to_owned(), "username = \"…\"".to_owned()],
        Scheme::ApiKeyHeader(header) => {
            vec![
                "kind = \"api-key-header\"".to_owned(),
                format!("header = {}", quoted(header)),
            ]
        }
        Scheme::ApiKeyQuery(parameter) => {
            vec![
                "kind = \"api-key-query\"".to_owned(),
                format!("parameter = {}", quoted(parameter)),
            ]
        }
        Scheme::ClientCredentials { token_url } => token("oauth2-client-credentials", token_url),
        Scheme::RefreshToken { token_url } => token("oauth2-refresh-token", token_url),
    }
}
