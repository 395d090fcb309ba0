//! Why a market's answer was not taken, in words.

use std::io;

use http::StatusCode;
use metier_core::{Code, Digest, Fault, SkillName, fault::sentence};
use semver::Version;
use serde::Deserialize;

use crate::{
    agent::{OtherPin, PackageError},
    consent::{ContentsError, visible},
    distribution::RemoteError,
    index::{IndexError, InvalidMarket},
    log::LogFault,
    receipt::ReceiptFault,
    revoked::ListRefused,
    trust::{KeyError, KeyHint, RootError},
};

/// What went wrong between a client and a market.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nothing answers.
    #[error("the market at {address} cannot be asked: {why}")]
    Unreachable {
        /// Where.
        address: String,
        /// Why.
        why: String,
    },
    /// The answer took too long.
    #[error("the market took too long to answer `{0}`")]
    Slow(String),
    /// The market did not do as asked, and said why.
    #[error("{}", .0.message)]
    Refused(Box<Fault>),
    /// An answer larger than any right one.
    #[error("the market's answer to `{path}` is larger than {most} bytes, which no right one is")]
    TooLarge {
        /// What was asked.
        path: String,
        /// Most that is taken.
        most: u64,
    },
    /// An answer that ended too early.
    #[error("the market's answer to `{path}` was cut off: {why}")]
    CutOff {
        /// What was asked.
        path: String,
        /// How it is known.
        why: String,
    },
    /// An answer of another kind.
    #[error("the market's answer to `{path}` is not what it should be: {why}")]
    Shape {
        /// What was asked.
        path: String,
        /// What it is.
        why: String,
    },
    /// Other bytes than the digest says.
    #[error("the market sent other bytes than {wanted}: they are {found}")]
    OtherBytes {
        /// As asked.
        wanted: Digest,
        /// As sent.
        found: Digest,
    },
    /// Another number of bytes than the index says.
    #[error(
        "the component of {name} {version} has {wanted} bytes by the index, and the market sent {found}"
    )]
    OtherSize {
        /// The skill.
        name: SkillName,
        /// The version.
        version: Version,
        /// By the index.
        wanted: u64,
        /// As sent, or more.
        found: u64,
    },
    /// A receipt of another version than was asked for.
    #[error("the market gave a receipt of {found} for {wanted}")]
    OtherVersion {
        /// As asked.
        wanted: String,
        /// As given.
        found: String,
    },
    /// The file is nothing that could be consented to.
    #[error("the component cannot be consented to: {0}")]
    Contents(#[from] ContentsError),
    /// The file is no agent that could be consented to.
    #[error("the agent cannot be consented to: {0}")]
    Agent(#[from] PackageError),
    /// A skill of an agent is not the one it pins.
    #[error(transparent)]
    Pin(#[from] Box<OtherPin>),
    /// The file says something else than its publication.
    #[error("the file of {name} {version} has another {what} than the market published for it")]
    OtherContents {
        /// The skill.
        name: SkillName,
        /// The version.
        version: Version,
        /// Which part.
        what: &'static str,
    },
    /// The trust root is none.
    #[error("the market's trust root cannot be used: {0}")]
    Root(#[from] RootError),
    /// The trust root names another address.
    #[error("the market at {asked} says that it is {said}")]
    Elsewhere {
        /// Where it was asked.
        asked: String,
        /// What it says.
        said: String,
    },
    /// The market has other keys than those that are trusted.
    #[error(
        "the market at {address} has other keys than those trusted here: {found} instead of {trusted}"
    )]
    OtherKeys {
        /// Which.
        address: String,
        /// Fingerprint that is trusted.
        trusted: Digest,
        /// Fingerprint of what it shows now.
        found: Digest,
    },
    /// An address that is none.
    #[error(transparent)]
    Address(#[from] InvalidMarket),
    /// The log shows another past.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// An index file that is not used.
    #[error("the index of {name} is not used: {error}")]
    Index {
        /// Whose.
        name: SkillName,
        /// Why.
        error: IndexError,
    },
    /// A receipt that shows nothing.
    #[error(transparent)]
    Receipt(#[from] ReceiptFault),
    /// A receipt of a market that nobody here trusts.
    #[error(
        "the receipt is of the market with the log `{0}`, which is not trusted on this machine"
    )]
    UnknownMarket(String),
    /// A registry that a mirror is in, or is to be.
    #[error(transparent)]
    Registry(Box<RemoteError>),
    /// There is no mirror.
    #[error("there is no mirror in {0}")]
    NoMirror(String),
    /// A revocation list that is not taken.
    #[error(transparent)]
    Revocations(#[from] ListRefused),
    /// It is revoked.
    #[error("{name} {version} is revoked: {why}")]
    Revoked {
        /// The skill.
        name: SkillName,
        /// The version.
        version: Version,
        /// Why.
        why: String,
    },
    /// The namespace's keys begin anew.
    #[error(
        "{namespace} signs with keys that go back to {found}; here it is known by {known}, which vouches for none of them"
    )]
    OtherFirstKey {
        /// Whose keys.
        namespace: String,
        /// Remembered.
        known: KeyHint,
        /// Shown now.
        found: KeyHint,
    },
    /// Less than was shown before.
    #[error(
        "the receipt leaves out what was seen before of {namespace}: the leaf {leaf} of the log, about its keys, its members or its rule"
    )]
    LessHistory {
        /// Whose history.
        namespace: String,
        /// What is missing.
        leaf: u64,
    },
    /// A key cannot be used.
    #[error("the key cannot be used: {0}")]
    Key(#[from] KeyError),
    /// The CI service gives a run nothing to be known by.
    #[error("the CI service gave no ID token: {0}")]
    NoIdToken(String),
    /// Something cannot be kept.
    #[error("{what} cannot be kept: {error}")]
    Disk {
        /// What.
        what: String,
        /// Why.
        error: io::Error,
    },
}

impl ClientError {
    pub(super) fn disk(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |error| ClientError::Disk { what, error }
    }

    /// For whoever asked.
    pub fn fault(&self) -> Fault {
        let fault =
            |code, hint: &str| Fault::new(code, sentence(&told(&self.to_string()))).with_hint(hint);
        match self {
            ClientError::Refused(fault) => (**fault).clone(),
            ClientError::Receipt(error) => error.fault(),
            ClientError::Unreachable { .. } => fault(
                Code::UpstreamUnreachable,
                "Say where the market is with --market or METIER_MARKET; `metier market serve` starts one.",
            ),
            ClientError::Slow(_) => fault(Code::UpstreamTimeout, "Try again later."),
            ClientError::TooLarge { .. }
            | ClientError::CutOff { .. }
            | ClientError::Shape { .. } => fault(
                Code::UpstreamInvalidAnswer,
                "Nothing of it was used. Something between here and the market may answer in its place; try again, or from another network.",
            ),
            ClientError::OtherBytes { .. }
            | ClientError::OtherSize { .. }
            | ClientError::OtherVersion { .. }
            | ClientError::Contents(_)
            | ClientError::Agent(_)
            | ClientError::Pin(_)
            | ClientError::OtherContents { .. } => fault(
                Code::SkillUnverified,
                "Nothing of it was kept. Try again; if it stays so, tell whoever runs the market.",
            ),
            ClientError::Root(_) | ClientError::Elsewhere { .. } => fault(
                Code::UpstreamInvalidAnswer,
                "Use the address the market's operator publishes.",
            ),
            ClientError::OtherKeys { .. } => fault(
                Code::SkillUnverified,
                "Ask the market's operator by another way whether its keys changed. Only then remove what is trusted (`market.toml` in the market's folder below the data directory) and trust it anew.",
            ),
            ClientError::Address(_) => fault(
                Code::InvalidArguments,
                "Markets speak https; plain http is for one on this machine.",
            ),
            ClientError::Log(error) => fault(Code::SkillUnverified, error.hint()),
            ClientError::Index { .. } => fault(
                Code::UpstreamInvalidAnswer,
                "Try again; if it stays so, tell whoever runs the market.",
            ),
            ClientError::UnknownMarket(_) => fault(
                Code::SkillUnverified,
                "`metier verify FILE --market URL` asks that market, and trusts it if you say so.",
            ),
            ClientError::Registry(error) => fault(
                of_registry(error),
                "Nothing of it was used. What was sent is not to be seen before the last of it is there.",
            ),
            ClientError::NoMirror(place) => fault(
                Code::NotFound,
                &format!("Make one where the market can be asked: metier mirror NAME --to {place}"),
            ),
            ClientError::Revocations(_) => fault(
                Code::SkillUnverified,
                "Without the list nobody knows what is revoked, so nothing is installed. Try again, or ask whoever runs the market.",
            ),
            ClientError::Revoked { .. } => fault(
                Code::SkillRevoked,
                "Do not use it. `metier info` shows which versions there are.",
            ),
            ClientError::OtherFirstKey { found, .. } => fault(
                Code::SkillUnverified,
                &format!(
                    "Ask the publisher by another way whether this is their key. If it is, say so to `metier install` or `metier update`: --accept-key {found}"
                ),
            ),
            ClientError::LessHistory { .. } => fault(
                Code::SkillUnverified,
                "Do not use it: the market hides something. Tell the publisher and whoever runs the market.",
            ),
            ClientError::Key(_) => fault(Code::InvalidArguments, "`metier keygen` makes a key."),
            ClientError::NoIdToken(_) => fault(
                Code::CredentialMissing,
                "A GitHub workflow gets one with `permissions: {id-token: write}`.",
            ),
            ClientError::Disk { error, .. } => match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => fault(
                    Code::StorageFull,
                    "Free some room, then try again: nothing was changed.",
                ),
                _ => fault(
                    Code::StorageUnavailable,
                    "Check that the data directory exists and may be written to.",
                ),
            },
        }
    }
}

fn of_registry(error: &RemoteError) -> Code {
    match error {
        RemoteError::Away { .. } => Code::UpstreamUnreachable,
        RemoteError::Denied { .. } => Code::Unauthenticated,
        RemoteError::Refused { .. } | RemoteError::Shape { .. } => Code::UpstreamInvalidAnswer,
        RemoteError::OtherBytes { .. } => Code::SkillUnverified,
        RemoteError::Here(_) => Code::StorageUnavailable,
    }
}

/// Longest sentence of a market's that is told, in characters.
const MAX_TOLD: usize = 500;

/// Everything hidden is written out, and nothing is endless: some of it comes from a market.
fn told(text: &str) -> String {
    visible(text).chars().take(MAX_TOLD).collect()
}

/// Problem details, RFC 9457, as every part of Metier tells them.
#[derive(Default, Deserialize)]
struct Problem {
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    hint: Option<String>,
    #[serde(default)]
    code: Option<String>,
    /// What a review found: its findings as sentences.
    #[serde(default)]
    findings: Vec<Finding>,
    /// As a registry tells it.
    #[serde(default)]
    errors: Vec<Told>,
}

#[derive(Deserialize)]
struct Told {
    message: Option<String>,
}

#[derive(Deserialize)]
struct Finding {
    rule: String,
    #[serde(default)]
    place: String,
    #[serde(default, alias = "message")]
    evidence: String,
    #[serde(default)]
    mend: String,
}

/// Most findings of a review that are told.
const MAX_FINDINGS: usize = 50;

/// What a market's refusal is told as.
pub(super) fn problem(status: StatusCode, path: &str, body: &[u8]) -> ClientError {
    let Ok(problem) = serde_json::from_slice::<Problem>(body) else {
        let why = format!("the status {status}");
        return super::http::not_json(path, body, &why);
    };
    let code = problem.code.and_then(|code| code.parse().ok());
    let code = code.unwrap_or(match status {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        StatusCode::FORBIDDEN => Code::Forbidden,
        StatusCode::CONFLICT => Code::Conflict,
        StatusCode::TOO_MANY_REQUESTS => Code::RateLimited,
        status if status.is_client_error() => Code::RequestRefused,
        _ => Code::UpstreamUnavailable,
    });
    let mut errors = problem.errors.into_iter();
    let said = problem
        .detail
        .or_else(|| errors.find_map(|error| error.message));
    let message = said.map(|said| sentence(&told(&said)));
    let message = message.unwrap_or_else(|| format!("The market answered {status}."));
    let mut fault = Fault::new(code, message);
    if let Some(hint) = problem.hint {
        fault = fault.with_hint(told(&hint));
    } else if code == Code::Forbidden {
        fault = fault.with_hint("`metier namespace list` names what is yours.");
    }
    for (at, finding) in problem.findings.iter().take(MAX_FINDINGS).enumerate() {
        let Finding {
            rule,
            place,
            evidence,
            mend,
        } = finding;
        let words = told(&format!("{rule} {place}: {evidence} {mend}"));
        fault = fault.with_detail(format!("finding-{:02}", at + 1), words);
    }
    ClientError::Refused(Box::new(fault))
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::problem;

    #[test]
    fn what_a_registry_says_is_told() {
        let body = br#"{"errors":[{"code":"DENIED","message":"`com.acme` is not yours"}]}"#;
        let fault = problem(StatusCode::FORBIDDEN, "v2/com.acme/x/blobs/uploads/", body).fault();
        assert_eq!(fault.message, "`com.acme` is not yours.");
        let hint = fault.hint.unwrap_or_default();
        assert!(hint.contains("metier namespace list"), "{hint}");
        let empty = problem(StatusCode::FORBIDDEN, "v2/", b"{}").fault();
        assert_eq!(empty.message, "The market answered 403 Forbidden.");
    }
}
