//! The one-word names: tools, tenants, principals, calls, credentials, buckets, routes and configuration keys.

use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

/// A name breaks its rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no {kind}: {rule}")]
pub struct InvalidName {
    text: String,
    kind: &'static str,
    rule: &'static str,
}

impl InvalidName {
    /// What the name was for, for instance `tool name`.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The rule it breaks, as a sentence fragment.
    pub fn rule(&self) -> &'static str {
        self.rule
    }
}

macro_rules! names {
    ($( $(#[$doc:meta])* $name:ident: $kind:literal, $rule:literal, $check:expr; )*) => { $(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let check: fn(&str) -> bool = $check;
                if check(text) {
                    Ok($name(text.into()))
                } else {
                    Err(InvalidName { text: super::shown(text), kind: $kind, rule: $rule })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl TryFrom<&str> for $name {
            type Error = InvalidName;

            fn try_from(text: &str) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.as_ref().to_owned()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
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

names! {
    /// A function a skill exports, as a model or an MCP client names it: `query`, `records.get-one`.
    ToolName: "tool name", "use 1 to 128 of A-Z a-z 0-9 . _ -",
        |text| within(text, 128, |byte| is_word(byte) || byte == b'.');

    /// Whose data and grants a call runs under: `acme`, `local`.
    TenantId: "tenant", "use 1 to 64 of a-z 0-9 . _ -, beginning with a letter or digit",
        |text| within(text, 64, is_lower) && starts_alphanumeric(text);

    /// Who makes a call: a person, a key or a workload, `ada@acme.example`, `run/7f3a`.
    PrincipalId: "principal", "use 1 to 256 of A-Z a-z 0-9 . _ - @ : / + | =",
        |text| within(text, 256, |byte| is_word(byte) || b".@:/+|=".contains(&byte));

    /// One call, unique in its host's lifetime; it is in every log line, audit record and error.
    CallId: "call id", "use 1 to 64 of A-Z a-z 0-9 _ -",
        |text| within(text, 64, is_word);

    /// A credential as manifest and grant both call it: `salesforce`.
    CredentialName: "credential name", "use 1 to 64 of a-z 0-9 . _ -, beginning with a letter or digit",
        |text| within(text, 64, is_lower) && starts_alphanumeric(text);

    /// A key-value bucket: `cache`.
    BucketName: "bucket name", "use 1 to 64 of a-z 0-9 . _ -, beginning with a letter or digit",
        |text| within(text, 64, is_lower) && starts_alphanumeric(text);

    /// A route to models, as a routes file calls it: `drafting`.
    RouteName: "route name", "use 1 to 64 of A-Z a-z 0-9 . _ -",
        |text| within(text, 64, |byte| is_word(byte) || byte == b'.');

    /// A configuration value a skill may read: `instance-url`.
    ConfigKey: "configuration key", "use 1 to 128 of A-Z a-z 0-9 . _ -",
        |text| within(text, 128, |byte| is_word(byte) || byte == b'.');
}

/// Between 1 and `max` bytes, each of the alphabet.
fn within(text: &str, max: usize, alphabet: fn(u8) -> bool) -> bool {
    (1..=max).contains(&text.len()) && text.bytes().all(alphabet)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn is_lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte)
}

fn starts_alphanumeric(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
}

impl TenantId {
    /// The tenant of a host that has only one: `local`.
    pub fn local() -> Self {
        TenantId("local".into())
    }
}

impl PrincipalId {
    /// The person at the keyboard of a command line: `local`.
    pub fn local() -> Self {
        PrincipalId("local".into())
    }
}
