//! The lines of a trail from its end back, in blocks.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use crate::audit::{record::MAX_RECORD, segments};

/// Bytes read at a time; more only for a record that is longer.
const BLOCK: u64 = 64 << 10;

/// Reads a trail backwards.
pub struct Backwards {
    folder: PathBuf,
    /// Segments before the one that is read, the last of them last.
    before: Vec<u64>,
    segment: u64,
    file: Option<File>,
    /// What is at `from` of the file.
    block: Vec<u8>,
    from: u64,
    /// How many bytes of the block are not passed yet.
    left: usize,
}

impl Backwards {
    /// From the end, or from a place before.
    ///
    /// # Errors
    /// When the folder or a segment cannot be read.
    pub fn open(folder: &Path, place: Option<(u64, u64)>) -> io::Result<Self> {
        let mut before = segments::list(folder)?;
        if let Some((segment, _)) = place {
            before.retain(|number| *number <= segment);
        }
        let mut lines = Backwards {
            folder: folder.to_owned(),
            before,
            segment: 0,
            file: None,
            block: Vec::new(),
            from: 0,
            left: 0,
        };
        lines.open_before()?;
        if let Some((segment, offset)) = place
            && segment == lines.segment
        {
            lines.from = lines.from.min(offset);
        }
        Ok(lines)
    }

    /// The next line back, without its end, as long as it is not passed.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub fn peek(&mut self) -> io::Result<Option<&[u8]>> {
        loop {
            if self.start().is_none() && self.from > 0 {
                self.read_more()?;
            } else if self.left > 0 {
                break;
            } else if !self.open_before()? {
                return Ok(None);
            }
        }
        let line = &self.block[self.start().unwrap_or(0)..self.left];
        Ok(Some(line.strip_suffix(b"\n").unwrap_or(line)))
    }

    /// Passes the line that was looked at.
    pub fn pass(&mut self) {
        self.left = self.start().unwrap_or(0);
    }

    /// Behind what is not passed yet.
    pub fn place(&self) -> (u64, u64) {
        (self.segment, self.from + self.left as u64)
    }

    /// Where the last line of the block begins; nothing when that is not in it.
    fn start(&self) -> Option<usize> {
        let block = &self.block[..self.left];
        let inner = block.strip_suffix(b"\n").unwrap_or(block);
        memchr::memrchr(b'\n', inner).map(|end| end + 1)
    }

    fn read_more(&mut self) -> io::Result<()> {
        let Some(file) = &self.file else {
            self.from = 0;
            return Ok(());
        };
        // A line that is longer than any record is none: it comes in pieces.
        if self.left > MAX_RECORD {
            self.left = 0;
        }
        let count = self.from.min(BLOCK.max(self.left as u64));
        let mut block = vec![0; usize::try_from(count).unwrap_or(0)];
        file.read_exact_at(&mut block, self.from - count)?;
        block.extend_from_slice(&self.block[..self.left]);
        self.from -= count;
        (self.left, self.block) = (block.len(), block);
        Ok(())
    }

    fn open_before(&mut self) -> io::Result<bool> {
        let Some(segment) = self.before.pop() else {
            return Ok(false);
        };
        let file = File::open(segments::path(&self.folder, segment))?;
        self.from = file.metadata()?.len();
        self.file = Some(file);
        (self.segment, self.left) = (segment, 0);
        Ok(true)
    }
}
