//! Key-value storage and configuration.

use guest_kit::wasi::config::store as config;
use guest_kit::wasi::keyvalue::store::{self as kv, Bucket};
use guest_kit::wasi::keyvalue::{atomics, batch};

use crate::bindings::exports::metier_test::capabilities::storage::Guest;
use crate::{Capabilities, Error};

impl Guest for Capabilities {
    fn get(bucket: String, key: String) -> Result<Option<String>, Error> {
        Ok(open(&bucket)?.get(&key).map_err(refused)?.map(text))
    }

    fn put(bucket: String, key: String, value: String) -> Result<(), Error> {
        open(&bucket)?.set(&key, value.as_bytes()).map_err(refused)
    }

    fn remove(bucket: String, key: String) -> Result<(), Error> {
        open(&bucket)?.delete(&key).map_err(refused)
    }

    fn exists(bucket: String, key: String) -> Result<bool, Error> {
        open(&bucket)?.exists(&key).map_err(refused)
    }

    fn keys(bucket: String) -> Result<Vec<String>, Error> {
        let bucket = open(&bucket)?;
        let (mut all, mut cursor) = (Vec::new(), None);
        loop {
            let page = bucket.list_keys(cursor).map_err(refused)?;
            all.extend(page.keys);
            cursor = page.cursor;
            if cursor.is_none() {
                return Ok(all);
            }
        }
    }

    fn add(bucket: String, key: String, delta: u64) -> Result<u64, Error> {
        atomics::increment(&open(&bucket)?, &key, delta).map_err(refused)
    }

    fn put_many(bucket: String, entries: Vec<(String, String)>) -> Result<(), Error> {
        let bytes = |(key, value): (String, String)| (key, value.into_bytes());
        let entries: Vec<_> = entries.into_iter().map(bytes).collect();
        batch::set_many(&open(&bucket)?, &entries).map_err(refused)
    }

    fn get_many(bucket: String, keys: Vec<String>) -> Result<Vec<Option<String>>, Error> {
        let found = batch::get_many(&open(&bucket)?, &keys).map_err(refused)?;
        let value = |entry: Option<(String, Vec<u8>)>| entry.map(|(_, value)| text(value));
        Ok(found.into_iter().map(value).collect())
    }

    fn remove_many(bucket: String, keys: Vec<String>) -> Result<(), Error> {
        batch::delete_many(&open(&bucket)?, &keys).map_err(refused)
    }

    fn setting(key: String) -> Result<Option<String>, Error> {
        config::get(&key).map_err(unset)
    }

    fn settings() -> Result<Vec<(String, String)>, Error> {
        config::get_all().map_err(unset)
    }
}

fn open(bucket: &str) -> Result<Bucket, Error> {
    kv::open(bucket).map_err(refused)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

fn refused(error: kv::Error) -> Error {
    match error {
        kv::Error::NoSuchStore => Error::NotFound("no such bucket".to_owned()),
        kv::Error::AccessDenied => Error::Denied("the bucket is not allowed".to_owned()),
        kv::Error::Other(why) => Error::Unavailable(why),
    }
}

fn unset(error: config::Error) -> Error {
    match error {
        config::Error::Upstream(why) | config::Error::Io(why) => Error::Denied(why),
    }
}
