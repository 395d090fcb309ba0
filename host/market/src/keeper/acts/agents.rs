//! The review of an agent: its skills are looked up in this market.

use std::collections::BTreeMap;

use super::ActError;
use crate::{
    agent::{Package, Pin},
    consent::Contents,
    keeper::Market,
    review::{Names, PinnedSkill, Report, review_agent},
};

impl Market {
    pub(super) async fn reviewed_agent(
        &self,
        bytes: &[u8],
        names: &Names,
    ) -> Result<Report, ActError> {
        let package = Package::of_file(bytes);
        let package = package.map_err(|error| ActError::Invalid(error.to_string()))?;
        let mut pinned = BTreeMap::new();
        for (alias, pin) in package.pins() {
            pinned.insert(alias.clone(), self.pinned(pin).await?);
        }
        Ok(review_agent(bytes, &package, names, &pinned))
    }

    /// What a pinned skill says, or why it must not be pinned.
    async fn pinned(&self, pin: &Pin) -> Result<Result<PinnedSkill, String>, ActError> {
        let standing = self.ledger.look(|view| view.state.pinnable(pin));
        if let Err(why) = standing {
            return Ok(Err(why));
        }
        // One at a time: a component may be large.
        let component = self.registry.file(&pin.digest, u64::MAX).await?;
        let contents = Contents::of_file(&component).map_err(|error| error.to_string());
        Ok(contents.map(|contents| PinnedSkill {
            manifest: contents.manifest().clone(),
            tools: contents.tools().to_vec(),
        }))
    }
}
