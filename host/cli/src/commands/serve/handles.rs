//! Open files: a connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::printer::Printer;

/// Beside connections: the store, the trail, code, requests that leave.
const OTHERS: u64 = 1_024;

/// Takes what the system allows, which is often sixteen times what it gives by itself. Where that is too little for as many connections as
/// the configuration takes, it is said: what comes beyond is not accepted.
pub fn take_all(printer: &Printer, connections: usize) {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    let allowed = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    let wanted = connections as u64 + OTHERS;
    if let Some(allowed) = allowed.filter(|allowed| *allowed < wanted) {
        printer.warn(&format!(
            "the system allows {allowed} open files, and {connections} connections want {wanted}: raise `LimitNOFILE`, or lower `connections`"
        ));
    }
}
