//! The trail of one process: what implements [`Audit`] for the sandbox and [`Notes`] for the service.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use metier_core::{AuditRecord, Code, EgressRecord, Fault};
use metier_runtime::{audit::Audit, egress::EgressAudit};
use serde::Serialize;

use super::{
    calls::{CallLine, EgressLine},
    event::{Event, Health, HostState, Notes},
    head::{self, HeadKey},
    record::Head,
    recover::recover,
    search::{self, Filter, Found},
    writer::{Disk, Medium, Writer, of_host},
};
use crate::directory::now;

/// A segment is full with so many bytes, unless told otherwise.
pub const SEGMENT_BYTES: u64 = 64 << 20;

/// Records are durable after so long, unless told otherwise.
pub const SYNC_EVERY: Duration = Duration::from_secs(1);

/// Most trails below one root: processes that write at the same time.
pub const MAX_TRAILS: u32 = 100;

/// What becomes of calls when their records cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum WhenFull {
    /// New calls are refused until records can be written again.
    #[default]
    Refuse,
    /// Calls go on. The host's log says that records are lost, and the trail how many once it can be written again.
    Warn,
}

/// How a trail is kept.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where trails are, each in a folder of its own: `1` and, for processes beside the first, `2` and so on.
    pub root: PathBuf,
    /// Where the key of heads is; it is made when it is not there.
    pub key: PathBuf,
    /// When a segment is full, in bytes.
    pub segment_bytes: u64,
    /// How long records may wait to be durable.
    pub sync_every: Duration,
    /// What becomes of calls when their records cannot be written.
    pub when_full: WhenFull,
}

impl Settings {
    /// In a host's data directory: `audit` and `audit.key`.
    pub fn in_data(data: &Path) -> Self {
        Settings {
            root: data.join("audit"),
            key: data.join("audit.key"),
            segment_bytes: SEGMENT_BYTES,
            sync_every: SYNC_EVERY,
            when_full: WhenFull::default(),
        }
    }
}

/// A trail that can be written. Dropping it writes that the host ended.
pub struct Trail {
    shared: Arc<Shared>,
    syncing: Option<JoinHandle<()>>,
    root: PathBuf,
    /// Held as long as the trail is written: another process takes another folder.
    _lock: File,
}

struct Shared {
    folder: PathBuf,
    key: HeadKey,
    medium: Arc<dyn Medium>,
    when_full: WhenFull,
    writer: Mutex<Writer>,
    /// What the writer's failure is, to be asked without its lock.
    is_failing: AtomicBool,
    failures: AtomicU64,
    /// The last record that is durable.
    durable: AtomicU64,
    is_over: Mutex<bool>,
    wake: Condvar,
}

impl Trail {
    /// Takes up a trail that no process writes, or begins one.
    ///
    /// # Errors
    /// `storage-unavailable`, naming the folder.
    pub fn open(settings: &Settings) -> Result<Trail, Fault> {
        Trail::open_on(settings, Arc::new(Disk))
    }

    /// The same on another medium than the disk.
    pub(super) fn open_on(settings: &Settings, medium: Arc<dyn Medium>) -> Result<Trail, Fault> {
        begin(settings, medium).map_err(|error| unavailable(&settings.root, &error))
    }

    /// The last record. Kept elsewhere, it tells later whether anything before it was changed or cut off.
    pub fn head(&self) -> Head {
        self.shared.writer().head()
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.shared.folder
    }

    /// Makes what was written durable, now.
    ///
    /// # Errors
    /// When that is not certain.
    pub fn sync(&self) -> io::Result<()> {
        self.shared.sync()
    }
}

impl Drop for Trail {
    fn drop(&mut self) {
        let ended = of_host(HostState::Ended, 0, None);
        self.shared.append(&ended);
        *self.shared.is_over() = true;
        self.shared.wake.notify_all();
        if let Some(syncing) = self.syncing.take() {
            // Its panic is nothing to end another way for.
            drop(syncing.join());
        }
    }
}

impl Audit for Trail {
    fn call(&self, record: &AuditRecord) {
        self.shared.append(&CallLine::of(record));
    }

    fn egress(&self, record: &EgressRecord) {
        self.shared.append(&EgressLine::of(record));
    }
}

/// For the requests of model routes, which belong to no call.
impl EgressAudit for Trail {
    fn record(&self, record: EgressRecord) {
        self.egress(&record);
    }
}

impl Notes for Trail {
    fn note(&self, event: &Event<'_>) {
        self.shared.append(event);
    }

    fn ready(&self) -> Result<(), Fault> {
        match self.shared.is_failing.load(Ordering::Relaxed) {
            true => self.shared.retry(),
            false => Ok(()),
        }
    }

    fn search(&self, filter: &Filter, cursor: Option<&str>, max: usize) -> Result<Found, Fault> {
        search::search(&self.root, filter, cursor, max)
    }

    fn health(&self) -> Health {
        let durable = self.shared.durable.load(Ordering::Relaxed);
        Health {
            undurable: self.head().seq.saturating_sub(durable),
            failures: self.shared.failures.load(Ordering::Relaxed),
            is_failing: self.shared.is_failing.load(Ordering::Relaxed),
        }
    }
}

fn begin(settings: &Settings, medium: Arc<dyn Medium>) -> io::Result<Trail> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700).create(&settings.root)?;
    let key = HeadKey::read_or_make(&settings.key)?;
    let (folder, lock) = lock(&settings.root)?;
    let found = recover(&folder, &key)?;
    let bytes = settings.segment_bytes;
    let writer = Writer::new(
        &folder,
        medium.clone(),
        bytes,
        found.segment,
        found.size,
        found.head,
    )?;
    let shared = Arc::new(Shared {
        folder,
        key,
        medium,
        when_full: settings.when_full,
        writer: Mutex::new(writer),
        is_failing: AtomicBool::new(false),
        failures: AtomicU64::new(0),
        durable: AtomicU64::new(found.head.seq),
        is_over: Mutex::new(false),
        wake: Condvar::new(),
    });
    if let Some((count, file)) = &found.torn {
        tracing::error!(folder = %shared.folder.display(), bytes = count, file, "the audit trail was torn; what is no record was set aside");
        shared.append(&of_host(HostState::Torn, *count, Some(file)));
    }
    if let Some(why) = &found.broken {
        tracing::error!(folder = %shared.folder.display(), why, "the audit trail is not the one that was left");
        shared.append(&of_host(HostState::Broken, 0, Some(why)));
    }
    shared.append(&of_host(HostState::Started, 0, None));
    shared.sync()?;
    let syncing = start(shared.clone(), settings.sync_every)?;
    Ok(Trail {
        shared,
        syncing: Some(syncing),
        root: settings.root.clone(),
        _lock: lock,
    })
}

/// The first folder that nobody writes.
fn lock(root: &Path) -> io::Result<(PathBuf, File)> {
    for number in 1..=MAX_TRAILS {
        let folder = root.join(number.to_string());
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(folder.join("lock"))?;
        match file.try_lock() {
            Ok(()) => return Ok((folder, file)),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::Error::other(format!(
        "{MAX_TRAILS} processes write audit trails there"
    )))
}

fn start(shared: Arc<Shared>, every: Duration) -> io::Result<JoinHandle<()>> {
    let mut durable = shared.writer().head();
    let keep = move || {
        loop {
            let is_over = shared.wait(every);
            durable = shared.sync_since(durable);
            if is_over {
                return;
            }
        }
    };
    std::thread::Builder::new()
        .name("audit-sync".into())
        .spawn(keep)
}

impl Shared {
    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> MutexGuard<'_, bool> {
        self.is_over.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append(&self, body: &impl Serialize) {
        let mut writer = self.writer();
        let appended = writer.append(now(), body);
        if writer.has_full() {
            self.wake.notify_all();
        }
        drop(writer);
        if let Err(error) = appended {
            self.failed();
            tracing::error!(folder = %self.folder.display(), %error, "an audit record could not be written");
        }
    }

    fn retry(&self) -> Result<(), Fault> {
        let mut writer = self.writer();
        let retried = writer.retry(now());
        self.is_failing.store(retried.is_err(), Ordering::Relaxed);
        drop(writer);
        match (retried, self.when_full) {
            (Ok(()), _) | (_, WhenFull::Warn) => Ok(()),
            (Err(error), WhenFull::Refuse) => Err(unavailable(&self.folder, &error)),
        }
    }

    /// Whether it is over, after a while or when there is something to do.
    fn wait(&self, every: Duration) -> bool {
        let is_over = self.is_over();
        if *is_over {
            return true;
        }
        let waited = self.wake.wait_timeout(is_over, every);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Makes the trail durable where it grew. What is durable then.
    fn sync_since(&self, durable: Head) -> Head {
        let head = self.writer().head();
        if head == durable {
            return durable;
        }
        self.sync().map_or(durable, |()| head)
    }

    fn sync(&self) -> io::Result<()> {
        let (head, files) = {
            let mut writer = self.writer();
            (writer.head(), writer.unsynced())
        };
        let synced = files
            .iter()
            .try_for_each(|file| self.medium.sync(file))
            .and_then(|()| File::open(&self.folder)?.sync_all())
            .and_then(|()| head::write(&self.folder, &self.key, &head));
        synced.inspect_err(|error| {
            let mut writer = self.writer();
            writer.still_unsynced(files);
            drop(writer);
            tracing::error!(folder = %self.folder.display(), %error, "the audit trail could not be made durable");
            self.failed();
        })?;
        self.durable.fetch_max(head.seq, Ordering::Relaxed);
        Ok(())
    }

    fn failed(&self) {
        self.is_failing.store(true, Ordering::Relaxed);
        self.failures.fetch_add(1, Ordering::Relaxed);
    }
}

fn unavailable(folder: &Path, error: &io::Error) -> Fault {
    let is_full = matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    );
    let code = match is_full {
        true => Code::StorageFull,
        false => Code::StorageUnavailable,
    };
    let folder = folder.display();
    Fault::new(
        code,
        format!("The audit trail in `{folder}` cannot be written: {error}."),
    )
    .with_hint(
        "The operator frees room or mends the disk: no call is made that cannot be written down.",
    )
}

/// How many bytes the trails below `root` have, for whoever watches the disk.
///
/// # Errors
/// When a folder cannot be read.
pub fn size(root: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for folder in super::segments::trails(root)? {
        for number in super::segments::list(&folder)? {
            bytes += fs::metadata(super::segments::path(&folder, number))?.len();
        }
    }
    Ok(bytes)
}
