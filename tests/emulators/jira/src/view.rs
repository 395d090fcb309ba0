//! How a version of the API shows things.

use serde_json::{Map, Value, json};

use crate::adf;
use crate::site::{Attachment, Comment, Issue, PEOPLE, STATUSES};

/// A version, and the address it was asked at.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// `https://acme.atlassian.net/rest/api/3`
    pub base: String,
    /// Version 3 has documents where version 2 has text.
    pub documents: bool,
}

impl View {
    fn text(&self, text: &str) -> Value {
        match self.documents {
            true => adf::document(text),
            false => Value::from(text),
        }
    }

    pub(crate) fn person(&self, account: &str) -> Value {
        let Some((id, name, mail)) = PEOPLE.iter().find(|(id, ..)| *id == account) else {
            return Value::Null;
        };
        json!({
            "self": format!("{}/user?accountId={id}", self.base), "accountId": id, "accountType": "atlassian",
            "displayName": name, "emailAddress": mail, "active": true,
        })
    }

    pub(crate) fn comment(&self, comment: &Comment) -> Value {
        json!({
            "id": comment.id, "author": self.person(PEOPLE[0].0), "body": self.text(&comment.body),
            "created": comment.created, "updated": comment.created,
        })
    }

    pub(crate) fn attachment(&self, attachment: &Attachment) -> Value {
        let Self { base, .. } = self;
        let id = &attachment.id;
        json!({
            "self": format!("{base}/attachment/{id}"), "id": id, "filename": attachment.name,
            "author": self.person(PEOPLE[0].0), "created": attachment.created, "size": attachment.bytes.len(),
            "mimeType": attachment.media_type, "content": format!("{base}/attachment/content/{id}"),
        })
    }

    /// The issue with the fields asked for; all of them when none is named.
    pub(crate) fn issue(&self, issue: &Issue, names: &[&str]) -> Value {
        let mut fields = self.fields(issue);
        let all = names.is_empty()
            || names
                .iter()
                .any(|name| matches!(*name, "*all" | "*navigable"));
        if !all {
            fields.retain(|name, _| names.contains(&name.as_str()));
        }
        json!({
            "id": issue.id, "key": issue.key, "self": format!("{}/issue/{}", self.base, issue.id), "fields": fields,
        })
    }

    fn fields(&self, issue: &Issue) -> Map<String, Value> {
        let status = STATUSES.iter().find(|(_, name)| *name == issue.status);
        let comments: Vec<Value> = issue.comments.iter().map(|one| self.comment(one)).collect();
        let attachments: Vec<Value> = issue
            .attachments
            .iter()
            .map(|one| self.attachment(one))
            .collect();
        let fields = [
            ("summary", json!(issue.summary)),
            ("labels", json!(issue.labels)),
            ("created", json!(issue.created)),
            ("updated", json!(issue.updated)),
            (
                "description",
                issue
                    .description
                    .as_deref()
                    .map_or(Value::Null, |text| self.text(text)),
            ),
            (
                "status",
                json!({ "id": status.map(|(id, _)| id), "name": issue.status }),
            ),
            ("issuetype", json!({ "name": issue.kind })),
            (
                "project",
                json!({ "id": "10000", "key": "ABC", "name": "Alphabet" }),
            ),
            (
                "assignee",
                issue
                    .assignee
                    .as_deref()
                    .map_or(Value::Null, |account| self.person(account)),
            ),
            (
                "comment",
                json!({ "total": comments.len(), "comments": comments }),
            ),
            ("attachment", json!(attachments)),
        ];
        fields
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect()
    }
}
