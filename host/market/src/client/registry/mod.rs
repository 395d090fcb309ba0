//! A market in another registry: what a [mirror](super::Directory) has, as OCI artifacts.
//!
//! | where | is |
//! |---|---|
//! | `PREFIX/com.acme/weather:1.2.0` | a version, by the manifest that its publisher signed; whoever has its digest has it |
//! | what refers to that manifest | the publisher's and the market's signature, as `cosign` keeps bundles, and the receipt of when it was mirrored first |
//! | what refers to nothing, in `PREFIX/dev.metier/mirror` | the rest of the mirror as one file: trust root, log, revocations, indexes, receipts |
//!
//! The last one comes last, and is replaced whole: a mirror that was killed halfway is as it was before. It refers to the manifest that has no bytes
//! of its own (`{}`), so that registries tell it by the same request as everything else, and no tag has to be made for it.
//!
//! [`Carried`] answers from it like the market itself, and like a directory it is believed nothing.

mod push;
mod read;

use metier_core::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use self::read::Carried;
use crate::distribution::{EMPTY, RemoteError};

/// Where the mirror's files are, below the prefix.
const REPOSITORY: &str = "dev.metier/mirror";

/// What they are.
const MIRROR: &str = "application/vnd.metier.mirror.v1";
const FILES: &str = "application/vnd.metier.mirror.v1+json";

/// How large the log was, so that of several the newest is read.
const LOG_SIZE: &str = "dev.metier.log.size";

/// Largest file of all the others, in bytes: it is held in memory.
const MAX_FILES: u64 = 64 << 20;

/// A receipt.
const RECEIPT: &str = "application/vnd.metier.receipt.v1+json";

/// A signature, as cosign has it.
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// What all files refer to.
fn nothing() -> Digest {
    Digest::of(EMPTY)
}

/// Everything but the components, in base64 by path.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Files {
    files: BTreeMap<String, String>,
}

/// Whether it is a path below a folder, and stays there.
pub(super) fn is_below(path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let is_part =
        |part: &str| !part.is_empty() && !part.starts_with('.') && part.bytes().all(is_plain);
    path.len() <= 512 && path.split('/').all(is_part)
}

impl From<RemoteError> for super::ClientError {
    fn from(error: RemoteError) -> Self {
        super::ClientError::Registry(Box::new(error))
    }
}
