//! The list of codes, one line each.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::Blame;

macro_rules! codes {
    ($( $name:ident $text:literal $blame:ident $hint:literal )*) => {
        /// A stable error code. `docs/errors/<code>.md` explains each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "&'static str")]
        #[non_exhaustive]
        pub enum Code {
            $( #[doc = concat!("`", $text, "`: ", $hint)] $name, )*
        }

        impl Code {
            /// Every code, grouped by blame.
            pub const ALL: &'static [Code] = &[$( Code::$name ),*];

            /// The kebab-case text, stable for ever.
            pub const fn as_str(self) -> &'static str {
                match self { $( Code::$name => $text, )* }
            }

            /// Who can mend it.
            pub const fn blame(self) -> Blame {
                match self { $( Code::$name => Blame::$blame, )* }
            }

            /// What to do about it in general, in one line.
            pub const fn hint(self) -> &'static str {
                match self { $( Code::$name => $hint, )* }
            }
        }
    };
}

codes! {
    InvalidArguments "invalid-arguments" Caller "Compare the arguments with the tool's input schema; `metier inspect` shows it."
    RequestRefused "request-refused" Caller "Make the request as the message says; no tool was called."
    Unauthenticated "unauthenticated" Caller "Send a valid key as `Authorization: Bearer mtr_…`; an operator makes one with `metier admin key create`."
    Forbidden "forbidden" Caller "Use a key whose role includes this, or ask an operator."
    RateLimited "rate-limited" Caller "Wait as long as the answer says, then go on more slowly."
    UnknownTool "unknown-tool" Caller "List the skill's tools with `metier inspect`."
    NotFound "not-found" Caller "Check the name or id: the thing may never have existed or may be gone."
    Conflict "conflict" Caller "Read the thing again and redo the change on what it is now."
    Cancelled "cancelled" Caller "The caller went away; call again if the answer is still wanted."
    BuildToolMissing "build-tool-missing" Caller "Install the tool named, then build again."
    DeadlineExceeded "deadline-exceeded" Caller "Allow more time, or ask for less in one call."
    ModelRequestInvalid "model-request-invalid" Caller "Mend what the provider names in the question, its tools or the candidate's options."
    ModelContextExceeded "model-context-exceeded" Caller "Shorten the conversation, or use a route with a candidate of a longer context."
    ModelContentFiltered "model-content-filtered" Caller "Ask in other words, or use a route whose provider accepts the content."
    ExpressionFailed "expression-failed" Caller "Mend the expression named; `metier check` finds most such mistakes before a run."
    UnsignedSkill "unsigned-skill" Caller "Install it from a market, or say with `--allow-unsigned` that nobody has to vouch for it."
    RunNeeded "run-needed" Caller "Call the tool from an agent or a chain: `metier run`."

    SkillTrap "skill-trap" Skill "Report it to the skill's author with the arguments that led there."
    SkillInternal "skill-internal" Skill "Report the skill's own message to its author."
    SkillInvalidResult "skill-invalid-result" Skill "The answer does not fit the tool's declared result: report it to the skill's author."
    SkillCpuExceeded "skill-cpu-exceeded" Skill "Ask for less in one call, or raise `cpu` under `[limits]` in the grant."
    SkillWallExceeded "skill-wall-exceeded" Skill "Ask for less in one call, or raise `wall` under `[limits]` in the grant."
    SkillMemoryExceeded "skill-memory-exceeded" Skill "Ask for less in one call, or raise `memory` under `[limits]` in the grant."
    SkillTableExceeded "skill-table-exceeded" Skill "Raise `table-elements` under `[limits]` in the grant if the skill deserves it."
    SkillStackExceeded "skill-stack-exceeded" Skill "The skill recursed too deeply: report it to its author with the arguments."
    SkillResultTooLarge "skill-result-too-large" Skill "Ask for fewer items, or raise `result-bytes` under `[limits]` in the grant."
    SkillRequestsExceeded "skill-requests-exceeded" Skill "Ask for less in one call, or raise `requests` under `[limits]` in the grant."
    SkillRequestBytesExceeded "skill-request-bytes-exceeded" Skill "Send less in one call, or raise `request-bytes` under `[limits]` in the grant."
    SkillResponseBytesExceeded "skill-response-bytes-exceeded" Skill "Ask for less in one call, or raise `response-bytes` under `[limits]` in the grant."
    SkillArtifactBytesExceeded "skill-artifact-bytes-exceeded" Skill "Ask for a smaller file, or raise `artifact-bytes` under `[limits]` in the grant."
    SkillLogBytesExceeded "skill-log-bytes-exceeded" Skill "The rest of the log was dropped; raise `log-bytes` under `[limits]` in the grant to keep it."
    SkillNotAComponent "skill-not-a-component" Skill "Build a WebAssembly component, for instance with `cargo build --target wasm32-wasip2`."
    SkillTooLarge "skill-too-large" Skill "Strip debug information, or leave large data out of the file."
    SkillImportsUnsatisfied "skill-imports-unsatisfied" Skill "Build against the interfaces in `wit/skill.wit`; the host offers nothing else."
    SkillNoTools "skill-no-tools" Skill "Export at least one typed function, or the interface `metier:skill/tools`."
    SkillManifestInvalid "skill-manifest-invalid" Skill "Mend skill.toml at the line named and pack the skill again."
    SkillManifestMismatch "skill-manifest-mismatch" Skill "Make skill.toml and the component agree, then pack the skill again."
    SkillSchemaMismatch "skill-schema-mismatch" Skill "Pack the skill again so that its schemas match its exports."
    SkillSectionInvalid "skill-section-invalid" Skill "Pack the skill again: a section of the file is damaged or not ours."
    SkillFolderInvalid "skill-folder-invalid" Skill "Mend what the sentence names; `metier lint` lists everything at once."
    SkillBuildFailed "skill-build-failed" Skill "Mend what the tool says, then build again."
    SkillLintFailed "skill-lint-failed" Skill "Mend what is listed as an error; docs/lint.md explains each rule."
    SkillUnverified "skill-unverified" Skill "Do not use the file: fetch it anew, and tell its publisher and the market if that does not help."
    SkillRevoked "skill-revoked" Skill "Do not use this version; install one that is not revoked, or ask its publisher."
    SkillStartFailed "skill-start-failed" Skill "The skill failed before its tool was called: report it to its author."
    HttpNotDeclared "http-not-declared" Skill "The skill's author adds the `[[capabilities.http]]` rule to skill.toml."
    KvNotDeclared "kv-not-declared" Skill "The skill's author adds the bucket under `[capabilities.kv]` in skill.toml."
    FilesNotDeclared "files-not-declared" Skill "The skill's author adds the path under `[[capabilities.files]]` in skill.toml."
    ArtifactsNotDeclared "artifacts-not-declared" Skill "The skill's author adds `[capabilities.artifacts]` to skill.toml."
    ConfigNotDeclared "config-not-declared" Skill "The skill's author adds the key under `[capabilities.config]` in skill.toml."
    LogNotDeclared "log-not-declared" Skill "The skill's author adds `[capabilities.log]` to skill.toml."
    ModelNotDeclared "model-not-declared" Skill "The skill's author adds the route under `[capabilities.model]` in skill.toml."
    CallsNotDeclared "calls-not-declared" Skill "The skill's author adds the tool under `[capabilities.calls]` in skill.toml."
    CallTooDeep "call-too-deep" Skill "Look for skills that call each other in a circle, or raise `call-depth` under `[limits]`."
    CallsExceeded "calls-exceeded" Skill "Ask for less in one call, or raise `calls-per-call` under `[limits]`."
    CallEffectExceeded "call-effect-exceeded" Skill "The skill's author declares the graver effect for the tool that calls."

    PolicyDenied "policy-denied" Operator "The operator changes the tenant's policies, if the call is meant to be made."
    ToolNotGranted "tool-not-granted" Operator "The operator adds the tool to `tools` in the grant."
    HttpNotGranted "http-not-granted" Operator "The operator adds the `[[http]]` rule to the grant."
    HttpAddressBlocked "http-address-blocked" Operator "The operator lists the network under `addresses` of the `[[http]]` rule, if it is meant to be reached."
    HttpPlainNotGranted "http-plain-not-granted" Operator "Use https, or the operator grants `scheme = \"http\"` for this host."
    CredentialNotGranted "credential-not-granted" Operator "The operator names the credential in the `[[http]]` rule and defines it under `[credentials]`."
    CredentialMissing "credential-missing" Operator "The operator provides the secret where the grant says it is."
    AccountNotConnected "account-not-connected" Caller "Connect your account in the console, under Accounts, and call again."
    CredentialExpired "credential-expired" Operator "The operator renews the secret."
    CredentialRejected "credential-rejected" Operator "The operator checks the credential's settings against the service that issues its tokens."
    KvNotGranted "kv-not-granted" Operator "The operator adds the bucket under `[kv]` in the grant."
    FilesNotGranted "files-not-granted" Operator "The operator adds the path under `[[files]]` in the grant."
    ArtifactsNotGranted "artifacts-not-granted" Operator "The operator adds `[artifacts]` to the grant."
    ConfigNotGranted "config-not-granted" Operator "The operator sets the key under `[config]` in the grant."
    LogNotGranted "log-not-granted" Operator "The operator adds `[log]` to the grant."
    ModelNotGranted "model-not-granted" Operator "The operator adds the route under `[model]` in the grant."
    CallsNotGranted "calls-not-granted" Operator "The operator adds the tool under `[calls]` in the grant."
    CallNeedsApproval "call-needs-approval" Operator "Add an `[[approvals.rule]]` that allows it, or let the agent call the tool itself."
    RunNarrowed "run-narrowed" Operator "Whoever started the run widens it; manifest and grant allow it already."
    ModelNoCandidate "model-no-candidate" Operator "The operator adds a candidate that fits the rules named, or loosens them; `metier models list` shows each."
    GrantInvalid "grant-invalid" Operator "Mend the grant at the line named."
    UpstreamUnauthorized "upstream-unauthorized" Operator "The operator checks that the credential is valid and meant for this service."
    UpstreamDenied "upstream-denied" Operator "The operator gives the credential's account the permission it lacks."
    RunBudgetExceeded "run-budget-exceeded" Operator "Raise what the message names under `[budget]`, or ask for less."
    ApprovalDenied "approval-denied" Operator "Ask who refused it, or change what is asked for."
    ApprovalTimedOut "approval-timed-out" Operator "Decide sooner, or raise `timeout` under `[approvals]`."
    JournalNewer "journal-newer" Operator "Use the Metier that wrote the journal, or a newer one."

    Busy "busy" Host "Try again shortly, or let the operator allow more calls at once."
    HostInternal "host-internal" Host "A fault in the host: report it with the call id."
    StorageFull "storage-full" Host "The operator frees room on the host's disk."
    StorageUnavailable "storage-unavailable" Host "The operator checks the host's data directory and its permissions."
    CodeCacheUnusable "code-cache-unusable" Host "The operator makes the cache directory writable by the host alone, or names another."
    EffectUncertain "effect-uncertain" Host "Look at the service whether it was done, then decide: `metier approvals list`."
    JournalDamaged "journal-damaged" Host "The operator restores the store from a backup."

    UpstreamRateLimited "upstream-rate-limited" Upstream "Wait before the next call; the answer says how long when the service told."
    UpstreamUnavailable "upstream-unavailable" Upstream "Try again later: the service answered that it cannot serve."
    UpstreamUnreachable "upstream-unreachable" Upstream "Check the host name and the network, then try again."
    UpstreamTimeout "upstream-timeout" Upstream "Try again later, or allow more time."
    UpstreamInvalidAnswer "upstream-invalid-answer" Upstream "The service broke its protocol: report it to whoever runs it."
    ModelLooping "model-looping" Upstream "Change the instructions, or raise `same-call` under `[limits]`."
    ModelRefused "model-refused" Upstream "Ask in other words, or use another route."
    ModelAnswerUnusable "model-answer-unusable" Upstream "Loosen the output schema, raise `max-tokens`, or use another model."
}

impl Code {
    /// Where the code is explained, relative to the repository: `docs/errors/<code>.md`.
    pub fn page(self) -> String {
        format!("docs/errors/{self}.md")
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<Code> for &'static str {
    fn from(code: Code) -> Self {
        code.as_str()
    }
}

/// The text is none of the codes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no error code of this version")]
pub struct UnknownCode(String);

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Code::ALL.iter().find(|code| code.as_str() == text);
        found
            .copied()
            .ok_or_else(|| UnknownCode(crate::ids::shown(text)))
    }
}

impl TryFrom<String> for Code {
    type Error = UnknownCode;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}
