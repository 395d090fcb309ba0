//! The work: build, install, wait for a change, again.

use std::{collections::VecDeque, convert::Infallible, path::PathBuf, sync::Arc};

use metier_core::{Digest, code::Code, fault::Fault, grant::Grant, ids::TenantId};
use metier_market::fixtures::exact_grant;
use metier_runtime::{credentials::SecretSources, host::Host, registry::Installed, skill::Skill};
use metier_server::dev::Tools;

use super::{journal::Journal, sources::Sources, watch::Watch};
use crate::{
    args::{call::CallOptions, dev::Dev},
    commands::{App, build, call::reach::Reach, skill_file},
    errors::Failure,
};

/// Builds in a row that may each find the sources changed by the time they end: a first build writes a lockfile. A build that
/// always writes something else would run for ever.
const MAX_RESTLESS: u32 = 3;

/// Skills kept installed: the one that is served, and the one before it, which a call may just have chosen.
const KEPT: usize = 2;

/// Everything the work needs.
pub struct Bench {
    app: Arc<App>,
    args: Dev,
    folder: PathBuf,
    host: Arc<Host>,
    tools: Arc<Tools>,
    journal: Arc<Journal>,
    kept: VecDeque<(TenantId, Digest)>,
    granted: Option<(Digest, Grant, SecretSources)>,
}

impl Bench {
    /// Nothing built yet.
    pub fn new(
        app: App,
        args: Dev,
        folder: PathBuf,
        host: Arc<Host>,
        tools: Arc<Tools>,
        journal: Arc<Journal>,
    ) -> Bench {
        Bench {
            app: Arc::new(app),
            args,
            folder,
            host,
            tools,
            journal,
            kept: VecDeque::new(),
            granted: None,
        }
    }

    /// For ever.
    pub async fn work(&mut self) -> Infallible {
        let mut watch = Watch::new();
        let mut seen = self.look(&mut watch);
        let mut restless = 0;
        loop {
            self.build(&seen).await;
            let now = self.look(&mut watch);
            let meanwhile = now.difference(&seen).map(PathBuf::from);
            seen = now;
            if let Some(path) = meanwhile {
                restless += 1;
                if restless < MAX_RESTLESS {
                    continue;
                }
                self.journal.restless(&path);
            }
            restless = 0;
            loop {
                watch.changed().await;
                let now = self.look(&mut watch);
                let path = now.difference(&seen).map(PathBuf::from);
                seen = now;
                if let Some(path) = path {
                    self.journal.changed(&path);
                    break;
                }
            }
        }
    }

    /// The sources as they are now; every folder of theirs is watched by then.
    fn look(&self, watch: &mut Watch) -> Sources {
        let read = || Sources::read(&self.folder, self.args.grant.as_deref());
        let (sources, failed) = watch.look(read);
        if let Some(error) = failed {
            self.journal.unwatched(&error);
        }
        sources
    }

    /// Builds and serves, or tells why not.
    async fn build(&mut self, seen: &Sources) {
        self.journal.building();
        match self.try_build(seen).await {
            Ok(installed) => {
                let withheld = self.args.grant.is_none();
                self.journal.serving(&installed, withheld);
                self.tools.replace(Ok(installed));
            }
            Err(failure) => {
                let last_good = self.tools.current().is_ok();
                if !last_good {
                    self.tools.replace(Err(failure.fault.clone()));
                }
                self.journal.failed(&failure, last_good);
            }
        }
    }

    async fn try_build(&mut self, seen: &Sources) -> Result<Arc<Installed>, Failure> {
        let (app, folder) = (self.app.clone(), self.folder.clone());
        let built = tokio::task::spawn_blocking(move || build::quietly(&app, &folder));
        let file = built.await.map_err(|error| {
            Fault::new(Code::HostInternal, format!("The build broke off: {error}."))
        })??;
        let skill = skill_file::load(&self.app, &self.host, &file).await?;
        let (grant, sources) = self.grant(&skill, seen)?;
        let credentials = self.host.credentials(&grant, sources);
        let installed = self.host.install(skill, grant, credentials)?;
        self.forget(&installed);
        Ok(installed)
    }

    fn grant(&mut self, skill: &Skill, seen: &Sources) -> Result<(Grant, SecretSources), Failure> {
        let Some(path) = &self.args.grant else {
            return Ok((asked(skill), SecretSources::files_only(&self.folder)));
        };
        // Read once for each text: a vault may have to ask for its passphrase.
        let text = seen.digest(path).unwrap_or_else(|| Digest::of(b""));
        if let Some((of, grant, sources)) = &self.granted
            && *of == text
        {
            return Ok((grant.clone(), copy(sources)));
        }
        let options = CallOptions {
            vault: self.args.vault.clone(),
            ..CallOptions::default()
        };
        let (grant, sources) = Reach::read(Some(path))?.bind(&options, &self.app)?;
        self.granted = Some((text, grant.clone(), copy(&sources)));
        Ok((grant, sources))
    }

    /// Removes skills that no new call can choose.
    fn forget(&mut self, installed: &Installed) {
        let newest = (
            installed.grant().tenant.clone(),
            *installed.skill().digest(),
        );
        self.kept.retain(|one| *one != newest);
        self.kept.push_back(newest);
        while self.kept.len() > KEPT {
            if let Some((tenant, digest)) = self.kept.pop_front() {
                self.host.registry().remove(&tenant, &digest);
            }
        }
    }
}

/// What the manifest asks for, but no credential: a secret is given by a person, not by default.
fn asked(skill: &Skill) -> Grant {
    let manifest = skill.manifest();
    let mut grant = exact_grant(
        manifest,
        skill.digest(),
        TenantId::local(),
        Default::default(),
    );
    for rule in &mut grant.http {
        rule.value.credential = None;
    }
    grant.credentials.clear();
    grant
}

fn copy(sources: &SecretSources) -> SecretSources {
    SecretSources {
        env: sources.env.clone(),
        directory: sources.directory.clone(),
        vault: sources.vault.clone(),
        accounts: sources.accounts.clone(),
    }
}
