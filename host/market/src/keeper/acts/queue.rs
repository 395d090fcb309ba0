//! What waits for a person.
//!
//! Each submission is a file, so that a restart loses none. What was decided against stays for a while: whoever sends it again is told why.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Mutex,
};

use metier_core::{Digest, canonical};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{ActError, Outcome, Submission, publish::Candidate};
use crate::{
    fixtures::Moment,
    keeper::{Market, keys::replace},
    review::Report,
    state::{Account, Namespace, Reason, Role, Run},
};

/// Submissions that are kept, and those of one account that wait.
const MAX_KEPT: usize = 5_000;
const MAX_EACH: usize = 50;

/// Largest file that is read, in bytes: a bundle and a report.
const MAX_FILE: u64 = 4 << 20;

/// Digits of an id.
const ID: usize = 32;

/// A submission a person has to look at.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// Its id.
    pub id: String,
    /// Who wants to publish.
    pub by: Account,
    /// Since when it waits.
    pub at: Moment,
    /// What.
    pub submission: Submission,
    /// The file: its manifest, which says when it was made, may be another one each time.
    pub component: Digest,
    /// In which run, where it was none of their keys that signed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
    /// What the review found.
    pub report: Report,
    /// For whom it waits.
    #[serde(default, skip_serializing_if = "WaitsFor::is_market")]
    pub waits_for: WaitsFor,
    /// Why it was refused; nothing while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Reason>,
}

/// For whom something waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitsFor {
    /// Who keeps the market.
    #[default]
    Market,
    /// Another member of the namespace: the market has nothing against it.
    Member,
}

impl WaitsFor {
    fn is_market(&self) -> bool {
        *self == WaitsFor::Market
    }
}

/// What a person decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is published as it is.
    Approve,
    /// It is not.
    Refuse(Reason),
}

/// All of them.
#[derive(Debug)]
pub struct Queue {
    folder: PathBuf,
    kept: Mutex<BTreeMap<String, Waiting>>,
}

impl Waiting {
    /// Whether it is the same file as the same version, of a run as the other or of a key as the other.
    fn is_same(&self, other: &Waiting) -> bool {
        if self.run.is_some() != other.run.is_some() {
            return false;
        }
        let (one, other_one) = (&self.submission, &other.submission);
        self.component == other.component
            && (&one.name, &one.version) == (&other_one.name, &other_one.version)
            && one.security_fix == other_one.security_fix
    }

    /// For whoever sends it again: its id, or why it was refused.
    fn known(&self) -> Result<String, ActError> {
        match &self.refused {
            None => Ok(self.id.clone()),
            Some(why) => Err(ActError::Conflict(format!("a person refused it: {why}"))),
        }
    }
}

impl Queue {
    /// Reads the folder.
    ///
    /// # Errors
    /// The disk's, and a file that is none of it.
    pub fn open(folder: &Path) -> io::Result<Queue> {
        fs::create_dir_all(folder)?;
        let mut kept = BTreeMap::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            if fs::metadata(&path)?.len() > MAX_FILE {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            let waiting: Waiting = serde_json::from_slice(&fs::read(&path)?)?;
            kept.insert(waiting.id.clone(), waiting);
        }
        Ok(Queue {
            folder: folder.to_owned(),
            kept: Mutex::new(kept),
        })
    }

    /// Whether the same submission waits already.
    pub(super) fn waits(
        &self,
        submission: &Submission,
        run: Option<&Run>,
    ) -> Result<Option<String>, ActError> {
        let id = id(submission, run);
        self.with(|kept| kept.get(&id).map(Waiting::known).transpose())
    }

    pub(super) fn add(
        &self,
        by: &Account,
        submission: &Submission,
        (component, run): (Digest, Option<Run>),
        report: Report,
        (waits_for, at): (WaitsFor, Moment),
    ) -> Result<String, ActError> {
        let waiting = Waiting {
            id: id(submission, run.as_ref()),
            by: by.clone(),
            at,
            submission: submission.clone(),
            component,
            run,
            report,
            waits_for,
            refused: None,
        };
        self.with(|kept| {
            if let Some(same) = kept.values().find(|other| other.is_same(&waiting)) {
                return same.known();
            }
            let theirs = kept
                .values()
                .filter(|other| other.by == *by && other.refused.is_none());
            if theirs.count() >= MAX_EACH {
                return Err(ActError::Busy(
                    "so many of yours wait for a person that no more are taken",
                ));
            }
            if kept.len() >= MAX_KEPT {
                let refused = kept.values().filter(|other| other.refused.is_some());
                let oldest = refused
                    .min_by_key(|other| other.at)
                    .map(|other| other.id.clone());
                let full = ActError::Busy("so much waits for a person that no more is taken");
                let oldest = oldest.ok_or(full)?;
                self.forget(kept, &oldest)?;
            }
            self.keep(kept, waiting.clone())?;
            Ok(waiting.id)
        })
    }

    /// Those that wait, the oldest first.
    pub fn waiting(&self) -> Vec<Waiting> {
        let mut waiting: Vec<_> = self.with(|kept| {
            let waiting = kept.values().filter(|waiting| waiting.refused.is_none());
            waiting.cloned().collect()
        });
        waiting.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        waiting
    }

    /// One, waiting or refused.
    pub fn get(&self, id: &str) -> Option<Waiting> {
        self.with(|kept| kept.get(id).cloned())
    }

    /// The market has nothing against it any more.
    fn pass_on(&self, id: &str, report: Report) -> Result<(), ActError> {
        self.with(|kept| {
            let mut waiting = kept.get(id).cloned().ok_or_else(nothing)?;
            (waiting.waits_for, waiting.report) = (WaitsFor::Member, report);
            Ok(self.keep(kept, waiting)?)
        })
    }

    pub(super) fn refuse(&self, id: &str, why: Reason) -> Result<(), ActError> {
        self.with(|kept| {
            let mut waiting = kept.get(id).cloned().ok_or_else(nothing)?;
            waiting.refused = Some(why);
            Ok(self.keep(kept, waiting)?)
        })
    }

    pub(super) fn done(&self, id: &str) -> Result<(), ActError> {
        self.with(|kept| Ok(self.forget(kept, id)?))
    }

    fn keep(&self, kept: &mut BTreeMap<String, Waiting>, waiting: Waiting) -> io::Result<()> {
        let bytes = serde_json::to_vec(&waiting)?;
        replace(&self.folder, &format!("{}.json", waiting.id), &bytes)?;
        kept.insert(waiting.id.clone(), waiting);
        Ok(())
    }

    fn forget(&self, kept: &mut BTreeMap<String, Waiting>, id: &str) -> io::Result<()> {
        if kept.remove(id).is_some() {
            fs::remove_file(self.folder.join(format!("{id}.json")))?;
        }
        Ok(())
    }

    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<String, Waiting>) -> T) -> T {
        act(&mut self.kept.lock().unwrap_or_else(|error| error.into_inner()))
    }
}

impl Market {
    /// What waits for a person.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Decides about what waits. What was approved is looked at again, by everything but the person's question.
    ///
    /// # Errors
    /// [`ActError`]: it waits on.
    pub async fn decide(&self, id: &str, decision: Decision) -> Result<Option<Outcome>, ActError> {
        let waiting = self.queue.get(id);
        let waiting = waiting.filter(|waiting| waiting.refused.is_none());
        let waiting = waiting.ok_or_else(nothing)?;
        if let Decision::Refuse(why) = decision {
            self.queue.refuse(id, why)?;
            return Ok(None);
        }
        if waiting.waits_for == WaitsFor::Member {
            let message = "it waits for another member of its namespace, and not for the market";
            return Err(ActError::Conflict(message.to_owned()));
        }
        let Waiting { by, submission, .. } = &waiting;
        let (candidate, report) = self.looked_at_again(&waiting).await?;
        if self.needs_a_member(submission)? {
            self.queue.pass_on(id, report)?;
            return Ok(Some(Outcome::Waits(id.to_owned())));
        }
        let appended = self.finish(by, candidate, &report).await?;
        self.queue.done(id)?;
        Ok(Some(Outcome::Published(appended)))
    }

    /// What waited, with what the review finds by now.
    pub(super) async fn looked_at_again(
        &self,
        waiting: &Waiting,
    ) -> Result<(Candidate, Report), ActError> {
        let Waiting {
            by,
            submission,
            run,
            ..
        } = waiting;
        let namespace = Namespace::of(&submission.name);
        // What a run sent was taken for who claimed the namespace, who may have left it since.
        let owner = match run {
            None => self.acts_as(by, &namespace, Role::Publisher)?,
            Some(_) => self.owned(&namespace, |owned| owned.owner.clone())?,
        };
        let candidate = self.candidate(submission, run.as_ref()).await?;
        let report = self.reviewed(&owner, &candidate).await?;
        match report.outcome {
            crate::review::Outcome::Refused => Err(ActError::Refused(Box::new(report))),
            _ => Ok((candidate, report)),
        }
    }
}

pub(super) fn nothing() -> ActError {
    ActError::Missing("nothing of this id waits".to_owned())
}

/// The same for the same thing signed anew: two signatures by one key differ. What a run sent is another than what a key of the namespace
/// signed: who decides about one says nothing of the other.
fn id(submission: &Submission, run: Option<&Run>) -> String {
    let mut what = vec![
        json!(submission.name),
        json!(submission.version),
        json!(submission.manifest),
        json!(submission.security_fix),
    ];
    what.extend(run.map(|run| json!(run.publisher)));
    let text = canonical::text(&json!(what));
    let mut id = Digest::of(text.as_bytes()).to_hex();
    id.truncate(ID);
    id
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use metier_core::Digest;
    use serde_json::json;

    use super::{Queue, Report, Submission};
    use crate::{fixtures::Moment, review::Outcome, state::Run, trust::tests::publisher};

    /// Who decides about one says nothing of the other, also where the manifest is made anew each time.
    #[test]
    fn what_a_run_sent_waits_apart_from_what_a_key_signed() {
        let folder = tempfile::tempdir().unwrap();
        let queue = Queue::open(folder.path()).unwrap();
        let (by, now) = ("acme".parse().unwrap(), Moment::default());
        let component = Digest::of(b"component");
        let report = Report {
            rules: "1".to_owned(),
            component,
            name: None,
            version: None,
            outcome: Outcome::NeedsAPerson,
            findings: Vec::new(),
        };
        let sent = |manifest: &str| Submission {
            name: "com.acme/x".parse().unwrap(),
            version: "1.0.0".parse().unwrap(),
            manifest: Digest::of(manifest.as_bytes()),
            bundle: json!("signed"),
            security_fix: false,
        };
        let run = Run {
            publisher: Digest::of(b"release"),
            key: publisher().verifying().public().clone(),
            at: now,
            claims: Default::default(),
        };
        let add = |manifest: &str, run: Option<&Run>| {
            let what = (component, run.cloned());
            queue.add(
                &by,
                &sent(manifest),
                what,
                report.clone(),
                (super::WaitsFor::Market, now),
            )
        };
        let by_key = add("one", None).unwrap();
        // The same file in another manifest is the same, and in a run it is not.
        assert_eq!(add("two", None).unwrap(), by_key);
        let by_run = add("one", Some(&run)).unwrap();
        assert_ne!(by_run, by_key);
        assert_eq!(add("two", Some(&run)).unwrap(), by_run);
        assert_eq!(queue.waiting().len(), 2);
        queue.refuse(&by_key, "no".parse().unwrap()).unwrap();
        queue.waits(&sent("one"), None).unwrap_err();
        add("two", None).unwrap_err();
        let waits = queue.waits(&sent("one"), Some(&run)).unwrap();
        assert_eq!(waits, Some(by_run));
    }
}
