//! Which skills a tenant has, and under which grants.

use std::sync::Arc;

use metier_agent::definition::Name;
use metier_core::{Code, Digest, Fault};
use metier_runtime::skill::Skill;
use metier_store::types::Expect;

use crate::{
    audit::{SkillChange, What},
    directory::now,
    faults::{of_store, sentence},
    identity::{Caller, Right},
    installs::{self, Install},
    market::Vouches,
    noting,
    records::Kept,
    service::Service,
};

/// A file that is to be installed.
#[derive(Clone, Debug, Default)]
pub struct NewSkill {
    /// The component.
    pub bytes: Vec<u8>,
    /// Its grant, as it is written; the one that is there when absent.
    pub grant: Option<String>,
    /// Who says that it is what it is said to be.
    pub vouches: Vouches,
}

impl NewSkill {
    /// A file nobody vouches for, which is meant.
    pub fn unsigned(bytes: Vec<u8>, grant: Option<String>) -> Self {
        NewSkill {
            bytes,
            grant,
            vouches: Vouches::Nobody,
        }
    }
}

impl Service {
    /// Installs a skill for the caller's tenant, or replaces what has the alias. A grant that is there stays where none is given.
    ///
    /// # Errors
    /// `forbidden`, a fault of the file's, `grant-invalid`; `unsigned-skill`, `skill-unverified` or `skill-revoked` by who vouches for it.
    pub async fn install(
        &self,
        caller: &Caller,
        alias: Option<Name>,
        new: NewSkill,
    ) -> Result<(Name, Arc<Install>), Fault> {
        self.needs(caller, Right::Operate)?;
        let NewSkill {
            bytes,
            grant,
            vouches,
        } = new;
        let digest = Digest::of(&bytes);
        if matches!(
            &vouches,
            Vouches::Receipt {
                new_publisher: true,
                ..
            }
        ) {
            // Whom this host knows as a publisher, it knows for all tenants.
            self.needs(caller, Right::Administer)?;
        }
        let admitted = self.vouching().admit(&digest, vouches)?;
        let skill = self.parts().host.load(bytes.clone()).await?;
        let info = skill.manifest().skill.as_ref();
        let alias = alias.or_else(|| installs::alias_of(info.map(|info| &info.name)));
        let alias = alias.ok_or_else(|| {
            Fault::new(
                Code::InvalidArguments,
                "The skill has no name to call it by.",
            )
            .with_hint("Choose an alias.")
        })?;
        let before = self.kept(&caller.tenant, &alias);
        let grant = grant.or_else(|| before.as_ref()?.value.grant.clone());
        let kept = self.parts().store.put_blob(&digest, &bytes).await;
        kept.map_err(|error| of_store(&error))?;
        let install = Install {
            digest,
            name: info.map(|info| info.name.clone()),
            version: info.map(|info| info.version.to_string()),
            grant,
            enabled: before.as_ref().is_none_or(|before| before.value.enabled),
            by: caller.principal.clone(),
            changed: now(),
        };
        self.check(caller, &skill, &install)?;
        self.vouching()
            .vouch(digest, skill.manifest(), admitted)
            .await?;
        let install = self.write(caller, &alias, before, install).await?;
        Ok((alias, install))
    }

    /// Replaces the grant of an installed skill; nothing takes everything away.
    ///
    /// # Errors
    /// `forbidden`, `not-found`, `grant-invalid`.
    pub async fn grant(
        &self,
        caller: &Caller,
        alias: &Name,
        grant: Option<String>,
    ) -> Result<Arc<Install>, Fault> {
        self.needs(caller, Right::Operate)?;
        let before = self.installed(caller, alias)?;
        let changed = Install {
            grant,
            by: caller.principal.clone(),
            changed: now(),
            ..(*before.value).clone()
        };
        let skill = self.parts().tools.skill(&changed.digest).await?;
        self.check(caller, &skill, &changed)?;
        self.write(caller, alias, Some(before), changed).await
    }

    /// Switches an installed skill on or off.
    ///
    /// # Errors
    /// `forbidden`, `not-found`.
    pub async fn enable(
        &self,
        caller: &Caller,
        alias: &Name,
        enabled: bool,
    ) -> Result<Arc<Install>, Fault> {
        self.needs(caller, Right::Operate)?;
        let before = self.installed(caller, alias)?;
        let changed = Install {
            enabled,
            by: caller.principal.clone(),
            changed: now(),
            ..(*before.value).clone()
        };
        self.write(caller, alias, Some(before), changed).await
    }

    /// Takes a skill away. Runs that have it pinned keep it.
    ///
    /// # Errors
    /// `forbidden`, `not-found`.
    pub async fn uninstall(&self, caller: &Caller, alias: &Name) -> Result<(), Fault> {
        self.needs(caller, Right::Operate)?;
        let before = self.installed(caller, alias)?;
        let key = installs::key(&caller.tenant, alias);
        self.installs()
            .remove(&key, Expect::Rev(before.rev))
            .await?;
        let removed = What::Skill {
            change: SkillChange::Removed,
            alias: alias.as_str(),
            digest: before.value.digest,
            before: None,
            vouched_by: None,
        };
        self.note(caller, removed);
        Ok(())
    }

    /// The tenant's skills, by alias.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn skills(&self, caller: &Caller) -> Result<Vec<(String, Arc<Install>)>, Fault> {
        self.needs(caller, Right::See)?;
        let all = self
            .installs()
            .below(&format!("{}/", caller.tenant))
            .into_iter();
        Ok(all.map(|(alias, kept)| (alias, kept.value)).collect())
    }

    /// One of them.
    ///
    /// # Errors
    /// `forbidden`, `not-found`.
    pub fn skill(&self, caller: &Caller, alias: &Name) -> Result<Arc<Install>, Fault> {
        self.needs(caller, Right::See)?;
        Ok(self.installed(caller, alias)?.value)
    }

    /// Whether the install makes sense: the grant is one the caller may give, and for this skill.
    fn check(&self, caller: &Caller, skill: &Arc<Skill>, install: &Install) -> Result<(), Fault> {
        let Some(text) = &install.grant else {
            return Ok(());
        };
        let grant = installs::grant(&caller.tenant, text)?;
        let may_give = installs::may_give(caller, &grant);
        may_give.inspect_err(|fault| {
            noting::refused(self.notes(), caller, Right::Administer, fault);
        })?;
        let subject = grant.subject.check(skill.manifest().name(), skill.digest());
        subject.map_err(|wrong| {
            let message = sentence(&wrong.to_string());
            Fault::new(Code::GrantInvalid, message)
        })
    }

    async fn write(
        &self,
        caller: &Caller,
        alias: &Name,
        before: Option<Kept<Install>>,
        install: Install,
    ) -> Result<Arc<Install>, Fault> {
        let key = installs::key(&caller.tenant, alias);
        let expect = before.as_ref();
        let expect = expect.map_or(Expect::Absent, |before| Expect::Rev(before.rev));
        self.installs().put(&key, expect, &install).await?;
        let before = before.as_ref().map(|before| &*before.value);
        self.note_install(caller, alias.as_str(), before, &install);
        Ok(Arc::new(install))
    }

    pub(crate) fn installed(&self, caller: &Caller, alias: &Name) -> Result<Kept<Install>, Fault> {
        self.kept(&caller.tenant, alias)
            .ok_or_else(|| no_skill(alias))
    }
}

/// The answer about a skill that is not there.
pub fn no_skill(alias: &Name) -> Fault {
    let message = format!("There is no skill `{}`.", alias.as_str());
    Fault::new(Code::NotFound, message)
        .with_hint("`metier admin skill list` shows what is installed.")
}
