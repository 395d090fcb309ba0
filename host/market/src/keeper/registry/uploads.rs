//! Blobs on their way in, each in as many requests as its client likes.
//!
//! An upload is its publisher's; others do not see it. What nobody went on with for [`RegistryLimits::patience`] ends, and leaves
//! nothing. A restart ends all: clients begin again.

use std::{
    collections::HashMap,
    fmt, io,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws_lc_rs::rand;
use metier_core::{Digest, SkillName};
use metier_store::{
    Clock,
    depot::{Depot, Upload},
    types::Time,
};
use tokio::sync::OwnedMutexGuard;

use super::{RegistryError, RegistryLimits, Result};
use crate::keeper::accounts::PublisherId;

/// Bytes of an id: nobody guesses one.
const ID_BYTES: usize = 16;

/// The id of an upload, in its address.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UploadId([u8; ID_BYTES]);

impl UploadId {
    fn new() -> Result<UploadId> {
        let mut bytes = [0; ID_BYTES];
        let filled = rand::fill(&mut bytes);
        let none = |_| io::Error::other("the system gave no random bytes").into();
        filled.map(|()| UploadId(bytes)).map_err(none)
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for UploadId {
    type Err = RegistryError;

    fn from_str(text: &str) -> Result<Self> {
        let digits = text.as_bytes();
        let mut id = [0; ID_BYTES];
        if digits.len() != 2 * ID_BYTES {
            return Err(RegistryError::UploadUnknown);
        }
        for (byte, pair) in id.iter_mut().zip(digits.as_chunks::<2>().0) {
            let digit = |digit: u8| char::from(digit).to_digit(16);
            let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else {
                return Err(RegistryError::UploadUnknown);
            };
            *byte = u8::try_from(high << 4 | low).map_err(|_| RegistryError::UploadUnknown)?;
        }
        Ok(UploadId(id))
    }
}

/// All that are under way.
#[derive(Debug)]
pub struct Uploads {
    depot: Depot,
    limits: RegistryLimits,
    clock: Arc<dyn Clock>,
    open: Mutex<HashMap<UploadId, Session>>,
}

/// One of them. Nothing in it once it is finished.
#[derive(Clone, Debug)]
struct Session {
    skill: SkillName,
    by: PublisherId,
    touched: Time,
    upload: Arc<tokio::sync::Mutex<Option<Upload>>>,
}

impl Uploads {
    pub fn new(depot: Depot, limits: RegistryLimits, clock: Arc<dyn Clock>) -> Self {
        Uploads {
            depot,
            limits,
            clock,
            open: Mutex::default(),
        }
    }

    /// Begins one.
    pub async fn begin(&self, skill: &SkillName, by: &PublisherId) -> Result<UploadId> {
        self.sweep();
        let id = UploadId::new()?;
        let upload = self.depot.begin().await?;
        let session = Session {
            skill: skill.clone(),
            by: by.clone(),
            touched: self.clock.now(),
            upload: Arc::new(tokio::sync::Mutex::new(Some(upload))),
        };
        let mut open = self.open();
        let of_theirs = open.values().filter(|session| session.by == *by).count();
        if of_theirs >= self.limits.uploads_each || open.len() >= self.limits.uploads {
            return Err(RegistryError::TooMany("uploads at once"));
        }
        open.insert(id, session);
        Ok(id)
    }

    /// Goes on with one; nobody else can meanwhile.
    pub fn resume(&self, skill: &SkillName, by: &PublisherId, id: UploadId) -> Result<Writing<'_>> {
        self.sweep();
        let mut open = self.open();
        let session = open
            .get_mut(&id)
            .filter(|session| session.skill == *skill && session.by == *by)
            .ok_or(RegistryError::UploadUnknown)?;
        let upload = session.upload.clone().try_lock_owned();
        let upload = upload.map_err(|_| RegistryError::UploadBusy)?;
        session.touched = self.clock.now();
        Ok(Writing {
            uploads: self,
            id,
            upload,
        })
    }

    /// Ends what nobody went on with.
    pub fn sweep(&self) {
        let oldest = self.clock.now().before(self.limits.patience);
        self.open().retain(|_, session| {
            // What is being written to is not left alone, however slowly it comes.
            session.touched >= oldest || session.upload.try_lock().is_err()
        });
    }

    fn forget(&self, id: UploadId) {
        self.open().remove(&id);
    }

    fn open(&self) -> MutexGuard<'_, HashMap<UploadId, Session>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An upload while a request goes on with it.
#[derive(Debug)]
pub struct Writing<'u> {
    uploads: &'u Uploads,
    id: UploadId,
    upload: OwnedMutexGuard<Option<Upload>>,
}

impl Writing<'_> {
    /// Bytes that are there.
    pub fn size(&self) -> u64 {
        self.upload.as_ref().map_or(0, Upload::size)
    }

    /// Writes the next piece. After an error the upload is gone.
    ///
    /// # Errors
    /// [`RegistryError::TooLarge`], [`RegistryError::Full`], the disk's.
    pub async fn write(&mut self, piece: Vec<u8>) -> Result<()> {
        let upload = self.upload.as_mut().ok_or(RegistryError::UploadUnknown)?;
        let written = upload.write(piece).await;
        if written.is_err() {
            self.end();
        }
        Ok(written?)
    }

    /// Makes it a blob. The upload is gone, whatever comes of it.
    ///
    /// # Errors
    /// [`RegistryError::OtherDigest`], and the disk's.
    pub async fn finish(mut self, digest: &Digest) -> Result<u64> {
        let upload = self.upload.take().ok_or(RegistryError::UploadUnknown)?;
        self.uploads.forget(self.id);
        Ok(upload.finish(digest).await?)
    }

    /// Gives it up, and leaves nothing.
    pub fn cancel(mut self) {
        self.end();
    }

    /// The same, where it is still held.
    pub fn end(&mut self) {
        self.upload.take();
        self.uploads.forget(self.id);
    }
}
