//! The one place that says a signature counts.

use metier_core::{Digest, ids::shown};

use super::{
    bundle::{Bundle, BundleError},
    dsse::{IN_TOTO, pae},
    key::KeyHint,
    record::{KeyRecord, Unusable},
    role::Role,
    statement::Statement,
};
use crate::fixtures::Moment;

/// What a bundle must say to count.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'p, R> {
    /// What it must be about.
    pub subject: Digest,
    /// What the subject must be called: `com.acme/salesforce@1.2.0`. A statement that gives no name, as those of `cosign sign`, is taken
    /// for its digest alone.
    pub name: &'p str,
    /// Whose signature counts, and when.
    pub keys: &'p [KeyRecord<R>],
    /// When it was signed at the latest: the time of the leaf in the log that names the bundle.
    pub at: Moment,
}

/// A statement that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<P> {
    /// What it says beside the digest.
    pub predicate: P,
    /// Which key signed.
    pub key: KeyHint,
}

/// Why a signature does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// The file is none.
    #[error("the {role} signature cannot be read: {error}")]
    Bundle {
        /// Whose it should be.
        role: &'static str,
        /// What is wrong with it.
        error: BundleError,
    },
    /// No key that counts made it.
    #[error("the {role} signature is by the key {hint}, which is no {role} key here")]
    UnknownKey {
        /// Whose it should be.
        role: &'static str,
        /// The key it names.
        hint: KeyHint,
    },
    /// The key it names did not make it, or not over these bytes.
    #[error("the {role} signature is wrong: the key {hint} did not sign this")]
    BadSignature {
        /// Whose it should be.
        role: &'static str,
        /// The key it names.
        hint: KeyHint,
    },
    /// What was signed is no statement about one digest, or says what it should not.
    #[error("what the {role} key signed is no statement that is known here")]
    Statement {
        /// Whose it is.
        role: &'static str,
    },
    /// What was signed means something else.
    #[error("what the {role} key signed is a statement of another kind, `{found}`")]
    PredicateType {
        /// Whose it is.
        role: &'static str,
        /// Its predicate type.
        found: String,
    },
    /// What was signed is about other bytes.
    #[error("the {role} signature is for {found}, not for {wanted}")]
    Subject {
        /// Whose it is.
        role: &'static str,
        /// What it is about.
        found: Digest,
        /// What it should be about.
        wanted: Digest,
    },
    /// What was signed is about the same bytes under another name.
    #[error("the {role} signature is for `{found}`, not for `{wanted}`")]
    Name {
        /// Whose it is.
        role: &'static str,
        /// What it calls its subject.
        found: String,
        /// What that should be called.
        wanted: String,
    },
    /// The key was not good when it signed.
    #[error("the {role} signature of {at} does not count: {why}")]
    Time {
        /// Whose it is.
        role: &'static str,
        /// When it was signed.
        at: Moment,
        /// Why the key did not count then.
        why: Unusable,
    },
}

/// Reads a bundle and tells whether it counts: signed by one of the keys, when that was good, with the predicate type of the role, about
/// this digest and name.
///
/// # Errors
/// When it does not, and why.
pub fn verify<R: Role>(
    bytes: &[u8],
    policy: &Policy<'_, R>,
) -> Result<Verified<R::Predicate>, Untrusted> {
    let role = R::NAME;
    let bundle = Bundle::read(bytes).map_err(|error| Untrusted::Bundle { role, error })?;
    let hint = bundle.hint;
    let record = policy.keys.iter().find(|record| record.key.hint() == hint);
    let record = record.ok_or(Untrusted::UnknownKey { role, hint })?;
    let signed = pae(IN_TOTO, &bundle.payload);
    if !record.key.public().has_signed(&signed, &bundle.signature) {
        return Err(Untrusted::BadSignature { role, hint });
    }
    let at = policy.at;
    record
        .usable_at(at)
        .map_err(|why| Untrusted::Time { role, at, why })?;
    let statement = Statement::read(&bundle.payload).ok_or(Untrusted::Statement { role })?;
    let predicate = says(statement, policy)?;
    Ok(Verified {
        predicate,
        key: hint,
    })
}

/// What the statement says beside the digest, if it is of this role and about what the policy wants.
fn says<R: Role>(statement: Statement, policy: &Policy<'_, R>) -> Result<R::Predicate, Untrusted> {
    let role = R::NAME;
    if statement.predicate_type != R::PREDICATE {
        let found = shown(&statement.predicate_type);
        return Err(Untrusted::PredicateType { role, found });
    }
    let (found, name) = statement.subject().ok_or(Untrusted::Statement { role })?;
    let wanted = policy.subject;
    if found != wanted {
        return Err(Untrusted::Subject {
            role,
            found,
            wanted,
        });
    }
    if let Some(found) = name.filter(|name| *name != policy.name) {
        return Err(Untrusted::Name {
            role,
            found: shown(found),
            wanted: policy.name.to_owned(),
        });
    }
    serde_json::from_value(statement.predicate).map_err(|_| Untrusted::Statement { role })
}
