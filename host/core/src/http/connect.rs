//! Where to connect instead of where the name points.

use std::{fmt, str::FromStr};

use super::Host;

/// `127.0.0.1:8443`, `proxy.internal:443` or `[::1]:8443`: connect here instead of resolving the URL's host, like
/// `curl --connect-to`. TLS still checks the URL's host, and the address rule still applies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConnectTo {
    /// A name to resolve, or an address.
    pub host: Host,
    /// The port, never 0.
    pub port: u16,
}

/// The text is no place to connect to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no place to connect to; write host and port, such as `127.0.0.1:8443`")]
pub struct InvalidConnectTo(String);

impl FromStr for ConnectTo {
    type Err = InvalidConnectTo;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text.rsplit_once(':').and_then(|(host, port)| {
            let digits = port.bytes().all(|byte| byte.is_ascii_digit());
            let port = port.parse().ok().filter(|number| digits && *number != 0)?;
            Some(ConnectTo {
                host: host.parse().ok()?,
                port,
            })
        });
        parsed.ok_or_else(|| InvalidConnectTo(crate::ids::shown(text)))
    }
}

impl fmt::Display for ConnectTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}
