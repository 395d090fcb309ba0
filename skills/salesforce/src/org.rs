//! The org: one method per tool, over a function that sends a request.

use serde_json::{Map, Value as Json};

use crate::address::{Base, ObjectName, RecordId, check_field, check_field_path};
use crate::bindings::metier::skill::fetch::{FetchError, Request, Response};
use crate::bindings::metier::skill::types::Error;
use crate::bindings::{Created, FieldValue, ObjectInfo, Table};
use crate::describe;
use crate::failure::{self, not_understood};
use crate::table::{self, Rows};

/// Rows returned unless the caller says how many.
const DEFAULT_LIMIT: u32 = 200;

/// The most rows a query returns: five of Salesforce's pages, and about what the host's limit on
/// a result can hold.
const MAX_QUERY_LIMIT: u32 = 10_000;

/// The most rows a search returns; Salesforce's own.
const MAX_SEARCH_LIMIT: u32 = 2_000;

/// The rows in a page that Salesforce allows to ask for.
const PAGE: std::ops::RangeInclusive<u32> = 200..=2_000;

/// How long to wait for one answer, in milliseconds: Salesforce stops a query after two minutes,
/// and nobody waits that long for a page. The host's own limit also applies.
const TIMEOUT_MS: u32 = 30_000;

/// A Salesforce org.
pub struct Org<F> {
    base: Base,
    send: F,
}

impl<F: Fn(&Request) -> Result<Response, FetchError>> Org<F> {
    /// The org at `base`, reached by `send`.
    pub fn new(base: Base, send: F) -> Self {
        Self { base, send }
    }

    /// Run a query and follow its pages up to `limit` rows.
    pub fn query(&self, soql: &str, limit: Option<u32>) -> Result<Table, Error> {
        let limit = check_limit(limit, MAX_QUERY_LIMIT)?;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let options = format!("batchSize={}", limit.clamp(*PAGE.start(), *PAGE.end()));
        let headers = [("sforce-query-options", options.as_str())];
        let mut rows = Rows::default();
        let mut url = self
            .base
            .resource("query", &[("q", not_blank(soql, "soql")?)])?;
        let (total, more) = loop {
            let page = self.get(&url, &headers)?;
            let records = list(&page, "records")?;
            let left = wanted - rows.len();
            records
                .iter()
                .take(left)
                .for_each(|record| rows.push(record));
            let total = page
                .get("totalSize")
                .and_then(Json::as_u64)
                .ok_or_else(|| not_understood("no totalSize"))?;
            let next = page.get("nextRecordsUrl").and_then(Json::as_str);
            match next {
                Some(next) if rows.len() < wanted => {
                    // Each page must bring something, or this would never end.
                    if records.is_empty() {
                        return Err(not_understood("an empty page with a next one"));
                    }
                    url = self.base.next_page(next)?;
                }
                _ => break (total, next.is_some() || records.len() > left),
            }
        };
        Ok(finish(rows, total, more))
    }

    /// Run a search.
    pub fn search(&self, sosl: &str, limit: Option<u32>) -> Result<Table, Error> {
        let limit = check_limit(limit, MAX_SEARCH_LIMIT)?;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let url = self
            .base
            .resource("search", &[("q", not_blank(sosl, "sosl")?)])?;
        let answer = self.get(&url, &[])?;
        let records = list(&answer, "searchRecords")?;
        let mut rows = Rows::typed();
        records
            .iter()
            .take(wanted)
            .for_each(|record| rows.push(record));
        let total = u64::try_from(records.len()).unwrap_or(u64::MAX);
        Ok(finish(rows, total, records.len() > wanted))
    }

    /// Describe an object.
    pub fn describe(&self, object: &ObjectName) -> Result<ObjectInfo, Error> {
        let url = self
            .base
            .resource(&format!("sobjects/{}/describe", object.as_str()), &[])?;
        describe::object(&self.get(&url, &[])?)
    }

    /// Read a record.
    pub fn get_record(
        &self,
        object: &ObjectName,
        id: &RecordId,
        fields: &[String],
    ) -> Result<Vec<FieldValue>, Error> {
        fields
            .iter()
            .try_for_each(|field| check_field_path(field))?;
        let joined = fields.join(",");
        let query = [("fields", joined.as_str())];
        let query = if fields.is_empty() {
            &query[..0]
        } else {
            &query[..]
        };
        let answer = self.get(&self.base.resource(&record_path(object, id), query)?, &[])?;
        answer
            .as_object()
            .map(table::fields)
            .ok_or_else(|| not_understood("no record"))
    }

    /// Create a record.
    pub fn create_record(
        &self,
        object: &ObjectName,
        fields: &[FieldValue],
    ) -> Result<Created, Error> {
        let url = self
            .base
            .resource(&format!("sobjects/{}", object.as_str()), &[])?;
        let answer = json(&self.call("POST", &url, &[], Some(body(fields)?))?)?;
        let id = answer
            .get("id")
            .and_then(Json::as_str)
            .ok_or_else(|| not_understood("no id"))?;
        Ok(Created { id: id.to_owned() })
    }

    /// Change a record.
    pub fn update_record(
        &self,
        object: &ObjectName,
        id: &RecordId,
        fields: &[FieldValue],
    ) -> Result<(), Error> {
        let url = self.base.resource(&record_path(object, id), &[])?;
        self.call("PATCH", &url, &[], Some(body(fields)?)).map(drop)
    }

    fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Json, Error> {
        json(&self.call("GET", url, headers, None)?)
    }

    /// Send a request; every status but a success is an error.
    fn call(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Result<Response, Error> {
        let json = body
            .is_some()
            .then_some(("content-type", "application/json"));
        let all = [("accept", "application/json")]
            .into_iter()
            .chain(json)
            .chain(headers.iter().copied());
        let request = Request {
            method: method.to_owned(),
            url: url.to_owned(),
            headers: all
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            body,
            timeout_ms: Some(TIMEOUT_MS),
            // The API never redirects; following would only lend the skill's reach to whoever answers.
            follow_redirects: 0,
        };
        let response = (self.send)(&request).map_err(failure::of_fetch)?;
        if (200..300).contains(&response.status) {
            Ok(response)
        } else {
            Err(failure::of_answer(&response))
        }
    }
}

fn record_path(object: &ObjectName, id: &RecordId) -> String {
    format!("sobjects/{}/{}", object.as_str(), id.as_str())
}

fn check_limit(limit: Option<u32>, max: u32) -> Result<u32, Error> {
    match limit.unwrap_or(DEFAULT_LIMIT) {
        limit if (1..=max).contains(&limit) => Ok(limit),
        limit => Err(Error::InvalidInput(format!(
            "`limit` is {limit}; it can be 1 to {max}"
        ))),
    }
}

fn not_blank<'a>(text: &'a str, name: &str) -> Result<&'a str, Error> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        Err(Error::InvalidInput(format!("`{name}` is empty")))
    } else {
        Ok(trimmed)
    }
}

/// Fields as the JSON object Salesforce reads. It takes numbers and booleans as text.
fn body(fields: &[FieldValue]) -> Result<Vec<u8>, Error> {
    if fields.is_empty() {
        return Err(Error::InvalidInput(
            "`fields` is empty; give at least one".to_owned(),
        ));
    }
    let mut members = Map::new();
    for field in fields {
        check_field(&field.name)?;
        let value = field.value.clone().map_or(Json::Null, Json::String);
        if members.insert(field.name.clone(), value).is_some() {
            return Err(Error::InvalidInput(format!(
                "the field `{}` is given twice",
                field.name
            )));
        }
    }
    Ok(Json::Object(members).to_string().into_bytes())
}

fn json(response: &Response) -> Result<Json, Error> {
    serde_json::from_slice(&response.body).map_err(|_| not_understood("it is not JSON"))
}

fn list<'a>(json: &'a Json, name: &str) -> Result<&'a Vec<Json>, Error> {
    json.get(name)
        .and_then(Json::as_array)
        .ok_or_else(|| not_understood(&format!("no {name}")))
}

fn finish(rows: Rows, total_size: u64, truncated: bool) -> Table {
    let (columns, rows) = rows.finish();
    Table {
        columns,
        rows,
        total_size,
        truncated,
    }
}

#[cfg(test)]
mod tests;
