//! Shares of a whole, with their names beside them.

use std::f64::consts::TAU;

use super::{
    canvas::{Anchor, INK, SOFT, Style, cut, number},
    data::Plot,
    page::{self, SMALL, dressed},
    scale::short,
};
use crate::bindings::Chart;

/// Colours of the slices, which are more than series may be.
const COLORS: [&str; 12] = [
    "#2f6396", "#e39a4b", "#4f9d8b", "#a3527f", "#8fb3d9", "#77804a", "#c9574b", "#7c7f8a",
    "#b9c26a", "#5b4a8a", "#d9b7c7", "#3c6e60",
];

/// Draws it: a ring with the whole inside, and a list of the slices beside it.
pub fn draw(plot: &Plot, chart: &Chart, size: (f64, f64)) -> String {
    let (mut canvas, area) = page::begin(chart, size, &page::told(plot, "Pie chart"), &[]);
    let values: Vec<f64> = plot
        .series
        .first()
        .map(|series| {
            series
                .values
                .iter()
                .map(|value| value.unwrap_or(0.0))
                .collect()
        })
        .unwrap_or_default();
    let whole: f64 = values.iter().sum();
    let radius = (area.height() / 2.0).min(area.width() * 0.26);
    let center = (
        area.left + radius + area.width() * 0.06,
        f64::midpoint(area.top, area.bottom),
    );
    let list = center.0 + radius + area.width() * 0.08;
    let line = (area.height() / values.len().max(1) as f64).min(30.0);
    let top = center.1 - line * values.len() as f64 / 2.0;
    let mut from = 0.0;
    for (at, (value, name)) in values.iter().zip(&plot.categories).enumerate() {
        let color = COLORS.get(at % COLORS.len()).copied().unwrap_or(INK);
        let to = from + value / whole;
        let share = format!(
            "{}%",
            short((to - from) * 1000.0)
                .replace(',', "")
                .parse::<f64>()
                .map_or(0.0, |tenths| tenths.round() / 10.0)
        );
        let told = format!("{name}: {}, {share}", dressed(chart, &short(*value)));
        if *value > 0.0 {
            let attributes = format!("fill=\"{color}\" stroke=\"#ffffff\" stroke-width=\"1.5\"");
            canvas.path(&slice(center, radius, from, to), &attributes, &told);
        }
        let y = top + line * (at as f64 + 0.5);
        canvas.bar((list, y - 6.0, 12.0, 12.0), color, "");
        let room = area.right - list - 20.0;
        let amount = format!("{share}  ·  {}", dressed(chart, &short(*value)));
        canvas.text(
            list + 20.0,
            y + 4.5,
            &cut(name, SMALL + 1.0, room * 0.52),
            Style::new(SMALL + 1.0, INK, Anchor::Start),
        );
        canvas.text(
            area.right,
            y + 4.5,
            &amount,
            Style::new(SMALL + 1.0, SOFT, Anchor::End),
        );
        from = to;
    }
    let style = Style {
        bold: true,
        ..Style::new((radius * 0.24).clamp(12.0, 26.0), INK, Anchor::Middle)
    };
    canvas.text(
        center.0,
        center.1 + style.size * 0.36,
        &dressed(chart, &short(whole)),
        style,
    );
    canvas.finish()
}

/// A piece of a ring; all of it in two halves, since an arc cannot end where it begins.
fn slice(center: (f64, f64), radius: f64, from: f64, to: f64) -> String {
    if to - from > 0.999_9 {
        return slice(center, radius, from, from + 0.5)
            + &slice(center, radius, from + 0.5, from + 0.999_9);
    }
    let inner = radius * 0.58;
    let point = |part: f64, radius: f64| {
        let angle = part * TAU;
        format!(
            "{} {}",
            number(center.0 + radius * angle.sin()),
            number(center.1 - radius * angle.cos())
        )
    };
    let large = u8::from(to - from > 0.5);
    let (r, i) = (number(radius), number(inner));
    format!(
        "M{}A{r} {r} 0 {large} 1 {}L{}A{i} {i} 0 {large} 0 {}Z",
        point(from, radius),
        point(to, radius),
        point(to, inner),
        point(from, inner)
    )
}
