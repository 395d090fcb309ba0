//! What a run may do: the third layer, which only narrows.

use crate::{
    effect::Effect,
    files::{Access, GuestPath},
    http::HttpRule,
    ids::{BucketName, ConfigKey, RouteName, ToolName, ToolRef},
};

/// How whoever started a run narrows what its calls may do, below manifest and grant.
///
/// `None` means "not narrowed here"; a list means "nothing but these", so an empty list means "nothing". There is no
/// `Default`: running without a third layer is written out as [`RunScope::unrestricted`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunScope {
    /// Only these tools.
    pub tools: Option<Vec<ToolName>>,
    /// Only tools up to this effect.
    pub effects: Option<Effect>,
    /// Only these requests.
    pub http: Option<Vec<HttpRule>>,
    /// Only these buckets.
    pub kv: Option<Vec<BucketName>>,
    /// Only these directories, with this access.
    pub files: Option<Vec<(GuestPath, Access)>>,
    /// Only these configuration keys.
    pub config: Option<Vec<ConfigKey>>,
    /// Whether files may be handed back.
    pub artifacts: Switch,
    /// Whether the skill may log.
    pub log: Switch,
    /// Only these routes to models.
    pub model: Option<Vec<RouteName>>,
    /// Only these tools of other skills.
    pub calls: Option<Vec<ToolRef>>,
}

/// Whether a run switches a capability off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// Left as manifest and grant have it.
    AsGranted,
    /// Not in this run.
    Off,
}

impl RunScope {
    /// Manifest and grant decide alone.
    pub const fn unrestricted() -> Self {
        RunScope {
            tools: None,
            effects: None,
            http: None,
            kv: None,
            files: None,
            config: None,
            artifacts: Switch::AsGranted,
            log: Switch::AsGranted,
            model: None,
            calls: None,
        }
    }

    /// Nothing but these tools, which may do whatever manifest and grant allow.
    pub fn of_tools(tools: impl IntoIterator<Item = ToolName>) -> Self {
        RunScope {
            tools: Some(tools.into_iter().collect()),
            ..RunScope::unrestricted()
        }
    }

    /// Tools up to this effect only.
    #[must_use]
    pub fn up_to(mut self, effect: Effect) -> Self {
        let lower = self.effects.map_or(effect, |already| already.min(effect));
        self.effects = Some(lower);
        self
    }
}
