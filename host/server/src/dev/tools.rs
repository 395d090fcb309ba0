//! What is served: one skill, which may be replaced while calls run.

use std::sync::{Arc, PoisonError, RwLock};

use metier_core::{Call, CallId, Fault, PrincipalId, RunScope, ToolName};
use metier_runtime::audit::Observer;
use metier_runtime::host::Host;
use metier_runtime::outcome::Outcome;
use metier_runtime::registry::Installed;

/// Sees every call that is made.
pub trait Watcher: Send + Sync {
    /// A call begins; who is told what happens in it.
    fn begins(&self, call: &Call) -> Arc<dyn Observer>;
    /// It ended. Not told when the client went away: the audit has that.
    fn ended(&self, call: &CallId, outcome: &Outcome);
}

/// A skill that is installed on a host, or why there is none.
pub struct Tools {
    host: Arc<Host>,
    current: RwLock<Result<Arc<Installed>, Fault>>,
    watcher: Arc<dyn Watcher>,
}

impl Tools {
    /// `current` is what is served first; it is installed on `host`.
    pub fn new(
        host: Arc<Host>,
        current: Result<Arc<Installed>, Fault>,
        watcher: Arc<dyn Watcher>,
    ) -> Tools {
        Tools {
            host,
            current: RwLock::new(current),
            watcher,
        }
    }

    /// From now on calls go to this one. Those that run keep what they began with.
    pub fn replace(&self, current: Result<Arc<Installed>, Fault>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = current;
    }

    /// What is served now.
    ///
    /// # Errors
    /// Why there is nothing.
    pub fn current(&self) -> Result<Arc<Installed>, Fault> {
        let current = self.current.read();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The host it is served by.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Makes one call, for whom the skill is installed.
    pub(crate) async fn call(
        &self,
        id: CallId,
        tool: &str,
        arguments: String,
    ) -> Result<String, Fault> {
        let installed = self.current()?;
        let tool: ToolName = installed.tool(tool)?.info.name.clone();
        let call = Call {
            id: id.clone(),
            tenant: installed.grant().tenant.clone(),
            principal: PrincipalId::local(),
            skill: *installed.skill().digest(),
            tool,
            arguments,
            deadline: None,
            idempotency_key: None,
            within: None,
            depth: 0,
        };
        let observer = self.watcher.begins(&call);
        let run = Arc::new(RunScope::unrestricted());
        let outcome = self.host.call(call, run, observer).await;
        self.watcher.ended(&id, &outcome);
        outcome.result
    }
}
