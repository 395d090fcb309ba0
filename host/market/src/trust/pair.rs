//! Private keys: made, read, written and used for nothing but signing.

use std::fmt;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use zeroize::Zeroizing;

use super::key::{Algorithm, KeyError, PublicKey, one_pem, write_pem};

/// Label of a private key in PEM (RFC 7468).
const PRIVATE_LABEL: &str = "PRIVATE KEY";

/// A private key and its public half.
pub struct KeyPair {
    secret: Secret,
    public: PublicKey,
}

enum Secret {
    EcdsaP256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl KeyPair {
    /// A new one, of the system's randomness.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let made = match algorithm {
            Algorithm::EcdsaP256 => {
                EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map(Secret::EcdsaP256)
            }
            Algorithm::Ed25519 => Ed25519KeyPair::generate().map(Secret::Ed25519),
        };
        KeyPair::of(made.map_err(|_| KeyError::Crypto)?)
    }

    /// Reads PKCS#8 in PEM, as `openssl genpkey` writes it.
    ///
    /// # Errors
    /// When it is not one plain private key of a kind we know.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let (label, der) = one_pem(text)?;
        let der = Zeroizing::new(der);
        if label != PRIVATE_LABEL {
            return Err(KeyError::NotPrivate);
        }
        let edwards = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map(Secret::Ed25519);
        let secret = edwards.or_else(|_| {
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &der).map(Secret::EcdsaP256)
        });
        KeyPair::of(secret.map_err(|_| KeyError::Kind)?)
    }

    fn of(secret: Secret) -> Result<Self, KeyError> {
        let (algorithm, raw) = match &secret {
            Secret::EcdsaP256(pair) => (Algorithm::EcdsaP256, pair.public_key().as_ref()),
            Secret::Ed25519(pair) => (Algorithm::Ed25519, pair.public_key().as_ref()),
        };
        let public = PublicKey::from_raw(algorithm, raw)?;
        Ok(KeyPair { secret, public })
    }

    /// PKCS#8 version 1 in PEM, which OpenSSL, Go and `cosign import-key-pair` read. Wiped from memory when dropped.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        let der = match &self.secret {
            Secret::EcdsaP256(pair) => pair.to_pkcs8v1(),
            Secret::Ed25519(pair) => pair.to_pkcs8v1(),
        };
        let der = der.map_err(|_| KeyError::Crypto)?;
        Ok(Zeroizing::new(write_pem(PRIVATE_LABEL, der.as_ref())))
    }

    /// Its public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// A signature: DER of ECDSA, or the 64 bytes of Ed25519.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = match &self.secret {
            Secret::EcdsaP256(pair) => pair.sign(&SystemRandom::new(), message),
            Secret::Ed25519(pair) => pair.try_sign(message),
        };
        let signature = signature.map_err(|_| KeyError::Crypto)?;
        Ok(signature.as_ref().to_vec())
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}
