//! What a call cost, on one line.

use metier_core::call::Usage;

use crate::{
    printer::Printer,
    render::{bytes, count, duration},
};

/// `✓ 41 ms · 2.1 ms CPU · 1.4 MiB · 2 requests · 310 B up, 4.2 KiB down`
pub fn line(usage: &Usage, succeeded: bool, printer: &Printer) -> String {
    let paint = printer.terminal.stderr.paint();
    let mark = if succeeded {
        paint.good("✓")
    } else {
        paint.bad("✗")
    };
    format!("{mark} {}", paint.faint(&parts(usage).join(" · ")))
}

/// What was not used is not said.
pub fn parts(usage: &Usage) -> Vec<String> {
    let mut parts = vec![
        duration(usage.wall),
        format!("{} CPU", duration(usage.cpu)),
        bytes(usage.memory_peak_bytes),
    ];
    if usage.requests > 0 {
        parts.push(count(usage.requests as usize, "request"));
        parts.push(format!(
            "{} up, {} down",
            bytes(usage.request_bytes),
            bytes(usage.response_bytes)
        ));
    }
    if usage.artifact_bytes > 0 {
        parts.push(format!("{} of artifacts", bytes(usage.artifact_bytes)));
    }
    parts
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use metier_core::call::Usage;

    use super::parts;

    #[test]
    fn only_what_was_used_is_said() {
        let small = Usage {
            wall: Duration::from_micros(900),
            cpu: Duration::from_micros(120),
            memory_peak_bytes: 65_536,
            ..Usage::default()
        };
        assert_eq!(parts(&small).join(" · "), "0.9 ms · 0.1 ms CPU · 64.0 KiB");
        let large = Usage {
            requests: 2,
            request_bytes: 310,
            response_bytes: 4_300,
            artifact_bytes: 10,
            ..small
        };
        assert!(
            parts(&large)
                .join(" · ")
                .ends_with("2 requests · 310 B up, 4.2 KiB down · 10 B of artifacts")
        );
    }
}
