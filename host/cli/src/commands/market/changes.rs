//! What an update changes, in words.

use metier_market::consent::{Change, Class};

use crate::terminal::Paint;

/// Most lines of differences that are shown.
const MAX_LINES: usize = 200;

/// A class, as everybody reads it.
pub const fn class(class: Class) -> &'static str {
    match class {
        Class::Auto => "AUTO",
        Class::ReviewText => "REVIEW-TEXT",
        Class::ReconsentPrice => "RECONSENT-PRICE",
        Class::Reconsent => "RECONSENT",
    }
}

/// Every reason with its difference, indented.
pub fn lines(change: &Change, paint: Paint) -> String {
    let mut lines = Vec::new();
    for reason in &change.why {
        let label = match reason.class {
            Class::Auto => paint.faint(class(reason.class)),
            _ => paint.caution(class(reason.class)),
        };
        let rule = reason.rule.as_ref();
        let rule = rule.map_or(String::new(), |(table, line)| {
            format!(" ([{table}], line {line} of skill.toml)")
        });
        let skill = reason.skill.as_ref();
        let skill = skill.map_or(String::new(), |alias| format!("{alias}: "));
        lines.push(format!("  {label}  {skill}{}{rule}", reason.words));
        lines.extend(reason.diff.iter().map(|line| format!("      {line}")));
    }
    if lines.len() > MAX_LINES {
        let more = lines.len() - MAX_LINES;
        lines.truncate(MAX_LINES);
        lines.push(format!("      … and {more} more lines"));
    }
    lines.join("\n")
}
