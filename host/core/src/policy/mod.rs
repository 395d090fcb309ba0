//! The decision: manifest ∩ grant ∩ run, one pure function.
//!
//! Deny by default in every layer. A request is allowed when the skill's manifest asks for it, the operator's grant allows
//! it and the run was not narrowed below it; otherwise the [`Denial`] names the first layer that lacks the rule. Nothing
//! written in one layer can widen what another allows. Allowing allocates nothing.
//!
//! ```
//! use metier_core::{effect::Effect, grant::Grant, ids::TenantId, manifest::Manifest, policy, run::RunScope};
//! let (manifest, run) = (Manifest::empty(), RunScope::unrestricted());
//! let name = "query".parse()?;
//! let request = policy::Request::Tool { name: &name, effect: Effect::Read };
//! assert!(policy::authorize(&manifest, &Grant::compute_only(TenantId::local()), &run, &request).is_ok());
//! assert!(policy::authorize(&manifest, &Grant::deny_all(TenantId::local()), &run, &request).is_err());
//! # Ok::<(), metier_core::ids::InvalidName>(())
//! ```

mod allowed;
mod files;
mod http;
#[cfg(test)]
mod tests;
mod words;

pub use allowed::{Allowed, HttpAllowed, Mount};

use crate::{
    denial::{Denial, Skill},
    effect::Effect,
    files::{Access, GuestPath},
    grant::Grant,
    http::{CanonicalUrl, Method},
    ids::{BucketName, ConfigKey, RouteName, ToolName, ToolRef},
    log::LogLevel,
    manifest::Manifest,
    run::RunScope,
};

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Request<'r> {
    /// To call a tool. The effect is what the caller knows of it; the worse of this and the manifest's counts.
    Tool {
        /// Which tool.
        name: &'r ToolName,
        /// What it does to the world.
        effect: Effect,
    },
    /// To send a request.
    Http {
        /// With this method.
        method: &'r Method,
        /// To exactly this URL.
        url: &'r CanonicalUrl,
    },
    /// To open a key-value bucket.
    Kv {
        /// Its name.
        bucket: &'r BucketName,
    },
    /// To use a file or directory.
    Files {
        /// Where the skill sees it.
        path: &'r GuestPath,
        /// What it wants to do.
        access: Access,
    },
    /// To hand back a file.
    Artifacts {
        /// Bytes of all files of the call so far, this one included.
        bytes: u64,
    },
    /// To read a configuration value.
    Config {
        /// Its key.
        key: &'r ConfigKey,
    },
    /// To write a log line.
    Log {
        /// How important it is.
        level: LogLevel,
    },
    /// To ask a model.
    Model {
        /// By this route.
        route: &'r RouteName,
    },
    /// To call a tool of another skill. That tool then runs under its own skill's authority.
    Call {
        /// Which.
        tool: &'r ToolRef,
    },
}

/// Decides.
pub fn authorize<'a>(
    manifest: &'a Manifest,
    grant: &'a Grant,
    run: &'a RunScope,
    request: &Request<'_>,
) -> Result<Allowed<'a>, Denial> {
    Authority::new(manifest, grant, run).decide(request)
}

/// The three layers of one call, with one question for each capability.
#[derive(Clone, Copy, Debug)]
pub struct Authority<'a> {
    manifest: &'a Manifest,
    grant: &'a Grant,
    run: &'a RunScope,
}

impl<'a> Authority<'a> {
    /// The three layers.
    pub const fn new(manifest: &'a Manifest, grant: &'a Grant, run: &'a RunScope) -> Self {
        Authority {
            manifest,
            grant,
            run,
        }
    }

    /// Decides any request; the other methods are the same decision with a precise answer.
    pub fn decide(&self, request: &Request<'_>) -> Result<Allowed<'a>, Denial> {
        match *request {
            Request::Tool { name, effect } => self.tool(name, effect).map(|()| Allowed::Tool),
            Request::Http { method, url } => self.http(method, url).map(Allowed::Http),
            Request::Kv { bucket } => self.kv(bucket).map(|()| Allowed::Kv),
            Request::Files { path, access } => self.files(path, access).map(Allowed::Files),
            Request::Artifacts { bytes } => self.artifacts(bytes).map(|()| Allowed::Artifacts),
            Request::Config { key } => self.config(key).map(Allowed::Config),
            Request::Log { level } => self.log(level).map(|keep| Allowed::Log { keep }),
            Request::Model { route } => self.model(route).map(|()| Allowed::Model),
            Request::Call { tool } => self.call(tool).map(|()| Allowed::Call),
        }
    }

    fn skill(&self) -> Skill<'a> {
        Skill(self.manifest.name())
    }
}
