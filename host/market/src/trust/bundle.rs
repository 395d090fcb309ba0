//! Sigstore bundles v0.3 with a public key: the file form of one signature.

use base64::{Engine, engine::general_purpose::STANDARD};
use metier_core::canonical;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::json;

use super::{dsse::IN_TOTO, key::KeyHint};

/// The media type of the one version that is read and written.
pub const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// Longest bundle, in bytes: a review with hundreds of findings has a tenth.
pub const MAX_BUNDLE: usize = 256 * 1024;

/// A signature and what it is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// Which key signed, as the bundle says.
    pub(super) hint: KeyHint,
    /// The statement, byte for byte.
    pub(super) payload: Vec<u8>,
    /// The signature.
    pub(super) signature: Vec<u8>,
}

/// Bytes that are no bundle of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// More bytes than any bundle has.
    #[error("it is longer than a bundle can be ({MAX_BUNDLE} bytes)")]
    TooLong,
    /// Not the JSON of a bundle.
    #[error("it is no sigstore bundle v0.3: {0}")]
    Shape(String),
    /// Signed by a certificate instead of a key.
    #[error(
        "it was signed with a certificate; the market takes signatures of keys (`cosign sign --key`)"
    )]
    Certificate,
    /// No signature, or more than one.
    #[error("it has {0} signatures, and a bundle has exactly one")]
    Signatures(usize),
    /// The envelope is around something else.
    #[error("its payload is no in-toto statement")]
    PayloadType,
    /// A field that is no base64.
    #[error("its {0} is no base64")]
    Base64(&'static str),
}

/// Unknown members are refused: nothing that could mean something is passed over. Those named and not read are what `cosign` adds for logs
/// and clocks we do not ask.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire {
    media_type: String,
    verification_material: Material,
    dsse_envelope: Envelope,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Material {
    public_key: Option<Hint>,
    certificate: Option<IgnoredAny>,
    x509_certificate_chain: Option<IgnoredAny>,
    #[serde(rename = "tlogEntries")]
    _tlog_entries: Option<IgnoredAny>,
    #[serde(rename = "timestampVerificationData")]
    _timestamps: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hint {
    hint: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<Signed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    sig: String,
    /// Nobody signed it: it decides nothing.
    #[serde(rename = "keyid")]
    _keyid: Option<IgnoredAny>,
}

impl Bundle {
    /// Reads a bundle. What it says is not verified.
    ///
    /// # Errors
    /// When it is no bundle v0.3 of one signature by a key over an in-toto statement.
    pub fn read(bytes: &[u8]) -> Result<Self, BundleError> {
        if bytes.len() > MAX_BUNDLE {
            return Err(BundleError::TooLong);
        }
        let wire: Wire = serde_json::from_slice(bytes)
            .map_err(|error| BundleError::Shape(metier_core::ids::shown(&error.to_string())))?;
        if wire.media_type != MEDIA_TYPE {
            return Err(BundleError::Shape("its media type is another".into()));
        }
        let hint = hint(wire.verification_material)?;
        let envelope = wire.dsse_envelope;
        if envelope.payload_type != IN_TOTO {
            return Err(BundleError::PayloadType);
        }
        let [signature] = envelope.signatures.as_slice() else {
            return Err(BundleError::Signatures(envelope.signatures.len()));
        };
        Ok(Bundle {
            hint,
            payload: decode(&envelope.payload, "payload")?,
            signature: decode(&signature.sig, "signature")?,
        })
    }

    /// The file: canonical JSON, so that a bundle has one digest.
    pub fn to_json(&self) -> String {
        canonical::text(&json!({
            "mediaType": MEDIA_TYPE,
            "verificationMaterial": {"publicKey": {"hint": self.hint}},
            "dsseEnvelope": {
                "payload": STANDARD.encode(&self.payload),
                "payloadType": IN_TOTO,
                "signatures": [{"sig": STANDARD.encode(&self.signature)}],
            },
        }))
    }

    /// Which key it says signed it.
    pub fn hint(&self) -> KeyHint {
        self.hint
    }
}

fn hint(material: Material) -> Result<KeyHint, BundleError> {
    if material.certificate.is_some() || material.x509_certificate_chain.is_some() {
        return Err(BundleError::Certificate);
    }
    let key = material
        .public_key
        .ok_or_else(|| BundleError::Shape("it names no public key".into()))?;
    key.hint.parse().map_err(|_| BundleError::Base64("hint"))
}

fn decode(text: &str, field: &'static str) -> Result<Vec<u8>, BundleError> {
    STANDARD
        .decode(text)
        .map_err(|_| BundleError::Base64(field))
}
