//! What a stopped guest left to find its fault by: the last lines it printed, and where it was.
//!
//! Both go into the fault's details, for the skill's author: `output` and `backtrace`. A panic, an abort and an uncaught
//! exception print their message and source line before they trap, so the *last* lines are the ones kept.

use metier_core::{Code, Fault};
use wasmtime::WasmBacktrace;

use crate::text;

/// Most characters of output kept in a fault; all of it is in the outcome.
const MAX_OUTPUT: usize = 2_000;

/// Longest line of it, in characters.
const MAX_LINE: usize = 500;

/// Frames kept, innermost first: what lies deeper is the language's own start-up code.
const MAX_FRAMES: usize = 24;

/// Longest function name kept, in characters.
const MAX_NAME: usize = 200;

/// A trap says little; what was printed before it says much.
pub(crate) fn with_last_words(fault: Fault, stdio: &str) -> Fault {
    let speaks = matches!(
        fault.code,
        Code::SkillTrap
            | Code::SkillStartFailed
            | Code::SkillMemoryExceeded
            | Code::SkillStackExceeded
    );
    let words = last_lines(stdio);
    match speaks && !words.is_empty() {
        true => fault.with_detail("output", words),
        false => fault,
    }
}

/// The last lines, in their order, each made safe to show.
fn last_lines(stdio: &str) -> String {
    let mut kept: Vec<String> = Vec::new();
    let mut room = MAX_OUTPUT;
    for line in stdio.trim_end().lines().rev() {
        let line = text::one_line(line.trim_end(), MAX_LINE);
        let size = line.chars().count() + 1;
        if size > room {
            break;
        }
        room -= size;
        kept.push(line);
    }
    kept.reverse();
    kept.join("\n").trim_matches('\n').to_owned()
}

/// Where the guest was: function names and offsets into the file, as far as it carries names.
pub(crate) fn with_backtrace(fault: Fault, error: &wasmtime::Error) -> Fault {
    let Some(trace) = error.downcast_ref::<WasmBacktrace>() else {
        return fault;
    };
    let frames: Vec<String> = trace.frames().iter().take(MAX_FRAMES).map(frame).collect();
    match frames.is_empty() {
        true => fault,
        false => fault.with_detail("backtrace", frames.join("\n")),
    }
}

fn frame(frame: &wasmtime::FrameInfo) -> String {
    let name = match frame.func_name() {
        Some(name) => text::one_line(name, MAX_NAME),
        None => format!("function {}", frame.func_index()),
    };
    match frame.module_offset() {
        Some(offset) => format!("{name} at {offset:#x}"),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use metier_core::{Code, Fault};

    use super::{MAX_LINE, MAX_OUTPUT, last_lines, with_last_words};

    #[test]
    fn the_last_lines_are_kept_and_cannot_move_a_cursor() {
        assert_eq!(last_lines("one\n\u{1b}[2Jtwo\r\n\n"), "one\n [2Jtwo");
        let many: String = (0..1_000).map(|at| format!("line {at}\n")).collect();
        let kept = last_lines(&many);
        assert!(
            kept.ends_with("line 999") && !kept.contains("line 0\n"),
            "{kept}"
        );
        assert!(kept.chars().count() <= MAX_OUTPUT);
    }

    #[test]
    fn a_line_without_end_is_cut() {
        assert_eq!(last_lines(&"x".repeat(10 * MAX_OUTPUT)).len(), MAX_LINE);
    }

    #[test]
    fn an_answer_the_skill_gave_itself_needs_no_last_words() {
        let fault = |code| with_last_words(Fault::new(code, "x"), "said");
        assert_eq!(fault(Code::SkillTrap).details["output"], "said");
        assert!(fault(Code::SkillInternal).details.is_empty());
    }
}
