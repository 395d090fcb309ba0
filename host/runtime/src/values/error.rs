//! Why a JSON text is not a value of a type: where, what was expected, what was found, what was probably meant.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt::Write as _;

/// Characters of an offending value or key quoted in an error: enough to recognise it, too few to leak a document.
const MAX_QUOTED: usize = 40;

/// JSON that does not fit the type. It is the caller's to mend, and says how.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at {path}: expected {expected}, found {found}{}", hint_text(.hint))]
pub struct ValueError {
    /// Where, from the root `$`: `$.filter.limit`, `$.rows[3]`.
    pub path: String,
    /// What the type asks for, as a noun phrase.
    pub expected: String,
    /// What was there instead, as a noun phrase.
    pub found: String,
    /// What to do about it, where that can be guessed: ``did you mean `limit`?``
    pub hint: Option<String>,
}

fn hint_text(hint: &Option<String>) -> String {
    hint.as_ref()
        .map(|hint| format!("; {hint}"))
        .unwrap_or_default()
}

/// What is wrong, without where.
#[derive(Debug)]
pub(super) struct Fault {
    pub expected: String,
    pub found: String,
    pub hint: Option<String>,
}

/// Where a failure happened, gathered on the way out of the value: nothing is spent on a value that fits.
#[derive(Debug, Default)]
pub(super) struct Trail {
    fault: RefCell<Option<Fault>>,
    steps: RefCell<Vec<Step>>,
}

/// One step from a value to a value inside it.
#[derive(Debug)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

impl Trail {
    /// Remember what is wrong; the first fault stays.
    pub fn fail(&self, fault: Fault) {
        self.fault.borrow_mut().get_or_insert(fault);
    }

    /// Remember that the failure was inside this step.
    pub fn inside(&self, step: Step) {
        self.steps.borrow_mut().push(step);
    }

    /// The finished error. Without a fault of ours it was the JSON text itself that was broken.
    pub fn into_error(self, parser: &serde_json::Error) -> ValueError {
        let fault = self.fault.into_inner().unwrap_or_else(|| Fault {
            expected: "well-formed JSON".to_owned(),
            found: format!("a mistake ({parser})"),
            hint: None,
        });
        let mut path = "$".to_owned();
        for step in self.steps.into_inner().iter().rev() {
            step.append_to(&mut path);
        }
        ValueError {
            path,
            expected: fault.expected,
            found: fault.found,
            hint: fault.hint,
        }
    }
}

impl Step {
    fn append_to(&self, path: &mut String) {
        let plain = |key: &str| {
            key.bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        // Writing to a string cannot fail.
        let _ = match self {
            Self::Index(index) => write!(path, "[{index}]"),
            Self::Key(key) if !key.is_empty() && key.len() <= MAX_QUOTED && plain(key) => {
                write!(path, ".{key}")
            }
            Self::Key(key) => write!(path, "[{}]", quoted(key)),
        };
    }
}

/// A string in quotes, shortened, so that it can stand in one line of an error.
pub(super) fn quoted(text: &str) -> String {
    // Debug escapes control, bidirectional and other invisible characters as well, which JSON would let through.
    format!("{:?}", short(text))
}

/// JSON in one line of an error: shortened, its own quotes kept, what cannot be seen escaped as [`quoted`] does.
pub(super) fn shown(json: &str) -> String {
    let mut text = String::new();
    for character in short(json).chars() {
        match character {
            '"' | '\'' | '\\' => text.push(character),
            _ => text.extend(character.escape_debug()),
        }
    }
    text
}

/// The start of a text that may be long, with an ellipsis where it was.
pub(super) fn short(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// `"a", "b" or "c"`, shortened after eight.
pub(super) fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>, mark: &str) -> String {
    const MAX_LISTED: usize = 8;
    let (total, mut text) = (names.len(), String::new());
    for (place, name) in names.take(MAX_LISTED).enumerate() {
        let joint = match place {
            0 => "",
            _ if place + 1 == total => " or ",
            _ => ", ",
        };
        let _ = write!(text, "{joint}{mark}{}{mark}", short(name));
    }
    if total > MAX_LISTED {
        let _ = write!(text, " or {} more", total - MAX_LISTED);
    }
    text
}
