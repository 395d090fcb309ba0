//! The secrets of signatures: made, read, and kept sealed.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use metier_core::{Code, Fault, TenantId};
use serde::{Deserialize, Serialize};

use crate::{random, seal::Seal};

/// How secrets of Standard Webhooks begin.
pub const PREFIX: &str = "whsec_";

/// Shortest secret that is accepted, in bytes: what can be guessed signs nothing.
const MIN: usize = 16;

/// Longest, in bytes of text.
const MAX: usize = 512;

/// Standard base64, padded or not.
pub const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A secret as it is kept: sealed for its tenant and owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Sealed {
    /// The one in use.
    now: String,
    /// The one before, which counts until then, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<(String, u64)>,
}

impl Sealed {
    /// Seals a secret's text for whoever has this id.
    ///
    /// # Errors
    /// Never in practice.
    pub fn of(seal: &Seal, tenant: &TenantId, id: &str, text: &str) -> Result<Sealed, Fault> {
        let now = seal.close(tenant, &purpose(id), text.as_bytes().to_vec())?;
        Ok(Sealed { now, before: None })
    }

    /// Another secret; the one in use counts until `until`.
    #[must_use]
    pub fn followed(self, next: Sealed, until: u64) -> Sealed {
        Sealed {
            before: Some((self.now, until)),
            ..next
        }
    }

    /// The texts that count at `now`, the newest first.
    pub fn open(&self, seal: &Seal, tenant: &TenantId, id: &str, now: u64) -> Vec<String> {
        let before = self.before.iter().filter(|(_, until)| now < *until);
        let texts = std::iter::once(&self.now).chain(before.map(|(text, _)| text));
        texts
            .filter_map(|text| seal.open_text(tenant, &purpose(id), text))
            .filter_map(|bytes| String::from_utf8(bytes).ok())
            .collect()
    }
}

/// A text sealed for one owner opens for no other.
fn purpose(id: &str) -> String {
    format!("signatures of {id}")
}

/// A new secret of Standard Webhooks: 256 bits.
///
/// # Errors
/// Never in practice.
pub fn new() -> Result<String, Fault> {
    Ok(format!("{PREFIX}{}", BASE64.encode(random::bytes::<32>()?)))
}

/// The key in a secret of Standard Webhooks.
pub fn standard(text: &str) -> Option<Vec<u8>> {
    BASE64
        .decode(text.strip_prefix(PREFIX).unwrap_or(text))
        .ok()
}

/// Whether a text that was brought along can be a secret.
///
/// # Errors
/// `invalid-arguments`.
pub fn check(text: &str, is_standard: bool) -> Result<(), Fault> {
    let length = match is_standard {
        true => standard(text).map_or(0, |key| key.len()),
        false => text.len(),
    };
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_plain && length >= MIN && text.len() <= MAX {
        return Ok(());
    }
    let message = match is_standard {
        true => format!(
            "The secret is none of Standard Webhooks: `{PREFIX}` and base64 of at least {MIN} bytes."
        ),
        false => format!("A secret has {MIN} to {MAX} visible ASCII characters."),
    };
    Err(Fault::new(Code::InvalidArguments, message)
        .with_hint("Send it as the other side shows it, or leave it out and one is made."))
}
