//! Whether a trail is as it was written, found out offline.
//!
//! What is found: every change of a record, every record that is missing, repeated or out of place, everything behind the last
//! whole record, and an end that is before the head.
//!
//! What cannot be: records are cut off the end and an older `head.json` is put back, or all is written anew by somebody who has
//! the key. A head kept elsewhere, given as [`Expected::head`], finds both. A cut within the last second before a crash looks
//! like the crash: the head that is kept is at most [`SYNC_EVERY`](super::SYNC_EVERY) old.

use std::{fmt, io, path::Path};

use serde::Deserialize;

use super::{
    head::{self, HeadKey, KeptHead},
    record::{Head, Sealed},
    segments::{self, Lines, Next},
};

/// Most findings that are told one by one.
pub const MAX_FINDINGS: usize = 100;

/// What the trail is compared with.
#[derive(Default)]
pub struct Expected {
    /// A head that was kept elsewhere.
    pub head: Option<Head>,
    /// The last record of what was moved elsewhere, where the trail does not begin at its beginning.
    pub after: Option<Head>,
    /// The key of `head.json`; without one it is believed.
    pub key: Option<HeadKey>,
}

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A line is no record.
    Unreadable {
        /// In which segment.
        segment: u64,
        /// Which line of it, from 1.
        line: u64,
    },
    /// A record's bytes are not those its hash is of.
    Changed {
        /// Which.
        seq: u64,
    },
    /// A record does not follow the one before it.
    Unlinked {
        /// Which.
        seq: u64,
    },
    /// Records are not there.
    Missing {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
    /// A record is there again, or behind one that came later.
    OutOfPlace {
        /// Which.
        seq: u64,
    },
    /// Something is behind the last line of a segment.
    Torn {
        /// In which segment.
        segment: u64,
        /// Behind which record.
        after: u64,
    },
    /// The trail ends before a head.
    CutOff {
        /// Where it ends.
        last: u64,
        /// Where it should.
        head: u64,
    },
    /// The record of a head is another.
    OtherHead {
        /// Which.
        seq: u64,
    },
    /// There is no `head.json`.
    NoHead,
    /// `head.json` was not written with the key.
    ForgedHead,
    /// A host found, when it began, that the trail was not the one that was left.
    FoundBroken {
        /// The record that says so.
        seq: u64,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Unreadable { segment, line } => {
                write!(f, "segment {segment}: line {line} is no record")
            }
            Finding::Changed { seq } => write!(f, "record {seq} was changed"),
            Finding::Unlinked { seq } => {
                write!(f, "record {seq} does not follow the one before it")
            }
            Finding::Missing { from, to } if from == to => write!(f, "record {from} is missing"),
            Finding::Missing { from, to } => write!(f, "records {from} to {to} are missing"),
            Finding::OutOfPlace { seq } => {
                write!(f, "record {seq} is there twice, or behind a later one")
            }
            Finding::Torn { segment, after } => {
                write!(
                    f,
                    "segment {segment}: what is behind record {after} is no whole record"
                )
            }
            Finding::CutOff { last, head } => {
                write!(
                    f,
                    "the trail ends with record {last}, and had record {head}"
                )
            }
            Finding::OtherHead { seq } => write!(f, "record {seq} is not the one the head names"),
            Finding::NoHead => f.write_str("head.json is missing"),
            Finding::ForgedHead => f.write_str("head.json was not written with the key"),
            Finding::FoundBroken { seq } => write!(
                f,
                "record {seq} says that the trail was cut or changed while no host ran"
            ),
        }
    }
}

/// What was found.
#[derive(Debug)]
pub struct Verified {
    /// Records.
    pub records: u64,
    /// The last of them.
    pub head: Head,
    /// How often a crash left a part of a record, which was set aside.
    pub torn: u64,
    /// Records that could not be written: the disk was full.
    pub lost: u64,
    /// What is wrong, in order; at most [`MAX_FINDINGS`].
    pub findings: Vec<Finding>,
    /// Findings beside these.
    pub more: u64,
}

impl Verified {
    /// Whether nothing is wrong.
    pub fn is_whole(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Reads the trail in `folder` from its beginning, one record in memory at a time.
///
/// # Errors
/// When a file cannot be read.
pub fn verify(folder: &Path, expected: &Expected) -> io::Result<Verified> {
    // Before the segments: a host may be writing, and the head only grows.
    let kept = head::read(folder, expected.key.as_ref())?;
    let mut walk = Walk::new(expected, &kept);
    for segment in segments::list(folder)? {
        let mut lines = Lines::open(&segments::path(folder, segment))?;
        let mut line = 0;
        loop {
            line += 1;
            match lines.read_next()? {
                Next::Line(text) => walk.line(segment, line, text),
                Next::Torn => walk.torn(segment),
                Next::End => break,
            }
        }
    }
    Ok(walk.end(&kept))
}

struct Walk {
    last: Head,
    heads: Vec<(Head, bool)>,
    verified: Verified,
}

/// What a record about the host says.
#[derive(Deserialize)]
struct OfHost {
    state: String,
    #[serde(default)]
    count: u64,
}

impl Walk {
    fn new(expected: &Expected, kept: &KeptHead) -> Self {
        let last = expected.after.unwrap_or(Head::NONE);
        let kept = match kept {
            KeptHead::Is(head) => Some(*head),
            KeptHead::Missing | KeptHead::Forged => None,
        };
        let heads = expected.head.into_iter().chain(kept);
        Walk {
            last,
            heads: heads.map(|head| (head, head == last)).collect(),
            verified: Verified {
                records: 0,
                head: last,
                torn: 0,
                lost: 0,
                findings: Vec::new(),
                more: 0,
            },
        }
    }

    fn line(&mut self, segment: u64, line: u64, text: &[u8]) {
        let Some(record) = Sealed::read(text) else {
            return self.find(Finding::Unreadable { segment, line });
        };
        self.verified.records += 1;
        self.place(&record);
        if !record.is_whole() {
            self.find(Finding::Changed { seq: record.seq });
        }
        for (head, is_met) in &mut self.heads {
            *is_met |= *head == record.head();
        }
        if record.is_of("host") {
            self.of_host(record.seq, text);
        }
    }

    /// Goes on from where the record says it is, so that one fault is told once.
    fn place(&mut self, record: &Sealed<'_>) {
        let (seq, due) = (record.seq, self.last.seq.saturating_add(1));
        if seq > due {
            self.find(Finding::Missing {
                from: due,
                to: seq - 1,
            });
        } else if seq < due {
            return self.find(Finding::OutOfPlace { seq });
        } else if record.prev != self.last.hash {
            self.find(Finding::Unlinked { seq });
        }
        self.last = record.head();
        self.verified.head = self.last;
    }

    fn of_host(&mut self, seq: u64, text: &[u8]) {
        let Ok(said) = serde_json::from_slice::<OfHost>(text) else {
            return;
        };
        match said.state.as_str() {
            "torn" => self.verified.torn += 1,
            "lost" => self.verified.lost = self.verified.lost.saturating_add(said.count),
            "broken" => self.find(Finding::FoundBroken { seq }),
            _ => {}
        }
    }

    fn torn(&mut self, segment: u64) {
        let after = self.last.seq;
        self.find(Finding::Torn { segment, after });
    }

    fn end(mut self, kept: &KeptHead) -> Verified {
        let last = self.last.seq;
        for (head, is_met) in std::mem::take(&mut self.heads) {
            match is_met {
                true => {}
                false if head.seq > last => self.find(Finding::CutOff {
                    last,
                    head: head.seq,
                }),
                false => self.find(Finding::OtherHead { seq: head.seq }),
            }
        }
        match kept {
            KeptHead::Is(_) => {}
            KeptHead::Missing => self.find(Finding::NoHead),
            KeptHead::Forged => self.find(Finding::ForgedHead),
        }
        self.verified
    }

    fn find(&mut self, finding: Finding) {
        match self.verified.findings.len() < MAX_FINDINGS {
            true => self.verified.findings.push(finding),
            false => self.verified.more += 1,
        }
    }
}
