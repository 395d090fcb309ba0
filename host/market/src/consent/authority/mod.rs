//! Whether a manifest asks for more.
//!
//! One question, asked both ways: what of this manifest's reach is not covered by that one's? What of the new is beyond the old is
//! wider, what of the old is beyond the new is given up.

mod http;
mod limits;

use metier_core::{
    Manifest,
    manifest::{CallsAsk, Capabilities, ConfigAsk, FilesAsk, KvAsk, Located, ModelAsk, words},
};

use super::{Class, Part, Reason};

/// What changes between the two.
pub(super) fn compare(old: &Manifest, new: &Manifest) -> Vec<Reason> {
    let (before, after) = (&old.capabilities, &new.capabilities);
    let mut reasons = Vec::new();
    for piece in pieces(beyond(after, before)) {
        reasons.push(piece.reason(
            "it may newly",
            |words| Reason::wider(Class::Reconsent, Part::Authority, words),
            '+',
        ));
    }
    for piece in pieces(beyond(before, after)) {
        reasons.push(piece.reason(
            "it may no longer",
            |words| Reason::narrower(Part::Authority, words),
            '-',
        ));
    }
    reasons.extend(limits::compare(&old.limits, &new.limits));
    reasons
}

/// The reach of `asked` that `held` does not cover.
pub(super) fn beyond(asked: &Capabilities, held: &Capabilities) -> Capabilities {
    Capabilities {
        http: http::beyond(&asked.http, &held.http),
        kv: list(
            &asked.kv,
            &held.kv,
            |kv| &kv.buckets,
            |buckets| KvAsk { buckets },
        ),
        files: files(&asked.files, &held.files),
        artifacts: switch(&asked.artifacts, &held.artifacts),
        config: list(
            &asked.config,
            &held.config,
            |config| &config.keys,
            |keys| ConfigAsk { keys },
        ),
        log: switch(&asked.log, &held.log),
        model: list(
            &asked.model,
            &held.model,
            |model| &model.routes,
            |routes| ModelAsk { routes },
        ),
        calls: list(
            &asked.calls,
            &held.calls,
            |calls| &calls.tools,
            |tools| CallsAsk { tools },
        ),
    }
}

fn files(asked: &[Located<FilesAsk>], held: &[Located<FilesAsk>]) -> Vec<Located<FilesAsk>> {
    let covered = |ask: &FilesAsk| {
        held.iter()
            .any(|held| held.path.covers(&ask.path) && held.access.covers(ask.access))
    };
    asked.iter().filter(|ask| !covered(ask)).cloned().collect()
}

fn switch(asked: &Option<Located<()>>, held: &Option<Located<()>>) -> Option<Located<()>> {
    asked.clone().filter(|_| held.is_none())
}

/// The names of one kind that are not held; nothing when all are.
fn list<A, N: Clone + PartialEq>(
    asked: &Option<Located<A>>,
    held: &Option<Located<A>>,
    names: fn(&A) -> &Vec<N>,
    ask: fn(Vec<N>) -> A,
) -> Option<Located<A>> {
    let asked = asked.as_ref()?;
    let held = held
        .as_ref()
        .map(|held| names(held).as_slice())
        .unwrap_or_default();
    let new: Vec<N> = names(asked)
        .iter()
        .filter(|name| !held.contains(name))
        .cloned()
        .collect();
    (!new.is_empty()).then(|| Located::new(ask(new), asked.line))
}

/// One rule alone, with its table and line.
struct Piece {
    table: &'static str,
    line: usize,
    alone: Capabilities,
}

impl Piece {
    /// In the words of `metier inspect`.
    fn reason(&self, opening: &str, make: impl FnOnce(String) -> Reason, sign: char) -> Reason {
        let sentences = words::sentences(&self.alone);
        let verb = if self.table == "http" { " send" } else { "" };
        let listed: Vec<&str> = sentences
            .iter()
            .map(|(_, sentence)| sentence.as_str())
            .collect();
        let words = match listed.as_slice() {
            [one] => format!("{opening}{verb} {one}"),
            several => format!("{opening}{verb} {} kinds of requests", several.len()),
        };
        let diff = listed
            .iter()
            .map(|line| super::diff::visible(&format!("{sign} {line}")));
        make(words)
            .at(&format!("capabilities.{}", self.table), self.line)
            .with(diff.collect())
    }
}

fn pieces(all: Capabilities) -> Vec<Piece> {
    let none = Capabilities::default;
    let piece = |table, line, alone| Piece { table, line, alone };
    let mut pieces = Vec::new();
    for ask in all.http {
        pieces.push(piece(
            "http",
            ask.line,
            Capabilities {
                http: vec![ask],
                ..none()
            },
        ));
    }
    for ask in all.files {
        pieces.push(piece(
            "files",
            ask.line,
            Capabilities {
                files: vec![ask],
                ..none()
            },
        ));
    }
    if let Some(ask) = all.kv {
        pieces.push(piece(
            "kv",
            ask.line,
            Capabilities {
                kv: Some(ask),
                ..none()
            },
        ));
    }
    if let Some(ask) = all.artifacts {
        pieces.push(piece(
            "artifacts",
            ask.line,
            Capabilities {
                artifacts: Some(ask),
                ..none()
            },
        ));
    }
    if let Some(ask) = all.config {
        pieces.push(piece(
            "config",
            ask.line,
            Capabilities {
                config: Some(ask),
                ..none()
            },
        ));
    }
    if let Some(ask) = all.log {
        pieces.push(piece(
            "log",
            ask.line,
            Capabilities {
                log: Some(ask),
                ..none()
            },
        ));
    }
    if let Some(ask) = all.model {
        pieces.push(piece(
            "model",
            ask.line,
            Capabilities {
                model: Some(ask),
                ..none()
            },
        ));
    }
    if let Some(ask) = all.calls {
        pieces.push(piece(
            "calls",
            ask.line,
            Capabilities {
                calls: Some(ask),
                ..none()
            },
        ));
    }
    pieces
}
