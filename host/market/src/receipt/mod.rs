//! A receipt: everything that shows a component to be what the market says it is, to whoever has the market's trust root and no network.
//!
//! It is fetched with the component, kept with the install and verified before each load. What it shows ([`Receipt::verify`]): the log has the
//! version; its publisher signed these bytes with a key the namespace had, and another member approved of them where the namespace wants that; the
//! market's review let them pass. What it cannot show is what
//! came after: that is what the revocation list and a newer receipt are for.

mod verify;

use serde::{Deserialize, Serialize};

use crate::log::Inclusion;

pub use verify::{Approved, Proven, ReceiptFault};

/// Largest receipt, in bytes.
pub const MAX_RECEIPT: usize = 8 << 20;

/// Most leaves about one namespace in a receipt.
pub const MAX_HISTORY: usize = 4_096;

/// What `GET /receipts/LEAF` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Receipt {
    /// The checkpoint all proofs are against: a signed note.
    pub checkpoint: String,
    /// The `publish` leaf.
    pub leaf: Entry,
    /// The leaves `namespace`, `key`, `key-end`, `member`, `rule`, `publisher` and `publisher-end` of its namespace up to the checkpoint, in order:
    /// which keys it has and whose they are, whose runs it trusts, when they were good, and whether two have to sign. Where it is frozen at the
    /// checkpoint, the `freeze` too; of those that are over a receipt may tell, and need not.
    pub history: Vec<Entry>,
    /// The OCI manifest, as it was signed.
    pub manifest: String,
    /// The publisher's bundle.
    pub bundle: String,
    /// The market's review.
    pub review: String,
}

/// A leaf and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Entry {
    /// Its bytes: canonical JSON.
    pub leaf: String,
    /// The proof that the log has it.
    pub inclusion: Inclusion,
}
