//! HTTP methods and sets of them.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Longest method, in bytes; the longest registered one (RFC 3253) has 16.
const MAX_METHOD_BYTES: usize = 32;

/// Methods kept without allocating.
const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Never allowed: `CONNECT` opens a tunnel past every rule, `TRACE` echoes the credential attached at egress.
const REFUSED: [&str; 2] = ["CONNECT", "TRACE"];

/// An HTTP method: capital letters, digits, `-` and `_`, and neither `CONNECT` nor `TRACE`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Method(Cow<'static, str>);

impl Method {
    /// `GET`.
    pub const GET: Method = Method(Cow::Borrowed("GET"));
    /// `POST`.
    pub const POST: Method = Method(Cow::Borrowed("POST"));

    /// The token as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not a method that may be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMethod {
    /// Not a token in capitals.
    #[error("`{0}` is no HTTP method; write a token in capitals, such as `GET`")]
    Malformed(String),
    /// `CONNECT` or `TRACE`.
    #[error("the method {0} is never allowed")]
    Refused(&'static str),
}

impl FromStr for Method {
    type Err = InvalidMethod;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(known) = KNOWN.into_iter().find(|known| *known == text) {
            return Ok(Method(Cow::Borrowed(known)));
        }
        if let Some(refused) = REFUSED.into_iter().find(|refused| *refused == text) {
            return Err(InvalidMethod::Refused(refused));
        }
        let capital =
            |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
        let formed = (1..=MAX_METHOD_BYTES).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_uppercase())
            && text.bytes().all(capital);
        if formed {
            Ok(Method(Cow::Owned(text.to_owned())))
        } else {
            Err(InvalidMethod::Malformed(crate::ids::shown(text)))
        }
    }
}

impl TryFrom<String> for Method {
    type Error = InvalidMethod;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Method> for String {
    fn from(method: Method) -> Self {
        method.0.into_owned()
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The methods a rule admits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MethodSet {
    /// Every method that may be used at all; written `["*"]`, in grants only.
    Any,
    /// These and no others.
    Listed(Vec<Method>),
}

impl MethodSet {
    /// Whether the set admits the method.
    pub fn matches(&self, method: &Method) -> bool {
        match self {
            MethodSet::Any => true,
            MethodSet::Listed(methods) => methods.contains(method),
        }
    }

    /// Whether everything `other` admits is admitted here too.
    pub fn covers(&self, other: &MethodSet) -> bool {
        match (self, other) {
            (MethodSet::Any, _) => true,
            (MethodSet::Listed(_), MethodSet::Any) => false,
            (MethodSet::Listed(_), MethodSet::Listed(methods)) => {
                methods.iter().all(|method| self.matches(method))
            }
        }
    }
}

impl fmt::Display for MethodSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MethodSet::Any => f.write_str("any method"),
            MethodSet::Listed(methods) => {
                let words: Vec<&str> = methods.iter().map(Method::as_str).collect();
                f.write_str(&words.join(", "))
            }
        }
    }
}
