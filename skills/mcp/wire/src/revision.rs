//! The revisions of the protocol that are spoken.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A revision, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Revision {
    /// The first with Streamable HTTP.
    #[serde(rename = "2025-03-26")]
    V2025_03_26,
    /// Structured answers, and a header that names the revision.
    #[serde(rename = "2025-06-18")]
    V2025_06_18,
    /// The last with a handshake and sessions.
    #[serde(rename = "2025-11-25")]
    V2025_11_25,
    /// Every request stands alone.
    #[serde(rename = "2026-07-28")]
    V2026_07_28,
}

impl Revision {
    /// Every one.
    pub const ALL: [Revision; 4] = [
        Revision::V2025_03_26,
        Revision::V2025_06_18,
        Revision::V2025_11_25,
        Revision::V2026_07_28,
    ];

    /// The one that is asked for in a handshake: the newest that has one.
    pub const SHAKING_HANDS: Revision = Revision::V2025_11_25;

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Revision::V2025_03_26 => "2025-03-26",
            Revision::V2025_06_18 => "2025-06-18",
            Revision::V2025_11_25 => "2025-11-25",
            Revision::V2026_07_28 => "2026-07-28",
        }
    }

    /// The one of this name.
    pub fn of(text: &str) -> Option<Revision> {
        Revision::ALL.into_iter().find(|one| one.as_str() == text)
    }

    /// Whether every request stands alone: no handshake and no session.
    pub fn stands_alone(self) -> bool {
        self >= Revision::V2026_07_28
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
