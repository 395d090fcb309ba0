//! What is wrong with a log, in words.

use metier_core::code::Blame;

use super::hash::Hash;

/// Why what a log shows is not believed: what happened; [`LogFault::blame`] says who can mend it, [`LogFault::hint`] what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogFault {
    /// The bytes are something else.
    #[error("what the market sent is no signed checkpoint")]
    NoCheckpoint,
    /// Signed by none of the keys that count, or not signed.
    #[error("the checkpoint is not signed by the key of the log `{0}` that is trusted here")]
    ForeignKey(String),
    /// Signed, and changed since; or never signed.
    #[error("the signature on the checkpoint of the log `{0}` is wrong")]
    BadSignature(String),
    /// Of another log.
    #[error("the checkpoint is of the log `{found}`, not of `{wanted}`")]
    ForeignOrigin {
        /// Whose it is.
        found: String,
        /// Whose it should be.
        wanted: String,
    },
    /// Fewer leaves than there were.
    #[error(
        "the log has {now} leaves, and had {before} when it was seen last: leaves were taken away"
    )]
    Shorter {
        /// As it was.
        before: u64,
        /// As it is.
        now: u64,
    },
    /// Two roots for one size.
    #[error(
        "the log shows two histories of {size} leaves: the root was {before}, and is now {now}"
    )]
    Forked {
        /// For this many leaves.
        size: u64,
        /// As it was.
        before: Hash,
        /// As it is.
        now: Hash,
    },
    /// The new tree does not begin with the old one.
    #[error(
        "the first {before} leaves of the log are not those that were seen before: the log was rewritten"
    )]
    Rewritten {
        /// As many as were seen.
        before: u64,
    },
    /// The log grew, and there is no proof that it only grew.
    #[error(
        "the log grew from {before} to {now} leaves, and the proof that nothing before changed is missing or for other sizes"
    )]
    Unproven {
        /// As it was.
        before: u64,
        /// As it is.
        now: u64,
    },
    /// A leaf that is not where it should be.
    #[error("the market says this is leaf {index} of its log of {size} leaves, and it is not")]
    NotIncluded {
        /// Where it should be.
        index: u64,
        /// In how many.
        size: u64,
    },
    /// The proof is against another checkpoint.
    #[error("the proof is for a log of {proof} leaves, and the checkpoint has {checkpoint}")]
    OtherSize {
        /// What the proof is for.
        proof: u64,
        /// What is known.
        checkpoint: u64,
    },
}

impl LogFault {
    /// Who can mend it: the market, or whoever set up this client's trust root.
    pub fn blame(&self) -> Blame {
        match self {
            LogFault::ForeignKey(_) | LogFault::ForeignOrigin { .. } => Blame::Operator,
            _ => Blame::Upstream,
        }
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            LogFault::NoCheckpoint | LogFault::OtherSize { .. } => {
                "Try again; when it stays so, something between here and the market answers in its place, or the market is broken."
            }
            LogFault::ForeignKey(_) | LogFault::ForeignOrigin { .. } => {
                "Compare the keys in `market.toml` with those the market publishes elsewhere. Trust no new key that only the market itself tells you of."
            }
            LogFault::BadSignature(_) => {
                "Install nothing from there now: the checkpoint was changed on its way, or the market cannot sign."
            }
            LogFault::Unproven { .. } => {
                "Ask the market for the proof from the size seen last; without it nothing newer is believed."
            }
            LogFault::Shorter { .. } | LogFault::Forked { .. } | LogFault::Rewritten { .. } => {
                "Install nothing from this market. Keep the file with what was seen, and show it to the market's operator and to other users: it proves what happened. A market restored from an old backup has to say so and begin a new log."
            }
            LogFault::NotIncluded { .. } => {
                "Do not install this version: the log does not know it, whatever the index says. Tell the market's operator."
            }
        }
    }
}
