//! What can be said of a file without a network: by the markets that are trusted on this machine, and what they said last.
//!
//! A receipt shows everything but two things: what was revoked after it was made, and whether the namespace's keys are those that are known
//! here. The list of revocations as it was taken last, and the first keys that are remembered, say as much of these as this machine knows.

use std::path::Path;

use metier_core::Digest;

use super::{ClientError, Kept, check_revoked, seen, trusted};
use crate::{
    consent::Contents,
    index::Address,
    receipt::{Proven, Receipt},
    revoked::List,
    trust::{Moment, TrustRoot},
};

/// A market that is trusted here.
#[derive(Clone, Debug)]
pub struct Known {
    root: TrustRoot,
    kept: Kept,
}

/// What was found out without asking anybody.
#[derive(Clone, Debug)]
pub struct Vouched {
    /// What the receipt shows.
    pub proven: Proven,
    /// Whether the first key of the namespace was known here, and is the same.
    pub first_key_known: bool,
    /// The list of revocations that the file was held against, where one was ever taken.
    pub list: Option<List>,
}

impl Known {
    /// A market with what is kept of it.
    pub fn new(root: TrustRoot, kept: Kept) -> Self {
        Known { root, kept }
    }

    /// Every market that is trusted below this folder; only the one at `address`, where one is named.
    ///
    /// # Errors
    /// When a trust root was damaged.
    pub fn all(markets: &Path, address: Option<&Address>) -> Result<Vec<Known>, ClientError> {
        let kept = match address {
            Some(address) => vec![Kept::of(markets, address)],
            None => Kept::all(markets),
        };
        let mut all = Vec::new();
        for kept in kept {
            let root = trusted(&kept)?;
            all.extend(root.map(|root| Known::new(root, kept)));
        }
        Ok(all)
    }

    /// What this market's receipt shows of a file. What it revoked, as far as it is known here, is refused.
    ///
    /// # Errors
    /// When the file is not what its receipt says, is revoked, or its namespace's keys begin anew.
    pub fn vouch(
        &self,
        receipt: &Receipt,
        contents: &Contents,
        now: Moment,
    ) -> Result<Vouched, ClientError> {
        let vouched = self.shown(receipt, contents.component(), now)?;
        if let Some(list) = &vouched.list {
            check_revoked(list, contents)?;
        }
        Ok(vouched)
    }

    /// What this market's receipt shows of the file with this digest, and the list that whoever has read it holds it against.
    ///
    /// # Errors
    /// When the file is not what its receipt says, or its namespace's keys begin anew.
    pub fn shown(
        &self,
        receipt: &Receipt,
        file: &Digest,
        now: Moment,
    ) -> Result<Vouched, ClientError> {
        let proven = receipt.verify(&self.root, file)?;
        let first_key_known = seen::is_known_key(&self.kept, &proven)?;
        seen::check_known_history(&self.kept, &proven)?;
        let list = seen::remembered_list(&self.kept, &self.root, now)?;
        Ok(Vouched {
            proven,
            first_key_known,
            list,
        })
    }

    fn is_of(&self, receipt: &Receipt) -> bool {
        receipt.checkpoint.lines().next() == Some(self.root.log.name())
    }
}

/// What a receipt shows of a file, by the one of these markets whose it is.
///
/// # Errors
/// As [`Known::vouch`]; when the receipt is none, or of a market that is not among them.
pub fn vouch(
    markets: &[Known],
    receipt: &[u8],
    component: &[u8],
    now: Moment,
) -> Result<Vouched, ClientError> {
    let receipt = Receipt::read(receipt)?;
    let mut refused = None;
    for market in markets.iter().filter(|market| market.is_of(&receipt)) {
        // Before the file is read as a skill: bytes that are not those of the receipt are told as such.
        let vouched = match receipt.verify(&market.root, &Digest::of(component)) {
            Ok(_) => Contents::of_file(component)
                .map_err(ClientError::from)
                .and_then(|contents| market.vouch(&receipt, &contents, now)),
            Err(error) => Err(error.into()),
        };
        match vouched {
            Ok(vouched) => return Ok(vouched),
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    let origin = receipt.checkpoint.lines().next().unwrap_or_default();
    Err(refused.unwrap_or_else(|| ClientError::UnknownMarket(origin.to_owned())))
}
