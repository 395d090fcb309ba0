//! Who signed what: keys of one role each, statements about digests, and bundles that `cosign` reads and writes too.
//!
//! A signature is a [DSSE](https://github.com/secure-systems-lab/dsse) envelope around an
//! [in-toto v1 statement](https://github.com/in-toto/attestation/tree/main/spec/v1), kept as a sigstore bundle v0.3 with the hint of a
//! public key. It needs no network and no certificate: whoever verifies brings the keys.
//!
//! A key has one [`Role`]. The role is a type, and each has its own predicate type, so a [`SigningKey`] cannot make and [`verify()`]
//! does not take a statement that belongs to another role. [`TrustRoot`] refuses one key in two roles.
//!
//! A bundle does not say when it was made. [`Policy::at`] does: it is the time of the leaf in the market's log, which a thief of a key
//! cannot choose.
//!
//! ```
//! use metier_core::Digest;
//! use metier_market::trust::{Algorithm, KeyPair, KeyRecord, Policy, Publisher, SigningKey, Signature, verify};
//! let key = SigningKey::<Publisher>::new(KeyPair::generate(Algorithm::EcdsaP256)?);
//! let manifest = Digest::of(b"the OCI manifest");
//! let bundle = key.sign(&manifest, "com.acme/salesforce@1.2.0", &Signature)?;
//! let now = "2026-11-30T12:00:00Z".parse()?;
//! let keys = [KeyRecord::new(key.verifying(), now)];
//! let policy = Policy { subject: manifest, name: "com.acme/salesforce@1.2.0", keys: &keys, at: now };
//! verify(bundle.to_json().as_bytes(), &policy)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Architecture invariant
//! Nothing here reads a clock, a file or the network.

mod bundle;
mod dsse;
mod key;
mod pair;
mod record;
mod review;
mod role;
mod root;
mod statement;
mod verify;

#[cfg(test)]
mod attacks;
#[cfg(test)]
pub(crate) mod tests;

pub use bundle::{Bundle, BundleError, MAX_BUNDLE, MEDIA_TYPE};
pub use dsse::pae;
pub use key::{Algorithm, KeyError, KeyHint, PublicKey};
pub use pair::KeyPair;
pub use record::{KeyRecord, Unusable};
pub use review::{Reviewed, ReviewedFinding};
pub use role::{
    ListSummary, Publisher, Review, Revocation, Role, Signature, SigningKey, VerifyingKey,
};
pub use root::{RootError, TrustRoot};
pub use verify::{Policy, Untrusted, Verified, verify};

pub use crate::fixtures::Moment;
