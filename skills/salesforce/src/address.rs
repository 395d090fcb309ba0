//! Names, ids and URLs: everything that becomes part of an address is checked or encoded here.

use std::fmt::Write as _;

use crate::bindings::metier::skill::types::Error;

/// The API version used unless `api-version` is configured.
const DEFAULT_VERSION: &str = "v62.0";

/// The longest object or field name Salesforce allows, with namespace and suffix.
const MAX_NAME: usize = 80;

/// The longest URL sent, in bytes; Salesforce refuses query strings of more than 16,384.
const MAX_URL: usize = 16_000;

/// The org's address and API version.
#[derive(Debug, PartialEq)]
pub struct Base {
    /// Scheme, host and maybe port, without a slash at the end.
    instance: String,
    /// Such as `v62.0`.
    version: String,
}

impl Base {
    /// From the configured `instance-url` and `api-version`.
    pub fn parse(instance: &str, version: Option<&str>) -> Result<Self, Error> {
        let trimmed = instance.trim().trim_end_matches('/');
        let host = trimmed
            .strip_prefix("https://")
            .or_else(|| trimmed.strip_prefix("http://"));
        // The host decides where requests may go; this only catches a mistyped configuration.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
        if !host.is_some_and(|host| !host.is_empty() && host.bytes().all(plain)) {
            return Err(Error::Internal(format!(
                "the configured `instance-url` is not an address of an org such as https://acme.my.salesforce.com: {instance}"
            )));
        }
        Ok(Self {
            instance: trimmed.to_owned(),
            version: parse_version(version)?,
        })
    }

    /// The URL of a resource of the API: `path` is built of checked parts, `query` gets encoded.
    pub fn resource(&self, path: &str, query: &[(&str, &str)]) -> Result<String, Error> {
        let mut url = format!("{}/services/data/{}/{path}", self.instance, self.version);
        for (at, (name, value)) in query.iter().enumerate() {
            let separator = if at == 0 { '?' } else { '&' };
            // Writing to a String cannot fail.
            let _ = write!(url, "{separator}{name}={}", percent_encode(value));
        }
        if url.len() > MAX_URL {
            return Err(Error::InvalidInput(format!(
                "the request is too long: its address would have {} bytes and Salesforce takes {MAX_URL}",
                url.len()
            )));
        }
        Ok(url)
    }

    /// The URL of the next page, from the `nextRecordsUrl` of an answer.
    ///
    /// Only a plain path into the API of the same org is followed, whatever the answer says.
    pub fn next_page(&self, next: &str) -> Result<String, Error> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
        let inside =
            next.starts_with("/services/data/") && next.bytes().all(plain) && !next.contains("..");
        if !inside {
            return Err(Error::Unavailable(
                "Salesforce's answer names a next page outside its API".to_owned(),
            ));
        }
        Ok(format!("{}{next}", self.instance))
    }
}

/// `62.0` and `v62.0` are the same version.
fn parse_version(version: Option<&str>) -> Result<String, Error> {
    let Some(version) = version.map(str::trim) else {
        return Ok(DEFAULT_VERSION.to_owned());
    };
    let number = version.strip_prefix('v').unwrap_or(version);
    let major = number.strip_suffix(".0").unwrap_or("");
    if (2..=3).contains(&major.len()) && major.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(format!("v{number}"))
    } else {
        Err(Error::Internal(format!(
            "the configured `api-version` is no version such as v62.0: {version}"
        )))
    }
}

/// The API name of an object.
#[derive(Debug, PartialEq)]
pub struct ObjectName(String);

impl ObjectName {
    /// A letter, then letters, digits and underscores.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if is_name(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::InvalidInput(format!(
                "`{}` is no API name of an object, such as Account or Invoice__c",
                shown(text)
            )))
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The id of a record.
#[derive(Debug, PartialEq)]
pub struct RecordId(String);

impl RecordId {
    /// 15 or 18 letters and digits.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let length = text.len() == 15 || text.len() == 18;
        if length && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::InvalidInput(format!(
                "`{}` is no record id: it has 15 or 18 letters and digits",
                shown(text)
            )))
        }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Check the name of a field to read, which may go through relationships: `Owner.Name`.
pub fn check_field_path(text: &str) -> Result<(), Error> {
    if text.split('.').all(is_name) {
        Ok(())
    } else {
        Err(no_field(text))
    }
}

/// Check the name of a field to write.
pub fn check_field(text: &str) -> Result<(), Error> {
    if is_name(text) {
        Ok(())
    } else {
        Err(no_field(text))
    }
}

fn no_field(text: &str) -> Error {
    Error::InvalidInput(format!(
        "`{}` is no API name of a field, such as Name or Region__c",
        shown(text)
    ))
}

fn is_name(text: &str) -> bool {
    text.len() <= MAX_NAME
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The start of a wrong word, safe to show.
fn shown(text: &str) -> String {
    text.chars()
        .take(40)
        .map(|char| if char.is_control() { '\u{FFFD}' } else { char })
        .collect()
}

/// Everything but unreserved characters (RFC 3986) as `%XX`.
pub fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests;
