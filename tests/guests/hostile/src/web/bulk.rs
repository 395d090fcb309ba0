//! Too many requests, too much in them, and too slowly.

use std::time::Duration;

use guest_kit::http::Request;

use super::wasi;
use crate::verdict::Verdict;

/// Between two bytes of somebody who is slow on purpose.
const PAUSE: Duration = Duration::from_millis(5);

/// Most a stream takes at once, in bytes.
const PIECE: usize = 4096;

pub fn behave(behaviour: &str, argument: &str) -> Option<Verdict> {
    let (url, number) = argument.split_once(' ').unwrap_or((argument, "1000"));
    let number = number.parse().unwrap_or(1000);
    Some(match behaviour {
        "storm" => storm(url, number),
        "storm-at-once" => storm_at_once(url, number),
        "read-slowly" => Verdict::of(read_slowly(url)),
        "write-slowly" => Verdict::of(write_slowly(url)),
        "upload" => Verdict::of(upload(url, number)),
        "download" => Verdict::of(download(url)),
        "read-greedily" => Verdict::of(read_greedily(url)),
        _ => return None,
    })
}

/// One after the other.
fn storm(url: &str, requests: usize) -> Verdict {
    for sent in 0..requests {
        if let Err(error) = wasi(Request::get(url)) {
            return Verdict::KeptOut(format!("after {sent}: {error}"));
        }
    }
    Verdict::GotIn(format!("{requests} requests"))
}

/// All begun before the first is answered.
fn storm_at_once(url: &str, requests: usize) -> Verdict {
    let begun: Vec<_> = (0..requests).map(|_| Request::get(url).start()).collect();
    let answered = begun
        .into_iter()
        .filter_map(|begun| begun.ok()?.finish().ok())
        .count();
    match answered == requests {
        true => Verdict::GotIn(format!("{requests} requests")),
        false => Verdict::KeptOut(format!("after {answered}")),
    }
}

fn read_slowly(url: &str) -> Result<usize, String> {
    let mut response = Request::get(url).send()?;
    let mut read = 0;
    while let Some(bytes) = response.read(1)? {
        read += bytes.len();
        std::thread::sleep(PAUSE);
    }
    Ok(read)
}

/// Never ends by itself.
fn write_slowly(url: &str) -> Result<u16, String> {
    let mut upload = Request::new("POST", url).start()?;
    loop {
        upload.write(b"x")?;
        std::thread::sleep(PAUSE);
    }
}

fn upload(url: &str, bytes: usize) -> Result<u16, String> {
    let mut upload = Request::new("POST", url).start()?;
    for _ in 0..bytes / PIECE {
        upload.write(&[b'x'; PIECE])?;
    }
    Ok(upload.finish()?.status)
}

fn download(url: &str) -> Result<usize, String> {
    let mut response = Request::get(url).send()?;
    let mut read = 0;
    while let Some(bytes) = response.read(1 << 16)? {
        read += bytes.len();
    }
    Ok(read)
}

/// Ask for more at once than any memory holds.
fn read_greedily(url: &str) -> Result<usize, String> {
    let mut response = Request::get(url).send()?;
    let mut read = 0;
    while let Some(bytes) = response.read(u64::MAX)? {
        read += bytes.len();
    }
    Ok(read)
}
