//! The only place of xtask that prints.
//!
//! Progress goes to stderr; stdout carries the demo and what the commands themselves say.

#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a build tool talks to a person"
)]

use std::time::Duration;

/// Announces a step: what it does, and the command line behind it.
pub fn step(title: &str, command: &str) {
    eprintln!("==> {title}\n    $ {command}");
}

/// Closes a step with the time it took.
pub fn done(elapsed: Duration) {
    eprintln!("    ok, {:.1} s", elapsed.as_secs_f64());
}

/// One line a person should read: something was skipped, installed or written.
pub fn note(text: &str) {
    eprintln!("    {text}");
}

/// A whole error: the sentence, then each cause on a line of its own.
pub fn failure(error: &anyhow::Error) {
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  because: {cause}");
    }
}

/// Opens a chapter of the demo.
pub fn chapter(number: usize, title: &str, prose: &str) {
    println!("\n{number}. {title}\n");
    for line in prose.lines() {
        println!("   {line}");
    }
    println!();
}

/// A command line as typed, and what it printed.
pub fn shell(line: &str, output: &str) {
    println!("   $ {line}");
    for line in output.lines() {
        println!("   {line}");
    }
    println!();
}
