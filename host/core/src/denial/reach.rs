//! Refused tools, buckets, files, artifacts, configuration, logs, models and other skills.

use super::{Denial, Skill};
use crate::{
    code::Code,
    effect::Effect,
    files::{Access, GuestPath},
    ids::{BucketName, ConfigKey, RouteName, TenantId, ToolName, ToolRef},
    units::ByteSize,
};

/// Said of everything only a skill's author can change.
const AUTHOR: &str = "only the skill's author can add it";

impl Denial {
    pub(crate) fn tool_not_granted(skill: Skill<'_>, tenant: &TenantId, tool: &ToolName) -> Self {
        let message = format!(
            "The tool `{tool}` of {skill:#} is not among `tools` in the grant for {tenant}; the operator can add it."
        );
        Denial::new(Code::ToolNotGranted, message).with_remedy(format!("tools = [\"{tool}\"]"))
    }

    pub(crate) fn tool_outside_run(skill: Skill<'_>, tool: &ToolName) -> Self {
        let message = format!(
            "The tool `{tool}` of {skill:#} is granted, but this run was narrowed to other tools; whoever started the run can widen it."
        );
        Denial::new(Code::RunNarrowed, message)
    }

    pub(crate) fn effect_above_run(
        skill: Skill<'_>,
        tool: &ToolName,
        effect: Effect,
        ceiling: Effect,
    ) -> Self {
        let message = format!(
            "The tool `{tool}` of {skill:#} has the effect `{effect}`, and this run allows nothing beyond `{ceiling}`; whoever started the run can widen it."
        );
        Denial::new(Code::RunNarrowed, message)
    }

    pub(crate) fn kv_not_declared(skill: Skill<'_>, bucket: &BucketName) -> Self {
        let message = format!(
            "{skill} asked for the bucket `{bucket}`, which its manifest does not list under [capabilities.kv]; {AUTHOR}."
        );
        Denial::new(Code::KvNotDeclared, message)
            .with_remedy(format!("[capabilities.kv]\nbuckets = [\"{bucket}\"]"))
    }

    pub(crate) fn kv_not_granted(skill: Skill<'_>, tenant: &TenantId, bucket: &BucketName) -> Self {
        let message = format!(
            "{skill} asked for the bucket `{bucket}`, which the grant for {tenant} does not list under [kv]; the operator can add it."
        );
        Denial::new(Code::KvNotGranted, message)
            .with_remedy(format!("[kv]\nbuckets = [\"{bucket}\"]"))
    }

    pub(crate) fn files_not_declared(skill: Skill<'_>, path: &GuestPath, access: Access) -> Self {
        let message = format!(
            "{skill} asked for {access} access to `{path}`, which no [[capabilities.files]] rule in its manifest covers; {AUTHOR}."
        );
        Denial::new(Code::FilesNotDeclared, message)
    }

    pub(crate) fn files_not_granted(
        skill: Skill<'_>,
        tenant: &TenantId,
        path: &GuestPath,
        access: Access,
    ) -> Self {
        let message = format!(
            "{skill} asked for {access} access to `{path}`, which no [[files]] rule in the grant for {tenant} covers; the operator can add one."
        );
        Denial::new(Code::FilesNotGranted, message)
            .with_remedy("[[files]] with `path`, `source` (the directory on the host) and `access`")
    }

    pub(crate) fn config_not_declared(skill: Skill<'_>, key: &ConfigKey) -> Self {
        let message = format!(
            "{skill} asked for the configuration `{key}`, which its manifest does not list under [capabilities.config]; {AUTHOR}."
        );
        Denial::new(Code::ConfigNotDeclared, message)
            .with_remedy(format!("[capabilities.config]\nkeys = [\"{key}\"]"))
    }

    pub(crate) fn config_not_granted(skill: Skill<'_>, tenant: &TenantId, key: &ConfigKey) -> Self {
        let message = format!(
            "{skill} asked for the configuration `{key}`, which the grant for {tenant} does not set under [config]; the operator can set it."
        );
        Denial::new(Code::ConfigNotGranted, message)
            .with_remedy(format!("[config]\n\"{key}\" = \"…\""))
    }

    pub(crate) fn artifacts_not_declared(skill: Skill<'_>) -> Self {
        let message = format!(
            "{skill} used artifacts, but its manifest has no [capabilities.artifacts]; {AUTHOR}."
        );
        Denial::new(Code::ArtifactsNotDeclared, message).with_remedy("[capabilities.artifacts]")
    }

    pub(crate) fn artifacts_not_granted(skill: Skill<'_>, tenant: &TenantId) -> Self {
        let message = format!(
            "{skill} used artifacts, but the grant for {tenant} has no [artifacts]; the operator can add it."
        );
        Denial::new(Code::ArtifactsNotGranted, message).with_remedy("[artifacts]")
    }

    pub(crate) fn artifacts_too_large(
        skill: Skill<'_>,
        tenant: &TenantId,
        bytes: u64,
        max: ByteSize,
    ) -> Self {
        let message = format!(
            "{skill} handed back {bytes} bytes of files, more than the {max} in `max-bytes` under [artifacts] in the grant for {tenant}; the operator can raise it."
        );
        Denial::new(Code::SkillArtifactBytesExceeded, message)
    }

    pub(crate) fn log_not_declared(skill: Skill<'_>) -> Self {
        let message = format!(
            "{skill} wrote to the log, but its manifest has no [capabilities.log]; {AUTHOR}."
        );
        Denial::new(Code::LogNotDeclared, message).with_remedy("[capabilities.log]")
    }

    pub(crate) fn log_not_granted(skill: Skill<'_>, tenant: &TenantId) -> Self {
        let message = format!(
            "{skill} wrote to the log, but the grant for {tenant} has no [log]; the operator can add it."
        );
        Denial::new(Code::LogNotGranted, message).with_remedy("[log]")
    }

    pub(crate) fn model_not_declared(skill: Skill<'_>, route: &RouteName) -> Self {
        let message = format!(
            "{skill} asked a model by the route `{route}`, which its manifest does not list under [capabilities.model]; {AUTHOR}."
        );
        Denial::new(Code::ModelNotDeclared, message)
            .with_remedy(format!("[capabilities.model]\nroutes = [\"{route}\"]"))
    }

    pub(crate) fn model_not_granted(
        skill: Skill<'_>,
        tenant: &TenantId,
        route: &RouteName,
    ) -> Self {
        let message = format!(
            "{skill} asked a model by the route `{route}`, which the grant for {tenant} does not list under [model]; the operator can add it."
        );
        Denial::new(Code::ModelNotGranted, message)
            .with_remedy(format!("[model]\nroutes = [\"{route}\"]"))
    }

    pub(crate) fn call_not_declared(skill: Skill<'_>, tool: &ToolRef) -> Self {
        let message = format!(
            "{skill} called the tool `{tool}`, which its manifest does not list under [capabilities.calls]; {AUTHOR}."
        );
        Denial::new(Code::CallsNotDeclared, message)
            .with_remedy(format!("[capabilities.calls]\ntools = [\"{tool}\"]"))
    }

    pub(crate) fn call_not_granted(skill: Skill<'_>, tenant: &TenantId, tool: &ToolRef) -> Self {
        let message = format!(
            "{skill} called the tool `{tool}`, which the grant for {tenant} does not list under [calls]; the operator can add it."
        );
        Denial::new(Code::CallsNotGranted, message)
            .with_remedy(format!("[calls]\ntools = [\"{tool}\"]"))
    }

    /// Manifest and grant allow it, the run does not.
    pub(crate) fn outside_run(skill: Skill<'_>, what: impl std::fmt::Display) -> Self {
        let message = format!(
            "{skill} asked for {what}, which manifest and grant allow but this run does not; whoever started the run can widen it."
        );
        Denial::new(Code::RunNarrowed, message)
    }
}
