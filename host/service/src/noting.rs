//! What the service writes down: every change, and whatever it refuses.

use std::{sync::Arc, time::Instant};

use metier_agent::journal::{Seq, Verdict};
use metier_core::{CallId, Code, Digest, Fault, ids::shown};
use metier_store::types::RunId;

use crate::{
    audit::{Event, Filter, Found, Notes, RunChange, SkillChange, What},
    directory::now,
    identity::{Caller, Right},
    installs::Install,
    limits::Permit,
    metrics::{Format, Metrics, Standing},
    service::Service,
};

/// Goes on only when the caller's role includes the right. A refusal is written down.
///
/// # Errors
/// As [`Caller::needs`].
pub fn needs(notes: &dyn Notes, caller: &Caller, right: Right) -> Result<(), Fault> {
    let needs = caller.needs(right);
    needs.inspect_err(|fault| refused(notes, caller, right, fault))
}

/// Writes down that a caller is not allowed something, where that is what the fault says.
pub fn refused(notes: &dyn Notes, caller: &Caller, right: Right, fault: &Fault) {
    if fault.code == Code::Forbidden {
        let denied = What::Denied {
            right: Some(right),
            tool: None,
            code: fault.code,
            left_out: 0,
        };
        notes.note(&Event::by(caller, denied));
    }
}

impl Service {
    /// Who writes down what happens.
    pub fn notes(&self) -> &dyn Notes {
        &*self.parts().audit
    }

    /// What is counted.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.parts().metrics
    }

    /// Everything that was counted, and what is so now.
    pub fn numbers(&self, format: Format) -> String {
        let standing = Standing {
            runs: self.runs().at_work(),
            followers: self.hub().followers(),
            audit: self.notes().health(),
        };
        self.metrics().text(format, standing)
    }

    /// Goes on only when the caller's role includes the right. A refusal is written down, so this is what every operation asks.
    ///
    /// # Errors
    /// As [`Caller::needs`].
    pub fn needs(&self, caller: &Caller, right: Right) -> Result<(), Fault> {
        needs(self.notes(), caller, right)
    }

    /// Writes down what a caller did.
    pub fn note(&self, caller: &Caller, what: What<'_>) {
        self.notes().note(&Event::by(caller, what));
    }

    /// Lets a caller begin something, within the limits of its key and tenant, when it can be written down. The permit is held as long as
    /// it lasts.
    ///
    /// # Errors
    /// `rate-limited`; `storage-full` or `storage-unavailable` when the audit trail cannot be written.
    pub fn admit(&self, caller: &Caller) -> Result<Permit, Fault> {
        self.notes().ready()?;
        let admitted = self.limiter().admit(caller, Instant::now());
        admitted.inspect_err(|fault| {
            let limit = fault.details.get("limit").map_or("", String::as_str);
            self.metrics().refused(&caller.tenant, limit);
            // A flood that is refused is not to become a flood of records.
            if let Some(left_out) = self.limited().take(now()) {
                let denied = What::Denied {
                    right: None,
                    tool: None,
                    code: fault.code,
                    left_out,
                };
                self.note(caller, denied);
            }
        })
    }

    /// What was written down of the caller's tenant, the newest first; of every tenant and of the host itself for an administrator who
    /// names none in the filter.
    ///
    /// # Errors
    /// `forbidden`, `invalid-arguments` for a cursor that is none, `storage-unavailable`.
    pub async fn records(
        &self,
        caller: &Caller,
        filter: Filter,
        cursor: Option<String>,
        max: usize,
    ) -> Result<Found, Fault> {
        self.needs(caller, Right::Operate)?;
        let filter = match caller.role.has(Right::Administer) {
            true => filter,
            false => Filter {
                tenant: Some(caller.tenant.clone()),
                ..filter
            },
        };
        let audit = self.parts().audit.clone();
        let search = move || audit.search(&filter, cursor.as_deref(), max);
        let searched = tokio::task::spawn_blocking(search).await;
        searched.map_err(|error| Fault::new(Code::HostInternal, error.to_string()))?
    }

    /// Writes down that a run was changed from outside.
    pub fn note_run(&self, caller: &Caller, change: RunChange, run: RunId) {
        let what = What::Run {
            change,
            run: &run.to_string(),
            agent: None,
            version: None,
        };
        self.note(caller, what);
    }

    /// Writes down what was decided, without its reason or value.
    pub fn note_verdict(&self, caller: &Caller, run: RunId, question: Seq, verdict: &Verdict) {
        let verdict = match verdict {
            Verdict::Approved => "approved",
            Verdict::Denied { .. } => "denied",
            Verdict::Done { .. } => "done",
            Verdict::TimedOut => "timed-out",
        };
        let what = What::Approval {
            run: &run.to_string(),
            question: question.0,
            verdict,
        };
        self.note(caller, what);
    }

    /// A call that was refused before it reached the sandbox, which writes down the others.
    pub(crate) fn note_refused(
        &self,
        caller: &Caller,
        request: Option<&CallId>,
        tool: &str,
        fault: &Fault,
    ) {
        let tool = shown(tool);
        let denied = What::Denied {
            right: None,
            tool: Some(&tool),
            code: fault.code,
            left_out: 0,
        };
        let event = Event::by(caller, denied);
        let request = request.or(event.request);
        self.notes().note(&Event { request, ..event });
    }

    /// An install that was written, over what was there.
    pub(crate) fn note_install(
        &self,
        caller: &Caller,
        alias: &str,
        before: Option<&Install>,
        after: &Install,
    ) {
        if let Some(change) = change(before, after) {
            let vouched = self.vouching().why(&after.digest);
            let skill = What::Skill {
                change,
                alias,
                digest: after.digest,
                before: before.map(|before| before.digest),
                vouched_by: vouched.as_ref().map(|vouched| vouched.why.who()),
            };
            self.note(caller, skill);
        }
        let had = before.and_then(|before| before.grant.as_deref());
        if had != after.grant.as_deref() {
            let digest = |text: &str| Digest::of(text.as_bytes());
            let grant = What::Grant {
                alias,
                before: had.map(digest),
                after: after.grant.as_deref().map(digest),
                text: after.grant.as_deref(),
            };
            self.note(caller, grant);
        }
    }
}

fn change(before: Option<&Install>, after: &Install) -> Option<SkillChange> {
    match before {
        None => Some(SkillChange::Installed),
        Some(before) if before.digest != after.digest => Some(SkillChange::Replaced),
        Some(before) if before.enabled != after.enabled => Some(match after.enabled {
            true => SkillChange::Enabled,
            false => SkillChange::Disabled,
        }),
        Some(_) => None,
    }
}
