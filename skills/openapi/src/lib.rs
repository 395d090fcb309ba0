//! Any HTTP API as tools, from a plan packed with the component.
//!
//! This file is the glue: what the host calls, and what is asked of the host (`fetch`, packed files, configuration and
//! artifacts). All the rest is plain functions with native tests, in the order of a call: [`source`] finds the operation in
//! the plan, [`arguments`] checks what the caller gave, [`request`] makes the request, [`answer`] reads what came back and
//! [`failure`] says what went wrong.
//!
//! The skill sends no credential and could not: the host attaches it after its rules said yes.

mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        world: "openapi",
        generate_all,
        additional_derives: [PartialEq],
    });
}

mod answer;
mod arguments;
mod failure;
mod request;
mod source;

use bindings::exports::metier::skill::tools::{Error, Guest, Tool};
use bindings::metier::skill::fetch::{self, Response};
use bindings::metier::skill::{artifacts, resources};
use bindings::wasi::config::store;
use metier_openapi_plan::{BASE_URL_KEY, BaseUrlConfig, Operation, RESOURCE, check};

use arguments::Arguments;
use source::Source;

struct OpenApi;

impl Guest for OpenApi {
    fn list_tools() -> Vec<Tool> {
        let tools = source().tools();
        // There is no error to answer with: a plan that cannot be read has no tools, and packing says so.
        tools.unwrap_or_default()
    }

    fn call(name: String, arguments: String) -> Result<String, Error> {
        let source = source();
        let found = source.operation(&name)?;
        let operation = &found.operation;
        let arguments = Arguments::read(operation, &arguments)?;
        let base = match &operation.base_url {
            Some(url) => url.clone(),
            None => base_url(found.base_url, found.base_url_config)?,
        };
        let request = request::build(operation, &base, arguments, &artifact)?;
        let response = fetch::fetch(&request).map_err(failure::of_fetch)?;
        answer(operation, &response)
    }
}

fn answer(operation: &Operation, response: &Response) -> Result<String, Error> {
    if !(200..300).contains(&response.status) {
        return Err(failure::of_answer(response));
    }
    answer::read(operation, response, artifacts::put)
}

/// The bytes of an artifact the caller named.
fn artifact(digest: &str) -> Result<Vec<u8>, Error> {
    let refused = |error| {
        Error::InvalidInput(format!(
            "the artifact `{digest}` cannot be sent: {}",
            answer::why(&error)
        ))
    };
    let reader = artifacts::Reader::open(digest).map_err(refused)?;
    let mut bytes = Vec::new();
    loop {
        let more = reader.read().map_err(refused)?;
        if more.is_empty() {
            return Ok(bytes);
        }
        bytes.extend_from_slice(&more);
    }
}

fn source() -> Source<impl Fn(u64, u32) -> Option<Vec<u8>>> {
    Source::new(|offset, length| resources::read(RESOURCE, offset, length))
}

/// The plan's base URL, or the configured one.
fn base_url(planned: String, config: BaseUrlConfig) -> Result<String, Error> {
    if config == BaseUrlConfig::Fixed {
        return Ok(planned);
    }
    let configured = store::get(BASE_URL_KEY).map_err(|error| {
        let (store::Error::Upstream(why) | store::Error::Io(why)) = error;
        Error::Unavailable(format!(
            "the configuration key `{BASE_URL_KEY}` cannot be read: {why}"
        ))
    })?;
    match (configured, config) {
        (Some(url), _) => configured_url(&url),
        (None, BaseUrlConfig::Required) => Err(Error::Internal(format!(
            "the configuration key `{BASE_URL_KEY}` is not set; it is the address of the service, such as {planned}"
        ))),
        (None, _) => Ok(planned),
    }
}

/// The host decides where requests may go; this only catches a mistyped configuration.
fn configured_url(url: &str) -> Result<String, Error> {
    let url = url.trim().trim_end_matches('/');
    check::base_url(url)
        .map_err(|_| {
            Error::Internal(format!(
                "the configured `{BASE_URL_KEY}` is no base URL such as https://acme.example/rest: {url}"
            ))
        })
        .map(|()| url.to_owned())
}

#[expect(unsafe_code, reason = "generated: the functions the host calls")]
mod exports {
    use crate::{OpenApi, bindings};

    bindings::export!(OpenApi with_types_in bindings);
}
