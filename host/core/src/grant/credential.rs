//! Credentials: how a secret is used, where it is kept, and where it may ever be sent. Never the secret itself.

use std::{fmt, str::FromStr, sync::Arc};

use super::Reach;
use crate::http::{CanonicalUrl, Host, HostPattern};

/// One `[credentials.<name>]` section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// How the secret is used.
    pub spec: CredentialSpec,
    /// Where the secret is kept: the token, password, key, client secret, refresh token or private key of the kind.
    pub secret: SecretSource,
    /// The only hosts it may ever be sent to, whatever rule names it.
    pub hosts: Vec<HostPattern>,
}

impl Credential {
    /// Whether it may be sent to this host.
    pub fn allows(&self, host: &Host) -> bool {
        self.hosts.iter().any(|pattern| pattern.matches(host))
    }
}

/// How a secret becomes part of a request; each kind carries exactly what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialSpec {
    /// `Authorization: Bearer <secret>` (RFC 6750).
    Bearer,
    /// `Authorization: Basic …` with the secret as password (RFC 7617).
    Basic {
        /// The user name; contains no colon.
        username: String,
    },
    /// The secret as the value of a header.
    ApiKeyHeader {
        /// Which header.
        header: HeaderName,
    },
    /// The secret as a query parameter.
    ApiKeyQuery {
        /// Which parameter.
        parameter: String,
    },
    /// AWS Signature Version 4; the secret is the secret access key. The request carries the digest of its body in
    /// `x-amz-content-sha256`.
    SigV4 {
        /// Where the id of the access key is kept.
        access_key_id: SecretSource,
        /// Where the session token is kept, for temporary keys.
        session_token: Option<SecretSource>,
        /// The region that is signed for: the one in the host's name.
        region: String,
        /// The service that is signed for: `bedrock`.
        service: String,
    },
    /// OAuth 2.0 client credentials (RFC 6749, section 4.4); the secret is the client secret.
    OAuth2ClientCredentials {
        /// Where tokens come from.
        token: TokenEndpoint,
        /// Who asks.
        client_id: String,
        /// What for.
        scope: Option<String>,
        /// For which service, where the issuer wants to know.
        audience: Option<String>,
    },
    /// OAuth 2.0 refresh token (RFC 6749, section 6); the secret is the refresh token.
    OAuth2RefreshToken {
        /// Where tokens come from.
        token: TokenEndpoint,
        /// Who asks.
        client_id: String,
        /// The client's own secret, for confidential clients.
        client_secret: Option<SecretSource>,
        /// What for.
        scope: Option<String>,
    },
    /// OAuth 2.0 for each user (RFC 6749, section 4.1, with PKCE, RFC 7636): who calls has connected an account of their own.
    OAuth2User {
        /// Where a user is sent to agree.
        authorize: Box<CanonicalUrl>,
        /// Where tokens come from.
        token: TokenEndpoint,
        /// Where a token is taken back (RFC 7009), if the issuer has such a place.
        revoke: Option<Box<CanonicalUrl>>,
        /// Who asks.
        client_id: String,
        /// The client's own secret, for confidential clients.
        client_secret: Option<SecretSource>,
        /// What for.
        scope: Option<String>,
    },
    /// OAuth 2.0 JWT bearer (RFC 7523), signed with RS256; the secret is the private key in PEM.
    OAuth2JwtBearer {
        /// Where tokens come from.
        token: TokenEndpoint,
        /// The `iss` claim.
        client_id: String,
        /// The `sub` claim: for whom.
        subject: String,
        /// The `aud` claim.
        audience: String,
        /// What for.
        scope: Option<String>,
    },
}

impl CredentialSpec {
    /// The word for the kind in a grant.
    pub const fn kind(&self) -> &'static str {
        match self {
            CredentialSpec::Bearer => "bearer",
            CredentialSpec::Basic { .. } => "basic",
            CredentialSpec::ApiKeyHeader { .. } => "api-key-header",
            CredentialSpec::ApiKeyQuery { .. } => "api-key-query",
            CredentialSpec::SigV4 { .. } => "sigv4",
            CredentialSpec::OAuth2ClientCredentials { .. } => "oauth2-client-credentials",
            CredentialSpec::OAuth2RefreshToken { .. } => "oauth2-refresh-token",
            CredentialSpec::OAuth2User { .. } => "oauth2-user",
            CredentialSpec::OAuth2JwtBearer { .. } => "oauth2-jwt-bearer",
        }
    }

    /// Where more of it is kept than the one secret every kind has.
    pub fn more_secrets(&self) -> Vec<&SecretSource> {
        match self {
            CredentialSpec::OAuth2RefreshToken { client_secret, .. }
            | CredentialSpec::OAuth2User { client_secret, .. } => client_secret.iter().collect(),
            CredentialSpec::SigV4 {
                access_key_id,
                session_token,
                ..
            } => [access_key_id].into_iter().chain(session_token).collect(),
            _ => Vec::new(),
        }
    }

    /// Where its tokens come from, for the kinds that fetch some.
    pub const fn token_endpoint(&self) -> Option<&TokenEndpoint> {
        match self {
            CredentialSpec::OAuth2ClientCredentials { token, .. }
            | CredentialSpec::OAuth2RefreshToken { token, .. }
            | CredentialSpec::OAuth2User { token, .. }
            | CredentialSpec::OAuth2JwtBearer { token, .. } => Some(token),
            _ => None,
        }
    }
}

/// Where OAuth tokens come from and how to get there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenEndpoint {
    /// The address; `https`, except on the machine itself.
    pub url: CanonicalUrl,
    /// How to reach it.
    pub reach: Reach,
}

/// Where a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// In this environment variable of the host.
    Env(String),
    /// In this file, relative to the grant file.
    File(String),
    /// In the host's vault under this name.
    Vault(String),
    /// With the account that each user connects; no grant names the place.
    Account,
}

/// For a sentence: `the environment variable NAME`.
impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretSource::Env(name) => write!(f, "the environment variable `{name}`"),
            SecretSource::File(path) => write!(f, "the file `{path}`"),
            SecretSource::Vault(name) => write!(f, "the vault entry `{name}`"),
            SecretSource::Account => f.write_str("the account that the user connected"),
        }
    }
}

/// The name of a header that may carry a key: a token (RFC 9110, section 5.1), in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderName(Arc<str>);

/// Headers that route or frame a message, or tell a repeated one; a secret in one of them breaks the request, moves it
/// elsewhere, or makes one change of another.
const FRAMING: [&str; 10] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "keep-alive",
    "idempotency-key",
];

/// Longest header name, in bytes; servers commonly stop far earlier.
const MAX_HEADER_BYTES: usize = 128;

impl HeaderName {
    /// The name in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is no header a key may be put in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no header that can carry a key; write a header name such as `X-Api-Key`")]
pub struct InvalidHeaderName(String);

impl FromStr for HeaderName {
    type Err = InvalidHeaderName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        let name = text.to_ascii_lowercase();
        let formed = (1..=MAX_HEADER_BYTES).contains(&name.len()) && name.bytes().all(token);
        if formed && !FRAMING.contains(&name.as_str()) {
            Ok(HeaderName(name.into()))
        } else {
            Err(InvalidHeaderName(crate::ids::shown(text)))
        }
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
