//! What the languages cannot do, and where they differ. This is the one table to read.

/// How the languages' own regular expressions behave on a pattern that backtracks for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regex {
    /// It runs until the CPU limit ends it.
    Backtracks,
    /// It answers in time linear in the text.
    Linear,
    /// There is none in the standard library: `internal("no regex")`.
    None,
}

/// What an uncaught exception, panic or abort becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// A trap: `skill-trap`, with what was printed before it.
    Trap,
    /// The SDK catches it and answers `internal`.
    Internal,
}

/// How much of the place of a crash the report carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The file's name and, after a colon, the line that ends in a comment `conformance: crash line`.
    Line(&'static str),
    /// Only the function's name, `deep_inside` or `deepInside`.
    Function,
}

/// One row that goes another way in one language. It must fail, and the failure must contain `answer`.
#[derive(Clone, Copy, Debug)]
pub struct Differs {
    /// The row's name.
    pub row: &'static str,
    /// What the row's failure says.
    pub answer: &'static str,
    /// Why.
    pub why: &'static str,
}

/// One language.
#[derive(Clone, Copy, Debug)]
pub struct Language {
    /// Its name, and that of its folder.
    pub name: &'static str,
    /// What its regular expressions do.
    pub regex: Regex,
    /// What a crash in a tool that can fail becomes. In one that cannot fail it is always a trap.
    pub crash: Crash,
    /// Where the report says it happened.
    pub place: Place,
    /// Whether its HTTP follows redirects whatever it is told.
    pub web_follows: bool,
    /// What it cannot do.
    pub differs: &'static [Differs],
}

/// What most of them share.
const USUAL: Language = Language {
    name: "",
    regex: Regex::None,
    crash: Crash::Trap,
    place: Place::Line(""),
    web_follows: false,
    differs: &[],
};

/// QuickJS, as componentize-qjs builds it.
const QUICKJS: &[Differs] = &[
    Differs {
        row: "integers",
        answer: "expected number",
        why: "its 64-bit integers are numbers, exact up to 2^53",
    },
    no_web("web-get"),
    no_web("web-post"),
    no_web("web-status"),
    no_web("web-denied"),
    no_web("web-redirect"),
    no_web("web-redirect-denied"),
    no_web("web-too-large"),
];

const fn no_web(row: &'static str) -> Differs {
    Differs {
        row,
        answer: "no wasi:http",
        why: "the host that takes its snapshot has no wasi:http; `fetch` is metier:skill/fetch",
    }
}

/// All of them.
pub const LANGUAGES: &[Language] = &[
    Language {
        name: "rust",
        place: Place::Line("src/lib.rs"),
        ..USUAL
    },
    Language {
        name: "js",
        regex: Regex::Backtracks,
        crash: Crash::Internal,
        place: Place::Line("src/skill.js"),
        differs: QUICKJS,
        ..USUAL
    },
    Language {
        name: "ts",
        regex: Regex::Backtracks,
        crash: Crash::Internal,
        place: Place::Line("src/skill.ts"),
        ..USUAL
    },
    Language {
        name: "python",
        regex: Regex::Backtracks,
        crash: Crash::Internal,
        place: Place::Line("src/skill.py"),
        ..USUAL
    },
    Language {
        name: "c",
        regex: Regex::Linear,
        place: Place::Line("src/skill.c"),
        ..USUAL
    },
    Language {
        name: "zig",
        place: Place::Line("src/skill.zig"),
        ..USUAL
    },
    Language {
        name: "go",
        regex: Regex::Linear,
        crash: Crash::Internal,
        place: Place::Line("skill.go"),
        ..USUAL
    },
];
