//! The small texts of leaves. Leaves are for ever, so there is no room in them for more than a sentence, and none for an address.

use std::{fmt, str::FromStr};

use metier_core::ids::shown;
use serde::{Deserialize, Serialize};

/// Longest reason, in characters.
const MAX_REASON: usize = 300;

macro_rules! text {
    ($( $(#[$doc:meta])* $name:ident: $error:ident; )*) => { $(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    )* };
}

text! {
    /// An account of the market: `acme`. A name the account chose, and no address of a person.
    Account: InvalidAccount;

    /// Why something was done: one line of up to 300 characters, none of them hidden.
    Reason: InvalidReason;

    /// What a version costs, as the catalogue shows it: one line, like a [`Reason`].
    Price: InvalidReason;

    /// Where a namespace was proven, as the market wrote it down: one line.
    Word: InvalidReason;
}

/// The text is no account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no account; use 1 to 64 of a-z 0-9 with single hyphens between")]
pub struct InvalidAccount(String);

impl FromStr for Account {
    type Err = InvalidAccount;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let mut words = text.split('-');
        let fits =
            text.len() <= 64 && words.all(|word| !word.is_empty() && word.bytes().all(plain));
        match fits {
            true => Ok(Account(text.to_owned())),
            false => Err(InvalidAccount(shown(text))),
        }
    }
}

/// The text is no plain line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is no text for a leaf: write one line of 1 to {MAX_REASON} characters, none of them hidden"
)]
pub struct InvalidReason;

impl Reason {
    /// What is said of versions that are void.
    pub(super) fn of_void() -> Self {
        Reason("its key was in other hands when it was signed".to_owned())
    }
}

/// One line that reads as it is.
fn line(text: &str) -> Result<String, InvalidReason> {
    let short = (1..=MAX_REASON).contains(&text.chars().count());
    // What cannot be shown is replaced there; what is as it was has nothing hidden.
    let plain = text
        .chars()
        .all(|c| shown(c.encode_utf8(&mut [0; 4])).starts_with(c));
    match short && plain && text.trim() == text {
        true => Ok(text.to_owned()),
        false => Err(InvalidReason),
    }
}

impl FromStr for Reason {
    type Err = InvalidReason;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        line(text).map(Reason)
    }
}

impl FromStr for Price {
    type Err = InvalidReason;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        line(text).map(Price)
    }
}

impl FromStr for Word {
    type Err = InvalidReason;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        line(text).map(Word)
    }
}
