//! Who can mend a failure.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Who can mend a failure: the first one to look at it, not the one to be angry with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blame {
    /// Whoever made the call: change the arguments or ask for something else.
    Caller,
    /// The author of the skill: the file has to change.
    Skill,
    /// Whoever runs the host: a grant, a credential or a setting has to change.
    Operator,
    /// The host itself: too busy, out of room or broken.
    Host,
    /// The service the skill talks to.
    Upstream,
}

impl Blame {
    /// Every party.
    pub const ALL: [Blame; 5] = [
        Blame::Caller,
        Blame::Skill,
        Blame::Operator,
        Blame::Host,
        Blame::Upstream,
    ];

    /// The word used on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Blame::Caller => "caller",
            Blame::Skill => "skill",
            Blame::Operator => "operator",
            Blame::Host => "host",
            Blame::Upstream => "upstream",
        }
    }
}

impl fmt::Display for Blame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
