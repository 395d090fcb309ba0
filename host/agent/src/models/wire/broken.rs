//! Why an answer cannot be read.

use super::limits::MAX_QUOTED_CHARACTERS;
use crate::models::{FailureKind, ModelFailure};

/// An answer breaks its format or is too much.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// More than is taken.
    #[error("{0} of the answer is larger than the host takes")]
    TooLarge(&'static str),
    /// Not UTF-8.
    #[error("the answer is not UTF-8")]
    NotUtf8,
    /// Not JSON, or not as the format has it.
    #[error("the answer is not what the provider's format has: {0}")]
    Malformed(String),
    /// Over before its end.
    #[error("the answer broke off before its end")]
    TooShort,
    /// The provider says so itself.
    #[error("{0}")]
    Said(ModelFailure),
}

impl From<Broken> for ModelFailure {
    fn from(broken: Broken) -> Self {
        let kind = match &broken {
            Broken::Said(failure) => return failure.clone(),
            Broken::TooLarge(_) => FailureKind::TooLarge,
            Broken::NotUtf8 | Broken::Malformed(_) => FailureKind::Malformed,
            Broken::TooShort => FailureKind::BrokenOff,
        };
        ModelFailure::new(kind, sentence(&broken.to_string()))
    }
}

/// A capital first, a full stop last, no control characters and not endless.
pub fn sentence(text: &str) -> String {
    let plain = |character: char| {
        if character.is_control() {
            ' '
        } else {
            character
        }
    };
    let mut letters = text.trim().chars().map(plain);
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let mut sentence: String = first.chain(letters).take(MAX_QUOTED_CHARACTERS).collect();
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}
