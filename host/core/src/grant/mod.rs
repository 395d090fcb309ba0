//! What an operator allows one skill, for one tenant: the grant file.
//!
//! A grant says what *may* happen; nothing in it happens unless the skill's manifest asks for it too. What it leaves out is
//! denied. Secrets are named here, never written here.
//!
//! ```
//! use metier_core::grant::Grant;
//! let grant = Grant::parse(r#"
//! skill = "com.acme/weather"
//! tools = ["forecast"]
//!
//! [[http]]
//! host = "api.weather.example"
//! methods = ["GET"]
//! paths = ["/v1/**"]
//! credential = "weather"
//!
//! [credentials.weather]
//! kind = "api-key-header"
//! header = "X-Api-Key"
//! secret = { env = "WEATHER_KEY" }
//! hosts = ["api.weather.example"]
//! "#)?;
//! assert_eq!(grant.tenant.as_str(), "local");
//! # Ok::<(), metier_core::grant::GrantError>(())
//! ```

mod credential;
mod credential_parse;
mod parse;
mod subject;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use credential::{Credential, CredentialSpec, HeaderName, SecretSource, TokenEndpoint};
use ipnet::IpNet;
pub use subject::{Subject, WrongSubject};

pub use crate::toml_text::{Located, TextError as GrantError};
use crate::{
    files::{Access, GuestPath},
    http::{ConnectTo, HttpRule},
    ids::{BucketName, ConfigKey, CredentialName, RouteName, TenantId, ToolName, ToolRef},
    limits::LimitsAsk,
    log::LogLevel,
    units::ByteSize,
};

/// What an operator allows one skill, for one tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// Which skill this is for.
    pub subject: Subject,
    /// For whose calls.
    pub tenant: TenantId,
    /// Which tools may be called.
    pub tools: ToolSet,
    /// Which requests may be made.
    pub http: Vec<Located<HttpGrant>>,
    /// Which buckets may be used.
    pub kv: Vec<BucketName>,
    /// Which directories may be seen.
    pub files: Vec<Located<FilesGrant>>,
    /// Whether files may be handed back.
    pub artifacts: Option<ArtifactsGrant>,
    /// Configuration the skill may read, with the values it reads.
    pub config: BTreeMap<ConfigKey, String>,
    /// Whether the skill may log.
    pub log: Option<LogGrant>,
    /// Which routes to models its questions may take.
    pub model: Vec<RouteName>,
    /// Which tools of other skills it may call.
    pub calls: Vec<ToolRef>,
    /// The ceilings on what a call may use.
    pub limits: LimitsAsk,
    /// The credentials that rules above may name.
    pub credentials: BTreeMap<CredentialName, Located<Credential>>,
}

/// Which tools may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolSet {
    /// All of them; written `["*"]`.
    All,
    /// These; none when empty.
    Listed(Vec<ToolName>),
}

impl ToolSet {
    /// Whether the tool may be called.
    pub fn contains(&self, tool: &ToolName) -> bool {
        match self {
            ToolSet::All => true,
            ToolSet::Listed(tools) => tools.contains(tool),
        }
    }
}

/// One `[[http]]` rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpGrant {
    /// Which requests.
    pub rule: HttpRule,
    /// The credential to attach, where the manifest asks for it too.
    pub credential: Option<CredentialName>,
    /// How to reach the host.
    pub reach: Reach,
}

/// How a host is reached: what differs from resolving its name and connecting to a public address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Networks that may be connected to although they are not public.
    pub addresses: Vec<IpNet>,
    /// Connect here instead of resolving the URL's host.
    pub connect: Option<ConnectTo>,
    /// A file of extra root certificates (PEM), relative to the grant file.
    pub ca_file: Option<String>,
}

/// One `[[files]]` rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesGrant {
    /// Where the skill sees it.
    pub path: GuestPath,
    /// The directory on the host, relative to the grant file.
    pub source: String,
    /// What may be done there.
    pub access: Access,
}

/// The `[artifacts]` section.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ArtifactsGrant {
    /// The most bytes one call may hand back, below the limit `artifact-bytes`.
    pub max_bytes: Option<ByteSize>,
}

/// The `[log]` section.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogGrant {
    /// The least level kept; lines below it are dropped without an error.
    pub level: LogLevel,
}

impl Grant {
    /// Reads a grant file.
    pub fn parse(text: &str) -> Result<Self, GrantError> {
        parse::grant(text)
    }

    /// Every tool of any skill and no reach at all: for a person who calls a tool directly without a grant file.
    pub fn compute_only(tenant: TenantId) -> Self {
        Grant {
            tools: ToolSet::All,
            ..Grant::deny_all(tenant)
        }
    }

    /// Nothing, to any skill.
    pub fn deny_all(tenant: TenantId) -> Self {
        Grant {
            subject: Subject::Any,
            tenant,
            tools: ToolSet::Listed(Vec::new()),
            http: Vec::new(),
            kv: Vec::new(),
            files: Vec::new(),
            artifacts: None,
            config: BTreeMap::new(),
            log: None,
            model: Vec::new(),
            calls: Vec::new(),
            limits: LimitsAsk::default(),
            credentials: BTreeMap::new(),
        }
    }
}
