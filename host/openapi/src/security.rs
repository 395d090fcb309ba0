//! Security schemes: which credential the host has to attach.
//!
//! A secret never comes from the model: parameters that are API keys are no arguments, and the manifest names a credential
//! instead, for which an operator's grant says where the secret is.

use std::collections::BTreeSet;

use metier_openapi_plan::Place as In;
use serde_json::{Map, Value};

use crate::document::Document;

/// How a service wants to know who asks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scheme {
    /// `Authorization: Bearer`.
    Bearer,
    /// A key in a header.
    ApiKeyHeader(String),
    /// A key as a query field.
    ApiKeyQuery(String),
    /// `Authorization: Basic`.
    Basic,
    /// OAuth 2.0 without a person.
    ClientCredentials {
        /// Where tokens come from.
        token_url: String,
    },
    /// OAuth 2.0 after a person consented: from then on a refresh token.
    RefreshToken {
        /// Where tokens come from.
        token_url: String,
    },
}

/// One way an operation may be called: a scheme of the description by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Requirement {
    /// The scheme's name in the description.
    pub name: String,
    /// What it is, when the host can do it.
    pub scheme: Result<Scheme, String>,
    /// Scopes it wants.
    pub scopes: Vec<String>,
    /// Whether the service wants others at the same time.
    pub with_others: bool,
}

/// The schemes of a description, whichever version.
fn schemes(document: &Document) -> Option<&Map<String, Value>> {
    let root = document.root();
    let new = || root.get("components")?.get("securitySchemes");
    root.get("securityDefinitions").or_else(new)?.as_object()
}

/// Places and lower-case names of parameters that carry secrets.
pub(crate) fn parameters(document: &Document) -> BTreeSet<(u8, String)> {
    let mut found = BTreeSet::new();
    for scheme in schemes(document).into_iter().flat_map(Map::values) {
        let Ok(scheme) = document.follow(scheme) else {
            continue;
        };
        let text = |key: &str| scheme.get(key).and_then(Value::as_str);
        let place = match (text("type"), text("in")) {
            (Some("apiKey"), Some("query")) => In::Query,
            (Some("apiKey"), Some("header")) => In::Header,
            (Some("apiKey"), Some("cookie")) => In::Cookie,
            _ => continue,
        };
        found.insert((place as u8, text("name").unwrap_or("").to_ascii_lowercase()));
    }
    found
}

/// Whether the description says who may call an operation; an empty list says that anybody may.
pub(crate) fn is_said(document: &Document, operation: &Map<String, Value>) -> bool {
    operation.contains_key("security") || document.root().get("security").is_some()
}

/// The ways an operation may be called, best first within what is described; none when no credential is needed.
pub(crate) fn requirements(
    document: &Document,
    operation: &Map<String, Value>,
) -> Vec<Requirement> {
    let written = operation
        .get("security")
        .or_else(|| document.root().get("security"));
    let alternatives = written.and_then(Value::as_array);
    let mut found = Vec::new();
    for alternative in alternatives
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
    {
        for (name, scopes) in alternative {
            let scopes = scopes
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str);
            found.push(Requirement {
                name: name.clone(),
                scheme: scheme(document, name),
                scopes: scopes.map(str::to_owned).collect(),
                with_others: alternative.len() > 1,
            });
        }
    }
    found
}

/// What an operation needs that has a key among its parameters and says nothing of security: the scheme of that key, or the header
/// `Authorization` as the operator writes it.
pub(crate) fn implied(document: &Document, keys: &[(In, &str)]) -> Option<Requirement> {
    let by_key = |name: &&String| {
        keys.iter()
            .any(|(place, key)| match scheme(document, name) {
                Ok(Scheme::ApiKeyHeader(header)) => {
                    *place == In::Header && header.eq_ignore_ascii_case(key)
                }
                Ok(Scheme::ApiKeyQuery(field)) => *place == In::Query && field == *key,
                _ => false,
            })
    };
    let named = schemes(document).and_then(|schemes| schemes.keys().find(by_key));
    let is_authorization = |(place, key): &&(In, &str)| {
        *place == In::Header && key.eq_ignore_ascii_case(AUTHORIZATION)
    };
    let (name, scheme) = match named {
        Some(name) => (name.clone(), scheme(document, name)),
        None => {
            let (_, header) = keys.iter().find(is_authorization)?;
            let scheme = Scheme::ApiKeyHeader((*header).to_owned());
            (AUTHORIZATION.to_owned(), Ok(scheme))
        }
    };
    Some(Requirement {
        name,
        scheme,
        scopes: Vec::new(),
        with_others: false,
    })
}

/// The header that says who asks, wherever a description puts it.
pub(crate) const AUTHORIZATION: &str = "authorization";

fn scheme(document: &Document, name: &str) -> Result<Scheme, String> {
    let written = schemes(document).and_then(|schemes| schemes.get(name));
    let described = written.and_then(|scheme| document.follow(scheme).ok());
    let described = described.ok_or_else(|| {
        format!(
            "the security scheme `{}` is not described",
            crate::text::line(name, 80)
        )
    })?;
    let text = |key: &str| described.get(key).and_then(Value::as_str).unwrap_or("");
    let unsupported = |what: &str| Err(format!("the host has no credential for {what}"));
    match text("type").to_ascii_lowercase().as_str() {
        "basic" => Ok(Scheme::Basic),
        "http" => match text("scheme").to_ascii_lowercase().as_str() {
            "basic" => Ok(Scheme::Basic),
            "bearer" | "" => Ok(Scheme::Bearer),
            other => unsupported(&format!(
                "HTTP authentication `{}`",
                crate::text::line(other, 40)
            )),
        },
        "apikey" => match text("in") {
            "query" => Ok(Scheme::ApiKeyQuery(text("name").to_owned())),
            "header" => Ok(Scheme::ApiKeyHeader(text("name").to_owned())),
            "cookie" => Ok(Scheme::ApiKeyHeader("Cookie".to_owned())),
            _ => unsupported("an API key without a place"),
        },
        "oauth2" => Ok(oauth(described)),
        "openidconnect" => Ok(Scheme::Bearer),
        other => unsupported(&format!(
            "security of the type `{}`",
            crate::text::line(other, 40)
        )),
    }
}

/// The flow that needs a person least; a token somebody fetched by other means is a bearer token.
fn oauth(described: &Value) -> Scheme {
    let old = described.get("flow").and_then(Value::as_str);
    let flow = |names: [&str; 2]| match old {
        Some(flow) => names.contains(&flow).then_some(described),
        None => names
            .iter()
            .find_map(|name| described.get("flows")?.get(name)),
    };
    let token_url = |flow: &Value| {
        let url = flow.get("tokenUrl").and_then(Value::as_str)?;
        url.starts_with("https://").then(|| url.to_owned())
    };
    if let Some(token_url) = flow(["clientCredentials", "application"]).and_then(token_url) {
        return Scheme::ClientCredentials { token_url };
    }
    match flow(["authorizationCode", "accessCode"]).and_then(token_url) {
        Some(token_url) => Scheme::RefreshToken { token_url },
        None => Scheme::Bearer,
    }
}
