//! What a publication says of a file, whichever kind it is.

use metier_core::{Digest, Price, SkillName};
use semver::Version;

use crate::{
    agent::Package,
    client::{ClientError, Image},
    consent::{Contents, Record},
    fixtures::Moment,
    kind::Kind,
};

/// A file that can be published: what is read from it, and how it goes into the registry.
pub trait Ware: Sized + Send {
    /// Which kind.
    const KIND: Kind;

    /// Reads it; nothing of it runs.
    ///
    /// # Errors
    /// When it is none.
    fn read(bytes: &[u8]) -> Result<Self, ClientError>;

    /// What it says of itself, as leaf and index have it.
    fn said(&self) -> Said;

    /// What is pushed beside it.
    ///
    /// # Errors
    /// When it is none.
    fn image(bytes: &[u8], author: &str, created: Moment) -> Result<Image, ClientError>;
}

/// What leaf and index say of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Who it says it is.
    pub name: SkillName,
    /// Its version.
    pub version: Version,
    /// The digest of what it asks for.
    pub authority: Digest,
    /// The digest of what is read of it.
    pub words: Digest,
    /// What it costs.
    pub price: Price,
}

impl Said {
    /// Of a file of this kind.
    ///
    /// # Errors
    /// When it is none.
    pub fn of(kind: Kind, bytes: &[u8]) -> Result<Said, ClientError> {
        match kind {
            Kind::Skill => Ok(Contents::read(bytes)?.said()),
            Kind::Agent => Ok(Package::read(bytes)?.said()),
        }
    }
}

impl Ware for Contents {
    const KIND: Kind = Kind::Skill;

    fn read(bytes: &[u8]) -> Result<Self, ClientError> {
        Ok(Contents::of_file(bytes)?)
    }

    fn said(&self) -> Said {
        let record = Record::of(self);
        Said {
            authority: record.published_authority(),
            words: record.published_words(),
            price: self.manifest().pricing.value.clone(),
            name: record.name,
            version: record.version,
        }
    }

    fn image(bytes: &[u8], author: &str, created: Moment) -> Result<Image, ClientError> {
        Image::of(bytes, author, created)
    }
}

impl Ware for Package {
    const KIND: Kind = Kind::Agent;

    fn read(bytes: &[u8]) -> Result<Self, ClientError> {
        Ok(Package::of_file(bytes)?)
    }

    /// An agent itself costs nothing: what its skills cost is theirs to say.
    fn said(&self) -> Said {
        Said {
            name: self.name().clone(),
            version: self.version().clone(),
            authority: self.published_authority(),
            words: self.published_words(),
            price: Price::Free,
        }
    }

    fn image(bytes: &[u8], author: &str, created: Moment) -> Result<Image, ClientError> {
        Ok(Image::of_agent(bytes, author, created))
    }
}
