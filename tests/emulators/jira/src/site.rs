//! What the site knows. Text is kept as text, whichever version wrote it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use serde_json::{Map, Value, json};

use crate::adf;
use crate::refused::Refused;

/// Who there is: account id, name, mail address.
pub const PEOPLE: [(&str, &str, &str); 2] = [
    ("5b10a2844c20165700ede21g", "Ada Byron", "ada@acme.example"),
    (
        "5b109f2e9729b51b54dc274d",
        "Grace Murray",
        "grace@acme.example",
    ),
];

/// Statuses with their ids.
pub(crate) const STATUSES: [(&str, &str); 3] =
    [("1", "To Do"), ("2", "In Progress"), ("3", "Done")];

/// From a status: id, name and target of the transitions there are.
const WORKFLOW: [(&str, &str, &str, &str); 4] = [
    ("To Do", "11", "Start", "In Progress"),
    ("In Progress", "21", "Finish", "Done"),
    ("In Progress", "22", "Stop", "To Do"),
    ("Done", "31", "Reopen", "To Do"),
];

/// Kinds of issues.
pub(crate) const TYPES: [&str; 3] = ["Task", "Bug", "Story"];

/// The largest attachment, in bytes: small enough to try it.
pub(crate) const MAX_ATTACHMENT: usize = 20 << 20;

/// The site.
#[derive(Debug)]
pub(crate) struct Site {
    pub issues: Vec<Issue>,
    /// How many issues there ever were.
    made: usize,
    next_id: u32,
    /// Minutes since the site began; one more with every change.
    minute: u32,
}

/// One issue.
#[derive(Clone, Debug)]
pub(crate) struct Issue {
    pub id: String,
    pub key: String,
    pub kind: String,
    pub status: &'static str,
    /// An account id.
    pub assignee: Option<String>,
    pub summary: String,
    pub description: Option<String>,
    pub labels: Vec<String>,
    pub created: String,
    pub updated: String,
    pub comments: Vec<Comment>,
    pub attachments: Vec<Attachment>,
}

/// One comment.
#[derive(Clone, Debug)]
pub(crate) struct Comment {
    pub id: String,
    pub body: String,
    pub created: String,
}

/// One file.
#[derive(Clone, Debug)]
pub(crate) struct Attachment {
    pub id: String,
    pub name: String,
    pub media_type: String,
    pub bytes: Bytes,
    pub created: String,
}

/// A way on.
pub(crate) struct Transition {
    pub id: &'static str,
    pub name: &'static str,
    pub to: &'static str,
}

impl Default for Site {
    fn default() -> Self {
        Self {
            issues: Vec::new(),
            made: 0,
            next_id: 10_001,
            minute: 0,
        }
    }
}

pub(crate) fn locked(site: &Mutex<Site>) -> MutexGuard<'_, Site> {
    site.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Site {
    /// A site with two issues.
    pub(crate) fn begun() -> Self {
        let mut site = Self::default();
        for (kind, summary) in [
            ("Task", "Prepare the account review"),
            ("Bug", "Login fails"),
        ] {
            let fields = json!({ "project": { "key": "ABC" }, "issuetype": { "name": kind }, "summary": summary });
            // What stands here is accepted.
            let _made = fields.as_object().map(|fields| site.create(fields));
        }
        site
    }

    pub(crate) fn create(&mut self, fields: &Map<String, Value>) -> Result<&Issue, Refused> {
        let project = fields.get("project").unwrap_or(&Value::Null);
        if project["key"] != "ABC" && project["id"] != "10000" {
            return Err(Refused::field(
                "project",
                "Specify a valid project ID or key",
            ));
        }
        if fields
            .get("summary")
            .and_then(Value::as_str)
            .is_none_or(str::is_empty)
        {
            return Err(Refused::field(
                "summary",
                "You must specify a summary of the issue.",
            ));
        }
        let kind = fields
            .get("issuetype")
            .and_then(|kind| kind["name"].as_str());
        let Some(kind) = kind.filter(|kind| TYPES.contains(kind)) else {
            return Err(Refused::field("issuetype", "Specify a valid issue type"));
        };
        let mut issue = Issue {
            id: String::new(),
            key: format!("ABC-{}", self.made + 1),
            kind: kind.to_owned(),
            status: STATUSES[0].1,
            assignee: None,
            summary: String::new(),
            description: None,
            labels: Vec::new(),
            created: String::new(),
            updated: String::new(),
            comments: Vec::new(),
            attachments: Vec::new(),
        };
        let more = fields
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "project" | "issuetype"));
        set(&mut issue, more)?;
        issue.id = self.id();
        issue.created = self.now();
        issue.updated.clone_from(&issue.created);
        self.made += 1;
        let at = self.issues.len();
        self.issues.push(issue);
        Ok(&self.issues[at])
    }

    /// All of the fields, or none when one of them cannot be.
    pub(crate) fn change(&mut self, key: &str, fields: &Map<String, Value>) -> Result<(), Refused> {
        let mut changed = self.issue(key)?.clone();
        set(&mut changed, fields.iter())?;
        changed.updated = self.now();
        *self.issue_mut(key)? = changed;
        Ok(())
    }

    pub(crate) fn assign(&mut self, key: &str, user: &Value) -> Result<(), Refused> {
        self.change(
            key,
            &Map::from_iter([("assignee".to_owned(), user.clone())]),
        )
    }

    pub(crate) fn delete(&mut self, key: &str) -> Result<(), Refused> {
        let key = self.issue(key)?.key.clone();
        self.issues.retain(|issue| issue.key != key);
        Ok(())
    }

    pub(crate) fn comment(&mut self, key: &str, body: &Value) -> Result<Comment, Refused> {
        self.issue(key)?;
        let Some(body) = adf::words(body).filter(|body| !body.is_empty()) else {
            return Err(Refused::field("comment", "Comment body can not be empty!"));
        };
        let comment = Comment {
            id: self.id(),
            body,
            created: self.now(),
        };
        self.issue_mut(key)?.comments.push(comment.clone());
        Ok(comment)
    }

    pub(crate) fn attach(
        &mut self,
        key: &str,
        files: Vec<(String, String, Bytes)>,
    ) -> Result<Vec<Attachment>, Refused> {
        self.issue(key)?;
        let created = self.now();
        let mut attached = Vec::with_capacity(files.len());
        for (name, media_type, bytes) in files {
            attached.push(Attachment {
                id: self.id(),
                name,
                media_type,
                bytes,
                created: created.clone(),
            });
        }
        self.issue_mut(key)?
            .attachments
            .extend(attached.iter().cloned());
        Ok(attached)
    }

    pub(crate) fn attachment(&self, id: &str) -> Result<&Attachment, Refused> {
        let mut all = self.issues.iter().flat_map(|issue| &issue.attachments);
        all.find(|attachment| attachment.id == id).ok_or_else(|| {
            Refused::whole(404, format!("The attachment with id '{id}' does not exist"))
        })
    }

    pub(crate) fn transitions(&self, key: &str) -> Result<Vec<Transition>, Refused> {
        let status = self.issue(key)?.status;
        let from_here = WORKFLOW.iter().filter(|(from, ..)| *from == status);
        Ok(from_here
            .map(|&(_, id, name, to)| Transition { id, name, to })
            .collect())
    }

    pub(crate) fn transition(&mut self, key: &str, wanted: &Value) -> Result<(), Refused> {
        let wanted = wanted
            .as_str()
            .map_or_else(|| wanted.to_string(), str::to_owned);
        let there = self.transitions(key)?;
        let Some(transition) = there.iter().find(|transition| transition.id == wanted) else {
            return Err(Refused::whole(
                400,
                "It seems that you have tried to perform a workflow operation that is not valid for the current state of this issue.",
            ));
        };
        let now = self.now();
        let issue = self.issue_mut(key)?;
        issue.status = transition.to;
        issue.updated = now;
        Ok(())
    }

    /// By key or id.
    pub(crate) fn issue(&self, key: &str) -> Result<&Issue, Refused> {
        let mut all = self.issues.iter();
        all.find(|issue| issue.key == key || issue.id == key)
            .ok_or_else(missing)
    }

    fn issue_mut(&mut self, key: &str) -> Result<&mut Issue, Refused> {
        let mut all = self.issues.iter_mut();
        all.find(|issue| issue.key == key || issue.id == key)
            .ok_or_else(missing)
    }

    pub(crate) fn state(&self) -> Value {
        let issues: Vec<Value> = self.issues.iter().map(Issue::state).collect();
        json!({ "issues": issues })
    }

    fn id(&mut self) -> String {
        self.next_id += 1;
        (self.next_id - 1).to_string()
    }

    /// 2026-01-05, 9 o'clock, and a minute more with every change; days end after a month, which is longer than a test.
    fn now(&mut self) -> String {
        let minute = 9 * 60 + self.minute;
        self.minute += 1;
        let (day, hour) = (5 + minute / 1440, minute / 60 % 24);
        format!("2026-01-{day:02}T{hour:02}:{:02}:00.000+0000", minute % 60)
    }
}

impl Issue {
    fn state(&self) -> Value {
        let attachment = |one: &Attachment| json!({ "filename": one.name, "mimeType": one.media_type, "size": one.bytes.len() });
        json!({
            "key": self.key, "summary": self.summary, "description": self.description, "status": self.status,
            "assignee": self.assignee, "labels": self.labels,
            "comments": self.comments.iter().map(|comment| &comment.body).collect::<Vec<_>>(),
            "attachments": self.attachments.iter().map(attachment).collect::<Vec<_>>(),
        })
    }
}

fn missing() -> Refused {
    Refused::whole(
        404,
        "Issue does not exist or you do not have permission to see it.",
    )
}

fn set<'v>(
    issue: &mut Issue,
    fields: impl Iterator<Item = (&'v String, &'v Value)>,
) -> Result<(), Refused> {
    for (name, value) in fields {
        match name.as_str() {
            "summary" => match value.as_str().filter(|summary| !summary.is_empty()) {
                Some(summary) => issue.summary = summary.to_owned(),
                None => {
                    return Err(Refused::field(
                        "summary",
                        "You must specify a summary of the issue.",
                    ));
                }
            },
            "description" => issue.description = adf::words(value),
            "assignee" => issue.assignee = account(value)?,
            "labels" => issue.labels = labels(value)?,
            "reporter" | "priority" => {}
            _ => {
                return Err(Refused::field(
                    name,
                    format!(
                        "Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
                    ),
                ));
            }
        }
    }
    Ok(())
}

fn account(user: &Value) -> Result<Option<String>, Refused> {
    let named = user["accountId"].as_str().or_else(|| user["id"].as_str());
    match named {
        None => Ok(None),
        Some(account) if PEOPLE.iter().any(|(known, ..)| *known == account) => {
            Ok(Some(account.to_owned()))
        }
        Some(account) => Err(Refused::field(
            "assignee",
            format!("User '{account}' does not exist."),
        )),
    }
}

fn labels(value: &Value) -> Result<Vec<String>, Refused> {
    let labels = value.as_array().into_iter().flatten();
    let labels: Vec<String> = labels
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    if labels.iter().any(|label| label.contains(' ')) {
        return Err(Refused::field(
            "labels",
            "The label contains spaces which is invalid.",
        ));
    }
    Ok(labels)
}
