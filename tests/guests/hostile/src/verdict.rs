//! What came of an attempt.

use std::fmt::{self, Debug, Display};

/// What came of an attempt.
pub enum Verdict {
    /// It worked.
    GotIn(String),
    /// The host stopped it.
    KeptOut(String),
    /// Neither: a plain fact for the test to judge.
    Fact(String),
}

impl Verdict {
    /// One attempt.
    pub fn of<T: Debug, E: Display>(attempt: Result<T, E>) -> Verdict {
        match attempt {
            Ok(got) => Verdict::GotIn(format!("{got:?}")),
            Err(error) => Verdict::KeptOut(error.to_string()),
        }
    }

    /// Several attempts, each with its name: kept out only if every one was.
    pub fn all<'a>(
        attempts: impl IntoIterator<Item = (&'a str, Result<String, String>)>,
    ) -> Verdict {
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        for (name, attempt) in attempts {
            match attempt {
                Ok(got) => inside.push(format!("{name}: {got}")),
                Err(error) => outside.push(format!("{name}: {error}")),
            }
        }
        match inside.is_empty() {
            true => Verdict::KeptOut(outside.join("; ")),
            false => Verdict::GotIn(inside.join("; ")),
        }
    }
}

impl Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::GotIn(what) => write!(f, "got in: {what}"),
            Verdict::KeptOut(why) => write!(f, "kept out: {why}"),
            Verdict::Fact(fact) => f.write_str(fact),
        }
    }
}
