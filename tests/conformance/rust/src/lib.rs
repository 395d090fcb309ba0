//! The conformance skill in Rust.

mod values;
mod web;

wit_bindgen::generate!({
    path: "wit",
    world: "metier:conformance/conformance",
    generate_all,
});

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::{Duration, Instant, SystemTime};

use metier::skill::artifacts::{self, ArtifactError, Writer};
use metier::skill::{progress, resources};
use wasi::config::store as config;
use wasi::keyvalue::atomics;
use wasi::keyvalue::store::{self as kv, Bucket};
use wasi::logging::logging::{self, Level};

struct Skill;

export!(Skill);

impl Guest for Skill {
    fn greet(name: String) -> String {
        format!("Hello, {name}!")
    }

    fn fetch_text(method: String, url: String, body: Option<String>) -> Result<String, Error> {
        web::through_fetch(method, url, body)
    }

    fn web_text(method: String, url: String, body: Option<String>) -> Result<String, Error> {
        web::through_wasi(&method, &url, body)
    }

    fn kv_get(bucket: String, key: String) -> Result<Option<String>, Error> {
        let value = open(&bucket)?.get(&key).map_err(refused)?;
        Ok(value.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn kv_set(bucket: String, key: String, value: String) -> Result<(), Error> {
        open(&bucket)?.set(&key, value.as_bytes()).map_err(refused)
    }

    fn kv_delete(bucket: String, key: String) -> Result<(), Error> {
        open(&bucket)?.delete(&key).map_err(refused)
    }

    fn kv_exists(bucket: String, key: String) -> Result<bool, Error> {
        open(&bucket)?.exists(&key).map_err(refused)
    }

    fn kv_increment(bucket: String, key: String, delta: u64) -> Result<u64, Error> {
        atomics::increment(&open(&bucket)?, &key, delta).map_err(refused)
    }

    fn config_get(key: String) -> Result<Option<String>, Error> {
        config::get(&key).map_err(|error| match error {
            config::Error::Upstream(why) | config::Error::Io(why) => Error::Denied(why),
        })
    }

    fn log_all(message: String) {
        let levels = [
            Level::Trace,
            Level::Debug,
            Level::Info,
            Level::Warn,
            Level::Error,
            Level::Critical,
        ];
        for level in levels {
            logging::log(level, "conformance", &message);
        }
    }

    fn artifact_put(name: String, media_type: String, body: Vec<u8>) -> Result<String, Error> {
        let kept = artifacts::put(&name, &media_type, &body).map_err(unkept)?;
        Ok(kept.digest)
    }

    fn artifact_write(
        name: String,
        media_type: String,
        pieces: Vec<Vec<u8>>,
    ) -> Result<String, Error> {
        let writer = Writer::create(&name, &media_type).map_err(unkept)?;
        for piece in pieces {
            writer.write(&piece).map_err(unkept)?;
        }
        Ok(Writer::finish(writer).map_err(unkept)?.digest)
    }

    fn progress_report(message: String, fraction: Option<f64>) {
        progress::report(&message, fraction);
    }

    fn resource_list() -> Vec<(String, u64)> {
        let packed = resources::list().into_iter();
        packed.map(|entry| (entry.path, entry.size)).collect()
    }

    fn resource_read(path: String, offset: u64, length: u32) -> Option<Vec<u8>> {
        resources::read(&path, offset, length)
    }

    fn fail_with(error: Error) -> Result<(), Error> {
        Err(error)
    }

    fn crash(message: String) -> Result<(), Error> {
        deep_inside(&message)
    }

    fn crash_plain(message: String) {
        deep_inside(&message)
    }

    fn spin() {
        loop {
            std::hint::spin_loop();
        }
    }

    fn pause(milliseconds: u32) -> u64 {
        let began = Instant::now();
        std::thread::sleep(Duration::from_millis(milliseconds.into()));
        millis(began.elapsed())
    }

    fn regex_find(_pattern: String, _text: String) -> Result<bool, Error> {
        Err(Error::Internal("no regex".to_owned()))
    }

    fn fill_memory(mebibytes: u32) -> Result<u32, Error> {
        let block = vec![1_u8; (mebibytes as usize) << 20];
        std::hint::black_box(&block);
        Ok(mebibytes)
    }

    fn random_everyday() -> String {
        RandomState::new().build_hasher().finish().to_string()
    }

    fn random_secure() -> Vec<u8> {
        wasi::random::random::get_random_bytes(16)
    }

    fn time_now() -> u64 {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        millis(since.unwrap_or_default())
    }

    fn print_lines(out: String, err: String) {
        println!("{out}");
        eprintln!("{err}");
    }

    fn unlisted() -> String {
        "it ran".to_owned()
    }
}

fn deep_inside(message: &str) -> ! {
    panic!("{message}") // conformance: crash line
}

fn millis(time: Duration) -> u64 {
    time.as_millis().try_into().unwrap_or(u64::MAX)
}

fn open(bucket: &str) -> Result<Bucket, Error> {
    kv::open(bucket).map_err(refused)
}

fn refused(error: kv::Error) -> Error {
    match error {
        kv::Error::NoSuchStore => Error::NotFound("no such store".to_owned()),
        kv::Error::AccessDenied => Error::Denied("access denied".to_owned()),
        kv::Error::Other(why) => Error::Unavailable(why),
    }
}

fn unkept(error: ArtifactError) -> Error {
    match error {
        ArtifactError::Denied(why) => Error::Denied(why),
        ArtifactError::TooLarge(limit) => Error::Internal(format!("larger than {limit} bytes")),
        ArtifactError::Invalid(why) => Error::InvalidInput(why),
        ArtifactError::Unavailable(why) => Error::Unavailable(why),
    }
}
