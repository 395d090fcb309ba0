//! The files of a trail: `00000001.jsonl` and so on, in a folder of its own.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use super::record::{MAX_RECORD, Sealed};

/// Where a segment is.
pub fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:08}.jsonl"))
}

/// The segments there are, in order.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(folder: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        numbers.extend(name.to_str().and_then(number));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

fn number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".jsonl")?;
    let is_ours = digits.len() >= 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_ours.then(|| digits.parse().ok())?
}

/// The trails below `root`, in order: folders with segments. `root` itself when it is one.
///
/// # Errors
/// When the folder cannot be read.
pub fn trails(root: &Path) -> io::Result<Vec<PathBuf>> {
    if !list(root)?.is_empty() {
        return Ok(vec![root.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root)? {
        let path = entry?.path();
        if path.is_dir() && !list(&path)?.is_empty() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// What comes next in a segment.
pub enum Next<'l> {
    /// A line, without its end.
    Line(&'l [u8]),
    /// What is behind the last line end.
    Torn,
    /// Nothing.
    End,
}

/// A segment from its start, one line in memory at a time.
pub struct Lines {
    reader: BufReader<File>,
    line: Vec<u8>,
}

impl Lines {
    /// Of this file.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Lines {
            reader: BufReader::with_capacity(64 << 10, File::open(path)?),
            line: Vec::new(),
        })
    }

    /// The next line. One that is longer than any record comes in pieces, none of which is a record.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read_next(&mut self) -> io::Result<Next<'_>> {
        self.line.clear();
        let mut bounded = (&mut self.reader).take(MAX_RECORD as u64);
        let count = bounded.read_until(b'\n', &mut self.line)?;
        if count == 0 {
            return Ok(Next::End);
        }
        Ok(match self.line.strip_suffix(b"\n") {
            Some(line) => Next::Line(line),
            None if count == MAX_RECORD => Next::Line(&self.line),
            None => Next::Torn,
        })
    }
}

/// The last line of a segment that is a whole record; nothing when it has none at its end.
///
/// # Errors
/// When it cannot be read.
pub fn last(path: &Path) -> io::Result<Option<super::record::Head>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let from = length.saturating_sub(MAX_RECORD as u64);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(MAX_RECORD as u64).read_to_end(&mut bytes)?;
    let Some(lines) = bytes.strip_suffix(b"\n") else {
        return Ok(None);
    };
    let start = lines.iter().rposition(|byte| *byte == b'\n');
    let line = &lines[start.map_or(0, |end| end + 1)..];
    let whole = Sealed::read(line).filter(Sealed::is_whole);
    Ok(whole.map(|record| record.head()))
}
