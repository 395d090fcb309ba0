//! Saying too much: logs, standard streams, answers, artifacts.

use std::io::Write;

use guest_kit::skill::artifacts::{self, Writer};
use guest_kit::wasi::logging::logging::{self, Level};

use crate::verdict::Verdict;

/// Written at once, in bytes.
const PIECE: usize = 1 << 16;

pub fn behave(behaviour: &str, argument: &str) -> Option<Verdict> {
    let count = argument.parse().unwrap_or(1);
    Some(match behaviour {
        "log" => log(count),
        "log-empty" => log_empty(count),
        "log-line" => log_line(argument),
        "stderr" => stream(&mut std::io::stderr(), count),
        "stdout-for-ever" => stream(&mut std::io::stdout(), usize::MAX),
        "result" => Verdict::Fact("x".repeat(count)),
        "artifact" => Verdict::of(artifact(count)),
        "artifact-pieces" => Verdict::of(artifact_pieces(count)),
        "artifacts" => many_artifacts(count),
        "artifact-name" => Verdict::of(named(argument)),
        "artifact-unfinished" => Verdict::of(unfinished()),
        "artifact-then-panic" => artifact_then_panic(),
        _ => return None,
    })
}

fn log(lines: usize) -> Verdict {
    let message = "m".repeat(1000);
    (0..lines).for_each(|_| logging::log(Level::Error, "flood", &message));
    Verdict::Fact(format!("logged {lines}"))
}

fn log_empty(lines: usize) -> Verdict {
    (0..lines).for_each(|_| logging::log(Level::Error, "", ""));
    Verdict::Fact(format!("logged {lines}"))
}

fn log_line(message: &str) -> Verdict {
    logging::log(Level::Error, message, message);
    Verdict::Fact("logged".to_owned())
}

fn stream(to: &mut dyn Write, bytes: usize) -> Verdict {
    let piece = [b'e'; PIECE];
    let mut written = 0;
    while written < bytes {
        match to.write(&piece) {
            Ok(some) => written += some,
            Err(error) => return Verdict::KeptOut(format!("{error} after {written}")),
        }
    }
    Verdict::Fact(format!("wrote {written}"))
}

fn artifact(bytes: usize) -> Result<u64, String> {
    let body = vec![7; bytes];
    let kept = artifacts::put("big.bin", "application/octet-stream", &body).map_err(words)?;
    Ok(kept.size)
}

fn artifact_pieces(bytes: usize) -> Result<u64, String> {
    let writer = Writer::create("big.bin", "application/octet-stream").map_err(words)?;
    let piece = [7; PIECE];
    for _ in 0..bytes / PIECE {
        writer.write(&piece).map_err(words)?;
    }
    Ok(Writer::finish(writer).map_err(words)?.size)
}

fn many_artifacts(count: usize) -> Verdict {
    for made in 0..count {
        if let Err(error) = artifacts::put(&format!("{made}.txt"), "text/plain", b"") {
            return Verdict::KeptOut(format!("after {made}: {}", words(error)));
        }
    }
    Verdict::GotIn(format!("made {count}"))
}

fn named(name: &str) -> Result<String, String> {
    Ok(artifacts::put(name, "text/plain", b"x")
        .map_err(words)?
        .name)
}

fn unfinished() -> Result<(), String> {
    let writer = Writer::create("half.txt", "text/plain").map_err(words)?;
    writer.write(b"half").map_err(words)
}

fn artifact_then_panic() -> Verdict {
    let kept = named("kept.txt");
    panic!("after {kept:?}");
}

fn words(error: artifacts::ArtifactError) -> String {
    format!("{error:?}")
}
