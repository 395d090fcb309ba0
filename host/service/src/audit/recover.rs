//! Where a trail is taken up again, after whatever end its last host had.

use std::{
    fs::{self, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use super::{
    head::{self, HeadKey, KeptHead},
    record::{Head, Sealed},
    segments::{self, Lines, Next},
};

/// Where a writer goes on.
#[derive(Debug)]
pub struct Found {
    /// In which segment.
    pub segment: u64,
    /// Behind how many bytes of it.
    pub size: u64,
    /// After which record.
    pub head: Head,
    /// What was set aside: how many bytes, in which file.
    pub torn: Option<(u64, String)>,
    /// What the kept head says, where the trail has no such record.
    pub broken: Option<String>,
}

/// Looks where the trail in `folder` ends. What is behind its last whole record is moved to a file of its own, `….torn`.
///
/// # Errors
/// When the folder cannot be read or changed.
pub fn recover(folder: &Path, key: &HeadKey) -> io::Result<Found> {
    let kept = head::read(folder, Some(key))?;
    let all = segments::list(folder)?;
    let Some((&last, before)) = all.split_last() else {
        if kept == KeptHead::Missing {
            head::write(folder, key, &Head::NONE)?;
        }
        let broken = broken(&kept, &Walked::at(Head::NONE, kept_seq(&kept)));
        return Ok(Found {
            segment: 1,
            size: 0,
            head: Head::NONE,
            torn: None,
            broken,
        });
    };
    let path = segments::path(folder, last);
    let start = match before.last() {
        None => Some(Head::NONE),
        Some(number) => segments::last(&segments::path(folder, *number))?,
    };
    let walked = walk(&path, start, kept_seq(&kept))?;
    let torn = set_aside(folder, &path, last, walked.size)?;
    Ok(Found {
        segment: last,
        size: walked.size,
        head: walked.head,
        torn,
        broken: broken(&kept, &walked),
    })
}

/// What a walk through a segment found.
struct Walked {
    head: Head,
    size: u64,
    first: Option<u64>,
    wanted: u64,
    /// The record with the number that was looked for.
    met: Option<Head>,
}

impl Walked {
    fn at(head: Head, wanted: u64) -> Self {
        Walked {
            head,
            size: 0,
            first: None,
            wanted,
            met: (head.seq == wanted).then_some(head),
        }
    }

    fn step(&mut self, record: &Sealed<'_>, length: usize) {
        self.head = record.head();
        self.size += length as u64 + 1;
        self.first.get_or_insert(record.seq);
        if record.seq == self.wanted {
            self.met = Some(self.head);
        }
    }
}

/// As far as each record follows the one before. Where the segment before has no end, the first record is believed.
fn walk(path: &Path, start: Option<Head>, wanted: u64) -> io::Result<Walked> {
    let mut walked = Walked::at(start.unwrap_or(Head::NONE), wanted);
    let mut believed = start.is_none();
    let mut lines = Lines::open(path)?;
    while let Next::Line(line) = lines.read_next()? {
        let Some(record) = Sealed::read(line).filter(Sealed::is_whole) else {
            break;
        };
        let follows =
            record.seq == walked.head.seq.saturating_add(1) && record.prev == walked.head.hash;
        if !follows && !believed {
            break;
        }
        believed = false;
        walked.step(&record, line.len());
    }
    Ok(walked)
}

fn set_aside(
    folder: &Path,
    path: &Path,
    segment: u64,
    size: u64,
) -> io::Result<Option<(u64, String)>> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let rest = file.metadata()?.len().saturating_sub(size);
    if rest == 0 {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(size))?;
    let name = free_name(folder, segment, size);
    let mut aside = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(folder.join(&name))?;
    io::copy(&mut (&mut file).take(rest), &mut aside)?;
    aside.sync_all()?;
    file.set_len(size)?;
    file.sync_all()?;
    Ok(Some((rest, name)))
}

/// The same place may be torn more than once.
fn free_name(folder: &Path, segment: u64, size: u64) -> String {
    let name = |count: u64| format!("{segment:08}-{size}-{count}.torn");
    let is_free = |name: &String| fs::symlink_metadata(folder.join(name)).is_err();
    (0..).map(name).find(is_free).unwrap_or_default()
}

fn kept_seq(kept: &KeptHead) -> u64 {
    match kept {
        KeptHead::Is(head) => head.seq,
        KeptHead::Missing | KeptHead::Forged => 0,
    }
}

/// Why the trail is not the one whose head was kept. The walk saw the last segment only: of a kept head before it nothing is known
/// here, and `verify` finds out.
fn broken(kept: &KeptHead, walked: &Walked) -> Option<String> {
    match kept {
        KeptHead::Missing => (walked.head != Head::NONE).then(|| "head.json is missing".into()),
        KeptHead::Forged => Some("head.json was not written with the key".into()),
        KeptHead::Is(head) => {
            // A host that is killed between two segments leaves an empty one.
            let first = walked.first.unwrap_or(walked.head.seq);
            let is_before = head.seq < first;
            let is_met = walked.met == Some(*head);
            (!is_met && !is_before).then(|| format!("head.json says {head}"))
        }
    }
}
