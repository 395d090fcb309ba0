//! What the account has: two calendars, their events, and the invitations it sent.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::event::Event;
use crate::moment;
use crate::refused::Refused;

/// Whose account it is; `primary` is this calendar.
pub const USER: &str = "ada@acme.example";

/// Somebody whose calendar she sees.
pub const OTHER: &str = "grace@acme.example";

/// The account.
#[derive(Debug, Default)]
pub(crate) struct Account {
    events: Vec<Event>,
    /// Event, person and why, in the order they went out.
    invitations: Vec<(String, String, &'static str)>,
    minute: u32,
}

/// Which events are wanted.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub from: Option<OffsetDateTime>,
    pub until: Option<OffsetDateTime>,
    pub words: Option<String>,
    pub cancelled: bool,
    pub by_start: bool,
}

pub(crate) fn locked(account: &Mutex<Account>) -> MutexGuard<'_, Account> {
    account.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Account {
    /// An account in which the other person is busy once.
    pub(crate) fn begun() -> Self {
        let mut account = Self::default();
        let said = json!({
            "summary": "Team meeting", "start": { "dateTime": "2026-01-05T10:00:00+01:00" },
            "end": { "dateTime": "2026-01-05T11:00:00+01:00" },
        });
        // What stands here is accepted.
        let _made = account.insert(OTHER, &said, false);
        account
    }

    /// The calendar of a path.
    pub(crate) fn calendar(name: &str) -> Result<&'static str, Refused> {
        match name {
            "primary" | USER => Ok(USER),
            OTHER => Ok(OTHER),
            _ => Err(Refused::not_found()),
        }
    }

    pub(crate) fn insert(
        &mut self,
        calendar: &str,
        said: &Value,
        tell: bool,
    ) -> Result<Value, Refused> {
        let id = match said["id"].as_str() {
            Some(id) => self.given(id)?,
            None => format!("e{:05}", self.events.len() + 1),
        };
        let now = self.peek();
        let event = Event::new(calendar, id, said, &now)?;
        self.minute += 1;
        self.tell(&event, "invited", tell);
        let shown = Value::Object(event.body.clone());
        self.events.push(event);
        Ok(shown)
    }

    /// Google takes an id from a client: 5 to 1024 of `a`–`v` and digits, never used before.
    fn given(&self, id: &str) -> Result<String, Refused> {
        let plain = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'v').contains(&byte);
        if !(5..=1024).contains(&id.len()) || !id.bytes().all(plain) {
            return Err(Refused::bad("invalid", "Invalid resource id value."));
        }
        match self.events.iter().any(|event| event.id == id) {
            true => Err(Refused::new(
                409,
                "duplicate",
                "The requested identifier already exists.",
            )),
            false => Ok(id.to_owned()),
        }
    }

    pub(crate) fn get(&self, calendar: &str, id: &str) -> Result<Value, Refused> {
        let mut events = self.events.iter();
        let event = events.find(|event| event.calendar == calendar && event.id == id);
        let event = event.ok_or_else(Refused::not_found)?;
        Ok(Value::Object(event.body.clone()))
    }

    pub(crate) fn patch(
        &mut self,
        calendar: &str,
        id: &str,
        said: &Value,
        tell: bool,
    ) -> Result<Value, Refused> {
        let now = self.peek();
        let event = self.living(calendar, id)?;
        let mut changed = event.clone();
        changed.say(said, &now)?;
        event.clone_from(&changed);
        self.minute += 1;
        self.tell(&changed, "updated", tell);
        Ok(Value::Object(changed.body))
    }

    pub(crate) fn delete(&mut self, calendar: &str, id: &str, tell: bool) -> Result<(), Refused> {
        let now = self.peek();
        let event = self.living(calendar, id)?;
        event.cancel(&now);
        let event = event.clone();
        self.minute += 1;
        self.tell(&event, "cancelled", tell);
        Ok(())
    }

    pub(crate) fn list(&self, calendar: &str, wanted: &Wanted) -> Vec<Value> {
        let fits = |event: &&Event| {
            event.calendar == calendar
                && (wanted.cancelled || !event.is_cancelled())
                && wanted.from.is_none_or(|from| event.end > from)
                && wanted.until.is_none_or(|until| event.start < until)
                && wanted.words.as_ref().is_none_or(|words| event.says(words))
        };
        let mut found: Vec<&Event> = self.events.iter().filter(fits).collect();
        if wanted.by_start {
            found.sort_by_key(|event| event.start);
        }
        found
            .into_iter()
            .map(|event| Value::Object(event.body.clone()))
            .collect()
    }

    /// When somebody is busy within these times, joined where they touch.
    pub(crate) fn busy(
        &self,
        person: &str,
        from: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Vec<Value> {
        let events = self.events.iter().filter(|event| event.is_busy_for(person));
        let cut = events.map(|event| (event.start.max(from), event.end.min(until)));
        let mut periods: Vec<_> = cut.filter(|(start, end)| start < end).collect();
        periods.sort_unstable();
        let mut joined: Vec<(OffsetDateTime, OffsetDateTime)> = Vec::new();
        for (start, end) in periods {
            match joined.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => joined.push((start, end)),
            }
        }
        let shown = joined.into_iter();
        shown
            .map(|(start, end)| json!({ "start": moment::utc(start), "end": moment::utc(end) }))
            .collect()
    }

    pub(crate) fn state(&self) -> Value {
        let events: Vec<Value> = self
            .events
            .iter()
            .map(|event| Value::Object(event.body.clone()))
            .collect();
        let invitations = self.invitations.iter();
        let invitations: Vec<Value> = invitations
            .map(|(event, person, why)| json!({ "event": event, "to": person, "why": why }))
            .collect();
        json!({ "events": events, "invitations": invitations })
    }

    fn living(&mut self, calendar: &str, id: &str) -> Result<&mut Event, Refused> {
        let mut events = self.events.iter_mut();
        let event = events.find(|event| event.calendar == calendar && event.id == id);
        let event = event.ok_or_else(Refused::not_found)?;
        match event.is_cancelled() {
            true => Err(Refused::new(410, "deleted", "Resource has been deleted")),
            false => Ok(event),
        }
    }

    fn tell(&mut self, event: &Event, why: &'static str, tell: bool) {
        let people = event.attendees().into_iter().filter(|_| tell);
        let told: Vec<_> = people
            .map(|person| (event.id.clone(), person.to_owned(), why))
            .collect();
        self.invitations.extend(told);
    }

    /// 2026-01-05, 8 o'clock, and a minute more with every change; days end after a month, which is longer than a test.
    fn peek(&self) -> String {
        let minute = 8 * 60 + self.minute;
        let (day, hour) = (5 + minute / 1440, minute / 60 % 24);
        format!("2026-01-{day:02}T{hour:02}:{:02}:00.000Z", minute % 60)
    }
}
