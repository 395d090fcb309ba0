//! A server's URL with variables in it, taken apart.

use metier_openapi_plan::BaseUrlConfig;
use serde_json::Value;

use super::{Server, ServerError, checked, shown};
use crate::operation::encoded;

/// What stands for a label that is the operator's to say.
const PLACEHOLDER: &str = "your-domain";

/// The URL of a server as written.
pub(super) struct Template<'t> {
    url: &'t str,
    variables: Option<&'t Value>,
}

/// A host, definite and as a pattern.
struct Hosts {
    definite: String,
    pattern: String,
    config: BaseUrlConfig,
}

impl<'t> Template<'t> {
    pub(super) fn read(url: &'t str, variables: Option<&'t Value>) -> Self {
        Template {
            url: url.trim(),
            variables,
        }
    }

    pub(super) fn server(&self) -> Result<Server, ServerError> {
        let unusable = |why: &str| ServerError::Unusable {
            url: shown(self.url),
            why: why.to_owned(),
        };
        let Some((scheme, rest)) = self.url.split_once("://") else {
            return Err(match self.url {
                "" => ServerError::Missing,
                url if url.starts_with("//") => {
                    return Template {
                        url: &format!("https:{url}"),
                        ..*self
                    }
                    .server();
                }
                url => ServerError::Relative(shown(url)),
            });
        };
        let scheme = self.filled(scheme).to_ascii_lowercase();
        if !["https", "http"].contains(&scheme.as_str()) {
            return Err(unusable("a skill speaks https or http"));
        }
        let rest = rest.split(['?', '#']).next().unwrap_or("");
        // A variable at the end of the host may bring the slash itself.
        let (authority, path) = split_path(rest);
        let (host, port) = self.port(authority);
        let hosts = self.hosts(host);
        let path_is_open = path.contains('{');
        let (definite, path_pattern) = self.paths(path);
        let port_text = port.map_or(String::new(), |port| format!(":{port}"));
        let standard = if scheme == "https" { 443 } else { 80 };
        let config = match hosts.config {
            BaseUrlConfig::Fixed if path_is_open => BaseUrlConfig::Optional,
            config => config,
        };
        let server = Server {
            base_url: format!("{scheme}://{}{port_text}{definite}", hosts.definite),
            config,
            host: hosts.pattern,
            scheme,
            port: port.filter(|port| *port != standard),
            path: path_pattern,
        };
        checked(server, self.url)
    }

    /// The default of a variable, or the first it may be.
    fn default(&self, name: &str) -> Option<String> {
        let variable = self.variables?.get(name)?;
        let first = || variable.get("enum")?.as_array()?.first();
        match variable.get("default").or_else(first)? {
            Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The text with its variables' defaults; those without one by their names.
    fn filled(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, braced)) = rest.split_once('{') {
            filled.push_str(before);
            let (name, after) = braced.split_once('}').unwrap_or((braced, ""));
            filled.push_str(&self.default(name).unwrap_or_else(|| name.to_owned()));
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    fn port<'a>(&self, authority: &'a str) -> (&'a str, Option<u16>) {
        match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => match self.filled(port).parse() {
                Ok(port) => (host, Some(port)),
                Err(_) => (authority, None),
            },
            _ => (authority, None),
        }
    }

    fn hosts(&self, host: &str) -> Hosts {
        let labels: Vec<&str> = labels(host);
        let open = labels
            .iter()
            .enumerate()
            .rposition(|(at, label)| is_open(at, label))
            .map_or(0, |at| at + 1);
        let rest = &labels[open..];
        let filled = |host: &str| self.filled(host).to_ascii_lowercase();
        // Something definite to hang a wildcard on: at least a registered name.
        if open == 0
            || rest.len() < 2
            || rest
                .iter()
                .all(|label| label.bytes().all(|b| b.is_ascii_digit()))
        {
            let unsaid = |label: &&&str| label.contains('{') && !self.is_filled(label);
            let is_said = labels.iter().find(unsaid).is_none();
            let definite = if is_said { filled(host) } else { String::new() };
            return Hosts {
                pattern: definite.clone(),
                definite,
                config: BaseUrlConfig::Fixed,
            };
        }
        // Labels before the last open one are definite, and a pattern has its wildcard in front: `**` covers them.
        let stars = if open == 1 { "*" } else { "**" };
        let has_default = labels[..open].iter().all(|label| self.is_filled(label));
        let front: Vec<String> = labels[..open]
            .iter()
            .map(|label| self.label(label))
            .collect();
        Hosts {
            definite: format!("{}.{}", front.join("."), rest.join(".")).to_ascii_lowercase(),
            pattern: format!("{stars}.{}", rest.join(".")).to_ascii_lowercase(),
            config: if has_default {
                BaseUrlConfig::Optional
            } else {
                BaseUrlConfig::Required
            },
        }
    }

    /// Whether a label is one a request could be sent to as it is described.
    fn is_filled(&self, label: &str) -> bool {
        if !label.contains('{') {
            return !is_open(0, label);
        }
        let name = label
            .trim_start_matches(|c| c != '{')
            .trim_start_matches('{');
        let name = name.split('}').next().unwrap_or("");
        self.default(name)
            .is_some_and(|text| !is_placeholder(&text))
    }

    fn label(&self, label: &str) -> String {
        let filled = self.filled(label);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
        let usable = !filled.is_empty() && filled.bytes().all(plain);
        if usable {
            filled
        } else {
            PLACEHOLDER.to_owned()
        }
    }

    /// The path with defaults, and as a pattern in which a segment with a variable is `*`.
    fn paths(&self, path: &str) -> (String, String) {
        let path = path.trim_end_matches('/');
        let definite = encoded(self.filled(path).trim_end_matches('/'));
        let rooted = |path: String| match path.is_empty() || path.starts_with('/') {
            true => path,
            false => format!("/{path}"),
        };
        let pattern = match path.contains('{') {
            // A variable may stand for several segments; then its default is all that can be asked for.
            true if definite.split('/').count() == path.split('/').count() => {
                crate::operation::pattern(path)
            }
            _ => crate::operation::pattern(&definite),
        };
        (rooted(definite), rooted(pattern))
    }
}

/// At the first slash outside braces, or at a variable that follows a complete host and stands for a path.
fn split_path(rest: &str) -> (&str, &str) {
    let mut depth = 0_usize;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'{' if depth == 0
                && at > 0
                && rest[at..].to_ascii_lowercase().starts_with("{basepath}") =>
            {
                return rest.split_at(at);
            }
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b'/' if depth == 0 => return rest.split_at(at),
            _ => {}
        }
    }
    (rest, "")
}

/// The host's labels; dots within braces do not part them.
fn labels(host: &str) -> Vec<&str> {
    let mut labels = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (at, byte) in host.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b'.' if depth == 0 => {
                labels.push(&host[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    labels.push(&host[start..]);
    labels
}

/// A label that is the operator's to say.
fn is_open(at: usize, label: &str) -> bool {
    // `[` begins an address, which has no labels. Words are placeholders in front only: `api.example.com` is a name.
    let marked = label.contains(['{', '*', '<']) && !label.starts_with('[');
    marked || (at == 0 && is_placeholder(label))
}

/// How descriptions write "put your own here": `your-domain`, `yourcompany`, `<tenant>`.
fn is_placeholder(label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    let named = ["your", "my-", "<", "{"]
        .iter()
        .any(|start| label.starts_with(start));
    named
        || [
            "example",
            "tenant",
            "subdomain",
            "mycompany",
            "mydomain",
            "instance",
            "*",
            "**",
        ]
        .contains(&label.as_str())
}
