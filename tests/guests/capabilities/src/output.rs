//! Logs, standard streams, progress and artifacts.

use guest_kit::skill::artifacts::{self, ArtifactError, Reader, Writer};
use guest_kit::skill::progress;
use guest_kit::wasi::logging::logging::{self, Level};

use crate::bindings::exports::metier_test::capabilities::output::Guest;
use crate::{Capabilities, Error};

impl Guest for Capabilities {
    fn log(level: String, context: String, message: String) {
        let level = match level.as_str() {
            "trace" => Level::Trace,
            "debug" => Level::Debug,
            "warn" => Level::Warn,
            "error" => Level::Error,
            "critical" => Level::Critical,
            _ => Level::Info,
        };
        logging::log(level, &context, &message);
    }

    fn print(out: String, err: String) {
        println!("{out}");
        eprintln!("{err}");
    }

    fn progress(message: String, fraction: Option<f64>) {
        progress::report(&message, fraction);
    }

    fn put_artifact(name: String, media_type: String, body: String) -> Result<String, Error> {
        let kept = artifacts::put(&name, &media_type, body.as_bytes()).map_err(unkept)?;
        Ok(kept.digest)
    }

    fn write_artifact(
        name: String,
        media_type: String,
        pieces: Vec<String>,
    ) -> Result<String, Error> {
        let writer = Writer::create(&name, &media_type).map_err(unkept)?;
        for piece in pieces {
            writer.write(piece.as_bytes()).map_err(unkept)?;
        }
        Ok(Writer::finish(writer).map_err(unkept)?.digest)
    }

    fn drop_artifact(name: String) -> Result<(), Error> {
        let writer = Writer::create(&name, "text/plain").map_err(unkept)?;
        writer.write(b"half of it").map_err(unkept)
    }

    fn read_artifact(digest: Vec<String>) -> Result<String, Error> {
        let reader = Reader::open(&digest.concat()).map_err(unkept)?;
        let mut bytes = Vec::new();
        loop {
            let piece = reader.read().map_err(unkept)?;
            if piece.is_empty() {
                break;
            }
            bytes.extend(piece);
        }
        if bytes.len() as u64 != reader.size() {
            return Err(Error::Internal("the size is wrong".to_owned()));
        }
        String::from_utf8(bytes).map_err(|error| Error::InvalidInput(error.to_string()))
    }

    fn open_artifact(digest: String) -> u32 {
        let often = (0..1_000).take_while(|_| Reader::open(&digest).is_ok());
        u32::try_from(often.count()).unwrap_or(u32::MAX)
    }
}

fn unkept(error: ArtifactError) -> Error {
    match error {
        ArtifactError::Denied(why) => Error::Denied(why),
        ArtifactError::TooLarge(limit) => Error::Internal(format!("more than {limit} bytes")),
        ArtifactError::Invalid(why) => Error::InvalidInput(why),
        ArtifactError::Unavailable(why) => Error::Unavailable(why),
    }
}
