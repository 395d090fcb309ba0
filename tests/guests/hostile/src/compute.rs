//! Using up time, stack and memory.

use std::hint::black_box;
use std::time::{Duration, Instant};

use guest_kit::skill::progress;

use crate::verdict::Verdict;

/// Allocated at once while growing, in bytes: small enough to come close to the limit before the last one fails.
const STEP: usize = 1 << 20;

/// Size of a page of linear memory, in bytes.
const PAGE: usize = 1 << 16;

pub fn behave(behaviour: &str, argument: &str) -> Option<Verdict> {
    match behaviour {
        "loop" => endless(),
        "loop-in-host-calls" => endless_host_calls(),
        "loop-in-progress" => endless_progress(),
        "backtrack" => Some(Verdict::Fact(backtrack(argument).to_string())),
        "recurse" => Some(Verdict::Fact(recurse(argument.len() as u64).to_string())),
        "grow" => grow(),
        "grow-then-allocate" => grow_then_allocate(),
        "panic" => panic!("{argument}"),
        "exit" => std::process::exit(argument.parse().unwrap_or(1)),
        "sleep" => sleep_for_ever(),
        _ => None,
    }
}

fn endless() -> ! {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

fn endless_host_calls() -> ! {
    loop {
        black_box(Instant::now());
    }
}

fn endless_progress() -> ! {
    loop {
        progress::report("still at it", Some(0.5));
    }
}

fn sleep_for_ever() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(3600));
    }
}

/// `(a+)+b` against `text`, the way a backtracking engine does it: exponential for a row of `a` without a `b`.
fn backtrack(text: &str) -> bool {
    fn groups(rest: &[u8]) -> bool {
        let run = rest.iter().take_while(|byte| **byte == b'a').count();
        (1..=run).rev().any(|taken| {
            let after = &rest[taken..];
            after.first() == Some(&b'b') || groups(black_box(after))
        })
    }
    groups(text.as_bytes())
}

/// Two operations after the call keep the compiler from turning it into a loop.
#[inline(never)]
fn recurse(depth: u64) -> u64 {
    match depth {
        u64::MAX => 0,
        _ => recurse(depth + 1).wrapping_mul(31) ^ depth,
    }
}

/// Allocate and touch until the allocator gives up, which aborts.
fn grow() -> ! {
    let mut kept: Vec<Vec<u8>> = Vec::new();
    loop {
        kept.push(black_box(vec![1; STEP]));
    }
}

/// Take every page there is, then ask the allocator for one more.
fn grow_then_allocate() -> ! {
    while core::arch::wasm32::memory_grow(0, 1) != usize::MAX {}
    let mut kept: Vec<Vec<u8>> = Vec::new();
    loop {
        kept.push(black_box(vec![1; PAGE]));
    }
}
