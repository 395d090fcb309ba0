//! Title, legend and axes: everything around what is drawn.

use super::{
    COLORS,
    canvas::{Anchor, Canvas, INK, RULE, SOFT, Style, cut, width, wrapped},
    data::Plot,
    scale::Scale,
};
use crate::bindings::Chart;

/// Space around the picture, in pixels.
const MARGIN: f64 = 24.0;

/// Sizes of words, in pixels.
const TITLE: f64 = 20.0;
const SUBTITLE: f64 = 13.5;
pub const SMALL: f64 = 12.0;

/// A rectangle on the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Its sides, from the left and from the top.
    pub left: f64,
    /// See above.
    pub top: f64,
    /// See above.
    pub right: f64,
    /// See above.
    pub bottom: f64,
}

impl Area {
    /// How wide it is.
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    /// How high it is.
    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

/// The colour of a series.
pub fn color(at: usize) -> &'static str {
    COLORS.get(at % COLORS.len()).copied().unwrap_or(INK)
}

/// A number with what is set around it.
pub fn dressed(chart: &Chart, words: &str) -> String {
    let (sign, digits) = match words.strip_prefix('\u{2212}') {
        Some(digits) => ("\u{2212}", digits),
        None => ("", words),
    };
    let (prefix, suffix) = (chart.prefix.as_deref(), chart.suffix.as_deref());
    format!(
        "{sign}{}{digits}{}",
        prefix.unwrap_or_default(),
        suffix.unwrap_or_default()
    )
}

/// Title, subtitle, and a legend where there is more than one thing to tell apart; what is left is for the drawing.
pub fn begin(chart: &Chart, size: (f64, f64), told: &str, legend: &[&str]) -> (Canvas, Area) {
    let mut canvas = Canvas::new(size, &chart.title, told);
    let (wide, high) = canvas.size();
    let mut y = MARGIN - 4.0;
    let style = Style {
        bold: true,
        ..Style::new(TITLE, INK, Anchor::Start)
    };
    // Bold letters are a tenth wider.
    for line in wrapped(&chart.title, TITLE * 1.1, wide - 2.0 * MARGIN, 2) {
        y += TITLE;
        canvas.text(MARGIN, y, &line, style);
        y += 5.0;
    }
    if let Some(subtitle) = chart
        .subtitle
        .as_deref()
        .filter(|words| !words.trim().is_empty())
    {
        for line in wrapped(subtitle, SUBTITLE, wide - 2.0 * MARGIN, 2) {
            y += SUBTITLE + 2.0;
            canvas.text(MARGIN, y, &line, Style::new(SUBTITLE, SOFT, Anchor::Start));
            y += 2.0;
        }
    }
    if legend.len() > 1 {
        y = self::legend(&mut canvas, legend, y + 12.0);
    }
    let area = Area {
        left: MARGIN,
        top: y + 18.0,
        right: wide - MARGIN,
        bottom: high - MARGIN + 4.0,
    };
    (canvas, area)
}

fn legend(canvas: &mut Canvas, names: &[&str], top: f64) -> f64 {
    let most = canvas.size().0 - 2.0 * MARGIN;
    let (mut x, mut y) = (MARGIN, top);
    for (at, name) in names.iter().enumerate() {
        let words = cut(name, SMALL, most.min(220.0));
        let wide = 17.0 + width(&words, SMALL);
        if x > MARGIN && x + wide > MARGIN + most {
            (x, y) = (MARGIN, y + 18.0);
        }
        canvas.bar((x, y, 11.0, 11.0), color(at), "");
        canvas.text(
            x + 17.0,
            y + 10.0,
            &words,
            Style::new(SMALL, INK, Anchor::Start),
        );
        x += wide + 20.0;
    }
    y + 11.0
}

/// The titles of the axes; what is left is for marks and the drawing.
pub fn titles(canvas: &mut Canvas, chart: &Chart, mut area: Area) -> Area {
    let given = |title: &Option<String>| title.clone().filter(|words| !words.trim().is_empty());
    if let Some(title) = given(&chart.y_title) {
        canvas.text(
            area.left,
            area.top,
            &cut(&title, SMALL, area.width()),
            Style::new(SMALL, SOFT, Anchor::Start),
        );
        area.top += 14.0;
    }
    if let Some(title) = given(&chart.x_title) {
        let x = f64::midpoint(area.left, area.right);
        canvas.text(
            x,
            area.bottom,
            &cut(&title, SMALL, area.width()),
            Style::new(SMALL, SOFT, Anchor::Middle),
        );
        area.bottom -= 20.0;
    }
    area
}

/// Marks of an upright axis with lines across; gives the area right of them.
pub fn upright(canvas: &mut Canvas, chart: &Chart, scale: &Scale, mut area: Area) -> Area {
    let marks: Vec<(f64, String)> = scale
        .marks()
        .into_iter()
        .map(|mark| (mark, dressed(chart, &scale.words(mark))))
        .collect();
    let widest = marks
        .iter()
        .map(|(_, words)| width(words, SMALL))
        .fold(0.0, f64::max);
    area.left += widest + 8.0;
    for (mark, words) in marks {
        let y = area.bottom - scale.at(mark) * area.height();
        canvas.line((area.left, y), (area.right, y), RULE);
        canvas.text(
            area.left - 8.0,
            y + 4.0,
            &words,
            Style::new(SMALL, SOFT, Anchor::End),
        );
    }
    area
}

/// The line lengths are measured from.
pub fn ground(canvas: &mut Canvas, from: (f64, f64), to: (f64, f64)) {
    canvas.line(from, to, "#8a94a0");
}

/// How the names of categories stand below an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Names {
    /// Turned, because they are wider than their place.
    turned: bool,
    /// Every how many of them is written.
    every: usize,
    /// How high they are together.
    pub height: f64,
}

/// Longest name that is written turned, in pixels.
const TURNED: f64 = 120.0;

/// Finds a way for names with so much place each. Those of a course may be left out, those of bars may not.
pub fn names(categories: &[String], place: f64, course: bool) -> Names {
    let widest = categories
        .iter()
        .map(|name| width(name, SMALL))
        .fold(0.0, f64::max);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "some hundreds"
    )]
    let every = |wide: f64| (wide / place.max(0.1)).ceil().max(1.0) as usize;
    let turned = !course && widest + 8.0 > place;
    let height = if turned {
        widest.min(TURNED) * 0.6 + 20.0
    } else {
        22.0
    };
    Names {
        turned,
        every: match (course, turned) {
            (true, _) => every(widest + 18.0),
            (false, true) => every(SMALL + 3.0),
            (false, false) => 1,
        },
        height,
    }
}

impl Names {
    /// Writes the name of a category around `x`.
    pub fn write(&self, canvas: &mut Canvas, at: usize, name: &str, (x, y): (f64, f64)) {
        if !at.is_multiple_of(self.every) {
            return;
        }
        if self.turned {
            let style = Style::new(SMALL, SOFT, Anchor::End);
            canvas.turned(x + 4.0, y + 14.0, &cut(name, SMALL, TURNED), style, -35.0);
        } else {
            canvas.text(x, y + 17.0, name, Style::new(SMALL, SOFT, Anchor::Middle));
        }
    }
}

/// What somebody is told who does not see the picture.
pub fn told(plot: &Plot, kind: &str) -> String {
    let names: Vec<&str> = plot
        .series
        .iter()
        .map(|series| series.name.as_str())
        .collect();
    let ends = match plot.categories.as_slice() {
        [] => String::new(),
        [one] => format!(" for {one}"),
        [first, .., last] => format!(" from {first} to {last}"),
    };
    format!("{kind} of {}{ends}", names.join(", "))
}
