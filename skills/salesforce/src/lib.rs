//! Salesforce as typed tools: query, search, describe, read, create, update.
//!
//! This file is the glue: what the host calls, and the two things asked of the host (`fetch` and
//! configuration). All the rest is plain functions with native tests: [`address`] builds URLs,
//! [`org`] sends and follows pages, [`table`] turns records into rows, [`describe`] reads
//! descriptions, [`failure`] says what went wrong.
//!
//! The skill sends no credential and could not: the host attaches it after its rules said yes.

mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        world: "salesforce",
        generate_all,
        additional_derives: [PartialEq],
    });
}

mod address;
mod describe;
mod failure;
mod org;
mod table;

use bindings::metier::skill::fetch;
use bindings::metier::skill::types::Error;
use bindings::wasi::config::store;
use bindings::{Created, FieldValue, Guest, ObjectInfo, Table};

use address::{Base, ObjectName, RecordId};
use org::Org;

struct Salesforce;

impl Guest for Salesforce {
    fn query(soql: String, limit: Option<u32>) -> Result<Table, Error> {
        org()?.query(&soql, limit)
    }

    fn describe(object: String) -> Result<ObjectInfo, Error> {
        org()?.describe(&ObjectName::parse(&object)?)
    }

    fn get_record(
        object: String,
        id: String,
        fields: Vec<String>,
    ) -> Result<Vec<FieldValue>, Error> {
        org()?.get_record(
            &ObjectName::parse(&object)?,
            &RecordId::parse(&id)?,
            &fields,
        )
    }

    fn create_record(object: String, fields: Vec<FieldValue>) -> Result<Created, Error> {
        org()?.create_record(&ObjectName::parse(&object)?, &fields)
    }

    fn update_record(object: String, id: String, fields: Vec<FieldValue>) -> Result<(), Error> {
        org()?.update_record(
            &ObjectName::parse(&object)?,
            &RecordId::parse(&id)?,
            &fields,
        )
    }

    fn search(sosl: String, limit: Option<u32>) -> Result<Table, Error> {
        org()?.search(&sosl, limit)
    }
}

/// The configured org, reached through the host.
fn org()
-> Result<Org<impl Fn(&fetch::Request) -> Result<fetch::Response, fetch::FetchError>>, Error> {
    let instance = config("instance-url")?.ok_or_else(|| {
        Error::Internal("the configuration key `instance-url` is not set; it is the org's address, such as https://acme.my.salesforce.com".to_owned())
    })?;
    let version = config("api-version")?;
    Ok(Org::new(
        Base::parse(&instance, version.as_deref())?,
        fetch::fetch,
    ))
}

fn config(key: &str) -> Result<Option<String>, Error> {
    store::get(key).map_err(|error| {
        let (store::Error::Upstream(why) | store::Error::Io(why)) = error;
        Error::Unavailable(format!(
            "the configuration key `{key}` cannot be read: {why}"
        ))
    })
}

#[expect(unsafe_code, reason = "generated: the functions the host calls")]
mod exports {
    use crate::{Salesforce, bindings};

    bindings::export!(Salesforce with_types_in bindings);
}
