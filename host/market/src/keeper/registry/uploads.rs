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

use super::{
    RegistryError, RegistryLimits, Result,
    held::{Held, Reserved},
};
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
    held: Arc<Held>,
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
    work: Arc<tokio::sync::Mutex<Option<Work>>>,
}

/// What is there so far, and the bytes set aside for it.
#[derive(Debug)]
struct Work {
    upload: Upload,
    reserved: Reserved,
}

impl Uploads {
    pub fn new(
        depot: Depot,
        held: Arc<Held>,
        limits: RegistryLimits,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Uploads {
            depot,
            held,
            limits,
            clock,
            open: Mutex::default(),
        }
    }

    /// Begins one.
    pub async fn begin(&self, skill: &SkillName, by: &PublisherId) -> Result<UploadId> {
        self.sweep();
        let id = UploadId::new()?;
        let work = Work {
            upload: self.depot.begin().await?,
            reserved: self.held.reserve(by),
        };
        let session = Session {
            skill: skill.clone(),
            by: by.clone(),
            touched: self.clock.now(),
            work: Arc::new(tokio::sync::Mutex::new(Some(work))),
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
        let work = session.work.clone().try_lock_owned();
        let work = work.map_err(|_| RegistryError::UploadBusy)?;
        session.touched = self.clock.now();
        Ok(Writing {
            uploads: self,
            by: by.clone(),
            id,
            work,
        })
    }

    /// Ends what nobody went on with.
    pub fn sweep(&self) {
        let oldest = self.clock.now().before(self.limits.patience);
        self.open().retain(|_, session| {
            // What is being written to is not left alone, however slowly it comes.
            session.touched >= oldest || session.work.try_lock().is_err()
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
    by: PublisherId,
    work: OwnedMutexGuard<Option<Work>>,
}

impl Writing<'_> {
    /// Bytes that are there.
    pub fn size(&self) -> u64 {
        self.work.as_ref().map_or(0, |work| work.upload.size())
    }

    /// Writes the next piece. After an error the upload is gone.
    ///
    /// # Errors
    /// [`RegistryError::TooLarge`], [`RegistryError::ShareFull`], [`RegistryError::Full`], the disk's.
    pub async fn write(&mut self, piece: Vec<u8>) -> Result<()> {
        let work = self.work.as_mut().ok_or(RegistryError::UploadUnknown)?;
        let written = match work.reserved.grow(piece.len() as u64) {
            Ok(()) => work.upload.write(piece).await.map_err(RegistryError::from),
            Err(error) => Err(error),
        };
        if written.is_err() {
            self.end();
        }
        written
    }

    /// Makes it a blob, which is theirs. The upload is gone, whatever comes of it.
    ///
    /// # Errors
    /// [`RegistryError::OtherDigest`], and the disk's.
    pub async fn finish(mut self, digest: &Digest) -> Result<u64> {
        let work = self.work.take().ok_or(RegistryError::UploadUnknown)?;
        self.uploads.forget(self.id);
        let Uploads { held, clock, .. } = self.uploads;
        let (held, by, digest) = (held.clone(), self.by.clone(), *digest);
        let (now, depot) = (clock.now(), self.uploads.depot.clone());
        // To its end, also where its client does not wait: else it would be held, and not there.
        let kept = async move { kept((&held, &depot), &by, &digest, work, now).await };
        let kept = tokio::spawn(kept);
        kept.await.map_err(io::Error::other)?
    }

    /// Gives it up, and leaves nothing.
    pub fn cancel(mut self) {
        self.end();
    }

    /// The same, where it is still held.
    pub fn end(&mut self) {
        self.work.take();
        self.uploads.forget(self.id);
    }
}

async fn kept(
    (held, depot): (&Held, &Depot),
    by: &PublisherId,
    digest: &Digest,
    work: Work,
    now: Time,
) -> Result<u64> {
    let Work { upload, reserved } = work;
    // Before it has its name: what somebody holds is not collected.
    let size = upload.size();
    let is_new = held.claim(by, digest, size, now, Some(reserved)).await?;
    let finished = upload.finish(digest).await;
    // The same may have come by another push, whose claim this is too.
    if finished.is_err() && is_new && !matches!(depot.size(digest).await, Ok(Some(_))) {
        held.unclaim(by, digest).await;
    }
    Ok(finished?)
}
