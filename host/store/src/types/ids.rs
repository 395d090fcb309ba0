//! The names things go by: checked once, trusted from there on.

use std::{fmt, str::FromStr, sync::Arc};

/// A text or number is not the identifier it was meant to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no {kind}: {rule}")]
pub struct InvalidId {
    text: String,
    kind: &'static str,
    rule: &'static str,
}

impl InvalidId {
    fn new(text: &str, kind: &'static str, rule: &'static str) -> Self {
        let text = text.chars().filter(|c| !c.is_control()).take(80).collect();
        InvalidId { text, kind, rule }
    }
}

/// Crockford's base 32, as ULIDs use it: no I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Digits of a 128-bit number in base 32.
const DIGITS: usize = 26;

fn encode(number: u128) -> String {
    let digit = |place: usize| ALPHABET[(number >> (5 * place) & 31) as usize];
    (0..DIGITS)
        .rev()
        .map(|place| char::from(digit(place)))
        .collect()
}

fn decode(text: &str) -> Option<u128> {
    if text.len() != DIGITS || text.as_bytes()[0] > b'7' {
        return None;
    }
    text.bytes().try_fold(0u128, |number, byte| {
        let value = ALPHABET.iter().position(|digit| *digit == byte)?;
        Some(number << 5 | value as u128)
    })
}

macro_rules! numbers {
    ($( $(#[$doc:meta])* $name:ident: $kind:literal; )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// The identifier with this number. The caller chooses; nothing here draws random numbers.
            pub const fn new(number: u128) -> Self {
                $name(number)
            }

            /// The number.
            pub const fn number(self) -> u128 {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let rule = "26 digits of 0-9 and A-Z without I, L, O and U, as a ULID has";
                decode(text).map($name).ok_or_else(|| InvalidId::new(text, $kind, rule))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )* };
}

numbers! {
    /// One run, unique for ever: 128 bits, written as 26 digits. A ULID makes listings come in order of creation.
    RunId: "run id";

    /// One operation on a journal: repeated with the same id it is done once. Unique within its run.
    OpId: "operation id";
}

macro_rules! texts {
    ($( $(#[$doc:meta])* $name:ident: $kind:literal; )*) => { $(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                if is_key(text) {
                    Ok($name(text.into()))
                } else {
                    Err(InvalidId::new(text, $kind, "use 1 to 256 visible ASCII characters"))
                }
            }
        }

        impl TryFrom<&str> for $name {
            type Error = InvalidId;

            fn try_from(text: &str) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }
    )* };
}

texts! {
    /// Where runs of one placement policy wait: `default`, `eu-only`. Hosts decide which pools they serve.
    PoolId: "pool";

    /// One host process, for people to read. A restarted host may keep its id: epochs tell the two apart.
    HostId: "host id";

    /// What a signal is about: `approval/7`, `timer/3`. Unique within its run for ever, also after consumption.
    SignalKey: "signal key";

    /// An account of a tenant, for money used and money reserved: `run/01J…`, `agent/account-review`, `tenant`.
    AccountName: "account";

    /// What a reservation, a posted ledger line, a catalog entry or a memory is known by.
    Key: "key";

    /// Which catalog an entry is in (`agent`, `approval`), what sort of event or label something is.
    Kind: "kind";
}

/// Longest text identifier, in bytes: what indexes of both databases hold with ease.
const MAX_KEY_BYTES: usize = 256;

fn is_key(text: &str) -> bool {
    (1..=MAX_KEY_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
