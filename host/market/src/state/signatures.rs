//! Whether a published version has the two signatures its leaf names: the publisher's and the market's.

use metier_core::{Digest, SkillName};
use semver::Version;

use super::leaf::Publication;
use crate::{
    fixtures::Moment,
    trust::{
        KeyHint, KeyRecord, Policy, Publisher, Review, Reviewed, TrustRoot, Untrusted, verify,
    },
};

/// What statements call a version: `com.acme/salesforce@1.2.0`.
pub fn subject_name(name: &SkillName, version: &Version) -> String {
    format!("{name}@{version}")
}

/// The files beside a version, as they were served.
#[derive(Clone, Copy, Debug)]
pub struct Bundles<'b> {
    /// The publisher's.
    pub publisher: &'b [u8],
    /// The market's review.
    pub review: &'b [u8],
}

/// Why a version is not what it is said to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// Another file than the leaf names.
    #[error("the {0} bundle is another than the log names")]
    OtherBundle(&'static str),
    /// A signature that does not count.
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
    /// Signed by another key of the namespace than the leaf says.
    #[error("the publisher's bundle is by the key {found}, and the log says {wanted}")]
    OtherKey {
        /// Of the bundle.
        found: KeyHint,
        /// Of the leaf.
        wanted: KeyHint,
    },
    /// A review of another version.
    #[error("the review is of another version than the one it came with")]
    OtherReview,
    /// A publisher that signs with a key of the market itself: one hand instead of two.
    #[error("the key {0} of the namespace is a key of the market")]
    MarketsKey(KeyHint),
}

impl Publication {
    /// Verifies both signatures of a version that was published at `at` under a namespace with these keys: neither the market without the
    /// publisher's key nor a thief of that key without the market's review can make them.
    ///
    /// # Errors
    /// When one of them is not what the leaf says, or does not count.
    pub fn verify(
        &self,
        at: Moment,
        keys: &[KeyRecord<Publisher>],
        bundles: Bundles<'_>,
        root: &TrustRoot,
    ) -> Result<Reviewed, Unproven> {
        for (bundle, digest, whose) in [
            (bundles.publisher, self.bundle, "publisher's"),
            (bundles.review, self.review, "review"),
        ] {
            if Digest::of(bundle) != digest {
                return Err(Unproven::OtherBundle(whose));
            }
        }
        let name = subject_name(&self.name, &self.version);
        let (subject, name) = (self.manifest, name.as_str());
        let policy = Policy {
            subject,
            name,
            keys,
            at,
        };
        let found = verify(bundles.publisher, &policy)?.key;
        if found != self.key {
            let wanted = self.key;
            return Err(Unproven::OtherKey { found, wanted });
        }
        if root.has_hint(found) {
            return Err(Unproven::MarketsKey(found));
        }
        // A key of the trust root counts as long as it is there.
        let reviewer: KeyRecord<Review> = KeyRecord::new(root.review.clone(), at);
        let policy = Policy {
            subject,
            name,
            keys: &[reviewer],
            at,
        };
        let review = verify(bundles.review, &policy)?.predicate;
        match review.skill == self.name && review.version == self.version {
            true => Ok(review),
            false => Err(Unproven::OtherReview),
        }
    }
}
