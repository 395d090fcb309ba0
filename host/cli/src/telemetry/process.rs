//! What the process takes of the system, as Linux tells it in `/proc`.

use std::fs;

use metier_service::metrics::Process;

/// Ticks a second in what `/proc` tells, whatever the kernel's own clock does.
const TICKS: f64 = 100.0;

/// Now; nothing where the system does not tell.
pub fn process() -> Option<Process> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in parentheses, which may have spaces and more parentheses in it.
    let rest = stat.rsplit_once(')')?.1;
    let numbers: Vec<u64> = rest
        .split_whitespace()
        .map(|field| field.parse().unwrap_or_default())
        .collect();
    // As proc_pid_stat(5) counts them, less the two that are gone and one, since it counts from 1.
    let field = |number: usize| numbers.get(number - 3).copied();
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    Some(Process {
        cpu_seconds: (field(14)? + field(15)?) as f64 / TICKS,
        resident_bytes: number_in(&status, "VmRSS:")? * 1_024,
        virtual_bytes: field(23)?,
        open_fds: fs::read_dir("/proc/self/fd").ok()?.count() as u64,
        max_fds: number_in(&limits, "Max open files").unwrap_or(u64::MAX),
        threads: field(20)?,
        started_seconds: booted()? as f64 + field(22)? as f64 / TICKS,
    })
}

fn booted() -> Option<u64> {
    number_in(&fs::read_to_string("/proc/stat").ok()?, "btime")
}

/// The first number behind a name at the beginning of a line.
fn number_in(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::{number_in, process};

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_takes_something() {
        let taken = process().unwrap();
        assert!(taken.resident_bytes > 1 << 20);
        assert!(taken.virtual_bytes >= taken.resident_bytes);
        assert!(taken.open_fds >= 3 && taken.max_fds >= taken.open_fds);
        assert!(taken.threads >= 1);
        // 2020.
        assert!(taken.started_seconds > 1_577_836_800.0);
    }

    #[test]
    fn a_number_is_found_by_its_name() {
        assert_eq!(number_in("A: 1\nVmRSS:\t  12 kB\n", "VmRSS:"), Some(12));
        assert_eq!(
            number_in("Max open files  1024  4096 files", "Max open files"),
            Some(1_024)
        );
        assert_eq!(number_in("", "VmRSS:"), None);
    }
}
