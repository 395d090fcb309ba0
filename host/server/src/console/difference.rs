//! Two texts, line by line.

use maud::{Markup, html};
use serde_json::Value;

use super::text;

/// Most bytes of two texts that are compared: what is longer is shown as it is.
pub const MAX_BYTES: usize = 64 << 10;

/// Most comparisons of lines; beyond them the changed part is shown as taken away and put in.
const MAX_COMPARED: usize = 4_000_000;

/// A line of the two texts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'t> {
    /// In both.
    Same(&'t str),
    /// In the first only.
    Gone(&'t str),
    /// In the second only.
    New(&'t str),
}

/// How `before` becomes `after`, with as few changed lines as can be.
pub fn lines<'t>(before: &'t str, after: &'t str) -> Vec<Line<'t>> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let start = old
        .iter()
        .zip(&new)
        .take_while(|(old, new)| old == new)
        .count();
    let (old, new) = (&old, &new);
    let (rest_old, rest_new) = (&old[start..], &new[start..]);
    let backwards = rest_old.iter().rev().zip(rest_new.iter().rev());
    let end = backwards.take_while(|(old, new)| old == new).count();
    let (middle_old, middle_new) = (
        &rest_old[..rest_old.len() - end],
        &rest_new[..rest_new.len() - end],
    );
    let mut lines: Vec<Line<'t>> = old[..start].iter().copied().map(Line::Same).collect();
    match middle_old.len().saturating_mul(middle_new.len()) > MAX_COMPARED {
        true => {
            lines.extend(middle_old.iter().copied().map(Line::Gone));
            lines.extend(middle_new.iter().copied().map(Line::New));
        }
        false => compare(middle_old, middle_new, &mut lines),
    }
    lines.extend(rest_old[middle_old.len()..].iter().copied().map(Line::Same));
    lines
}

/// By the longest lines they have in common.
fn compare<'t>(old: &[&'t str], new: &[&'t str], lines: &mut Vec<Line<'t>>) {
    let width = new.len() + 1;
    // How many lines are in common from there on.
    let mut common = vec![0_u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i * width + j] = match old[i] == new[j] {
                true => common[(i + 1) * width + j + 1] + 1,
                false => common[(i + 1) * width + j].max(common[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < old.len() && j < new.len() {
        if old[i] == new[j] {
            lines.push(Line::Same(old[i]));
            (i, j) = (i + 1, j + 1);
        } else if common[(i + 1) * width + j] >= common[i * width + j + 1] {
            lines.push(Line::Gone(old[i]));
            i += 1;
        } else {
            lines.push(Line::New(new[j]));
            j += 1;
        }
    }
    lines.extend(old[i..].iter().copied().map(Line::Gone));
    lines.extend(new[j..].iter().copied().map(Line::New));
}

/// The lines of both, each with its sign.
pub fn drawn(before: &str, after: &str) -> Markup {
    html! {
        ol.difference tabindex="0" aria-label="What changes, line by line" {
            @for line in lines(before, after) {
                @match line {
                    Line::Same(text) => { li { span.sign aria-hidden="true" { " " } (text::shown(text)) } }
                    Line::Gone(text) => { li.gone { span.sign aria-hidden="true" { "−" } span.unseen { "taken away: " } (text::shown(text)) } }
                    Line::New(text) => { li.new { span.sign aria-hidden="true" { "+" } span.unseen { "new: " } (text::shown(text)) } }
                }
            }
        }
    }
}

/// JSON with a line for each value, so that a line is what changes, and fields in one order however they were written.
pub fn of_json(value: &Value) -> String {
    serde_json::to_string_pretty(&sorted(value)).unwrap_or_default()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| name.as_str());
            let fields = fields
                .into_iter()
                .map(|(name, value)| (name.clone(), sorted(value)));
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Line::*, drawn, lines, of_json};

    #[test]
    fn what_changed_is_told_and_nothing_else() {
        assert_eq!(lines("", ""), []);
        assert_eq!(lines("a\nb", "a\nb"), [Same("a"), Same("b")]);
        assert_eq!(lines("", "a"), [New("a")]);
        assert_eq!(lines("a", ""), [Gone("a")]);
        assert_eq!(
            lines("a\nb\nc\nd", "a\nc\nx\nd"),
            [Same("a"), Gone("b"), Same("c"), New("x"), Same("d")]
        );
        assert_eq!(lines("a\na", "a"), [Same("a"), Gone("a")]);
    }

    #[test]
    fn texts_that_have_too_many_lines_are_told_all_the_same() {
        let (old, new): (Vec<String>, Vec<String>) = (
            (0..3000).map(|n| format!("o{n}")).collect(),
            (0..3000).map(|n| format!("n{n}")).collect(),
        );
        assert_eq!(lines(&old.join("\n"), &new.join("\n")).len(), 6000);
    }

    #[test]
    fn fields_have_one_order_and_words_stay_words() {
        let (one, other) = (
            json!({"b": [{"d": 1, "c": 2}], "a": 0}),
            json!({"a": 0, "b": [{"c": 2, "d": 1}]}),
        );
        assert_eq!(of_json(&one), of_json(&other));
        let page = drawn("<b>", "<script>").into_string();
        assert!(
            page.contains("&lt;script&gt;") && !page.contains("<script") && !page.contains("<b>"),
            "{page}"
        );
    }
}
