//! What becomes of what was revoked, and what it touches.

use metier_core::{Code, Digest, Fault, TenantId};
use metier_market::fixtures::Moment;
use metier_store::types::{Page, RunFilter, RunId, RunRow, StateFilter};

use super::{
    lists::{ListSource, Standing},
    settings::Running,
    vouching::now,
};
use crate::{
    faults::{of_run, of_store, sentence},
    identity::{Caller, Right},
    installs::Install,
    service::Service,
};

/// Runs looked at in one go.
const PAGE: usize = 200;

/// How the list of one market stands here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListStatus {
    /// The market's log.
    pub origin: String,
    /// Its version; nothing where there is no list.
    pub version: Option<u64>,
    /// When it was made.
    pub issued: Option<Moment>,
    /// Whether it can be relied on.
    pub standing: Standing,
    /// How many things it revokes.
    pub entries: usize,
}

/// An installed skill that must not be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    /// Whose.
    pub tenant: TenantId,
    /// By what it is called there.
    pub alias: String,
    /// The component.
    pub digest: Digest,
    /// Name and version, as it gives them.
    pub skill: String,
    /// What was revoked and why, as a sentence.
    pub why: String,
    /// Agents and chains that use it.
    pub agents: Vec<String>,
    /// Runs under way that depend on it.
    pub runs: Vec<RunId>,
}

/// A run under way that depends on something that is revoked.
struct RevokedRun {
    run: RunId,
    tenant: TenantId,
    /// Every component it depends on.
    used: Vec<Digest>,
    why: String,
}

/// What was revoked, as far as it concerns somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocations {
    /// Each market's list.
    pub lists: Vec<ListStatus>,
    /// What they hit here.
    pub affected: Vec<Affected>,
}

impl Service {
    /// Fetches the lists of all markets. What does not come, or is not a market's, is said in the log; what is in force stays.
    pub async fn look_for_revocations(&self, source: &dyn ListSource) {
        for market in &self.vouching().settings().markets {
            let known = self.vouching().known_list(market);
            let taken = match source.fetch(market, known).await {
                Ok(Some(file)) => self.vouching().take(market, &file).await,
                Ok(None) => Ok(false),
                Err(why) => Err(Fault::new(Code::StorageUnavailable, sentence(&why))),
            };
            match taken {
                Ok(_) => {}
                Err(fault) => {
                    tracing::warn!(market = market.origin(), %fault, "a revocation list was not refreshed")
                }
            }
            self.say_how_it_stands(market.origin());
        }
        self.obey_lists().await;
    }

    fn say_how_it_stands(&self, origin: &str) {
        let becomes = match self.vouching().is_strict() {
            true => "its skills are not called until there is a newer one",
            false => "nobody here knows what was revoked since",
        };
        match self.vouching().in_force().standing(origin, now()) {
            Standing::Fresh(_) => {}
            Standing::Missing => {
                tracing::error!(market = origin, "there is no revocation list: {becomes}")
            }
            Standing::Expired(at) => {
                tracing::error!(market = origin, expired = %at, "the revocation list is too old: {becomes}")
            }
        }
    }

    /// Takes a list from a file, for hosts that reach no market.
    ///
    /// # Errors
    /// `forbidden`; `skill-unverified` when no market that is trusted signed it, or a newer one is in force.
    pub async fn import_revocations(&self, caller: &Caller, file: &[u8]) -> Result<bool, Fault> {
        self.needs(caller, Right::Administer)?;
        let settings = self.vouching().settings();
        let mut refused = Fault::new(Code::SkillUnverified, "This host trusts no market.")
            .with_hint("An administrator trusts one with `[[market.trust]]` in metier.toml.");
        for market in &settings.markets {
            match self.vouching().take(market, file).await {
                Ok(is_new) => {
                    self.obey_lists().await;
                    return Ok(is_new);
                }
                Err(fault) => refused = fault,
            }
        }
        Err(refused)
    }

    /// Puts in force what the store has now.
    async fn obey_lists(&self) {
        let obeyed = match self.vouching().look().await {
            Ok(()) => self.end_runs_of_revoked().await,
            Err(fault) => Err(fault),
        };
        if let Err(fault) = obeyed {
            tracing::error!(%fault, "what was revoked is not called, but not every run of it could be ended");
        }
    }

    /// Ends the runs that depend on something that is revoked, where that is what the operator wants and it was not done yet. What fails is
    /// tried again at the next look.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn end_runs_of_revoked(&self) -> Result<(), Fault> {
        if !self.vouching().is_unended() {
            return Ok(());
        }
        if self.vouching().settings().running != Running::Cancel {
            self.vouching().are_ended();
            return Ok(());
        }
        let mut all = Ok(());
        for RevokedRun { run, why, .. } in self.revoked_runs(None).await? {
            tracing::warn!(%run, why, "a run is cancelled: it depends on something that was revoked");
            let by = Caller::operator_of(TenantId::local()).principal;
            let cancelled = self.runs().cancel(&run, by, &why).await;
            all = all.and(cancelled.map_err(|error| of_run(&error)));
        }
        if all.is_ok() {
            self.vouching().are_ended();
        }
        all
    }

    /// Runs under way that depend on something that is revoked, and why that is.
    async fn revoked_runs(&self, of: Option<&TenantId>) -> Result<Vec<RevokedRun>, Fault> {
        let mut found = Vec::new();
        if self.vouching().in_force().is_idle() {
            return Ok(found);
        }
        let filter = RunFilter {
            tenant: of.cloned(),
            state: Some(StateFilter::Live),
            ..RunFilter::default()
        };
        let mut after = None;
        loop {
            let page = Page { after, max: PAGE };
            let rows = self.store().runs(&filter, page).await;
            let rows = rows.map_err(|error| of_store(&error))?;
            for row in &rows {
                match self.revoked_in(row).await {
                    Ok(hit) => found.extend(hit),
                    Err(fault) => {
                        tracing::warn!(run = %row.run, %fault, "whether a run depends on something revoked is not known")
                    }
                }
            }
            match rows.last() {
                Some(last) if rows.len() == PAGE => after = Some(last.run),
                _ => return Ok(found),
            }
        }
    }

    async fn revoked_in(&self, row: &RunRow) -> Result<Option<RevokedRun>, Fault> {
        let state = self.runs().state(&row.run).await;
        let skills = &state.map_err(|error| of_run(&error))?.started.skills;
        let used: Vec<Digest> = skills.values().map(|skill| skill.digest).collect();
        let why = used.iter().find_map(|digest| self.why_revoked(digest));
        Ok(why.map(|why| RevokedRun {
            run: row.run,
            tenant: row.tenant.clone(),
            used,
            why,
        }))
    }

    fn why_revoked(&self, component: &Digest) -> Option<String> {
        match self.vouching().may_call(component) {
            Err(fault) if fault.code == Code::SkillRevoked => Some(fault.message),
            _ => None,
        }
    }

    /// The lists in force, and what they hit of the caller's tenant; of every tenant for an administrator.
    ///
    /// # Errors
    /// `forbidden`, the store's.
    pub async fn revocations(&self, caller: &Caller) -> Result<Revocations, Fault> {
        self.needs(caller, Right::Operate)?;
        let is_admin = caller.role.has(Right::Administer);
        let of = (!is_admin).then_some(&caller.tenant);
        let runs = self.revoked_runs(of).await?;
        let mut affected = Vec::new();
        for (key, kept) in self.installs().below("") {
            let Some((tenant, alias)) = key.split_once('/') else {
                continue;
            };
            let Ok(tenant) = tenant.parse::<TenantId>() else {
                continue;
            };
            if of.is_some_and(|of| *of != tenant) {
                continue;
            }
            if let Some(why) = self.why_revoked(&kept.value.digest) {
                affected.push(
                    self.affected(tenant, alias, &kept.value, why, &runs)
                        .await?,
                );
            }
        }
        let lists = self.list_statuses();
        Ok(Revocations { lists, affected })
    }

    fn list_statuses(&self) -> Vec<ListStatus> {
        let in_force = self.vouching().in_force();
        let status = |(origin, list): &(String, Option<_>)| {
            let list: Option<&metier_market::revoked::List> = list.as_ref();
            ListStatus {
                origin: origin.clone(),
                version: list.map(|list| list.version()),
                issued: list.map(|list| list.issued()),
                standing: in_force.standing(origin, now()),
                entries: list.map_or(0, |list| list.entries().len()),
            }
        };
        in_force.lists.iter().map(status).collect()
    }

    async fn affected(
        &self,
        tenant: TenantId,
        alias: &str,
        install: &Install,
        why: String,
        revoked: &[RevokedRun],
    ) -> Result<Affected, Fault> {
        let operator = Caller::operator_of(tenant.clone());
        let mut agents = Vec::new();
        for (name, _) in self.agents(&operator)? {
            let Ok(parsed) = name.parse() else { continue };
            let source = self.source(&operator, &parsed, None).await?;
            let definition = source.read()?;
            let mut uses = definition.terms().skills.keys();
            if uses.any(|used| used.as_str() == alias) {
                agents.push(name);
            }
        }
        let is_hit = |hit: &&RevokedRun| hit.tenant == tenant && hit.used.contains(&install.digest);
        let runs = revoked.iter().filter(is_hit).map(|hit| hit.run).collect();
        let named = install.name.as_ref().map(ToString::to_string);
        let skill = match (named, &install.version) {
            (Some(name), Some(version)) => format!("{name} {version}"),
            (name, _) => name.unwrap_or_else(|| install.digest.to_string()),
        };
        Ok(Affected {
            tenant,
            alias: alias.to_owned(),
            digest: install.digest,
            skill,
            why,
            agents,
            runs,
        })
    }
}
