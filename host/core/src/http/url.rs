//! A URL with exactly one spelling.

use std::{fmt, sync::Arc};

use ::url::Url;

use super::{Host, Scheme, raw};

/// Longest URL, in bytes: services refuse longer ones anyway (Salesforce at 16 KiB), and every rule walks it.
pub const MAX_URL_BYTES: usize = 16 * 1024;

/// An absolute `http` or `https` URL in the one spelling that is matched by the rules and then sent.
///
/// Lowercase host in ASCII, no trailing dot, IP addresses in standard form, no user information, no fragment, no
/// default port, no dot segments, and no encoded character that could turn a path into another one. What breaks one of
/// these is refused, except where a single meaning is certain (case, punycode, odd spellings of an address, a trailing
/// dot, a fragment): that is rewritten.
///
/// ```
/// use metier_core::http::CanonicalUrl;
/// let url = CanonicalUrl::parse("HTTPS://API.Acme.com.:443/v1/a%20b?q=1#top")?;
/// assert_eq!(url.as_str(), "https://api.acme.com/v1/a%20b?q=1");
/// assert_eq!(url.path_segments(), ["v1", "a b"]);
/// assert!(CanonicalUrl::parse("https://api.acme.com/v1/%2e%2e/admin").is_err());
/// # Ok::<(), metier_core::http::UrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CanonicalUrl {
    url: Url,
    scheme: Scheme,
    host: Host,
    port: u16,
    segments: Arc<[String]>,
}

/// Why a URL is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Longer than [`MAX_URL_BYTES`].
    #[error("the URL is longer than {MAX_URL_BYTES} bytes")]
    TooLong,
    /// White space, a control character or a backslash.
    #[error("the URL contains the character U+{:04X}; percent-encode it or leave it out", u32::from(*.0))]
    Forbidden(char),
    /// No `scheme://`.
    #[error("the URL is not absolute; begin with `https://`")]
    Relative,
    /// Another scheme.
    #[error("the URL's scheme `{0}` is neither https nor http")]
    Scheme(String),
    /// Nothing between `//` and the path.
    #[error("the URL has no host")]
    NoHost,
    /// `user:password@`.
    #[error("the URL carries user information before an `@`; credentials are attached by the host")]
    UserInfo,
    /// A host that is neither a DNS name nor an address.
    #[error("the URL's host `{0}` is neither a DNS name nor an IP address")]
    Host(String),
    /// Port 0.
    #[error("the URL's port is 0")]
    PortZero,
    /// `.` or `..`, plain or encoded.
    #[error("the URL's path has a `.` or `..` segment")]
    DotSegment,
    /// `%2f` or `%5c`.
    #[error("the URL's path hides a `/` or `\\` behind percent-encoding")]
    EncodedSeparator,
    /// An encoded control character.
    #[error("the URL's path has an encoded control character")]
    EncodedControl,
    /// Encoded twice.
    #[error("the URL's path is percent-encoded twice")]
    DoubleEncoding,
    /// A `%` without two hexadecimal digits.
    #[error("the URL has a `%` that is not followed by two hexadecimal digits")]
    BadEscape,
    /// Decodes to something that is not UTF-8.
    #[error("the URL's path does not decode to UTF-8")]
    NotUtf8,
    /// `//` at the start of the path.
    #[error("the URL's path begins with `//`")]
    DoubleSlash,
    /// The `url` crate refuses it.
    #[error("the URL cannot be read: {0}")]
    Malformed(#[from] ::url::ParseError),
}

impl CanonicalUrl {
    /// Reads a URL strictly and brings it into its one spelling.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        raw::inspect(text)?;
        CanonicalUrl::from_url(Url::parse(text)?)
    }

    /// The URL a redirect leads to: `location` resolved against this one (RFC 3986, section 5), then read as strictly
    /// as any other. Dot segments of a relative reference are walked away first: that is what they are for.
    pub fn join(&self, location: &str) -> Result<Self, UrlError> {
        raw::refuse_forbidden(location)?;
        let resolved = self.url.join(location)?;
        if !resolved.username().is_empty() || resolved.password().is_some() {
            return Err(UrlError::UserInfo);
        }
        CanonicalUrl::parse(resolved.as_str())
    }

    fn from_url(mut url: Url) -> Result<Self, UrlError> {
        let scheme: Scheme = url
            .scheme()
            .parse()
            .map_err(|_| UrlError::Scheme(url.scheme().to_owned()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::UserInfo);
        }
        url.set_fragment(None);
        let host = canonical_host(&mut url)?;
        let port = url.port().unwrap_or(scheme.default_port());
        if port == 0 {
            return Err(UrlError::PortZero);
        }
        check_query(&url)?;
        let segments = decoded_segments(&url)?;
        Ok(CanonicalUrl {
            url,
            scheme,
            host,
            port,
            segments,
        })
    }

    /// `https` or `http`.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port, written or meant.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What belongs in the `Host` header: the host, and the port unless it is the scheme's own.
    pub fn authority(&self) -> &str {
        self.url.authority()
    }

    /// The decoded segments of the path; `/` has one, and it is empty.
    pub fn path_segments(&self) -> &[String] {
        &self.segments
    }

    /// The path as sent.
    pub fn path(&self) -> &str {
        self.url.path()
    }

    /// The query as sent, without the `?`.
    pub fn query(&self) -> Option<&str> {
        self.url.query()
    }

    /// What belongs in the request line.
    pub fn path_and_query(&self) -> &str {
        &self.url[::url::Position::BeforePath..::url::Position::AfterQuery]
    }

    /// The whole URL.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// The URL without its query, for logs and audits: queries carry data and sometimes keys.
    pub fn without_query(&self) -> &str {
        &self.url[..::url::Position::AfterPath]
    }
}

/// Rewrites the host where only its spelling is odd.
fn canonical_host(url: &mut Url) -> Result<Host, UrlError> {
    let parsed = url.host().ok_or(UrlError::NoHost)?;
    let host = Host::from_url(&parsed)
        .ok_or_else(|| UrlError::Host(crate::ids::shown(&parsed.to_string())))?;
    let written = host.to_string();
    if url.host_str() != Some(&written) {
        url.set_host(Some(&written))?;
    }
    Ok(host)
}

fn decoded_segments(url: &Url) -> Result<Arc<[String]>, UrlError> {
    let path = url.path();
    if path.starts_with("//") {
        return Err(UrlError::DoubleSlash);
    }
    path.trim_start_matches('/')
        .split('/')
        .map(|segment| {
            let decoded = raw::decode_segment(segment)?;
            raw::check_segment(&decoded)?;
            Ok(decoded)
        })
        .collect()
}

/// Escapes in the query must be whole: readers disagree about the rest.
fn check_query(url: &Url) -> Result<(), UrlError> {
    let query = url.query().unwrap_or("");
    let whole = query.split('%').skip(1).all(|after| {
        after
            .as_bytes()
            .first_chunk::<2>()
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    if whole {
        Ok(())
    } else {
        Err(UrlError::BadEscape)
    }
}

impl fmt::Display for CanonicalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Without the query, so that debug output leaks no data.
impl fmt::Debug for CanonicalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.without_query())
    }
}

impl std::str::FromStr for CanonicalUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        CanonicalUrl::parse(text)
    }
}
