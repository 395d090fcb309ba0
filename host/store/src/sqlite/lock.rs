//! One process per file: the second is told who holds it.
//!
//! The lock is the operating system's, on `PATH.lock`, so that it goes with the process however that ends. The file stays; what it
//! says is only read when the lock is held.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
    sync::Arc,
    thread,
    time::Duration,
};

use crate::{
    clock::{Clock, SystemClock},
    error::{Refusal, StoreError},
    traits::Result,
};

/// How often the lock is tried for, and how long in between: a process that has just ended may not have let go of it.
const TRIES: u32 = 25;
const MOMENT: Duration = Duration::from_millis(20);

/// Longest text read from a lock file, in bytes.
const MAX_HOLDER: u64 = 512;

/// Holds a database file for this process until it is dropped.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

impl FileLock {
    /// Takes the lock, or says who has it.
    pub fn take(database: &Path) -> Result<Self> {
        let path = beside(database, ".lock");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(path).map_err(io)?;
        let mut tries = 1;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(io(error)),
                Err(TryLockError::WouldBlock) if tries < TRIES => thread::sleep(MOMENT),
                Err(TryLockError::WouldBlock) => return Err(in_use(database, &file)),
            }
            tries += 1;
        }
        file.set_len(0).map_err(io)?;
        file.rewind().map_err(io)?;
        file.write_all(this_process().as_bytes()).map_err(io)?;
        Ok(FileLock { _file: file })
    }
}

fn in_use(database: &Path, file: &File) -> StoreError {
    let mut holder = String::new();
    let read = file.take(MAX_HOLDER).read_to_string(&mut holder);
    if read.is_err() || holder.is_empty() {
        holder = "another process".into();
    }
    StoreError::Refused(Refusal::InUse {
        path: database.display().to_string(),
        holder,
    })
}

/// The path with something behind it: `runs.db` and `.lock` make `runs.db.lock`.
pub fn beside(database: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn this_process() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = match host.trim() {
        "" => "this machine",
        host => host,
    };
    let seconds = SystemClock::default().now().0 / 1_000_000;
    format!(
        "process {} on {host}, since {} UTC",
        std::process::id(),
        date(seconds)
    )
}

/// Seconds since 1970 as `2026-11-28 16:05:00` (Howard Hinnant's `civil_from_days`).
fn date(seconds: i64) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

fn io(error: std::io::Error) -> StoreError {
    StoreError::Unavailable(Arc::new(error))
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00"),
            (951_782_400, "2000-02-29 00:00:00"),
            (1_795_881_599, "2026-11-28 15:59:59"),
            (4_107_542_400, "2100-03-01 00:00:00"),
        ] {
            assert_eq!(date(seconds), text);
        }
    }
}
