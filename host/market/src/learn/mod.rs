//! The smallest manifest and grant that would have been enough for some calls.
//!
//! Authority stays what it is: nothing here allows anything. A skill is run in a rehearsal as if its manifest asked for more, first for
//! what the recording can answer, then for whatever it was refused for want of asking; when a run is refused nothing more, what
//! it asked for is known. From that, and from nothing else, a manifest and a grant are written as text, read back, and the calls are
//! made again under them: a proposal that is not enough is not given out.
//!
//! Nothing leaves the host. To learn from a live service, record its calls first ([`crate::fixtures::live`]): then it is the
//! operator's grant that says where requests may go.
//!
//! Nothing in a proposal can be left out: without any one line, method, path, bucket or key, a call is refused something. Credentials
//! are the exception, since a recording answers without one. `[limits]` are no reach: they have room above what was used, as [`HOW`]
//! says.
//!
//! What cannot be seen: directories, which a rehearsal does not have, so a manifest that asks for some keeps asking for them.

mod limits;
mod paths;
mod propose;
mod unused;
mod uses;

#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, sync::Arc};

use metier_core::{
    CredentialName, Fault, Grant, Manifest, ToolName,
    http::{HostPattern, HttpRule, MethodSet},
    manifest::{CallsAsk, ConfigAsk, FilesAsk, HttpAsk, KvAsk, Located, ModelAsk},
};
use metier_runtime::{host::Host, outcome::Outcome, skill::Skill};

use crate::fixtures::{self, Fixture, Mismatch, Request, Run};
use uses::Watch;

pub use limits::{HOW, Peak};
pub use paths::generalised;
pub use uses::{Used, UsedHttp};

/// Most runs of one call: each but the last finds something new that is asked for.
const MAX_ROUNDS: usize = 32;

/// What was learnt.
#[derive(Clone, Debug)]
pub struct Learned {
    /// What the calls used.
    pub used: Used,
    /// The most any one call used of each thing that has a limit.
    pub peak: Peak,
    /// The `[capabilities]` and `[limits]` of a manifest, as text.
    pub manifest: String,
    /// A grant file, as text.
    pub grant: String,
    /// What the manifest asks for and no call used, as it is written there.
    pub unused: Vec<String>,
    /// What the manifest asks for and a recorded call cannot show the use of, as it is written there.
    pub unseen: Vec<String>,
    /// What was refused whatever was asked for.
    pub refused: Vec<String>,
}

/// Why nothing was learnt.
#[derive(Debug, thiserror::Error)]
pub enum LearnError {
    /// The skill cannot be run.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// A call asks for something that was not recorded, so what it does with the answer is not known.
    #[error("no recording answers `{tool}` when it asks for {request}")]
    NotRecorded {
        /// The tool.
        tool: ToolName,
        /// The request.
        request: String,
    },
    /// What was written cannot be read: a mistake of ours.
    #[error("the proposal cannot be read: {0}")]
    Unreadable(String),
    /// What was written is not enough: the skill does something else each time, or a mistake of ours.
    #[error("the calls do not go the same way under the proposal: {0}")]
    NotEnough(String),
}

/// Runs the calls against their recordings, and proposes. `grant` is what the recordings were made under, if they were made live: its
/// rules say which credentials requests had.
///
/// # Errors
/// [`LearnError`]
pub async fn learn(
    host: &Host,
    skill: &Arc<Skill>,
    calls: &[Fixture],
    grant: Option<&Grant>,
) -> Result<Learned, LearnError> {
    let mut wide = skill.manifest().as_ref().clone();
    if let Some(grant) = grant {
        ask_for_grant(&mut wide, grant);
    }
    let (mut used, mut peak) = (Used::default(), Peak::default());
    let (mut outcomes, mut refused) = (Vec::new(), BTreeSet::new());
    for call in calls {
        ask_for_recording(&mut wide, call);
        let (run, seen) = fully(host, skill, &mut wide, call).await?;
        all_recorded(call, &run)?;
        let (outcome, answered) = (run.outcome, run.answered);
        used.tools.insert(call.tool.clone());
        used.config_values.extend(call.config.clone());
        used.add(&seen);
        for request in &answered {
            used.http.push(UsedHttp {
                method: request.method.clone(),
                url: request.url.clone(),
                credential: credential(&wide, request),
            });
        }
        refused.extend(
            outcome
                .denials
                .iter()
                .map(|denial| denial.message().to_owned()),
        );
        peak.raise(&outcome.usage, outcome.result.as_deref().ok());
        outcomes.push(outcome);
    }
    let learned = Learned {
        manifest: propose::manifest(skill.manifest(), &used, (&peak, host.ceiling())),
        grant: propose::grant(skill, &used, (&peak, host.ceiling())),
        unused: unused::of(skill.manifest(), &used),
        unseen: unused::unseen(skill.manifest()),
        refused: refused.into_iter().collect(),
        used,
        peak,
    };
    check(host, skill, calls, &outcomes, &learned).await?;
    Ok(learned)
}

/// Runs a call again and again, asking each time for what it was refused the last time.
async fn fully(
    host: &Host,
    skill: &Arc<Skill>,
    wide: &mut Manifest,
    call: &Fixture,
) -> Result<(Run, Used), LearnError> {
    let mut round = 0;
    loop {
        let watch = Arc::new(Watch::default());
        let asking = Arc::new(skill.asking_for(wide.clone()));
        let run = fixtures::run(host, &asking, call, Some(watch.clone())).await?;
        let used = watch.used();
        round += 1;
        if round == MAX_ROUNDS || !ask_for_used(wide, &used) {
            return Ok((run, used));
        }
    }
}

/// Whether every request was one of the recording.
fn all_recorded(call: &Fixture, run: &Run) -> Result<(), LearnError> {
    for mismatch in &run.mismatches {
        if let Mismatch::Unexpected { request, .. } = mismatch {
            return Err(LearnError::NotRecorded {
                tool: call.tool.clone(),
                request: request.clone(),
            });
        }
    }
    Ok(())
}

/// Widens a manifest by everything a grant allows: for calls that are about to be made live, where the grant is the limit.
pub fn ask_for_grant(manifest: &mut Manifest, grant: &Grant) {
    let asks = &mut manifest.capabilities;
    asks.http.extend(grant.http.iter().map(|granted| {
        let ask = HttpAsk {
            rule: granted.rule.clone(),
            credential: granted.credential.clone(),
        };
        Located::new(ask, granted.line)
    }));
    asks.files.extend(grant.files.iter().map(|granted| {
        let ask = FilesAsk {
            path: granted.path.clone(),
            access: granted.access,
        };
        Located::new(ask, granted.line)
    }));
    let used = Used {
        buckets: grant.kv.iter().cloned().collect(),
        keys: grant.config.keys().cloned().collect(),
        artifacts: grant.artifacts.is_some(),
        log: grant.log.is_some(),
        routes: grant.model.iter().cloned().collect(),
        calls: grant.calls.iter().cloned().collect(),
        ..Used::default()
    };
    ask_for_used(manifest, &used);
}

/// Rules for exactly the recorded requests, behind those there are.
fn ask_for_recording(manifest: &mut Manifest, call: &Fixture) {
    let asks = &mut manifest.capabilities.http;
    for Exact { rule } in call
        .exchanges
        .iter()
        .filter_map(|one| Exact::of(&one.request))
    {
        let new = !asks.iter().any(|ask| ask.rule.covers(&rule));
        if new {
            let ask = HttpAsk {
                rule,
                credential: None,
            };
            asks.push(Located::new(ask, 0));
        }
    }
}

/// A rule for one request.
struct Exact {
    rule: HttpRule,
}

impl Exact {
    fn of(request: &Request) -> Option<Exact> {
        let path = paths::pattern(request.url.path_segments());
        let rule = HttpRule {
            scheme: request.url.scheme(),
            host: HostPattern::Exactly(request.url.host().clone()),
            port: request.url.port(),
            methods: MethodSet::Listed(vec![request.method.clone()]),
            paths: vec![path.parse().ok()?],
        };
        Some(Exact { rule })
    }
}

/// Whether something new is asked for now.
fn ask_for_used(manifest: &mut Manifest, used: &Used) -> bool {
    let asks = &mut manifest.capabilities;
    let mut new = false;
    if !used.buckets.is_empty() {
        let kv = asks.kv.get_or_insert_with(|| {
            Located::new(
                KvAsk {
                    buckets: Vec::new(),
                },
                0,
            )
        });
        new |= add(&mut kv.value.buckets, &used.buckets);
    }
    if !used.keys.is_empty() {
        let config = asks
            .config
            .get_or_insert_with(|| Located::new(ConfigAsk { keys: Vec::new() }, 0));
        new |= add(&mut config.value.keys, &used.keys);
    }
    if !used.routes.is_empty() {
        let model = asks
            .model
            .get_or_insert_with(|| Located::new(ModelAsk { routes: Vec::new() }, 0));
        new |= add(&mut model.value.routes, &used.routes);
    }
    if !used.calls.is_empty() {
        let calls = asks
            .calls
            .get_or_insert_with(|| Located::new(CallsAsk { tools: Vec::new() }, 0));
        new |= add(&mut calls.value.tools, &used.calls);
    }
    for (asked, wanted) in [
        (&mut asks.artifacts, used.artifacts),
        (&mut asks.log, used.log),
    ] {
        if wanted && asked.is_none() {
            *asked = Some(Located::new((), 0));
            new = true;
        }
    }
    new
}

fn add<T: Clone + PartialEq>(names: &mut Vec<T>, used: &BTreeSet<T>) -> bool {
    let before = names.len();
    for name in used {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names.len() > before
}

/// The credential of the first rule that means the request.
fn credential(manifest: &Manifest, request: &Request) -> Option<CredentialName> {
    let mut asks = manifest.capabilities.http.iter();
    let ask = asks.find(|ask| ask.rule.matches(&request.method, &request.url))?;
    ask.credential.clone()
}

/// What was written is read, and the calls are made again under it.
async fn check(
    host: &Host,
    skill: &Arc<Skill>,
    calls: &[Fixture],
    before: &[Outcome],
    learned: &Learned,
) -> Result<(), LearnError> {
    let unreadable = |error: &dyn std::fmt::Display| LearnError::Unreadable(error.to_string());
    let asked =
        propose::read(skill.manifest(), &learned.manifest).map_err(|error| unreadable(&error))?;
    let grant = Grant::parse(&learned.grant).map_err(|error| unreadable(&error))?;
    let asking = Arc::new(skill.asking_for(asked));
    for (call, before) in calls.iter().zip(before) {
        let not_enough = |why| LearnError::NotEnough(format!("{}: {why}", call.tool));
        if !grant.tools.contains(&call.tool) {
            return Err(not_enough("a tool is missing".to_owned()));
        }
        let after = fixtures::run_under(host, &asking, call, grant.clone(), None).await?;
        if let Some(why) = changed(before, &after.outcome) {
            return Err(not_enough(why));
        }
    }
    Ok(())
}

/// How a call went another way, if it did.
pub(crate) fn changed(before: &Outcome, after: &Outcome) -> Option<String> {
    let refused = |outcome: &Outcome| {
        outcome
            .denials
            .iter()
            .map(|one| one.message().to_owned())
            .collect::<Vec<_>>()
    };
    match (&before.result, &after.result) {
        _ if refused(before) != refused(after) => Some(refused(after).join(" ")),
        (Ok(a), Ok(b)) if a == b => None,
        (Err(a), Err(b)) if (a.code, &a.message) == (b.code, &b.message) => None,
        (_, Err(fault)) => Some(fault.message.clone()),
        (_, Ok(_)) => Some("the answer is another".to_owned()),
    }
}
