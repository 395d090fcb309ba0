//! Addresses in the words.

use metier_core::{
    Manifest,
    http::{Host, HostPattern},
};
use url::Url;

use super::super::report::Findings;

/// Most bytes of an address that are looked at: what follows is its path.
const MAX_ADDRESS: usize = 512;

/// Longest part before the path, in bytes: a name has 253, and what is longer hides where it ends.
const MAX_AUTHORITY: usize = 300;

/// Where addresses may lead.
pub(super) struct Reach {
    hosts: Vec<HostPattern>,
    homepage: Option<String>,
}

/// Ends of names that lead nowhere (RFC 2606, RFC 6761).
const NOWHERE: [&str; 7] = [
    "example",
    "test",
    "invalid",
    "localhost",
    "example.com",
    "example.org",
    "example.net",
];

impl Reach {
    /// Of several skills: an agent's words may send a model to what any of them reaches.
    pub(super) fn of_all<'m>(manifests: impl Iterator<Item = &'m Manifest>) -> Self {
        let each = manifests.map(Reach::of);
        Reach {
            hosts: each.flat_map(|reach| reach.hosts).collect(),
            homepage: None,
        }
    }

    pub(super) fn of(manifest: &Manifest) -> Self {
        let homepage = manifest
            .skill
            .as_ref()
            .and_then(|skill| skill.homepage.as_deref());
        let homepage = homepage.and_then(|text| Url::parse(text).ok());
        Reach {
            hosts: manifest
                .capabilities
                .http
                .iter()
                .map(|ask| ask.rule.host.clone())
                .collect(),
            homepage: homepage.and_then(|url| url.host_str().map(str::to_owned)),
        }
    }

    fn has(&self, name: &str) -> bool {
        // A name of one label is a place holder, or a machine next door: nothing in the network has it.
        if !name.contains('.') {
            return true;
        }
        let declared = name
            .parse::<Host>()
            .is_ok_and(|host| self.hosts.iter().any(|pattern| pattern.matches(&host)));
        let nowhere = NOWHERE
            .iter()
            .any(|end| name == *end || name.ends_with(&format!(".{end}")));
        declared || nowhere || self.homepage.as_deref() == Some(name)
    }
}

pub(super) fn check(place: &str, line: &str, reach: &Reach, findings: &mut Findings) {
    let lower = line.to_ascii_lowercase();
    for (at, _) in lower.match_indices("://") {
        let scheme = lower[..at]
            .rsplit(|c: char| !c.is_ascii_alphanumeric())
            .next()
            .unwrap_or_default();
        if !matches!(scheme, "http" | "https" | "ws" | "wss" | "ftp") {
            continue;
        }
        // Offsets are those of the line: lowering ASCII keeps them.
        let rest = start(&line[at + 3..]);
        let end = rest
            .find(|c: char| c.is_whitespace() || "\"'<>)]|`\\".contains(c))
            .unwrap_or(rest.len());
        let address = &rest[..end];
        if !is_known(address, reach) {
            findings.add(
                "words/undeclared-url",
                place,
                &format!("{scheme}://{address}"),
            );
        }
    }
}

/// As much of it as is looked at.
fn start(text: &str) -> &str {
    let mut end = text.len().min(MAX_ADDRESS);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn is_known(address: &str, reach: &Reach) -> bool {
    // What stands for something else, `{instance}`, stands for one label.
    let authority = address.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.len() > MAX_AUTHORITY {
        return false;
    }
    let mut plain = String::new();
    let mut inside = false;
    for character in authority.chars() {
        match character {
            '{' => inside = true,
            '}' => {
                inside = false;
                plain.push('x');
            }
            other if !inside => plain.push(other),
            _ => {}
        }
    }
    let parsed = Url::parse(&format!(
        "https://{}",
        plain.trim_end_matches(['.', ',', ':', ';'])
    ));
    match parsed.as_ref().map(Url::host) {
        Ok(Some(url::Host::Domain(name))) => reach.has(name.trim_end_matches('.')),
        Ok(Some(url::Host::Ipv4(ip))) => ip.is_loopback() || reach.has(&ip.to_string()),
        Ok(Some(url::Host::Ipv6(ip))) => ip.is_loopback() || reach.has(&format!("[{ip}]")),
        // `https://` alone is a word.
        _ => plain.is_empty(),
    }
}
