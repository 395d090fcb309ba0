//! Reads one `[credentials.<name>]` section: the kind decides which keys there must be.

use std::str::FromStr;

use super::{Credential, CredentialSpec, Reach, SecretSource, TokenEndpoint, parse::read_reach};
use crate::{
    http::{CanonicalUrl, Host, HostPattern, InvalidHostPattern, Scheme},
    toml_text::{Item, Section, TextError},
};

/// Longest of the texts a credential is described with, in characters.
const MAX_TEXT_CHARACTERS: usize = 2048;

#[derive(Clone, Copy)]
enum Kind {
    Bearer,
    Basic,
    ApiKeyHeader,
    ApiKeyQuery,
    SigV4,
    ClientCredentials,
    RefreshToken,
    User,
    JwtBearer,
}

const KINDS: [(&str, Kind); 9] = [
    ("bearer", Kind::Bearer),
    ("basic", Kind::Basic),
    ("api-key-header", Kind::ApiKeyHeader),
    ("api-key-query", Kind::ApiKeyQuery),
    ("sigv4", Kind::SigV4),
    ("oauth2-client-credentials", Kind::ClientCredentials),
    ("oauth2-refresh-token", Kind::RefreshToken),
    ("oauth2-user", Kind::User),
    ("oauth2-jwt-bearer", Kind::JwtBearer),
];

pub(super) fn credential(section: &mut Section<'_>) -> Result<Credential, TextError> {
    let kind = section
        .require("kind", "kind = \"bearer\"")?
        .choice(&KINDS)?;
    let spec = spec(kind, section)?;
    let secret = match kind {
        Kind::User => SecretSource::Account,
        _ => secret(section.require("secret", "secret = { env = \"NAME\" }")?)?,
    };
    let hosts = section
        .require("hosts", "hosts = [\"api.acme.com\"]")?
        .some_list::<SecretHost>()?;
    Ok(Credential {
        spec,
        secret,
        hosts: hosts.into_iter().map(|host| host.0).collect(),
    })
}

/// Where a secret may go: hosts somebody named.
struct SecretHost(HostPattern);

/// The text is no such host.
#[derive(Debug, thiserror::Error)]
enum InvalidSecretHost {
    #[error("`**` would let the secret go to any host; name the hosts that may have it")]
    Any,
    #[error(transparent)]
    Pattern(#[from] InvalidHostPattern),
}

impl FromStr for SecretHost {
    type Err = InvalidSecretHost;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse()? {
            HostPattern::Any => Err(InvalidSecretHost::Any),
            named => Ok(SecretHost(named)),
        }
    }
}

fn spec(kind: Kind, section: &mut Section<'_>) -> Result<CredentialSpec, TextError> {
    Ok(match kind {
        Kind::Bearer => CredentialSpec::Bearer,
        Kind::Basic => CredentialSpec::Basic {
            username: username(section)?,
        },
        Kind::ApiKeyHeader => CredentialSpec::ApiKeyHeader {
            header: section
                .require("header", "header = \"X-Api-Key\"")?
                .parsed()?,
        },
        Kind::ApiKeyQuery => CredentialSpec::ApiKeyQuery {
            parameter: required(section, "parameter", "parameter = \"api_key\"")?,
        },
        Kind::SigV4 => CredentialSpec::SigV4 {
            access_key_id: secret(section.require(
                "access-key-id",
                "access-key-id = { env = \"AWS_ACCESS_KEY_ID\" }",
            )?)?,
            session_token: section.take("session-token").map(secret).transpose()?,
            region: scope_word(section, "region", "region = \"eu-central-1\"")?,
            service: scope_word(section, "service", "service = \"bedrock\"")?,
        },
        Kind::ClientCredentials => CredentialSpec::OAuth2ClientCredentials {
            token: token_endpoint(section)?,
            client_id: client_id(section)?,
            scope: optional(section, "scope")?,
            audience: optional(section, "audience")?,
        },
        Kind::RefreshToken => CredentialSpec::OAuth2RefreshToken {
            token: token_endpoint(section)?,
            client_id: client_id(section)?,
            client_secret: section.take("client-secret").map(secret).transpose()?,
            scope: optional(section, "scope")?,
        },
        Kind::User => CredentialSpec::OAuth2User {
            authorize: Box::new(issuer_url(section.require(
                "authorize-url",
                "authorize-url = \"https://login.acme.com/oauth2/authorize\"",
            )?)?),
            token: token_endpoint(section)?,
            revoke: section
                .take("revoke-url")
                .map(issuer_url)
                .transpose()?
                .map(Box::new),
            client_id: client_id(section)?,
            client_secret: section.take("client-secret").map(secret).transpose()?,
            scope: optional(section, "scope")?,
        },
        Kind::JwtBearer => CredentialSpec::OAuth2JwtBearer {
            token: token_endpoint(section)?,
            client_id: client_id(section)?,
            subject: required(section, "subject", "subject = \"integration@acme.com\"")?,
            audience: required(section, "audience", "audience = \"https://login.acme.com\"")?,
            scope: optional(section, "scope")?,
        },
    })
}

fn username(section: &mut Section<'_>) -> Result<String, TextError> {
    let item = section.require("username", "username = \"integration\"")?;
    let username = item.prose(MAX_TEXT_CHARACTERS)?;
    if username.contains(':') {
        return Err(item.error("a user name has no colon (RFC 7617)"));
    }
    Ok(username)
}

/// A part of a signature's scope: the parts are joined with `/`.
fn scope_word(
    section: &mut Section<'_>,
    key: &'static str,
    example: &str,
) -> Result<String, TextError> {
    let item = section.require(key, example)?;
    let word = item.prose(MAX_TEXT_CHARACTERS)?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    match word.bytes().all(plain) {
        true => Ok(word),
        false => Err(item.error("use a-z 0-9 and -")),
    }
}

fn client_id(section: &mut Section<'_>) -> Result<String, TextError> {
    required(section, "client-id", "client-id = \"…\"")
}

fn required(
    section: &mut Section<'_>,
    key: &'static str,
    example: &str,
) -> Result<String, TextError> {
    section.require(key, example)?.prose(MAX_TEXT_CHARACTERS)
}

fn optional(section: &mut Section<'_>, key: &'static str) -> Result<Option<String>, TextError> {
    section
        .take(key)
        .map(|item| item.prose(MAX_TEXT_CHARACTERS))
        .transpose()
}

fn token_endpoint(section: &mut Section<'_>) -> Result<TokenEndpoint, TextError> {
    let item = section.require(
        "token-url",
        "token-url = \"https://login.acme.com/oauth2/token\"",
    )?;
    let url = issuer_url(item)?;
    let reach: Reach = read_reach(section)?;
    Ok(TokenEndpoint { url, reach })
}

/// An address of an issuer's.
fn issuer_url(item: Item<'_>) -> Result<CanonicalUrl, TextError> {
    let url: CanonicalUrl = item.parsed()?;
    let local = matches!(url.host(), Host::Ip(ip) if ip.is_loopback());
    match url.scheme() == Scheme::Http && !local {
        true => {
            Err(item
                .error("an issuer's URL is https: what is sent there is a secret, or leads to one"))
        }
        false => Ok(url),
    }
}

/// Reads `{ env = "NAME" }`, `{ file = "path" }` or `{ vault = "name" }`: exactly one.
fn secret(item: Item<'_>) -> Result<SecretSource, TextError> {
    if item.string().is_ok() {
        let hint = "write `{ env = \"NAME\" }`, `{ file = \"path\" }` or `{ vault = \"name\" }`";
        return Err(item
            .error("a secret is never written in the grant; name where it is kept")
            .with_hint(Some(hint.to_owned())));
    }
    let located =
        item.table(|section| {
            let env = source(section, "env")?.map(SecretSource::Env);
            let file = source(section, "file")?.map(SecretSource::File);
            let vault = source(section, "vault")?.map(SecretSource::Vault);
            let mut named = [env, file, vault].into_iter().flatten();
            match (named.next(), named.next()) {
                (Some(only), None) => Ok(Some(only)),
                (None, _) if !section.is_empty() => Ok(None), // an unknown key: `finish` names it
                _ => Err(section
                    .error("a secret is kept in exactly one place: `env`, `file` or `vault`")),
            }
        })?;
    let line = located.line;
    located
        .value
        .ok_or_else(|| TextError::at_line(line, "a secret is kept in exactly one place"))
}

fn source(section: &mut Section<'_>, key: &'static str) -> Result<Option<String>, TextError> {
    optional(section, key)
}
