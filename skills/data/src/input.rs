//! Artifacts in and out: the only things asked of the host.

use crate::{
    bindings::{
        File,
        metier::skill::{
            artifacts::{self, ArtifactError, Reader},
            types::Error,
        },
    },
    reading,
};

/// The bytes of an artifact the caller named.
pub fn open_artifact(digest: &str) -> Result<Vec<u8>, Error> {
    let refused = |error| refused(digest, error);
    let reader = Reader::open(digest).map_err(refused)?;
    reading::fits(digest, reader.size())?;
    let mut bytes = Vec::new();
    loop {
        let piece = reader.read().map_err(refused)?;
        if piece.is_empty() {
            return Ok(bytes);
        }
        bytes.extend(piece);
    }
}

/// Hands a file back.
pub fn hand_back(name: &str, media_type: &str, bytes: Vec<u8>) -> Result<File, Error> {
    let writer =
        artifacts::Writer::create(name, media_type).map_err(|error| refused(name, error))?;
    for piece in bytes.chunks(PIECE) {
        writer.write(piece).map_err(|error| refused(name, error))?;
    }
    let kept = artifacts::Writer::finish(writer).map_err(|error| refused(name, error))?;
    Ok(File {
        digest: kept.digest,
        name: kept.name,
        media_type: kept.media_type,
        size: kept.size,
    })
}

/// How much is handed over at a time, in bytes.
const PIECE: usize = 1 << 20;

fn refused(what: &str, error: ArtifactError) -> Error {
    match error {
        ArtifactError::Denied(why) => Error::Denied(format!("`{what}`: {why}")),
        ArtifactError::Invalid(why) => Error::InvalidInput(format!("`{what}`: {why}")),
        ArtifactError::Unavailable(why) => Error::Unavailable(format!("`{what}`: {why}")),
        ArtifactError::TooLarge(limit) => Error::InvalidInput(format!(
            "`{what}` would pass the {limit} bytes a call may hand back"
        )),
    }
}
