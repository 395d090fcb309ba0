//! Creating, changing and deleting, with the checks a real org makes.

use serde_json::{Map, Value as Json};

use super::{Field, Fill, Kind, Object, Org, Record, Value, catalogue};
use crate::calendar;
use crate::error::ApiError;
use crate::id;

/// A checked set of fields to write.
type Changes = Vec<(&'static Field, Value)>;

impl Org {
    /// Create a record from a JSON object of fields; answers its id.
    ///
    /// # Errors
    /// What the REST API answers: `REQUIRED_FIELD_MISSING`, `INVALID_FIELD`,
    /// `INVALID_FIELD_FOR_INSERT_UPDATE`, `JSON_PARSER_ERROR`, `STRING_TOO_LONG`,
    /// `DUPLICATES_DETECTED`, `INVALID_CROSS_REFERENCE_KEY`.
    pub fn create(
        &mut self,
        object: &'static Object,
        body: &Map<String, Json>,
        now: i64,
    ) -> Result<String, ApiError> {
        let changes = self.check(object, body)?;
        require_all(object, &changes)?;
        self.refuse_duplicate(object, &changes, None)?;
        let number = u64::try_from(self.table(object)?.all().count()).unwrap_or(u64::MAX) + 1;
        let mut record = Record::empty(object);
        let id = id::make(object.prefix, number);
        record.set("Id", Value::Text(id.clone()));
        record.set("IsDeleted", Value::Bool(false));
        record.set("CreatedDate", Value::Instant(now));
        record.set("CaseNumber", Value::Text(format!("{number:08}")));
        record.set("OwnerId", Value::Text(id::make("005", 1)));
        apply(&mut record, changes, now);
        self.table_mut(object)?.push(record);
        Ok(id)
    }

    /// Change fields of a record.
    ///
    /// # Errors
    /// As [`Org::create`] and [`Org::record`].
    pub fn update(
        &mut self,
        object: &'static Object,
        id: &str,
        body: &Map<String, Json>,
        now: i64,
    ) -> Result<(), ApiError> {
        let key = self.record(object, id)?.id().to_owned();
        let changes = self.check(object, body)?;
        let emptied: Vec<_> = changes
            .iter()
            .filter(|(field, value)| field.fill == Fill::Required && is_blank(value))
            .map(|(field, _)| field.name.to_owned())
            .collect();
        if !emptied.is_empty() {
            return Err(missing(emptied));
        }
        self.refuse_duplicate(object, &changes, Some(&key))?;
        let record = self
            .table_mut(object)?
            .get_mut(&key)
            .ok_or_else(ApiError::not_found)?;
        apply(record, changes, now);
        Ok(())
    }

    /// Put a record in the recycle bin.
    ///
    /// # Errors
    /// As [`Org::record`].
    pub fn delete(&mut self, object: &'static Object, id: &str, now: i64) -> Result<(), ApiError> {
        let key = self.record(object, id)?.id().to_owned();
        let record = self
            .table_mut(object)?
            .get_mut(&key)
            .ok_or_else(ApiError::not_found)?;
        record.set("IsDeleted", Value::Bool(true));
        record.set("SystemModstamp", Value::Instant(now));
        Ok(())
    }

    /// Every field exists, may be written and gets a value of its type.
    fn check(
        &self,
        object: &'static Object,
        body: &Map<String, Json>,
    ) -> Result<Changes, ApiError> {
        if !object.writable {
            return Err(ApiError::bad(
                "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
                format!("entity type cannot be inserted: {}", object.label),
            ));
        }
        let mut changes = Changes::new();
        for (name, json) in body {
            if name == "attributes" {
                continue;
            }
            let field = object
                .column(name)
                .and_then(|column| object.fields.get(column))
                .ok_or_else(|| {
                    ApiError::bad(
                        "INVALID_FIELD",
                        format!("No such column '{name}' on sobject of type {}", object.name),
                    )
                })?;
            if field.fill == Fill::System {
                return Err(read_only(field));
            }
            let value = convert(field, json)?;
            self.check_reference(field, &value)?;
            changes.push((field, value));
        }
        Ok(changes)
    }

    fn check_reference(&self, field: &Field, value: &Value) -> Result<(), ApiError> {
        let (Kind::Reference(target, _), Value::Text(text)) = (field.kind, value) else {
            return Ok(());
        };
        let target = Object::find(target).ok_or_else(ApiError::not_found)?;
        if self.follow(target, &Value::text(text)).is_none() {
            return Err(
                ApiError::bad("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
                    .with_fields([field.name.to_owned()]),
            );
        }
        Ok(())
    }

    /// The org's one duplicate rule: no two living contacts share an e-mail address.
    fn refuse_duplicate(
        &self,
        object: &'static Object,
        changes: &Changes,
        except: Option<&str>,
    ) -> Result<(), ApiError> {
        if object.name != "Contact" {
            return Ok(());
        }
        let Some((_, email)) = changes
            .iter()
            .find(|(field, value)| field.name == "Email" && !value.is_null())
        else {
            return Ok(());
        };
        let taken = self.table(object)?.all().any(|other| {
            !other.is_deleted()
                && except != Some(other.id())
                && other.get("Email").compare(email) == Some(std::cmp::Ordering::Equal)
        });
        if taken {
            return Err(ApiError::bad(
                "DUPLICATES_DETECTED",
                "Use one of these records?",
            ));
        }
        Ok(())
    }
}

fn require_all(object: &Object, changes: &Changes) -> Result<(), ApiError> {
    let absent: Vec<_> = object
        .fields
        .iter()
        .filter(|field| field.fill == Fill::Required)
        .filter(|field| {
            !changes
                .iter()
                .any(|(given, value)| given.name == field.name && !is_blank(value))
        })
        .map(|field| field.name.to_owned())
        .collect();
    if absent.is_empty() {
        Ok(())
    } else {
        Err(missing(absent))
    }
}

fn missing(fields: Vec<String>) -> ApiError {
    ApiError::bad(
        "REQUIRED_FIELD_MISSING",
        format!("Required fields are missing: [{}]", fields.join(", ")),
    )
    .with_fields(fields)
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_text().is_some_and(|text| text.trim().is_empty())
}

fn read_only(field: &Field) -> ApiError {
    ApiError::bad(
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        format!(
            "Unable to create/update fields: {}. Please check the security settings of this field and \
             verify that it is read/write for your profile or permission set.",
            field.name
        ),
    )
    .with_fields([field.name.to_owned()])
}

/// Write the changes and what follows from them.
fn apply(record: &mut Record, changes: Changes, now: i64) {
    for (field, value) in changes {
        record.set(field.name, value);
    }
    record.set("LastModifiedDate", Value::Instant(now));
    record.set("SystemModstamp", Value::Instant(now));
    match record.object.name {
        "Contact" => {
            let parts = [record.get("FirstName"), record.get("LastName")];
            let name: Vec<_> = parts.iter().filter_map(|part| part.as_text()).collect();
            record.set("Name", Value::Text(name.join(" ")));
        }
        "Opportunity" => derive_stage(record),
        "Case" => {
            let closed = record.get("Status").as_text() == Some("Closed");
            record.set("IsClosed", Value::Bool(closed));
        }
        _ => {}
    }
}

fn derive_stage(record: &mut Record) {
    let stage = record
        .get("StageName")
        .as_text()
        .unwrap_or_default()
        .to_owned();
    let known = catalogue::STAGES.iter().position(|known| *known == stage);
    if record.get("Probability").is_null()
        && let Some(probability) = known.and_then(|at| catalogue::STAGE_PROBABILITY.get(at))
    {
        record.set("Probability", Value::Number(*probability));
    }
    record.set("IsClosed", Value::Bool(stage.starts_with("Closed ")));
    record.set("IsWon", Value::Bool(stage == "Closed Won"));
}

/// A JSON value as a value of this field.
fn convert(field: &Field, json: &Json) -> Result<Value, ApiError> {
    let value = match json {
        Json::Null => return Ok(Value::Null),
        Json::Bool(value) if field.kind == Kind::Boolean => Value::Bool(*value),
        Json::Number(number) if field.kind.is_number() => {
            Value::Number(number.as_f64().ok_or_else(|| wrong_type(field, json))?)
        }
        // Salesforce's parser reads numbers and booleans out of strings as well.
        Json::String(text) => convert_text(field, text).ok_or_else(|| wrong_type(field, json))?,
        _ => return Err(wrong_type(field, json)),
    };
    if let Value::Text(text) = &value
        && text.chars().count() > field.kind.max_length()
    {
        let length = field.kind.max_length();
        return Err(ApiError::bad(
            "STRING_TOO_LONG",
            format!(
                "{}: data value too large: {text} (max length={length})",
                field.label
            ),
        )
        .with_fields([field.name.to_owned()]));
    }
    Ok(value)
}

fn convert_text(field: &Field, text: &str) -> Option<Value> {
    Some(match field.kind {
        Kind::Boolean => Value::Bool(text.parse().ok()?),
        Kind::Date => Value::Date(calendar::parse_date(text)?),
        Kind::DateTime => Value::Instant(calendar::parse_instant(text)?),
        Kind::Reference(..) | Kind::Id => Value::Text(id::normalise(text)?),
        kind if kind.is_number() => Value::Number(
            text.parse()
                .ok()
                .filter(|number: &f64| number.is_finite())?,
        ),
        _ if text.is_empty() => Value::Null,
        _ => Value::text(text),
    })
}

fn wrong_type(field: &Field, json: &Json) -> ApiError {
    let shown = json
        .as_str()
        .map_or_else(|| json.to_string(), str::to_owned);
    match field.kind {
        Kind::Reference(..) => ApiError::bad(
            "MALFORMED_ID",
            format!("{}: id value of incorrect type: {shown}", field.label),
        ),
        kind => ApiError::bad(
            "JSON_PARSER_ERROR",
            format!("Cannot deserialize instance of {} from value {shown} or request may be missing a required field", kind.name()),
        ),
    }
    .with_fields([field.name.to_owned()])
}
