//! Refused requests.

use super::{Denial, Skill, toml_string};
use crate::{
    code::Code,
    http::{
        AddressClass, AddressRefused, CanonicalUrl, Host, Method, Mismatch, PathPattern, Scheme,
    },
    ids::{CredentialName, TenantId, shown_up_to},
};

/// Longest URL in a sentence, in characters.
const MAX_URL_CHARACTERS: usize = 160;

/// Who asked for which request.
#[derive(Clone, Copy)]
pub(crate) struct HttpAsked<'r> {
    pub skill: Skill<'r>,
    pub tenant: &'r TenantId,
    pub method: &'r Method,
    pub url: &'r CanonicalUrl,
}

/// Why a credential the manifest needs is not attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CredentialGap {
    /// The matching grant rule on this line names none or another.
    NotNamed(usize),
    /// The grant does not define it.
    Undefined,
    /// Its `hosts` do not include this host.
    OtherHosts,
}

impl HttpAsked<'_> {
    /// `The skill com.acme/x asked for GET https://h/p`
    fn subject(&self) -> String {
        let url = shown_up_to(self.url.without_query(), MAX_URL_CHARACTERS);
        format!("{} asked for {} {url}", self.skill, self.method)
    }

    /// No manifest rule matches; `closest` is the line and the difference of the best one.
    pub fn not_declared(&self, closest: Option<(usize, Mismatch)>) -> Denial {
        let message = format!(
            "{}, but its manifest has no [[capabilities.http]] rule for it{}; only the skill's author can add one.",
            self.subject(),
            closest_rule(closest)
        );
        self.with_rule(
            Denial::new(Code::HttpNotDeclared, message),
            "[[capabilities.http]]",
            Method::as_str,
        )
    }

    /// No grant rule matches.
    pub fn not_granted(&self, closest: Option<(usize, Mismatch)>) -> Denial {
        let plain = self.url.scheme() == Scheme::Http
            && closest.is_some_and(|(_, part)| part == Mismatch::Scheme);
        if plain {
            return self.plain_not_granted(closest);
        }
        let message = format!(
            "{}, but the grant for {} has no [[http]] rule for it{}; the operator can add one.",
            self.subject(),
            self.tenant,
            closest_rule(closest)
        );
        self.with_rule(
            Denial::new(Code::HttpNotGranted, message),
            "[[http]]",
            Method::as_str,
        )
    }

    fn plain_not_granted(&self, closest: Option<(usize, Mismatch)>) -> Denial {
        let message = format!(
            "{}, but the grant for {} allows this host over https only{}; the operator can add a rule with `scheme = \"http\"`.",
            self.subject(),
            self.tenant,
            closest.map_or(String::new(), |(line, _)| format!(" (line {line})")),
        );
        self.with_rule(
            Denial::new(Code::HttpPlainNotGranted, message),
            "[[http]]",
            Method::as_str,
        )
    }

    /// Manifest and grant allow it, the run does not.
    pub fn run_narrowed(&self) -> Denial {
        let message = format!(
            "{}, which manifest and grant allow, but this run was narrowed to other requests; whoever started the run can widen it.",
            self.subject()
        );
        Denial::new(Code::RunNarrowed, message)
    }

    /// The request is allowed, but not with the credential it needs.
    pub fn credential_not_granted(&self, name: &CredentialName, gap: CredentialGap) -> Denial {
        let host = self.url.host();
        let (missing, remedy) = match gap {
            CredentialGap::NotNamed(line) => (
                format!("the [[http]] rule on line {line} of the grant does not name it"),
                format!(
                    "In the [[http]] rule on line {line} of the grant, add\ncredential = \"{name}\""
                ),
            ),
            CredentialGap::Undefined => (
                "the grant does not define it".to_owned(),
                format!("Add a section [credentials.{name}] to the grant."),
            ),
            CredentialGap::OtherHosts => (
                format!("the grant does not allow sending it to {host}"),
                format!("Under [credentials.{name}] in the grant, add \"{host}\" to `hosts`."),
            ),
        };
        let message = format!(
            "{} and needs the credential `{name}` there, but {missing}; the operator can change that.",
            self.subject()
        );
        Denial::new(Code::CredentialNotGranted, message).with_remedy(remedy)
    }

    /// Adds the exact rule to write, where the request can be written as one.
    fn with_rule(&self, denial: Denial, header: &str, method: fn(&Method) -> &str) -> Denial {
        match rule_lines(header, method(self.method), self.url) {
            Some(lines) => denial.with_remedy(lines),
            None => denial,
        }
    }
}

fn closest_rule(closest: Option<(usize, Mismatch)>) -> String {
    let Some((line, part)) = closest else {
        return String::new();
    };
    let part = match part {
        // A rule for another host is no help.
        Mismatch::Host => return String::new(),
        Mismatch::Path => "path",
        Mismatch::Method => "method",
        Mismatch::Scheme => "scheme",
        Mismatch::Port => "port",
    };
    format!(" (the closest, on line {line}, has another {part})")
}

/// The rule that allows exactly this request.
fn rule_lines(header: &str, method: &str, url: &CanonicalUrl) -> Option<String> {
    let path = format!("/{}", url.path_segments().join("/"));
    let literal = path
        .parse::<PathPattern>()
        .ok()?
        .matches(url.path_segments())
        && !path.contains('*');
    if !literal {
        return None;
    }
    let mut lines = format!("{header}\n");
    if url.scheme() == Scheme::Http {
        lines.push_str("scheme = \"http\"\n");
    }
    lines.push_str(&format!("host = \"{}\"\n", url.host()));
    if url.port() != url.scheme().default_port() {
        lines.push_str(&format!("port = {}\n", url.port()));
    }
    lines.push_str(&format!(
        "methods = [\"{method}\"]\npaths = [{}]",
        toml_string(&path)?
    ));
    Some(lines)
}

impl Denial {
    /// The name resolved to an address that may not be connected to. The sentence names no address: a skill has no
    /// business knowing where names lead inside a network. The remedy does, for the operator, except that nobody is
    /// offered the line that opens a metadata service.
    pub fn address_blocked(host: &Host, refused: AddressRefused) -> Self {
        let AddressRefused { address, class } = refused;
        let message = format!(
            "{host} leads to a {class} address that no [[http]] rule of the grant lists under `addresses`; the operator can list it if it is meant to be reached."
        );
        let remedy = match (class, address.is_ipv4()) {
            (AddressClass::Metadata, _) => {
                format!("{host} leads to {address}, where clouds keep a machine's own credentials.")
            }
            (_, true) => {
                format!("In the [[http]] rule of the grant, add\naddresses = [\"{address}/32\"]")
            }
            (_, false) => {
                format!("In the [[http]] rule of the grant, add\naddresses = [\"{address}/128\"]")
            }
        };
        Denial::new(Code::HttpAddressBlocked, message).with_remedy(remedy)
    }
}
