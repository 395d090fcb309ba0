//! What a skill asks for, what an operator grants, and the pure function that decides.
//!
//! This crate is the vocabulary every other crate speaks: identifiers, the manifest a skill carries, the grant
//! an operator writes, the narrowing a run adds, and [`authorize`], which intersects the three. Deny by
//! default in every layer: what no rule allows is refused, and the refusal says which rule is missing and who can
//! add it.
//!
//! # Architecture invariant
//! This crate never does IO, never reads a clock or an environment, has no async, and does not depend on
//! wasmtime, tokio or axum. Everything it knows arrives as an argument, and the same arguments always give the same
//! answer. `tests/all/invariants.rs` holds that.
//!
//! # Reading order
//! [`ids`], [`effect`], [`code`], [`fault`] are the words; [`http`] is how addresses are written and matched;
//! [`manifest`], [`grant`], [`run`] are the three layers; [`policy`] decides; [`limits`], [`call`], [`audit`] and
//! [`package`] are what the runtime carries around it.

pub mod ids;

pub mod effect;
pub mod money;
pub mod units;

pub mod code;
pub mod denial;
pub mod fault;
pub mod hidden;
pub mod nearest;

pub mod files;
pub mod http;
pub mod log;

pub mod canonical;
pub mod toml_text;

pub mod limits;

pub mod grant;
pub mod manifest;
pub mod run;

pub mod policy;

pub mod audit;
pub mod call;
pub mod package;

pub use audit::{AuditRecord, EgressOutcome, EgressRecord};
pub use call::{Artifact, Call, Usage};
pub use code::{Blame, Code};
pub use denial::Denial;
pub use effect::Effect;
pub use fault::Fault;
pub use files::{Access, GuestPath};
pub use grant::{Grant, GrantError};
pub use http::{CanonicalUrl, Method};
pub use ids::{
    BucketName, CallId, ConfigKey, CredentialName, Digest, PrincipalId, RouteName, SkillName,
    TenantId, ToolName, ToolRef,
};
pub use limits::{Limits, LimitsAsk};
pub use log::LogLevel;
pub use manifest::{Manifest, ManifestError, Price};
pub use money::NanoDollars;
pub use package::{Resources, Tool};
pub use policy::{Allowed, Authority, HttpAllowed, Mount, Request, authorize};
pub use run::RunScope;
pub use units::{ByteSize, Span};
