//! What calling a tool does to the world.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What calling a tool does to the world, from harmless to final.
///
/// The order is the order of caution: a ceiling of [`Effect::Idempotent`] admits `read` and `idempotent`, nothing
/// beyond. A tool whose effect nobody declared counts as [`Effect::Destructive`]: assume the worst.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Looks, changes nothing.
    Read,
    /// Changes something; doing it twice is the same as doing it once.
    Idempotent,
    /// Changes something; doing it twice does it twice.
    Write,
    /// May destroy something that cannot be brought back.
    #[default]
    Destructive,
}

impl Effect {
    /// Every effect, in order of caution.
    pub const ALL: [Effect; 4] = [
        Effect::Read,
        Effect::Idempotent,
        Effect::Write,
        Effect::Destructive,
    ];

    /// The word used in manifests and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Effect::Read => "read",
            Effect::Idempotent => "idempotent",
            Effect::Write => "write",
            Effect::Destructive => "destructive",
        }
    }

    /// Whether a call that may or may not have happened can simply be made again.
    pub const fn may_repeat(self) -> bool {
        matches!(self, Effect::Read | Effect::Idempotent)
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word is none of the four effects.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no effect; it is one of read, idempotent, write, destructive")]
pub struct UnknownEffect(String);

impl FromStr for Effect {
    type Err = UnknownEffect;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Effect::ALL
            .into_iter()
            .find(|effect| effect.as_str() == text)
            .ok_or_else(|| UnknownEffect(crate::ids::shown(text)))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::Effect;

    #[test]
    fn unknown_means_the_worst() {
        assert_eq!(Effect::default(), Effect::Destructive);
        assert!("Read".parse::<Effect>().is_err());
    }

    #[test]
    fn text_and_serde_agree_and_the_order_is_caution() {
        for effect in Effect::ALL {
            assert_eq!(effect.as_str().parse::<Effect>().unwrap(), effect);
            let json = serde_json::to_string(&effect).unwrap();
            assert_eq!(json, format!("\"{effect}\""));
        }
        assert!(Effect::ALL.is_sorted());
        assert!(Effect::Idempotent.may_repeat() && !Effect::Write.may_repeat());
    }
}
