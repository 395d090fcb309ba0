//! Looking around: environment, arguments, clocks, randomness, packed files, configuration.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io::Read;
use std::time::SystemTime;

use guest_kit::skill::resources;
use guest_kit::wasi::config::store as config;
use guest_kit::wasi::random::random;

use crate::verdict::Verdict;

pub fn behave(behaviour: &str, argument: &str) -> Option<Verdict> {
    Some(match behaviour {
        "environment" => environment(),
        "stdin" => stdin(),
        "fingerprint" => fingerprint(),
        "random" => random_bytes(argument),
        "packed" => Verdict::of(packed(argument)),
        "setting" => Verdict::of(setting(argument)),
        _ => return None,
    })
}

fn environment() -> Verdict {
    let variables = std::env::vars_os().count();
    let arguments = std::env::args_os().count();
    match variables + arguments {
        0 => Verdict::KeptOut("no variables, no arguments".to_owned()),
        _ => Verdict::GotIn(format!("{variables} variables, {arguments} arguments")),
    }
}

fn stdin() -> Verdict {
    let mut text = Vec::new();
    match std::io::stdin().read_to_end(&mut text) {
        Ok(0) => Verdict::KeptOut("nothing to read".to_owned()),
        other => Verdict::of(other),
    }
}

/// Different in every instance, or the instances share more than they should.
fn fingerprint() -> Verdict {
    let secure = random::get_random_u64();
    let hashed = RandomState::new().hash_one(1);
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs());
    Verdict::Fact(format!("{secure:016x} {hashed:016x} {seconds}"))
}

fn random_bytes(count: &str) -> Verdict {
    let bytes = random::get_random_bytes(count.parse().unwrap_or(1));
    Verdict::GotIn(format!("{} bytes", bytes.len()))
}

fn packed(path: &str) -> Result<usize, String> {
    let bytes = resources::read(path, 0, u32::MAX).ok_or("no such file")?;
    Ok(bytes.len())
}

fn setting(key: &str) -> Result<String, String> {
    let value = config::get(key).map_err(|error| format!("{error:?}"))?;
    value.ok_or_else(|| "not set".to_owned())
}
