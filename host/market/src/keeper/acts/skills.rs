//! What happens to versions that are there.

use metier_core::SkillName;
use semver::Version;

use super::{ActError, act::Act, names::reason};
use crate::{
    keeper::{Market, ledger::Appended},
    revoked::Target,
    state::{Account, Change, Namespace, Reason, Revoke, Role, Unrevoke, Unyank, Yank},
};

impl Market {
    /// Yanks a version: nobody should begin to use it.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn yank(
        &self,
        by: &Account,
        name: SkillName,
        version: Version,
        why: &str,
    ) -> Result<Appended, ActError> {
        let change = |name, why| Change::Yank(Yank { name, version, why });
        self.change_version(by, name, why, change).await
    }

    /// Takes a yank back.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn unyank(
        &self,
        by: &Account,
        name: SkillName,
        version: Version,
        why: &str,
    ) -> Result<Appended, ActError> {
        let change = |name, why| Change::Unyank(Unyank { name, version, why });
        self.change_version(by, name, why, change).await
    }

    /// Revokes: it must not run. A publisher revokes what is theirs, the market's keeper everything. Whoever asks for the list from then on has it.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn revoke(
        &self,
        by: &Account,
        keeps_the_market: bool,
        target: Target,
        why: &str,
    ) -> Result<Appended, ActError> {
        if !keeps_the_market {
            self.may_revoke(by, &target)?;
        }
        let (why, hit) = (reason(why)?, self.hit(&target));
        // Who keeps the market may have to revoke more than anybody thought of.
        let acting = match keeps_the_market {
            true => None,
            false => Some(self.acting(by, Act::Revoke)?),
        };
        let change = Change::Revoke(Revoke { target, why });
        let appended = self.change_list(by, hit, change).await;
        drop(acting);
        appended
    }

    /// Takes a revocation back; for the market's keeper alone.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn unrevoke(
        &self,
        by: &Account,
        target: Target,
        why: &str,
    ) -> Result<Appended, ActError> {
        let (why, hit) = (reason(why)?, self.hit(&target));
        let change = Change::Unrevoke(Unrevoke { target, why });
        self.change_list(by, hit, change).await
    }

    /// For whoever may publish in the skill's namespace.
    async fn change_version(
        &self,
        by: &Account,
        name: SkillName,
        why: &str,
        change: impl FnOnce(SkillName, Reason) -> Change,
    ) -> Result<Appended, ActError> {
        self.acts_as(by, &Namespace::of(&name), Role::Publisher)?;
        let change = change(name.clone(), reason(why)?);
        let acting = self.acting(by, Act::Yank)?;
        let appended = self.ledger.append(by, change).await;
        drop(acting);
        let appended = appended?;
        // It is in the log. What search finds is made again at the next start, and no reason to say that it is not.
        let _ = self.index(&name).await;
        Ok(appended)
    }

    async fn change_list(
        &self,
        by: &Account,
        hit: Vec<SkillName>,
        change: Change,
    ) -> Result<Appended, ActError> {
        let appended = self.ledger.append(by, change).await?;
        // The list is made when somebody asks for it: many revocations at once are one list.
        for skill in hit {
            let _ = self.index(&skill).await;
        }
        Ok(appended)
    }

    fn may_revoke(&self, by: &Account, target: &Target) -> Result<(), ActError> {
        let namespace = match target {
            Target::Publisher { namespace } => namespace.clone(),
            Target::Versions { name, .. } => Namespace::of(name),
            Target::Digest { digest } => {
                let name = self.ledger.look(|view| {
                    let published = view.state.version_of(digest);
                    published.map(|published| published.publication.name.clone())
                });
                let missing = || ActError::Missing(format!("no version is the file {digest}"));
                Namespace::of(&name.ok_or_else(missing)?)
            }
            Target::Capability { .. } => {
                let message = "only who keeps the market revokes what is of many publishers";
                return Err(ActError::Denied(message.to_owned()));
            }
        };
        self.acts_as(by, &namespace, Role::Owner).map(drop)
    }

    fn hit(&self, target: &Target) -> Vec<SkillName> {
        self.ledger.look(|view| view.state.hit_by(target))
    }
}
