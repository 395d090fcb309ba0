//! The file the leaves are in.
//!
//! Each leaf has its length (two bytes, big-endian) and its SHA-256 in front, so that what a killed process or a lost power left of the
//! last ones is told from what is whole. The newest checkpoint stands beside it: it was told, so a file with fewer leaves has lost some,
//! and nothing is served from it.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use metier_core::Digest;

use crate::{
    keeper::keys::{replace, sync_folder},
    log::MAX_LEAF,
};

const LEAVES: &str = "leaves";
const CHECKPOINT: &str = "checkpoint";

/// Bytes in front of a leaf.
pub(super) const HEAD: usize = 2 + 32;

/// Where leaves are kept. What is written is not there before [`Medium::sync`].
pub(super) trait Medium: Send {
    /// Writes behind what is there.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Brings it to the disk.
    fn sync(&mut self) -> io::Result<()>;
    /// Forgets what is behind so many bytes.
    fn cut(&mut self, length: u64) -> io::Result<()>;
    /// Replaces the newest checkpoint, and brings it to the disk.
    fn checkpoint(&mut self, note: &str) -> io::Result<()>;
}

/// A folder with both files.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    file: File,
}

/// What was found in it.
pub(super) struct Found {
    /// The leaves that are whole, in order.
    pub leaves: Vec<Vec<u8>>,
    /// The newest checkpoint that was written.
    pub checkpoint: Option<String>,
}

impl Folder {
    /// Opens the folder, or makes it, and cuts off what is not whole. The caller compares with the checkpoint.
    pub fn open(path: &Path) -> io::Result<(Folder, Found)> {
        std::fs::create_dir_all(path)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(path.join(LEAVES))?;
        sync_folder(path)?;
        let (leaves, whole) = read(&mut file)?;
        let checkpoint = match std::fs::read_to_string(path.join(CHECKPOINT)) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        file.seek(SeekFrom::Start(whole))?;
        let path = path.to_owned();
        Ok((Folder { path, file }, Found { leaves, checkpoint }))
    }

    /// The same file for reading.
    pub fn reader(&self) -> io::Result<File> {
        File::open(self.path.join(LEAVES))
    }
}

impl Medium for Folder {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)?;
        self.file.seek(SeekFrom::Start(length))?;
        self.file.sync_data()
    }

    fn checkpoint(&mut self, note: &str) -> io::Result<()> {
        replace(&self.path, CHECKPOINT, note.as_bytes())
    }
}

/// A leaf as it is written.
pub(super) fn framed(leaf: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(leaf.len()).ok()?;
    let digest = Digest::of(leaf);
    Some([&length.to_be_bytes(), digest.as_bytes().as_slice(), leaf].concat())
}

/// The leaves up to the first that is not whole, and where that begins.
fn read(file: &mut File) -> io::Result<(Vec<Vec<u8>>, u64)> {
    let mut reader = io::BufReader::with_capacity(1 << 20, file);
    let (mut leaves, mut whole) = (Vec::new(), 0_u64);
    while let Some(leaf) = next(&mut reader)? {
        whole += (HEAD + leaf.len()) as u64;
        leaves.push(leaf);
    }
    Ok((leaves, whole))
}

fn next(reader: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut head = [0; HEAD];
    if !filled(reader, &mut head)? {
        return Ok(None);
    }
    let (length, digest) = head.split_at(2);
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    let mut leaf = vec![0; length.min(MAX_LEAF)];
    let is_whole = filled(reader, &mut leaf)? && Digest::of(&leaf).as_bytes() == digest;
    Ok(is_whole.then_some(leaf))
}

/// Whether there were enough bytes.
fn filled(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
