//! Public keys, in the two kinds that publishers have: ECDSA on P-256 and Ed25519.

use std::{fmt, str::FromStr, sync::Arc};

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use metier_core::Digest;
use serde::{Deserialize, Serialize};

/// Longest PEM text that is looked at, in bytes: such a key has under 300.
const MAX_PEM: usize = 4096;

/// Label of a public key in PEM (RFC 7468).
const PUBLIC_LABEL: &str = "PUBLIC KEY";

/// What stands before the point in the SubjectPublicKeyInfo of a P-256 key (RFC 5480), and before the key in that of Ed25519 (RFC 8410).
const P256_PREFIX: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
const ED25519_PREFIX: &[u8] = &[
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// An uncompressed point: a tag and two coordinates.
const P256_POINT: usize = 65;
const ED25519_KEY: usize = 32;

/// How a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256; signatures in DER. What `cosign generate-key-pair` makes.
    EcdsaP256,
    /// Ed25519 (RFC 8032).
    Ed25519,
}

impl Algorithm {
    fn prefix(self) -> &'static [u8] {
        match self {
            Algorithm::EcdsaP256 => P256_PREFIX,
            Algorithm::Ed25519 => ED25519_PREFIX,
        }
    }

    fn key_length(self) -> usize {
        match self {
            Algorithm::EcdsaP256 => P256_POINT,
            Algorithm::Ed25519 => ED25519_KEY,
        }
    }

    fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Algorithm::EcdsaP256 => &ECDSA_P256_SHA256_ASN1,
            Algorithm::Ed25519 => &ED25519,
        }
    }
}

/// A text or bytes that are no key of ours, or a key that would not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not one block of PEM.
    #[error("this is no key in PEM; a public key begins with `-----BEGIN PUBLIC KEY-----`")]
    Pem,
    /// PEM of something else.
    #[error(
        "this PEM holds no public key; give the one that begins with `-----BEGIN PUBLIC KEY-----`"
    )]
    NotPublic,
    /// PEM of something that is no plain private key.
    #[error(
        "this PEM holds no plain private key; give one in PKCS#8, which begins with `-----BEGIN PRIVATE KEY-----` (`openssl pkcs8 -topk8 -nocrypt` makes one)"
    )]
    NotPrivate,
    /// Another kind of key, or a broken one.
    #[error("this key is neither ECDSA on P-256 nor Ed25519, or it is broken")]
    Kind,
    /// Not base64 of a SubjectPublicKeyInfo.
    #[error("this is no public key in base64 (the DER of its SubjectPublicKeyInfo)")]
    Base64,
    /// The text is no hint.
    #[error("this is no hint of a key; it is the base64 of the SHA-256 of the key's DER")]
    Hint,
    /// The cryptographic library failed.
    #[error("the key could not be made or used")]
    Crypto,
}

/// A public key, checked: its bytes are the one DER encoding there is of it, so equal keys have equal hints.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey {
    algorithm: Algorithm,
    spki: Arc<[u8]>,
    hint: KeyHint,
}

impl PublicKey {
    /// Reads the DER of a SubjectPublicKeyInfo. Compressed points and other encodings of the same key are refused.
    ///
    /// # Errors
    /// When it is another kind of key, or no point of the curve.
    pub fn from_der(spki: &[u8]) -> Result<Self, KeyError> {
        let kinds = [Algorithm::EcdsaP256, Algorithm::Ed25519];
        let found = kinds.into_iter().find_map(|algorithm| {
            let raw = spki.strip_prefix(algorithm.prefix())?;
            (raw.len() == algorithm.key_length()).then_some((algorithm, raw))
        });
        let (algorithm, raw) = found.ok_or(KeyError::Kind)?;
        ParsedPublicKey::new(algorithm.verification(), raw).map_err(|_| KeyError::Kind)?;
        Ok(PublicKey {
            algorithm,
            spki: spki.into(),
            hint: KeyHint(*Digest::of(spki).as_bytes()),
        })
    }

    /// Reads PEM (RFC 7468).
    ///
    /// # Errors
    /// When it is not one public key of a kind we know.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let (label, der) = one_pem(text)?;
        match label.as_str() {
            PUBLIC_LABEL => PublicKey::from_der(&der),
            _ => Err(KeyError::NotPublic),
        }
    }

    /// The same in its raw form: a point, or 32 bytes.
    ///
    /// # Errors
    /// When they are no key.
    pub(crate) fn from_raw(algorithm: Algorithm, raw: &[u8]) -> Result<Self, KeyError> {
        PublicKey::from_der(&[algorithm.prefix(), raw].concat())
    }

    /// The point, or the 32 bytes.
    pub(crate) fn raw(&self) -> &[u8] {
        self.spki
            .get(self.algorithm.prefix().len()..)
            .unwrap_or_default()
    }

    /// How it signs.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The DER of its SubjectPublicKeyInfo.
    pub fn to_der(&self) -> &[u8] {
        &self.spki
    }

    /// PEM, with line ends of one byte.
    pub fn to_pem(&self) -> String {
        write_pem(PUBLIC_LABEL, &self.spki)
    }

    /// What bundles and leaves call it.
    pub fn hint(&self) -> KeyHint {
        self.hint
    }

    /// Whether it signed this message.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(self.algorithm.verification(), self.raw())
            .verify(message, signature)
            .is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:?}, {})", self.algorithm, self.hint())
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        STANDARD.encode(&key.spki)
    }
}

impl TryFrom<String> for PublicKey {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.len() > MAX_PEM {
            return Err(KeyError::Base64);
        }
        let der = STANDARD.decode(text).map_err(|_| KeyError::Base64)?;
        PublicKey::from_der(&der)
    }
}

/// What a public key is called: the SHA-256 of its DER, written in base64 (PROTOCOLS §6).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyHint([u8; 32]);

impl fmt::Display for KeyHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for KeyHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for KeyHint {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut hash = [0; 32];
        match STANDARD.decode_slice(text, &mut hash) {
            Ok(32) => Ok(KeyHint(hash)),
            _ => Err(KeyError::Hint),
        }
    }
}

impl TryFrom<String> for KeyHint {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<KeyHint> for String {
    fn from(hint: KeyHint) -> Self {
        hint.to_string()
    }
}

/// The one block of PEM in a text: its label and its bytes.
pub(super) fn one_pem(text: &str) -> Result<(String, Vec<u8>), KeyError> {
    if text.len() > MAX_PEM {
        return Err(KeyError::Pem);
    }
    let blocks = pem::parse_many(text).map_err(|_| KeyError::Pem)?;
    let [block] = <[pem::Pem; 1]>::try_from(blocks).map_err(|_| KeyError::Pem)?;
    Ok((block.tag().to_owned(), block.into_contents()))
}

pub(super) fn write_pem(label: &str, der: &[u8]) -> String {
    let ends = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new(label, der), ends)
}
