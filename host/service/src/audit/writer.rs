//! Appends records to the segments of one folder.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Serialize;

use super::{
    event::{Event, HostState, What},
    record::{Head, seal},
    segments,
};

/// How bytes reach the disk. A test has one that is full.
pub trait Medium: Send + Sync {
    /// Puts the bytes at the end of the file.
    ///
    /// # Errors
    /// When not all of them could be put there; some may be.
    fn append(&self, file: &File, bytes: &[u8]) -> io::Result<()>;

    /// Makes what was put there survive a loss of power.
    ///
    /// # Errors
    /// When that is not certain.
    fn sync(&self, file: &File) -> io::Result<()>;
}

/// The disk.
pub struct Disk;

impl Medium for Disk {
    fn append(&self, mut file: &File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }
}

/// Writes one trail.
pub struct Writer {
    folder: PathBuf,
    medium: Arc<dyn Medium>,
    segment_bytes: u64,
    segment: u64,
    file: Arc<File>,
    size: u64,
    head: Head,
    line: Vec<u8>,
    /// A part of a record may be behind `size`.
    is_torn: bool,
    /// Segments that are full, and not yet durable.
    full: Vec<Arc<File>>,
    lost: u64,
}

impl Writer {
    /// Goes on behind `head`, which is the last record of `segment`, at `size`.
    ///
    /// # Errors
    /// When the segment cannot be opened.
    pub fn new(
        folder: &Path,
        medium: Arc<dyn Medium>,
        segment_bytes: u64,
        segment: u64,
        size: u64,
        head: Head,
    ) -> io::Result<Self> {
        Ok(Writer {
            file: Arc::new(open(&segments::path(folder, segment), size == 0)?),
            folder: folder.to_owned(),
            medium,
            segment_bytes,
            segment,
            size,
            head,
            line: Vec::with_capacity(4 << 10),
            is_torn: false,
            full: Vec::new(),
            lost: 0,
        })
    }

    /// The last record.
    pub fn head(&self) -> Head {
        self.head
    }

    /// What has to be made durable before `head` may be kept: full segments first.
    pub fn unsynced(&mut self) -> Vec<Arc<File>> {
        let mut files = std::mem::take(&mut self.full);
        files.push(self.file.clone());
        files
    }

    /// Takes back what [`Writer::unsynced`] gave: it is not durable yet.
    pub fn still_unsynced(&mut self, files: Vec<Arc<File>>) {
        let current = &self.file;
        let full = files.into_iter().filter(|file| !Arc::ptr_eq(file, current));
        self.full.splice(0..0, full);
    }

    /// Whether there are full segments that are not durable.
    pub fn has_full(&self) -> bool {
        !self.full.is_empty()
    }

    /// Appends a record; before it, how many could not be written, where there are such.
    ///
    /// # Errors
    /// When it is not written. It counts as lost then.
    pub fn append(&mut self, at: u64, body: &impl Serialize) -> io::Result<()> {
        self.tell_lost(at)
            .and_then(|()| self.append_one(at, body))
            .inspect_err(|_| self.lost += 1)
    }

    /// Tries whether records can be written again. Says how many were lost, when there are such.
    ///
    /// # Errors
    /// When they cannot.
    pub fn retry(&mut self, at: u64) -> io::Result<()> {
        self.tell_lost(at)?;
        self.medium.sync(&self.file)
    }

    fn tell_lost(&mut self, at: u64) -> io::Result<()> {
        if self.lost == 0 {
            return Ok(());
        }
        let lost = of_host(HostState::Lost, self.lost, None);
        self.append_one(at, &lost)?;
        self.lost = 0;
        Ok(())
    }

    fn append_one(&mut self, at: u64, body: &impl Serialize) -> io::Result<()> {
        self.mend()?;
        if self.size >= self.segment_bytes {
            self.begin_segment()?;
        }
        let head = seal(&mut self.line, &self.head, at, body)?;
        self.is_torn = true;
        self.medium.append(&self.file, &self.line)?;
        self.is_torn = false;
        self.size += self.line.len() as u64;
        self.head = head;
        Ok(())
    }

    /// Takes the part of a record away that a failed attempt left.
    fn mend(&mut self) -> io::Result<()> {
        if self.is_torn {
            self.file.set_len(self.size)?;
            self.is_torn = false;
        }
        Ok(())
    }

    fn begin_segment(&mut self) -> io::Result<()> {
        let next = self.segment + 1;
        let file = open(&segments::path(&self.folder, next), true)?;
        self.full
            .push(std::mem::replace(&mut self.file, Arc::new(file)));
        (self.segment, self.size) = (next, 0);
        Ok(())
    }
}

/// A record about the host itself.
pub fn of_host(state: HostState, count: u64, detail: Option<&str>) -> Event<'_> {
    Event {
        what: What::Host {
            state,
            count,
            detail,
        },
        tenant: None,
        principal: None,
        request: None,
    }
}

fn open(path: &Path, is_new: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).mode(0o600);
    // A new one may be there, empty: a host began it and crashed.
    let file = options.create(is_new).open(path)?;
    if is_new && file.metadata()?.len() > 0 {
        return Err(io::Error::other("the next segment is there already"));
    }
    Ok(file)
}
