//! One event: what a client says of it, and what the service adds.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use crate::account::USER;
use crate::moment;
use crate::refused::Refused;

/// What a client may say.
const SAID: [&str; 20] = [
    "summary",
    "description",
    "location",
    "start",
    "end",
    "attendees",
    "recurrence",
    "reminders",
    "status",
    "transparency",
    "visibility",
    "colorId",
    "conferenceData",
    "source",
    "extendedProperties",
    "attachments",
    "guestsCanInviteOthers",
    "guestsCanModify",
    "guestsCanSeeOtherGuests",
    "id",
];

/// An event on a calendar.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub calendar: String,
    pub id: String,
    pub start: OffsetDateTime,
    pub end: OffsetDateTime,
    pub body: Map<String, Value>,
}

impl Event {
    /// A new one, as a client describes it.
    pub(crate) fn new(
        calendar: &str,
        id: String,
        said: &Value,
        now: &str,
    ) -> Result<Self, Refused> {
        let mut event = Self {
            calendar: calendar.to_owned(),
            id,
            start: OffsetDateTime::UNIX_EPOCH,
            end: OffsetDateTime::UNIX_EPOCH,
            body: Map::new(),
        };
        let added = json!({
            "kind": "calendar#event", "id": event.id, "status": "confirmed", "created": now, "sequence": 0,
            "htmlLink": format!("https://www.google.com/calendar/event?eid={}", event.id),
            "iCalUID": format!("{}@google.com", event.id),
            "creator": { "email": USER, "self": true }, "organizer": { "email": calendar, "self": calendar == USER },
        });
        event.body = added.as_object().cloned().unwrap_or_default();
        event.say(said, now)?;
        Ok(event)
    }

    /// Change what is said; the rest stays.
    pub(crate) fn say(&mut self, said: &Value, now: &str) -> Result<(), Refused> {
        let Some(said) = said.as_object() else {
            return Err(Refused::bad("parseError", "The body is no event."));
        };
        for (name, value) in said {
            if SAID.contains(&name.as_str()) && name != "id" {
                match value {
                    Value::Null => self.body.remove(name),
                    value => self.body.insert(name.clone(), value.clone()),
                };
            }
        }
        let when = |name: &str| moment::of(name, self.body.get(name).unwrap_or(&Value::Null));
        (self.start, self.end) = (when("start")?, when("end")?);
        if self.end <= self.start {
            return Err(Refused::bad(
                "timeRangeEmpty",
                "The specified time range is empty.",
            ));
        }
        for attendee in self.attendees_mut() {
            let Some(email) = attendee.get("email").and_then(Value::as_str) else {
                return Err(Refused::bad("required", "Missing attendee email."));
            };
            if !email.contains('@') {
                return Err(Refused::bad("invalid", "Invalid attendee email."));
            }
            attendee
                .entry("responseStatus")
                .or_insert_with(|| "needsAction".into());
        }
        self.body.insert("updated".to_owned(), now.into());
        self.body
            .insert("etag".to_owned(), format!("\"{now}\"").into());
        Ok(())
    }

    pub(crate) fn cancel(&mut self, now: &str) {
        self.body.insert("status".to_owned(), "cancelled".into());
        self.body.insert("updated".to_owned(), now.into());
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.body
            .get("status")
            .is_some_and(|status| status == "cancelled")
    }

    /// Who is asked to come.
    pub(crate) fn attendees(&self) -> Vec<&str> {
        let attendees = self.body.get("attendees").and_then(Value::as_array);
        let emails = attendees.into_iter().flatten();
        emails
            .filter_map(|attendee| attendee["email"].as_str())
            .collect()
    }

    /// Whether it takes up somebody's time.
    pub(crate) fn is_busy_for(&self, person: &str) -> bool {
        let free = self
            .body
            .get("transparency")
            .is_some_and(|it| it == "transparent");
        !free
            && !self.is_cancelled()
            && (self.calendar == person || self.attendees().contains(&person))
    }

    /// Whether it says these words.
    pub(crate) fn says(&self, words: &str) -> bool {
        let text = |name: &str| {
            self.body
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let all = [text("summary"), text("description"), text("location")].join("\n");
        all.to_lowercase().contains(&words.to_lowercase())
    }

    fn attendees_mut(&mut self) -> impl Iterator<Item = &mut Map<String, Value>> {
        let attendees = self.body.get_mut("attendees").and_then(Value::as_array_mut);
        attendees
            .into_iter()
            .flatten()
            .filter_map(Value::as_object_mut)
    }
}
