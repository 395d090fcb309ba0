//! One rule about HTTP requests, as manifest, grant and run all write it.

use std::fmt;

use super::{CanonicalUrl, HostPattern, Method, MethodSet, PathPattern, Scheme};

/// Which requests a rule means: all five parts must match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRule {
    /// `https` unless written otherwise.
    pub scheme: Scheme,
    /// Which hosts.
    pub host: HostPattern,
    /// The port; the scheme's own unless written otherwise.
    pub port: u16,
    /// Which methods.
    pub methods: MethodSet,
    /// Which paths; any of them.
    pub paths: Vec<PathPattern>,
}

/// How far a rule is from matching a request, least far first: the part that would have to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mismatch {
    /// All matches except the path.
    Path,
    /// Host, port and scheme match, the method does not.
    Method,
    /// Host and port match, the scheme does not.
    Scheme,
    /// The host matches, the port does not.
    Port,
    /// Another host altogether.
    Host,
}

impl HttpRule {
    /// Whether the rule means this request.
    pub fn matches(&self, method: &Method, url: &CanonicalUrl) -> bool {
        self.mismatch(method, url).is_none()
    }

    /// What keeps the rule from meaning this request; nothing when it does.
    pub fn mismatch(&self, method: &Method, url: &CanonicalUrl) -> Option<Mismatch> {
        let default_ports =
            self.port == self.scheme.default_port() && url.port() == url.scheme().default_port();
        if !self.host.matches(url.host()) {
            Some(Mismatch::Host)
        } else if self.scheme != url.scheme() {
            // Both on their scheme's own port differ in the scheme only.
            let same_place = default_ports || self.port == url.port();
            Some(if same_place {
                Mismatch::Scheme
            } else {
                Mismatch::Port
            })
        } else if self.port != url.port() {
            Some(Mismatch::Port)
        } else if !self.methods.matches(method) {
            Some(Mismatch::Method)
        } else if !self
            .paths
            .iter()
            .any(|path| path.matches(url.path_segments()))
        {
            Some(Mismatch::Path)
        } else {
            None
        }
    }

    /// Whether every request `other` means is meant here too. `false` may also mean "not provably".
    pub fn covers(&self, other: &HttpRule) -> bool {
        self.scheme == other.scheme
            && self.port == other.port
            && self.host.covers(&other.host)
            && self.methods.covers(&other.methods)
            && other
                .paths
                .iter()
                .all(|theirs| self.paths.iter().any(|mine| mine.covers(theirs)))
    }
}

/// As a person would say it: `GET, POST https://*.acme.com/v1/**`.
impl fmt::Display for HttpRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}://{}", self.methods, self.scheme, self.host)?;
        if self.port != self.scheme.default_port() {
            write!(f, ":{}", self.port)?;
        }
        match self.paths.as_slice() {
            [path] => write!(f, "{path}"),
            paths => {
                let texts: Vec<String> = paths.iter().map(PathPattern::to_string).collect();
                write!(f, "{{{}}}", texts.join(","))
            }
        }
    }
}
