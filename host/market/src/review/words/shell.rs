//! Something from the network, run by a shell.

use super::super::report::Findings;

/// What fetches.
const FETCH: [&str; 8] = [
    "curl",
    "wget",
    "fetch",
    "iwr",
    "invoke-webrequest",
    "invoke-restmethod",
    "irm",
    "aria2c",
];

/// What runs.
const RUN: [&str; 15] = [
    "sh",
    "bash",
    "zsh",
    "dash",
    "ksh",
    "fish",
    "python",
    "python3",
    "perl",
    "ruby",
    "node",
    "php",
    "iex",
    "invoke-expression",
    "pwsh",
];

/// Words in front of a command that change nothing.
const PREFIXES: [&str; 6] = ["sudo", "env", "command", "exec", "nohup", "time"];

pub(super) fn check(place: &str, line: &str, findings: &mut Findings) {
    let lower = line.to_lowercase();
    if piped(&lower) || substituted(&lower) || decoded(&lower) {
        findings.add("words/shell-pipe", place, line.trim());
    }
}

/// `curl … | sh`, whatever stands between.
fn piped(line: &str) -> bool {
    let mut fetched = false;
    for part in line.split('|') {
        if fetched && command(part).is_some_and(|word| RUN.contains(&word)) {
            return true;
        }
        fetched = fetched || has_fetch(part);
    }
    false
}

/// `bash <(curl …)`, `sh -c "$(curl …)"`, `` eval `curl …` ``, `iex (iwr …)`.
fn substituted(line: &str) -> bool {
    let runs = |word: &str| RUN.contains(&word) || matches!(word, "eval" | "source" | ".");
    let Some(first) = words(line).find(|word| runs(word)) else {
        return false;
    };
    // The word is a part of the line: what opens behind it is what it runs.
    let behind = first.as_ptr() as usize - line.as_ptr() as usize + first.len();
    let opened = line[behind..].split(['(', '`']).skip(1);
    opened
        .into_iter()
        .any(|inside| command(inside).is_some_and(|word| FETCH.contains(&word)))
}

/// `base64 -d … | sh`
fn decoded(line: &str) -> bool {
    let mut parts = line
        .split('|')
        .skip_while(|part| !words(part).any(|word| matches!(word, "base64" | "xxd" | "openssl")));
    parts.next().is_some()
        && parts.any(|part| command(part).is_some_and(|word| RUN.contains(&word)))
}

fn has_fetch(part: &str) -> bool {
    words(part).any(|word| FETCH.contains(&word))
}

/// The first word of a command, without its folder.
fn command(part: &str) -> Option<&str> {
    words(part).find(|word| !PREFIXES.contains(word) && !word.contains('='))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let blank = |character: char| character.is_whitespace() || "\"'`;&(){}<>".contains(character);
    text.split(blank)
        .filter(|word| !word.is_empty())
        .map(|word| {
            let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
            name.strip_suffix(".exe").unwrap_or(name)
        })
}
