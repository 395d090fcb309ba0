//! Answers that were recorded, and the recorder.
//!
//! A recording is a folder with a file per answer, `0001-STEP.json`, `0002-STEP.json` …, in the order in which they came.
//! Each says what was asked, in short, and holds the whole answer; a person can read and change it.
//!
//! A replay gives a step the answer recorded under its name; for a step that was never recorded it gives the next answer
//! that no step of that name waits for, in the order of the files. Nothing is asked of anybody.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::{
    Answer, Delta, FORM_VERSION, FailureKind, Model, ModelFailure, Part, Question, Role, Sink,
};

/// Answers in one recording: a run of more steps is no example any more.
const MAX_ANSWERS: usize = 10_000;

/// Largest file of a recording, in bytes.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// Characters of a question that are written down.
const SHOWN_CHARACTERS: usize = 400;

/// One file of a recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Entry {
    version: u32,
    step: String,
    /// For the reader: how the last message began.
    #[serde(default)]
    asked: String,
    answer: Answer,
}

/// Why a recording cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The disk says no.
    #[error("the recording at {} cannot be used: {source}", .path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not one of ours.
    #[error("{} is no recorded answer: {why}", .path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Nothing is there.
    #[error("{} holds no recorded answers", .0.display())]
    Empty(PathBuf),
}

/// A model that answers from a recording.
#[derive(Debug)]
pub struct Recorded {
    answers: Mutex<BTreeMap<usize, Entry>>,
}

impl Recorded {
    /// Reads a recording, all of it.
    ///
    /// # Errors
    /// [`RecordingError`].
    pub fn open(folder: &Path) -> Result<Self, RecordingError> {
        let files = files(folder)?;
        let read = files
            .iter()
            .map(|file| read(file))
            .collect::<Result<Vec<_>, _>>()?;
        if read.is_empty() {
            return Err(RecordingError::Empty(folder.to_owned()));
        }
        Ok(Recorded {
            answers: Mutex::new(read.into_iter().enumerate().collect()),
        })
    }

    /// Answers that no step has taken yet.
    pub fn left(&self) -> usize {
        self.lock().len()
    }

    fn take(&self, step: &str) -> Option<Answer> {
        let mut answers = self.lock();
        let named = answers
            .iter()
            .find(|(_, entry)| entry.step == step)
            .map(|(at, _)| *at);
        let at = named.or_else(|| answers.keys().next().copied())?;
        answers.remove(&at).map(|entry| entry.answer)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, Entry>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Model for Recorded {
    fn ask<'a>(
        &'a self,
        question: &'a Question,
        sink: &'a dyn Sink,
    ) -> BoxFuture<'a, Result<Answer, ModelFailure>> {
        Box::pin(async move {
            let missing = || {
                let words = format!(
                    "The recording has no answer left for the step `{}`.",
                    question.step
                );
                ModelFailure::new(FailureKind::NotRecorded, words)
            };
            let answer = self.take(&question.step).ok_or_else(missing)?;
            replay(&answer, sink);
            Ok(answer)
        })
    }
}

/// Tells a listener what it would have heard.
fn replay(answer: &Answer, sink: &dyn Sink) {
    sink.delta(Delta::Begun {
        candidate: answer.candidate.clone(),
    });
    let mut index = 0;
    for part in &answer.message.parts {
        match part {
            Part::Text { text } | Part::Refusal { text } => {
                sink.delta(Delta::Text { text: text.clone() })
            }
            Part::Reasoning(reasoning) => {
                let summary = reasoning.summary.clone();
                summary
                    .into_iter()
                    .for_each(|text| sink.delta(Delta::Reasoning { text }));
            }
            Part::ToolCall(call) => {
                sink.delta(Delta::ToolCallBegun {
                    index,
                    id: call.id.clone(),
                    name: call.name.clone(),
                });
                index += 1;
            }
            Part::Image(_) | Part::Document(_) | Part::ToolResult(_) => {}
        }
    }
}

/// Asks another model and writes down what it answers, without the secrets it was told of.
pub struct Recorder<M> {
    model: M,
    folder: PathBuf,
    secrets: Vec<String>,
    count: Mutex<usize>,
}

impl<M: Model> Recorder<M> {
    /// Writes into this folder, which is made if need be and has to be empty of recordings. The secrets are blotted out
    /// wherever they occur; keys in well-known forms are blotted out without being told.
    ///
    /// # Errors
    /// [`RecordingError`].
    pub fn new(model: M, folder: &Path, secrets: Vec<String>) -> Result<Self, RecordingError> {
        let failed = |source| RecordingError::Io {
            path: folder.to_owned(),
            source,
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        if let Some(file) = files(folder)?.pop() {
            let why = "it is there already; record into an empty folder".to_owned();
            return Err(RecordingError::Invalid { path: file, why });
        }
        let secrets = secrets
            .into_iter()
            .filter(|secret| secret.len() >= 4)
            .collect();
        Ok(Recorder {
            model,
            folder: folder.to_owned(),
            secrets,
            count: Mutex::new(0),
        })
    }

    fn write(&self, question: &Question, answer: &Answer) -> Result<(), RecordingError> {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        *count += 1;
        let path = self
            .folder
            .join(format!("{count:04}-{}.json", in_file_name(&question.step)));
        let entry = Entry {
            version: FORM_VERSION,
            step: question.step.clone(),
            asked: asked(question),
            answer: answer.clone(),
        };
        let invalid = |error: serde_json::Error| RecordingError::Invalid {
            path: path.clone(),
            why: error.to_string(),
        };
        let mut json = serde_json::to_value(&entry).map_err(invalid)?;
        blot(&mut json, &self.secrets);
        let text = serde_json::to_string_pretty(&json).map_err(invalid)?;
        std::fs::write(&path, text + "\n").map_err(|source| RecordingError::Io { path, source })
    }
}

impl<M: Model> Model for Recorder<M> {
    /// An answer that cannot be written down is a failure: whoever records wants the recording.
    fn ask<'a>(
        &'a self,
        question: &'a Question,
        sink: &'a dyn Sink,
    ) -> BoxFuture<'a, Result<Answer, ModelFailure>> {
        Box::pin(async move {
            let answer = self.model.ask(question, sink).await?;
            let written = self.write(question, &answer);
            written.map_err(|error| ModelFailure {
                spent: answer.cost,
                ..ModelFailure::new(
                    FailureKind::NotRecorded,
                    format!("The answer was not recorded: {error}."),
                )
            })?;
            Ok(answer)
        })
    }
}

/// How the last thing that was said to the model begins.
fn asked(question: &Question) -> String {
    let mut messages = question.request.messages.iter().rev();
    let last = messages.find(|message| message.role == Role::User || message.role == Role::Tool);
    let words = last.map(|message| match message.role {
        Role::Tool => "(what tools answered)".to_owned(),
        _ => message.words(),
    });
    words
        .unwrap_or_default()
        .chars()
        .take(SHOWN_CHARACTERS)
        .collect()
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, RecordingError> {
    let failed = |source| RecordingError::Io {
        path: folder.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for file in std::fs::read_dir(folder)
        .map_err(failed)?
        .take(2 * MAX_ANSWERS)
    {
        let path = file.map_err(failed)?.path();
        if path.extension().is_some_and(|kind| kind == "json") {
            files.push(path);
        }
    }
    files.sort();
    files.truncate(MAX_ANSWERS);
    Ok(files)
}

fn read(path: &Path) -> Result<Entry, RecordingError> {
    let failed = |source| RecordingError::Io {
        path: path.to_owned(),
        source,
    };
    let invalid = |why: String| RecordingError::Invalid {
        path: path.to_owned(),
        why,
    };
    if std::fs::metadata(path).map_err(failed)?.len() > MAX_FILE_BYTES {
        return Err(invalid("it is too large".to_owned()));
    }
    let text = std::fs::read(path).map_err(failed)?;
    let entry: Entry = serde_json::from_slice(&text).map_err(|error| invalid(error.to_string()))?;
    if entry.version > FORM_VERSION {
        return Err(invalid(format!(
            "its version {} is newer than {FORM_VERSION}",
            entry.version
        )));
    }
    Ok(entry)
}

/// The step as part of a file's name.
fn in_file_name(step: &str) -> String {
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter
        } else {
            '-'
        }
    };
    let name: String = step.chars().map(plain).take(80).collect();
    if name.is_empty() {
        "step".to_owned()
    } else {
        name
    }
}

/// What stands in a recording for a secret.
const BLOT: &str = "[removed]";

/// How well-known keys begin.
const KEYS: [&str; 11] = [
    "sk-",
    "sk_live_",
    "xoxb-",
    "xoxp-",
    "ghp_",
    "gho_",
    "github_pat_",
    "glpat-",
    "AKIA",
    "ASIA",
    "AIza",
];

/// Fewer characters than this after its beginning make no key.
const KEY_CHARACTERS: usize = 16;

fn blot(value: &mut serde_json::Value, secrets: &[String]) {
    use serde_json::Value;
    match value {
        Value::String(text) => *text = blotted(text, secrets),
        Value::Array(items) => items.iter_mut().for_each(|item| blot(item, secrets)),
        Value::Object(map) => map.values_mut().for_each(|value| blot(value, secrets)),
        _ => {}
    }
}

fn blotted(text: &str, secrets: &[String]) -> String {
    let mut text = text.to_owned();
    for secret in secrets {
        text = text.replace(secret.as_str(), BLOT);
    }
    for key in KEYS {
        let mut from = 0;
        while let Some(found) = text[from..].find(key) {
            let (begin, rest) = (from + found, from + found + key.len());
            let is_key =
                |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
            let length: usize = text[rest..]
                .chars()
                .take_while(|letter| is_key(*letter))
                .count();
            let is_start = !text[..begin].ends_with(|letter: char| letter.is_ascii_alphanumeric());
            if length >= KEY_CHARACTERS && is_start {
                text.replace_range(begin..rest + length, BLOT);
                from = begin + BLOT.len();
            } else {
                from = rest;
            }
        }
    }
    text
}

#[cfg(test)]
mod tests;
