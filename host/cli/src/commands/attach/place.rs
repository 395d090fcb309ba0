//! Where a server is: an address that a manifest can name exactly.

use metier_core::http::{CanonicalUrl, Host, PathPattern, Scheme};

use crate::errors::{Failure, sentence};

/// The one name that is this machine.
const LOCALHOST: &str = "localhost";

/// An address, and the rule that means it and nothing else.
#[derive(Clone, Debug)]
pub struct Place {
    /// The address.
    pub url: CanonicalUrl,
    /// Its path as a rule has it.
    pub path: String,
}

impl Place {
    /// Reads an address.
    ///
    /// # Errors
    /// Where it is none, would be sent in the clear, or has a path no rule can mean exactly.
    pub fn parse(text: &str) -> Result<Place, Failure> {
        let hint = "For instance: https://mcp.acme.com/mcp";
        let url = CanonicalUrl::parse(text)
            .map_err(|error| Failure::usage(sentence(&error.to_string()), hint))?;
        if text.contains('#') {
            return Err(Failure::usage("A server's address has no fragment.", hint));
        }
        if url.scheme() == Scheme::Http && !is_here(url.host()) {
            return Err(Failure::usage(
                "The server would be spoken to in the clear: http is for servers on this machine.",
                hint,
            ));
        }
        let path = format!("/{}", url.path_segments().join("/"));
        let means_it = path.parse::<PathPattern>().is_ok()
            && url
                .path_segments()
                .iter()
                .all(|segment| !segment.contains(['*', '/']));
        match means_it {
            true => Ok(Place { url, path }),
            false => Err(Failure::usage(
                "The path of the server's address cannot be written as a rule.",
                hint,
            )),
        }
    }

    /// The addresses a grant has to name, where the server is on this machine: without them nothing that is skills' reaches it.
    pub fn addresses(&self) -> Option<String> {
        let host = self.url.host();
        match host.ip() {
            _ if !is_here(host) => None,
            Some(ip) => Some(format!("{ip}/{}", if ip.is_ipv4() { 32 } else { 128 })),
            None => Some("127.0.0.1/32\", \"::1/128".to_owned()),
        }
    }
}

fn is_here(host: &Host) -> bool {
    match (host.ip(), host.name()) {
        (Some(ip), _) => ip.is_loopback(),
        (None, name) => name == Some(LOCALHOST),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::Place;

    #[test]
    fn a_grant_for_this_machine_names_its_addresses() {
        for (text, addresses) in [
            ("http://127.0.0.1:1/", Some("127.0.0.1/32")),
            ("http://[::1]:1/", Some("::1/128")),
            ("https://mcp.acme.com/mcp", None),
            ("https://10.0.0.1/mcp", None),
        ] {
            let place = Place::parse(text).unwrap();
            assert_eq!(place.addresses().as_deref(), addresses);
        }
    }

    #[test]
    fn an_address_is_https_or_on_this_machine() {
        for (text, path) in [
            ("https://mcp.acme.com/mcp", "/mcp"),
            ("https://mcp.acme.com", "/"),
            ("https://mcp.acme.com/a%20b/mcp/?x=1", "/a b/mcp/"),
            ("http://127.0.0.1:8000/mcp", "/mcp"),
            ("http://[::1]:8000/mcp", "/mcp"),
            ("http://localhost:8000/mcp", "/mcp"),
        ] {
            assert_eq!(Place::parse(text).unwrap().path, path, "{text}");
        }
        for (text, why) in [
            ("http://mcp.acme.com/mcp", "in the clear"),
            ("http://10.0.0.1/mcp", "in the clear"),
            ("http://localhost.acme.com/mcp", "in the clear"),
            ("https://user:key@mcp.acme.com/mcp", "user information"),
            ("https://mcp.acme.com/mcp#x", "fragment"),
            ("https://mcp.acme.com/**", "as a rule"),
            ("https://mcp.acme.com/*/mcp", "as a rule"),
            ("mcp.acme.com/mcp", "https://"),
            ("file:///etc/passwd", "scheme"),
        ] {
            let failure = Place::parse(text).unwrap_err();
            assert!(failure.fault.message.contains(why), "{text}: {failure:?}");
        }
    }
}
