//! Who wrote a thought.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The provider and model that wrote an opaque block: the only ones that can read it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Origin {
    /// The wire format and the authority of its base URL: `anthropic@api.anthropic.com`.
    pub provider: String,
    /// The model as the candidate names it.
    pub model: String,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.model, self.provider)
    }
}
