//! The facts beside a failure's sentence, as a person sees them.

use metier_core::code::Code;

use crate::{printer::Volume, terminal::Paint, text};

/// The detail that holds what a tool said: shown to a person line by line when it is said, and in JSON here.
pub const OUTPUT: &str = "output";

/// The detail that says where a skill was when it was stopped.
const BACKTRACE: &str = "backtrace";

/// What a compiler said was shown when it said it; where a skill was is for its author, who asks with `--verbose`.
pub fn shown(code: Code, name: &str, volume: Volume) -> bool {
    match name {
        OUTPUT => code != Code::SkillBuildFailed,
        BACKTRACE => volume == Volume::Verbose,
        _ => true,
    }
}

/// A fact on the line of its name; one of several lines below it.
pub fn lines(name: &str, value: &str, paint: Paint) -> Vec<String> {
    let label = paint.faint(&format!("{}:", text::one_line(name)));
    let value = text::lines(value);
    match value.contains('\n') {
        false => vec![format!(" {label} {value}")],
        true => std::iter::once(format!(" {label}"))
            .chain(value.lines().map(|line| format!("   {line}")))
            .collect(),
    }
}
