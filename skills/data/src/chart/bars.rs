//! Upright and lying bars, side by side or on top of each other.

use super::{
    canvas::{Anchor, Canvas, INK, RULE, SOFT, Style, cut, width},
    data::Plot,
    page::{self, Area, SMALL, color, dressed},
    scale::{Scale, short},
};
use crate::bindings::{Chart, ChartKind};

/// Most bars that get their values written beside them without being asked for.
const LABELLED: usize = 14;

/// How much of the place of a category its bars take.
const FULL: f64 = 0.72;

/// Draws them.
pub fn draw(plot: &Plot, chart: &Chart, size: (f64, f64)) -> String {
    let names: Vec<&str> = plot
        .series
        .iter()
        .map(|series| series.name.as_str())
        .collect();
    let (canvas, area) = page::begin(chart, size, &page::told(plot, "Bar chart"), &names);
    let stacked = chart.stacked.unwrap_or(false) && plot.series.len() > 1;
    let bars = Bars {
        plot,
        chart,
        stacked,
        scale: Scale::around(lengths(plot, stacked), 5.0, true),
        labels: chart
            .labels
            .unwrap_or(!stacked && plot.points() <= LABELLED as u64),
    };
    match chart.kind {
        ChartKind::Bar => bars.lying(canvas, area),
        _ => bars.upright(canvas, area),
    }
}

/// How far bars reach; stacked ones up and down apart.
fn lengths(plot: &Plot, stacked: bool) -> impl Iterator<Item = f64> {
    let of = |at: usize| {
        plot.series
            .iter()
            .filter_map(move |series| series.values.get(at).copied().flatten())
    };
    (0..plot.categories.len()).flat_map(move |at| -> Vec<f64> {
        match stacked {
            false => of(at).collect(),
            true => vec![
                of(at).filter(|value| *value > 0.0).sum(),
                of(at).filter(|value| *value < 0.0).sum(),
            ],
        }
    })
}

struct Bars<'a> {
    plot: &'a Plot,
    chart: &'a Chart,
    stacked: bool,
    scale: Scale,
    labels: bool,
}

/// One bar: from and to along the axis of lengths, offset and thickness across it.
struct Bar {
    from: f64,
    to: f64,
    offset: f64,
    thick: f64,
    value: f64,
    series: usize,
}

impl Bars<'_> {
    fn upright(&self, mut canvas: Canvas, area: Area) -> String {
        let area = page::titles(&mut canvas, self.chart, area);
        let names = page::names(
            &self.plot.categories,
            area.width() * 0.92 / self.count(),
            false,
        );
        let area = Area {
            bottom: area.bottom - names.height,
            ..area
        };
        let area = page::upright(&mut canvas, self.chart, &self.scale, area);
        let place = area.width() / self.count();
        for at in 0..self.plot.categories.len() {
            let left = area.left + place * at as f64;
            for bar in self.bars(at, place) {
                let y = |part: f64| area.bottom - part * area.height();
                let (top, bottom) = (y(bar.from.max(bar.to)), y(bar.from.min(bar.to)));
                let x = left + bar.offset;
                canvas.bar(
                    (x, top, bar.thick, bottom - top),
                    color(bar.series),
                    &self.told(at, &bar),
                );
                if self.labels {
                    let y = if bar.value < 0.0 {
                        bottom + 13.0
                    } else {
                        top - 5.0
                    };
                    let style = Style::new(SMALL - 1.0, INK, Anchor::Middle);
                    canvas.text(x + bar.thick / 2.0, y, &self.words(bar.value), style);
                }
            }
            if let Some(name) = self.plot.categories.get(at) {
                names.write(&mut canvas, at, name, (left + place / 2.0, area.bottom));
            }
        }
        let zero = area.bottom - self.scale.at(0.0) * area.height();
        page::ground(&mut canvas, (area.left, zero), (area.right, zero));
        canvas.finish()
    }

    fn lying(&self, mut canvas: Canvas, area: Area) -> String {
        // What is upright elsewhere lies here.
        let turned = Chart {
            x_title: self.chart.y_title.clone(),
            y_title: self.chart.x_title.clone(),
            ..self.chart.clone()
        };
        let mut area = page::titles(&mut canvas, &turned, area);
        let most = area.width() * 0.38;
        let widest = self
            .plot
            .categories
            .iter()
            .map(|name| width(name, SMALL))
            .fold(0.0, f64::max);
        area.left += widest.min(most) + 10.0;
        area.bottom -= 22.0;
        if self.labels {
            area.right -= 40.0;
        }
        for mark in self.scale.marks() {
            let x = area.left + self.scale.at(mark) * area.width();
            canvas.line((x, area.top), (x, area.bottom), RULE);
            let words = dressed(self.chart, &self.scale.words(mark));
            canvas.text(
                x,
                area.bottom + 17.0,
                &words,
                Style::new(SMALL, SOFT, Anchor::Middle),
            );
        }
        let place = area.height() / self.count();
        for (at, name) in self.plot.categories.iter().enumerate() {
            let top = area.top + place * at as f64;
            for bar in self.bars(at, place) {
                let x = |part: f64| area.left + part * area.width();
                let (left, right) = (x(bar.from.min(bar.to)), x(bar.from.max(bar.to)));
                let y = top + bar.offset;
                canvas.bar(
                    (left, y, right - left, bar.thick),
                    color(bar.series),
                    &self.told(at, &bar),
                );
                if self.labels {
                    let (x, anchor) = match bar.value < 0.0 {
                        true => (left - 5.0, Anchor::End),
                        false => (right + 5.0, Anchor::Start),
                    };
                    canvas.text(
                        x,
                        y + bar.thick / 2.0 + 4.0,
                        &self.words(bar.value),
                        Style::new(SMALL - 1.0, INK, anchor),
                    );
                }
            }
            let words = cut(name, SMALL, most);
            canvas.text(
                area.left - 10.0,
                top + place / 2.0 + 4.0,
                &words,
                Style::new(SMALL, INK, Anchor::End),
            );
        }
        let zero = area.left + self.scale.at(0.0) * area.width();
        page::ground(&mut canvas, (zero, area.top), (zero, area.bottom));
        canvas.finish()
    }

    fn count(&self) -> f64 {
        self.plot.categories.len().max(1) as f64
    }

    /// The bars of a category in a place this wide.
    fn bars(&self, at: usize, place: f64) -> Vec<Bar> {
        let many = if self.stacked {
            1.0
        } else {
            self.plot.series.len() as f64
        };
        // A single bar in a wide picture is no wall.
        let thick = (place * FULL / many).min(72.0);
        let first = (place - thick * many) / 2.0;
        let (mut above, mut below) = (0.0, 0.0);
        let mut bars = Vec::new();
        for (series, values) in self.plot.series.iter().enumerate() {
            let Some(value) = values.values.get(at).copied().flatten() else {
                continue;
            };
            let pile = if value < 0.0 { &mut below } else { &mut above };
            let from = if self.stacked { *pile } else { 0.0 };
            *pile += value;
            bars.push(Bar {
                from: self.scale.at(from),
                to: self.scale.at(from + value),
                offset: first
                    + if self.stacked {
                        0.0
                    } else {
                        thick * series as f64
                    },
                thick: (thick - 1.0).max(0.5),
                value,
                series,
            });
        }
        bars
    }

    fn words(&self, value: f64) -> String {
        dressed(self.chart, &short(value))
    }

    fn told(&self, at: usize, bar: &Bar) -> String {
        let category = self.plot.categories.get(at).map_or("", String::as_str);
        let series = self
            .plot
            .series
            .get(bar.series)
            .map_or("", |series| series.name.as_str());
        format!(
            "{category}, {series}: {}",
            dressed(self.chart, &crate::cell::number_words(bar.value))
        )
    }
}
