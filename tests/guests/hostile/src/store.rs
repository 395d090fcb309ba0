//! Other people's keys.

use guest_kit::wasi::keyvalue::store::{self as kv, Bucket};

use crate::verdict::Verdict;

pub fn behave(behaviour: &str, argument: &str) -> Option<Verdict> {
    Some(match behaviour {
        "kv-open" => Verdict::all(
            argument
                .lines()
                .map(|bucket| (bucket, open(bucket).map(|_| "open".to_owned()))),
        ),
        "kv-read" => read(argument),
        "kv-keys" => Verdict::of(keys(argument)),
        "kv-value" => Verdict::of(value(argument)),
        "kv-flood" => flood(argument),
        "kv-then-panic" => put_then_panic(argument),
        _ => return None,
    })
}

fn open(bucket: &str) -> Result<Bucket, String> {
    kv::open(bucket).map_err(words)
}

/// The first line names the bucket, the others keys in it.
fn read(argument: &str) -> Verdict {
    let mut lines = argument.lines();
    let bucket = lines.next().unwrap_or_default().to_owned();
    let get = |key: &str| {
        let value = open(&bucket)?.get(key).map_err(words)?;
        value
            .map(|value| format!("{} bytes", value.len()))
            .ok_or_else(|| "no such key".to_owned())
    };
    Verdict::all(lines.map(|key| (key, get(key))))
}

fn keys(bucket: &str) -> Result<Vec<String>, String> {
    Ok(open(bucket)?.list_keys(None).map_err(words)?.keys)
}

/// A value of so many bytes.
fn value(argument: &str) -> Result<(), String> {
    let (bucket, bytes) = argument.split_once(' ').ok_or("BUCKET BYTES")?;
    let value = vec![7; bytes.parse().unwrap_or(1)];
    open(bucket)?.set("big", &value).map_err(words)
}

/// So many keys; says where it was stopped.
fn flood(argument: &str) -> Verdict {
    let (bucket, count) = argument.split_once(' ').unwrap_or((argument, "1"));
    let bucket = match open(bucket) {
        Ok(bucket) => bucket,
        Err(error) => return Verdict::KeptOut(error),
    };
    let count: usize = count.parse().unwrap_or(1);
    for made in 0..count {
        if let Err(error) = bucket.set(&format!("key-{made}"), &[0; 1024]) {
            return Verdict::KeptOut(format!("after {made}: {}", words(error)));
        }
    }
    Verdict::GotIn(format!("{count} keys"))
}

fn put_then_panic(bucket: &str) -> Verdict {
    let put =
        open(bucket).and_then(|bucket| bucket.set("done", b"before the panic").map_err(words));
    panic!("after {put:?}");
}

fn words(error: kv::Error) -> String {
    format!("{error:?}")
}
