//! Lines, stacked areas and points.

use std::fmt::Write;

use super::{
    canvas::{Anchor, Canvas, RULE, SOFT, Style, number, width},
    data::Plot,
    page::{self, Area, SMALL, color, dressed},
    scale::Scale,
};
use crate::{
    bindings::{Chart, ChartKind},
    cell::number_words,
};

/// Most points of a line that get a dot each.
const DOTTED: usize = 24;

/// Draws them.
pub fn draw(plot: &Plot, chart: &Chart, size: (f64, f64)) -> String {
    let names: Vec<&str> = plot
        .series
        .iter()
        .map(|series| series.name.as_str())
        .collect();
    let kind = match chart.kind {
        ChartKind::Area => "Area chart",
        ChartKind::Scatter => "Scatter chart",
        _ => "Line chart",
    };
    let (mut canvas, area) = page::begin(chart, size, &page::told(plot, kind), &names);
    let area = page::titles(&mut canvas, chart, area);
    let tops = tops(plot, chart.kind == ChartKind::Area);
    let values = tops.iter().flatten().flatten().copied();
    let scale = Scale::around(values, 5.0, chart.kind == ChartKind::Area);
    let bottom = area.bottom - 22.0;
    let area = page::upright(&mut canvas, chart, &scale, Area { bottom, ..area });
    let course = Course::new(plot, chart.kind, area);
    course.axis(&mut canvas, plot);
    if scale.low <= 0.0 && scale.high >= 0.0 {
        let zero = area.bottom - scale.at(0.0) * area.height();
        page::ground(&mut canvas, (area.left, zero), (area.right, zero));
    }
    let place =
        |at: usize, value: f64| (course.x(at), area.bottom - scale.at(value) * area.height());
    let drawing = Drawing {
        plot,
        chart,
        tops: &tops,
    };
    match chart.kind {
        ChartKind::Area => drawing.areas(&mut canvas, place),
        ChartKind::Scatter => drawing.dots(&mut canvas, place, 4.0, 0.7),
        _ => {
            drawing.lines(&mut canvas, place);
            if plot.categories.len() <= DOTTED {
                drawing.dots(&mut canvas, place, 3.0, 1.0);
            }
        }
    }
    canvas.finish()
}

/// How high each value is; on top of those before it where they are stacked, and nothing counts as zero there.
fn tops(plot: &Plot, stacked: bool) -> Vec<Vec<Option<f64>>> {
    let mut piled = vec![0.0; plot.categories.len()];
    let pile = |values: &Vec<Option<f64>>| -> Vec<Option<f64>> {
        let mut row = Vec::with_capacity(values.len());
        for (value, below) in values.iter().zip(&mut piled) {
            *below += value.unwrap_or(0.0);
            row.push(Some(*below));
        }
        row
    };
    match stacked {
        true => plot
            .series
            .iter()
            .map(|series| &series.values)
            .map(pile)
            .collect(),
        false => plot
            .series
            .iter()
            .map(|series| series.values.clone())
            .collect(),
    }
}

/// The lying axis.
struct Course {
    area: Area,
    places: Vec<f64>,
    scale: Option<Scale>,
}

impl Course {
    fn new(plot: &Plot, kind: ChartKind, area: Area) -> Course {
        let many = plot.categories.len();
        let numeric = plot.places.as_ref().filter(|_| !plot.days || many > 1);
        let Some(given) = numeric else {
            let last = many.saturating_sub(1).max(1) as f64;
            let places = (0..many).map(|at| if many == 1 { 0.5 } else { at as f64 / last });
            return Course {
                area: inset(area),
                places: places.collect(),
                scale: None,
            };
        };
        if plot.days {
            let (first, last) = (
                given.first().copied().unwrap_or(0.0),
                given.last().copied().unwrap_or(1.0),
            );
            let span = if last > first { last - first } else { 1.0 };
            return Course {
                area: inset(area),
                places: given.iter().map(|day| (day - first) / span).collect(),
                scale: None,
            };
        }
        let scale = match kind {
            ChartKind::Scatter => Scale::around(given.iter().copied(), 7.0, false),
            // Years fill the width.
            _ => {
                let ends = given
                    .iter()
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), place| {
                        (low.min(*place), high.max(*place))
                    });
                let round = Scale::around(given.iter().copied(), 7.0, false);
                let high = if ends.1 > ends.0 {
                    ends.1
                } else {
                    ends.0 + 1.0
                };
                Scale {
                    low: ends.0,
                    high,
                    ..round
                }
            }
        };
        Course {
            area: inset(area),
            places: given.iter().map(|place| scale.at(*place)).collect(),
            scale: Some(scale).filter(|_| kind == ChartKind::Scatter),
        }
    }

    fn x(&self, at: usize) -> f64 {
        self.along(self.places.get(at).copied().unwrap_or(0.0))
    }

    fn along(&self, part: f64) -> f64 {
        self.area.left + part * self.area.width()
    }

    /// Round numbers for points; else the names of the categories, as many as do not touch, the last among them.
    fn axis(&self, canvas: &mut Canvas, plot: &Plot) {
        let style = Style::new(SMALL, SOFT, Anchor::Middle);
        let y = self.area.bottom + 17.0;
        if let Some(scale) = &self.scale {
            for mark in scale.marks() {
                let x = self.along(scale.at(mark));
                canvas.line((x, self.area.top), (x, self.area.bottom), RULE);
                canvas.text(x, y, &scale.words(mark), style);
            }
            return;
        }
        let half = |name: &String| width(name, SMALL) / 2.0 + 9.0;
        let names = plot.categories.iter().enumerate();
        let Some((last, name)) = names.clone().next_back() else {
            return;
        };
        let before_last = self.x(last) - half(name);
        let mut end = f64::NEG_INFINITY;
        for (at, name) in names {
            let x = self.x(at);
            let fits = x - half(name) >= end && (at == last || x + half(name) <= before_last);
            if fits {
                canvas.text(x, y, name, style);
                end = x + half(name);
            }
        }
    }
}

/// Room for the first and the last name.
fn inset(area: Area) -> Area {
    Area {
        left: area.left + 24.0,
        right: area.right - 24.0,
        ..area
    }
}

struct Drawing<'a> {
    plot: &'a Plot,
    chart: &'a Chart,
    tops: &'a [Vec<Option<f64>>],
}

impl Drawing<'_> {
    /// A line breaks where a value is missing.
    fn lines(&self, canvas: &mut Canvas, place: impl Fn(usize, f64) -> (f64, f64)) {
        for (series, tops) in self.tops.iter().enumerate() {
            let mut path = String::new();
            let mut broken = true;
            for (at, value) in tops.iter().enumerate() {
                let Some(value) = value else {
                    broken = true;
                    continue;
                };
                let (x, y) = place(at, *value);
                let _ = write!(
                    path,
                    "{}{} {}",
                    if broken { "M" } else { "L" },
                    number(x),
                    number(y)
                );
                broken = false;
            }
            let attributes = format!(
                "fill=\"none\" stroke=\"{}\" stroke-width=\"2.5\" stroke-linejoin=\"round\" stroke-linecap=\"round\"",
                color(series)
            );
            canvas.path(&path, &attributes, self.name(series));
        }
    }

    fn areas(&self, canvas: &mut Canvas, place: impl Fn(usize, f64) -> (f64, f64)) {
        let ground: Vec<Option<f64>> = vec![Some(0.0); self.plot.categories.len()];
        for (series, tops) in self.tops.iter().enumerate() {
            let below = series
                .checked_sub(1)
                .and_then(|before| self.tops.get(before))
                .unwrap_or(&ground);
            let there = tops.iter().enumerate();
            let back = below.iter().enumerate().rev();
            let points: Vec<String> = there
                .chain(back)
                .filter_map(|(at, value)| Some(place(at, (*value)?)))
                .map(|(x, y)| format!("{} {}", number(x), number(y)))
                .collect();
            let attributes = format!(
                "fill=\"{}\" fill-opacity=\"0.85\" stroke=\"#ffffff\" stroke-width=\"1\"",
                color(series)
            );
            canvas.path(
                &format!("M{}Z", points.join("L")),
                &attributes,
                self.name(series),
            );
        }
    }

    fn dots(
        &self,
        canvas: &mut Canvas,
        place: impl Fn(usize, f64) -> (f64, f64),
        radius: f64,
        opacity: f64,
    ) {
        for (series, tops) in self.tops.iter().enumerate() {
            for (at, value) in tops.iter().enumerate() {
                let Some(value) = value else { continue };
                let category = self.plot.categories.get(at).map_or("", String::as_str);
                let told = format!(
                    "{category}, {}: {}",
                    self.name(series),
                    dressed(self.chart, &number_words(*value))
                );
                canvas.dot(place(at, *value), radius, color(series), opacity, &told);
            }
        }
    }

    fn name(&self, series: usize) -> &str {
        self.plot
            .series
            .get(series)
            .map_or("", |series| series.name.as_str())
    }
}
