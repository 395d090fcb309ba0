//! Two texts, line by line.

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

#[cfg(test)]
mod tests {
    use super::{Line::*, lines};

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
}
